#include "cli/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>

#include "absl/cleanup/cleanup.h"
#include "ledger/log/durable_file.h"
#include "ledger/model/refusal.h"
#include "ledger/model/text.h"

namespace sworn::cli {
namespace {

constexpr size_t kChunkBytes = size_t{64} << 10U;

absl::Status SystemError(std::string_view what, const std::string& path) {
  return absl::ErrnoToStatus(errno, model::Concat(what, " ", path));
}

absl::StatusOr<std::string> ReadDescriptor(int descriptor, const std::string& path, size_t max_bytes) {
  std::string content;
  std::array<char, kChunkBytes> chunk{};
  while (true) {
    const ssize_t got = read(descriptor, chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return SystemError("cannot read", path);
    if (got == 0) return content;
    content.append(chunk.data(), static_cast<size_t>(got));
    if (content.size() > max_bytes) {
      return model::Refuse(v1::Refusal::TOO_LARGE, model::Concat(path, " is larger than ", max_bytes, " bytes"));
    }
  }
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

absl::StatusOr<std::string> ReadFile(const std::string& path, size_t max_bytes) {
  if (path == "-") return ReadDescriptor(STDIN_FILENO, "standard input", max_bytes);
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return SystemError("cannot open", path);
  const auto close_it = absl::MakeCleanup([descriptor] { close(descriptor); });
  return ReadDescriptor(descriptor, path, max_bytes);
}

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
