// What an entry changed: the support view as of its position, compared with the position before.
//
// Thread-safety: safe to call from any thread; as safe as the rows given.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "ledger/views/view.h"
#include "sworn/v1/view_service.pb.h"

namespace sworn::views {

// Assertions of one entry that are told of, and bytes of them; what goes beyond is said to be more.
inline constexpr int kMaxAssertionChanges = 1'000;
inline constexpr size_t kMaxEntryChangesBytes = size_t{4} << 20U;

// What is watched: assertions from any of these entities to any of those.
struct WatchedEnds {
  std::vector<std::string> from;  // canonical roots; empty: any subject
  std::vector<std::string> to;

  bool everything() const { return from.empty() && to.empty(); }
};

// The entities or groups of a request, as of `rows`. Refusals as FindSupportEnd.
absl::StatusOr<WatchedEnds> FindWatchedEnds(const v1::WatchRequest& request, const RowReader& rows);

// `rows` stand at the event's position or later. Without `contents`, which says what the report holds.
absl::StatusOr<v1::EntryChanges> FindEntryChanges(const Event& event, const WatchedEnds& ends, const RowReader& rows);

}  // namespace sworn::views
