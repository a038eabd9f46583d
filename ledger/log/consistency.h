// Proofs that the log only grew, under a signed checkpoint. What is answered was verified first.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "ledger/crypto/hash.h"
#include "ledger/journal/journal.h"

namespace sworn::log {

struct Head;

// That the tree of `new_size` entries continues the one of `old_size` (RFC 6962, section 2.1.2).
struct ConsistencyProof {
  uint64_t old_size = 0;
  uint64_t new_size = 0;
  std::vector<crypto::Hash> path;
  // The last signed checkpoint where `new_size` is its size; otherwise empty.
  std::string checkpoint;
};

// `new_size` 0 means the size of `head`. Refused: FIELD_INVALID unless old_size <= new_size; POSITION_UNAVAILABLE where
// `new_size` lies beyond the head; DAMAGED where the stored nodes do not lead to the signed root.
absl::StatusOr<ConsistencyProof> ProveConsistency(uint64_t old_size, uint64_t new_size, const Head& head,
                                                  const journal::Journal& journal);

}  // namespace sworn::log
