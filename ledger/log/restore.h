// Puts a backup in the place of a ledger, once everything in it was verified.
//
// Thread-safety: safe to call from any thread, for different directories.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "ledger/crypto/key.h"
#include "ledger/log/audit.h"
#include "ledger/log/backup_manifest.h"
#include "ledger/merkle/checkpoint.h"

namespace sworn::log {

struct RestoreOptions {
  std::string backup;
  // Must not exist: nothing is ever overwritten.
  std::string directory;
  // The ledger's signing key; without it the restored ledger can be read and audited, but not opened to record.
  std::optional<crypto::PrivateKey> ledger_key;
  // Checkpoints that this ledger has published, or that someone saw of it.
  std::vector<PublishedCheckpoint> published;
  // Whether a backup that ends before one of them may be restored. What differs from one of them never is.
  enum class Rollback { kRefuse, kAccept } rollback = Rollback::kRefuse;
  std::function<void(uint64_t done, uint64_t total)> progress;
};

struct Restored {
  merkle::Checkpoint checkpoint;
  // Entries that were published and are not in the backup.
  uint64_t missing_entries = 0;
};

// The backup is copied to `directory`.partial, compared there with its manifest, audited, held against the published
// checkpoints, and only then renamed. NotFound where there is no backup; DataLoss (DAMAGED) where it does not verify;
// Aborted (FORKED) where a published checkpoint is of more entries or of others; AlreadyExists where the directory is
// there; InvalidArgument for a key that is not the ledger's.
absl::StatusOr<Restored> Restore(const RestoreOptions& options);

}  // namespace sworn::log
