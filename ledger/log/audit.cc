#include "ledger/log/audit.h"

#include <algorithm>
#include <deque>
#include <future>
#include <iterator>
#include <memory>
#include <thread>
#include <utility>

#include "ledger/log/audit_chunk.h"
#include "ledger/log/audit_indexes.h"
#include "ledger/log/audit_pass.h"
#include "ledger/log/audit_receipts.h"
#include "ledger/log/task_pool.h"
#include "ledger/model/text.h"

namespace sworn::log {
namespace {

using model::Concat;
using model::MessageOf;

constexpr size_t kMaxFindings = 1'000;

void AddCounts(const AuditCounts& from, AuditCounts& to) {
  to.entries += from.entries;
  to.portions += from.portions;
  to.withheld_portions += from.withheld_portions;
  to.signatures += from.signatures;
  to.unchecked_signatures += from.unchecked_signatures;
  to.nodes += from.nodes;
  to.registry_entries += from.registry_entries;
}

class Auditor {
 public:
  Auditor(const journal::Journal& journal, const merkle::VerifierKey& verifier_key, const AuditOptions& options)
      : journal_(journal),
        verifier_key_(verifier_key),
        options_(options),
        threads_(options.threads != 0 ? options.threads : std::max(1U, std::thread::hardware_concurrency())),
        size_(journal.Size()),
        pass_(journal, verifier_key),
        pool_(threads_) {}

  AuditReport Run();

 private:
  // What the pass knew behind a chunk; it is ahead of what was verified.
  struct PassedSoFar {
    std::optional<merkle::Tree> tree = merkle::Tree();
    absl::Time last_recorded_at = absl::InfinitePast();
  };
  // A chunk between its two visits to the pool.
  struct ChunkUnderWay {
    AuditChunk chunk;
    std::future<void> done;
    PassedSoFar passed;
  };

  void Add(std::vector<Finding> findings);
  absl::Status Resume(const AuditState& state);
  void ExpectCheckpoint(const std::string& name, std::string_view note);
  void ExpectPublished();
  void AuditEntries();
  void StartReading();
  void PassOldest();
  void FinishOldest();
  void CompareCollectedIndexes(uint64_t end);
  void CompareRegistryPositions();
  void SaveState();
  AuditReport Finish();

  const journal::Journal& journal_;
  const merkle::VerifierKey& verifier_key_;
  const AuditOptions& options_;
  const size_t threads_;
  const uint64_t size_;
  AuditReport report_;
  AuditPass pass_;
  // Both in order. A chunk is read, passed, then verified.
  std::deque<std::unique_ptr<ChunkUnderWay>> reading_;
  std::deque<std::unique_ptr<ChunkUnderWay>> verifying_;
  uint64_t next_to_read_ = 0;
  uint64_t audited_ = 0;
  PassedSoFar passed_;  // behind what was audited
  uint64_t saved_ = 0;  // entries audited when the state was saved last
  IndexRows index_rows_;
  uint64_t compared_indexes_ = 0;  // entries whose rows were compared
  // Last, so that its threads end before what they work on.
  TaskPool pool_;
};

void Auditor::Add(std::vector<Finding> findings) {
  for (Finding& finding : findings) {
    if (report_.findings.size() >= kMaxFindings) return;
    if (report_.findings.size() == kMaxFindings - 1) {
      finding = {"limit", std::nullopt, "there is more to find than is listed here"};
    }
    report_.findings.push_back(std::move(finding));
  }
}

AuditReport Auditor::Run() {
  if (options_.resume_from.has_value()) {
    if (const absl::Status resumed = Resume(*options_.resume_from); !resumed.ok()) {
      Add({{"resume", std::nullopt,
            Concat(MessageOf(resumed),
                   "; the state is of another ledger, or the ledger changed: audit it from the start")}});
      return std::move(report_);
    }
  }
  ExpectPublished();
  AuditEntries();
  if (!report_.stopped) {
    if (options_.indexes == IndexAudit::kCompare) {
      CompareCollectedIndexes(size_);
      CompareRegistryPositions();
    }
    for (const SavedReceipt& saved : options_.receipts) {
      ++report_.counts.receipts;
      Add(AuditReceipt(saved, journal_, verifier_key_));
    }
  }
  return Finish();
}

AuditReport Auditor::Finish() {
  report_.counts.checkpoints += pass_.compared_checkpoints();
  report_.checkpoint.origin = verifier_key_.name();
  if (passed_.tree.has_value()) {
    report_.checkpoint.size = passed_.tree->size();
    report_.checkpoint.root = passed_.tree->Root();
  }
  std::stable_sort(report_.findings.begin(), report_.findings.end(), [](const Finding& left, const Finding& right) {
    constexpr uint64_t kLast = UINT64_MAX;
    return left.position.value_or(kLast) < right.position.value_or(kLast);
  });
  return std::move(report_);
}

absl::Status Auditor::Resume(const AuditState& state) {
  if (state.size > size_ || state.compared_indexes > state.size) {
    return absl::DataLossError(Concat("the earlier audit went through ", state.size, " entries, the log has ", size_));
  }
  if (absl::Status status = pass_.Resume(state); !status.ok()) return status;
  report_.resumed_from = state.size;
  passed_ = {pass_.tree(), pass_.last_recorded_at()};
  report_.counts = state.counts;
  report_.findings = state.findings;
  next_to_read_ = audited_ = saved_ = state.size;
  compared_indexes_ = state.compared_indexes;
  if (options_.indexes == IndexAudit::kPassOver) return absl::OkStatus();
  for (uint64_t position = compared_indexes_; position < state.size; ++position) {
    const absl::StatusOr<journal::StoredEntry> stored = journal_.Read(position);
    if (stored.ok()) {
      index_rows_.Add(*stored, stored->report_id);
    } else {
      index_rows_.unread.push_back(position);
    }
  }
  return absl::OkStatus();
}

void Auditor::ExpectCheckpoint(const std::string& name, std::string_view note) {
  if (note.empty()) return;
  const absl::StatusOr<merkle::Checkpoint> checkpoint = merkle::OpenCheckpoint(note, verifier_key_);
  if (!checkpoint.ok()) {
    Add({{"checkpoint", std::nullopt, Concat(name, " does not verify: ", MessageOf(checkpoint.status()))}});
  } else if (checkpoint->size > size_) {
    Add({{"checkpoint", std::nullopt,
          Concat(name, " is over ", checkpoint->size, " entries, the log has only ", size_)}});
  } else {
    pass_.Expect(name, *checkpoint);
  }
}

void Auditor::ExpectPublished() {
  for (const PublishedCheckpoint& published : options_.checkpoints) ExpectCheckpoint(published.name, published.note);
  const absl::StatusOr<std::string> kept = journal_.LoadCheckpoint();
  if (!kept.ok()) Add({{"storage", std::nullopt, Concat("the journal's checkpoint: ", MessageOf(kept.status()))}});
  ExpectCheckpoint("the journal's checkpoint", kept.value_or(""));
  for (const SavedReceipt& saved : options_.receipts) {
    // A receipt whose checkpoint is not ours is a finding of the receipt.
    const absl::StatusOr<merkle::Checkpoint> checkpoint =
        merkle::OpenCheckpoint(saved.receipt.checkpoint(), verifier_key_);
    if (checkpoint.ok()) ExpectCheckpoint(Concat("the checkpoint of receipt ", saved.name), saved.receipt.checkpoint());
  }
  std::vector<Finding> findings;
  pass_.Begin(findings);
  Add(std::move(findings));
}

void Auditor::AuditEntries() {
  while (audited_ < size_ && !report_.stopped) {
    // Enough that no thread waits: some chunks being read, some being verified.
    while (next_to_read_ < size_ && reading_.size() + verifying_.size() < 2 * threads_ + 2) StartReading();
    while (!reading_.empty() && verifying_.size() < threads_ + 1) PassOldest();
    FinishOldest();
    if (options_.progress != nullptr) options_.progress(audited_, size_);
    report_.stopped = audited_ < size_ && options_.should_stop != nullptr && options_.should_stop();
    if (options_.save_state != nullptr && audited_ < size_ &&
        (report_.stopped || audited_ - saved_ >= options_.save_every)) {
      SaveState();
    }
  }
}

void Auditor::StartReading() {
  auto under_way = std::make_unique<ChunkUnderWay>();
  AuditChunk& chunk = under_way->chunk;
  chunk.first = next_to_read_;
  chunk.end = std::min(size_, (next_to_read_ / kChunkEntries + 1) * kChunkEntries);
  next_to_read_ = chunk.end;
  under_way->done = pool_.Run([this, &chunk] { ReadChunk(journal_, chunk); });
  reading_.push_back(std::move(under_way));
}

void Auditor::PassOldest() {
  std::unique_ptr<ChunkUnderWay> under_way = std::move(reading_.front());
  reading_.pop_front();
  under_way->done.get();
  AuditChunk& chunk = under_way->chunk;
  pass_.Take(chunk);
  under_way->passed = {pass_.tree(), pass_.last_recorded_at()};
  under_way->done = pool_.Run([&chunk] { VerifySignatures(chunk); });
  verifying_.push_back(std::move(under_way));
}

void Auditor::FinishOldest() {
  const std::unique_ptr<ChunkUnderWay> under_way = std::move(verifying_.front());
  verifying_.pop_front();
  under_way->done.get();
  AuditChunk& chunk = under_way->chunk;
  AddCounts(chunk.counts, report_.counts);
  Add(std::move(chunk.findings));
  if (options_.indexes == IndexAudit::kCompare) index_rows_.Append(std::move(chunk.index_rows));
  audited_ = chunk.end;
  passed_ = std::move(under_way->passed);
  if (index_rows_.ids.size() >= kMaxCollectedIndexRows) CompareCollectedIndexes(audited_);
}

void Auditor::CompareCollectedIndexes(uint64_t end) {
  report_.counts.index_rows += index_rows_.ids.size() + index_rows_.requests.size();
  Add(CompareIndexes(journal_, std::exchange(index_rows_, {}), compared_indexes_, end, pool_));
  compared_indexes_ = end;
}

// What the log folds its registry from when it starts.
void Auditor::CompareRegistryPositions() {
  const absl::StatusOr<std::vector<uint64_t>> kept = journal_.RegistryPositions();
  if (!kept.ok()) {
    return Add({{"storage", std::nullopt, Concat("the index of registry entries: ", MessageOf(kept.status()))}});
  }
  const std::vector<uint64_t>& found = pass_.registry_positions();
  std::vector<uint64_t> differing;
  std::set_symmetric_difference(kept->begin(), kept->end(), found.begin(), found.end(), std::back_inserter(differing));
  std::vector<Finding> findings;
  for (const uint64_t position : differing) {
    findings.push_back({"index", position, "the index of registry entries is wrong about this entry"});
  }
  Add(std::move(findings));
}

void Auditor::SaveState() {
  saved_ = audited_;
  // Nothing can be gone on from where a leaf was lost.
  if (!passed_.tree.has_value()) return;
  AuditState state;
  state.size = audited_;
  state.root = passed_.tree->Root();
  state.compared_indexes = compared_indexes_;
  state.last_recorded_at = passed_.last_recorded_at;
  for (const uint64_t position : pass_.registry_positions()) {
    if (position < audited_) state.registry_positions.push_back(position);
  }
  state.counts = report_.counts;
  for (const Finding& finding : report_.findings) {
    // What is of no position is looked at anew when the audit goes on.
    if (finding.position.has_value()) state.findings.push_back(finding);
  }
  options_.save_state(state);
}

}  // namespace

AuditReport AuditJournal(const journal::Journal& journal, const merkle::VerifierKey& verifier_key,
                         const AuditOptions& options) {
  return Auditor(journal, verifier_key, options).Run();
}

}  // namespace sworn::log
