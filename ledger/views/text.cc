#include "ledger/views/text.h"

#include <algorithm>

namespace sworn::views {

std::string Shorten(std::string_view text, size_t max_bytes) {
  constexpr std::string_view kEllipsis = "…";
  std::string shortened(text);
  if (text.size() > max_bytes) {
    size_t end = max_bytes - std::min(max_bytes, kEllipsis.size());
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
    shortened = Concat(text.substr(0, end), kEllipsis);
  }
  std::replace_if(
      shortened.begin(), shortened.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  return shortened;
}

std::optional<crypto::Hash> ToPortionId(std::string_view text) {
  if (text.size() != kHexIdDigits) return std::nullopt;
  const absl::StatusOr<std::string> bytes = crypto::FromHex(text);
  if (!bytes.ok()) return std::nullopt;
  const absl::StatusOr<crypto::Hash> id = crypto::HashFromBytes(*bytes);
  return id.ok() ? std::optional(*id) : std::nullopt;
}

}  // namespace sworn::views
