// Small files, read bounded.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"

namespace sworn::cli {

// "-" is standard input. NotFound; ResourceExhausted where there is more than `max_bytes`.
absl::StatusOr<std::string> ReadFile(const std::string& path, size_t max_bytes);

}  // namespace sworn::cli
