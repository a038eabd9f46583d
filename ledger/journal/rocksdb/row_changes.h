// Changes to rows that are not committed yet: what a batch reads over the store, and what a table is written from.
//
// Most rows of a fold are written and never looked at before they are committed. So a change is only hashed when it is
// made; the keys are sorted in runs of some thousands, which are merged when an order is asked for. Keys and values lie
// one after the other in a few large blocks.
//
// Thread-safety: a RowChanges belongs to one thread.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

namespace sworn::journal {

class RowChanges {
 public:
  // Nothing: deleted.
  using Value = std::optional<std::string_view>;
  struct Change {
    std::string_view key;
    size_t index = 0;  // of its value
  };

  void Put(std::string_view key, std::string_view value) { Set(key, Keep(value)); }
  void Delete(std::string_view key) { Set(key, std::nullopt); }
  void Clear();

  // Null where the row was not changed. What is found stays until the next change, what it views until Clear.
  const Value* Find(std::string_view key) const;
  const Value& ValueOf(const Change& change) const { return values_[change.index]; }

  // Changes whose key begins with `prefix` and is not before `start`, in order.
  std::vector<Change> Under(std::string_view prefix, std::string_view start);
  // All of them, in order.
  const std::vector<Change>& Sorted();

  // Of all keys and values ever written, also of those written over.
  size_t bytes() const { return bytes_; }

 private:
  using Run = std::vector<Change>;

  void Set(std::string_view key, Value value);
  std::string_view Keep(std::string_view bytes);
  void SortNewest();
  void MergeLastTwo();

  absl::flat_hash_map<absl::string_view, size_t> index_by_key_;
  std::vector<Value> values_;
  Run newest_;                      // in the order in which they were made
  std::vector<Run> runs_;           // each sorted, and more than twice as long as the one after it
  std::deque<std::string> blocks_;  // never grow beyond what they reserved, so that views into them stay
  size_t bytes_ = 0;
};

}  // namespace sworn::journal
