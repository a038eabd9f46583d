#include "api/unary_call.h"

#include <algorithm>
#include <chrono>

namespace sworn::api {

UnaryCall::UnaryCall(const grpc::CallbackServerContext& context, absl::Duration default_deadline)
    : context_(&context),
      // gRPC says "no deadline" with the end of time, give or take its own rounding.
      has_own_deadline_(context.deadline() < std::chrono::system_clock::now() + std::chrono::hours(24 * 365)) {
  const absl::Time now = absl::Now();
  deadline_ =
      has_own_deadline_ ? std::min(absl::FromChrono(context.deadline()), now + kMaxDeadline) : now + default_deadline;
}

absl::Status UnaryCall::CheckWanted() const {
  if (context_->IsCancelled()) return absl::CancelledError("the caller gave up");
  if (absl::Now() >= deadline_) return absl::DeadlineExceededError("the deadline passed before there was an answer");
  return absl::OkStatus();
}

}  // namespace sworn::api
