#include "tests/bench/child_process.h"

#include <spawn.h>
#include <sys/wait.h>

#include <cstring>
#include <filesystem>

#include "absl/strings/str_cat.h"

// NOLINTNEXTLINE(readability-redundant-declaration): POSIX has programs declare it.
extern char** environ;

namespace sworn::bench {

absl::Status RunThisProgram(std::vector<std::string> arguments) {
  std::error_code error;
  const std::string program = std::filesystem::read_symlink("/proc/self/exe", error).string();
  if (error) return absl::UnavailableError(absl::StrCat("cannot find this program: ", error.message()));
  arguments.insert(arguments.begin(), program);
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  pid_t child = 0;
  const int spawned = posix_spawn(&child, program.c_str(), nullptr, nullptr, pointers.data(), environ);
  if (spawned != 0) return absl::UnavailableError(absl::StrCat("cannot run ", program, ": ", std::strerror(spawned)));
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return absl::OkStatus();
  return absl::InternalError(absl::StrCat(program, " ", arguments[1], " failed"));
}

}  // namespace sworn::bench
