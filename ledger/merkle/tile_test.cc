#include "ledger/merkle/tile.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace sworn::merkle {
namespace {

using Kind = TileId::Kind;

constexpr uint64_t kLargest = 70'000;

// One tree for all tests: its nodes never change, so it holds those of every smaller one.
class LargeTree {
 public:
  static const LargeTree& Get() {
    static const LargeTree tree;
    return tree;
  }
  NodeReader reader() const {
    return [this](NodeId id) -> absl::StatusOr<Hash> {
      if (id.level >= nodes_.size() || id.index >= nodes_[id.level].size()) return absl::NotFoundError("no such node");
      return nodes_[id.level][id.index];
    };
  }
  absl::Span<const Hash> leaves(uint64_t size) const { return absl::MakeConstSpan(nodes_[0]).first(size); }

 private:
  LargeTree() {
    Tree tree;
    std::vector<Node> completed;
    for (uint64_t index = 0; index < kLargest; ++index) tree.Append(LeafHash(absl::StrCat("leaf ", index)), completed);
    for (const Node& node : completed) {
      if (node.id.level >= nodes_.size()) nodes_.emplace_back();
      nodes_[node.id.level].push_back(node.hash);  // every level is completed from left to right
    }
  }
  std::vector<std::vector<Hash>> nodes_;
};

std::vector<uint64_t> PublishedSizes() { return {0, 1, 255, 256, 257, 65'535, 65'536, 65'537, kLargest}; }

// MTH(D[(n * 256 + i) * 256**l : (n * 256 + i + 1) * 256**l]) for each i, as the specification has it.
std::string TileByDefinition(const TileId& tile) {
  uint64_t leaves_per_hash = 1;
  for (int level = 0; level < tile.level; ++level) leaves_per_hash *= 256;
  std::string bytes;
  for (uint64_t i = 0; i < tile.width; ++i) {
    const uint64_t begin = (tile.index * 256 + i) * leaves_per_hash;
    const Hash hash = RootOfLeaves(LargeTree::Get().leaves(kLargest).subspan(begin, leaves_per_hash));
    bytes.append(crypto::AsBytes(hash));
  }
  return bytes;
}

// Tiles as a log publishes them for trees of these sizes, by path.
class Published {
 public:
  explicit Published(const std::vector<uint64_t>& sizes) {
    for (const uint64_t size : sizes) {
      for (const TileId& tile : TilesOfTree(size)) {
        tiles_[TilePath(tile)] = ReadTile(tile, LargeTree::Get().reader()).value();
      }
    }
  }
  TileReader reader() const {
    return [this](const TileId& tile) -> absl::StatusOr<std::string> {
      ++reads;
      const auto found = tiles_.find(TilePath(tile));
      if (found == tiles_.end()) return absl::NotFoundError(absl::StrCat("no ", TilePath(tile)));
      return found->second;
    };
  }
  std::map<std::string, std::string>& tiles() { return tiles_; }

  mutable size_t reads = 0;

 private:
  std::map<std::string, std::string> tiles_;
};

TEST(TilePath, IsWrittenAsTheSpecificationHasIt) {
  EXPECT_EQ(TilePath({Kind::kHashes, 0, 1'234'067}), "tile/0/x001/x234/067");
  EXPECT_EQ(TilePath({Kind::kHashes, 63, 0, 255}), "tile/63/000.p/255");
  EXPECT_EQ(TilePath({Kind::kHashes, 1, 999}), "tile/1/999");
  EXPECT_EQ(TilePath({Kind::kHashes, 1, 1'000, 1}), "tile/1/x001/000.p/1");
  EXPECT_EQ(TilePath({Kind::kEntries, 0, 0, 17}), "tile/entries/000.p/17");
  EXPECT_EQ(TilePath({Kind::kEntries, 0, 1'234'067}), "tile/entries/x001/x234/067");
  EXPECT_EQ(TilePath({Kind::kHashes, 0, UINT64_MAX, 9}), "tile/0/x018/x446/x744/x073/x709/x551/615.p/9");
}

TEST(TilePath, OtherWritingsAreRefused) {
  const std::vector<std::string> bad = {
      "",
      "tile",
      "tile/",
      "tile/0",
      "tile/0/",
      "tile//000",
      "/tile/0/000",
      "tiles/0/000",
      "TILE/0/000",
      "tile/00/000",
      "tile/01/000",
      "tile/+1/000",
      "tile/-1/000",
      "tile/64/000",
      "tile/256/000",
      "tile/18446744073709551616/000",
      "tile/data/000",
      "tile/Entries/000",
      "tile/entries",
      "tile/entries/",
      "tile/entries/0/000",
      "tile/0/0",
      "tile/0/00",
      "tile/0/0000",
      "tile/0/x000",
      "tile/0/x000/000",
      "tile/0/x000/x001/000",
      "tile/0/001/000",
      "tile/0/x001/x000",
      "tile/0/x1/000",
      "tile/0/X001/000",
      "tile/0/xx001/000",
      "tile/0/x001//000",
      "tile/0/x001/000/",
      "tile/0/1234067",
      "tile/0/x1234/067",
      "tile/0/-01",
      "tile/0/+01",
      "tile/0/ 01",
      "tile/0/0x1",
      "tile/0/00a",
      "tile/0/000 ",
      "tile/0/000\n",
      std::string("tile/0/000\0", 11),
      "tile/0/000/../001",
      "tile/0/..",
      "tile/0/%30%30%30",
      "tile/0/000?x",
      "tile/0/x018/x446/x744/x073/x709/x551/616",
      "tile/0/x001/x018/x446/x744/x073/x709/x551/615",
      "tile/0/000.p",
      "tile/0/000.p/",
      "tile/0/000.p/0",
      "tile/0/000.p/01",
      "tile/0/000.p/256",
      "tile/0/000.p/-1",
      "tile/0/000.p/1/",
      "tile/0/000.p/1.p/1",
      "tile/0/.p/1",
      "tile/0.p/1",
      "tile/0/000.P/1",
      "tile/0/000/.p/1",
      absl::StrCat("tile/0/", std::string(1'000'000, '0')),
  };
  for (const std::string& path : bad) {
    EXPECT_EQ(ParseTilePath(path).status().code(), absl::StatusCode::kInvalidArgument) << path;
  }
}

RC_GTEST_PROP(TilePath, RoundTrips, (uint64_t index, bool entries)) {
  const auto digits = *rc::gen::inRange<unsigned>(0, 64);
  const auto width = *rc::gen::inRange<uint16_t>(1, kTileWidth + 1);
  const auto level = *rc::gen::inRange<uint8_t>(0, kMaxTileLevel + 1);
  const TileId tile = entries ? TileId{Kind::kEntries, 0, index >> digits, width}
                              : TileId{Kind::kHashes, level, index >> digits, width};
  const auto again = ParseTilePath(TilePath(tile));
  RC_ASSERT(again.ok());
  RC_ASSERT(*again == tile);
}

RC_GTEST_PROP(TilePath, OneTileHasOnePath, (const std::string& noise)) {
  for (const std::string& path :
       {noise, absl::StrCat("tile/", noise), absl::StrCat("tile/0/", noise), absl::StrCat("tile/entries/000", noise)}) {
    const auto tile = ParseTilePath(path);
    if (tile.ok()) RC_ASSERT(TilePath(*tile) == path);
  }
}

// "A tree of size 70,000 will be represented by 273 full level 0 tiles, one partial level 0 tile of width 112, one full
// level 1 tile, one partial level 1 tile of width 17, and one partial level 2 tile of width 1."
TEST(TilesOfTree, AreThoseOfTheSpecificationsExample) {
  std::vector<TileId> expected;
  for (uint64_t index = 0; index < 273; ++index) expected.push_back({Kind::kHashes, 0, index});
  expected.push_back({Kind::kHashes, 0, 273, 112});
  expected.push_back({Kind::kHashes, 1, 0});
  expected.push_back({Kind::kHashes, 1, 1, 17});
  expected.push_back({Kind::kHashes, 2, 0, 1});
  EXPECT_EQ(TilesOfTree(70'000), expected);
  // "A tree of size 256 will be represented by a full level 0 tile and a partial level 1 tile of width 1."
  EXPECT_EQ(TilesOfTree(256), (std::vector<TileId>{{Kind::kHashes, 0, 0}, {Kind::kHashes, 1, 0, 1}}));
}

TEST(TilesOfTree, AreRightAroundEveryFullTile) {
  EXPECT_TRUE(TilesOfTree(0).empty());
  EXPECT_EQ(TilesOfTree(1), (std::vector<TileId>{{Kind::kHashes, 0, 0, 1}}));
  EXPECT_EQ(TilesOfTree(255), (std::vector<TileId>{{Kind::kHashes, 0, 0, 255}}));
  EXPECT_EQ(TilesOfTree(257),
            (std::vector<TileId>{{Kind::kHashes, 0, 0}, {Kind::kHashes, 0, 1, 1}, {Kind::kHashes, 1, 0, 1}}));
  EXPECT_EQ(TilesOfTree(65'535).size(), 256U + 1);  // 255 full and one of 255; one of 255
  EXPECT_EQ(TilesOfTree(65'535).back(), (TileId{Kind::kHashes, 1, 0, 255}));
  EXPECT_EQ(TilesOfTree(65'536).size(), 256U + 1 + 1);
  EXPECT_EQ(TilesOfTree(65'536).back(), (TileId{Kind::kHashes, 2, 0, 1}));
  EXPECT_EQ(TilesOfTree(65'537).size(), 257U + 1 + 1);
}

TEST(TreeHasTile, AgreesWithTheListOfItsTiles) {
  for (const uint64_t size : PublishedSizes()) {
    const std::vector<TileId> tiles = TilesOfTree(size);
    for (const TileId& tile : tiles) {
      EXPECT_TRUE(TreeHasTile(size, tile)) << size << " " << TilePath(tile);
      EXPECT_TRUE(TreeCoversTile(size, tile)) << size << " " << TilePath(tile);
      for (const int change : {-1, 1}) {
        TileId other = tile;
        other.width = static_cast<uint16_t>(other.width + change);
        EXPECT_FALSE(TreeHasTile(size, other)) << size << " " << TilePath(other) << " of " << other.width;
        EXPECT_EQ(TreeCoversTile(size, other), change < 0 && other.width > 0) << size << " " << TilePath(other);
      }
    }
    for (uint8_t level = 0; level < 4; ++level) {
      const auto on_level = std::count_if(tiles.begin(), tiles.end(), [&](TileId tile) { return tile.level == level; });
      for (uint16_t width = 1; width <= kTileWidth; ++width) {
        const TileId next{Kind::kHashes, level, static_cast<uint64_t>(on_level), width};
        EXPECT_FALSE(TreeHasTile(size, next) || TreeCoversTile(size, next)) << size << " " << TilePath(next);
      }
    }
  }
}

TEST(TreeHasTile, HoldsForEntriesAsForLeaves) {
  EXPECT_TRUE(TreeHasTile(70'000, {Kind::kEntries, 0, 273, 112}));
  EXPECT_FALSE(TreeHasTile(70'000, {Kind::kEntries, 0, 273, 111}));
  EXPECT_TRUE(TreeCoversTile(70'000, {Kind::kEntries, 0, 273, 111}));
  EXPECT_FALSE(TreeCoversTile(70'000, {Kind::kEntries, 0, 273, 113}));
  EXPECT_FALSE(TreeCoversTile(70'000, {Kind::kEntries, 1, 0, 1})) << "entries have no levels";
}

TEST(TreeHasTile, ExtremesAreRefused) {
  for (const uint64_t size : {uint64_t{0}, uint64_t{70'000}, kMaxTreeSize, UINT64_MAX}) {
    for (const TileId& tile :
         {TileId{Kind::kHashes, 0, UINT64_MAX}, TileId{Kind::kHashes, 8, 0, 1}, TileId{Kind::kHashes, 63, 0, 1},
          TileId{Kind::kHashes, 255, 0, 1}, TileId{Kind::kHashes, 0, 0, 0}, TileId{Kind::kHashes, 0, 0, 257}}) {
      EXPECT_FALSE(TreeHasTile(size, tile)) << size << " " << TilePath(tile);
      EXPECT_FALSE(TreeCoversTile(size, tile)) << size << " " << TilePath(tile);
    }
  }
  EXPECT_TRUE(TreeHasTile(kMaxTreeSize, {Kind::kHashes, 7, 0, 1}));
  EXPECT_TRUE(TreeHasTile(UINT64_MAX, {Kind::kHashes, 7, 0, 255}));
}

TEST(ReadTile, HoldsWhatTheSpecificationDefines) {
  for (const uint64_t size : PublishedSizes()) {
    for (const TileId& tile : TilesOfTree(size)) {
      const auto bytes = ReadTile(tile, LargeTree::Get().reader());
      ASSERT_TRUE(bytes.ok()) << bytes.status();
      ASSERT_EQ(bytes->size(), tile.width * 32U);
      ASSERT_TRUE(*bytes == TileByDefinition(tile)) << size << " " << TilePath(tile);
    }
  }
}

TEST(ReadTile, RefusesWhatIsNoTileOfHashes) {
  const NodeReader any = [](NodeId) -> absl::StatusOr<Hash> { return Hash{}; };
  for (const TileId& tile :
       {TileId{Kind::kEntries, 0, 0}, TileId{Kind::kHashes, 8, 0, 1}, TileId{Kind::kHashes, 32, 0, 1},
        TileId{Kind::kHashes, 0, UINT64_MAX}, TileId{Kind::kHashes, 0, 0, 0}, TileId{Kind::kHashes, 7, 0, 2}}) {
    EXPECT_EQ(ReadTile(tile, any).status().code(), absl::StatusCode::kInvalidArgument) << TilePath(tile);
  }
  EXPECT_TRUE(ReadTile({Kind::kHashes, 7, 0, 1}, any).ok());
  EXPECT_EQ(ReadTile({Kind::kHashes, 0, 273, 113}, LargeTree::Get().reader()).status().code(),
            absl::StatusCode::kNotFound);
}

TEST(NodesFromTiles, GiveTheRootOfEveryPublishedSize) {
  const Published published(PublishedSizes());
  for (const uint64_t size : PublishedSizes()) {
    EXPECT_EQ(RootAt(size, NodesFromTiles(size, published.reader())).value(),
              RootOfLeaves(LargeTree::Get().leaves(size)))
        << size;
  }
}

TEST(NodesFromTiles, GiveEveryNodeOfASmallTree) {
  constexpr uint64_t kSize = 700;
  const Published published({kSize});
  const NodeReader read_node = NodesFromTiles(kSize, published.reader());
  for (uint8_t level = 0; level < 12; ++level) {
    for (uint64_t index = 0; index <= kSize; ++index) {
      const bool exists = (index + 1) << level <= kSize;
      const auto node = read_node({level, index});
      ASSERT_EQ(node.status().code(), exists ? absl::StatusCode::kOk : absl::StatusCode::kNotFound) << level << index;
      if (!exists) continue;
      EXPECT_EQ(*node, LargeTree::Get().reader()({level, index}).value());
    }
  }
}

TEST(NodesFromTiles, TakesOneTileForANode) {
  const Published published({kLargest});
  const NodeReader read_node = NodesFromTiles(kLargest, published.reader());
  for (const NodeId node : {NodeId{0, 69'999}, NodeId{7, 0}, NodeId{8, 272}, NodeId{15, 1}, NodeId{16, 0}}) {
    published.reads = 0;
    ASSERT_TRUE(read_node(node).ok());
    EXPECT_EQ(published.reads, 1U);
  }
  published.reads = 0;
  ASSERT_TRUE(InclusionPath(12'345, kLargest, read_node).ok());
  EXPECT_LE(published.reads, 2 * 17U);
}

// A log of a million entries, of which only the tiles along one path are there.
TEST(NodesFromTiles, AFewTilesProveALeafOfALargeLog) {
  constexpr uint64_t kSize = 1'000'000;
  std::map<std::string, int> tiles;
  const TileReader read_tile = [&](const TileId& tile) -> absl::StatusOr<std::string> {
    ++tiles[TilePath(tile)];
    return std::string(tile.width * sizeof(Hash), 'x');
  };
  ASSERT_TRUE(InclusionPath(654'321, kSize, NodesFromTiles(kSize, read_tile)).ok());
  EXPECT_LE(tiles.size(), 6U);
  ASSERT_TRUE(ConsistencyPath(654'321, kSize, NodesFromTiles(kSize, read_tile)).ok());
  EXPECT_LE(tiles.size(), 12U);
}

TEST(NodesFromTiles, SaysWhatIsWrongWithATile) {
  Published published({kLargest});
  published.tiles()["tile/0/000"].pop_back();
  published.tiles()["tile/0/001"].append(32, 'x');
  published.tiles().erase("tile/0/002");
  const NodeReader read_node = NodesFromTiles(kLargest, published.reader());
  EXPECT_EQ(read_node({0, 0}).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_TRUE(absl::StrContains(read_node({0, 0}).status().message(), "tile/0/000 must have 8192 bytes"));
  EXPECT_EQ(read_node({7, 2}).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(read_node({0, 512}).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(read_node({0, kLargest}).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(read_node({255, UINT64_MAX}).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(NodesFromTiles(UINT64_MAX, published.reader())({1, UINT64_MAX}).status().code(),
            absl::StatusCode::kNotFound);
}

RC_GTEST_PROP(NodesFromTiles, GiveTheProofsThatNodesGive, ()) {
  // Small trees, those around full tiles, and any.
  const auto size = *rc::gen::oneOf(rc::gen::inRange<uint64_t>(1, 1'000), rc::gen::inRange<uint64_t>(65'500, 65'600),
                                    rc::gen::inRange<uint64_t>(1, kLargest + 1));
  const auto index = *rc::gen::inRange<uint64_t>(0, size);
  const auto old_size = *rc::gen::inRange<uint64_t>(0, size + 1);
  const NodeReader nodes = LargeTree::Get().reader();
  const NodeReader tiles = NodesFromTiles(size, [&](const TileId& tile) {
    RC_ASSERT(TreeHasTile(size, tile));
    return ReadTile(tile, nodes);
  });
  RC_ASSERT(InclusionPath(index, size, tiles).value() == InclusionPath(index, size, nodes).value());
  RC_ASSERT(ConsistencyPath(old_size, size, tiles).value() == ConsistencyPath(old_size, size, nodes).value());
}

TEST(EntryBundle, IsWrittenAsTheSpecificationHasIt) {
  EXPECT_EQ(FormatEntryBundle({"ab", "", "c"}).value(), std::string("\0\2ab\0\0\0\1c", 9));
  const std::string longest(65'535, 'x');
  EXPECT_EQ(FormatEntryBundle({longest}).value(), "\xff\xff" + longest);
  EXPECT_EQ(FormatEntryBundle({std::string(258, 'x')})->substr(0, 3), "\x01\x02x");
}

TEST(EntryBundle, HoldsOneTo256EntriesOfUpTo65535Bytes) {
  EXPECT_EQ(FormatEntryBundle({std::string(65'536, 'x')}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(FormatEntryBundle({}).status().code(), absl::StatusCode::kInvalidArgument);
  const std::vector<std::string> many(257, "x");
  EXPECT_EQ(FormatEntryBundle(many).status().code(), absl::StatusCode::kInvalidArgument);
  const std::string full = FormatEntryBundle(absl::MakeConstSpan(many).first(256)).value();
  EXPECT_EQ(ParseEntryBundle(full)->size(), 256U);
}

TEST(EntryBundle, RefusesWhatIsNone) {
  std::string too_many;
  for (int count = 0; count < 257; ++count) too_many.append("\0\1x", 3);
  const std::vector<std::pair<std::string, std::string>> bad = {
      {"empty", ""},
      {"ends within its length", std::string(1, '\0')},
      {"ends within its length", std::string("\0\2ab\0", 5)},  // a trailing byte
      {"0 of the 1 bytes", std::string("\0\1", 2)},
      {"1 of the 2 bytes", std::string("\0\2a", 3)},
      {"65534 of the 65535 bytes", "\xff\xff" + std::string(65'534, 'x')},
      {"over 256 entries", too_many},
  };
  for (const auto& [message, bundle] : bad) {
    const auto entries = ParseEntryBundle(bundle);
    EXPECT_EQ(entries.status().code(), absl::StatusCode::kInvalidArgument) << message;
    EXPECT_TRUE(absl::StrContains(entries.status().message(), message)) << entries.status();
  }
}

RC_GTEST_PROP(EntryBundle, RoundTrips, (std::vector<std::string> entries)) {
  if (entries.empty()) entries.emplace_back();
  const auto again = ParseEntryBundle(FormatEntryBundle(entries).value());
  RC_ASSERT(again.ok());
  RC_ASSERT(*again == entries);
}

RC_GTEST_PROP(EntryBundle, NoiseIsRefusedOrRoundTrips, (const std::string& noise)) {
  const auto entries = ParseEntryBundle(noise);
  if (entries.ok()) RC_ASSERT(FormatEntryBundle(*entries).value() == noise);
}

}  // namespace
}  // namespace sworn::merkle
