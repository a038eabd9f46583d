#include "ledger/crypto/key_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sworn::crypto {
namespace {

constexpr size_t kMaxKeyFileBytes = size_t{64} << 10U;
constexpr mode_t kPrivateMode = S_IRUSR | S_IWUSR;
constexpr mode_t kPublicMode = kPrivateMode | S_IRGRP | S_IROTH;

// An open file or directory, closed at the end of the scope.
class File {
 public:
  File(const std::string& path, int flags, mode_t mode = 0)
      : descriptor_(::open(path.c_str(), flags | O_CLOEXEC, mode)) {}
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  File(File&&) = delete;
  File& operator=(File&&) = delete;

  bool is_open() const { return descriptor_ >= 0; }
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

absl::Status SystemError(const std::string& doing, const std::string& path) {
  return absl::ErrnoToStatus(errno, absl::StrCat("cannot ", doing, " ", path));
}

// The name of a new file must be durable too.
absl::Status SyncDirectoryOf(const std::string& path) {
  std::string directory = std::filesystem::path(path).parent_path().string();
  if (directory.empty()) directory = ".";
  const File file(directory, O_RDONLY | O_DIRECTORY);
  if (!file.is_open() || ::fsync(file.descriptor()) != 0) return SystemError("make durable", directory);
  return absl::OkStatus();
}

absl::Status WriteAndSync(const File& file, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t written = ::write(file.descriptor(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return SystemError("write", path);
    text.remove_prefix(static_cast<size_t>(written));
  }
  if (::fsync(file.descriptor()) != 0) return SystemError("make durable", path);
  return absl::OkStatus();
}

// Leaves nothing behind where it fails. Never replaces a file.
absl::Status CreateFile(const std::string& path, std::string_view text, mode_t mode) {
  const File file(path, O_WRONLY | O_CREAT | O_EXCL, mode);
  if (!file.is_open()) {
    if (errno == EEXIST) return absl::AlreadyExistsError(absl::StrCat(path, " exists; a key is never overwritten"));
    return SystemError("create", path);
  }
  absl::Status status = WriteAndSync(file, text, path);
  if (!status.ok()) ::unlink(path.c_str());
  return status;
}

enum class Access { kOwnerOnly, kAnyone };

absl::Status CheckFile(const File& file, const std::string& path, Access access) {
  struct stat about {};
  if (::fstat(file.descriptor(), &about) != 0) return SystemError("examine", path);
  if (!S_ISREG(about.st_mode)) return absl::InvalidArgumentError(absl::StrCat(path, " is not a regular file"));
  if (access == Access::kOwnerOnly && (about.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return absl::PermissionDeniedError(absl::StrCat("others can read the secret in ", path, "; run: chmod 600 ", path));
  }
  return absl::OkStatus();
}

absl::StatusOr<Secret> ReadFile(const std::string& path, Access access) {
  // O_NONBLOCK: opening a pipe must not wait for its writer; it has no effect on regular files.
  const File file(path, O_RDONLY | O_NONBLOCK);
  if (!file.is_open()) return SystemError("open", path);
  if (absl::Status status = CheckFile(file, path, access); !status.ok()) return status;
  std::string text(kMaxKeyFileBytes + 1, '\0');
  size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(file.descriptor(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return SystemError("read", path);
    if (got == 0) break;
    size += static_cast<size_t>(got);
  }
  if (size > kMaxKeyFileBytes) return absl::InvalidArgumentError(absl::StrCat(path, " is longer than 64 KiB"));
  text.resize(size);
  return Secret(std::move(text));
}

absl::Status InFile(const absl::Status& status, const std::string& path) {
  return {status.code(), absl::StrCat(path, ": ", status.message())};
}

}  // namespace

absl::Status WriteKeyFile(const PrivateKey& key, const std::string& path, const Secret& passphrase) {
  const std::string public_path = path + ".pub";
  const absl::StatusOr<Secret> pem = key.ToPem(passphrase);
  if (!pem.ok()) return pem.status();
  if (absl::Status status = CreateFile(path, pem->view(), kPrivateMode); !status.ok()) return status;
  absl::Status status = CreateFile(public_path, key.public_key().ToPem(), kPublicMode);
  if (!status.ok()) {
    ::unlink(path.c_str());
    return status;
  }
  return SyncDirectoryOf(path);
}

absl::StatusOr<PrivateKey> ReadKeyFile(const std::string& path, const Secret& passphrase) {
  const absl::StatusOr<Secret> pem = ReadFile(path, Access::kOwnerOnly);
  if (!pem.ok()) return pem.status();
  absl::StatusOr<PrivateKey> key = PrivateKey::FromPem(*pem, passphrase);
  if (!key.ok()) return InFile(key.status(), path);
  return key;
}

absl::StatusOr<bool> KeyFileIsEncrypted(const std::string& path) {
  const absl::StatusOr<Secret> pem = ReadFile(path, Access::kOwnerOnly);
  if (!pem.ok()) return pem.status();
  if (pem->view().starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----")) return true;
  if (pem->view().starts_with("-----BEGIN PRIVATE KEY-----")) return false;
  return absl::InvalidArgumentError(absl::StrCat(path, " holds no PKCS#8 private key in PEM"));
}

absl::StatusOr<Secret> ReadSecretLine(const std::string& path) {
  const absl::StatusOr<Secret> text = ReadFile(path, Access::kOwnerOnly);
  if (!text.ok()) return text.status();
  std::string line(text->view().substr(0, text->view().find_first_of("\r\n")));
  if (line.empty()) return absl::FailedPreconditionError(absl::StrCat("the first line of ", path, " is empty"));
  return Secret(std::move(line));
}

absl::StatusOr<PublicKey> ReadPublicKeyFile(const std::string& path) {
  const absl::StatusOr<Secret> pem = ReadFile(path, Access::kAnyone);
  if (!pem.ok()) return pem.status();
  absl::StatusOr<PublicKey> key = PublicKey::FromPem(pem->view());
  if (!key.ok()) return InFile(key.status(), path);
  return key;
}

}  // namespace sworn::crypto
