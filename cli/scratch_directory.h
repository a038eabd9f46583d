// A directory for what is only needed while a command runs.
//
// Thread-safety: belongs to one thread.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/model/text.h"

namespace sworn::cli {

class ScratchDirectory {
 public:
  // A new directory in `parent`, or in $TMPDIR where that is empty; deleted with all that is in it.
  static absl::StatusOr<std::unique_ptr<ScratchDirectory>> Make(std::string parent) {
    std::error_code error;
    if (parent.empty()) parent = std::filesystem::temp_directory_path(error).string();
    std::string path = parent + "/sworn-XXXXXX";
    if (error || mkdtemp(path.data()) == nullptr) {
      return absl::UnavailableError(
          model::Concat("cannot make a directory in '", parent, "'; name another with --scratch DIR"));
    }
    return std::unique_ptr<ScratchDirectory>(new ScratchDirectory(std::move(path)));
  }
  ~ScratchDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;

  const std::string& path() const { return path_; }

 private:
  explicit ScratchDirectory(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace sworn::cli
