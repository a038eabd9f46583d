// Which rows of a view are meant. Rows are built for one version of the view, and once more, as the next generation,
// where it is rebuilt; each build lies in a row space of its own, and one of them answers:
//
//   support/3/…      rows of version 3, as first built      state/support/3      how far they are
//   support/3.1/…    the same, rebuilt once                 state/support/3.1
//   serving/support  "3.1": the build that answers. One write switches from one to the other.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/journal/rocksdb/row_store.h"

namespace sworn::views {

struct ViewBuild {
  uint32_t version = 0;
  uint32_t generation = 0;
  auto operator<=>(const ViewBuild&) const = default;
};

// "3", "3.1".
std::string BuildName(ViewBuild build);

// "support/3.1/".
std::string RowSpaceOf(std::string_view view_name, ViewBuild build);
// "state/support/3.1".
std::string StateKeyOf(std::string_view view_name, ViewBuild build);

// Builds that there are rows of, in order.
absl::StatusOr<std::vector<ViewBuild>> ListBuilds(const journal::RowSnapshot& snapshot, std::string_view view_name);

// The build that answers; nothing where none was chosen yet. DataLoss where what is stored is none.
absl::StatusOr<std::optional<ViewBuild>> ReadServing(const journal::RowSnapshot& snapshot, std::string_view view_name);
absl::Status SetServing(std::string_view view_name, ViewBuild build, journal::RowStore& store);

absl::Status DeleteBuild(std::string_view view_name, ViewBuild build, journal::RowStore& store);

}  // namespace sworn::views
