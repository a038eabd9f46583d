#include "ledger/log/bounded_json.h"

#include "absl/strings/str_cat.h"

namespace sworn::log {

absl::StatusOr<nlohmann::json> ParseBoundedJson(std::string_view text) {
  bool too_deep = false;
  // What is discarded takes up no memory.
  const auto keep = [&too_deep](int depth, nlohmann::json::parse_event_t /*event*/, nlohmann::json& /*parsed*/) {
    too_deep = too_deep || depth > kMaxJsonDepth;
    return !too_deep;
  };
  nlohmann::json json = nlohmann::json::parse(text, keep, /*allow_exceptions=*/false);
  if (too_deep) return absl::InvalidArgumentError(absl::StrCat("it nests deeper than ", kMaxJsonDepth, " levels"));
  if (json.is_discarded()) return absl::InvalidArgumentError("it is not JSON");
  return json;
}

}  // namespace sworn::log
