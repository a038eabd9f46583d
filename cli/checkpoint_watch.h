// Holds a ledger to the checkpoints seen of it before (seen_checkpoints.h), where its origin is pinned.
//
// Thread-safety: const members may be called from any thread.
#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/connection.h"
#include "cli/seen_checkpoints.h"
#include "ledger/merkle/note.h"

namespace sworn::cli {

class CheckpointWatch {
 public:
  // Asks the ledger who it is and recalls what was seen of it; begin before asking for what is to be checked. DataLoss,
  // with evidence, where the ledger names another key than the pinned one. `connection` must outlive the watch.
  static absl::StatusOr<CheckpointWatch> Begin(Connection& connection);

  bool is_pinned() const { return pinned_.has_value(); }
  // The pinned one; else the one that the ledger names, which shows nothing about the ledger.
  const merkle::VerifierKey& verifier_key() const { return verifier_key_; }

  // Pins `key`, which must be of the ledger's origin; Check holds the ledger to it from then on.
  absl::Status Pin(const merkle::VerifierKey& key);

  // Checks a checkpoint that the ledger answered with and remembers it. DataLoss, with evidence, where it is refused.
  // OK where nothing is pinned.
  absl::Status Check(const std::string& note) const;

  // For SeenCheckpoints.
  FetchConsistency fetch_consistency() const;

 private:
  CheckpointWatch(Connection& connection, std::optional<SeenCheckpoints> seen, merkle::VerifierKey verifier_key,
                  std::optional<PinnedOrigin> pinned)
      : connection_(&connection),
        seen_(std::move(seen)),
        verifier_key_(std::move(verifier_key)),
        pinned_(std::move(pinned)) {}

  Connection* connection_;
  // Nothing where there is no place to keep state: then nothing can be pinned.
  std::optional<SeenCheckpoints> seen_;
  merkle::VerifierKey verifier_key_;
  std::optional<PinnedOrigin> pinned_;
};

}  // namespace sworn::cli
