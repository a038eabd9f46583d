// Paths of tiles: each tile has one.
#include "ledger/merkle/tile.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sworn::merkle;
  using sworn::fuzz::Require;
  const std::string_view input = sworn::fuzz::AsText(data, size);
  const absl::StatusOr<TileId> tile = ParseTilePath(input);
  if (!tile.ok()) return 0;
  Require(TilePath(*tile) == input, "the path of a tile is the one it was read from");
  Require(tile->width >= 1 && tile->width <= kTileWidth, "a tile has 1 to 256 hashes or entries");
  for (const uint64_t tree_size : {uint64_t{0}, uint64_t{1}, uint64_t{256}, uint64_t{70'000}, kMaxTreeSize}) {
    Require(!TreeHasTile(tree_size, *tile) || TreeCoversTile(tree_size, *tile), "a tree covers the tiles it has");
  }
  Require(!TreeCoversTile(0, *tile), "an empty tree has no tiles");
  return 0;
}
