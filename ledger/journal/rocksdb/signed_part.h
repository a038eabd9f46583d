// What of a journal is signed, and no more: entries with their portions, and the last checkpoint. Opened read-only
// without the nodes and indexes derived from it, for when those are damaged; reading them is DataLoss.
//
// Thread-safety: as Journal.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "ledger/journal/journal.h"

namespace sworn::journal {

// DataLoss where files of the signed part itself are damaged.
absl::StatusOr<std::unique_ptr<Journal>> OpenSignedPart(const std::string& directory);

// Whatever can still be read, also where files of the signed part are damaged or gone: to name what is lost. Never to
// be taken for the whole: it may lack its end. `min_size` is the number of entries known from elsewhere.
absl::StatusOr<std::unique_ptr<Journal>> OpenSignedRemainder(const std::string& directory, uint64_t min_size);

}  // namespace sworn::journal
