// The list of a backup's files with the SHA-256 of each, kept in the backup as manifest.json. It tells a damaged or
// incomplete copy from a whole one; that the record in it is the one that was signed is for an audit to say.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/crypto/hash.h"
#include "ledger/log/still_wanted.h"

namespace sworn::log {

inline constexpr const char* kManifestName = "manifest.json";
inline constexpr size_t kMaxManifestFiles = 400'000;

struct BackedUpFile {
  std::string path;  // relative to the backup, with "/" between names
  uint64_t bytes = 0;
  crypto::Hash sha256{};
  bool operator==(const BackedUpFile&) const = default;
};

// In order of path.
using BackupManifest = std::vector<BackedUpFile>;

// Of the files below `directory`, other than the manifest itself. DataLoss (DAMAGED) where something is neither a file
// nor a directory, or cannot be read.
absl::StatusOr<BackupManifest> MakeManifest(const std::string& directory, const StillWanted& still_wanted);

std::string FormatManifest(const BackupManifest& manifest);
// DataLoss (DAMAGED) where the text is no manifest, or a path in it leads out of the backup.
absl::StatusOr<BackupManifest> ParseManifest(std::string_view text);

// NotFound where `directory` holds no backup; DataLoss (DAMAGED) where it is damaged.
absl::StatusOr<BackupManifest> ReadManifest(const std::string& directory);

// DataLoss (DAMAGED) naming the first files that differ, are missing, or are not in the manifest.
absl::Status CompareManifests(const BackupManifest& expected, const BackupManifest& found);

}  // namespace sworn::log
