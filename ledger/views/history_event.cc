#include "ledger/views/history_event.h"

#include <utility>

#include "ledger/crypto/hash.h"
#include "ledger/views/provenance_rows.h"
#include "ledger/views/scope.h"

namespace sworn::views {

v1::GetHistoryResponse BeginHistory(const ViewRead& view, std::string id, std::string label) {
  v1::GetHistoryResponse response;
  *response.mutable_as_of() = view.as_of;
  response.set_scope(std::string(kWholeLedger));
  response.set_id(std::move(id));
  response.set_label(std::move(label));
  return response;
}

v1::HistoryEvent EventThrough(uint64_t position, const rows::v1::ReportRow& report, v1::HistoryEvent::Kind kind) {
  v1::HistoryEvent event;
  event.set_kind(kind);
  event.set_position(position);
  *event.mutable_recorded_at() = report.recorded_at();
  *event.mutable_created_at() = report.created_at();
  event.set_author(report.author());
  event.set_author_key_id(crypto::ToHex(report.author_key_id()));
  return event;
}

absl::StatusOr<v1::HistoryEvent> ReadReportEvent(uint64_t position, v1::HistoryEvent::Kind kind,
                                                 const RowReader& rows) {
  const absl::StatusOr<rows::v1::ReportRow> report = provenance_rows::ReadReport(position, rows);
  if (!report.ok()) return report.status();
  return EventThrough(position, *report, kind);
}

}  // namespace sworn::views
