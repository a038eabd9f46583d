// Rows with changes on top that are kept in memory only: what a view would be after something that was not recorded.
//
// Thread-safety: an OverlayRows belongs to one thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/views/view.h"

namespace sworn::views {

class OverlayRows : public RowWriter {
 public:
  // `base` must outlive the overlay.
  explicit OverlayRows(const RowReader& base) : base_(base) {}

  using RowReader::Scan;
  absl::StatusOr<std::optional<std::string>> Get(std::string_view key) const override;
  absl::Status Scan(std::string_view prefix, std::string_view start, const RowVisitor& visit) const override;
  absl::Status Put(std::string_view key, std::string_view value) override;
  absl::Status Delete(std::string_view key) override;

 private:
  using Changes = std::map<std::string, std::optional<std::string>, std::less<>>;

  const RowReader& base_;
  Changes changes_;  // nothing: deleted
};

}  // namespace sworn::views
