// What all histories have in common: their head, and who did it when.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "ledger/views/engine.h"
#include "ledger/views/view.h"
#include "sworn/rows/v1/provenance_rows.pb.h"
#include "sworn/v1/view_service.pb.h"

namespace sworn::views {

v1::GetHistoryResponse BeginHistory(const ViewRead& view, std::string id, std::string label);

// An event through the report at `position`: kind, position, both times, author and key.
v1::HistoryEvent EventThrough(uint64_t position, const rows::v1::ReportRow& report, v1::HistoryEvent::Kind kind);
absl::StatusOr<v1::HistoryEvent> ReadReportEvent(uint64_t position, v1::HistoryEvent::Kind kind, const RowReader& rows);

}  // namespace sworn::views
