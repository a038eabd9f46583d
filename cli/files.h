// Small files: written durably; read as input_file.h says.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "cli/input_file.h"  // IWYU pragma: export

namespace sworn::cli {

enum class Access { kOwner, kEveryone };

// Replaces the file by a synced one, so that it is there whole or not at all.
absl::Status WriteFile(const std::string& path, std::string_view content, Access access);

}  // namespace sworn::cli
