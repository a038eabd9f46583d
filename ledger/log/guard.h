// The fork guard: the last checkpoint signed, kept in a file outside the journal. A log that is shorter than it, or
// whose tree is not a continuation of it, was restored from an old copy or written by someone else, and is not signed
// again.
//
// The file is replaced by rename and not fsynced per group: after a power cut it may be older than the log, never
// newer.
//
// Thread-safety: a Guard belongs to one thread at a time.
#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/merkle/checkpoint.h"
#include "ledger/merkle/tree.h"

namespace sworn::log {

class Guard {
 public:
  explicit Guard(std::string path) : path_(std::move(path)) {}

  // Nothing where no checkpoint was ever signed. DataLoss where the file does not verify.
  absl::StatusOr<std::optional<merkle::Checkpoint>> Load(const merkle::VerifierKey& verifier_key) const;

  // Aborted (FORKED) unless the log of `size` leaves continues the guarded checkpoint.
  absl::Status Check(const merkle::VerifierKey& verifier_key, uint64_t size, const merkle::NodeReader& read_node) const;

  absl::Status Store(const std::string& note) const;
  // Makes the file durable.
  absl::Status Sync() const;

 private:
  std::string path_;
};

}  // namespace sworn::log
