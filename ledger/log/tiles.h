// Tiles of hashes and bundles of entries (c2sp.org/tlog-tiles), read from a log as far as a checkpoint was signed.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/journal/journal.h"
#include "ledger/merkle/tile.h"
#include "sworn/v1/marking.pb.h"

namespace sworn::log {

// What anybody may read: "(U//TLP:CLEAR)".
v1::Marking PublicClearance();

// Whether all readers that `clearance` describes may read what is marked `banner`: it is no higher in level and TLP and
// holds no caveat or control that the clearance does not. A release list is for those it names: it takes a clearance
// whose own list lies within it, or one that is NOFORN, the originator's own people. A banner without a level is read
// by nobody.
bool IsCleared(const v1::Marking& clearance, const v1::Marking& banner);

// PermissionDenied (NOT_PERMITTED) unless the entry's banner is cleared; DataLoss (DAMAGED) where the bytes are no
// entry.
absl::Status CheckEntryCleared(const v1::Marking& clearance, uint64_t position, const std::string& entry);

// The bytes of a tile of hashes that lies within the first `signed_size` entries: a full one, or a partial one of any
// size the log ever had. NotFound for every other; DataLoss (DAMAGED) where the hashes do not lead to the nodes above
// them.
absl::StatusOr<std::string> ReadHashTile(const journal::Journal& journal, uint64_t signed_size,
                                         const merkle::TileId& tile);

// A bundle of entries, in the same way. PermissionDenied (NOT_PERMITTED) names the first entry whose banner the
// clearance does not allow; DataLoss (DAMAGED) an entry that does not hash to its leaf of the tree.
absl::StatusOr<std::string> ReadEntryBundle(const journal::Journal& journal, uint64_t signed_size,
                                            const merkle::TileId& tile, const v1::Marking& clearance);

}  // namespace sworn::log
