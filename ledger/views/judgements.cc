// Rows of the support view:
//
//   judgement/<id>          JudgementRow
//   undone/<id>             empty, while the judgement is taken back
//   judged/<target><order>  id of the judgement; <target> is the root of an entity or source that was known, else the
//                           target's id as it prints; <order> sorts the earliest first
//   opinion/<portion id>    OpinionRow
#include "ledger/views/judgements.h"

#include <deque>
#include <map>
#include <utility>

#include "absl/container/btree_set.h"
#include "ledger/model/refusal.h"
#include "ledger/model/timestamp.h"
#include "ledger/views/standing.h"
#include "ledger/views/support_rows.h"
#include "ledger/views/text.h"
#include "ledger/views/versioned_rows.h"
#include "sworn/rows/v1/judgement_rows.pb.h"
#include "sworn/rows/v1/support_rows.pb.h"

namespace sworn::views {
namespace {

using crypto::Hash;
using rows::v1::JudgementRow;
using rows::v1::OpinionRow;

std::string JudgementKey(const Hash& id) { return Concat("judgement/", crypto::AsBytes(id)); }
std::string UndoneKey(const Hash& id) { return Concat("undone/", crypto::AsBytes(id)); }
std::string OpinionKey(const Hash& id) { return Concat("opinion/", crypto::AsBytes(id)); }
std::string JudgedPrefix(std::string_view target) { return Concat("judged/", EncodeBigEndian(target.size()), target); }
std::string EarliestFirst(const JudgementRow& row) {
  return Concat(EncodeBigEndian(row.position()), EncodeBigEndian(row.portion_index()));
}

// The count that a judgement of some kind adds to; nothing where it is no opinion.
struct Counter {
  uint32_t (OpinionRow::*get)() const;
  void (OpinionRow::*set)(uint32_t);
};
std::optional<Counter> CounterOf(v1::Judgement::Kind kind) {
  switch (kind) {
    case v1::Judgement::CONFIRM:
      return Counter{&OpinionRow::confirms, &OpinionRow::set_confirms};
    case v1::Judgement::DISPUTE:
      return Counter{&OpinionRow::disputes, &OpinionRow::set_disputes};
    case v1::Judgement::GRADE:
      return Counter{&OpinionRow::grades, &OpinionRow::set_grades};
    case v1::Judgement::SAME_CLAIM:
      return Counter{&OpinionRow::same_claims, &OpinionRow::set_same_claims};
    default:
      return std::nullopt;
  }
}

enum class Change { kAdd, kTakeAway };

absl::Status ChangeCount(const Hash& portion_id, const Counter& counter, Change change, RowWriter& rows) {
  const std::string key = OpinionKey(portion_id);
  absl::StatusOr<std::optional<OpinionRow>> stored = support_rows::Get<OpinionRow>(rows, key);
  if (!stored.ok()) return stored.status();
  OpinionRow row = stored->value_or(OpinionRow());
  const uint32_t count = (row.*counter.get)();
  (row.*counter.set)(change == Change::kAdd ? count + 1 : count - std::min(count, 1U));
  return row.ByteSizeLong() == 0 ? rows.Delete(key) : rows.Put(key, row.SerializeAsString());
}

absl::Status ChangeCounts(const JudgementRow& judgement, Change change, RowWriter& rows) {
  const std::optional<Counter> counter = CounterOf(judgement.kind());
  if (!counter.has_value()) return absl::OkStatus();
  for (const std::string& target : judgement.targets()) {
    const std::optional<Hash> id = ToPortionId(target);
    if (!id.has_value()) continue;
    if (absl::Status status = ChangeCount(*id, *counter, change, rows); !status.ok()) return status;
  }
  return absl::OkStatus();
}

// A target as it prints. An assertion named by an external id is the portion that carries it now.
absl::StatusOr<std::string> TextOf(const v1::Reference& target, const Event& event, const RowReader& rows) {
  const std::optional<Hash> id = PortionIdOf(target, event.report.portion_ids);
  if (id.has_value()) return crypto::ToHex(*id);
  const absl::StatusOr<std::optional<rows::v1::ExternalIdRow>> named =
      support_rows::Get<rows::v1::ExternalIdRow>(rows, support_rows::ExternalIdKey(target.external_id()));
  if (!named.ok()) return named.status();
  if (named->has_value() && (*named)->is_assertion()) return crypto::ToHex((*named)->portion_id());
  return target.external_id();
}

// What a judgement about `target` is filed under.
absl::StatusOr<std::string> SubjectOf(const std::string& target, const RowReader& rows) {
  for (const Identities* identities : {&support_rows::Entities(), &support_rows::Sources()}) {
    absl::StatusOr<std::optional<std::string>> root = identities->FindOwnRoot(target, rows);
    if (!root.ok()) return root.status();
    if (root->has_value()) return **std::move(root);
  }
  return target;
}

absl::StatusOr<JudgementRow> ToRow(const Event& event, size_t portion_index, const v1::Judgement& judgement,
                                   const RowReader& rows) {
  JudgementRow row;
  row.set_position(event.position);
  row.set_portion_index(static_cast<uint32_t>(portion_index));
  *row.mutable_recorded_at() = model::ToTimestamp(event.recorded_at);
  row.set_author(event.author);
  row.set_kind(judgement.kind());
  row.set_reason(judgement.reason());
  if (judgement.has_grade()) *row.mutable_grade() = judgement.grade();
  absl::btree_set<std::string> targets;
  for (const v1::Reference& target : judgement.targets()) {
    absl::StatusOr<std::string> text = TextOf(target, event, rows);
    if (!text.ok()) return text.status();
    if (targets.insert(*text).second) row.add_targets(*std::move(text));
  }
  if (!judgement.has_replacement()) return row;
  absl::StatusOr<std::string> replacement = TextOf(judgement.replacement(), event, rows);
  if (!replacement.ok()) return replacement.status();
  row.set_replacement(*std::move(replacement));
  return row;
}

absl::StatusOr<RecordedJudgement> ToRecorded(const Hash& id, const JudgementRow& row, const RowReader& rows) {
  RecordedJudgement judgement;
  judgement.id = id;
  judgement.kind = row.kind();
  judgement.author = row.author();
  judgement.position = row.position();
  judgement.portion_index = row.portion_index();
  judgement.recorded_at = model::ToTime(row.recorded_at());
  judgement.reason = row.reason();
  if (row.has_grade()) judgement.grade = row.grade();
  judgement.targets.assign(row.targets().begin(), row.targets().end());
  judgement.replacement = row.replacement();
  const absl::StatusOr<Standing> standing = support_rows::StandingOfPortions().Read(id, rows);
  if (!standing.ok()) return standing.status();
  judgement.undone = standing->retracted;
  judgement.undone_at_position = standing->retracted_at_position;
  return judgement;
}

// Ids of the judgements filed under `subject`, by the order in which they were recorded.
absl::Status CollectFiled(std::string_view subject, const RowReader& rows, std::map<std::string, Hash>& filed) {
  const std::string prefix = JudgedPrefix(subject);
  absl::Status failed;
  absl::Status scanned = rows.Scan(prefix, [&](std::string_view key, std::string_view value) {
    const absl::StatusOr<Hash> id = crypto::HashFromBytes(value);
    failed = id.status();
    if (id.ok()) filed.emplace(key.substr(prefix.size()), *id);
    return id.ok();
  });
  return scanned.ok() ? failed : scanned;
}

absl::StatusOr<std::vector<RecordedJudgement>> ReadFiled(const std::vector<std::string>& subjects,
                                                         const RowReader& rows) {
  std::map<std::string, Hash> filed;
  for (const std::string& subject : subjects) {
    if (absl::Status status = CollectFiled(subject, rows, filed); !status.ok()) return status;
  }
  std::vector<RecordedJudgement> judgements;
  for (const auto& [order, id] : filed) {
    absl::StatusOr<std::optional<RecordedJudgement>> judgement = FindJudgement(id, rows);
    if (!judgement.ok()) return judgement.status();
    if (!judgement->has_value()) {
      return model::Refuse(v1::Refusal::DAMAGED, Concat("the support view has no row of judgement ", crypto::ToHex(id),
                                                        "; delete the views to rebuild them"));
    }
    judgements.push_back(**std::move(judgement));
  }
  return judgements;
}

// The assertions that one claim is made of, found from one of them.
class ClaimSearch {
 public:
  explicit ClaimSearch(const RowReader& rows) : rows_(rows) {}

  absl::StatusOr<SameClaim> Find(const Hash& assertion_id) {
    Add(assertion_id);
    while (!open_.empty()) {
      const Hash id = open_.front();
      open_.pop_front();
      if (absl::Status status = Follow(id); !status.ok()) return status;
    }
    return SameClaim{{assertions_.begin(), assertions_.end()}, {judgements_.begin(), judgements_.end()}};
  }

 private:
  void Add(const Hash& id) {
    if (assertions_.insert(id).second) open_.push_back(id);
  }

  absl::Status Follow(const Hash& id) {
    const absl::StatusOr<Opinions> opinions = ReadOpinions(id, rows_);
    if (!opinions.ok() || opinions->same_claims == 0) return opinions.status();
    const absl::StatusOr<std::vector<RecordedJudgement>> judgements = JudgementsOf(id, rows_);
    if (!judgements.ok()) return judgements.status();
    for (const RecordedJudgement& judgement : *judgements) {
      if (judgement.kind != v1::Judgement::SAME_CLAIM || judgement.undone) continue;
      if (!judgements_.insert(judgement.id).second) continue;
      for (const std::string& target : judgement.targets) {
        if (const std::optional<Hash> other = ToPortionId(target)) Add(*other);
      }
    }
    return absl::OkStatus();
  }

  const RowReader& rows_;
  std::deque<Hash> open_;
  absl::btree_set<Hash> assertions_;
  absl::btree_set<Hash> judgements_;
};

}  // namespace

absl::StatusOr<std::optional<RecordedJudgement>> FindJudgement(const Hash& id, const RowReader& rows) {
  const absl::StatusOr<std::optional<JudgementRow>> row = support_rows::Get<JudgementRow>(rows, JudgementKey(id));
  if (!row.ok()) return row.status();
  if (!row->has_value()) return std::nullopt;
  absl::StatusOr<RecordedJudgement> judgement = ToRecorded(id, **row, rows);
  if (!judgement.ok()) return judgement.status();
  return *std::move(judgement);
}

absl::StatusOr<std::vector<RecordedJudgement>> JudgementsOf(const Hash& portion_id, const RowReader& rows) {
  return ReadFiled({crypto::ToHex(portion_id)}, rows);
}

absl::StatusOr<std::vector<RecordedJudgement>> JudgementsOf(const Identities& identities, std::string_view root,
                                                            const RowReader& rows) {
  absl::StatusOr<std::vector<std::string>> subjects = identities.Members(root, rows);
  if (!subjects.ok()) return subjects.status();
  // Judged by an external id before anything carried it.
  const absl::StatusOr<Identity> identity = identities.Read(root, rows);
  if (!identity.ok()) return identity.status();
  subjects->insert(subjects->end(), identity->external_ids.begin(), identity->external_ids.end());
  return ReadFiled(*subjects, rows);
}

absl::StatusOr<Opinions> ReadOpinions(const Hash& portion_id, const RowReader& rows) {
  const absl::StatusOr<std::optional<OpinionRow>> row = support_rows::Get<OpinionRow>(rows, OpinionKey(portion_id));
  if (!row.ok()) return row.status();
  if (!row->has_value()) return Opinions();
  return Opinions{.confirms = (*row)->confirms(),
                  .disputes = (*row)->disputes(),
                  .grades = (*row)->grades(),
                  .same_claims = (*row)->same_claims()};
}

absl::StatusOr<SameClaim> ReadSameClaim(const Hash& assertion_id, const RowReader& rows) {
  return ClaimSearch(rows).Find(assertion_id);
}

absl::StatusOr<v1::Grade> ReadGrade(const Hash& assertion_id, std::string_view author, const v1::Grade& stated,
                                    const RowReader& rows) {
  const absl::StatusOr<std::vector<RecordedJudgement>> judgements = JudgementsOf(assertion_id, rows);
  if (!judgements.ok()) return judgements.status();
  std::map<std::string, v1::Grade, std::less<>> by_author = {{std::string(author), stated}};
  for (const RecordedJudgement& judgement : *judgements) {
    if (judgement.kind != v1::Judgement::GRADE || judgement.undone || !judgement.grade.has_value()) continue;
    // An axis that is left out stays as it was.
    by_author[judgement.author].MergeFrom(*judgement.grade);
  }
  v1::Grade best;
  for (const auto& [grader, grade] : by_author) TakeBetter(grade, best);
  return best;
}

void TakeBetter(const v1::Grade& grade, v1::Grade& best) {
  // The letters and numbers rise from best to worst, unknown last.
  if (grade.reliability() != v1::Grade::RELIABILITY_UNSPECIFIED &&
      (best.reliability() == v1::Grade::RELIABILITY_UNSPECIFIED || grade.reliability() < best.reliability())) {
    best.set_reliability(grade.reliability());
  }
  if (grade.credibility() != v1::Grade::CREDIBILITY_UNSPECIFIED &&
      (best.credibility() == v1::Grade::CREDIBILITY_UNSPECIFIED || grade.credibility() < best.credibility())) {
    best.set_credibility(grade.credibility());
  }
}

absl::Status AddJudgement(const Event& event, size_t portion_index, RowWriter& rows) {
  const Hash& id = event.report.portion_ids[portion_index];
  const absl::StatusOr<std::optional<std::string>> recorded = rows.Get(JudgementKey(id));
  if (!recorded.ok() || recorded->has_value()) return recorded.status();
  const absl::StatusOr<JudgementRow> row =
      ToRow(event, portion_index, event.report.portions[portion_index]->judgement(), rows);
  if (!row.ok()) return row.status();
  if (absl::Status status = rows.Put(JudgementKey(id), row->SerializeAsString()); !status.ok()) return status;
  for (const std::string& target : row->targets()) {
    const absl::StatusOr<std::string> subject = SubjectOf(target, rows);
    if (!subject.ok()) return subject.status();
    const std::string key = JudgedPrefix(*subject) + EarliestFirst(*row);
    if (absl::Status status = rows.Put(key, crypto::AsBytes(id)); !status.ok()) return status;
  }
  return ChangeCounts(*row, Change::kAdd, rows);
}

absl::Status SettleJudgement(const Hash& portion_id, RowWriter& rows) {
  const absl::StatusOr<std::optional<JudgementRow>> row =
      support_rows::Get<JudgementRow>(rows, JudgementKey(portion_id));
  if (!row.ok() || !row->has_value()) return row.status();
  const absl::StatusOr<Standing> standing = support_rows::StandingOfPortions().Read(portion_id, rows);
  if (!standing.ok()) return standing.status();
  const std::string key = UndoneKey(portion_id);
  const absl::StatusOr<std::optional<std::string>> undone = rows.Get(key);
  if (!undone.ok() || undone->has_value() == standing->retracted) return undone.status();
  if (absl::Status status = standing->retracted ? rows.Put(key, "") : rows.Delete(key); !status.ok()) return status;
  return ChangeCounts(**row, standing->retracted ? Change::kTakeAway : Change::kAdd, rows);
}

}  // namespace sworn::views
