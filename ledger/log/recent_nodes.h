// The newest nodes of the tree, in memory, so that the receipts of a new group need no reads from the journal.
//
// Thread-safety: belongs to one thread at a time.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "absl/types/span.h"
#include "ledger/merkle/tree.h"

namespace sworn::log {

class RecentNodes {
 public:
  // Keeps at most this many nodes of each level.
  explicit RecentNodes(size_t max_per_level) : max_per_level_(max_per_level) {}

  // In the order the tree completed them.
  void Add(absl::Span<const merkle::Node> completed);
  std::optional<merkle::Hash> Find(merkle::NodeId id) const;

 private:
  struct Level {
    uint64_t first_index = 0;
    std::deque<merkle::Hash> hashes;
  };
  size_t max_per_level_;
  std::vector<Level> levels_;
};

}  // namespace sworn::log
