// Progress of long work on standard error, where that is a terminal.
//
// Thread-safety: what is answered belongs to one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace sworn::cli {

// Shows "DOING 17 of 1000" now and then, and nothing once done is total.
std::function<void(uint64_t done, uint64_t total)> ProgressOn(const std::string& doing);

}  // namespace sworn::cli
