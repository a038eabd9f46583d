// Finds recorded lenses by name.
//
// Thread-safety: safe to call from any thread; as safe as the rows given.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "ledger/views/view.h"
#include "sworn/rows/v1/support_rows.pb.h"
#include "sworn/v1/view_service.pb.h"

namespace sworn::views {

// The highest recorded version of the lens; "officials" for an empty name. NOT_FOUND names the lenses there are.
absl::StatusOr<rows::v1::LensRow> ReadLens(std::string_view name, const RowReader& rows);

v1::LensUsed ToLensUsed(const rows::v1::LensRow& row);

}  // namespace sworn::views
