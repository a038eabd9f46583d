// Page tokens of position-ordered listings: opaque to callers, checked when they come back.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace sworn::api {

inline constexpr uint32_t kDefaultPageSize = 100;
inline constexpr uint32_t kMaxPageSize = 1'000;

// What a caller asked for, within bounds; 0 means the default.
uint32_t BoundedPageSize(uint32_t page_size);

// A token for the page of `listing` that begins at `position`.
std::string MakePageToken(const std::string& listing, uint64_t position);

// The position. Refused with FIELD_INVALID where the token is not one of MakePageToken's for this listing.
absl::StatusOr<uint64_t> ParsePageToken(const std::string& listing, const std::string& token);

}  // namespace sworn::api
