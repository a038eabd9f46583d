// Tiles of hashes: a tree read from tiles, the first of which holds whatever bytes, for a tree of whatever size.
#include <algorithm>
#include <string>

#include "ledger/merkle/big_endian.h"
#include "ledger/merkle/tile.h"
#include "ledger/merkle/tree.h"
#include "tests/fuzz/fuzz.h"

namespace sworn::fuzz {
namespace {

constexpr size_t kSizeBytes = 8;

std::vector<crypto::Hash> HashesIn(std::string_view bytes) {
  std::vector<crypto::Hash> hashes;
  for (; bytes.size() >= sizeof(crypto::Hash); bytes.remove_prefix(sizeof(crypto::Hash))) {
    hashes.push_back(*crypto::HashFromBytes(bytes.substr(0, sizeof(crypto::Hash))));
  }
  return hashes;
}

// A tree of so many leaves as the tile has hashes.
void CheckRootOf(std::string_view tile) {
  const std::vector<crypto::Hash> leaves = HashesIn(tile);
  if (leaves.empty() || leaves.size() > merkle::kTileWidth) return;
  const std::string bytes(tile.substr(0, leaves.size() * sizeof(crypto::Hash)));
  const auto nodes = merkle::NodesFromTiles(leaves.size(), [&](const merkle::TileId&) { return bytes; });
  const absl::StatusOr<crypto::Hash> root = merkle::RootAt(leaves.size(), nodes);
  Require(root.ok() && *root == merkle::RootOfLeaves(leaves), "a tile leads to the root over its hashes");
}

}  // namespace
}  // namespace sworn::fuzz

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sworn;
  const std::string_view input = fuzz::AsText(data, size);
  if (input.size() < fuzz::kSizeBytes) return 0;
  const uint64_t tree_size = merkle::DecodeBigEndian(input.substr(0, fuzz::kSizeBytes));
  const std::string tile(input.substr(fuzz::kSizeBytes));
  fuzz::CheckRootOf(tile);
  const auto nodes = merkle::NodesFromTiles(tree_size, [&](const merkle::TileId& id) {
    fuzz::Require(merkle::TreeHasTile(tree_size, id), "only tiles that the tree has are read");
    return tile;
  });
  merkle::RootAt(tree_size, nodes).IgnoreError();
  merkle::InclusionPath(tree_size / 3, tree_size, nodes).IgnoreError();
  merkle::ConsistencyPath(tree_size / 2, tree_size, nodes).IgnoreError();
  return 0;
}
