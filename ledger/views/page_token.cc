#include "ledger/views/page_token.h"

#include <algorithm>

#include "ledger/crypto/hash.h"
#include "ledger/model/refusal.h"

namespace sworn::views {
namespace {

constexpr size_t kDefaultPageSize = 100;
constexpr size_t kMaxPageSize = 1'000;
constexpr size_t kFingerprintDigits = 16;

std::string Fingerprint(std::string_view filters) {
  return crypto::ToHex(crypto::Sha256(filters)).substr(0, kFingerprintDigits);
}

}  // namespace

size_t BoundedPageSize(uint32_t page_size) {
  return page_size == 0 ? kDefaultPageSize : std::min<size_t>(page_size, kMaxPageSize);
}

std::string MakePageToken(std::string_view filters, std::string_view start) {
  return Fingerprint(filters) + crypto::ToHex(start);
}

absl::StatusOr<std::string> ParsePageToken(std::string_view filters, std::string_view token) {
  if (token.empty()) {
    return std::string();
  }
  const bool is_bound = token.substr(0, kFingerprintDigits) == Fingerprint(filters);
  absl::StatusOr<std::string> start = crypto::FromHex(is_bound ? token.substr(kFingerprintDigits) : "");
  if (!start.ok() || start->empty()) {
    return model::Refuse(v1::Refusal::FIELD_INVALID,
                         "page_token: not one that this listing gave out for these filters; begin without a token");
  }
  return start;
}

}  // namespace sworn::views
