// Tiles of a tiled log (c2sp.org/tlog-tiles): their paths, which of them a tree of a given size has, their bytes, and
// the bundles that hold entries.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "ledger/merkle/tree.h"

namespace sworn::merkle {

inline constexpr uint64_t kTileWidth = 256;
// Tiles of a level above the highest that a tree can have are named, but no tree has them.
inline constexpr uint8_t kMaxTileLevel = 63;

// One tile: of hashes at a tile level (0 to 63), or of entries.
struct TileId {
  enum class Kind { kHashes, kEntries };
  Kind kind = Kind::kHashes;
  uint8_t level = 0;  // 0 for entries
  uint64_t index = 0;
  uint16_t width = kTileWidth;  // 1 to 255 for a partial tile
  bool operator==(const TileId&) const = default;
};

// "tile/0/x001/x234/067", "tile/entries/000.p/17".
std::string TilePath(const TileId& tile);
// The inverse of TilePath; InvalidArgument for every other writing, leading zeroes included.
absl::StatusOr<TileId> ParseTilePath(std::string_view path);

// Whether a tree of `size` leaves has this tile: it is full, or partial and exactly as wide as the tree makes it.
bool TreeHasTile(uint64_t size, const TileId& tile);
// Whether all of a tile's hashes or entries lie within a tree of `size` leaves: true for the partial tiles of every
// smaller tree as well.
bool TreeCoversTile(uint64_t size, const TileId& tile);
// The tiles of hashes a tree of `size` leaves has, by level, then by index: one for every 256 leaves and a few, so the
// caller must know that the size is real. For a size of 70,000: 274 full and 3 partial.
std::vector<TileId> TilesOfTree(uint64_t size);

// The bytes of a tile of hashes: `width` times 32. InvalidArgument for what is no tile of hashes of any tree.
absl::StatusOr<std::string> ReadTile(const TileId& tile, const NodeReader& read_node);

// Entries behind 16-bit big-endian lengths. InvalidArgument where one has more than 65,535 bytes, and unless there are
// 1 to 256 of them.
absl::StatusOr<std::string> FormatEntryBundle(absl::Span<const std::string> entries);
// InvalidArgument where the bytes end early or hold none or more than 256 entries.
absl::StatusOr<std::vector<std::string>> ParseEntryBundle(std::string_view bundle);

// Answers the bytes of a tile, all of its `width` and no more.
using TileReader = std::function<absl::StatusOr<std::string>(const TileId&)>;

// A NodeReader over tiles: answers nodes of complete subtrees of a tree of `size` leaves by hashing the tile below
// them, which takes one call of `read_tile` and at most 127 hashes. Only tiles that the tree has are read. NotFound for
// a node the tree does not have, DataLoss where a tile has another length than its width says.
NodeReader NodesFromTiles(uint64_t size, TileReader read_tile);

}  // namespace sworn::merkle
