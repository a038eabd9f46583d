#include "ledger/log/backup.h"

#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/time/clock.h"
#include "ledger/journal/rocksdb/rocksdb_journal.h"
#include "ledger/log/copied_files.h"
#include "ledger/log/durable_file.h"
#include "ledger/model/refusal.h"
#include "ledger/model/text.h"

namespace sworn::log {
namespace {

using model::Concat;

// A group that is on disk is signed within milliseconds.
constexpr absl::Duration kSigningPatience = absl::Seconds(20);
constexpr absl::Duration kSigningPause = absl::Milliseconds(2);

// A place for the backup, and where it is made.
absl::Status CheckTarget(const LedgerDirectory& directory, const std::string& target) {
  const std::filesystem::path path(target);
  if (!path.is_absolute() || path.lexically_normal() != path || !path.has_filename()) {
    return absl::InvalidArgumentError(
        Concat("'", model::Shown(target), "' is not an absolute path without '.' and '..' and '/' at its end"));
  }
  std::error_code error;
  const std::filesystem::path parent = std::filesystem::canonical(path.parent_path(), error);
  if (error || !std::filesystem::is_directory(parent, error)) {
    return absl::InvalidArgumentError(Concat(path.parent_path().string(), " is not a directory; make it first"));
  }
  const std::filesystem::path ledger = std::filesystem::canonical(directory.path(), error);
  const std::string inside = parent.lexically_relative(ledger).generic_string();
  if (!error && !inside.starts_with("..")) {
    return absl::InvalidArgumentError(
        Concat(target, " lies inside the ledger ", directory.path(), "; choose a place outside it"));
  }
  if (std::filesystem::exists(std::filesystem::symlink_status(path, error))) {
    return absl::AlreadyExistsError(Concat(target, " is there already; a backup never overwrites"));
  }
  return absl::OkStatus();
}

// A checkpoint of what was copied. Its last group may not be signed yet: the copy is taken between two steps of it.
absl::StatusOr<std::string> SignCopied(const Log& log, const std::string& journal_path,
                                       const StillWanted& still_wanted) {
  const absl::StatusOr<std::unique_ptr<journal::Journal>> copy =
      journal::OpenRocksDbJournal(journal_path, journal::OpenMode::kReadOnly);
  if (!copy.ok()) return copy.status();
  const uint64_t size = (*copy)->Size();
  for (const absl::Time give_up = absl::Now() + kSigningPatience; log.size() < size;) {
    if (absl::Status wanted = still_wanted(); !wanted.ok()) return wanted;
    if (absl::Now() > give_up) {
      return absl::UnavailableError(Concat("the copy has ", size, " entries and the ledger has signed only ",
                                           log.size(), "; open the ledger again and repeat the backup"));
    }
    absl::SleepFor(kSigningPause);
  }
  return log.SignCheckpointOf(size);
}

absl::StatusOr<Backup> Fill(const Log& log, const LedgerDirectory& directory, const std::string& partial,
                            const StillWanted& still_wanted) {
  const std::string journal_path = Concat(partial, "/journal");
  absl::Status status = log.journal().CopyTo(journal_path);
  if (status.ok()) status = CopyFile(directory.ledger_file(), Concat(partial, "/ledger.json"));
  if (status.ok()) status = CopyFiles(directory.timestamps_path(), Concat(partial, "/timestamps"), still_wanted);
  if (!status.ok()) return status;
  absl::StatusOr<std::string> checkpoint = SignCopied(log, journal_path, still_wanted);
  if (!checkpoint.ok()) return checkpoint.status();
  Backup backup{.checkpoint = *std::move(checkpoint)};
  status = ReplaceFile(Concat(partial, "/checkpoint"), backup.checkpoint, FileDurability::kSynced);
  if (!status.ok()) return status;
  const absl::StatusOr<BackupManifest> manifest = MakeManifest(partial, still_wanted);
  if (!manifest.ok()) return manifest.status();
  for (const BackedUpFile& file : *manifest) backup.bytes += file.bytes;
  status = ReplaceFile(Concat(partial, "/", kManifestName), FormatManifest(*manifest), FileDurability::kSynced);
  if (!status.ok()) return status;
  return backup;
}

}  // namespace

absl::StatusOr<Backup> BackUp(const Log& log, const LedgerDirectory& directory, const std::string& target,
                              const StillWanted& still_wanted) {
  if (absl::Status status = CheckTarget(directory, target); !status.ok()) return status;
  absl::StatusOr<std::string> partial = MakePartialDirectory(target, 0700);
  if (!partial.ok()) return partial.status();
  absl::Cleanup remove = [&partial] {
    std::error_code ignored;
    std::filesystem::remove_all(*partial, ignored);
  };
  absl::StatusOr<Backup> backup = Fill(log, directory, *partial, still_wanted);
  if (!backup.ok()) return backup.status();
  if (absl::Status status = FinishPartialDirectory(*partial, target); !status.ok()) return status;
  std::move(remove).Cancel();
  return backup;
}

}  // namespace sworn::log
