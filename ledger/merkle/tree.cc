#include "ledger/merkle/tree.h"

#include <algorithm>
#include <bit>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace sworn::merkle {
namespace {

// Leaves [begin, end) of a tree. `begin` is a multiple of the first power of two that is not below `end - begin`, as it
// is for every subtree RFC 6962 speaks of.
struct LeafRange {
  uint64_t begin;
  uint64_t end;
  uint64_t size() const { return end - begin; }
  // Where section 2.1 splits a tree of more than one leaf: after the largest power of two below its size.
  uint64_t split() const { return begin + std::bit_floor(size() - 1); }
};

absl::StatusOr<Hash> RangeRoot(LeafRange range, const NodeReader& read_node) {
  if (std::has_single_bit(range.size())) {
    const int level = std::countr_zero(range.size());
    return read_node({static_cast<uint8_t>(level), range.begin >> static_cast<unsigned>(level)});
  }
  absl::StatusOr<Hash> left = RangeRoot({range.begin, range.split()}, read_node);
  if (!left.ok()) return left;
  absl::StatusOr<Hash> right = RangeRoot({range.split(), range.end}, read_node);
  if (!right.ok()) return right;
  return NodeHash(*left, *right);
}

// Roots of the ranges, last one first.
absl::StatusOr<std::vector<Hash>> RootsReversed(std::vector<LeafRange> ranges, const NodeReader& read_node) {
  std::reverse(ranges.begin(), ranges.end());
  std::vector<Hash> roots;
  roots.reserve(ranges.size());
  for (const LeafRange range : ranges) {
    const absl::StatusOr<Hash> root = RangeRoot(range, read_node);
    if (!root.ok()) return root.status();
    roots.push_back(*root);
  }
  return roots;
}

absl::Status CheckSize(uint64_t size) {
  if (size <= kMaxTreeSize) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("a tree of ", size, " leaves is larger than 2^56"));
}

// One step up both trees of a consistency proof, or up one tree and along its right edge.
void StepUp(uint64_t& first, uint64_t& second) {
  first >>= 1U;
  second >>= 1U;
}

bool IsOdd(uint64_t number) { return (number & 1U) != 0; }

// On the right edge a node without a sibling moves up until it is a right child.
void SkipMissingSiblings(uint64_t& first, uint64_t& second) {
  while (!IsOdd(first) && first != 0) StepUp(first, second);
}

// RFC 9162, section 2.1.4.2, for 0 < old_size < new_size.
bool IsContinued(uint64_t old_size, uint64_t new_size, const Hash& old_root, const Hash& new_root,
                 absl::Span<const Hash> path) {
  // A complete old tree is itself the first node of the path, and is not sent.
  std::vector<Hash> nodes;
  if (std::has_single_bit(old_size)) nodes.push_back(old_root);
  nodes.insert(nodes.end(), path.begin(), path.end());
  if (path.empty()) return false;
  uint64_t node = old_size - 1;
  uint64_t last_node = new_size - 1;
  while (IsOdd(node)) StepUp(node, last_node);
  Hash old_hash = nodes.front();
  Hash new_hash = nodes.front();
  for (const Hash& sibling : absl::MakeConstSpan(nodes).subspan(1)) {
    if (last_node == 0) return false;
    if (IsOdd(node) || node == last_node) {
      old_hash = NodeHash(sibling, old_hash);
      new_hash = NodeHash(sibling, new_hash);
      SkipMissingSiblings(node, last_node);
    } else {
      new_hash = NodeHash(new_hash, sibling);
    }
    StepUp(node, last_node);
  }
  return last_node == 0 && old_hash == old_root && new_hash == new_root;
}

bool IsConsistent(uint64_t old_size, uint64_t new_size, const Hash& old_root, const Hash& new_root,
                  absl::Span<const Hash> path) {
  if (old_size > new_size) return false;
  if (old_size == 0) return path.empty() && old_root == EmptyRoot();
  if (old_size == new_size) return path.empty() && old_root == new_root;
  return IsContinued(old_size, new_size, old_root, new_root, path);
}

}  // namespace

absl::StatusOr<Tree> Tree::Restore(uint64_t size, const NodeReader& read_node) {
  if (absl::Status status = CheckSize(size); !status.ok()) return status;
  Tree tree;
  tree.size_ = size;
  for (uint64_t begin = 0; begin < size;) {
    const uint64_t peak_size = std::bit_floor(size - begin);
    const absl::StatusOr<Hash> peak = RangeRoot({begin, begin + peak_size}, read_node);
    if (!peak.ok()) return peak.status();
    tree.peaks_.push_back(*peak);
    begin += peak_size;
  }
  return tree;
}

void Tree::Append(const Hash& leaf_hash, std::vector<Node>& completed) {
  Hash hash = leaf_hash;
  completed.push_back({{0, size_}, hash});
  uint8_t level = 0;
  for (uint64_t left = size_; IsOdd(left); left >>= 1U) {
    hash = NodeHash(peaks_.back(), hash);
    peaks_.pop_back();
    ++level;
    completed.push_back({{level, left >> 1U}, hash});
  }
  peaks_.push_back(hash);
  ++size_;
}

Hash Tree::Root() const {
  if (peaks_.empty()) return EmptyRoot();
  Hash root = peaks_.back();
  for (auto peak = peaks_.rbegin() + 1; peak != peaks_.rend(); ++peak) root = NodeHash(*peak, root);
  return root;
}

std::vector<NodeId> NodesCompletedBy(uint64_t index) {
  std::vector<NodeId> completed = {{0, index}};
  for (uint64_t left = index; IsOdd(left); left >>= 1U) {
    completed.push_back({static_cast<uint8_t>(completed.back().level + 1), left >> 1U});
  }
  return completed;
}

absl::StatusOr<Hash> RootAt(uint64_t size, const NodeReader& read_node) {
  if (absl::Status status = CheckSize(size); !status.ok()) return status;
  if (size == 0) return EmptyRoot();
  return RangeRoot({0, size}, read_node);
}

absl::StatusOr<std::vector<Hash>> InclusionPath(uint64_t index, uint64_t size, const NodeReader& read_node) {
  if (absl::Status status = CheckSize(size); !status.ok()) return status;
  if (index >= size) {
    return absl::InvalidArgumentError(absl::StrCat("leaf ", index, " is not in a tree of ", size, " leaves"));
  }
  std::vector<LeafRange> siblings;  // from the root down
  for (LeafRange range{0, size}; range.size() > 1;) {
    const uint64_t split = range.split();
    if (index < split) {
      siblings.push_back({split, range.end});
      range.end = split;
    } else {
      siblings.push_back({range.begin, split});
      range.begin = split;
    }
  }
  return RootsReversed(std::move(siblings), read_node);
}

absl::StatusOr<std::vector<NodeId>> NodesOfInclusionPath(uint64_t index, uint64_t size) {
  std::vector<NodeId> ids;
  const NodeReader note = [&ids](NodeId id) -> absl::StatusOr<Hash> {
    ids.push_back(id);
    return Hash{};
  };
  if (const absl::StatusOr<std::vector<Hash>> path = InclusionPath(index, size, note); !path.ok()) return path.status();
  return ids;
}

absl::StatusOr<std::vector<Hash>> ConsistencyPath(uint64_t old_size, uint64_t new_size, const NodeReader& read_node) {
  if (absl::Status status = CheckSize(new_size); !status.ok()) return status;
  if (old_size > new_size) {
    return absl::InvalidArgumentError(
        absl::StrCat("a tree of ", new_size, " leaves cannot continue one of ", old_size));
  }
  if (old_size == 0) return std::vector<Hash>();
  std::vector<LeafRange> ranges;  // from the root down
  LeafRange range{0, new_size};
  while (range.end != old_size) {
    const uint64_t split = range.split();
    if (old_size <= split) {
      ranges.push_back({split, range.end});
      range.end = split;
    } else {
      ranges.push_back({range.begin, split});
      range.begin = split;
    }
  }
  // The old root itself is left out: the verifier has it.
  if (range.begin != 0) ranges.push_back(range);
  return RootsReversed(std::move(ranges), read_node);
}

absl::Status VerifyInclusion(uint64_t index, uint64_t size, const Hash& leaf_hash, absl::Span<const Hash> path,
                             const Hash& root) {
  if (index >= size) {
    return absl::InvalidArgumentError(absl::StrCat("leaf ", index, " is not in a tree of ", size, " leaves"));
  }
  // The names of RFC 9162, section 2.1.3.2: fn, sn and r.
  uint64_t node = index;
  uint64_t last_node = size - 1;
  Hash hash = leaf_hash;
  for (const Hash& sibling : path) {
    if (last_node == 0) return absl::InvalidArgumentError("the inclusion path is too long for the tree");
    if (IsOdd(node) || node == last_node) {
      hash = NodeHash(sibling, hash);
      SkipMissingSiblings(node, last_node);
    } else {
      hash = NodeHash(hash, sibling);
    }
    StepUp(node, last_node);
  }
  if (last_node != 0) return absl::InvalidArgumentError("the inclusion path is too short for the tree");
  if (hash != root) return absl::InvalidArgumentError("the inclusion path does not lead from the leaf to the root");
  return absl::OkStatus();
}

absl::Status VerifyConsistency(uint64_t old_size, uint64_t new_size, const Hash& old_root, const Hash& new_root,
                               absl::Span<const Hash> path) {
  if (IsConsistent(old_size, new_size, old_root, new_root, path)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("the tree of ", new_size, " leaves is not shown to continue the one of ", old_size));
}

std::vector<Hash> InclusionPathOfLeaves(uint64_t index, absl::Span<const Hash> leaf_hashes) {
  const NodeReader compute = [&](NodeId id) -> absl::StatusOr<Hash> {
    return RootOfLeaves(leaf_hashes.subspan(id.index << id.level, size_t{1} << id.level));
  };
  // Fails only where there is no such leaf.
  return InclusionPath(index, leaf_hashes.size(), compute).value_or(std::vector<Hash>());
}

}  // namespace sworn::merkle
