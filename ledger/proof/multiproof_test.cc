#include "ledger/proof/multiproof.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <set>
#include <string>

#include "ledger/merkle/tree_hash.h"

namespace sworn::proof {
namespace {

using merkle::Hash;

std::vector<Hash> MakeLeaves(size_t size) {
  std::vector<Hash> leaves;
  for (size_t i = 0; i < size; ++i) leaves.push_back(merkle::LeafHash("leaf " + std::to_string(i)));
  return leaves;
}

Hash RootOfRange(const std::vector<Hash>& leaves, LeafRange range) {
  return merkle::RootOfLeaves(absl::MakeConstSpan(leaves).subspan(range.begin, range.end - range.begin));
}

std::vector<Leaf> Choose(const std::vector<Hash>& leaves, const std::set<size_t>& indexes) {
  std::vector<Leaf> chosen;
  for (const size_t index : indexes) chosen.push_back({index, leaves[index]});
  return chosen;
}

// A tree size, and some of its leaves.
rc::Gen<std::pair<size_t, std::set<size_t>>> AnyChoice() {
  return rc::gen::exec([] {
    const auto size = *rc::gen::inRange<size_t>(1, 300);
    const auto indexes = *rc::gen::nonEmpty(rc::gen::container<std::set<size_t>>(rc::gen::inRange<size_t>(0, size)));
    return std::make_pair(size, indexes);
  });
}

TEST(Multiproof, GivesTheRootFromLeavesAndTheNodesBetweenThem) {
  EXPECT_TRUE(rc::check("root", [] {
    const auto [size, indexes] = *AnyChoice();
    const std::vector<Hash> leaves = MakeLeaves(size);
    const std::vector<Leaf> chosen = Choose(leaves, indexes);
    std::string nodes;
    std::vector<LeafRange> asked;
    SubtreeRoots known;
    const absl::StatusOr<Hash> made = RootOver(
        {0, size}, chosen,
        [&](LeafRange range) -> absl::StatusOr<Hash> {
          asked.push_back(range);
          const Hash root = RootOfRange(leaves, range);
          nodes.append(crypto::AsBytes(root));
          return root;
        },
        known);
    RC_ASSERT(made.ok());
    RC_ASSERT(*made == merkle::RootOfLeaves(leaves));
    // From left to right, and none could be computed from the leaves.
    for (size_t i = 0; i < asked.size(); ++i) {
      // Not in one expression: to show it, RapidCheck evaluates both sides of an "or".
      const bool in_order = i == 0 || asked[i - 1].end <= asked[i].begin;
      RC_ASSERT(in_order);
      RC_ASSERT(indexes.lower_bound(asked[i].begin) == indexes.lower_bound(asked[i].end));
    }
    for (const auto& [range, root] : known) RC_ASSERT(root == RootOfRange(leaves, range));

    HashReader reader(nodes);
    SubtreeRoots read;
    const absl::StatusOr<Hash> checked = RootOver(
        {0, size}, chosen, [&reader](LeafRange) { return reader.Take(); }, read);
    RC_ASSERT(checked.ok());
    RC_ASSERT(reader.AtEnd());
    RC_ASSERT(*checked == *made);
    RC_ASSERT(read == known);
  }));
}

TEST(Multiproof, AsksForNothingThatIsKnown) {
  EXPECT_TRUE(rc::check("known", [] {
    const auto [size, indexes] = *AnyChoice();
    const std::vector<Hash> leaves = MakeLeaves(size);
    const uint64_t first = *indexes.begin();
    SubtreeRoots known;
    for (const LeafRange sibling : SiblingsOf(first, size)) known.emplace(sibling, RootOfRange(leaves, sibling));
    const auto never = [](LeafRange) -> absl::StatusOr<Hash> { return absl::InternalError("asked"); };
    const absl::StatusOr<Hash> root = RootOver({0, size}, Choose(leaves, {first}), never, known);
    RC_ASSERT(root.ok());
    RC_ASSERT(*root == merkle::RootOfLeaves(leaves));
  }));
}

TEST(Multiproof, AChangedLeafChangesTheRoot) {
  EXPECT_TRUE(rc::check("leaf", [] {
    const auto [size, indexes] = *AnyChoice();
    const std::vector<Hash> leaves = MakeLeaves(size);
    std::vector<Leaf> chosen = Choose(leaves, indexes);
    chosen[*rc::gen::inRange<size_t>(0, chosen.size())].hash[0] ^= 1U;
    SubtreeRoots known;
    // Even where the true root of a subtree that holds it is known.
    for (const Leaf& leaf : chosen) {
      for (const LeafRange sibling : SiblingsOf(leaf.index, size)) known[sibling] = RootOfRange(leaves, sibling);
    }
    const absl::StatusOr<Hash> root = RootOver(
        {0, size}, chosen, [&](LeafRange range) -> absl::StatusOr<Hash> { return RootOfRange(leaves, range); }, known);
    RC_ASSERT(root.ok());
    RC_ASSERT(*root != merkle::RootOfLeaves(leaves));
  }));
}

TEST(Multiproof, SiblingsAreThoseOfTheInclusionPath) {
  for (size_t size = 1; size < 70; ++size) {
    const std::vector<Hash> leaves = MakeLeaves(size);
    for (size_t index = 0; index < size; ++index) {
      std::vector<Hash> roots;
      for (const LeafRange sibling : SiblingsOf(index, size)) roots.push_back(RootOfRange(leaves, sibling));
      EXPECT_EQ(roots, merkle::InclusionPathOfLeaves(index, leaves)) << index << " of " << size;
    }
  }
  EXPECT_TRUE(SiblingsOf(1, 1).empty());
}

TEST(Multiproof, SubtreeRootsComeFromKeptNodes) {
  const std::vector<Hash> leaves = MakeLeaves(13);
  const merkle::NodeReader read_node = [&leaves](merkle::NodeId id) -> absl::StatusOr<Hash> {
    const uint64_t begin = id.index << id.level;
    const uint64_t end = begin + (uint64_t{1} << id.level);
    if (end > leaves.size()) return absl::NotFoundError("no such node");
    return RootOfRange(leaves, {begin, end});
  };
  for (const LeafRange range : std::vector<LeafRange>{{0, 1}, {0, 8}, {8, 12}, {8, 13}, {0, 13}, {12, 13}}) {
    const absl::StatusOr<Hash> root = SubtreeRoot(range, read_node);
    ASSERT_TRUE(root.ok()) << root.status();
    EXPECT_EQ(*root, RootOfRange(leaves, range));
  }
  EXPECT_FALSE(SubtreeRoot({0, 16}, read_node).ok());
}

TEST(HashReader, EndsWhereTheBytesDo) {
  const std::string bytes(70, 'x');
  HashReader reader(bytes);
  EXPECT_TRUE(reader.Take().ok());
  EXPECT_TRUE(reader.Take().ok());
  EXPECT_FALSE(reader.AtEnd());
  EXPECT_FALSE(reader.Take().ok()) << "six bytes are no hash";
}

}  // namespace
}  // namespace sworn::proof
