// Small files that must be whole: written beside their place and renamed into it.
//
// Thread-safety: safe to call from any thread; one writer per path at a time.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sworn::log {

// A power cut leaves the old content or the new, never a mixture: by kSynced the new one once this returns.
enum class FileDurability { kSynced, kUnsynced };

// Replaces `path` (mode 0644) with `content`.
absl::Status ReplaceFile(const std::string& path, std::string_view content, FileDurability durability);

// NotFound where there is none; ResourceExhausted where it is longer than `max_bytes`.
absl::StatusOr<std::string> ReadSmallFile(const std::string& path, size_t max_bytes);

// Makes the file's content, or the directory's list of names, durable.
absl::Status SyncPath(const std::string& path);

}  // namespace sworn::log
