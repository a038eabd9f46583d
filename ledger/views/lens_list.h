// ListLenses: the lenses that were recorded.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include "absl/status/statusor.h"
#include "ledger/views/engine.h"
#include "sworn/v1/view_service.pb.h"

namespace sworn::views {

// By name; or the versions of the one that was named, newest first, then what was recorded under its name and never
// came into use. Refusals: NOT_FOUND for a name nobody recorded.
absl::StatusOr<v1::ListLensesResponse> ListLenses(const ViewRead& view, const v1::ListLensesRequest& request);

}  // namespace sworn::views
