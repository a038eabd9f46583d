#include "ledger/views/remembered_rows.h"

#include "ledger/views/text.h"

namespace sworn::views {
namespace {

// All is forgotten beyond it.
constexpr size_t kMaxKnownBytes = size_t{32} << 20U;

}  // namespace

absl::StatusOr<std::optional<std::string>> RememberedRows::Get(std::string_view key) const {
  if (const auto known = known_.find(model::ToAbsl(key)); known != known_.end()) return known->second;
  absl::StatusOr<std::optional<std::string>> value = base_.Get(key);
  if (!value.ok()) return value;
  if (known_bytes_ > kMaxKnownBytes) {
    known_.clear();
    known_bytes_ = 0;
  }
  known_bytes_ += key.size() + (value->has_value() ? (*value)->size() : 0);
  known_.emplace(std::string(key), *value);
  return value;
}

absl::Status RememberedRows::Scan(std::string_view prefix, std::string_view start, const RowVisitor& visit) const {
  return base_.Scan(prefix, start, visit);
}

}  // namespace sworn::views
