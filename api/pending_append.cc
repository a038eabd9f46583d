#include "api/pending_append.h"

#include <utility>

namespace sworn::api {

std::shared_ptr<PendingAppend> PendingAppend::Make(grpc::ServerUnaryReactor* reactor,
                                                   v1::AppendReportResponse* response, const UnaryCall& call) {
  std::shared_ptr<PendingAppend> pending(new PendingAppend(reactor, response));
  if (!call.has_own_deadline()) {
    pending->alarm_ = std::make_unique<grpc::Alarm>();
    // The alarm belongs to the append, so it must not keep it alive.
    pending->alarm_->Set(absl::ToChronoTime(call.deadline()),
                         [waiting = std::weak_ptr<PendingAppend>(pending)](bool expired) {
                           const std::shared_ptr<PendingAppend> append = expired ? waiting.lock() : nullptr;
                           if (append == nullptr) return;
                           append->Finish(absl::DeadlineExceededError(
                               "whether the report will be recorded is not known yet; send the same report again"));
                         });
  }
  return pending;
}

void PendingAppend::Finish(absl::StatusOr<log::Appended> appended) {
  if (finished_.exchange(true)) return;
  if (!appended.ok()) {
    reactor_->Finish(ToGrpcStatus(appended.status()));
    return;
  }
  *response_->mutable_receipt() = std::move(appended->receipt);
  response_->set_already_recorded(appended->already_recorded);
  reactor_->Finish(grpc::Status::OK);
}

}  // namespace sworn::api
