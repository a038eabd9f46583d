#include "ledger/views/history.h"

#include <algorithm>
#include <compare>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "ledger/model/refusal.h"
#include "ledger/views/history_event.h"
#include "ledger/views/judgement_words.h"
#include "ledger/views/page_token.h"
#include "ledger/views/portion_comparison.h"
#include "ledger/views/provenance_node.h"
#include "ledger/views/provenance_rows.h"
#include "ledger/views/registrant_history.h"
#include "ledger/views/subject_events.h"
#include "ledger/views/text.h"

namespace sworn::views {
namespace {

using crypto::Hash;
using provenance_rows::Subject;
using rows::v1::PortionRow;

// A subject that more happened to is refused: its whole history is put in order for each page.
constexpr size_t kMaxEvents = 1'000'000;
// A page ends behind this much that was read to compare portions.
constexpr size_t kMaxComparedBytes = size_t{4} << 20U;
// How far back the description before is looked for, among those of other roots of the same identity.
constexpr size_t kMaxDescriptionsBack = 1'000;
constexpr size_t kShownIdDigits = 12;

// Something that happened to the subject, or to a judgement about it: a merge that is undone has become another fact.
struct Happening {
  SubjectEvent event;
  std::optional<Hash> judgement;
  // NOLINTNEXTLINE(modernize-use-nullptr): mistakes the 0 of a defaulted comparison for a pointer.
  auto operator<=>(const Happening&) const = default;
};

std::string OrderOf(const SubjectEvent& event) {
  return provenance_rows::EventOrder(event.position, static_cast<uint32_t>(event.portion_index), event.kind);
}

// Adds what happened to the judgements among `happenings`, and to judgements about those.
absl::Status AddJudgementsOnJudgements(const RowReader& rows, std::vector<Happening>& happenings) {
  std::set<Hash> looked_at;
  for (size_t i = 0; i < happenings.size(); ++i) {
    const SubjectEvent judged = happenings[i].event;
    if (judged.kind != v1::HistoryEvent::JUDGED || !looked_at.insert(judged.through).second) continue;
    const Subject judgement{Subject::Kind::kPortion, crypto::ToHex(judged.through)};
    const auto events = ReadSubjectEvents(judgement, kMaxEvents - happenings.size(), rows);
    if (!events.ok()) return events.status();
    for (const SubjectEvent& event : *events) {
      if (event.kind == v1::HistoryEvent::JUDGED) happenings.push_back({event, judged.through});
    }
  }
  return absl::OkStatus();
}

// In order, each once.
absl::StatusOr<std::vector<Happening>> ReadHappenings(const Subject& subject, const RowReader& rows) {
  const absl::StatusOr<std::vector<SubjectEvent>> events = ReadSubjectEvents(subject, kMaxEvents, rows);
  if (!events.ok()) return events.status();
  std::vector<Happening> happenings;
  happenings.reserve(events->size());
  for (const SubjectEvent& event : *events) happenings.push_back({event, std::nullopt});
  if (absl::Status added = AddJudgementsOnJudgements(rows, happenings); !added.ok()) return added;
  std::sort(happenings.begin(), happenings.end());
  const auto same_event = [](const Happening& one, const Happening& other) { return one.event == other.event; };
  happenings.erase(std::unique(happenings.begin(), happenings.end(), same_event), happenings.end());
  return happenings;
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

absl::StatusOr<PortionRow> ReadPortionRow(const Hash& id, const RowReader& rows) {
  const auto row = provenance_rows::Get<PortionRow>(rows, provenance_rows::PortionKey(id));
  if (!row.ok()) return row.status();
  return row->value_or(PortionRow());
}

// Writes one subject's happenings as events.
class HistoryWriter {
 public:
  HistoryWriter(const Subject& subject, const std::vector<Happening>& happenings, const journal::Journal& journal,
                const RowReader& rows)
      : subject_(subject), happenings_(happenings), rows_(rows), comparison_(journal, rows) {}

  absl::StatusOr<v1::HistoryEvent> Write(size_t index);
  bool ReadEnough() const { return comparison_.bytes_read() >= kMaxComparedBytes; }

 private:
  absl::Status AddJudgement(const PortionRow& row, v1::HistoryEvent& answer);
  absl::Status AddReplacement(const PortionRow& row, v1::HistoryEvent& answer);
  absl::Status AddDescriptionBefore(size_t index, const PortionRow& row, v1::HistoryEvent& answer);
  absl::Status Compare(const Hash& before, const Hash& after, const Hash& other, v1::HistoryEvent& answer);

  const Subject& subject_;
  const std::vector<Happening>& happenings_;
  const RowReader& rows_;
  PortionComparison comparison_;
};

absl::Status HistoryWriter::Compare(const Hash& before, const Hash& after, const Hash& other,
                                    v1::HistoryEvent& answer) {
  const absl::StatusOr<bool> compared = comparison_.Compare(before, after, answer);
  if (!compared.ok()) return compared.status();
  if (*compared) answer.set_compared_id(crypto::ToHex(other));
  return absl::OkStatus();
}

// What the replacement says otherwise than the subject, or, where the subject is the replacement, than what it
// replaced: the first of several.
absl::Status HistoryWriter::AddReplacement(const PortionRow& row, v1::HistoryEvent& answer) {
  const absl::StatusOr<Subject> replacement = ResolveReference(row.replacement(), rows_);
  if (!replacement.ok()) return replacement.status();
  const bool is_replacement = *replacement == subject_;
  if (is_replacement) answer.set_summary(Concat("took the place of what was ", answer.summary()));
  const std::optional<Hash> after = ToPortionId(row.replacement());
  if (!after.has_value()) return absl::OkStatus();
  for (const std::string& text : row.targets()) {
    const std::optional<Hash> before = ToPortionId(text);
    if (!before.has_value()) continue;
    const absl::StatusOr<Subject> target = ResolveReference(text, rows_);
    if (!target.ok()) return target.status();
    if (is_replacement) return Compare(*before, *after, *before, answer);
    if (*target == subject_) return Compare(*before, *after, *after, answer);
  }
  return absl::OkStatus();
}

absl::Status HistoryWriter::AddJudgement(const PortionRow& row, v1::HistoryEvent& answer) {
  answer.set_judgement(row.judgement());
  return row.replacement().empty() ? absl::OkStatus() : AddReplacement(row, answer);
}

// What the last description under the same root said otherwise.
absl::Status HistoryWriter::AddDescriptionBefore(size_t index, const PortionRow& row, v1::HistoryEvent& answer) {
  const Hash& after = happenings_[index].event.through;
  size_t looked_at = 0;
  for (size_t i = index; i > 0 && looked_at < kMaxDescriptionsBack; --i) {
    const SubjectEvent& earlier = happenings_[i - 1].event;
    if (earlier.kind != v1::HistoryEvent::RECORDED && earlier.kind != v1::HistoryEvent::DESCRIBED) continue;
    ++looked_at;
    const absl::StatusOr<PortionRow> described = ReadPortionRow(earlier.through, rows_);
    if (!described.ok()) return described.status();
    if (described->root() == row.root()) return Compare(earlier.through, after, earlier.through, answer);
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::HistoryEvent> HistoryWriter::Write(size_t index) {
  const auto& [event, judgement] = happenings_[index];
  absl::StatusOr<v1::HistoryEvent> answer = ReadReportEvent(event.position, event.kind, rows_);
  if (!answer.ok()) return answer.status();
  const absl::StatusOr<PortionRow> row = ReadPortionRow(event.through, rows_);
  if (!row.ok()) return row.status();
  const std::string portion_id = crypto::ToHex(event.through);
  const absl::StatusOr<Subject> resolved = ResolveSubject({Subject::Kind::kPortion, portion_id}, rows_);
  if (!resolved.ok()) return resolved.status();
  const absl::StatusOr<v1::TraceNode> node = DescribeSubject(*resolved, rows_);
  if (!node.ok()) return node.status();
  answer->set_portion_id(portion_id);
  answer->set_summary(InWords(event.kind, *row, node->label()));
  absl::Status added;
  if (judgement.has_value()) {
    answer->set_judgement(row->judgement());
    answer->set_summary(
        Concat("judgement ", crypto::ToHex(*judgement).substr(0, kShownIdDigits), " was ", answer->summary()));
  } else if (event.kind == v1::HistoryEvent::JUDGED) {
    added = AddJudgement(*row, *answer);
  } else if (event.kind == v1::HistoryEvent::DESCRIBED) {
    added = AddDescriptionBefore(index, *row, *answer);
  }
  if (!added.ok()) return added;
  return answer;
}

// A report happens once, and through no portion.
absl::Status AddReport(const Subject& report, const RowReader& rows, v1::GetHistoryResponse& response) {
  const std::optional<Hash> id = ToPortionId(report.id);
  if (!id.has_value()) return absl::OkStatus();
  const absl::StatusOr<std::optional<uint64_t>> position = provenance_rows::FindReport(*id, rows);
  if (!position.ok()) return position.status();
  if (!position->has_value()) return absl::OkStatus();
  absl::StatusOr<v1::HistoryEvent> event = ReadReportEvent(**position, v1::HistoryEvent::RECORDED, rows);
  if (!event.ok()) return event.status();
  event->set_summary("recorded");
  *response.add_events() = *std::move(event);
  return absl::OkStatus();
}

absl::StatusOr<v1::GetHistoryResponse> SubjectHistory(const ViewRead& view, const journal::Journal& journal,
                                                      const Subject& subject, const v1::GetHistoryRequest& request) {
  const std::string filters = FiltersOf(request);
  const absl::StatusOr<std::string> start = ParsePageToken(filters, request.page_token());
  if (!start.ok()) return start.status();
  const RowReader& rows = *view.rows;
  const absl::StatusOr<v1::TraceNode> node = DescribeSubject(subject, rows);
  if (!node.ok()) return node.status();
  v1::GetHistoryResponse response = BeginHistory(view, node->id(), node->label());
  if (subject.kind == Subject::Kind::kReport) {
    if (absl::Status added = AddReport(subject, rows, response); !added.ok()) return added;
    return response;
  }
  const absl::StatusOr<std::vector<Happening>> happenings = ReadHappenings(subject, rows);
  if (!happenings.ok()) return happenings.status();
  const auto begin = std::partition_point(happenings->begin(), happenings->end(), [&](const Happening& happening) {
    return OrderOf(happening.event) < *start;
  });
  HistoryWriter writer(subject, *happenings, journal, rows);
  const size_t page_size = BoundedPageSize(request.page_size());
  for (auto happening = begin; happening != happenings->end(); ++happening) {
    if (static_cast<size_t>(response.events_size()) == page_size || writer.ReadEnough()) {
      response.set_next_page_token(MakePageToken(filters, OrderOf(happening->event)));
      break;
    }
    absl::StatusOr<v1::HistoryEvent> event = writer.Write(static_cast<size_t>(happening - happenings->begin()));
    if (!event.ok()) return event.status();
    *response.add_events() = *std::move(event);
  }
  return response;
}

absl::Status RefuseAmbiguous(const Subject& subject, const Registrant& registrant, const RowReader& rows) {
  const absl::StatusOr<v1::TraceNode> node = DescribeSubject(subject, rows);
  if (!node.ok()) return node.status();
  return model::Refuse(v1::Refusal::AMBIGUOUS,
                       Concat("that fits ", model::ToLower(v1::TraceNode::Kind_Name(node->kind())), " ", node->id(),
                              " (", node->label(), ") and ", registrant.Name(), "; give the one or the other as ID"));
}

}  // namespace

absl::StatusOr<v1::GetHistoryResponse> GetHistory(const ViewRead& view, const HistorySources& sources,
                                                  const v1::GetHistoryRequest& request) {
  const absl::StatusOr<std::optional<Registrant>> registrant = FindRegistrant(request.id(), sources.registry);
  if (!registrant.ok()) return registrant.status();
  if (registrant->has_value() && SaysRegistrant(request.id())) {
    return RegistrantHistory(view, sources, **registrant, request);
  }
  const absl::StatusOr<Subject> subject = FindSubject(request.id(), *view.rows);
  if (registrant->has_value()) {
    if (subject.ok()) return RefuseAmbiguous(*subject, **registrant, *view.rows);
    if (model::ReasonOf(subject.status()) == v1::Refusal::NOT_FOUND) {
      return RegistrantHistory(view, sources, **registrant, request);
    }
  }
  if (!subject.ok()) return subject.status();
  return SubjectHistory(view, sources.journal, *subject, request);
}

}  // namespace sworn::views
