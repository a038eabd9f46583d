// Quantities that cannot all be right.
//
// Two quantities of one measure, unit and base disagree where their assertions hold on a common day and their values
// differ: exact values must be equal as numbers ("70" is "70.0"); where either is approximate, the smaller must be
// within 10 % of the larger. What one assertion states is not compared with itself: it may be a range.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <vector>

#include "ledger/views/assertion_reader.h"
#include "sworn/v1/view_service.pb.h"

namespace sworn::views {

// Of each measure, the first thousand quantities are compared.
inline constexpr size_t kMaxComparedQuantities = 1'000;

// In order of measure, unit and base; each with the quantities that disagree with another, in the order of
// `assertions`.
std::vector<v1::QuantityDisagreement> FindDisagreements(const std::vector<const StoredAssertion*>& assertions);

}  // namespace sworn::views
