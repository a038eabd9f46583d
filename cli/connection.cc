#include "cli/connection.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <filesystem>
#include <utility>

#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "api/status.h"
#include "cli/signing.h"
#include "ledger/model/limits.h"
#include "ledger/model/refusal.h"
#include "ledger/model/text.h"

namespace sworn::cli {
namespace {

constexpr absl::Duration kRetryPause = absl::Milliseconds(50);
// How long one attempt to reach the daemon of a directory may take.
constexpr absl::Duration kConnectTimeout = absl::Seconds(2);

std::shared_ptr<grpc::Channel> OpenChannel(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(model::kMaxMessageBytes);
  arguments.SetMaxSendMessageSize(model::kMaxMessageBytes);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

bool IsConnectable(grpc::Channel& channel, absl::Duration timeout) {
  return channel.WaitForConnected(absl::ToChronoTime(absl::Now() + timeout));
}

struct LedgerChannel {
  std::string address;
  std::unique_ptr<api::Server> server;
  std::shared_ptr<grpc::Channel> channel;
};

// Starts the server here, or finds the daemon that holds the directory. Another short-lived command may hold it too:
// then it is tried again until it is free.
absl::StatusOr<LedgerChannel> OpenLedger(const GlobalOptions& global) {
  const std::string& directory = global.ledger;
  const std::string socket =
      model::Concat(std::filesystem::absolute(directory).lexically_normal().string(), "/sworn.sock");
  const absl::Time give_up = absl::Now() + global.read_timeout();
  while (true) {
    api::ServerOptions options;
    options.ledger_directory = directory;
    options.ledger_key_pin = PinOf(global);
    absl::StatusOr<std::unique_ptr<api::Server>> server = api::Server::Start(std::move(options));
    if (server.ok()) {
      std::shared_ptr<grpc::Channel> channel = (*server)->InProcessChannel();
      return LedgerChannel{directory, *std::move(server), std::move(channel)};
    }
    if (model::ReasonOf(server.status()) != v1::Refusal::LEDGER_IN_USE) return server.status();
    const std::string address = model::Concat("unix:", socket);
    std::shared_ptr<grpc::Channel> channel = OpenChannel(address);
    if (std::filesystem::exists(socket) && IsConnectable(*channel, kConnectTimeout)) {
      return LedgerChannel{address, nullptr, std::move(channel)};
    }
    if (absl::Now() > give_up) {
      return absl::UnavailableError(model::Concat("another process holds ", directory, " and does not answer on ",
                                                  socket, ": wait for it to end, or give --server with its address"));
    }
    absl::SleepFor(kRetryPause);
  }
}

}  // namespace

Connection::Connection(const GlobalOptions& options, std::string address, std::unique_ptr<api::Server> server,
                       const std::shared_ptr<grpc::Channel>& channel)
    : read_timeout_(options.read_timeout()),
      append_timeout_(options.append_timeout()),
      address_(std::move(address)),
      server_(std::move(server)),
      ledger_(v1::LedgerService::NewStub(channel)),
      views_(v1::ViewService::NewStub(channel)),
      registry_(v1::RegistryService::NewStub(channel)) {}

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(const GlobalOptions& options) {
  if (!options.server.empty()) {
    return std::unique_ptr<Connection>(new Connection(options, options.server, nullptr, OpenChannel(options.server)));
  }
  if (options.ledger.empty()) {
    return absl::InvalidArgumentError(
        "which ledger? Give --ledger DIR or --server ADDR, or set SWORN_LEDGER or SWORN_SERVER");
  }
  absl::StatusOr<LedgerChannel> opened = OpenLedger(options);
  if (!opened.ok()) return opened.status();
  return std::unique_ptr<Connection>(
      new Connection(options, std::move(opened->address), std::move(opened->server), opened->channel));
}

absl::StatusOr<v1::AsOf> Connection::UpToDate(v1::AsOf moment) {
  const auto answer = Call(*ledger_, &v1::LedgerService::Stub::GetLedger, v1::GetLedgerRequest());
  if (!answer.ok()) return answer.status();
  if (answer->size() > 0) moment.set_at_least_position(answer->size() - 1);
  return moment;
}

absl::Status Connection::Explain(const grpc::Status& status, absl::Duration timeout) const {
  absl::Status explained = api::FromGrpcStatus(status);
  if (model::ReasonOf(explained) != v1::Refusal::REASON_UNSPECIFIED) return explained;
  if (explained.code() == absl::StatusCode::kUnavailable) {
    return absl::UnavailableError(model::Concat(
        "cannot reach a ledger at ", address_, " (", explained.message(),
        "). Is the daemon running there? Start it with: sworn serve --ledger DIR --listen ADDR; or give --ledger DIR"));
  }
  if (explained.code() == absl::StatusCode::kUnimplemented) {
    return absl::UnimplementedError(model::Concat("what answers at ", address_, " is not a ledger of this version (",
                                                  explained.message(), "): check the address"));
  }
  if (explained.code() == absl::StatusCode::kDeadlineExceeded) {
    return absl::DeadlineExceededError(model::Concat("no answer from ", address_, " within ",
                                                     absl::FormatDuration(timeout), " (", explained.message(),
                                                     "); allow more time with --timeout SECONDS"));
  }
  return explained;
}

}  // namespace sworn::cli
