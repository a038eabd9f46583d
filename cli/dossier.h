// Proof files asked of a ledger.
//
// Thread-safety: as Connection.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/checkpoint_watch.h"
#include "cli/connection.h"

namespace sworn::cli {

// Holds the checkpoint of a proof file against what was seen before.
absl::Status CheckProofFile(const CheckpointWatch& watch, const std::string& proof);

// One proof file for all these portions, at most model::kMaxProvedPortions.
absl::StatusOr<v1::ProveDossierResponse> FetchDossier(Connection& connection, const CheckpointWatch& watch,
                                                      const std::vector<std::string>& ids);

}  // namespace sworn::cli
