#include "ledger/views/standing.h"

#include <deque>
#include <string_view>
#include <utility>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "absl/status/status.h"
#include "ledger/model/refusal.h"
#include "ledger/views/text.h"
#include "ledger/views/versioned_rows.h"
#include "sworn/rows/v1/standing_rows.pb.h"

namespace sworn::views {
namespace {

using crypto::Hash;
using rows::v1::StandingRow;

constexpr std::string_view kPortionRows = "portion/";      // + portion id
constexpr std::string_view kTakenBackRows = "takenback/";  // + target id + judgement id
constexpr std::string_view kDerivedRows = "derived/";      // + base id + derived id
// + id of what is named by one of those and was not recorded before: only then has a new portion to look for them.
constexpr std::string_view kEarlyRows = "early/";
constexpr std::string_view kEarlyCount = "early";  // how many of these there are; no row for none

Standing ToStanding(const StandingRow& row) {
  Standing standing;
  standing.counted = !row.not_counted();
  standing.retracted = row.retracted();
  standing.undermined = row.undermined();
  if (row.retracted()) standing.retracted_at_position = row.retracted_at_position();
  return standing;
}

void SetStanding(const Standing& standing, StandingRow& row) {
  row.set_not_counted(!standing.counted);
  row.set_retracted(standing.retracted);
  row.set_undermined(standing.undermined);
  row.set_retracted_at_position(standing.retracted_at_position.value_or(0));
}

StandingRow RowOfAssertion(const Event& event, const v1::Assertion& assertion) {
  StandingRow row;
  for (const v1::Reference& base : assertion.derived_from()) {
    const std::optional<Hash> id = PortionIdOf(base, event.report.portion_ids);
    if (id.has_value()) row.add_bases(std::string(crypto::AsBytes(*id)));
  }
  return row;
}

StandingRow RowOfJudgement(const Event& event, const v1::Judgement& judgement) {
  StandingRow row;
  row.set_is_judgement(true);
  if (judgement.kind() != v1::Judgement::RETRACT && judgement.kind() != v1::Judgement::SUPERSEDE) return row;
  row.set_undoes_judgements(judgement.kind() == v1::Judgement::RETRACT);
  row.set_on_behalf_of_others(event.author_is_admin && !judgement.reason().empty());
  for (const v1::Reference& target : judgement.targets()) {
    const std::optional<Hash> id = PortionIdOf(target, event.report.portion_ids);
    if (id.has_value()) row.add_targets(std::string(crypto::AsBytes(*id)));
  }
  return row;
}

bool IsBefore(const StandingRow& left, const StandingRow& right) {
  return std::pair(left.position(), left.portion_index()) < std::pair(right.position(), right.portion_index());
}

// Whether `judgement` takes `target` back, as long as it stands itself.
bool MayTakeBack(const StandingRow& judgement, const StandingRow& target) {
  if (judgement.author() != target.author() && !judgement.on_behalf_of_others()) return false;
  if (!target.is_judgement()) return true;
  return judgement.undoes_judgements() && IsBefore(target, judgement);
}

// The last 32 bytes of every key that begins with `prefix`.
absl::StatusOr<std::vector<Hash>> IdsUnder(std::string_view prefix, const RowReader& rows) {
  std::vector<Hash> ids;
  absl::Status failed;
  absl::Status scanned = rows.Scan(prefix, [&](std::string_view key, std::string_view) {
    const absl::StatusOr<Hash> id = crypto::HashFromBytes(key.substr(prefix.size()));
    failed = id.status();
    if (id.ok()) ids.push_back(*id);
    return id.ok();
  });
  if (!scanned.ok()) return scanned;
  if (!failed.ok()) return failed;
  return ids;
}

// The cascade over the rows of one event.
class Cascade {
 public:
  Cascade(std::string_view prefix, RowWriter& rows) : prefix_(prefix), rows_(rows) {}

  absl::Status Add(const Hash& id, const StandingRow& row);
  // Settles every portion that an added one bears on; answers the ids whose standing changed.
  absl::StatusOr<std::vector<Hash>> Settle();

 private:
  std::string PortionKey(const Hash& id) const { return Concat(prefix_, kPortionRows, crypto::AsBytes(id)); }
  absl::StatusOr<std::optional<StandingRow>> ReadRow(const Hash& id) const;
  absl::Status WriteRow(const Hash& id, const StandingRow& row) {
    return rows_.Put(PortionKey(id), row.SerializeAsString());
  }
  absl::StatusOr<Standing> Evaluate(const Hash& id, const StandingRow& row) const;
  absl::Status AddReferences(const Hash& id, const StandingRow& row);
  absl::Status AddReference(std::string_view family, const std::string& to, const Hash& from);
  absl::StatusOr<uint64_t> CountEarly() const;
  absl::Status SetEarlyCount(uint64_t count);
  // Whether the portion was named before it was recorded, which now is past.
  absl::StatusOr<bool> TakeEarly(const Hash& id);
  absl::Status FindTakenBack(const Hash& id, const StandingRow& row, Standing& standing) const;
  absl::Status FindUndermined(const StandingRow& row, Standing& standing) const;
  absl::Status SettleOne(const Hash& id);
  void Enqueue(const Hash& id) {
    if (queued_.insert(id).second) queue_.push_back(id);
  }
  absl::Status EnqueueTargets(const StandingRow& row);
  absl::Status EnqueueDerived(const Hash& id);

  std::string_view prefix_;
  RowWriter& rows_;
  std::deque<Hash> queue_;
  absl::btree_set<Hash> queued_;
  absl::btree_set<Hash> judged_;            // what takes these back may have changed
  absl::btree_map<Hash, Standing> before_;  // of every portion whose standing was changed on the way
};

absl::StatusOr<std::optional<StandingRow>> Cascade::ReadRow(const Hash& id) const {
  const absl::StatusOr<std::optional<std::string>> bytes = rows_.Get(PortionKey(id));
  if (!bytes.ok()) return bytes.status();
  if (!bytes->has_value()) return std::nullopt;
  StandingRow row;
  if (!row.ParseFromString(**bytes)) {
    return model::Refuse(v1::Refusal::DAMAGED, Concat("standing of portion ", crypto::ToHex(id),
                                                      " is damaged; delete the views to rebuild them"));
  }
  return row;
}

absl::Status Cascade::Add(const Hash& id, const StandingRow& row) {
  // A portion recorded again stays its first author's: copying it must not give a right to take it back.
  const absl::StatusOr<std::optional<StandingRow>> recorded = ReadRow(id);
  if (!recorded.ok()) return recorded.status();
  if (recorded->has_value()) return absl::OkStatus();
  if (absl::Status status = rows_.PutNew(PortionKey(id), row.SerializeAsString()); !status.ok()) return status;
  if (absl::Status status = AddReferences(id, row); !status.ok()) return status;
  // A new judgement stands unless it is taken back, which changes no standing of its own: its targets are due anyway.
  if (absl::Status status = EnqueueTargets(row); !status.ok()) return status;
  const absl::StatusOr<bool> early = TakeEarly(id);
  if (!early.ok()) return early.status();
  // What nothing was said about and what rests on nothing counts.
  if (*early || row.bases_size() > 0) Enqueue(id);
  if (!*early) return absl::OkStatus();
  judged_.insert(id);
  return EnqueueDerived(id);
}

absl::StatusOr<uint64_t> Cascade::CountEarly() const {
  const absl::StatusOr<std::optional<std::string>> bytes = rows_.Get(Concat(prefix_, kEarlyCount));
  if (!bytes.ok()) return bytes.status();
  if (!bytes->has_value()) return 0;
  if ((*bytes)->size() != sizeof(uint64_t)) {
    return model::Refuse(v1::Refusal::DAMAGED,
                         "the count of portions named early is damaged; delete the views to rebuild them");
  }
  return DecodeBigEndian(**bytes);
}

absl::Status Cascade::SetEarlyCount(uint64_t count) {
  const std::string key = Concat(prefix_, kEarlyCount);
  return count == 0 ? rows_.Delete(key) : rows_.Put(key, EncodeBigEndian(count));
}

absl::StatusOr<bool> Cascade::TakeEarly(const Hash& id) {
  const absl::StatusOr<uint64_t> count = CountEarly();
  if (!count.ok()) return count.status();
  if (*count == 0) return false;
  const std::string key = Concat(prefix_, kEarlyRows, crypto::AsBytes(id));
  const absl::StatusOr<std::optional<std::string>> named = rows_.Get(key);
  if (!named.ok()) return named.status();
  if (!named->has_value()) return false;
  if (absl::Status status = rows_.Delete(key); !status.ok()) return status;
  if (absl::Status status = SetEarlyCount(*count - 1); !status.ok()) return status;
  return true;
}

absl::Status Cascade::AddReferences(const Hash& id, const StandingRow& row) {
  for (const std::string& target : row.targets()) {
    if (absl::Status status = AddReference(kTakenBackRows, target, id); !status.ok()) return status;
  }
  for (const std::string& base : row.bases()) {
    if (absl::Status status = AddReference(kDerivedRows, base, id); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status Cascade::AddReference(std::string_view family, const std::string& to, const Hash& from) {
  absl::Status status = rows_.PutNew(Concat(prefix_, family, to, crypto::AsBytes(from)), "");
  if (!status.ok()) return status;
  const absl::StatusOr<std::optional<std::string>> recorded = rows_.Get(Concat(prefix_, kPortionRows, to));
  if (!recorded.ok() || recorded->has_value()) return recorded.status();
  const std::string early = Concat(prefix_, kEarlyRows, to);
  const absl::StatusOr<std::optional<std::string>> named = rows_.Get(early);
  if (!named.ok() || named->has_value()) return named.status();
  const absl::StatusOr<uint64_t> count = CountEarly();
  if (!count.ok()) return count.status();
  if (absl::Status status = SetEarlyCount(*count + 1); !status.ok()) return status;
  return rows_.Put(early, "");
}

absl::Status Cascade::EnqueueTargets(const StandingRow& row) {
  for (const std::string& target : row.targets()) {
    const absl::StatusOr<Hash> target_id = crypto::HashFromBytes(target);
    if (!target_id.ok()) return target_id.status();
    judged_.insert(*target_id);
    Enqueue(*target_id);
  }
  return absl::OkStatus();
}

absl::Status Cascade::EnqueueDerived(const Hash& id) {
  const absl::StatusOr<std::vector<Hash>> derived = IdsUnder(Concat(prefix_, kDerivedRows, crypto::AsBytes(id)), rows_);
  if (!derived.ok()) return derived.status();
  for (const Hash& derived_id : *derived) Enqueue(derived_id);
  return absl::OkStatus();
}

absl::Status Cascade::FindTakenBack(const Hash& id, const StandingRow& row, Standing& standing) const {
  const absl::StatusOr<std::vector<Hash>> judgements =
      IdsUnder(Concat(prefix_, kTakenBackRows, crypto::AsBytes(id)), rows_);
  if (!judgements.ok()) return judgements.status();
  for (const Hash& judgement_id : *judgements) {
    const absl::StatusOr<std::optional<StandingRow>> judgement = ReadRow(judgement_id);
    if (!judgement.ok()) return judgement.status();
    if (!judgement->has_value() || (*judgement)->retracted() || !MayTakeBack(**judgement, row)) continue;
    const uint64_t position = (*judgement)->position();
    standing.retracted = true;
    standing.retracted_at_position = std::min(standing.retracted_at_position.value_or(position), position);
  }
  return absl::OkStatus();
}

absl::Status Cascade::FindUndermined(const StandingRow& row, Standing& standing) const {
  int lost = 0;
  for (const std::string& base : row.bases()) {
    const absl::StatusOr<Hash> base_id = crypto::HashFromBytes(base);
    if (!base_id.ok()) return base_id.status();
    const absl::StatusOr<std::optional<StandingRow>> base_row = ReadRow(*base_id);
    if (!base_row.ok()) return base_row.status();
    if (base_row->has_value() && (*base_row)->not_counted()) ++lost;
  }
  standing.undermined = lost > 0;
  standing.counted = !standing.retracted && (lost == 0 || lost < row.bases_size());
  return absl::OkStatus();
}

absl::StatusOr<Standing> Cascade::Evaluate(const Hash& id, const StandingRow& row) const {
  Standing standing = ToStanding(row);
  if (judged_.contains(id)) {
    standing.retracted = false;
    standing.retracted_at_position.reset();
    if (absl::Status status = FindTakenBack(id, row, standing); !status.ok()) return status;
  }
  if (absl::Status status = FindUndermined(row, standing); !status.ok()) return status;
  return standing;
}

absl::Status Cascade::SettleOne(const Hash& id) {
  absl::StatusOr<std::optional<StandingRow>> row = ReadRow(id);
  if (!row.ok()) return row.status();
  if (!row->has_value()) return absl::OkStatus();
  const absl::StatusOr<Standing> now = Evaluate(id, **row);
  if (!now.ok()) return now.status();
  const Standing before = ToStanding(**row);
  if (*now == before) return absl::OkStatus();
  before_.try_emplace(id, before);
  SetStanding(*now, **row);
  if (absl::Status status = WriteRow(id, **row); !status.ok()) return status;
  if (absl::Status status = EnqueueTargets(**row); !status.ok()) return status;
  return EnqueueDerived(id);
}

// Ends: judgements are only taken back by later ones and portions are only derived from ones whose id was known, so
// nothing bears on itself.
absl::StatusOr<std::vector<Hash>> Cascade::Settle() {
  while (!queue_.empty()) {
    const Hash id = queue_.front();
    queue_.pop_front();
    queued_.erase(id);
    if (absl::Status status = SettleOne(id); !status.ok()) return status;
  }
  std::vector<Hash> changed;
  for (const auto& [id, before] : before_) {
    const absl::StatusOr<std::optional<StandingRow>> row = ReadRow(id);
    if (!row.ok()) return row.status();
    if (row->has_value() && ToStanding(**row) != before) changed.push_back(id);
  }
  return changed;
}

}  // namespace

std::optional<Hash> PortionIdOf(const v1::Reference& reference, const std::vector<Hash>& portion_ids) {
  if (reference.to_case() == v1::Reference::kIndex && reference.index() < portion_ids.size()) {
    return portion_ids[reference.index()];
  }
  if (reference.to_case() == v1::Reference::kPortionId) {
    const absl::StatusOr<Hash> id = crypto::HashFromBytes(reference.portion_id());
    if (id.ok()) return *id;
  }
  return std::nullopt;
}

absl::StatusOr<std::vector<Hash>> Standings::Apply(const Event& event, RowWriter& rows) const {
  Cascade cascade(prefix_, rows);
  for (size_t i = 0; i < event.report.portions.size(); ++i) {
    const std::optional<v1::Portion>& portion = event.report.portions[i];
    if (!portion.has_value() || !(portion->has_assertion() || portion->has_judgement())) continue;
    StandingRow row = portion->has_assertion() ? RowOfAssertion(event, portion->assertion())
                                               : RowOfJudgement(event, portion->judgement());
    row.set_author(event.author);
    row.set_position(event.position);
    row.set_portion_index(static_cast<uint32_t>(i));
    if (absl::Status status = cascade.Add(event.report.portion_ids[i], row); !status.ok()) return status;
  }
  return cascade.Settle();
}

absl::StatusOr<Standing> Standings::Read(const Hash& portion_id, const RowReader& rows) const {
  const absl::StatusOr<std::optional<std::string>> bytes =
      rows.Get(Concat(prefix_, kPortionRows, crypto::AsBytes(portion_id)));
  if (!bytes.ok()) return bytes.status();
  if (!bytes->has_value()) return Standing{};
  StandingRow row;
  if (!row.ParseFromString(**bytes)) {
    return model::Refuse(v1::Refusal::DAMAGED, Concat("standing of portion ", crypto::ToHex(portion_id),
                                                      " is damaged; delete the views to rebuild them"));
  }
  return ToStanding(row);
}

}  // namespace sworn::views
