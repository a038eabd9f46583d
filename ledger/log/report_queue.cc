#include "ledger/log/report_queue.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/model/limits.h"
#include "ledger/model/refusal.h"

namespace sworn::log {

absl::Status ReportQueue::Push(v1::Report& report, AppendCallback& done) {
  const size_t bytes = report.ByteSizeLong();
  if (bytes > model::kMaxReportBytes) {
    return model::Refuse(v1::Refusal::TOO_LARGE, absl::StrCat("the report has ", bytes, " bytes, more than ",
                                                              model::kMaxReportBytes, "; split it"));
  }
  {
    const std::lock_guard lock(mutex_);
    if (closed_) {
      return absl::UnavailableError("the ledger is closing");
    }
    if (held_reports_ >= options_.max_waiting_reports || held_bytes_ + bytes > options_.max_waiting_bytes) {
      return model::Refuse(v1::Refusal::OVERLOADED,
                           absl::StrCat(held_reports_, " reports are waiting to be recorded; try again later"));
    }
    ++held_reports_;
    held_bytes_ += bytes;
    waiting_.push_back({std::move(report), std::move(done), bytes});
  }
  waiting_changed_.notify_one();
  return absl::OkStatus();
}

std::optional<WaitingReport> ReportQueue::TakeWaiting() {
  std::unique_lock lock(mutex_);
  waiting_changed_.wait(lock, [this] { return closed_ || !waiting_.empty(); });
  if (waiting_.empty()) {
    return std::nullopt;
  }
  WaitingReport waiting = std::move(waiting_.front());
  waiting_.pop_front();
  ++in_verification_;
  return waiting;
}

void ReportQueue::PutVerified(VerifiedReport verified) {
  {
    const std::lock_guard lock(mutex_);
    --in_verification_;
    verified_.push_back(std::move(verified));
  }
  verified_changed_.notify_one();
}

void ReportQueue::Drop(size_t bytes) {
  {
    const std::lock_guard lock(mutex_);
    --in_verification_;
    --held_reports_;
    held_bytes_ -= bytes;
  }
  verified_changed_.notify_one();
}

std::deque<VerifiedReport> ReportQueue::TakeGroup() {
  std::unique_lock lock(mutex_);
  verified_changed_.wait(
      lock, [this] { return !verified_.empty() || (closed_ && waiting_.empty() && in_verification_ == 0); });
  std::deque<VerifiedReport> group;
  size_t bytes = 0;
  while (!verified_.empty() && group.size() < options_.max_group_reports &&
         (group.empty() || bytes + verified_.front().bytes <= options_.max_group_bytes)) {
    bytes += verified_.front().bytes;
    group.push_back(std::move(verified_.front()));
    verified_.pop_front();
  }
  held_reports_ -= group.size();
  held_bytes_ -= bytes;
  return group;
}

void ReportQueue::Close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  waiting_changed_.notify_all();
  verified_changed_.notify_all();
}

}  // namespace sworn::log
