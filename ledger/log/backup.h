// Backups of a ledger, taken while it records. A backup is a directory:
//
//   ledger.json      as in the ledger
//   journal/         the log; on the same file system it shares unchanging files with the ledger by hard links
//   timestamps/      as in the ledger
//   checkpoint       a signed checkpoint of exactly the entries in journal/
//   manifest.json    the SHA-256 of every file above
//
// It holds no private key: those are kept apart, once. Views are not in it either; they are folded from the log.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "ledger/log/backup_manifest.h"
#include "ledger/log/ledger_directory.h"
#include "ledger/log/log.h"
#include "ledger/log/still_wanted.h"

namespace sworn::log {

struct Backup {
  std::string checkpoint;  // a signed note
  uint64_t bytes = 0;
};

// Everything acknowledged before the call is in the backup. It is made in `target`.partial and renamed once durable:
// what was interrupted never looks whole. InvalidArgument unless `target` is an absolute path outside the ledger's
// journal whose parent is a directory; AlreadyExists where it, or the partial directory, is there.
absl::StatusOr<Backup> BackUp(const Log& log, const LedgerDirectory& directory, const std::string& target,
                              const StillWanted& still_wanted);

}  // namespace sworn::log
