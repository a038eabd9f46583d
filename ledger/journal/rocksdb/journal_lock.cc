#include "ledger/journal/rocksdb/journal_lock.h"

#include <rocksdb/env.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/journal/rocksdb/rocksdb_status.h"

namespace sworn::journal {

struct JournalLock::State {
  rocksdb::FileLock* lock = nullptr;
};

JournalLock::JournalLock(std::unique_ptr<State> state) : state_(std::move(state)) {}

JournalLock::~JournalLock() {
  // The lock ends with the process at the latest.
  rocksdb::Env::Default()->UnlockFile(state_->lock).PermitUncheckedError();
}

absl::StatusOr<std::unique_ptr<JournalLock>> JournalLock::Take(const std::string& directory) {
  auto state = std::make_unique<State>();
  const rocksdb::Status status = rocksdb::Env::Default()->LockFile(directory + "/LOCK", &state->lock);
  if (!status.ok()) {
    return FromRocksDb(status, absl::StrCat("locking the journal in ", directory));
  }
  return std::unique_ptr<JournalLock>(new JournalLock(std::move(state)));
}

}  // namespace sworn::journal
