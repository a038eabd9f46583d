// JSON from files that somebody else may have written: no deeper than it needs to be, so that a few bytes of it cannot
// take up much memory.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"

namespace sworn::log {

// Deeper than any file of ours is.
inline constexpr int kMaxJsonDepth = 16;

// InvalidArgument where the text is no JSON, or nests deeper than kMaxJsonDepth.
absl::StatusOr<nlohmann::json> ParseBoundedJson(std::string_view text);

}  // namespace sworn::log
