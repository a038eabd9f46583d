// Re-computes everything a journal claims: signatures, portion roots, leaves, nodes, order, rights, checkpoints,
// indexes, and whether it keeps what receipts promised.
//
// Entries are read, parsed, hashed and their signatures verified on all cores, a bounded number at a time; one pass in
// order of position decides what depends on it. What is found does not depend on the number of threads.
//
// Thread-safety: an audit reads only, and calls back on the calling thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ledger/journal/journal.h"
#include "ledger/merkle/checkpoint.h"
#include "ledger/merkle/note.h"
#include "sworn/v1/proof.pb.h"

namespace sworn::log {

struct Finding {
  // "storage": could not be read. "leaf", "node", "checkpoint": the tree. "report", "portion", "portion root": what an
  // entry holds. "order", "signature", "authorisation". "index": where ids are found. "receipt": what was promised.
  // "resume": what was audited before changed. "limit": there was more to find. Callers add "entry", "tile", "bundle",
  // "view" and "view digest".
  std::string check;
  std::optional<uint64_t> position;  // entry concerned
  std::string detail;                // what differs, and the id concerned
};

// How often each thing was checked.
struct AuditCounts {
  uint64_t entries = 0;
  uint64_t portions = 0;
  uint64_t withheld_portions = 0;  // of the portions, those with a bare id, whose content cannot be hashed
  uint64_t signatures = 0;
  uint64_t unchecked_signatures = 0;  // beside those: of a kind that this build cannot verify (ML-DSA-44)
  uint64_t nodes = 0;
  uint64_t index_rows = 0;
  uint64_t registry_entries = 0;
  uint64_t checkpoints = 0;  // compared with the tree, those of receipts included
  uint64_t receipts = 0;
};

// Where an audit stopped, to go on from there. It is believed only where the kept nodes of the journal still have its
// root, which ties down every entry before; what those entries were checked for is not checked again.
struct AuditState {
  uint64_t size = 0;    // entries audited
  crypto::Hash root{};  // of the tree over them
  uint64_t compared_indexes = 0;
  std::vector<uint64_t> registry_positions;
  absl::Time last_recorded_at = absl::InfinitePast();
  AuditCounts counts;
  std::vector<Finding> findings;
};

// Something published that the journal has to bear out, under a name for findings.
struct PublishedCheckpoint {
  std::string name;
  std::string note;
};
struct SavedReceipt {
  std::string name;
  v1::Receipt receipt;
};

// Whether the journal's indexes are those of the ledger. Those of a copy that was made for the audit say nothing.
enum class IndexAudit { kCompare, kPassOver };

struct AuditOptions {
  std::vector<PublishedCheckpoint> checkpoints;  // empty notes are passed over
  std::vector<SavedReceipt> receipts;
  IndexAudit indexes = IndexAudit::kCompare;
  size_t threads = 0;  // 0: as many as there are cores
  std::optional<AuditState> resume_from;

  // Called now and then with the number of entries done.
  std::function<void(uint64_t done, uint64_t total)> progress;
  // Called after every `save_every` entries, and before an audit ends that was stopped.
  std::function<void(const AuditState& state)> save_state;
  uint64_t save_every = 16'384;
  // True ends the audit early.
  std::function<bool()> should_stop;
};

struct AuditReport {
  AuditCounts counts;
  merkle::Checkpoint checkpoint;  // recomputed; of size 0 where the tree could not be
  uint64_t resumed_from = 0;      // entries that an earlier audit went through
  bool stopped = false;           // early, since should_stop said so: only what is counted was checked
  // By position, then those of no position; at most 1,000. Empty means the record is intact.
  std::vector<Finding> findings;
};

// Whatever cannot be read or does not fit becomes a finding, and the audit goes on behind it. Only a state that the
// journal does not bear out ends it at once.
AuditReport AuditJournal(const journal::Journal& journal, const merkle::VerifierKey& verifier_key,
                         const AuditOptions& options);

}  // namespace sworn::log
