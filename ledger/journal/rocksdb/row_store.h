// Rows of the views: an ordered map of byte strings with atomic batches and snapshots, in a database of its own that
// can be deleted at any time and is rebuilt from the log. Small batches are not synced, large ones are: after a crash
// the store is at an earlier, consistent state.
//
// Thread-safety: RowStore and RowSnapshot from any thread; a RowBatch belongs to one thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sworn::journal {

// Called for each row in key order; false ends the scan.
using RowVisitor = std::function<bool(std::string_view key, std::string_view value)>;

// Rows as they were when the snapshot was taken.
class RowSnapshot {
 public:
  ~RowSnapshot();
  RowSnapshot(const RowSnapshot&) = delete;
  RowSnapshot& operator=(const RowSnapshot&) = delete;
  RowSnapshot(RowSnapshot&&) = delete;
  RowSnapshot& operator=(RowSnapshot&&) = delete;
  absl::StatusOr<std::optional<std::string>> Get(std::string_view key) const;
  // Rows whose key begins with `prefix` and is not before `start` (empty: from the first), in order.
  absl::Status Scan(std::string_view prefix, std::string_view start, const RowVisitor& visit) const;

 private:
  friend class RowStore;
  struct State;
  explicit RowSnapshot(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Writes that become visible together. Reads through the batch see its own writes. A visitor must not write to the
// batch it is scanning.
class RowBatch {
 public:
  ~RowBatch();
  RowBatch(const RowBatch&) = delete;
  RowBatch& operator=(const RowBatch&) = delete;
  RowBatch(RowBatch&&) = delete;
  RowBatch& operator=(RowBatch&&) = delete;
  void Put(std::string_view key, std::string_view value);
  void Delete(std::string_view key);
  absl::StatusOr<std::optional<std::string>> Get(std::string_view key) const;
  absl::Status Scan(std::string_view prefix, std::string_view start, const RowVisitor& visit) const;
  // Approximate size in bytes of what was written so far.
  size_t bytes() const;

 private:
  friend class RowStore;
  struct State;
  explicit RowBatch(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

class RowStore {
 public:
  // Opens or creates; a damaged store is an error that says it may be deleted.
  static absl::StatusOr<std::unique_ptr<RowStore>> Open(const std::string& directory);
  // An existing store, beside a process that writes to it; NotFound where there is none.
  static absl::StatusOr<std::unique_ptr<RowStore>> OpenReadOnly(const std::string& directory);
  // A store in memory, for tests and for replays that are thrown away.
  static absl::StatusOr<std::unique_ptr<RowStore>> OpenInMemory();
  ~RowStore();
  RowStore(const RowStore&) = delete;
  RowStore& operator=(const RowStore&) = delete;
  RowStore(RowStore&&) = delete;
  RowStore& operator=(RowStore&&) = delete;

  std::unique_ptr<RowSnapshot> Snapshot() const;
  std::unique_ptr<RowBatch> NewBatch() const;
  // Empties the batch. A large one (4 MiB) becomes a table of its own at once, without the write-ahead log: it is there
  // as a whole or not at all.
  absl::Status Commit(RowBatch& batch);
  // Every row whose key begins with `prefix`.
  absl::Status DeletePrefix(std::string_view prefix);

 private:
  struct State;
  explicit RowStore(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace sworn::journal
