// Whom the reader of a proof file trusts.
//
// Thread-safety: a Trust is plain data.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ledger/merkle/note.h"
#include "ledger/merkle/policy.h"

namespace sworn::proof {

struct Trust {
  // Keys of logs; any of them will do.
  std::vector<merkle::VerifierKey> logs;
  // Where set, checkpoints of proof files must satisfy it too: witnesses and their quorum.
  std::optional<merkle::Policy> policy;
  // Certificates of time-stamping authorities in PEM. Time stamps are not checked where it is empty.
  std::string timestamp_roots;
};

}  // namespace sworn::proof
