#include "cli/input_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "absl/cleanup/cleanup.h"
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

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& path, size_t max_bytes) {
  if (path == "-") return ReadDescriptor(STDIN_FILENO, "standard input", max_bytes);
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return SystemError("cannot open", path);
  const auto close_it = absl::MakeCleanup([descriptor] { close(descriptor); });
  return ReadDescriptor(descriptor, path, max_bytes);
}

}  // namespace sworn::cli
