// What would change an answer: the retraction of one assertion, or the loss of one source, that flips the status of a
// row or of a side.
//
// Thread-safety: safe to call from any thread, on data of its own.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "ledger/views/assertion_reader.h"
#include "ledger/views/support_table.h"
#include "sworn/v1/view_service.pb.h"

namespace sworn::views {

// Retractions in the order in which the assertions were recorded, then losses of hinges; of each, rows before sides.
// `assertions` has read all that the table rests on. At most 1,000: what lies beyond is left out.
std::vector<v1::WouldChange> FindWouldChange(const SupportTable& table, const AssertionReader& assertions);

}  // namespace sworn::views
