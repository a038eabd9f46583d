#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ledger/views/judgement_words.h"
#include "ledger/views/page_token.h"
#include "ledger/views/provenance.h"
#include "ledger/views/provenance_node.h"
#include "ledger/views/provenance_rows.h"
#include "ledger/views/scope.h"
#include "ledger/views/subject_events.h"
#include "ledger/views/text.h"

namespace sworn::views {
namespace {

using crypto::Hash;
using provenance_rows::Subject;
using rows::v1::EventRow;
using rows::v1::PortionRow;
using rows::v1::ReportRow;

// Rows of events by their order; what happened to two roots of one identity at once happened once.
using Events = std::map<std::string, EventRow>;

// Adds the first `limit` events of `subject` from `start` on.
absl::Status ReadEvents(const Subject& subject, const std::string& start, size_t limit, const RowReader& rows,
                        Events& events) {
  const std::string prefix = provenance_rows::EventPrefix(subject);
  size_t count = 0;
  absl::Status failed;
  absl::Status scanned = rows.Scan(prefix, Concat(prefix, start), [&](std::string_view key, std::string_view bytes) {
    EventRow row;
    if (!row.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      failed = model::Refuse(v1::Refusal::DAMAGED,
                             Concat("history of ", subject.id, " is damaged; delete the views to rebuild them"));
      return false;
    }
    events.emplace(key.substr(prefix.size()), std::move(row));
    return ++count < limit;
  });
  return scanned.ok() ? failed : scanned;
}

std::string InWords(v1::HistoryEvent::Kind kind, const PortionRow& row, const std::string& label) {
  switch (kind) {
    case v1::HistoryEvent::RECORDED:
      return Concat("recorded: ", label);
    case v1::HistoryEvent::ASSERTED_ABOUT:
      return Concat("asserted about it: ", label);
    case v1::HistoryEvent::CITED:
      return Concat("cited for: ", label);
    case v1::HistoryEvent::DERIVED:
      return Concat("concluded from it: ", label);
    case v1::HistoryEvent::EVIDENCED:
      return Concat("evidence for: ", label);
    case v1::HistoryEvent::JUDGED:
      return JudgementInWords(row.judgement(), row.text());
    case v1::HistoryEvent::DESCRIBED:
      return Concat("described again as: ", label);
    case v1::HistoryEvent::NAMED_AFFILIATION:
      return Concat("named as the affiliation of: ", label);
    default:
      return label;
  }
}

// Whether a judgement puts `subject` in the place of what it supersedes.
absl::StatusOr<bool> Replaces(const PortionRow& judgement, const Subject& subject, const RowReader& rows) {
  if (judgement.replacement().empty()) return false;
  const absl::StatusOr<Subject> replacement = ResolveReference(judgement.replacement(), rows);
  if (!replacement.ok()) return replacement.status();
  return *replacement == subject;
}

// Fills in what is particular to the portion through which it happened to `subject`.
absl::Status AddPortion(const EventRow& event, const Subject& subject, const RowReader& rows,
                        v1::HistoryEvent& answer) {
  const absl::StatusOr<Hash> through = crypto::HashFromBytes(event.through());
  if (!through.ok()) return through.status();
  const auto portion = provenance_rows::Get<PortionRow>(rows, provenance_rows::PortionKey(*through));
  if (!portion.ok()) return portion.status();
  const std::string portion_id = crypto::ToHex(*through);
  const absl::StatusOr<Subject> resolved = ResolveSubject({Subject::Kind::kPortion, portion_id}, rows);
  if (!resolved.ok()) return resolved.status();
  const absl::StatusOr<v1::TraceNode> node = DescribeSubject(*resolved, rows);
  if (!node.ok()) return node.status();
  const PortionRow row = portion->value_or(PortionRow());
  answer.set_portion_id(portion_id);
  answer.set_summary(InWords(event.kind(), row, node->label()));
  if (event.kind() != v1::HistoryEvent::JUDGED) return absl::OkStatus();
  answer.set_judgement(row.judgement());
  const absl::StatusOr<bool> replaces = Replaces(row, subject, rows);
  if (!replaces.ok()) return replaces.status();
  if (*replaces) answer.set_summary(Concat("took the place of what was ", answer.summary()));
  return absl::OkStatus();
}

absl::StatusOr<v1::HistoryEvent> ToEvent(uint64_t position, const EventRow& event, const Subject& subject,
                                         const RowReader& rows) {
  const absl::StatusOr<ReportRow> report = provenance_rows::ReadReport(position, rows);
  if (!report.ok()) return report.status();
  v1::HistoryEvent answer;
  answer.set_kind(event.kind());
  answer.set_position(position);
  *answer.mutable_recorded_at() = report->recorded_at();
  *answer.mutable_created_at() = report->created_at();
  answer.set_author(report->author());
  answer.set_author_key_id(crypto::ToHex(report->author_key_id()));
  answer.set_summary("recorded");
  if (event.through().empty()) return answer;
  if (absl::Status status = AddPortion(event, subject, rows, answer); !status.ok()) return status;
  return answer;
}

}  // namespace

absl::StatusOr<v1::GetHistoryResponse> GetHistory(const ViewRead& view, const v1::GetHistoryRequest& request) {
  const std::string filters = FiltersOf(request);
  const absl::StatusOr<std::string> start = ParsePageToken(filters, request.page_token());
  if (!start.ok()) return start.status();
  const RowReader& rows = *view.rows;
  const absl::StatusOr<Subject> subject = FindSubject(request.id(), rows);
  if (!subject.ok()) return subject.status();
  const absl::StatusOr<v1::TraceNode> node = DescribeSubject(*subject, rows);
  if (!node.ok()) return node.status();
  const absl::StatusOr<std::vector<Subject>> names = EventSubjects(*subject, rows);
  if (!names.ok()) return names.status();
  const size_t page_size = BoundedPageSize(request.page_size());
  Events events;
  for (const Subject& name : *names) {
    absl::Status status = ReadEvents(name, *start, page_size + 1, rows, events);
    if (!status.ok()) return status;
  }
  v1::GetHistoryResponse response;
  *response.mutable_as_of() = view.as_of;
  response.set_scope(std::string(kWholeLedger));
  response.set_id(node->id());
  response.set_label(node->label());
  for (const auto& [order, row] : events) {
    if (static_cast<size_t>(response.events_size()) == page_size) {
      response.set_next_page_token(MakePageToken(filters, order));
      break;
    }
    absl::StatusOr<v1::HistoryEvent> event = ToEvent(provenance_rows::PositionOf(order), row, *subject, rows);
    if (!event.ok()) return event.status();
    *response.add_events() = *std::move(event);
  }
  return response;
}

}  // namespace sworn::views
