#include "ledger/log/task_pool.h"

#include <utility>

namespace sworn::log {

TaskPool::TaskPool(size_t threads) {
  for (size_t count = 0; count < threads; ++count) threads_.emplace_back([this] { Work(); });
}

TaskPool::~TaskPool() {
  {
    const absl::MutexLock lock(&mutex_);
    closed_ = true;
  }
  for (std::thread& thread : threads_) thread.join();
}

std::future<void> TaskPool::Run(std::function<void()> task) {
  std::packaged_task<void()> packaged(std::move(task));
  std::future<void> done = packaged.get_future();
  const absl::MutexLock lock(&mutex_);
  tasks_.push_back(std::move(packaged));
  return done;
}

void TaskPool::Work() {
  while (true) {
    std::packaged_task<void()> task;
    {
      const auto is_due = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return closed_ || !tasks_.empty(); };
      const absl::MutexLock lock(&mutex_, absl::Condition(&is_due));
      if (tasks_.empty()) return;
      task = std::move(tasks_.front());
      tasks_.pop_front();
    }
    task();
  }
}

}  // namespace sworn::log
