// Assertions that make one claim, held together: how well the claim is corroborated, and what contradicts it.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include "absl/status/statusor.h"
#include "ledger/views/engine.h"
#include "sworn/v1/view_service.pb.h"

namespace sworn::views {

// Claims, each at the newest of its assertions that fits the filters, newest first; claim_members.h says what makes one
// claim. A claim of which nothing counts is shown as UNREPORTED. `valid_at` leaves out every assertion that does not
// hold then; of the other filters a claim fits with all its assertions where one of them fits.
//
// Origins, hinges, grade and quantities are those of the counted assertions that affirm, or of those that deny where
// none affirms, or of those that found no evidence.
//
// A page ends early, with a token, once it has read some ten thousand assertions: it may then hold fewer claims than
// asked for, or none. Refusals: NOT_FOUND and AMBIGUOUS for entities, FIELD_INVALID for bad dates and page tokens.
absl::StatusOr<v1::ListClaimGroupsResponse> ListClaimGroups(const ViewRead& view,
                                                            const v1::ListClaimGroupsRequest& request);

}  // namespace sworn::views
