#include "ledger/merkle/tree.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sworn::merkle {
namespace {

Hash HashOf(const std::string& hex) { return crypto::HashFromBytes(crypto::FromHex(hex).value()).value(); }

std::vector<std::string> InHex(const std::vector<Hash>& hashes) {
  std::vector<std::string> hex;
  hex.reserve(hashes.size());
  for (const Hash& hash : hashes) hex.push_back(crypto::ToHex(hash));
  return hex;
}

std::vector<Hash> FromHex(const std::vector<std::string>& hex) {
  std::vector<Hash> hashes;
  hashes.reserve(hex.size());
  for (const std::string& text : hex) hashes.push_back(HashOf(text));
  return hashes;
}

// A tree whose kept nodes are held in memory.
class MemoryTree {
 public:
  void Append(const Hash& leaf_hash) {
    std::vector<Node> completed;
    tree_.Append(leaf_hash, completed);
    for (const Node& node : completed) {
      EXPECT_TRUE(nodes_.emplace(std::pair(node.id.level, node.id.index), node.hash).second) << "kept twice";
    }
    leaves_.push_back(leaf_hash);
  }
  NodeReader reader() const {
    return [this](NodeId id) -> absl::StatusOr<Hash> {
      ++reads;
      const auto node = nodes_.find({id.level, id.index});
      if (node == nodes_.end()) return absl::NotFoundError(absl::StrCat("node ", id.level, "/", id.index));
      return node->second;
    };
  }
  const Tree& tree() const { return tree_; }
  size_t node_count() const { return nodes_.size(); }
  // The slow and obvious root.
  Hash Root(size_t size) const { return RootOfLeaves(absl::MakeConstSpan(leaves_).first(size)); }
  const std::vector<Hash>& leaves() const { return leaves_; }

  mutable size_t reads = 0;

 private:
  Tree tree_;
  std::map<std::pair<uint8_t, uint64_t>, Hash> nodes_;
  std::vector<Hash> leaves_;
};

MemoryTree NumberedTree(uint64_t size) {
  MemoryTree tree;
  for (uint64_t index = 0; index < size; ++index) tree.Append(LeafHash(absl::StrCat("leaf ", index)));
  return tree;
}

// The published test data of Certificate Transparency's reference implementation.
std::vector<std::string> ReferenceLeaves() {
  return {"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"};
}

std::vector<std::string> ReferenceRoots() {
  return {"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
          "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
          "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
          "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
          "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
          "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
          "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
          "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
          "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};
}

MemoryTree ReferenceTree() {
  MemoryTree tree;
  for (const std::string& leaf : ReferenceLeaves()) tree.Append(LeafHash(crypto::FromHex(leaf).value()));
  return tree;
}

TEST(ReferenceVectors, Roots) {
  MemoryTree tree;
  EXPECT_EQ(crypto::ToHex(tree.tree().Root()), ReferenceRoots()[0]);
  EXPECT_EQ(crypto::ToHex(EmptyRoot()), ReferenceRoots()[0]);
  for (size_t size = 1; size < ReferenceRoots().size(); ++size) {
    tree.Append(LeafHash(crypto::FromHex(ReferenceLeaves()[size - 1]).value()));
    EXPECT_EQ(crypto::ToHex(tree.tree().Root()), ReferenceRoots()[size]) << size;
    EXPECT_EQ(crypto::ToHex(tree.Root(size)), ReferenceRoots()[size]) << size;
    EXPECT_EQ(crypto::ToHex(*RootAt(size, tree.reader())), ReferenceRoots()[size]) << size;
  }
}

struct ReferencePath {
  uint64_t first;  // leaf index or old size
  uint64_t size;
  std::vector<std::string> path;
};

TEST(ReferenceVectors, InclusionPaths) {
  const MemoryTree tree = ReferenceTree();
  const std::vector<ReferencePath> vectors = {
      {0, 1, {}},
      {0,
       8,
       {"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"}},
      {5,
       8,
       {"bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"}},
      {2, 3, {"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"}},
      {1,
       5,
       {"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"}},
  };
  for (const ReferencePath& vector : vectors) {
    EXPECT_EQ(InHex(*InclusionPath(vector.first, vector.size, tree.reader())), vector.path);
    EXPECT_EQ(InHex(InclusionPathOfLeaves(vector.first, absl::MakeConstSpan(tree.leaves()).first(vector.size))),
              vector.path);
    EXPECT_TRUE(VerifyInclusion(vector.first, vector.size, tree.leaves()[vector.first], FromHex(vector.path),
                                HashOf(ReferenceRoots()[vector.size]))
                    .ok());
  }
}

TEST(ReferenceVectors, ConsistencyPaths) {
  const MemoryTree tree = ReferenceTree();
  const std::vector<ReferencePath> vectors = {
      {1, 1, {}},
      {1,
       8,
       {"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"}},
      {6,
       8,
       {"0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"}},
      {2,
       5,
       {"5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"}},
  };
  for (const ReferencePath& vector : vectors) {
    EXPECT_EQ(InHex(*ConsistencyPath(vector.first, vector.size, tree.reader())), vector.path);
    EXPECT_TRUE(VerifyConsistency(vector.first, vector.size, HashOf(ReferenceRoots()[vector.first]),
                                  HashOf(ReferenceRoots()[vector.size]), FromHex(vector.path))
                    .ok());
  }
}

TEST(Tree, EveryPathOfEverySmallTreeVerifies) {
  constexpr uint64_t kSize = 70;
  const MemoryTree tree = NumberedTree(kSize);
  for (uint64_t size = 0; size <= kSize; ++size) {
    const Hash root = tree.Root(size);
    EXPECT_EQ(*RootAt(size, tree.reader()), root);
    EXPECT_EQ(Tree::Restore(size, tree.reader())->Root(), root);
    for (uint64_t index = 0; index < size; ++index) {
      const std::vector<Hash> path = InclusionPath(index, size, tree.reader()).value();
      EXPECT_TRUE(VerifyInclusion(index, size, tree.leaves()[index], path, root).ok()) << index << " of " << size;
      EXPECT_EQ(path, InclusionPathOfLeaves(index, absl::MakeConstSpan(tree.leaves()).first(size)));
      std::vector<NodeId> asked;
      const NodeReader noting = [&, read = tree.reader()](NodeId id) {
        asked.push_back(id);
        return read(id);
      };
      ASSERT_TRUE(InclusionPath(index, size, noting).ok());
      EXPECT_EQ(*NodesOfInclusionPath(index, size), asked);
    }
    for (uint64_t old_size = 0; old_size <= size; ++old_size) {
      const std::vector<Hash> path = ConsistencyPath(old_size, size, tree.reader()).value();
      EXPECT_TRUE(VerifyConsistency(old_size, size, tree.Root(old_size), root, path).ok()) << old_size << " " << size;
    }
  }
}

TEST(Tree, GoesOnAfterRestoring) {
  const MemoryTree whole = NumberedTree(40);
  for (uint64_t size = 0; size < 40; ++size) {
    Tree tree = Tree::Restore(size, whole.reader()).value();
    std::vector<Node> completed;
    for (uint64_t index = size; index < 40; ++index) tree.Append(whole.leaves()[index], completed);
    EXPECT_EQ(tree.Root(), whole.tree().Root()) << size;
    EXPECT_EQ(tree.size(), 40U);
    for (const Node& node : completed) EXPECT_EQ(*whole.reader()(node.id), node.hash);
  }
}

TEST(Tree, KeepsTheNodesOfCompleteSubtreesOnly) {
  // 13 leaves: 13 + 6 + 3 + 1.
  EXPECT_EQ(NumberedTree(13).node_count(), 23U);
}

TEST(Tree, ProofsNeedFewReads) {
  const MemoryTree tree = NumberedTree(5'000);
  constexpr size_t kFew = 26;  // twice the height
  for (const uint64_t index : {0, 1, 2'500, 4'096, 4'999}) {
    tree.reads = 0;
    ASSERT_TRUE(InclusionPath(index, 5'000, tree.reader()).ok());
    EXPECT_LE(tree.reads, kFew);
    tree.reads = 0;
    ASSERT_TRUE(ConsistencyPath(index + 1, 5'000, tree.reader()).ok());
    EXPECT_LE(tree.reads, kFew);
  }
}

TEST(Tree, PassesOnWhatTheReaderSays) {
  const NodeReader broken = [](NodeId) -> absl::StatusOr<Hash> { return absl::DataLossError("node 0/0 is damaged"); };
  EXPECT_EQ(Tree::Restore(3, broken).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(RootAt(3, broken).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(InclusionPath(1, 3, broken).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(ConsistencyPath(1, 3, broken).status().code(), absl::StatusCode::kDataLoss);
}

TEST(Tree, RefusesWhatIsOutOfRange) {
  const NodeReader reader = [](NodeId) -> absl::StatusOr<Hash> { return Hash{}; };
  EXPECT_EQ(InclusionPath(3, 3, reader).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(InclusionPath(0, 0, reader).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(NodesOfInclusionPath(3, 3).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ConsistencyPath(4, 3, reader).status().code(), absl::StatusCode::kInvalidArgument);
  for (const uint64_t size : {kMaxTreeSize + 1, UINT64_MAX}) {
    EXPECT_EQ(Tree::Restore(size, reader).status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(RootAt(size, reader).status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(InclusionPath(0, size, reader).status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(ConsistencyPath(1, size, reader).status().code(), absl::StatusCode::kInvalidArgument);
  }
  EXPECT_TRUE(InclusionPath(kMaxTreeSize - 1, kMaxTreeSize, reader).ok());
  EXPECT_TRUE(InclusionPathOfLeaves(3, {Hash{}, Hash{}}).empty());
  EXPECT_FALSE(VerifyInclusion(0, 0, Hash{}, {}, EmptyRoot()).ok());
  EXPECT_FALSE(VerifyInclusion(UINT64_MAX, UINT64_MAX, Hash{}, {}, Hash{}).ok());
}

TEST(VerifyConsistency, EdgesAreChecked) {
  const MemoryTree tree = NumberedTree(8);
  const Hash root = tree.Root(8);
  EXPECT_TRUE(VerifyConsistency(0, 8, EmptyRoot(), root, {}).ok());
  EXPECT_FALSE(VerifyConsistency(0, 8, root, root, {}).ok()) << "not the empty root";
  EXPECT_FALSE(VerifyConsistency(0, 8, EmptyRoot(), root, {root}).ok()) << "needless path";
  EXPECT_FALSE(VerifyConsistency(8, 8, root, tree.Root(7), {}).ok()) << "same size, other root";
  EXPECT_FALSE(VerifyConsistency(8, 8, root, root, {root}).ok()) << "needless path";
  EXPECT_FALSE(VerifyConsistency(8, 7, root, tree.Root(7), {}).ok()) << "shrinks";
  EXPECT_FALSE(VerifyConsistency(4, 8, root, root, {}).ok()) << "no path";
}

// Hashing on above the root would lead to whatever root somebody chose.
TEST(Verification, PathsEndAtTheRoot) {
  const MemoryTree tree = NumberedTree(6);
  const Hash above = LeafHash("above");
  std::vector<Hash> path = InclusionPath(5, 6, tree.reader()).value();
  path.push_back(above);
  EXPECT_FALSE(VerifyInclusion(5, 6, tree.leaves()[5], path, NodeHash(above, tree.Root(6))).ok());
  EXPECT_FALSE(VerifyInclusion(5, 6, tree.leaves()[5], path, NodeHash(tree.Root(6), above)).ok());
  EXPECT_FALSE(VerifyInclusion(0, 1, tree.leaves()[0], {above}, NodeHash(above, tree.leaves()[0])).ok());
  path = ConsistencyPath(5, 6, tree.reader()).value();
  path.push_back(above);
  EXPECT_FALSE(VerifyConsistency(5, 6, NodeHash(above, tree.Root(5)), NodeHash(above, tree.Root(6)), path).ok());
}

struct Sizes {
  uint64_t first;
  uint64_t size;
};

// Some leaf, or old size, of some tree.
Sizes AnySizes(uint64_t least_first) {
  const uint64_t size = *rc::gen::inRange<uint64_t>(least_first + 1, 300);
  return {*rc::gen::inRange<uint64_t>(least_first, size), size};
}

void FlipABit(Hash& hash) {
  const auto bit = *rc::gen::inRange<size_t>(0, 256);
  hash[bit / 8] ^= static_cast<uint8_t>(1U << bit % 8);
}

RC_GTEST_PROP(Inclusion, HoldsForTheLeafAndFailsOnAnyChange, ()) {
  const auto [index, size] = AnySizes(0);
  const MemoryTree tree = NumberedTree(size);
  const Hash root = tree.Root(size);
  const Hash leaf = tree.leaves()[index];
  const std::vector<Hash> path = InclusionPath(index, size, tree.reader()).value();
  RC_ASSERT(VerifyInclusion(index, size, leaf, path, root).ok());

  for (size_t element = 0; element < path.size(); ++element) {
    std::vector<Hash> changed = path;
    FlipABit(changed[element]);
    RC_ASSERT(!VerifyInclusion(index, size, leaf, changed, root).ok());
  }
  std::vector<Hash> longer = path;
  longer.push_back(root);
  RC_ASSERT(!VerifyInclusion(index, size, leaf, longer, root).ok());
  if (!path.empty()) {
    RC_ASSERT(!VerifyInclusion(index, size, leaf, absl::MakeConstSpan(path).subspan(1), root).ok());
  }
  const auto other = *rc::gen::inRange<uint64_t>(0, size + 3);
  if (other != index) RC_ASSERT(!VerifyInclusion(other, size, leaf, path, root).ok());
  Hash changed = leaf;
  FlipABit(changed);
  RC_ASSERT(!VerifyInclusion(index, size, changed, path, root).ok());
  changed = root;
  FlipABit(changed);
  RC_ASSERT(!VerifyInclusion(index, size, leaf, path, changed).ok());
}

// A path says nothing about the size where the shape along it is the same, so the size is changed to one that needs a
// path of another length.
RC_GTEST_PROP(Inclusion, FailsForASizeOfAnotherHeight, ()) {
  const auto [index, size] = AnySizes(0);
  const MemoryTree tree = NumberedTree(size);
  const std::vector<Hash> path = InclusionPath(index, size, tree.reader()).value();
  const auto other = *rc::gen::inRange<uint64_t>(0, 600);
  const NodeReader any = [](NodeId) -> absl::StatusOr<Hash> { return Hash{}; };
  const bool differs = index >= other || InclusionPath(index, other, any)->size() != path.size();
  RC_PRE(differs);
  RC_ASSERT(!VerifyInclusion(index, other, tree.leaves()[index], path, tree.Root(size)).ok());
}

RC_GTEST_PROP(Consistency, HoldsForThePrefixAndFailsOnAnyChange, ()) {
  const auto [old_size, size] = AnySizes(1);
  const MemoryTree tree = NumberedTree(size);
  const Hash root = tree.Root(size);
  const Hash old_root = tree.Root(old_size);
  const std::vector<Hash> path = ConsistencyPath(old_size, size, tree.reader()).value();
  RC_ASSERT(VerifyConsistency(old_size, size, old_root, root, path).ok());

  for (size_t element = 0; element < path.size(); ++element) {
    std::vector<Hash> changed = path;
    FlipABit(changed[element]);
    RC_ASSERT(!VerifyConsistency(old_size, size, old_root, root, changed).ok());
  }
  std::vector<Hash> longer = path;
  longer.push_back(root);
  RC_ASSERT(!VerifyConsistency(old_size, size, old_root, root, longer).ok());
  if (!path.empty()) {
    RC_ASSERT(!VerifyConsistency(old_size, size, old_root, root, absl::MakeConstSpan(path).subspan(1)).ok());
  }
  const auto other = *rc::gen::inRange<uint64_t>(0, size);
  if (other != old_size) RC_ASSERT(!VerifyConsistency(other, size, old_root, root, path).ok());
  Hash changed = old_root;
  FlipABit(changed);
  RC_ASSERT(!VerifyConsistency(old_size, size, changed, root, path).ok());
  changed = root;
  FlipABit(changed);
  RC_ASSERT(!VerifyConsistency(old_size, size, old_root, changed, path).ok());
}

RC_GTEST_PROP(Verification, NeverFailsOnNoise, (uint64_t first, uint64_t size, uint8_t length)) {
  const std::vector<Hash> path(length, LeafHash("noise"));
  RC_ASSERT(!VerifyInclusion(first, size, LeafHash("leaf"), path, LeafHash("root")).ok());
  RC_ASSERT(!VerifyConsistency(first, size, LeafHash("old"), LeafHash("new"), path).ok());
}

}  // namespace
}  // namespace sworn::merkle
