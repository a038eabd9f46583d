#include "api/entry_reader.h"

#include <algorithm>
#include <utility>

#include "ledger/log/stored_report.h"

namespace sworn::api {
namespace {

constexpr uint32_t kMaxEntries = 1'000;
// An answer ends behind this much; one entry with its portions may be as large as a message.
constexpr size_t kMaxPageBytes = size_t{4} << 20U;

v1::RecordedEntry ToRecorded(journal::StoredEntry stored) {
  v1::RecordedEntry recorded;
  recorded.set_position(stored.position);
  recorded.set_entry(std::move(stored.entry));
  for (const journal::StoredPortion& portion : stored.portions) *recorded.add_portions() = log::ToCarried(portion);
  return recorded;
}

}  // namespace

absl::StatusOr<v1::ReadEntriesResponse> AnswerReadEntries(const log::Log& log, const v1::ReadEntriesRequest& request,
                                                          const UnaryCall& call) {
  const uint32_t wanted = request.max_entries() == 0 ? kMaxEntries : std::min(request.max_entries(), kMaxEntries);
  v1::ReadEntriesResponse page;
  page.set_size(log.size());
  size_t bytes = 0;
  for (uint64_t position = request.from_position();
       position < page.size() && page.entries_size() < static_cast<int>(wanted); ++position) {
    if (const absl::Status still_wanted = call.CheckWanted(); !still_wanted.ok()) return still_wanted;
    absl::StatusOr<journal::StoredEntry> stored = log.ReadChecked(position);
    if (!stored.ok()) return stored.status();
    v1::RecordedEntry recorded = ToRecorded(*std::move(stored));
    bytes += recorded.ByteSizeLong();
    if (bytes > kMaxPageBytes && page.entries_size() > 0) break;
    *page.add_entries() = std::move(recorded);
  }
  return page;
}

}  // namespace sworn::api
