// How the support between two ends came to be what it is.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include "absl/status/statusor.h"
#include "ledger/views/engine.h"
#include "sworn/v1/view_service.pb.h"

namespace sworn::views {

// Every entry that made a category's status, counts or origins other than they were, in order of position and category,
// through the lens as it is at the last moment. `recorded_at` of the changes is left to who has the log. The ends,
// which may be groups (support_ends.h), are found as of the last moment; before it each is the identity that it then
// was.
//
// A page reads the assertions of the pair once, and may end early, with a token, where much changed. Refusals as those
// of GetSupport.
absl::StatusOr<v1::GetSupportTimelineResponse> GetSupportTimeline(const ViewRead& view,
                                                                  const v1::GetSupportTimelineRequest& request);

}  // namespace sworn::views
