#include "ledger/views/index_scan.h"

#include <iterator>
#include <utility>

namespace sworn::views {
namespace {

// Index rows read at a time, of each prefix.
constexpr size_t kBatch = 256;

}  // namespace

absl::StatusOr<IndexScan::Found> IndexScan::Next() {
  if (found_.empty() && !at_end_) {
    if (absl::Status status = Fill(); !status.ok()) {
      return status;
    }
  }
  if (found_.empty()) {
    return Found{};
  }
  auto first = found_.extract(found_.begin());
  return Found{std::move(first.key()), std::move(first.mapped())};
}

// The kBatch smallest of all prefixes are among the kBatch smallest of each.
absl::Status IndexScan::Fill() {
  at_end_ = true;
  for (const std::string& prefix : prefixes_) {
    size_t count = 0;
    absl::Status scanned =
        rows_.Scan(prefix, start_.empty() ? "" : prefix + start_, [&](std::string_view key, std::string_view id) {
          found_.emplace(key.substr(prefix.size()), id);
          return ++count < kBatch;
        });
    if (!scanned.ok()) {
      return scanned;
    }
    at_end_ = at_end_ && count < kBatch;
  }
  if (found_.size() > kBatch) {
    found_.erase(std::next(found_.begin(), kBatch), found_.end());
    at_end_ = false;
  }
  if (!found_.empty()) {
    start_ = found_.rbegin()->first + '\0';
  }
  return absl::OkStatus();
}

}  // namespace sworn::views
