// Listings: page after page until the limit, as a table, one JSON document or a line of JSON for each item.
//
// Thread-safety: belongs to one thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/output.h"
#include "cli/text.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "ledger/model/text.h"

namespace sworn::cli {

inline constexpr uint64_t kDefaultLimit = 100;
inline constexpr uint64_t kMaxPageSize = 1'000;

template <typename Response, typename Item>
struct Listing {
  // 0: everything.
  uint64_t limit = kDefaultLimit;
  std::function<absl::StatusOr<Response>(uint32_t page_size, const std::string& page_token)> fetch;
  std::function<google::protobuf::RepeatedPtrField<Item>*(Response&)> items;
  // The whole answer as a table with what belongs around it.
  std::function<std::string(const Response&)> format_table;
};

// Fetches pages; `take` is given each and says whether that was enough.
template <typename Response, typename Item, typename Take>
absl::Status ForEachPage(const Listing<Response, Item>& listing, const Take& take) {
  uint64_t left = listing.limit;
  std::string token;
  while (true) {
    const uint64_t wanted = listing.limit == 0 ? kMaxPageSize : std::min(left, kMaxPageSize);
    absl::StatusOr<Response> page = listing.fetch(static_cast<uint32_t>(wanted), token);
    if (!page.ok()) return page.status();
    token = page->next_page_token();
    left -= std::min<uint64_t>(left, listing.items(*page)->size());
    if (absl::Status status = take(*std::move(page)); !status.ok()) return status;
    if (token.empty() || (listing.limit != 0 && left == 0)) break;
  }
  if (!token.empty()) {
    Tell(model::Concat("the first ", listing.limit, " are shown and there are more: --limit N, or --limit 0 for all"));
  }
  return absl::OkStatus();
}

template <typename Response, typename Item>
absl::Status PrintListing(const Listing<Response, Item>& listing, Format format) {
  if (format == Format::kNdjson) {
    return ForEachPage(listing, [&listing](Response page) -> absl::Status {
      for (const Item& item : *listing.items(page)) {
        if (absl::Status status = PrintJson(item, Format::kNdjson); !status.ok()) return status;
      }
      return absl::OkStatus();
    });
  }
  Response whole;
  bool first = true;
  absl::Status status = ForEachPage(listing, [&](Response page) {
    if (std::exchange(first, false)) {
      whole = std::move(page);
    } else {
      for (Item& item : *listing.items(page)) listing.items(whole)->Add(std::move(item));
      whole.set_next_page_token(page.next_page_token());
    }
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return format == Format::kJson ? PrintJson(whole, format) : PrintText(listing.format_table(whole));
}

}  // namespace sworn::cli
