// Everyone an entity supports, or everyone who supports it.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include "absl/status/statusor.h"
#include "ledger/views/engine.h"
#include "sworn/v1/view_service.pb.h"

namespace sworn::views {

// Those of whom anything counts: first who is affirmed to give or receive directly, then indirectly, then what the lens
// leaves unassigned, then the others; among these by independent origins (minimum, then maximum), by counted
// assertions, and by name. Independent origins are those of all affirming assertions of the first side that any affirm.
// Statuses are those GetSupport answers for the pair. The end that is given may be a group (support_ends.h).
//
// Every page ranks all partners; beyond kMaxPartnerAssertions assertions of the entity the question is refused with
// TOO_LARGE. Other refusals: NOT_FOUND and AMBIGUOUS for the entity and the lens, FIELD_INVALID for both ends or none,
// bad dates and page tokens.
absl::StatusOr<v1::ListPartnersResponse> ListPartners(const ViewRead& view, const v1::ListPartnersRequest& request);

}  // namespace sworn::views
