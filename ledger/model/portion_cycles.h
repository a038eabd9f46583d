// Finds portions of one report that rest on each other in a circle.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "sworn/v1/portion.pb.h"

namespace sworn::model {

// Refused with CYCLE where derived_from, affiliation or the targets of judgements, all by index, lead back to where
// they started. Every index must lie within `portions`.
absl::Status CheckNoCycles(const std::vector<std::optional<v1::Portion>>& portions);

}  // namespace sworn::model
