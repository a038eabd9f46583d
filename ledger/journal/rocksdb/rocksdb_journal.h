// The embedded journal: RocksDB. No RocksDB type leaves this folder.
//
// Thread-safety: as Journal.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "ledger/journal/journal.h"

namespace sworn::journal {

enum class OpenMode {
  kCreate,    // a new journal; AlreadyExists where there is one
  kWrite,     // an existing one; FailedPrecondition (LEDGER_IN_USE) while another process holds it
  kReadOnly,  // as of now, also beside a process that writes
};

// `directory` holds the database files.
absl::StatusOr<std::unique_ptr<Journal>> OpenRocksDbJournal(const std::string& directory, OpenMode mode);

}  // namespace sworn::journal
