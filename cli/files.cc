#include "cli/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "ledger/log/durable_file.h"
#include "ledger/model/text.h"

namespace sworn::cli {
namespace {

absl::Status SystemError(std::string_view what, const std::string& path) {
  return absl::ErrnoToStatus(errno, model::Concat(what, " ", path));
}

absl::Status WriteAndSync(int descriptor, std::string_view content, const std::string& path) {
  while (!content.empty()) {
    const ssize_t written = write(descriptor, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return SystemError("cannot write", path);
    content.remove_prefix(static_cast<size_t>(written));
  }
  if (fsync(descriptor) != 0) return SystemError("cannot sync", path);
  return absl::OkStatus();
}

absl::Status SyncDirectoryOf(const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path().string();
  return log::SyncPath(parent.empty() ? "." : parent);
}

}  // namespace

absl::Status WriteFile(const std::string& path, std::string_view content, Access access) {
  std::string temporary = model::Concat(path, ".XXXXXX");
  const int descriptor = mkostemp(temporary.data(), O_CLOEXEC);
  if (descriptor < 0) return SystemError("cannot create a file beside", path);
  absl::Status status = WriteAndSync(descriptor, content, path);
  constexpr mode_t kReadableByEveryone = 0644;
  if (status.ok() && access == Access::kEveryone && fchmod(descriptor, kReadableByEveryone) != 0) {
    status = SystemError("cannot set the mode of", path);
  }
  close(descriptor);
  if (status.ok() && rename(temporary.c_str(), path.c_str()) != 0) status = SystemError("cannot write", path);
  if (status.ok()) return SyncDirectoryOf(path);
  unlink(temporary.c_str());
  return status;
}

}  // namespace sworn::cli
