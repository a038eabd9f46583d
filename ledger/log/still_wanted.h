// How long work learns that nobody waits for it any more.
#pragma once

#include <functional>

#include "absl/status/status.h"

namespace sworn::log {

// Asked now and then during long work; an error ends the work and is its answer.
using StillWanted = std::function<absl::Status()>;

}  // namespace sworn::log
