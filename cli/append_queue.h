// Several reports on their way at once: signed and sent by a few threads, at most so many waiting.
//
// Thread-safety: Submit, Drain and the destructor belong to one thread.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "cli/append.h"

namespace sworn::cli {

class AppendQueue {
 public:
  static constexpr size_t kReportsInFlight = 4;

  // `appender` must outlive the queue. Request ids are derived from `purpose` and the portions.
  AppendQueue(const Appender& appender, std::string purpose);
  // Waits for what was submitted.
  ~AppendQueue();
  AppendQueue(const AppendQueue&) = delete;
  AppendQueue& operator=(const AppendQueue&) = delete;

  // Blocks while kReportsInFlight reports wait. Answers the first error of an earlier report.
  absl::Status Submit(std::vector<v1::Portion> portions);

  struct Recorded {
    uint64_t reports = 0;
    // Highest position so far; nothing where nothing was recorded.
    std::optional<uint64_t> last_position;
  };
  // Waits until every submitted report is recorded, or one has failed.
  absl::StatusOr<Recorded> Drain();

 private:
  void Work();
  bool HasRoom() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool HasWorkOrEnds() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool IsIdle() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Appender& appender_;
  const std::string purpose_;
  absl::Mutex mutex_;
  std::deque<std::vector<v1::Portion>> waiting_ ABSL_GUARDED_BY(mutex_);
  size_t running_ ABSL_GUARDED_BY(mutex_) = 0;
  bool ends_ ABSL_GUARDED_BY(mutex_) = false;
  Recorded recorded_ ABSL_GUARDED_BY(mutex_);
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_;
};

}  // namespace sworn::cli
