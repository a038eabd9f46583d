#include "ledger/views/overlay_rows.h"

#include <algorithm>

namespace sworn::views {

absl::StatusOr<std::optional<std::string>> OverlayRows::Get(std::string_view key) const {
  const auto change = changes_.find(key);
  if (change != changes_.end()) return change->second;
  return base_.Get(key);
}

absl::Status OverlayRows::Scan(std::string_view prefix, std::string_view start, const RowVisitor& visit) const {
  auto change = changes_.lower_bound(std::max(prefix, start));
  const auto is_wanted = [&] { return change != changes_.end() && change->first.starts_with(prefix); };
  bool go_on = true;
  const auto visit_change = [&] {
    if (change->second.has_value()) go_on = visit(change->first, *change->second);
    ++change;
  };
  absl::Status scanned = base_.Scan(prefix, start, [&](std::string_view key, std::string_view value) {
    while (go_on && is_wanted() && change->first < key) visit_change();
    if (!go_on) return false;
    if (is_wanted() && change->first == key) {
      visit_change();
    } else {
      go_on = visit(key, value);
    }
    return go_on;
  });
  if (!scanned.ok()) return scanned;
  while (go_on && is_wanted()) visit_change();
  return absl::OkStatus();
}

absl::Status OverlayRows::Put(std::string_view key, std::string_view value) {
  changes_.insert_or_assign(std::string(key), std::string(value));
  return absl::OkStatus();
}

absl::Status OverlayRows::Delete(std::string_view key) {
  changes_.insert_or_assign(std::string(key), std::nullopt);
  return absl::OkStatus();
}

}  // namespace sworn::views
