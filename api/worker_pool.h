// A fixed number of threads for disk and crypto work, with a bounded queue in front. gRPC's own threads are about as
// many as there are cores: one that waits for a disk stalls every connection, so handlers hand their work to this pool.
//
// Thread-safety: all members may be called from any thread.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"

namespace sworn::api {

class WorkerPool {
 public:
  // `threads` of 0 means 1.
  WorkerPool(size_t threads, size_t max_waiting);
  // Finishes the work that waits, then stops.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;
  WorkerPool(WorkerPool&&) = delete;
  WorkerPool& operator=(WorkerPool&&) = delete;

  // Refused with OVERLOADED, and `work` is dropped, where `max_waiting` pieces of work wait already. `work` must not
  // throw.
  absl::Status Submit(std::function<void()> work);

 private:
  bool HasWorkOrStops() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return stopping_ || !waiting_.empty(); }
  void Run();

  const size_t max_waiting_;
  absl::Mutex mutex_;
  std::deque<std::function<void()>> waiting_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace sworn::api
