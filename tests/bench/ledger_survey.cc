#include "tests/bench/ledger_survey.h"

#include <algorithm>

namespace sworn::bench {
namespace {

using crypto::Hash;

constexpr size_t kEntriesAtOnce = 256;
constexpr size_t kBytesAtOnce = size_t{8} << 20U;

absl::Status ForEachPortionOf(const journal::StoredEntry& entry,
                              const std::function<absl::Status(const RecordedPortion&)>& visit) {
  std::vector<Hash> ids;
  for (const journal::StoredPortion& portion : entry.portions) ids.push_back(portion.id);
  for (size_t i = 0; i < entry.portions.size(); ++i) {
    RecordedPortion recorded{entry.position, static_cast<uint32_t>(i), {}, ids};
    if (!recorded.portion.ParseFromString(entry.portions[i].content)) {
      return absl::DataLossError("a portion does not parse");
    }
    if (absl::Status status = visit(recorded); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace

Hash RecordedPortion::IdOf(const v1::Reference& reference) const {
  if (reference.has_index()) return portion_ids[reference.index()];
  const absl::StatusOr<Hash> id = crypto::HashFromBytes(reference.portion_id());
  return id.ok() ? *id : Hash{};
}

absl::Status ForEachPortion(const journal::Journal& journal,
                            const std::function<absl::Status(const RecordedPortion&)>& visit) {
  for (uint64_t position = 0; position < journal.Size();) {
    const absl::StatusOr<std::vector<journal::StoredEntry>> entries =
        journal.ReadRange(position, kEntriesAtOnce, kBytesAtOnce);
    if (!entries.ok()) return entries.status();
    for (const journal::StoredEntry& entry : *entries) {
      if (absl::Status status = ForEachPortionOf(entry, visit); !status.ok()) return status;
    }
    position += entries->size();
  }
  return absl::OkStatus();
}

absl::StatusOr<LedgerSurvey> LedgerSurvey::Of(const journal::Journal& journal) {
  LedgerSurvey survey;
  absl::Status status =
      ForEachPortion(journal, [&survey](const RecordedPortion& recorded) { return survey.Add(recorded); });
  if (!status.ok()) return status;
  survey.Settle();
  return survey;
}

uint32_t LedgerSurvey::Find(const Numbers& numbers, const Hash& id) {
  const auto found = numbers.find(id);
  return found == numbers.end() ? kNone : found->second;
}

uint32_t LedgerSurvey::EntityOf(const std::string& external_id) const {
  const auto found = entities_.find(external_id);
  return found == entities_.end() ? kNone : found->second;
}

absl::Status LedgerSurvey::Add(const RecordedPortion& recorded) {
  if (recorded.portion.has_entity()) {
    entities_.emplace(recorded.portion.entity().external_ids(0), static_cast<uint32_t>(entities_.size()));
  }
  if (recorded.portion.has_source()) AddSource(recorded);
  if (recorded.portion.has_assertion()) AddAssertion(recorded);
  if (recorded.portion.has_judgement()) AddJudgement(recorded);
  return absl::OkStatus();
}

void LedgerSurvey::AddSource(const RecordedPortion& recorded) {
  const v1::Source& source = recorded.portion.source();
  const auto number = static_cast<uint32_t>(joined_to_.size());
  sources_.emplace(recorded.id(), number);
  joined_to_.push_back(number);
  last_described_.push_back(number);
  unnamed_.push_back(source.anonymous() || source.name().empty());
  affiliations_.push_back(source.has_affiliation() ? recorded.IdOf(source.affiliation()) : Hash{});
  for (const std::string& external_id : source.external_ids()) {
    Join(source_by_external_id_.emplace(external_id, number).first->second, number);
  }
}

void LedgerSurvey::AddAssertion(const RecordedPortion& recorded) {
  assertions_.emplace(recorded.id(), static_cast<uint32_t>(counts_until_.size()));
  counts_until_.push_back(kAlways);
  std::vector<uint32_t>& bases = bases_.emplace_back();
  for (const v1::Reference& base : recorded.portion.assertion().derived_from()) {
    bases.push_back(AssertionOf(recorded.IdOf(base)));
  }
}

void LedgerSurvey::AddJudgement(const RecordedPortion& recorded) {
  const v1::Judgement& judgement = recorded.portion.judgement();
  if (judgement.kind() == v1::Judgement::SAME_SOURCE) {
    Join(SourceOf(recorded.IdOf(judgement.targets(0))), SourceOf(recorded.IdOf(judgement.targets(1))));
  }
  if (judgement.kind() != v1::Judgement::RETRACT && judgement.kind() != v1::Judgement::SUPERSEDE) return;
  for (const v1::Reference& target : judgement.targets()) {
    if (const uint32_t assertion = AssertionOf(recorded.IdOf(target)); assertion != kNone) {
      counts_until_[assertion] = std::min(counts_until_[assertion], recorded.position);
    }
  }
}

void LedgerSurvey::Join(uint32_t left, uint32_t right) {
  const auto [first, second] = std::minmax({RootOf(left), RootOf(right)});
  joined_to_[second] = first;
  last_described_[first] = std::max(last_described_[first], last_described_[second]);
}

// An assertion falls with the last of what it was concluded from, all of which was recorded before it.
void LedgerSurvey::Settle() {
  for (size_t i = 0; i < bases_.size(); ++i) {
    if (bases_[i].empty()) continue;
    uint64_t held_until = 0;
    for (const uint32_t base : bases_[i]) {
      held_until = std::max(held_until, base == kNone ? kAlways : counts_until_[base]);
    }
    counts_until_[i] = std::min(counts_until_[i], held_until);
  }
}

uint32_t LedgerSurvey::RootOf(uint32_t source) const {
  while (joined_to_[source] != source) source = joined_to_[source];
  return source;
}

uint32_t LedgerSurvey::AffiliationOf(uint32_t source) const {
  const uint32_t affiliation = SourceOf(affiliations_[RootOf(source)]);
  return affiliation == kNone ? kNone : RootOf(affiliation);
}

int64_t LedgerSurvey::OriginOf(uint32_t source) const {
  const uint32_t root = RootOf(source);
  const uint32_t affiliation = AffiliationOf(root);
  if (!unnamed_[last_described_[root]] || affiliation == kNone) return root;
  return -2 - static_cast<int64_t>(affiliation);
}

}  // namespace sworn::bench
