// One view's fold of the log into its rows: knows how far it got, and takes it further a batch at a time. A batch holds
// the rows, the times and the position it reached, so that a crash leaves all of them or none.
//
// Rows lie in the row space of their build ("support/1/c/…", view_build.h, versioned_rows.h), beside them
//   support/1/t/<inverted recorded time><inverted position>   which entry was the last at a time, by one seek
// and the state under "state/support/1".
//
// Thread-safety: a Fold belongs to one thread; the free functions are safe to call from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ledger/crypto/hash.h"
#include "ledger/journal/journal.h"
#include "ledger/journal/rocksdb/row_store.h"
#include "ledger/views/event_reader.h"
#include "ledger/views/view.h"
#include "ledger/views/view_build.h"

namespace sworn::views {

// Entries of one batch at most.
inline constexpr uint64_t kMaxBatchEntries = 5'000;

class Fold {
 public:
  // Goes on where the stored rows end. Rows that are not of this log (it was restored from an older copy, or replaced)
  // are deleted and built anew. `size` entries may be read; everything given must outlive the fold. Rows are those of
  // the view's version and of `generation`; from here on they are known to be there (ListBuilds).
  static absl::StatusOr<std::unique_ptr<Fold>> Open(const journal::Journal& journal, journal::RowStore& store,
                                                    const View& view, uint64_t size, uint32_t generation = 0);

  ViewBuild build() const { return build_; }
  uint64_t next_position() const { return next_position_; }

  // Folds and commits the next entries below `size`, one batch of them at most. After an error the view has reached the
  // entry before the one that failed.
  absl::Status Advance(uint64_t size);

 private:
  Fold(const journal::Journal& journal, journal::RowStore& store, const View& view, ViewBuild build);
  absl::Status FoldUntil(uint64_t end);
  // Answers the first position that was not folded into the batch.
  absl::StatusOr<uint64_t> FoldInto(journal::RowBatch& batch, uint64_t end);
  absl::Status DeleteRows();

  const journal::Journal& journal_;
  journal::RowStore& store_;
  const View& view_;
  const ViewBuild build_;
  const std::string row_space_;
  uint64_t next_position_ = 0;
  std::optional<EventReader> reader_;  // none after an error
};

// How far the rows of a snapshot are.
struct FoldedSoFar {
  uint64_t next_position = 0;
  absl::Time last_recorded_at;
};
absl::StatusOr<FoldedSoFar> ReadFoldedSoFar(const journal::RowSnapshot& snapshot, std::string_view view_name,
                                            ViewBuild build);

// Position of the last folded entry recorded at or before `time`; nothing where there is none.
absl::StatusOr<std::optional<uint64_t>> FindPositionAt(const journal::RowSnapshot& snapshot, std::string_view row_space,
                                                       absl::Time time);

// SHA-256 over rows in key order, each as length-prefixed key and value (64-bit big-endian).
absl::StatusOr<crypto::Hash> DigestOf(const RowReader& rows);

}  // namespace sworn::views
