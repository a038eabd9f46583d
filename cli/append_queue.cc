#include "cli/append_queue.h"

#include <algorithm>
#include <utility>

namespace sworn::cli {
namespace {

// The portions as one text from which their request id is derived.
std::string ContentOf(const std::vector<v1::Portion>& portions) {
  std::string content;
  for (const v1::Portion& portion : portions) {
    const std::string bytes = portion.SerializeAsString();
    content += std::to_string(bytes.size()) + ":" + bytes;
  }
  return content;
}

}  // namespace

AppendQueue::AppendQueue(const Appender& appender, std::string purpose)
    : appender_(appender), purpose_(std::move(purpose)) {
  for (size_t i = 0; i < kReportsInFlight; ++i) threads_.emplace_back([this] { Work(); });
}

AppendQueue::~AppendQueue() {
  {
    const absl::MutexLock lock(&mutex_);
    ends_ = true;
  }
  for (std::thread& thread : threads_) thread.join();
}

bool AppendQueue::HasRoom() const { return waiting_.size() + running_ < kReportsInFlight || !status_.ok(); }
bool AppendQueue::HasWorkOrEnds() const { return !waiting_.empty() || ends_; }
bool AppendQueue::IsIdle() const { return (waiting_.empty() && running_ == 0) || (!status_.ok() && running_ == 0); }

absl::Status AppendQueue::Submit(std::vector<v1::Portion> portions) {
  const absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(this, &AppendQueue::HasRoom));
  if (!status_.ok()) return status_;
  waiting_.push_back(std::move(portions));
  return absl::OkStatus();
}

absl::StatusOr<AppendQueue::Recorded> AppendQueue::Drain() {
  const absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(this, &AppendQueue::IsIdle));
  if (!status_.ok()) return status_;
  return recorded_;
}

void AppendQueue::Work() {
  while (true) {
    std::vector<v1::Portion> portions;
    {
      const absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(this, &AppendQueue::HasWorkOrEnds));
      if (!status_.ok()) waiting_.clear();
      if (waiting_.empty() && ends_) return;
      if (waiting_.empty()) continue;
      portions = std::move(waiting_.front());
      waiting_.pop_front();
      ++running_;
    }
    const std::string request_id = DeriveRequestId(purpose_, ContentOf(portions), appender_.author());
    const absl::StatusOr<v1::AppendReportResponse> response = appender_.Append(portions, request_id, Repeat::kOnce);
    const absl::MutexLock lock(&mutex_);
    --running_;
    if (response.ok()) {
      ++recorded_.reports;
      recorded_.last_position = std::max(recorded_.last_position.value_or(0), response->receipt().position());
    } else if (status_.ok()) {
      status_ = response.status();
    }
  }
}

}  // namespace sworn::cli
