// Manifests of backups.
#include "ledger/log/backup_manifest.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sworn;
  using fuzz::Require;
  const absl::StatusOr<log::BackupManifest> manifest = log::ParseManifest(fuzz::AsText(data, size));
  if (!manifest.ok()) return 0;
  const absl::StatusOr<log::BackupManifest> again = log::ParseManifest(log::FormatManifest(*manifest));
  Require(again.ok() && *again == *manifest, "a manifest reads back from what it formats to");
  for (const log::BackedUpFile& file : *manifest) {
    Require(!file.path.empty() && file.path.front() != '/' && ("/" + file.path + "/").find("/../") == std::string::npos,
            "no path leads out of the backup");
  }
  return 0;
}
