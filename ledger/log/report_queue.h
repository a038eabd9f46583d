// The bounded queue a report passes on its way into the log: callers push, verifying threads take and put back what is
// verified, the sequencer takes groups.
//
// Thread-safety: all members may be called from any thread.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>

#include "absl/status/status.h"
#include "ledger/log/log.h"
#include "ledger/log/report_check.h"
#include "sworn/v1/report.pb.h"

namespace sworn::log {

struct WaitingReport {
  v1::Report report;
  AppendCallback done;
  size_t bytes = 0;
};

struct VerifiedReport {
  CheckedReport checked;
  AppendCallback done;
  size_t bytes = 0;
};

class ReportQueue {
 public:
  // Bounded by the options' max_waiting_* and max_group_*.
  explicit ReportQueue(const LogOptions& options) : options_(options) {}

  // Takes `report` and `done` over only where OK. Refused with TOO_LARGE or OVERLOADED; Unavailable once closed.
  absl::Status Push(v1::Report& report, AppendCallback& done);

  // Waits for a report. Nothing once the queue is closed and empty. Each report taken is put back or dropped.
  std::optional<WaitingReport> TakeWaiting();
  void PutVerified(VerifiedReport verified);
  void Drop(size_t bytes);

  // Waits for verified reports; at most one group of them. Nothing once the queue is closed and all were taken.
  std::deque<VerifiedReport> TakeGroup();

  // What was pushed before is still handed out.
  void Close();

 private:
  const LogOptions& options_;

  std::mutex mutex_;  // guards all that follows
  std::condition_variable waiting_changed_;
  std::condition_variable verified_changed_;
  std::deque<WaitingReport> waiting_;
  std::deque<VerifiedReport> verified_;
  size_t in_verification_ = 0;
  size_t held_reports_ = 0;
  size_t held_bytes_ = 0;
  bool closed_ = false;
};

}  // namespace sworn::log
