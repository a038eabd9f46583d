#include "ledger/log/audit_tiles.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

#include "ledger/log/durable_file.h"
#include "ledger/merkle/tile.h"
#include "ledger/model/limits.h"
#include "ledger/model/text.h"

namespace sworn::log {
namespace {

using merkle::TileId;
using model::Concat;
using model::MessageOf;

constexpr size_t kHashBytes = 32;
constexpr size_t kMaxTileBytes = merkle::kTileWidth * (model::kMaxEntryBytes + 2);
constexpr size_t kMaxFindings = 1'000;
constexpr unsigned kTileHeight = 8;

uint64_t FirstEntryOf(const TileId& tile) { return tile.index * merkle::kTileWidth; }

class TileComparer {
 public:
  TileComparer(const std::string& directory, uint64_t signed_size, const journal::Journal& journal)
      : directory_(directory),
        size_(std::min(signed_size, journal.Size())),
        signed_size_(signed_size),
        journal_(journal) {}

  TileComparison Run() {
    for (const std::string& path : ListTiles()) CompareFile(path);
    for (const TileId& tile : merkle::TilesOfTree(signed_size_)) RequireHashes(tile);
    for (uint64_t first = 0; first < signed_size_; first += merkle::kTileWidth) {
      const auto width = static_cast<uint16_t>(std::min<uint64_t>(merkle::kTileWidth, signed_size_ - first));
      const TileId bundle = {TileId::Kind::kEntries, 0, first / merkle::kTileWidth, width};
      if (!present_.contains(merkle::TilePath(bundle))) ++comparison_.absent_bundles;
    }
    return std::move(comparison_);
  }

 private:
  void Add(std::string check, std::optional<uint64_t> position, std::string detail) {
    if (comparison_.findings.size() >= kMaxFindings) return;
    comparison_.findings.push_back({std::move(check), position, std::move(detail)});
  }

  std::vector<std::string> ListTiles();
  void CompareFile(const std::string& path);
  void RequireHashes(const TileId& tile);
  void CompareHashes(const TileId& tile, const std::string& path, std::string_view found);
  void CompareBundle(const TileId& tile, const std::string& path, std::string_view found);

  const std::string& directory_;
  const uint64_t size_;  // entries that can be compared
  const uint64_t signed_size_;
  const journal::Journal& journal_;
  std::set<std::string> present_;
  TileComparison comparison_;
};

// Paths below the directory, in order.
std::vector<std::string> TileComparer::ListTiles() {
  std::vector<std::string> paths;
  std::error_code error;
  const std::filesystem::path root = std::filesystem::path(directory_) / "tile";
  for (std::filesystem::recursive_directory_iterator next(root, error), end; !error && next != end;
       next.increment(error)) {
    if (next->is_regular_file(error)) paths.push_back(next->path().lexically_relative(directory_).generic_string());
  }
  if (error) Add("tile", std::nullopt, Concat("the tiles cannot be listed: ", error.message()));
  std::sort(paths.begin(), paths.end());
  return paths;
}

void TileComparer::CompareFile(const std::string& path) {
  const absl::StatusOr<TileId> tile = merkle::ParseTilePath(path);
  if (!tile.ok()) return Add("tile", std::nullopt, Concat(path, " is no tile: ", MessageOf(tile.status())));
  present_.insert(path);
  const bool is_bundle = tile->kind == TileId::Kind::kEntries;
  const std::string check = is_bundle ? "bundle" : "tile";
  if (!merkle::TreeCoversTile(signed_size_, *tile)) {
    return Add(check, std::nullopt, Concat(path, " lies beyond the checkpoint of ", signed_size_, " entries"));
  }
  const absl::StatusOr<std::string> found = ReadSmallFile(Concat(directory_, "/", path), kMaxTileBytes);
  if (!found.ok()) return Add(check, std::nullopt, Concat(path, " cannot be read: ", MessageOf(found.status())));
  if (!merkle::TreeCoversTile(size_, *tile)) return;
  if (is_bundle) return CompareBundle(*tile, path, *found);
  CompareHashes(*tile, path, *found);
}

// A full tile stands for the partial ones of it.
void TileComparer::RequireHashes(const TileId& tile) {
  if (present_.contains(merkle::TilePath(tile))) return;
  Add("tile", std::nullopt,
      Concat(merkle::TilePath(tile), " is missing, the tree of ", signed_size_, " entries has it"));
}

void TileComparer::CompareHashes(const TileId& tile, const std::string& path, std::string_view found) {
  ++comparison_.tiles;
  const absl::StatusOr<std::string> expected =
      merkle::ReadTile(tile, [this](merkle::NodeId id) { return journal_.ReadNode(id); });
  if (!expected.ok()) return Add("storage", std::nullopt, Concat(path, ": ", MessageOf(expected.status())));
  if (found == *expected) return;
  if (found.size() != expected->size()) {
    return Add("tile", std::nullopt, Concat(path, " has ", found.size(), " bytes, it takes ", expected->size()));
  }
  uint64_t first = merkle::kTileWidth;
  uint64_t count = 0;
  for (uint64_t place = 0; place < tile.width; ++place) {
    if (found.substr(place * kHashBytes, kHashBytes) ==
        std::string_view(*expected).substr(place * kHashBytes, kHashBytes)) {
      continue;
    }
    first = std::min(first, place);
    ++count;
  }
  const uint64_t entry = (FirstEntryOf(tile) + first) << (kTileHeight * tile.level);
  Add("tile", entry,
      Concat(path, ": ", count, " of ", tile.width,
             " hashes differ from those of the entries, first the one over entry ", entry,
             tile.level == 0 ? "" : " and those that follow it"));
}

void TileComparer::CompareBundle(const TileId& tile, const std::string& path, std::string_view found) {
  ++comparison_.bundles;
  const absl::StatusOr<std::vector<std::string>> entries = merkle::ParseEntryBundle(found);
  if (!entries.ok()) return Add("bundle", FirstEntryOf(tile), Concat(path, ": ", MessageOf(entries.status())));
  if (entries->size() != tile.width) {
    return Add("bundle", FirstEntryOf(tile),
               Concat(path, " holds ", entries->size(), " entries, it takes ", tile.width));
  }
  for (uint64_t place = 0; place < tile.width; ++place) {
    const uint64_t position = FirstEntryOf(tile) + place;
    const absl::StatusOr<std::string> expected = journal_.ReadEntry(position);
    // What is missing from the entries is found there.
    if (!expected.ok() || *expected == (*entries)[place]) continue;
    return Add("bundle", position, Concat(path, ": entry ", position, " differs, the first that does"));
  }
}

}  // namespace

TileComparison CompareTiles(const std::string& directory, uint64_t signed_size, const journal::Journal& journal) {
  return TileComparer(directory, signed_size, journal).Run();
}

absl::StatusOr<crypto::Hash> ReadLeafOfTiles(const std::string& directory, uint64_t signed_size, uint64_t position) {
  if (position >= signed_size) return absl::NotFoundError("the tiles end before it");
  const uint64_t index = position / merkle::kTileWidth;
  const auto width =
      static_cast<uint16_t>(std::min<uint64_t>(merkle::kTileWidth, signed_size - index * merkle::kTileWidth));
  const TileId tile = {TileId::Kind::kHashes, 0, index, width};
  const absl::StatusOr<std::string> hashes =
      ReadSmallFile(Concat(directory, "/", merkle::TilePath(tile)), kMaxTileBytes);
  if (!hashes.ok()) return hashes.status();
  const uint64_t place = position % merkle::kTileWidth;
  if (hashes->size() < (place + 1) * kHashBytes) return absl::NotFoundError("its tile is too short");
  return crypto::HashFromBytes(std::string_view(*hashes).substr(place * kHashBytes, kHashBytes));
}

}  // namespace sworn::log
