// Rows that are looked up once: for questions that come back to the same rows again and again, such as walks.
//
// Thread-safety: a RememberedRows belongs to one thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/views/view.h"

namespace sworn::views {

class RememberedRows : public RowReader {
 public:
  // `base` must outlive these, and must not change.
  explicit RememberedRows(const RowReader& base) : base_(base) {}

  using RowReader::Scan;
  absl::StatusOr<std::optional<std::string>> Get(std::string_view key) const override;
  // Scans are not remembered.
  absl::Status Scan(std::string_view prefix, std::string_view start, const RowVisitor& visit) const override;

 private:
  const RowReader& base_;
  mutable absl::flat_hash_map<std::string, std::optional<std::string>> known_;
  mutable size_t known_bytes_ = 0;
};

}  // namespace sworn::views
