#include "api/worker_pool.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/model/refusal.h"

namespace sworn::api {

WorkerPool::WorkerPool(size_t threads, size_t max_waiting) : max_waiting_(max_waiting) {
  const size_t count = std::max<size_t>(threads, 1);
  threads_.reserve(count);
  for (size_t i = 0; i < count; ++i) threads_.emplace_back([this] { Run(); });
}

WorkerPool::~WorkerPool() {
  {
    const absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  for (std::thread& thread : threads_) thread.join();
}

absl::Status WorkerPool::Submit(std::function<void()> work) {
  const absl::MutexLock lock(&mutex_);
  if (waiting_.size() >= max_waiting_) {
    return model::Refuse(v1::Refusal::OVERLOADED,
                         absl::StrCat(waiting_.size(), " calls are waiting already; try again in a moment"));
  }
  waiting_.push_back(std::move(work));
  return absl::OkStatus();
}

void WorkerPool::Run() {
  while (true) {
    std::function<void()> work;
    {
      const absl::MutexLock lock(&mutex_, absl::Condition(this, &WorkerPool::HasWorkOrStops));
      if (waiting_.empty()) return;
      work = std::move(waiting_.front());
      waiting_.pop_front();
    }
    work();
  }
}

}  // namespace sworn::api
