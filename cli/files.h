// Small files: read bounded, written durably.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sworn::cli {

// "-" is standard input. NotFound; ResourceExhausted where there is more than `max_bytes`.
absl::StatusOr<std::string> ReadFile(const std::string& path, size_t max_bytes);

enum class Access { kOwner, kEveryone };

// Replaces the file by a synced one, so that it is there whole or not at all.
absl::Status WriteFile(const std::string& path, std::string_view content, Access access);

}  // namespace sworn::cli
