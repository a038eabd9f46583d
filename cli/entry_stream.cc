#include "cli/entry_stream.h"

#include <algorithm>
#include <utility>

#include "ledger/model/text.h"

namespace sworn::cli {
namespace {

constexpr uint64_t kMaxPage = 1'000;

}  // namespace

absl::StatusOr<v1::RecordedEntry> EntryStream::Read(uint64_t position) {
  if (page_.empty() || page_.front().position() != position) {
    if (absl::Status fetched = Fetch(position); !fetched.ok()) return fetched;
  }
  v1::RecordedEntry entry = std::move(page_.front());
  page_.pop_front();
  return entry;
}

absl::Status EntryStream::Fetch(uint64_t position) {
  page_.clear();
  v1::ReadEntriesRequest request;
  request.set_from_position(position);
  request.set_max_entries(static_cast<uint32_t>(std::min(end_ - std::min(position, end_), kMaxPage)));
  absl::StatusOr<v1::ReadEntriesResponse> response =
      connection_.Call(connection_.ledger(), &v1::LedgerService::Stub::ReadEntries, request);
  if (!response.ok()) return response.status();
  for (v1::RecordedEntry& entry : *response->mutable_entries()) {
    if (entry.position() != position + page_.size()) {
      return absl::DataLossError(model::Concat("the ledger answered with entry ", entry.position(), " where entry ",
                                               position + page_.size(), " was asked for"));
    }
    page_.push_back(std::move(entry));
  }
  if (!page_.empty()) return absl::OkStatus();
  return absl::DataLossError(model::Concat("the ledger has no entry ", position, ", and its checkpoint covers it"));
}

}  // namespace sworn::cli
