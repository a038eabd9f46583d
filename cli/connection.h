// The way to a ledger: a server started in this process, the daemon that already holds the directory, or a remote one.
//
// Thread-safety: calls may be made from any thread.
#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "api/server.h"
#include "cli/options.h"
#include "sworn/v1/ledger_service.grpc.pb.h"
#include "sworn/v1/registry_service.grpc.pb.h"
#include "sworn/v1/view_service.grpc.pb.h"

namespace sworn::cli {

class Connection {
 public:
  // InvalidArgument where the options name no ledger.
  static absl::StatusOr<std::unique_ptr<Connection>> Open(const GlobalOptions& options);

  v1::LedgerService::Stub& ledger() { return *ledger_; }
  v1::ViewService::Stub& views() { return *views_; }
  v1::RegistryService::Stub& registry() { return *registry_; }

  // One unary call within the read timeout.
  template <typename Stub, typename Request, typename Response>
  absl::StatusOr<Response> Call(Stub& stub,
                                grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                                const Request& request) const {
    return CallWithin(read_timeout_, stub, method, request);
  }

  template <typename Stub, typename Request, typename Response>
  absl::StatusOr<Response> CallWithin(absl::Duration timeout, Stub& stub,
                                      grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                                      const Request& request) const {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
    Response response;
    absl::Status status = Explain((stub.*method)(&context, request, &response), timeout);
    if (!status.ok()) return status;
    return response;
  }

  // `moment`, not answered before everything recorded until now is in it.
  absl::StatusOr<v1::AsOf> UpToDate(v1::AsOf moment);

  // Whether the server was started in this process.
  bool is_in_process() const { return server_ != nullptr; }

  absl::Duration append_timeout() const { return append_timeout_; }

 private:
  Connection(const GlobalOptions& options, std::string address, std::unique_ptr<api::Server> server,
             const std::shared_ptr<grpc::Channel>& channel);
  // Says in words what could not be reached and what to try.
  absl::Status Explain(const grpc::Status& status, absl::Duration timeout) const;

  absl::Duration read_timeout_;
  absl::Duration append_timeout_;
  std::string address_;
  // Empty where the server is another process. Outlives the stubs.
  std::unique_ptr<api::Server> server_;
  std::unique_ptr<v1::LedgerService::Stub> ledger_;
  std::unique_ptr<v1::ViewService::Stub> views_;
  std::unique_ptr<v1::RegistryService::Stub> registry_;
};

}  // namespace sworn::cli
