// Page tokens of the views' listings: opaque to callers, bound to the filters they were given out for, and checked when
// they come back.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace sworn::views {

// What a caller asked for: 0 means 100, more than 1,000 means 1,000.
size_t BoundedPageSize(uint32_t page_size);

// A token for the page that begins at `start` (not empty) of a listing with these filters.
std::string MakePageToken(std::string_view filters, std::string_view start);

// `start`; empty for an empty token. Refused with FIELD_INVALID where the token is none of MakePageToken's for these
// filters.
absl::StatusOr<std::string> ParsePageToken(std::string_view filters, std::string_view token);

// The filters of a request: all of it but the page and the moment.
template <typename Request>
std::string FiltersOf(Request request) {
  request.clear_page_size();
  request.clear_page_token();
  request.clear_as_of();
  return request.GetTypeName() + request.SerializeAsString();
}

}  // namespace sworn::views
