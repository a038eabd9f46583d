// The time-stamped checkpoints of a proof file, and which of its entries each of them covers.
//
// Thread-safety: belongs to one thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/merkle/checkpoint.h"
#include "ledger/proof/multiproof.h"
#include "ledger/proof/trust.h"
#include "sworn/v1/proof.pb.h"

namespace sworn::proof {

// The checkpoint of a note that one of the logs signed in its own name.
absl::StatusOr<merkle::Checkpoint> OpenLogCheckpoint(std::string_view note,
                                                     const std::vector<merkle::VerifierKey>& logs);

// A time-stamped checkpoint that was found to cover its entries.
struct StampedTree {
  // kNotChecked where no authority is trusted.
  enum class Stamp { kChecked, kNotChecked };
  uint64_t size = 0;
  std::string shown;  // what the stamp states, in words
  Stamp stamp = Stamp::kNotChecked;
};

// By size. `leaves`: the entries of proved portions, in order of position. `known`: roots under the checkpoint of the
// file, which is one of log `origin`. InvalidArgument where a checkpoint, its coverage or its stamp is wrong.
absl::StatusOr<std::vector<StampedTree>> CheckStampedEntries(const v1::ProofExtra& extra, const Trust& trust,
                                                             const std::string& origin, absl::Span<const Leaf> leaves,
                                                             SubtreeRoots& known);

}  // namespace sworn::proof
