#include "ledger/views/fold.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "ledger/model/refusal.h"
#include "ledger/model/timestamp.h"
#include "ledger/views/text.h"
#include "ledger/views/versioned_rows.h"
#include "sworn/rows/v1/engine_rows.pb.h"

namespace sworn::views {
namespace {

using crypto::Hash;
using rows::v1::FoldState;

constexpr size_t kMaxBatchBytes = size_t{32} << 20U;

absl::StatusOr<FoldState> ReadState(const journal::RowSnapshot& snapshot, std::string_view view_name, ViewBuild build) {
  const absl::StatusOr<std::optional<std::string>> bytes = snapshot.Get(StateKeyOf(view_name, build));
  if (!bytes.ok()) return bytes.status();
  FoldState state;
  if (bytes->has_value() && !state.ParseFromString(**bytes)) {
    return model::Refuse(v1::Refusal::DAMAGED, Concat("the stored position of view ", view_name,
                                                      " is damaged; delete the views to rebuild them"));
  }
  return state;
}

// Whether the rows were folded from a log that begins as this one does.
absl::StatusOr<bool> IsOfThisLog(const FoldState& state, const journal::Journal& journal, uint64_t size) {
  if (state.next_position() == 0) return true;
  if (state.next_position() > size) return false;
  const absl::StatusOr<std::string> entry = journal.ReadEntry(state.next_position() - 1);
  if (!entry.ok()) return entry.status();
  return crypto::AsBytes(crypto::Sha256(*entry)) == state.last_entry_hash();
}

std::string TimePrefix(std::string_view row_space) { return Concat(row_space, "t/"); }

// Inverted, so that a seek from a time finds the last entry at or before it.
std::string InvertedTime(absl::Time time) {
  constexpr uint64_t kSignBit = uint64_t{1} << 63U;
  return EncodeBigEndian(~(static_cast<uint64_t>(absl::ToUnixNanos(time)) ^ kSignBit));
}

}  // namespace

Fold::Fold(const journal::Journal& journal, journal::RowStore& store, const View& view, ViewBuild build)
    : journal_(journal), store_(store), view_(view), build_(build), row_space_(RowSpaceOf(view.name(), build)) {}

absl::StatusOr<std::unique_ptr<Fold>> Fold::Open(const journal::Journal& journal, journal::RowStore& store,
                                                 const View& view, uint64_t size, uint32_t generation) {
  std::unique_ptr<Fold> fold(new Fold(journal, store, view, ViewBuild{view.version(), generation}));
  const absl::StatusOr<FoldState> state = ReadState(*store.Snapshot(), view.name(), fold->build_);
  if (!state.ok()) return state.status();
  const absl::StatusOr<bool> is_of_this_log = IsOfThisLog(*state, journal, size);
  if (!is_of_this_log.ok()) return is_of_this_log.status();
  if (*is_of_this_log && state->next_position() > 0) {
    fold->next_position_ = state->next_position();
    return fold;
  }
  if (absl::Status status = fold->DeleteRows(); !status.ok()) return status;
  return fold;
}

absl::Status Fold::Advance(uint64_t size) {
  if (next_position_ >= size) return absl::OkStatus();
  const uint64_t end = std::min(size, next_position_ + kMaxBatchEntries);
  absl::Status status = FoldUntil(end);
  if (status.ok()) return status;
  // Nothing of a failed batch was kept: what lies before the entry that failed is folded again, entry by entry.
  do {
    status = FoldUntil(next_position_ + 1);
  } while (status.ok() && next_position_ < end);
  return status;
}

absl::Status Fold::FoldUntil(uint64_t end) {
  const std::unique_ptr<journal::RowBatch> batch = store_.NewBatch();
  const absl::StatusOr<uint64_t> reached = FoldInto(*batch, end);
  absl::Status status = reached.ok() ? store_.Commit(*batch) : reached.status();
  if (!status.ok()) {
    reader_.reset();
    return status;
  }
  next_position_ = *reached;
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> Fold::FoldInto(journal::RowBatch& batch, uint64_t end) {
  if (!reader_.has_value()) {
    absl::StatusOr<EventReader> reader = EventReader::At(journal_, next_position_);
    if (!reader.ok()) return reader.status();
    reader_ = *std::move(reader);
  }
  VersionedWriter writer(batch, row_space_);
  FoldState state;
  uint64_t position = next_position_;
  while (position < end && batch.bytes() < kMaxBatchBytes) {
    const absl::StatusOr<Event> event = reader_->Next();
    if (!event.ok()) return event.status();
    writer.set_position(position);
    if (absl::Status status = view_.Apply(*event, writer); !status.ok()) {
      return model::WithContext(status, Concat("view ", view_.name(), ", entry ", position));
    }
    batch.Put(Concat(TimePrefix(row_space_), InvertedTime(event->recorded_at), EncodeBigEndian(~position)), "");
    *state.mutable_last_recorded_at() = model::ToTimestamp(event->recorded_at);
    ++position;
  }
  state.set_next_position(position);
  state.set_last_entry_hash(std::string(crypto::AsBytes(reader_->last_entry_hash())));
  batch.Put(StateKeyOf(view_.name(), build_), state.SerializeAsString());
  return position;
}

absl::Status Fold::DeleteRows() {
  // The position goes first: rows at none are never read, and are deleted when the fold is opened next.
  const std::unique_ptr<journal::RowBatch> batch = store_.NewBatch();
  batch->Put(StateKeyOf(view_.name(), build_), FoldState().SerializeAsString());
  if (absl::Status status = store_.Commit(*batch); !status.ok()) return status;
  return store_.DeletePrefix(row_space_);
}

absl::StatusOr<FoldedSoFar> ReadFoldedSoFar(const journal::RowSnapshot& snapshot, std::string_view view_name,
                                            ViewBuild build) {
  const absl::StatusOr<FoldState> state = ReadState(snapshot, view_name, build);
  if (!state.ok()) return state.status();
  return FoldedSoFar{.next_position = state->next_position(),
                     .last_recorded_at = model::ToTime(state->last_recorded_at())};
}

absl::StatusOr<std::optional<uint64_t>> FindPositionAt(const journal::RowSnapshot& snapshot, std::string_view row_space,
                                                       absl::Time time) {
  const std::string prefix = TimePrefix(row_space);
  std::optional<uint64_t> position;
  absl::Status scanned =
      snapshot.Scan(prefix, Concat(prefix, InvertedTime(time)), [&](std::string_view key, std::string_view) {
        constexpr size_t kNumberBytes = 8;
        if (key.size() == prefix.size() + 2 * kNumberBytes) {
          position = ~DecodeBigEndian(key.substr(prefix.size() + kNumberBytes));
        }
        return false;
      });
  if (!scanned.ok()) return scanned;
  return position;
}

absl::StatusOr<Hash> DigestOf(const RowReader& rows) {
  crypto::Sha256Hasher hasher;
  absl::Status scanned = rows.Scan("", [&](std::string_view key, std::string_view value) {
    hasher.Update(EncodeBigEndian(key.size())).Update(key).Update(EncodeBigEndian(value.size())).Update(value);
    return true;
  });
  if (!scanned.ok()) return scanned;
  return hasher.Finish();
}

}  // namespace sworn::views
