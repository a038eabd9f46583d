#include "ledger/proof/multiproof.h"

#include <algorithm>
#include <bit>

#include "absl/status/status.h"
#include "ledger/merkle/tree_hash.h"

namespace sworn::proof {
namespace {

using merkle::Hash;

uint64_t SizeOf(LeafRange range) { return range.end - range.begin; }

// Where RFC 6962, section 2.1, splits a tree of more than one leaf: after the largest power of two below its size.
uint64_t SplitOf(LeafRange range) { return range.begin + std::bit_floor(SizeOf(range) - 1); }

absl::StatusOr<Hash> RootWithoutLeaves(LeafRange range, const SubtreeReader& read, SubtreeRoots& known) {
  if (const auto found = known.find(range); found != known.end()) return found->second;
  absl::StatusOr<Hash> root = read(range);
  if (root.ok()) known.emplace(range, *root);
  return root;
}

}  // namespace

// Halves the range at each step, so at most 64 deep.
absl::StatusOr<Hash> RootOver(LeafRange range, absl::Span<const Leaf> leaves, const SubtreeReader& read,
                              SubtreeRoots& known) {
  if (leaves.empty()) return RootWithoutLeaves(range, read, known);
  Hash root = leaves.front().hash;
  if (SizeOf(range) > 1) {
    const uint64_t split = SplitOf(range);
    const auto* const middle =
        std::partition_point(leaves.begin(), leaves.end(), [split](const Leaf& leaf) { return leaf.index < split; });
    const auto left_count = static_cast<size_t>(middle - leaves.begin());
    const absl::StatusOr<Hash> left = RootOver({range.begin, split}, leaves.subspan(0, left_count), read, known);
    if (!left.ok()) return left.status();
    const absl::StatusOr<Hash> right = RootOver({split, range.end}, leaves.subspan(left_count), read, known);
    if (!right.ok()) return right.status();
    root = merkle::NodeHash(*left, *right);
  }
  known[range] = root;
  return root;
}

std::vector<LeafRange> SiblingsOf(uint64_t index, uint64_t size) {
  std::vector<LeafRange> siblings;
  if (index >= size) return siblings;
  for (LeafRange range{0, size}; SizeOf(range) > 1;) {
    const uint64_t split = SplitOf(range);
    const LeafRange left{range.begin, split};
    const LeafRange right{split, range.end};
    siblings.push_back(index < split ? right : left);
    range = index < split ? left : right;
  }
  std::reverse(siblings.begin(), siblings.end());
  return siblings;
}

absl::StatusOr<Hash> SubtreeRoot(LeafRange range, const merkle::NodeReader& read_node) {
  if (std::has_single_bit(SizeOf(range))) {
    const int level = std::countr_zero(SizeOf(range));
    return read_node({static_cast<uint8_t>(level), range.begin >> static_cast<unsigned>(level)});
  }
  const absl::StatusOr<Hash> left = SubtreeRoot({range.begin, SplitOf(range)}, read_node);
  if (!left.ok()) return left.status();
  const absl::StatusOr<Hash> right = SubtreeRoot({SplitOf(range), range.end}, read_node);
  if (!right.ok()) return right.status();
  return merkle::NodeHash(*left, *right);
}

absl::StatusOr<Hash> HashReader::Take() {
  if (left_.size() < sizeof(Hash)) return absl::InvalidArgumentError("tree nodes are missing");
  absl::StatusOr<Hash> hash = crypto::HashFromBytes(left_.substr(0, sizeof(Hash)));
  left_.remove_prefix(sizeof(Hash));
  return hash;
}

}  // namespace sworn::proof
