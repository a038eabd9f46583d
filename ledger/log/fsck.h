// Finds and names damage in the files of a ledger, and makes again what is derived from what is signed.
//
// A journal of which something derived is damaged is written anew beside the old one, checked, and exchanged with it in
// one step; so a repair that is killed leaves a ledger that can be repaired again. What is signed is never changed, and
// nothing is signed. Views are not looked at here: they are folded from the log by others.
//
// Thread-safety: a Fsck belongs to one thread.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/journal/rocksdb/journal_lock.h"
#include "ledger/log/journal_check.h"
#include "ledger/log/ledger_directory.h"

namespace sworn::log {

enum class FsckMode { kCheck, kRepair };

struct FsckReport {
  JournalCheck journal;
  Damages damages;  // those of the journal too
  // Whether entries, portions and checkpoints are all there and bear each other out, so that the rest can be made
  // again.
  bool record_intact = true;
  bool must_rebuild_journal = false;
  bool must_restore_guard = false;
};

class Fsck {
 public:
  // For repairs keeps every writer out while it lives: refused with LEDGER_IN_USE while a process holds the ledger.
  static absl::StatusOr<std::unique_ptr<Fsck>> Begin(LedgerDirectory directory, FsckMode mode, CheckProgress progress);

  absl::StatusOr<FsckReport> Check() const;

  // FailedPrecondition where the record is not intact: it is restored from a backup. Only after Begin for repairs.
  absl::Status Repair(const FsckReport& report);

 private:
  Fsck(LedgerDirectory directory, CheckProgress progress)
      : directory_(std::move(directory)), progress_(std::move(progress)) {}

  std::string rebuilding_path() const { return directory_.path() + "/journal.rebuilding"; }
  void CheckFiles(FsckReport& report) const;
  absl::Status ReplaceJournal(const FsckReport& report);

  const LedgerDirectory directory_;
  const CheckProgress progress_;
  std::unique_ptr<journal::JournalLock> lock_;
  // Of the journal that was written anew.
  std::unique_ptr<journal::JournalLock> rebuilt_lock_;
};

}  // namespace sworn::log
