#include "cli/state_directory.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "ledger/log/durable_file.h"
#include "ledger/model/text.h"

namespace sworn::cli {
namespace {

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

absl::StatusOr<std::string> StateDirectory() {
  if (std::string state = Environment("SWORN_STATE"); !state.empty()) return state;
  if (const std::string state = Environment("XDG_STATE_HOME"); !state.empty()) return model::Concat(state, "/sworn");
  if (const std::string home = Environment("HOME"); !home.empty()) return model::Concat(home, "/.local/state/sworn");
  return absl::FailedPreconditionError("no place to keep state: set HOME, XDG_STATE_HOME or SWORN_STATE");
}

absl::Status MakePrivateDirectory(const std::string& directory) {
  const std::filesystem::path path(directory);
  std::error_code error;
  if (directory.empty() || std::filesystem::is_directory(path, error)) return absl::OkStatus();
  const std::string parent = path.parent_path().string();
  if (absl::Status made = MakePrivateDirectory(parent); !made.ok()) return made;
  constexpr mode_t kOwnerOnly = 0700;
  if (mkdir(directory.c_str(), kOwnerOnly) != 0 && errno != EEXIST) {
    return absl::ErrnoToStatus(errno, model::Concat("cannot make the directory ", directory));
  }
  return log::SyncPath(parent.empty() ? "." : parent);
}

}  // namespace sworn::cli
