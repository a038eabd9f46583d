// The one thread through which every report enters the log: dedupes, authorises, assigns positions, extends the tree,
// writes one synced group, checks what was stored, signs, and answers.
//
// Thread-safety: Record by one thread at a time; the accessors from any thread.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ledger/access/registry.h"
#include "ledger/crypto/key.h"
#include "ledger/journal/journal.h"
#include "ledger/log/guard.h"
#include "ledger/log/log.h"
#include "ledger/log/proofs.h"
#include "ledger/log/recent_nodes.h"
#include "ledger/log/report_check.h"
#include "ledger/log/report_queue.h"
#include "ledger/log/view_digest.h"
#include "ledger/merkle/note.h"
#include "ledger/merkle/tree.h"

namespace sworn::log {

class Sequencer {
 public:
  // `journal` and `options` must outlive the sequencer.
  Sequencer(journal::Journal& journal, merkle::VerifierKey verifier_key, crypto::PrivateKey ledger_key, Guard guard,
            const LogOptions& options)
      : journal_(journal),
        verifier_key_(std::move(verifier_key)),
        ledger_key_(std::move(ledger_key)),
        guard_(std::move(guard)),
        options_(options),
        recent_nodes_(options.max_group_reports + 2) {}

  // Compares the journal with what was signed, and signs its current tree. Before the first Record.
  absl::Status Recover();

  // Records the reports and answers each of them.
  void Record(std::deque<VerifiedReport> reports);
  // Answers a report that is not recorded.
  void Refuse(const AppendCallback& done, const absl::Status& why);

  std::shared_ptr<const Head> head() const;
  const merkle::VerifierKey& verifier_key() const { return verifier_key_; }
  LogCounters counters() const;
  // OK, or why nothing more is recorded since a write whose outcome is not known.
  absl::Status CheckRunning() const;
  // A signed checkpoint of the first `size` entries; refused with POSITION_UNAVAILABLE beyond the head.
  absl::StatusOr<std::string> SignCheckpointOf(uint64_t size) const;
  // `digest` as the ledger's word, its origin filled in.
  absl::StatusOr<std::string> SignDigest(ViewDigest digest) const;
  // Makes the guard durable.
  absl::Status SyncGuard() const { return guard_.Sync(); }

 private:
  // An answer owed once the group is signed.
  struct OwedReceipt {
    crypto::Hash report_id{};
    uint64_t position = 0;
    bool already_recorded = false;
    AppendCallback done;
  };

  // One group, from the first report assigned to the last answer.
  struct PlannedGroup {
    journal::Group group;
    std::vector<crypto::Hash> leaves;
    merkle::Tree tree;
    std::shared_ptr<const access::Registry> registry;
    absl::Time recorded_at;
    std::vector<OwedReceipt> owed;
    std::map<crypto::Hash, uint64_t> reports;  // recorded by this group
    std::map<std::string, uint64_t> requests;  // likewise, by request key
  };

  // Plans and records a group from the front of the reports.
  void RecordFront(std::deque<VerifiedReport>& reports);
  PlannedGroup Plan(std::deque<VerifiedReport>& reports);
  // The receipt owed, where the report is recorded already; nothing where it is new; why not, where it is refused.
  absl::StatusOr<std::optional<OwedReceipt>> FindRepeat(const CheckedReport& checked, const PlannedGroup& plan) const;
  // Checks rights, then assigns the next position and extends the tree.
  absl::Status Admit(CheckedReport& checked, PlannedGroup& plan) const;
  absl::StatusOr<std::optional<std::string>> AuthorOf(const crypto::Hash& portion_id,
                                                      const access::Registry& registry) const;
  absl::Status Write(const PlannedGroup& plan);
  // The checkpoint of `tree`, signed.
  absl::StatusOr<std::shared_ptr<Head>> Sign(const merkle::Tree& tree) const;
  absl::Status SignAndPublish(const PlannedGroup& plan);
  void Answer(const PlannedGroup& plan);
  void Stop(const absl::Status& cause);

  journal::Journal& journal_;
  const merkle::VerifierKey verifier_key_;
  const crypto::PrivateKey ledger_key_;
  const Guard guard_;
  const LogOptions& options_;

  // Of the recording thread.
  merkle::Tree tree_;
  RecentNodes recent_nodes_;

  mutable std::mutex mutex_;  // guards all that follows
  std::shared_ptr<const Head> head_;
  LogCounters counters_;
  absl::Status failure_;
};

}  // namespace sworn::log
