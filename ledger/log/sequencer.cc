#include "ledger/log/sequencer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/log/consistency.h"
#include "ledger/log/judgement_rights.h"
#include "ledger/log/recovery.h"
#include "ledger/log/stored_report.h"
#include "ledger/merkle/checkpoint.h"
#include "ledger/merkle/tree_hash.h"
#include "ledger/model/refusal.h"

namespace sworn::log {
namespace {

absl::Status OutcomeUnknown(const absl::Status& cause) {
  return absl::UnknownError(absl::StrCat("whether the report was recorded is not known, and the ledger has stopped: ",
                                         cause.ToString(), "; open the ledger again and send the same report again"));
}

}  // namespace

std::shared_ptr<const Head> Sequencer::head() const {
  const std::lock_guard lock(mutex_);
  return head_;
}

LogCounters Sequencer::counters() const {
  const std::lock_guard lock(mutex_);
  return counters_;
}

absl::Status Sequencer::CheckRunning() const {
  const std::lock_guard lock(mutex_);
  return failure_.ok()
             ? absl::OkStatus()
             : absl::UnavailableError(absl::StrCat(
                   "the ledger records nothing more since an error: ", failure_.ToString(), "; open the ledger again"));
}

void Sequencer::Stop(const absl::Status& cause) {
  const std::lock_guard lock(mutex_);
  failure_ = cause;
}

void Sequencer::Refuse(const AppendCallback& done, const absl::Status& why) {
  {
    const std::lock_guard lock(mutex_);
    ++counters_.refused;
  }
  done(why);
}

absl::StatusOr<std::shared_ptr<Head>> Sequencer::Sign(const merkle::Tree& tree) const {
  auto head = std::make_shared<Head>();
  head->size = tree.size();
  head->checkpoint = {verifier_key_.name(), tree.size(), tree.Root()};
  absl::StatusOr<std::string> note = merkle::SignCheckpoint(head->checkpoint, verifier_key_, ledger_key_);
  if (!note.ok()) {
    return note.status();
  }
  head->note = *std::move(note);
  return head;
}

absl::StatusOr<std::string> Sequencer::SignCheckpointOf(uint64_t size) const {
  const std::shared_ptr<const Head> signed_head = head();
  if (size == signed_head->size) {
    return signed_head->note;
  }
  // Shows that the kept nodes lead from this size to the root that was signed.
  const absl::StatusOr<ConsistencyProof> proof = ProveConsistency(size, signed_head->size, *signed_head, journal_);
  if (!proof.ok()) {
    return proof.status();
  }
  const absl::StatusOr<merkle::Tree> tree =
      merkle::Tree::Restore(size, [this](merkle::NodeId id) { return journal_.ReadNode(id); });
  if (!tree.ok()) {
    return tree.status();
  }
  const absl::StatusOr<std::shared_ptr<Head>> earlier = Sign(*tree);
  if (!earlier.ok()) {
    return earlier.status();
  }
  return (*earlier)->note;
}

absl::StatusOr<std::string> Sequencer::SignDigest(ViewDigest digest) const {
  digest.origin = verifier_key_.name();
  return SignViewDigest(digest, verifier_key_, ledger_key_);
}

absl::Status Sequencer::Recover() {
  absl::StatusOr<RecoveredLog> recovered = RecoverLog(journal_, verifier_key_, guard_);
  if (!recovered.ok()) {
    return recovered.status();
  }
  tree_ = std::move(recovered->tree);
  recent_nodes_.Add(recovered->right_edge);
  absl::StatusOr<std::shared_ptr<Head>> signed_head = Sign(tree_);
  if (!signed_head.ok()) {
    return signed_head.status();
  }
  const std::shared_ptr<Head> head = *std::move(signed_head);
  head->registry = std::make_shared<const access::Registry>(std::move(recovered->registry));
  head->last_recorded_at = recovered->last_recorded_at;
  if (head->size > 0 && head->note != recovered->stored_note) {
    if (absl::Status status = journal_.StoreCheckpoint(head->note); !status.ok()) {
      return status;
    }
  }
  if (head->size > 0) {
    if (absl::Status status = guard_.Store(head->note); !status.ok()) {
      return status;
    }
  }
  const std::lock_guard lock(mutex_);
  head_ = head;
  return absl::OkStatus();
}

void Sequencer::Record(std::deque<VerifiedReport> reports) {
  while (!reports.empty()) {
    RecordFront(reports);
  }
}

void Sequencer::RecordFront(std::deque<VerifiedReport>& reports) {
  if (const absl::Status stopped = CheckRunning(); !stopped.ok()) {
    for (const VerifiedReport& report : reports) {
      Refuse(report.done, stopped);
    }
    reports.clear();
    return;
  }
  const PlannedGroup plan = Plan(reports);
  if (!plan.group.entries.empty()) {
    absl::Status status = Write(plan);
    if (status.ok()) {
      status = SignAndPublish(plan);
    }
    if (!status.ok()) {
      Stop(status);
      for (const OwedReceipt& owed : plan.owed) {
        owed.done(OutcomeUnknown(status));
      }
      return;
    }
  }
  Answer(plan);
}

Sequencer::PlannedGroup Sequencer::Plan(std::deque<VerifiedReport>& reports) {
  const std::shared_ptr<const Head> head = this->head();
  PlannedGroup plan;
  plan.tree = tree_;
  plan.registry = head->registry;
  plan.recorded_at = std::max(absl::FromUnixMicros(absl::ToUnixMicros(options_.now())), head->last_recorded_at);
  for (; !reports.empty(); reports.pop_front()) {
    VerifiedReport& report = reports.front();
    if (!plan.group.entries.empty() && Undoes(report.checked.parsed)) {
      // Whose portions it undoes is looked up in the journal: what goes before it is written first.
      break;
    }
    absl::StatusOr<std::optional<OwedReceipt>> repeat = FindRepeat(report.checked, plan);
    absl::Status status = repeat.status();
    if (status.ok() && repeat->has_value()) {
      plan.owed.push_back(*std::move(*repeat));
      plan.owed.back().done = std::move(report.done);
      continue;
    }
    if (status.ok()) {
      status = Admit(report.checked, plan);
    }
    if (!status.ok()) {
      Refuse(report.done, status);
      continue;
    }
    const journal::StoredEntry& recorded = plan.group.entries.back();
    plan.owed.push_back({recorded.report_id, recorded.position, false, std::move(report.done)});
  }
  return plan;
}

absl::StatusOr<std::optional<Sequencer::OwedReceipt>> Sequencer::FindRepeat(const CheckedReport& checked,
                                                                            const PlannedGroup& plan) const {
  const crypto::Hash& report_id = checked.stored.report_id;
  if (const auto in_group = plan.reports.find(report_id); in_group != plan.reports.end()) {
    return OwedReceipt{report_id, in_group->second, true, nullptr};
  }
  const absl::StatusOr<std::optional<journal::Location>> location = journal_.Find(report_id);
  if (!location.ok()) {
    return location.status();
  }
  if (location->has_value() && (*location)->kind == journal::Location::Kind::kReport) {
    return OwedReceipt{report_id, (*location)->position, true, nullptr};
  }
  const auto in_group = plan.requests.find(checked.stored.request_key);
  absl::StatusOr<std::optional<uint64_t>> position =
      in_group != plan.requests.end() ? in_group->second : journal_.FindRequest(checked.stored.request_key);
  if (!position.ok()) {
    return position.status();
  }
  if (position->has_value()) {
    return model::Refuse(v1::Refusal::REQUEST_ID_REUSED,
                         absl::StrCat("request id ", crypto::ToHex(checked.parsed.header.request_id()),
                                      " was used by this author for other content, at position ", **position,
                                      "; choose a new request id"));
  }
  return std::nullopt;
}

absl::Status Sequencer::Admit(CheckedReport& checked, PlannedGroup& plan) const {
  const uint64_t position = plan.tree.size();
  const access::Registry& registry = *plan.registry;
  if (absl::Status status = registry.Authorise(checked.envelope, checked.parsed, position); !status.ok()) {
    return status;
  }
  if (position == 0) {
    if (absl::Status status = CheckRegistersLedgerKey(checked.parsed, verifier_key_); !status.ok()) {
      return status;
    }
  }
  const auto author_of = [this, &registry](const crypto::Hash& id) { return AuthorOf(id, registry); };
  if (absl::Status status = AuthoriseJudgements(checked.parsed, registry, author_of); !status.ok()) {
    return status;
  }
  if (checked.stored.concerns_registry) {
    if (absl::Status status = registry.Check(checked.parsed, position); !status.ok()) {
      return status;
    }
    auto changed = std::make_shared<access::Registry>(registry);
    if (absl::Status status = changed->Apply(checked.parsed, position); !status.ok()) {
      return status;
    }
    plan.registry = std::move(changed);
  }
  journal::StoredEntry& stored = plan.group.entries.emplace_back(std::move(checked.stored));
  stored.position = position;
  stored.entry = SerializeEntry(checked.envelope, plan.recorded_at);
  plan.leaves.push_back(merkle::LeafHash(stored.entry));
  plan.tree.Append(plan.leaves.back(), plan.group.nodes);
  plan.reports.emplace(stored.report_id, position);
  plan.requests.emplace(stored.request_key, position);
  return absl::OkStatus();
}

absl::StatusOr<std::optional<std::string>> Sequencer::AuthorOf(const crypto::Hash& portion_id,
                                                               const access::Registry& registry) const {
  const absl::StatusOr<std::optional<journal::Location>> location = journal_.Find(portion_id);
  if (!location.ok()) {
    return location.status();
  }
  if (!location->has_value() || (*location)->kind != journal::Location::Kind::kPortion) {
    return std::nullopt;
  }
  const uint64_t position = (*location)->position;
  const absl::StatusOr<std::string> bytes = journal_.ReadEntry(position);
  if (!bytes.ok()) {
    return bytes.status();
  }
  const absl::StatusOr<v1::Entry> entry = ParseEntry(position, *bytes);
  if (!entry.ok()) {
    return entry.status();
  }
  const absl::StatusOr<v1::ReportHeader> header = ParseHeader(position, entry->envelope());
  if (!header.ok()) {
    return header.status();
  }
  const absl::StatusOr<crypto::Hash> key_id = crypto::HashFromBytes(header->author_key_id());
  return key_id.ok() ? std::optional<std::string>(registry.AuthorName(*key_id)) : std::nullopt;
}

absl::Status Sequencer::Write(const PlannedGroup& plan) {
  if (absl::Status status = journal_.Append(tree_.size(), plan.group); !status.ok()) {
    return status;
  }
  // What will be signed is what is stored, not what was meant to be.
  for (size_t i = 0; i < plan.leaves.size(); ++i) {
    const uint64_t position = plan.group.entries[i].position;
    const absl::StatusOr<std::string> stored = journal_.ReadEntry(position);
    if (!stored.ok()) {
      return stored.status();
    }
    if (merkle::LeafHash(*stored) != plan.leaves[i]) {
      return model::Refuse(v1::Refusal::DAMAGED, absl::StrCat("entry ", position, " was not stored as it was written"));
    }
  }
  return absl::OkStatus();
}

absl::Status Sequencer::SignAndPublish(const PlannedGroup& plan) {
  absl::StatusOr<std::shared_ptr<Head>> signed_head = Sign(plan.tree);
  if (!signed_head.ok()) {
    return signed_head.status();
  }
  const std::shared_ptr<Head> head = *std::move(signed_head);
  head->registry = plan.registry;
  head->last_recorded_at = plan.recorded_at;
  if (absl::Status status = guard_.Store(head->note); !status.ok()) {
    return status;
  }
  if (absl::Status status = journal_.StoreCheckpoint(head->note); !status.ok()) {
    return status;
  }
  tree_ = plan.tree;
  recent_nodes_.Add(plan.group.nodes);
  {
    const std::lock_guard lock(mutex_);
    ++counters_.groups;
    counters_.reports += plan.group.entries.size();
    head_ = head;
  }
  if (options_.on_recorded != nullptr) {
    options_.on_recorded(head->size);
  }
  return absl::OkStatus();
}

void Sequencer::Answer(const PlannedGroup& plan) {
  const std::shared_ptr<const Head> head = this->head();
  const merkle::NodeReader read_node = [this](merkle::NodeId id) -> absl::StatusOr<crypto::Hash> {
    const std::optional<crypto::Hash> recent = recent_nodes_.Find(id);
    return recent.has_value() ? absl::StatusOr<crypto::Hash>(*recent) : journal_.ReadNode(id);
  };
  const uint64_t first_new = head->size - plan.group.entries.size();
  for (const OwedReceipt& owed : plan.owed) {
    const absl::StatusOr<v1::Receipt> receipt =
        owed.position < first_new ? ReadReceipt(owed.report_id, owed.position, *head, journal_)
                                  : MakeReceipt(owed.report_id, owed.position,
                                                plan.group.entries[owed.position - first_new].entry, *head, read_node);
    if (owed.already_recorded) {
      const std::lock_guard lock(mutex_);
      ++counters_.already_recorded;
    }
    if (receipt.ok()) {
      owed.done(Appended{*receipt, owed.already_recorded});
    } else {
      owed.done(receipt.status());
    }
  }
}

}  // namespace sworn::log
