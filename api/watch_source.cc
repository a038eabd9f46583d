#include "api/watch_source.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "api/entry_summary.h"
#include "ledger/model/refusal.h"
#include "ledger/model/text.h"
#include "ledger/views/support.h"

namespace sworn::api {
namespace {

// One turn of a watcher: so many entries are looked at, and so many bytes of answers made, before others have theirs.
constexpr uint64_t kMaxEntriesInTurn = 64;
constexpr size_t kMaxBytesInTurn = size_t{1} << 20U;

std::string ContentsOf(const views::Event& event) {
  std::vector<v1::Portion::ContentCase> kinds;
  for (const std::optional<v1::Portion>& portion : event.report.portions) {
    kinds.push_back(portion.has_value() ? portion->content_case() : v1::Portion::CONTENT_NOT_SET);
  }
  return DescribeContents(kinds);
}

}  // namespace

WatchSource::WatchSource(const log::Log& log, const views::ViewEngine& engine, v1::WatchRequest request)
    : log_(log),
      engine_(engine),
      request_(std::move(request)),
      size_at_start_(log.size()),
      next_position_(request_.has_from_position() ? request_.from_position() : size_at_start_) {}

absl::StatusOr<std::vector<v1::WatchResponse>> WatchSource::Next() {
  if (const uint64_t size = log_.size(); next_position_ > size) {
    return model::Refuse(v1::Refusal::POSITION_UNAVAILABLE,
                         model::Concat("from_position ", next_position_, " lies ahead of the log, which has ", size,
                                       " entries: is it the same ledger?"));
  }
  std::vector<v1::WatchResponse> told;
  const absl::StatusOr<views::ViewRead> read = engine_.Read(views::kSupportView, v1::AsOf(), absl::InfinitePast());
  const bool folded_nothing = model::ReasonOf(read.status()) == v1::Refusal::POSITION_UNAVAILABLE;
  if (!read.ok() && !folded_nothing) return read.status();
  const uint64_t folded = folded_nothing ? 0 : read->as_of.position() + 1;
  if (!begun_ && folded < size_at_start_) {
    // Names are looked up in all that was recorded when the watcher came.
    if (absl::Status folding = CheckFolding(); !folding.ok()) return folding;
    return told;
  }
  if (absl::Status begun = Begin(*read->rows); !begun.ok()) return begun;
  size_t bytes = 0;
  for (uint64_t looked_at = 0; next_position_ < folded && looked_at < kMaxEntriesInTurn && bytes < kMaxBytesInTurn;
       ++looked_at) {
    const size_t before = told.size();
    if (absl::Status status = LookAt(next_position_, *read->rows, told); !status.ok()) return status;
    if (told.size() > before) bytes += told.back().ByteSizeLong();
    told_caught_up_ = false;
  }
  if (next_position_ >= folded && !told_caught_up_) {
    told.push_back(CaughtUp());
    told_caught_up_ = true;
  }
  // Nothing that concerns the watcher: it is told how far that holds.
  if (told.empty() && next_position_ < folded) told.emplace_back().set_next_position(next_position_);
  if (!told.empty()) return told;
  if (absl::Status folding = CheckFolding(); !folding.ok()) return folding;
  return told;
}

absl::Status WatchSource::Begin(const views::RowReader& rows) {
  if (begun_) return absl::OkStatus();
  absl::StatusOr<views::WatchedEnds> ends = views::FindWatchedEnds(request_, rows);
  if (!ends.ok()) return ends.status();
  ends_ = *std::move(ends);
  begun_ = true;
  return absl::OkStatus();
}

absl::Status WatchSource::LookAt(uint64_t position, const views::RowReader& rows,
                                 std::vector<v1::WatchResponse>& told) {
  if (!events_.has_value()) {
    absl::StatusOr<views::EventReader> events = views::EventReader::At(log_.journal(), position);
    if (!events.ok()) return events.status();
    events_ = *std::move(events);
  }
  const absl::StatusOr<views::Event> event = events_->Next();
  if (!event.ok()) return event.status();
  absl::StatusOr<v1::EntryChanges> changes = views::FindEntryChanges(*event, ends_, rows);
  if (!changes.ok()) return changes.status();
  next_position_ = position + 1;
  if (!ends_.everything() && changes->assertions().empty()) return absl::OkStatus();
  changes->set_contents(ContentsOf(*event));
  v1::WatchResponse& response = told.emplace_back();
  response.set_next_position(next_position_);
  *response.mutable_changes() = *std::move(changes);
  return absl::OkStatus();
}

v1::WatchResponse WatchSource::CaughtUp() const {
  v1::WatchResponse response;
  response.set_next_position(next_position_);
  response.mutable_caught_up()->set_log_size(log_.size());
  return response;
}

absl::Status WatchSource::CheckFolding() const {
  for (const v1::ViewStatus& view : engine_.Status()) {
    if (view.name() != views::kSupportView || view.state() != v1::ViewStatus::FAILED) continue;
    return model::Refuse(
        v1::Refusal::POSITION_UNAVAILABLE,
        model::Concat("view ", view.name(), " stopped at entry ", view.next_position(), ": ", view.last_error()));
  }
  return absl::OkStatus();
}

}  // namespace sworn::api
