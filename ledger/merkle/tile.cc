#include "ledger/merkle/tile.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "ledger/merkle/big_endian.h"
#include "ledger/merkle/text.h"

namespace sworn::merkle {
namespace {

constexpr std::string_view kPrefix = "tile/";
constexpr std::string_view kEntries = "entries";
constexpr std::string_view kPartialMark = ".p/";
constexpr size_t kDigitsPerElement = 3;
constexpr size_t kMaxPathBytes = 64;  // more than the longest path of any 64-bit index
constexpr size_t kLengthBytes = 2;
constexpr uint64_t kMaxEntryBytes = UINT16_MAX;
constexpr unsigned kLevelsPerTile = 8;  // 2^8 hashes

absl::Status Malformed(const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat("not a tile path (tile/<level or entries>/<index>): ", what));
}

// "x001/x234/067" for 1234067.
std::string IndexPath(uint64_t index) {
  std::string digits = absl::StrCat(index);
  const size_t elements = (digits.size() + kDigitsPerElement - 1) / kDigitsPerElement;
  digits.insert(0, elements * kDigitsPerElement - digits.size(), '0');
  std::string path;
  for (size_t at = 0; at < digits.size(); at += kDigitsPerElement) {
    const bool last = at + kDigitsPerElement == digits.size();
    absl::StrAppend(&path, last ? "" : "x", digits.substr(at, kDigitsPerElement), last ? "" : "/");
  }
  return path;
}

// Lenient: the caller compares with the one right writing.
std::optional<uint64_t> ParseIndexPath(std::string_view path) {
  std::string digits(path);
  std::erase_if(digits, [](char c) { return c == 'x' || c == '/'; });
  const size_t first = digits.find_first_not_of('0');
  return ParseDecimal(first == std::string::npos ? "0" : std::string_view(digits).substr(first));
}

absl::Status ParseKind(std::string_view text, TileId& tile) {
  if (text == kEntries) {
    tile.kind = TileId::Kind::kEntries;
    return absl::OkStatus();
  }
  const std::optional<uint64_t> level = ParseDecimal(text);
  if (!level.has_value() || *level > kMaxTileLevel) return Malformed("the level must be 0 to 63 or \"entries\"");
  tile.level = static_cast<uint8_t>(*level);
  return absl::OkStatus();
}

absl::Status ParseWidth(std::string_view text, TileId& tile) {
  const std::optional<uint64_t> width = ParseDecimal(text);
  if (!width.has_value() || *width == 0 || *width >= kTileWidth) {
    return Malformed("the width of a partial tile must be 1 to 255");
  }
  tile.width = static_cast<uint16_t>(*width);
  return absl::OkStatus();
}

// How many hashes, or entries, a tree of `size` leaves has on the level of a tile.
uint64_t CountOnLevel(uint64_t size, const TileId& tile) {
  const unsigned shift = tile.level * kLevelsPerTile;
  return shift < 64 ? size >> shift : 0;
}

// The tile at `index` of a level with `count` hashes; nothing where there is none.
std::optional<TileId> TileAt(uint8_t level, uint64_t index, uint64_t count) {
  if (index > count / kTileWidth) return std::nullopt;
  const uint64_t width = index < count / kTileWidth ? kTileWidth : count % kTileWidth;
  if (width == 0) return std::nullopt;
  return TileId{TileId::Kind::kHashes, level, index, static_cast<uint16_t>(width)};
}

bool IsWellFormed(const TileId& tile) {
  return tile.width >= 1 && tile.width <= kTileWidth && tile.level <= kMaxTileLevel &&
         (tile.kind == TileId::Kind::kHashes || tile.level == 0);
}

// The root over the `count` hashes, a power of two, that start at `first` of a tile.
Hash RootOfHashes(std::string_view tile, size_t first, size_t count) {
  std::array<Hash, kTileWidth / 2> hashes;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled below
  for (size_t at = 0; at < count; ++at) {
    const std::string_view bytes = tile.substr((first + at) * sizeof(Hash), sizeof(Hash));
    std::copy(bytes.begin(), bytes.end(), hashes[at].begin());
  }
  for (; count > 1; count /= 2) {
    for (size_t at = 0; at < count / 2; ++at) hashes[at] = NodeHash(hashes[2 * at], hashes[2 * at + 1]);
  }
  return hashes[0];
}

absl::StatusOr<Hash> ReadNode(uint64_t size, NodeId node, const TileReader& read_tile) {
  const auto level = static_cast<uint8_t>(node.level / kLevelsPerTile);
  const unsigned height = node.level % kLevelsPerTile;
  const uint64_t tile_index = node.index >> (kLevelsPerTile - height);
  const size_t first = (node.index << height) % kTileWidth;
  const size_t count = size_t{1} << height;
  const std::optional<TileId> tile = TileAt(level, tile_index, CountOnLevel(size, {.level = level}));
  if (!tile.has_value() || first + count > tile->width) {
    return absl::NotFoundError(absl::StrCat("a tree of ", size, " leaves has no node ", node.level, "/", node.index));
  }
  const absl::StatusOr<std::string> bytes = read_tile(*tile);
  if (!bytes.ok()) return bytes.status();
  if (bytes->size() != tile->width * sizeof(Hash)) {
    return absl::DataLossError(
        absl::StrCat(TilePath(*tile), " must have ", tile->width * sizeof(Hash), " bytes, but has ", bytes->size()));
  }
  return RootOfHashes(*bytes, first, count);
}

}  // namespace

std::string TilePath(const TileId& tile) {
  const std::string kind = tile.kind == TileId::Kind::kEntries ? std::string(kEntries) : absl::StrCat(tile.level);
  std::string path = absl::StrCat(std::string(kPrefix), kind, "/", IndexPath(tile.index));
  if (tile.width < kTileWidth) absl::StrAppend(&path, std::string(kPartialMark), tile.width);
  return path;
}

absl::StatusOr<TileId> ParseTilePath(std::string_view path) {
  if (path.size() > kMaxPathBytes) return Malformed("it is too long");
  if (!path.starts_with(kPrefix)) return Malformed("it must begin with \"tile/\"");
  TileId tile;
  std::string_view left = path.substr(kPrefix.size());
  const size_t slash = std::min(left.find('/'), left.size());
  if (absl::Status status = ParseKind(left.substr(0, slash), tile); !status.ok()) return status;
  left.remove_prefix(slash);
  if (const size_t mark = left.find(kPartialMark); mark != std::string_view::npos) {
    if (absl::Status status = ParseWidth(left.substr(mark + kPartialMark.size()), tile); !status.ok()) return status;
    left = left.substr(0, mark);
  }
  const std::optional<uint64_t> index = ParseIndexPath(left);
  if (index.has_value()) tile.index = *index;
  if (!index.has_value() || TilePath(tile) != path) {
    return Malformed("the index must be written in elements of three digits, as in x001/x234/067");
  }
  return tile;
}

bool TreeHasTile(uint64_t size, const TileId& tile) {
  if (!IsWellFormed(tile)) return false;
  const std::optional<TileId> there = TileAt(tile.level, tile.index, CountOnLevel(size, tile));
  return there.has_value() && there->width == tile.width;
}

bool TreeCoversTile(uint64_t size, const TileId& tile) {
  if (!IsWellFormed(tile)) return false;
  const std::optional<TileId> there = TileAt(tile.level, tile.index, CountOnLevel(size, tile));
  return there.has_value() && there->width >= tile.width;
}

std::vector<TileId> TilesOfTree(uint64_t size) {
  std::vector<TileId> tiles;
  uint8_t level = 0;
  for (uint64_t count = size; count > 0; count /= kTileWidth, ++level) {
    for (uint64_t index = 0; index <= count / kTileWidth; ++index) {
      if (const std::optional<TileId> tile = TileAt(level, index, count); tile.has_value()) tiles.push_back(*tile);
    }
  }
  return tiles;
}

absl::StatusOr<std::string> ReadTile(const TileId& tile, const NodeReader& read_node) {
  if (tile.kind != TileId::Kind::kHashes || !TreeCoversTile(kMaxTreeSize, tile)) {
    return absl::InvalidArgumentError(absl::StrCat(TilePath(tile), " is not a tile of hashes that a tree can have"));
  }
  std::string bytes;
  bytes.reserve(tile.width * sizeof(Hash));
  for (uint64_t at = 0; at < tile.width; ++at) {
    const auto level = static_cast<uint8_t>(tile.level * kLevelsPerTile);
    const absl::StatusOr<Hash> hash = read_node({level, tile.index * kTileWidth + at});
    if (!hash.ok()) return hash.status();
    bytes.append(crypto::AsBytes(*hash));
  }
  return bytes;
}

absl::StatusOr<std::string> FormatEntryBundle(absl::Span<const std::string> entries) {
  if (entries.empty() || entries.size() > kTileWidth) {
    return absl::InvalidArgumentError(absl::StrCat("an entry bundle holds 1 to 256 entries, not ", entries.size()));
  }
  std::string bundle;
  for (const std::string& entry : entries) {
    if (entry.size() > kMaxEntryBytes) {
      return absl::InvalidArgumentError(
          absl::StrCat("an entry of ", entry.size(), " bytes is too long for an entry bundle (65,535)"));
    }
    bundle.append(EncodeBigEndian(entry.size(), kLengthBytes)).append(entry);
  }
  return bundle;
}

absl::StatusOr<std::vector<std::string>> ParseEntryBundle(std::string_view bundle) {
  if (bundle.empty()) return absl::InvalidArgumentError("not an entry bundle: it is empty");
  std::vector<std::string> entries;
  while (!bundle.empty()) {
    const std::string which = absl::StrCat("not an entry bundle: entry ", entries.size());
    if (entries.size() == kTileWidth) return absl::InvalidArgumentError("not an entry bundle: it has over 256 entries");
    if (bundle.size() < kLengthBytes) return absl::InvalidArgumentError(absl::StrCat(which, " ends within its length"));
    const uint64_t length = DecodeBigEndian(bundle.substr(0, kLengthBytes));
    bundle.remove_prefix(kLengthBytes);
    if (bundle.size() < length) {
      return absl::InvalidArgumentError(
          absl::StrCat(which, " has ", bundle.size(), " of the ", length, " bytes it should have"));
    }
    entries.emplace_back(bundle.substr(0, length));
    bundle.remove_prefix(length);
  }
  return entries;
}

NodeReader NodesFromTiles(uint64_t size, TileReader read_tile) {
  return [size, read_tile = std::move(read_tile)](NodeId node) { return ReadNode(size, node, read_tile); };
}

}  // namespace sworn::merkle
