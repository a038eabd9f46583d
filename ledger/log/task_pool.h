// Threads that run tasks in the order they are given. Whoever gives them bounds how many wait.
//
// Thread-safety: Run may be called from any thread.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <future>
#include <thread>
#include <vector>

#include "absl/synchronization/mutex.h"

namespace sworn::log {

class TaskPool {
 public:
  explicit TaskPool(size_t threads);
  // Runs what was given, then ends.
  ~TaskPool();
  TaskPool(const TaskPool&) = delete;
  TaskPool& operator=(const TaskPool&) = delete;

  std::future<void> Run(std::function<void()> task);

 private:
  void Work();

  absl::Mutex mutex_;
  std::deque<std::packaged_task<void()>> tasks_ ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace sworn::log
