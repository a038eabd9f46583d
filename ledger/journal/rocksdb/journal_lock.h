// Keeps every other process from opening a journal for writing, without opening it: for repairs.
//
// Thread-safety: a JournalLock belongs to one thread.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace sworn::journal {

class JournalLock {
 public:
  // FailedPrecondition (LEDGER_IN_USE) while another process holds the journal, or this one.
  static absl::StatusOr<std::unique_ptr<JournalLock>> Take(const std::string& directory);
  ~JournalLock();
  JournalLock(const JournalLock&) = delete;
  JournalLock& operator=(const JournalLock&) = delete;
  JournalLock(JournalLock&&) = delete;
  JournalLock& operator=(JournalLock&&) = delete;

 private:
  struct State;
  explicit JournalLock(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace sworn::journal
