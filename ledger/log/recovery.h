// What a log is opened with: the journal compared with what was signed before, and the state that is folded from it.
//
// Thread-safety: runs on the calling thread and reads only.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ledger/access/registry.h"
#include "ledger/journal/journal.h"
#include "ledger/log/guard.h"
#include "ledger/merkle/note.h"
#include "ledger/merkle/tree.h"

namespace sworn::log {

struct RecoveredLog {
  merkle::Tree tree;
  // The last complete node of each level.
  std::vector<merkle::Node> right_edge;
  access::Registry registry;
  absl::Time last_recorded_at = absl::InfinitePast();
  // As the journal keeps it; empty where none was stored.
  std::string stored_note;
};

// Aborted (FORKED) where the journal does not continue what was signed; DataLoss (DAMAGED) where stored bytes that are
// not yet under a signed checkpoint do not hash to the tree.
absl::StatusOr<RecoveredLog> RecoverLog(const journal::Journal& journal, const merkle::VerifierKey& verifier_key,
                                        const Guard& guard);

// Entry and portions, every hash of which was computed again. DataLoss (DAMAGED) where one differs.
absl::StatusOr<journal::StoredEntry> ReadCheckedEntry(const journal::Journal& journal, uint64_t position);

}  // namespace sworn::log
