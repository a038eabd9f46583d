#include "ledger/log/durable_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sworn::log {
namespace {

// What the system call that has just failed said.
absl::Status SystemError(const std::string& doing, const std::string& path) {
  const int code = errno;
  return absl::ErrnoToStatus(code, absl::StrCat(doing, " ", path));
}

// An open file, closed at the end of its scope.
class FileDescriptor {
 public:
  explicit FileDescriptor(int descriptor) : descriptor_(descriptor) {}
  ~FileDescriptor() {
    if (descriptor_ >= 0) {
      close(descriptor_);
    }
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  FileDescriptor(FileDescriptor&&) = delete;
  FileDescriptor& operator=(FileDescriptor&&) = delete;
  int get() const { return descriptor_; }
  bool is_open() const { return descriptor_ >= 0; }

 private:
  int descriptor_;
};

absl::Status WriteAll(const FileDescriptor& file, const std::string& path, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = write(file.get(), content.data(), content.size());
    if (written < 0 && errno != EINTR) {
      return SystemError("cannot write", path);
    }
    content.remove_prefix(written < 0 ? 0 : static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

absl::Status WriteNewFile(const std::string& path, std::string_view content, FileDurability durability) {
  const FileDescriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!file.is_open()) {
    return SystemError("cannot create", path);
  }
  if (absl::Status status = WriteAll(file, path, content); !status.ok()) {
    return status;
  }
  if (durability == FileDurability::kSynced && fsync(file.get()) != 0) {
    return SystemError("cannot sync", path);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ReplaceFile(const std::string& path, std::string_view content, FileDurability durability) {
  const std::string written = absl::StrCat(path, ".new");
  if (absl::Status status = WriteNewFile(written, content, durability); !status.ok()) {
    return status;
  }
  if (std::rename(written.c_str(), path.c_str()) != 0) {
    return SystemError("cannot replace", path);
  }
  if (durability == FileDurability::kUnsynced) {
    return absl::OkStatus();
  }
  const std::string directory = std::filesystem::path(path).parent_path().string();
  return SyncPath(directory.empty() ? "." : directory);
}

absl::StatusOr<std::string> ReadSmallFile(const std::string& path, size_t max_bytes) {
  // O_NONBLOCK: opening a pipe must not wait for its writer; it has no effect on regular files.
  const FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.is_open()) {
    return SystemError("cannot open", path);
  }
  struct stat status {};
  if (fstat(file.get(), &status) != 0) {
    return SystemError("cannot read", path);
  }
  if (!S_ISREG(status.st_mode)) {
    return absl::FailedPreconditionError(absl::StrCat(path, " is not a regular file"));
  }
  std::string content;
  std::array<char, 4096> piece{};
  while (true) {
    const ssize_t count = read(file.get(), piece.data(), piece.size());
    if (count < 0 && errno != EINTR) {
      return SystemError("cannot read", path);
    }
    if (count == 0) {
      return content;
    }
    content.append(piece.data(), count < 0 ? 0 : static_cast<size_t>(count));
    if (content.size() > max_bytes) {
      return absl::ResourceExhaustedError(absl::StrCat(path, " is longer than ", max_bytes, " bytes"));
    }
  }
}

absl::Status SyncPath(const std::string& path) {
  const FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) {
    return SystemError("cannot open", path);
  }
  if (fsync(file.get()) != 0) {
    return SystemError("cannot sync", path);
  }
  return absl::OkStatus();
}

}  // namespace sworn::log
