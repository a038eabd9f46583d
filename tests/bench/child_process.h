// Runs this program once more, for what has to be measured in a process of its own: its peak of memory is then not that
// of whoever prepared the measurement.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace sworn::bench {

// Waits for it to end; an error where it does not exit with 0.
absl::Status RunThisProgram(std::vector<std::string> arguments);

}  // namespace sworn::bench
