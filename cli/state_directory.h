// Where this user's state is kept between runs: what was seen of ledgers, and reports whose outcome is unknown.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sworn::cli {

// $SWORN_STATE, else $XDG_STATE_HOME/sworn, else ~/.local/state/sworn. It need not exist. FailedPrecondition where none
// of the variables is set.
absl::StatusOr<std::string> StateDirectory();

// Makes the directory, and those above it, for this user alone; existing ones are left as they are.
absl::Status MakePrivateDirectory(const std::string& directory);

}  // namespace sworn::cli
