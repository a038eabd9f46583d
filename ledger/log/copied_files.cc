#include "ledger/log/copied_files.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "ledger/log/durable_file.h"
#include "ledger/model/refusal.h"
#include "ledger/model/text.h"

namespace sworn::log {
namespace {

using model::Concat;
using std::filesystem::recursive_directory_iterator;

absl::Status FileError(const std::error_code& error, const std::string& doing) {
  return absl::ErrnoToStatus(error.value(), doing);
}

// What is below `directory`, and itself.
absl::Status SyncAll(const std::string& directory) {
  std::error_code error;
  recursive_directory_iterator entry(directory, error);
  for (; !error && entry != recursive_directory_iterator(); entry.increment(error)) {
    if (absl::Status status = SyncPath(entry->path().string()); !status.ok()) return status;
  }
  if (error) return FileError(error, Concat("cannot list ", directory));
  return SyncPath(directory);
}

}  // namespace

absl::StatusOr<std::string> MakePartialDirectory(const std::string& target, mode_t mode) {
  std::string partial = Concat(target, ".partial");
  if (mkdir(partial.c_str(), mode) == 0) return partial;
  const int code = errno;
  if (code == EEXIST) {
    return absl::AlreadyExistsError(Concat(partial, " is there already: another process is filling it, or was ",
                                           "interrupted; in the latter case delete it and try again"));
  }
  return absl::ErrnoToStatus(code, Concat("cannot make the directory ", partial));
}

absl::Status FinishPartialDirectory(const std::string& partial, const std::string& target) {
  if (absl::Status status = SyncAll(partial); !status.ok()) return status;
  // Replaces nothing: the target may have been made meanwhile, and an empty directory would be replaced in silence.
  if (renameat2(AT_FDCWD, partial.c_str(), AT_FDCWD, target.c_str(), RENAME_NOREPLACE) != 0) {
    const int code = errno;
    return absl::ErrnoToStatus(code, Concat("cannot rename ", partial, " to ", target));
  }
  const std::string parent = std::filesystem::path(target).parent_path().string();
  return SyncPath(parent.empty() ? "." : parent);
}

absl::Status CopyFile(const std::string& from, const std::string& to) {
  std::error_code error;
  std::filesystem::copy_file(from, to, error);
  if (error) return FileError(error, Concat("cannot copy ", from, " to ", to));
  return absl::OkStatus();
}

absl::Status CopyFiles(const std::string& from, const std::string& to, const StillWanted& still_wanted) {
  std::error_code error;
  if (!std::filesystem::exists(from, error)) return absl::OkStatus();
  std::filesystem::create_directory(to, error);
  if (error) return FileError(error, Concat("cannot make the directory ", to));
  recursive_directory_iterator entry(from, error);
  for (; !error && entry != recursive_directory_iterator(); entry.increment(error)) {
    if (absl::Status wanted = still_wanted(); !wanted.ok()) return wanted;
    const std::string copy = Concat(to, "/", entry->path().lexically_relative(from).generic_string());
    const std::filesystem::file_status status = entry->symlink_status(error);
    if (error) break;
    if (std::filesystem::is_directory(status)) {
      std::filesystem::create_directory(copy, error);
      if (error) break;
    } else if (!std::filesystem::is_regular_file(status)) {
      return model::Refuse(v1::Refusal::DAMAGED, Concat(entry->path().string(), " is neither a file nor a directory"));
    } else if (absl::Status copied = CopyFile(entry->path().string(), copy);
               !copied.ok() && !absl::IsNotFound(copied)) {
      // A file that is gone by now was a temporary one.
      return copied;
    }
  }
  if (error) return FileError(error, Concat("cannot copy ", from));
  return absl::OkStatus();
}

}  // namespace sworn::log
