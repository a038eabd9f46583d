#include "ledger/log/tile_tree.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "ledger/crypto/hash.h"
#include "ledger/log/durable_file.h"
#include "ledger/log/tiles.h"
#include "ledger/merkle/tree_hash.h"
#include "ledger/model/refusal.h"
#include "ledger/model/text.h"

namespace sworn::log {
namespace {

using merkle::kTileWidth;
using merkle::TileId;
using model::Concat;

constexpr unsigned kLevelsPerTile = 8;
constexpr size_t kHashBytes = sizeof(crypto::Hash);
constexpr size_t kTileBytes = kTileWidth * kHashBytes;
constexpr const char* kCheckpointName = "checkpoint";
constexpr const char* kTilesName = "tile";

absl::Status MakeDirectories(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (!error) return absl::OkStatus();
  return absl::UnavailableError(Concat("cannot make the directory ", path.string(), ": ", error.message()));
}

// Replaces a file, in a directory that is made where it is missing.
absl::Status WriteFile(const std::string& path, std::string_view content) {
  if (absl::Status made = MakeDirectories(std::filesystem::path(path).parent_path()); !made.ok()) return made;
  return ReplaceFile(path, content, FileDurability::kUnsynced);
}

// Makes all that was written below a directory durable, which costs less than syncing thousands of files one by one.
absl::Status SyncFileSystemOf(const std::string& directory) {
  const int descriptor = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = descriptor >= 0 && syncfs(descriptor) == 0;
  const int code = errno;
  if (descriptor >= 0) close(descriptor);
  return synced ? absl::OkStatus() : absl::ErrnoToStatus(code, model::ToAbsl(Concat("cannot sync ", directory)));
}

// What a directory without a checkpoint may hold: nothing, or the tiles of an export that was not finished.
absl::Status CheckUnused(const std::string& directory) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    const std::string name = entry.path().filename().string();
    if (name != kTilesName && name != Concat(kCheckpointName, ".new")) {
      return absl::AlreadyExistsError(
          Concat(directory, " holds ", name, " and no checkpoint: name a new directory, or one made by this command"));
    }
  }
  if (error) return absl::UnavailableError(Concat(directory, " cannot be read: ", error.message()));
  return absl::OkStatus();
}

absl::Status NotThatOfItsCheckpoint(const std::string& directory, std::string_view what) {
  return absl::DataLossError(Concat(directory, ": the tree in it is not that of its checkpoint: ", what,
                                    "; export to a new directory and compare"));
}

}  // namespace

absl::StatusOr<TileTree> TileTree::Open(const std::string& directory, const merkle::VerifierKey& log_key,
                                        v1::Marking clearance) {
  const std::filesystem::path path = std::filesystem::absolute(directory).lexically_normal();
  if (absl::Status made = MakeDirectories(path); !made.ok()) return made;
  TileTree tree(path.string(), log_key, std::move(clearance));
  const absl::StatusOr<std::string> checkpoint =
      ReadSmallFile((path / kCheckpointName).string(), merkle::kMaxNoteBytes);
  absl::Status usable = checkpoint.status();
  if (checkpoint.ok()) usable = tree.Restore(*checkpoint);
  if (absl::IsNotFound(checkpoint.status())) usable = CheckUnused(path.string());
  if (!usable.ok()) return usable;
  return tree;
}

absl::Status TileTree::Restore(const std::string& checkpoint) {
  if (!checkpoint.starts_with(log_key_.name() + "\n")) {
    return absl::AlreadyExistsError(Concat(directory_, " holds the tree of the log ",
                                           model::Shown(std::string_view(checkpoint).substr(0, checkpoint.find('\n'))),
                                           ", not of ", log_key_.name(), ": name another directory"));
  }
  const absl::StatusOr<merkle::Checkpoint> stated = merkle::OpenCheckpoint(checkpoint, log_key_);
  if (!stated.ok()) {
    return absl::DataLossError(Concat(directory_, "/", kCheckpointName, " is not a checkpoint signed by ",
                                      log_key_.ToString(), ": ", stated.status().message()));
  }
  const merkle::NodeReader read_node =
      merkle::NodesFromTiles(stated->size, [this](const TileId& tile) { return ReadHashes(tile); });
  absl::StatusOr<merkle::Tree> tree = merkle::Tree::Restore(stated->size, read_node);
  if (!tree.ok()) return NotThatOfItsCheckpoint(directory_, model::FromAbsl(tree.status().message()));
  if (tree->Root() != stated->root) return NotThatOfItsCheckpoint(directory_, "its hashes lead to another root");
  for (uint64_t count = stated->size; count > 0; count /= kTileWidth) {
    const auto level = static_cast<uint8_t>(unfinished_.size());
    const auto width = static_cast<uint16_t>(count % kTileWidth);
    std::string& hashes = unfinished_.emplace_back();
    if (width == 0) continue;
    absl::StatusOr<std::string> read = ReadHashes({TileId::Kind::kHashes, level, count / kTileWidth, width});
    if (!read.ok()) return NotThatOfItsCheckpoint(directory_, model::FromAbsl(read.status().message()));
    hashes = *std::move(read);
  }
  tree_ = *std::move(tree);
  return absl::OkStatus();
}

std::string TileTree::PathOf(const TileId& tile) const { return Concat(directory_, "/", merkle::TilePath(tile)); }

bool TileTree::HasFullBundle(uint64_t index) const {
  // A file may be empty after a power cut.
  std::error_code missing;
  const std::string path = PathOf({TileId::Kind::kEntries, 0, index, kTileWidth});
  return index < NextBundle() && std::filesystem::file_size(path, missing) > 0 && !missing;
}

absl::StatusOr<std::string> TileTree::ReadHashes(const TileId& tile) const {
  absl::StatusOr<std::string> hashes = ReadSmallFile(PathOf(tile), kTileBytes);
  if (!hashes.ok()) return hashes.status();
  if (hashes->size() != tile.width * kHashBytes) {
    return absl::DataLossError(Concat(PathOf(tile), " has ", hashes->size(), " bytes, not ", tile.width * kHashBytes));
  }
  return hashes;
}

absl::StatusOr<std::string> TileTree::KnownLeaves(uint64_t index) const {
  if (index < NextBundle()) return ReadHashes({TileId::Kind::kHashes, 0, index, kTileWidth});
  return unfinished_.empty() ? std::string() : unfinished_[0];
}

absl::Status TileTree::AddLeaf(const merkle::Hash& leaf) {
  std::vector<merkle::Node> completed;
  tree_.Append(leaf, completed);
  for (const merkle::Node& node : completed) {
    if (node.id.level % kLevelsPerTile != 0) continue;
    const auto level = static_cast<uint8_t>(node.id.level / kLevelsPerTile);
    if (unfinished_.size() <= level) unfinished_.resize(level + 1U);
    std::string& hashes = unfinished_[level];
    hashes.append(crypto::AsBytes(node.hash));
    if (hashes.size() < kTileBytes) continue;
    const TileId full{TileId::Kind::kHashes, level, node.id.index / kTileWidth, kTileWidth};
    if (absl::Status written = WriteFile(PathOf(full), hashes); !written.ok()) return written;
    hashes.clear();
  }
  return absl::OkStatus();
}

absl::Status TileTree::AddBundle(uint64_t index, absl::Span<const std::string> entries) {
  const uint64_t known_count = index < NextBundle() ? kTileWidth : size() % kTileWidth;
  if (index > NextBundle() || entries.empty() || entries.size() > kTileWidth || entries.size() < known_count) {
    return absl::InvalidArgumentError(
        Concat("bundle ", index, " of ", entries.size(), " entries does not continue ", size(), " entries"));
  }
  const absl::StatusOr<std::string> known = KnownLeaves(index);
  if (!known.ok()) return known.status();
  for (size_t i = 0; i < entries.size(); ++i) {
    const merkle::Hash leaf = merkle::LeafHash(entries[i]);
    if (i >= known_count) {
      if (absl::Status added = AddLeaf(leaf); !added.ok()) return added;
    } else if (std::string_view(*known).substr(i * kHashBytes, kHashBytes) != crypto::AsBytes(leaf)) {
      return absl::DataLossError(Concat("entry ", index * kTileWidth + i, " is not the one that the tree in ",
                                        directory_, " was made of: the log was forked, or one of them is damaged"));
    }
  }
  return WriteBundle(index, entries);
}

absl::Status TileTree::WriteBundle(uint64_t index, absl::Span<const std::string> entries) {
  for (size_t i = 0; i < entries.size(); ++i) {
    absl::Status cleared = CheckEntryCleared(clearance_, index * kTileWidth + i, entries[i]);
    if (model::ReasonOf(cleared) == v1::Refusal::NOT_PERMITTED) {
      if (bundles_withheld_++ == 0) first_withheld_ = std::move(cleared);
      return absl::OkStatus();
    }
    if (!cleared.ok()) return cleared;
  }
  const absl::StatusOr<std::string> bundle = merkle::FormatEntryBundle(entries);
  if (!bundle.ok()) return bundle.status();
  ++bundles_written_;
  return WriteFile(PathOf({TileId::Kind::kEntries, 0, index, static_cast<uint16_t>(entries.size())}), *bundle);
}

absl::Status TileTree::Publish(const std::string& checkpoint) {
  const absl::StatusOr<merkle::Checkpoint> stated = merkle::OpenCheckpoint(checkpoint, log_key_);
  if (!stated.ok()) {
    return absl::DataLossError(
        Concat("the checkpoint is not signed by ", log_key_.ToString(), ": ", stated.status().message()));
  }
  if (stated->size != size() || stated->root != tree_.Root()) {
    return absl::DataLossError(
        Concat("the checkpoint states ", stated->size, " entries and root ", crypto::ToHex(stated->root), ", but the ",
               size(), " entries lead to root ", crypto::ToHex(tree_.Root()),
               ": the log was forked, or is damaged; the checkpoint in ", directory_, " was left as it was"));
  }
  uint64_t count = size();
  for (uint8_t level = 0; level < unfinished_.size(); ++level, count /= kTileWidth) {
    if (unfinished_[level].empty()) continue;
    const TileId partial{TileId::Kind::kHashes, level, count / kTileWidth, static_cast<uint16_t>(count % kTileWidth)};
    if (absl::Status written = WriteFile(PathOf(partial), unfinished_[level]); !written.ok()) return written;
  }
  if (absl::Status synced = SyncFileSystemOf(directory_); !synced.ok()) return synced;
  return ReplaceFile(Concat(directory_, "/", kCheckpointName), checkpoint, FileDurability::kSynced);
}

}  // namespace sworn::log
