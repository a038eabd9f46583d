#include "ledger/views/track_record.h"

#include <utility>

#include "ledger/model/timestamp.h"
#include "ledger/views/index_scan.h"
#include "ledger/views/judgements.h"
#include "ledger/views/standing.h"
#include "ledger/views/support_rows.h"

namespace sworn::views {
namespace {

constexpr size_t kMaxGrades = 1'000;

absl::Status CountAssertion(std::string_view id_bytes, const RowReader& rows, v1::TrackRecord& record) {
  const absl::StatusOr<crypto::Hash> id = crypto::HashFromBytes(id_bytes);
  if (!id.ok()) return id.status();
  const absl::StatusOr<Standing> standing = support_rows::StandingOfPortions().Read(*id, rows);
  if (!standing.ok()) return standing.status();
  const absl::StatusOr<Opinions> opinions = ReadOpinions(*id, rows);
  if (!opinions.ok()) return opinions.status();
  record.set_assertions(record.assertions() + 1);
  if (standing->counted) record.set_counted(record.counted() + 1);
  if (standing->retracted) record.set_retracted(record.retracted() + 1);
  if (standing->undermined) record.set_undermined(record.undermined() + 1);
  if (opinions->confirms > 0) record.set_confirmed(record.confirmed() + 1);
  if (opinions->disputes > 0) record.set_disputed(record.disputed() + 1);
  return absl::OkStatus();
}

absl::Status AddGrades(const std::string& root, const RowReader& rows, v1::TrackRecord& record) {
  const absl::StatusOr<std::vector<RecordedJudgement>> judgements = JudgementsOf(support_rows::Sources(), root, rows);
  if (!judgements.ok()) return judgements.status();
  for (const RecordedJudgement& judgement : *judgements) {
    if (judgement.kind != v1::Judgement::GRADE || !judgement.grade.has_value()) continue;
    v1::GradeGiven& given = *record.add_grades();
    *given.mutable_grade() = *judgement.grade;
    given.set_author(judgement.author);
    *given.mutable_recorded_at() = model::ToTimestamp(judgement.recorded_at);
    given.set_judgement_id(crypto::ToHex(judgement.id));
    given.set_undone(judgement.undone);
  }
  const int surplus = record.grades_size() - static_cast<int>(kMaxGrades);
  if (surplus > 0) record.mutable_grades()->DeleteSubrange(0, surplus);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::TrackRecord> ReadTrackRecord(const std::string& root, size_t max_assertions, const RowReader& rows) {
  const absl::StatusOr<std::vector<std::string>> members = support_rows::Sources().Members(root, rows);
  if (!members.ok()) return members.status();
  std::vector<std::string> prefixes;
  for (const std::string& member : *members) prefixes.push_back(support_rows::SourcePrefix(member));
  IndexScan assertions(std::move(prefixes), "", rows);
  v1::TrackRecord record;
  while (true) {
    const absl::StatusOr<IndexScan::Found> found = assertions.Next();
    if (!found.ok()) return found.status();
    if (found->order.empty()) break;
    if (record.assertions() == max_assertions) {
      record.set_newest_only(true);
      break;
    }
    if (absl::Status status = CountAssertion(found->assertion_id, rows, record); !status.ok()) return status;
  }
  if (absl::Status status = AddGrades(root, rows, record); !status.ok()) return status;
  return record;
}

absl::StatusOr<std::vector<std::string>> JoinedSources(const std::string& root, const RowReader& rows) {
  const absl::StatusOr<std::vector<std::string>> members = support_rows::Sources().Members(root, rows);
  if (!members.ok()) return members.status();
  std::vector<std::string> joined;
  for (const std::string& member : *members) {
    if (member == root) continue;
    // Those merged for good by an external id are called by another root.
    const absl::StatusOr<std::optional<std::string>> own = support_rows::Sources().FindOwnRoot(member, rows);
    if (!own.ok()) return own.status();
    if (own->has_value() && **own == member) joined.push_back(member);
  }
  return joined;
}

}  // namespace sworn::views
