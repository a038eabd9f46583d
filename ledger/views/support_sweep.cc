#include "ledger/views/support_sweep.h"

#include <algorithm>
#include <limits>

#include "ledger/model/refusal.h"
#include "ledger/model/vocabulary.h"
#include "ledger/views/assertion_reader.h"
#include "ledger/views/claim_ends.h"
#include "ledger/views/support_ends.h"
#include "ledger/views/support_rows.h"

namespace sworn::views {
namespace {

using crypto::Hash;

// Effort of a step beside the attributions it looks at.
constexpr uint64_t kWorkOfStep = 20;
// Portions looked at in one step to tell which judgements made a change.
constexpr size_t kMaxWalks = 1'000;

uint64_t PositionOf(std::string_view order) { return std::numeric_limits<uint64_t>::max() - DecodeBigEndian(order); }

bool CountsTheSame(const SourceDescription& left, const SourceDescription& right) {
  return left.root == right.root && left.named == right.named && left.affiliation == right.affiliation;
}

}  // namespace

absl::StatusOr<std::unique_ptr<SupportSweep>> SupportSweep::Make(const RowReader& rows, SupportQuestion question) {
  std::unique_ptr<TrackingReader> reader = rows.AsOf(question.last_position);
  if (reader == nullptr) return absl::UnimplementedError("these rows keep no earlier versions");
  return std::unique_ptr<SupportSweep>(new SupportSweep(rows, std::move(reader), std::move(question)));
}

SupportSweep::SupportSweep(const RowReader& rows, std::unique_ptr<TrackingReader> reader, SupportQuestion question)
    : rows_(rows), reader_(std::move(reader)), question_(std::move(question)), sources_(*reader_) {}

uint64_t SupportSweep::NextPosition() const {
  uint64_t next = ends_until_;
  if (recorded_ < index_.size()) next = std::min(next, PositionOf(index_[recorded_].order));
  if (!standings_.empty()) next = std::min(next, standings_.top().first);
  if (!source_expiries_.empty()) next = std::min(next, source_expiries_.top().first);
  for (const auto& [name, category] : categories_) next = std::min(next, category.until);
  return next;
}

absl::StatusOr<std::optional<SupportSweep::Step>> SupportSweep::Next() {
  const uint64_t next = NextPosition();
  if (next > question_.last_position) return std::nullopt;
  absl::StatusOr<Step> step = MoveTo(next);
  if (!step.ok()) return step.status();
  return *std::move(step);
}

absl::StatusOr<SupportSweep::Step> SupportSweep::MoveTo(uint64_t position) {
  position_ = position;
  reader_->MoveTo(position);
  touched_.clear();
  walks_ = 0;
  work_ += kWorkOfStep;
  if (absl::Status status = Update(); !status.ok()) return status;
  absl::StatusOr<std::vector<Change>> changes = ComputeTouched();
  if (!changes.ok()) return changes.status();
  return Step{position, *std::move(changes)};
}

absl::Status SupportSweep::Update() {
  for (const auto part : {&SupportSweep::UpdateEnds, &SupportSweep::UpdateSources, &SupportSweep::UpdateStandings,
                          &SupportSweep::AddRecorded, &SupportSweep::UpdateExpired}) {
    if (absl::Status status = (this->*part)(); !status.ok()) return status;
  }
  return absl::OkStatus();
}

// Where the ends are made of other roots than before, everything begins anew.
absl::Status SupportSweep::UpdateEnds() {
  if (ends_until_ > position_) return absl::OkStatus();
  reader_->TakeNextChange();
  absl::StatusOr<std::vector<std::string>> from = RootsOf(question_.from, *reader_);
  if (!from.ok()) return from.status();
  absl::StatusOr<std::vector<std::string>> to = RootsOf(question_.to, *reader_);
  if (!to.ok()) return to.status();
  ends_until_ = reader_->TakeNextChange();
  if (*from == from_roots_ && *to == to_roots_) return absl::OkStatus();
  from_roots_ = *std::move(from);
  to_roots_ = *std::move(to);
  members_.clear();
  categories_.clear();
  standings_ = {};
  recorded_ = 0;
  TouchAll();
  for (const std::vector<std::string>* ends : {&question_.from, &question_.to}) {
    if (absl::Status status = AddCausesOfEnds(*ends); !status.ok()) return status;
  }
  return ReadIndex();
}

absl::Status SupportSweep::AddCausesOfEnds(const std::vector<std::string>& entities) {
  for (const std::string& entity : entities) {
    const absl::StatusOr<std::vector<RecordedJudgement>> judgements =
        JudgementsOf(support_rows::Entities(), entity, *reader_);
    if (absl::IsNotFound(judgements.status())) continue;  // Not known yet.
    if (!judgements.ok()) return judgements.status();
    if (absl::Status status = AddCausesToAll(*judgements); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status SupportSweep::ReadIndex() {
  index_.clear();
  if (from_roots_.empty() || to_roots_.empty()) return absl::OkStatus();
  for (const std::string& prefix : EndsPrefixes(from_roots_, to_roots_)) {
    absl::Status scanned = rows_.Scan(prefix, [&](std::string_view key, std::string_view id) {
      index_.push_back({std::string(key.substr(prefix.size())), std::string(id)});
      return true;
    });
    if (!scanned.ok()) return scanned;
  }
  // The index sorts the newest first.
  std::sort(index_.begin(), index_.end(),
            [](const Indexed& left, const Indexed& right) { return left.order > right.order; });
  return absl::OkStatus();
}

absl::Status SupportSweep::UpdateSources() {
  while (!source_expiries_.empty() && source_expiries_.top().first <= position_) {
    const std::string root = source_expiries_.top().second;
    source_expiries_.pop();
    const SourceDescription before = known_sources_.at(root);
    sources_.Forget(root);
    known_sources_.erase(root);
    if (absl::Status status = KnowSource(root); !status.ok()) return status;
    if (CountsTheSame(before, known_sources_.at(root))) continue;
    TouchAll();
    const absl::StatusOr<std::vector<RecordedJudgement>> judgements =
        JudgementsOf(support_rows::Sources(), root, *reader_);
    if (!judgements.ok()) return judgements.status();
    if (absl::Status status = AddCausesToAll(*judgements); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status SupportSweep::KnowSource(const std::string& root) {
  if (known_sources_.contains(root)) return absl::OkStatus();
  reader_->TakeNextChange();
  absl::StatusOr<SourceDescription> source = sources_.Read(root);
  if (!source.ok()) return source.status();
  known_sources_.emplace(root, *std::move(source));
  const uint64_t until = reader_->TakeNextChange();
  if (until != kNever) source_expiries_.emplace(until, root);
  return absl::OkStatus();
}

absl::Status SupportSweep::UpdateStandings() {
  while (!standings_.empty() && standings_.top().first <= position_) {
    const size_t member = standings_.top().second;
    standings_.pop();
    if (absl::Status status = Count(member); !status.ok()) return status;
    const absl::StatusOr<Hash> id = crypto::HashFromBytes(members_[member].id);
    if (!id.ok()) return id.status();
    if (absl::Status status = AddCauses(*id, touched_[members_[member].category]); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status SupportSweep::AddRecorded() {
  for (; recorded_ < index_.size() && PositionOf(index_[recorded_].order) <= position_; ++recorded_) {
    const std::string& id = index_[recorded_].id;
    const absl::StatusOr<StoredAssertion> assertion = ReadUnjudged(id, rows_, rows_);
    if (!assertion.ok()) return assertion.status();
    const rows::v1::AssertionRow& row = assertion->row;
    const bool is_within = question_.category.empty() || model::CategoryIsWithin(row.category(), question_.category);
    if (!is_within || !HoldsAt(*assertion, question_.valid_at)) continue;
    members_.push_back({id, row.category(), row.polarity(), AttributionKindOf(*assertion)});
    if (absl::Status status = Count(members_.size() - 1); !status.ok()) return status;
    if (row.position() == position_) touched_[row.category()].insert(assertion->id);
  }
  return absl::OkStatus();
}

// Counts a member, or no longer, as it stands now.
absl::Status SupportSweep::Count(size_t index) {
  Member& member = members_[index];
  reader_->TakeNextChange();
  const absl::StatusOr<StoredAssertion> assertion = ReadUnjudged(member.id, rows_, *reader_);
  if (!assertion.ok()) return assertion.status();
  const uint64_t until = reader_->TakeNextChange();
  if (until != kNever) standings_.emplace(until, index);
  touched_.try_emplace(member.category);
  if (assertion->standing.counted == member.counted) return absl::OkStatus();
  member.counted = assertion->standing.counted;
  Category& category = categories_[member.category];
  if (member.counted) {
    ++category.counts[member.polarity];
    category.attributions[member.polarity].AddKind(member.attribution_kind, *assertion);
  } else {
    --category.counts[member.polarity];
    category.attributions[member.polarity].RemoveKind(member.attribution_kind);
  }
  return absl::OkStatus();
}

// Categories whose bases, or whose attested distinct origins, are others now.
absl::Status SupportSweep::UpdateExpired() {
  for (const auto& [name, category] : categories_) {
    if (category.until > position_) continue;
    Causes& causes = touched_[name];
    for (const auto& [polarity, attributions] : category.attributions) {
      for (const StoredAssertion* assertion : attributions.representatives()) {
        if (absl::Status status = AddCausesBehind(*assertion, causes); !status.ok()) return status;
      }
    }
  }
  return absl::OkStatus();
}

absl::Status SupportSweep::AddCausesBehind(const StoredAssertion& assertion, Causes& causes) {
  for (const std::string& base : assertion.row.bases()) {
    const absl::StatusOr<Hash> id = crypto::HashFromBytes(base);
    if (!id.ok()) return id.status();
    if (absl::Status status = AddCauses(*id, causes); !status.ok()) return status;
  }
  for (const rows::v1::HopRow& hop : assertion.row.attribution()) {
    if (hop.source_root().empty() || ++walks_ > kMaxWalks) continue;
    const absl::StatusOr<std::vector<RecordedJudgement>> judgements =
        JudgementsOf(support_rows::Sources(), hop.source_root(), *reader_);
    if (!judgements.ok()) return judgements.status();
    if (absl::Status status = AddCauses(*judgements, causes); !status.ok()) return status;
  }
  return absl::OkStatus();
}

void SupportSweep::TouchAll() {
  for (const auto& [name, cell] : cells_) touched_.try_emplace(name);
  for (const auto& [name, category] : categories_) touched_.try_emplace(name);
}

absl::Status SupportSweep::AddCausesToAll(const std::vector<RecordedJudgement>& judgements) {
  absl::btree_set<Hash> causes;
  if (absl::Status status = AddCauses(judgements, causes); !status.ok()) return status;
  for (auto& [name, known] : touched_) known.insert(causes.begin(), causes.end());
  return absl::OkStatus();
}

// Those that were recorded now, and what undid one of them now.
absl::Status SupportSweep::AddCauses(const std::vector<RecordedJudgement>& judgements, Causes& causes) {
  for (const RecordedJudgement& judgement : judgements) {
    if (judgement.position == position_) causes.insert(judgement.id);
    if (judgement.undone_at_position != position_) continue;
    if (absl::Status status = AddCauses(judgement.id, causes); !status.ok()) return status;
  }
  return absl::OkStatus();
}

// Judgements of this position on the portion, on judgements about it, and on all it was derived from; and what of that
// was only recorded now.
absl::Status SupportSweep::AddCauses(const Hash& portion_id, Causes& causes) {
  std::vector<Hash> walk = {portion_id};
  absl::btree_set<Hash> met = {portion_id};
  for (size_t i = 0; i < walk.size() && walks_ < kMaxWalks; ++i, ++walks_) {
    const Hash id = walk[i];
    const absl::StatusOr<std::vector<RecordedJudgement>> judgements = JudgementsOf(id, *reader_);
    if (!judgements.ok()) return judgements.status();
    for (const RecordedJudgement& judgement : *judgements) {
      if (judgement.position == position_) causes.insert(judgement.id);
      if (judgement.undone_at_position == position_ && met.insert(judgement.id).second) walk.push_back(judgement.id);
    }
    const absl::StatusOr<std::optional<rows::v1::AssertionRow>> row =
        support_rows::Get<rows::v1::AssertionRow>(*reader_, support_rows::AssertionKey(id));
    if (!row.ok()) return row.status();
    if (!row->has_value()) continue;
    if ((*row)->position() == position_) causes.insert(id);
    for (const std::string& base : (*row)->bases()) {
      const absl::StatusOr<Hash> base_id = crypto::HashFromBytes(base);
      if (base_id.ok() && met.insert(*base_id).second) walk.push_back(*base_id);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<SupportSweep::Change>> SupportSweep::ComputeTouched() {
  std::vector<Change> changes;
  for (auto& [name, causes] : touched_) {
    const auto category = categories_.find(name);
    SupportCell after;
    if (category != categories_.end()) {
      const absl::StatusOr<SupportCell> computed = Compute(category->second);
      if (!computed.ok()) return computed.status();
      after = *computed;
    }
    const auto known = cells_.find(name);
    const SupportCell before = known == cells_.end() ? SupportCell() : known->second;
    if (before == after) continue;
    if (after.counts.empty()) {
      cells_.erase(name);
    } else {
      cells_[name] = after;
    }
    changes.push_back({name, before, after, std::move(causes)});
  }
  return changes;
}

// Where nothing is derived only sources are read, which are known until they change; what was derived from others is
// read anew.
absl::StatusOr<SupportCell> SupportSweep::Compute(Category& category) {
  SupportCell cell;
  cell.counts = category.counts;
  category.until = kNever;
  if (cell.counts.empty()) return cell;
  CategoryRow row;
  row.counts = category.counts;
  const Polarity polarity = row.shown_polarity();
  const DistinctAttributions& attributions = category.attributions.at(polarity);
  row.assertions = attributions.representatives();
  work_ += row.assertions.size();
  AssertionReader bases(*reader_);
  SourceReader unknown_sources(*reader_);
  const bool any_derived = attributions.any_derived();
  for (const StoredAssertion* assertion : row.assertions) {
    for (const rows::v1::HopRow& hop : assertion->row.attribution()) {
      if (any_derived || hop.source_root().empty()) continue;
      if (absl::Status status = KnowSource(hop.source_root()); !status.ok()) return status;
    }
  }
  reader_->TakeNextChange();
  absl::Status added = AddBackings(row, bases, any_derived ? unknown_sources : sources_, *reader_);
  if (!added.ok()) return added;
  category.until = reader_->TakeNextChange();
  const Independence& independence = row.backing.at(polarity).independence;
  cell.origins = independence.origins;
  cell.independent_origins = independence.independent_origins;
  return cell;
}

}  // namespace sworn::views
