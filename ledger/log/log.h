// The log: verifies, authorises, sequences, stores and signs reports (design of Sworn, section 4).
//
// Append hands the report to a pool that parses and verifies it; one sequencer thread then dedupes, authorises, assigns
// positions, extends the tree, writes one synced group, re-reads and re-hashes what it wrote, signs the checkpoint and
// answers every waiter. While one group is on its way to disk the next one fills.
//
// Thread-safety: all members may be called from any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "ledger/access/registry.h"
#include "ledger/crypto/key.h"
#include "ledger/journal/journal.h"
#include "ledger/log/consistency.h"
#include "ledger/log/still_wanted.h"
#include "ledger/log/timestamps.h"
#include "ledger/log/view_digest.h"
#include "ledger/merkle/note.h"
#include "sworn/v1/proof.pb.h"
#include "sworn/v1/report.pb.h"

namespace sworn::log {

struct LogOptions {
  size_t verify_threads = 2;
  // Reports waiting for verification or sequencing; more are refused with OVERLOADED.
  size_t max_waiting_reports = 4'096;
  size_t max_waiting_bytes = size_t{256} << 20U;
  size_t max_group_reports = 1'024;
  size_t max_group_bytes = size_t{16} << 20U;
  // The clock recorded_at and the bound on created_at are taken from.
  std::function<absl::Time()> now = [] { return absl::Now(); };
  // Where time stamps of checkpoints are kept (timestamps.h); empty: none are.
  std::string timestamps_path;
  // Called on the sequencer thread after a group is durable and signed, with the new size. Must not block.
  std::function<void(uint64_t size)> on_recorded;
};

struct Appended {
  v1::Receipt receipt;
  bool already_recorded = false;
};

// Called once, on a thread of the log, or on the caller's where the report is refused at once. Must not block.
using AppendCallback = std::function<void(absl::StatusOr<Appended>)>;

// What the log has done since it was opened.
struct LogCounters {
  uint64_t groups = 0;            // synced writes to the journal
  uint64_t reports = 0;           // recorded
  uint64_t already_recorded = 0;  // sent again, answered with the receipt of the first time
  uint64_t refused = 0;
};

class Log {
 public:
  // Checks the fork guard, re-hashes what was stored after the last signed checkpoint, and signs the current tree.
  // An empty journal is opened too: its first report must register the ledger's key and an author.
  static absl::StatusOr<std::unique_ptr<Log>> Open(std::unique_ptr<journal::Journal> journal,
                                                   merkle::VerifierKey verifier_key, crypto::PrivateKey ledger_key,
                                                   std::string guard_path, LogOptions options);
  // Finishes what was accepted, then stops.
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  void Append(v1::Report report, AppendCallback done);
  absl::StatusOr<Appended> AppendAndWait(v1::Report report);

  // Entries that are durable and under the last signed checkpoint.
  uint64_t size() const;
  // The last signed checkpoint, a signed note.
  std::string checkpoint() const;
  // A signed checkpoint of the first `size` entries. Refused with POSITION_UNAVAILABLE beyond the last one signed.
  absl::StatusOr<std::string> SignCheckpointOf(uint64_t size) const;
  // A signed view digest (view_digest.h); its origin is the ledger's. Refused with POSITION_UNAVAILABLE where its
  // position is not under the last signed checkpoint.
  absl::StatusOr<std::string> SignDigest(const ViewDigest& digest) const;
  const merkle::VerifierKey& verifier_key() const;
  // As of the last recorded entry.
  std::shared_ptr<const access::Registry> registry() const;
  const journal::Journal& journal() const;
  LogCounters counters() const;

  // NotFound where no such report is recorded.
  absl::StatusOr<v1::Receipt> ReceiptOf(const crypto::Hash& report_id) const;
  absl::StatusOr<v1::Receipt> ReceiptOfRequest(std::string_view author_key_id, std::string_view request_id) const;

  // Resolves a hex id or unique prefix of at least 6 digits. Refused: NOT_FOUND, AMBIGUOUS (with the candidates).
  absl::StatusOr<journal::Location> Resolve(std::string_view hex_prefix) const;

  // Entry and portions, every hash of which was checked again. DataLoss (DAMAGED) where one differs.
  absl::StatusOr<journal::StoredEntry> ReadChecked(uint64_t position) const;

  // A proof file for one portion under the last signed checkpoint. InvalidArgument where `portion` is a report.
  absl::StatusOr<std::string> ProvePortion(const journal::Location& portion) const;
  // A proof file for several portions, 1 to model::kMaxProvedPortions; see dossier.h.
  absl::StatusOr<std::string> ProveDossier(absl::Span<const journal::Location> portions,
                                           const StillWanted& still_wanted) const;

  // That the log only grew from `old_size` to `new_size` entries, under the last signed checkpoint; `new_size` 0 means
  // all it covers. Refused with FIELD_INVALID unless old_size <= new_size, with POSITION_UNAVAILABLE beyond it.
  absl::StatusOr<ConsistencyProof> ProveConsistency(uint64_t old_size, uint64_t new_size) const;

  // Stores the time stamp of a checkpoint that was signed here (Timestamps::Add). Refused with NOT_PERMITTED where none
  // are kept.
  absl::StatusOr<uint64_t> AddTimestamp(const v1::CheckpointTimestamp& timestamp);
  // Null where none are kept.
  const Timestamps* timestamps() const;

 private:
  class Impl;
  explicit Log(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sworn::log
