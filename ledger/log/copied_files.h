// Directories that appear whole: filled beside their place, made durable, and renamed into it.
//
// Thread-safety: safe to call from any thread; one writer per path at a time.
#pragma once

#include <sys/types.h>

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/log/backup_manifest.h"
#include "ledger/log/still_wanted.h"

namespace sworn::log {

// Makes `target`.partial and answers its path. AlreadyExists where it is there: someone is filling it, or was
// interrupted.
absl::StatusOr<std::string> MakePartialDirectory(const std::string& target, mode_t mode);

// Makes every directory and file in `partial` durable, and renames it to `target`. AlreadyExists where that is there by
// now.
absl::Status FinishPartialDirectory(const std::string& partial, const std::string& target);

// Copies one file; neither is synced.
absl::Status CopyFile(const std::string& from, const std::string& to);

// Copies the files of a directory and those below it, where there is one.
absl::Status CopyFiles(const std::string& from, const std::string& to, const StillWanted& still_wanted);

}  // namespace sworn::log
