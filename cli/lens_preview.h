// What a lens that is not recorded yet would show differently.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <string>

#include "sworn/v1/view_service.pb.h"

namespace sworn::cli {

// Sets `compared_lens` and `lens_differences` of an answer that was seen through `in_use`, as a ledger would that had
// `proposed` recorded.
void CompareWithProposed(const v1::Lens& in_use, const v1::Lens& proposed, v1::GetSupportResponse& support);

// The cells that would differ, as a table.
std::string FormatProposedDifferences(const v1::GetSupportResponse& support);

}  // namespace sworn::cli
