#include "api/entry_listing.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "api/entry_filter.h"
#include "api/entry_summary.h"
#include "api/page_token.h"
#include "ledger/crypto/hash.h"
#include "ledger/model/refusal.h"
#include "ledger/model/text.h"
#include "ledger/model/timestamp.h"
#include "ledger/views/event_reader.h"

namespace sworn::api {
namespace {

// Positions from `begin` up to the one before `end`.
struct Range {
  uint64_t begin = 0;
  uint64_t end = 0;
};

// The name of the listing in its tokens: they fit the filters they were given out for only.
std::string ListingName(v1::ListEntriesRequest filters) {
  constexpr size_t kFingerprintDigits = 16;
  filters.clear_page_size();
  filters.clear_page_token();
  filters.clear_from_position();
  const std::string bytes = filters.SerializeAsString();
  if (bytes.empty()) return "entries";
  return model::Concat("entries/", crypto::ToHex(crypto::Sha256(bytes)).substr(0, kFingerprintDigits));
}

absl::Status CheckTime(std::string_view field, const google::protobuf::Timestamp& time) {
  constexpr int32_t kNanosPerSecond = 1'000'000'000;
  if (time.nanos() >= 0 && time.nanos() < kNanosPerSecond) return absl::OkStatus();
  return model::Refuse(v1::Refusal::FIELD_INVALID,
                       model::Concat(field, ".nanos: ", time.nanos(), " is not within 0 and 999999999"));
}

// The first of `size` positions that was recorded at `time` or later, by bisection: no entry is recorded earlier than
// the one before it.
absl::StatusOr<uint64_t> FirstRecordedFrom(const log::Log& log, uint64_t size, absl::Time time) {
  uint64_t low = 0;
  uint64_t high = size;
  while (low < high) {
    const uint64_t middle = low + (high - low) / 2;
    const absl::StatusOr<absl::Time> recorded_at = views::ReadRecordedAt(log.journal(), middle);
    if (!recorded_at.ok()) return recorded_at.status();
    if (*recorded_at < time) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

absl::StatusOr<Range> RangeOf(const log::Log& log, const v1::ListEntriesRequest& request) {
  Range range = {request.from_position(), log.size()};
  if (request.has_recorded_from()) {
    if (absl::Status valid = CheckTime("recorded_from", request.recorded_from()); !valid.ok()) return valid;
    const absl::StatusOr<uint64_t> first = FirstRecordedFrom(log, range.end, model::ToTime(request.recorded_from()));
    if (!first.ok()) return first.status();
    range.begin = std::max(range.begin, *first);
  }
  if (request.has_recorded_until()) {
    if (absl::Status valid = CheckTime("recorded_until", request.recorded_until()); !valid.ok()) return valid;
    const absl::Time until = model::ToTime(request.recorded_until());
    if (request.has_recorded_from() && until < model::ToTime(request.recorded_from())) {
      return model::Refuse(v1::Refusal::FIELD_INVALID, "recorded_until lies before recorded_from");
    }
    const absl::StatusOr<uint64_t> end = FirstRecordedFrom(log, range.end, until + absl::Nanoseconds(1));
    if (!end.ok()) return end.status();
    range.end = *end;
  }
  return range;
}

}  // namespace

absl::StatusOr<v1::ListEntriesResponse> AnswerListEntries(const log::Log& log, const v1::ListEntriesRequest& request,
                                                          const UnaryCall& call, const ListingBounds& bounds) {
  const std::shared_ptr<const access::Registry> registry = log.registry();
  const absl::StatusOr<EntryFilter> filter = EntryFilter::Make(request, *registry);
  if (!filter.ok()) return filter.status();
  const absl::StatusOr<Range> range = RangeOf(log, request);
  if (!range.ok()) return range.status();
  const std::string listing = ListingName(request);
  uint64_t position = range->begin;
  if (!request.page_token().empty()) {
    const absl::StatusOr<uint64_t> parsed = ParsePageToken(listing, request.page_token());
    if (!parsed.ok()) return parsed.status();
    position = *parsed;
  }
  const auto page_size = static_cast<int>(BoundedPageSize(request.page_size()));
  v1::ListEntriesResponse page;
  uint64_t read = 0;
  size_t read_bytes = 0;
  for (; position < range->end && page.entries_size() < page_size && read < bounds.entries && read_bytes < bounds.bytes;
       ++position, ++read) {
    if (const absl::Status wanted = call.CheckWanted(); !wanted.ok()) return wanted;
    const absl::StatusOr<journal::StoredEntry> stored = log.ReadChecked(position);
    if (!stored.ok()) return stored.status();
    read_bytes += journal::StoredBytesOf(*stored);
    const absl::StatusOr<bool> passes = filter->Passes(*stored);
    if (!passes.ok()) return passes.status();
    if (!*passes) continue;
    absl::StatusOr<v1::EntrySummary> summary = SummariseEntry(*stored, *registry);
    if (!summary.ok()) return summary.status();
    *page.add_entries() = *std::move(summary);
  }
  if (position < range->end) page.set_next_page_token(MakePageToken(listing, position));
  return page;
}

}  // namespace sworn::api
