// Runs the work of a unary call on a worker pool and finishes the call exactly once, whatever happens to the client.
//
// Thread-safety: a UnaryCall may be used from any thread until its call is finished.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <exception>
#include <functional>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "api/status.h"
#include "api/worker_pool.h"
#include "ledger/model/limits.h"
#include "ledger/model/refusal.h"

namespace sworn::api {

// No call keeps a thread longer than this, whatever deadline it brings.
inline constexpr absl::Duration kMaxDeadline = absl::Minutes(10);

class UnaryCall {
 public:
  // A call that brings no deadline gets `default_deadline`, counted from now.
  UnaryCall(const grpc::CallbackServerContext& context, absl::Duration default_deadline);

  absl::Time deadline() const { return deadline_; }
  bool has_own_deadline() const { return has_own_deadline_; }
  // Nobody waits for the answer any more: Cancelled or DeadlineExceeded. Long work asks now and then.
  absl::Status CheckWanted() const;

 private:
  const grpc::CallbackServerContext* context_;
  bool has_own_deadline_;
  absl::Time deadline_;
};

// The status to finish with once `answer` was made; fills `response`. An answer larger than a message may be is
// refused.
template <typename Response>
grpc::Status Answer(absl::StatusOr<Response> answer, Response& response) {
  if (!answer.ok()) return ToGrpcStatus(answer.status());
  if (const size_t bytes = answer->ByteSizeLong(); bytes > static_cast<size_t>(model::kMaxMessageBytes)) {
    return ToGrpcStatus(model::Refuse(
        v1::Refusal::TOO_LARGE, absl::StrCat("the answer takes ", bytes, " bytes and a message holds ",
                                             model::kMaxMessageBytes, "; ask for a smaller page or for one portion")));
  }
  response = *std::move(answer);
  return grpc::Status::OK;
}

// What a call does: its answer, or why there is none.
template <typename Response>
using Work = std::function<absl::StatusOr<Response>(const UnaryCall& call)>;

// `work` is skipped where nobody waits for the answer by the time a worker is free.
template <typename Response>
grpc::ServerUnaryReactor* RunOnPool(WorkerPool& pool, absl::Duration default_deadline,
                                    grpc::CallbackServerContext* context, Response* response, Work<Response> work) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const UnaryCall call(*context, default_deadline);
  const absl::Status submitted = pool.Submit([reactor, call, response, work = std::move(work)] {
    if (const absl::Status wanted = call.CheckWanted(); !wanted.ok()) {
      reactor->Finish(ToGrpcStatus(wanted));
      return;
    }
    try {
      reactor->Finish(Answer(work(call), *response));
    } catch (const std::exception& e) {
      reactor->Finish(ToGrpcStatus(absl::InternalError(absl::StrCat("the answer could not be computed: ", e.what()))));
    }
  });
  if (!submitted.ok()) reactor->Finish(ToGrpcStatus(submitted));
  return reactor;
}

}  // namespace sworn::api
