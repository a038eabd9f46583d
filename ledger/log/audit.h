// Re-computes everything a journal claims: signatures, portion roots, leaves, nodes, order, rights, checkpoint.
//
// Thread-safety: an audit runs on the calling thread and reads only.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/journal/journal.h"
#include "ledger/merkle/checkpoint.h"
#include "ledger/merkle/note.h"

namespace sworn::log {

struct Finding {
  // "storage": could not be read. "leaf", "node", "checkpoint": the tree. "report", "portion", "portion root": what an
  // entry holds. "order", "signature", "authorisation". "index": where ids are found. "view": added by callers.
  // "limit": there was more to find.
  std::string check;
  std::optional<uint64_t> position;  // entry concerned
  std::string detail;                // what differs, and the id concerned
};

struct AuditReport {
  uint64_t entries = 0;
  uint64_t portions = 0;
  uint64_t signatures = 0;
  uint64_t nodes = 0;
  merkle::Checkpoint checkpoint;  // recomputed
  std::vector<Finding> findings;  // at most 1,000; empty means the record is intact
};

// Called now and then with the number of entries done.
using AuditProgress = std::function<void(uint64_t done, uint64_t total)>;

// `signed_checkpoint` is the note the ledger last published (the guard file), empty where there is none. Whatever
// cannot be read or does not fit becomes a finding, and the audit goes on behind it.
AuditReport AuditJournal(const journal::Journal& journal, const merkle::VerifierKey& verifier_key,
                         std::string_view signed_checkpoint, const AuditProgress& progress);

}  // namespace sworn::log
