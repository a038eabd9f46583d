// Countries (ISO 3166-1 alpha-3) and the groups of countries that a release list may name.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <string_view>

#include "absl/types/span.h"

namespace sworn::model {

// All codes, sorted.
absl::Span<const std::string_view> Countries();

bool IsCountry(std::string_view code);

// The members of FVEY or ACGU, sorted; empty for any other group. Groups whose members change (NATO, EU) are not known:
// a list that names one is refused, so that nobody is let in by a membership that was not meant.
absl::Span<const std::string_view> MembersOfGroup(std::string_view group);

}  // namespace sworn::model
