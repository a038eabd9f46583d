#include "api/page_token.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "ledger/model/refusal.h"

namespace sworn::api {
namespace {

constexpr size_t kMaxTokenBytes = 128;

std::string TokenText(const std::string& listing, uint64_t position) { return absl::StrCat(listing, ":", position); }

}  // namespace

uint32_t BoundedPageSize(uint32_t page_size) {
  return page_size == 0 ? kDefaultPageSize : std::min(page_size, kMaxPageSize);
}

std::string MakePageToken(const std::string& listing, uint64_t position) {
  return absl::WebSafeBase64Escape(TokenText(listing, position));
}

absl::StatusOr<uint64_t> ParsePageToken(const std::string& listing, const std::string& token) {
  std::string text;
  uint64_t position = 0;
  if (token.size() <= kMaxTokenBytes && absl::WebSafeBase64Unescape(token, &text)) {
    absl::string_view rest = text;
    // Written anew and compared, so that there is one spelling of each token.
    if (absl::ConsumePrefix(&rest, absl::StrCat(listing, ":")) && absl::SimpleAtoi(rest, &position) &&
        MakePageToken(listing, position) == token) {
      return position;
    }
  }
  return model::Refuse(
      v1::Refusal::FIELD_INVALID,
      "page_token: not a token of this listing; pass next_page_token of the previous answer unchanged");
}

}  // namespace sworn::api
