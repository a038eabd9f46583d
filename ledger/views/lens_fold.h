// What the support view keeps of lenses:
//
//   lens/<name><version>           LensRow, the highest version first (support_rows.h)
//   lens-name/<name>               empty: there is a lens of the name
//   ignored-lens/<name><order>     LensRow of a version that was not above the one in use, the newest first
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "ledger/views/view.h"

namespace sworn::views {

inline constexpr std::string_view kLensNamePrefix = "lens-name/";
std::string LensNameKey(std::string_view name);
std::string IgnoredLensPrefix(std::string_view name);

// Takes in the lens that portion `index` of the event is. It comes into use if its version is above that of every lens
// of the name before it; what was recorded as a version stays that version.
absl::Status FoldLens(const Event& event, size_t index, RowWriter& rows);

}  // namespace sworn::views
