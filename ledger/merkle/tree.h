// An append-only RFC 6962 tree whose complete subtrees are kept as nodes, so that a root or a proof takes O(log n)
// reads.
//
// A node (level, index) is the root over the 2^level leaves that start at index * 2^level. Only nodes of complete
// subtrees are kept; they never change. Level 0 holds the leaf hashes.
//
// Thread-safety: a Tree belongs to one thread at a time; the proof functions are free of state.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "ledger/merkle/tree_hash.h"

namespace sworn::merkle {

// At most 2^56 leaves, so that no index computation overflows.
inline constexpr uint64_t kMaxTreeSize = uint64_t{1} << 56;

struct NodeId {
  uint8_t level = 0;
  uint64_t index = 0;
  bool operator==(const NodeId&) const = default;
};

struct Node {
  NodeId id;
  Hash hash{};
};

// Reads a kept node. NotFound or DataLoss are passed on to the caller of the proof functions.
using NodeReader = std::function<absl::StatusOr<Hash>(NodeId)>;

// The right edge of a tree: enough to append and to know the root. Holds at most 56 hashes.
class Tree {
 public:
  Tree() = default;
  // Restores the right edge of a tree of `size` leaves from kept nodes.
  static absl::StatusOr<Tree> Restore(uint64_t size, const NodeReader& read_node);

  // Appends one leaf; adds every node it completes, level 0 first, to `completed`.
  void Append(const Hash& leaf_hash, std::vector<Node>& completed);

  uint64_t size() const { return size_; }
  Hash Root() const;

 private:
  uint64_t size_ = 0;
  std::vector<Hash> peaks_;  // roots of the complete subtrees of the size's binary form, largest first
};

// The complete subtrees that end with the leaf at `index`, level 0 first: what appending that leaf completes.
std::vector<NodeId> NodesCompletedBy(uint64_t index);

// Root of the first `size` leaves of a tree whose nodes are kept at least that far.
absl::StatusOr<Hash> RootAt(uint64_t size, const NodeReader& read_node);

// RFC 6962, section 2.1.1: path of leaf `index` in the tree of `size` leaves, leaf's sibling first.
// InvalidArgument unless index < size.
absl::StatusOr<std::vector<Hash>> InclusionPath(uint64_t index, uint64_t size, const NodeReader& read_node);
// The nodes that InclusionPath reads, in its order, for who can read them all at once.
absl::StatusOr<std::vector<NodeId>> NodesOfInclusionPath(uint64_t index, uint64_t size);

// RFC 6962, section 2.1.2: that the tree of `new_size` leaves continues the one of `old_size`.
// Empty for old_size 0 or old_size == new_size. InvalidArgument unless old_size <= new_size.
absl::StatusOr<std::vector<Hash>> ConsistencyPath(uint64_t old_size, uint64_t new_size, const NodeReader& read_node);

// OK if the path ties the leaf to the root; InvalidArgument otherwise (RFC 9162, section 2.1.3.2).
absl::Status VerifyInclusion(uint64_t index, uint64_t size, const Hash& leaf_hash, absl::Span<const Hash> path,
                             const Hash& root);

// OK if the path ties the old root to the new one; InvalidArgument otherwise (RFC 9162, section 2.1.4.2).
absl::Status VerifyConsistency(uint64_t old_size, uint64_t new_size, const Hash& old_root, const Hash& new_root,
                               absl::Span<const Hash> path);

// Paths over leaves held in memory, for the portion tree of a report. Empty unless `index` is one of them.
std::vector<Hash> InclusionPathOfLeaves(uint64_t index, absl::Span<const Hash> leaf_hashes);

}  // namespace sworn::merkle
