// A log's tree of tiles in a directory (c2sp.org/tlog-tiles), for a host of static files:
//
//   DIR/checkpoint
//   DIR/tile/<level>/<index>[.p/<width>]
//   DIR/tile/entries/<index>[.p/<width>]
//
// The tree is rebuilt from the entries. Every file is replaced as a whole, and the checkpoint last: it never states
// what is not there. A later export continues where the last one ended, which shows at once whether the log only grew.
//
// Thread-safety: a TileTree belongs to one thread.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "ledger/merkle/checkpoint.h"
#include "ledger/merkle/note.h"
#include "ledger/merkle/tile.h"
#include "ledger/merkle/tree.h"
#include "sworn/v1/marking.pb.h"

namespace sworn::log {

class TileTree {
 public:
  // Makes the directory, or continues the tree in it. AlreadyExists where it holds the tree of another log, or other
  // things; DataLoss where the tree in it is not that of its checkpoint.
  static absl::StatusOr<TileTree> Open(const std::string& directory, const merkle::VerifierKey& log_key,
                                       v1::Marking clearance);

  // Entries under the checkpoint that the directory had, and under those added since.
  uint64_t size() const { return tree_.size(); }
  // The bundle that the next new entry belongs to.
  uint64_t NextBundle() const { return size() / merkle::kTileWidth; }
  // Whether the directory has a full bundle, so that its entries need not be added again.
  bool HasFullBundle(uint64_t index) const;

  // Adds the entries of a bundle, whole or as far as the log goes: of one the tree has already, or of NextBundle. The
  // bundle is written if all of its entries are cleared. DataLoss where entries are not those the tree was made of.
  absl::Status AddBundle(uint64_t index, absl::Span<const std::string> entries);
  // Writes what the tree of this checkpoint has beside full tiles, and then the checkpoint. DataLoss unless the
  // checkpoint is signed and its size and root are those of the entries.
  absl::Status Publish(const std::string& checkpoint);

  uint64_t bundles_written() const { return bundles_written_; }
  uint64_t bundles_withheld() const { return bundles_withheld_; }
  // Why the first bundle was withheld; OK where none was.
  const absl::Status& first_withheld() const { return first_withheld_; }

 private:
  TileTree(std::string directory, merkle::VerifierKey log_key, v1::Marking clearance)
      : directory_(std::move(directory)), log_key_(std::move(log_key)), clearance_(std::move(clearance)) {}

  absl::Status Restore(const std::string& checkpoint);
  std::string PathOf(const merkle::TileId& tile) const;
  absl::StatusOr<std::string> ReadHashes(const merkle::TileId& tile) const;
  // The leaf hashes of a bundle that the tree has already.
  absl::StatusOr<std::string> KnownLeaves(uint64_t index) const;
  // Adds a leaf, and writes the tiles it fills.
  absl::Status AddLeaf(const merkle::Hash& leaf);
  absl::Status WriteBundle(uint64_t index, absl::Span<const std::string> entries);

  std::string directory_;
  merkle::VerifierKey log_key_;
  v1::Marking clearance_;
  merkle::Tree tree_;
  // The hashes of the last tile of each level that is not full.
  std::vector<std::string> unfinished_;
  uint64_t bundles_written_ = 0;
  uint64_t bundles_withheld_ = 0;
  absl::Status first_withheld_;
};

}  // namespace sworn::log
