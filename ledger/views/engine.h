// Feeds the log to the views: catch-up at start, then entry by entry, with each view's position stored in the same
// batch as its rows. Every view is folded by a thread of its own: one that fails stops alone, at the entry before, and
// keeps answering from there until the engine is started again or the view is rebuilt.
//
// A new version of a view, and a rebuild, is built beside the rows that answer (view_build.h), by the same thread in
// turns, and replaces them in one write once it has caught up; the others are then deleted. It goes on where it stopped
// when the engine is started again. Rows of the same version are folded on meanwhile; those of an older version stay
// where they are, since this program cannot fold them, and answer only where it can read them
// (View::oldest_readable_version). Where nothing else can answer, the new rows do from the first entry on, as far as
// they are.
//
// Thread-safety: all members may be called from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ledger/crypto/hash.h"
#include "ledger/journal/journal.h"
#include "ledger/journal/rocksdb/row_store.h"
#include "ledger/views/view.h"
#include "sworn/v1/view_service.pb.h"

namespace sworn::views {

// A view's rows as of one position, with that position's time.
struct ViewRead {
  std::unique_ptr<RowReader> rows;
  v1::AnsweredAsOf as_of;
  uint32_t view_version = 0;  // of the rows
};

class ViewEngine {
 public:
  // `journal` must outlive the engine. `size` entries are safe to show at start (durable and signed).
  static absl::StatusOr<std::unique_ptr<ViewEngine>> Start(const journal::Journal& journal,
                                                           std::unique_ptr<journal::RowStore> rows,
                                                           std::vector<std::unique_ptr<View>> views, uint64_t size);
  ~ViewEngine();
  ViewEngine(const ViewEngine&) = delete;
  ViewEngine& operator=(const ViewEngine&) = delete;

  // There are now `size` entries to show. Does not block.
  void OnRecorded(uint64_t size);

  // Opens `view` for reading at `as_of`; waits until it has reached at_least_position, at most until `deadline`.
  // NotFound for an unknown view; POSITION_UNAVAILABLE for a position the log has not reached, or the view since it
  // failed, and for an empty log. Without a moment in `as_of` the answer is the latest position the view has reached.
  absl::StatusOr<ViewRead> Read(std::string_view view, const v1::AsOf& as_of, absl::Time deadline) const;

  // Waits until every view has folded the first `size` entries. DeadlineExceeded; the view's error where one failed.
  absl::Status WaitForSize(uint64_t size, absl::Time deadline) const;

  // Waits until `view` has folded `size` entries, at most until `deadline`; answers how many it has folded. 0 for an
  // unknown view.
  uint64_t AwaitFolded(std::string_view view, uint64_t size, absl::Time deadline) const;

  // Begins to rebuild `view` beside the rows that answer, or goes on with what stopped; does nothing while one is under
  // way. Does not block. NotFound.
  absl::Status Rebuild(std::string_view view);
  // Waits until nothing is built beside the rows of `view`. DeadlineExceeded, with how far it is; why it stopped.
  absl::Status WaitForRebuild(std::string_view view, absl::Time deadline) const;

  std::vector<v1::ViewStatus> Status() const;

  // SHA-256 over the sorted live rows of `view` as of a position, each as length-prefixed key and value (64-bit
  // big-endian). Does not wait for the view to reach it.
  absl::StatusOr<crypto::Hash> Digest(std::string_view view, uint64_t position) const;

 private:
  class Impl;
  explicit ViewEngine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Every view there is, newest versions.
std::vector<std::unique_ptr<View>> AllViews();

}  // namespace sworn::views
