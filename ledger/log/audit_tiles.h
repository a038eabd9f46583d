// Compares a directory of tiles (tile_tree.h) with a journal: every tile of hashes and every bundle of entries that is
// there, byte by byte, and whether those are there that the tree must have.
//
// Thread-safety: runs on the calling thread and reads only.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "ledger/crypto/hash.h"
#include "ledger/journal/journal.h"
#include "ledger/log/audit.h"

namespace sworn::log {

struct TileComparison {
  uint64_t tiles = 0;
  uint64_t bundles = 0;
  uint64_t absent_bundles = 0;  // those of entries that may not be shown to everybody are not exported
  // "tile" and "bundle", with the first entry that differs, in order of paths.
  std::vector<Finding> findings;
};

// `signed_size` is that of the directory's checkpoint; entries of the journal beyond it are not compared.
TileComparison CompareTiles(const std::string& directory, uint64_t signed_size, const journal::Journal& journal);

// The leaf of an entry in a directory of tiles of `signed_size` entries. NotFound.
absl::StatusOr<crypto::Hash> ReadLeafOfTiles(const std::string& directory, uint64_t signed_size, uint64_t position);

}  // namespace sworn::log
