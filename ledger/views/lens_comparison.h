// Where two lenses show the same assertions differently, and which of their rules make the difference.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <vector>

#include "ledger/views/support_table.h"
#include "sworn/v1/portion.pb.h"
#include "sworn/v1/view_service.pb.h"

namespace sworn::views {

// Sides whose status differs, then categories that are on different sides, in order of category. `table` was built
// through `lens`.
std::vector<v1::LensDifference> CompareLenses(const SupportTable& table, const v1::Lens& lens,
                                              const v1::Lens& compared);

}  // namespace sworn::views
