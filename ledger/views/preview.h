// What a judgement would change: the support view is folded one entry further, in memory, and compared with what it is.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include "absl/status/statusor.h"
#include "ledger/views/engine.h"
#include "sworn/v1/view_service.pb.h"

namespace sworn::views {

// Refused as recording it would be where the judgement itself is malformed. At most 1,000 changes of each kind are
// listed, and 10,000 assertions looked at.
absl::StatusOr<v1::PreviewJudgementResponse> PreviewJudgement(const ViewRead& view,
                                                              const v1::PreviewJudgementRequest& request);

}  // namespace sworn::views
