// An append that waits for its group to be durable: finished once, by the log's answer or by the deadline the server
// gives to calls that bring none, whichever comes first.
//
// Thread-safety: all members may be called from any thread.
#pragma once

#include <grpcpp/alarm.h>
#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <memory>

#include "absl/status/statusor.h"
#include "api/unary_call.h"
#include "ledger/log/log.h"
#include "sworn/v1/ledger_service.pb.h"

namespace sworn::api {

class PendingAppend {
 public:
  static std::shared_ptr<PendingAppend> Make(grpc::ServerUnaryReactor* reactor, v1::AppendReportResponse* response,
                                             const UnaryCall& call);

  // Does not block. Later answers are dropped.
  void Finish(absl::StatusOr<log::Appended> appended);

 private:
  PendingAppend(grpc::ServerUnaryReactor* reactor, v1::AppendReportResponse* response)
      : reactor_(reactor), response_(response) {}

  grpc::ServerUnaryReactor* reactor_;
  v1::AppendReportResponse* response_;
  std::atomic<bool> finished_ = false;
  // Only for calls without a deadline of their own: with one, the client itself stops waiting.
  std::unique_ptr<grpc::Alarm> alarm_;
};

}  // namespace sworn::api
