// Programs that a measurement runs and waits for.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace sworn::bench {

// Found on the path where it is named without one. Standard output is appended to `output`, or stays where it is where
// that is empty. An error where it does not exit with 0.
absl::Status RunProgram(std::vector<std::string> program_and_arguments, const std::string& output = {});

// This program once more, for what has to be measured in a process of its own: its peak of memory is then not that of
// whoever prepared the measurement.
absl::Status RunThisProgram(std::vector<std::string> arguments);

}  // namespace sworn::bench
