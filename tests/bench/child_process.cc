#include "tests/bench/child_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <system_error>

#include "ledger/model/text.h"

// NOLINTNEXTLINE(readability-redundant-declaration): POSIX has programs declare it.
extern char** environ;

namespace sworn::bench {

using model::Concat;

absl::Status RunProgram(std::vector<std::string> program_and_arguments, const std::string& output) {
  std::vector<char*> pointers;
  for (std::string& argument : program_and_arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  posix_spawn_file_actions_t actions{};
  posix_spawn_file_actions_init(&actions);
  if (!output.empty()) {
    constexpr mode_t kReadableByOwner = 0600;
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output.c_str(), O_WRONLY | O_CREAT | O_APPEND,
                                     kReadableByOwner);
  }
  pid_t child = 0;
  const int spawned = posix_spawnp(&child, pointers.front(), &actions, nullptr, pointers.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (spawned != 0) {
    return absl::UnavailableError(Concat("cannot run ", pointers.front(), ": ", std::strerror(spawned)));
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return absl::OkStatus();
  return absl::InternalError(Concat(pointers.front(), " failed"));
}

absl::Status RunThisProgram(std::vector<std::string> arguments) {
  std::error_code error;
  const std::string program = std::filesystem::read_symlink("/proc/self/exe", error).string();
  if (error) return absl::UnavailableError(Concat("cannot find this program: ", error.message()));
  arguments.insert(arguments.begin(), program);
  return RunProgram(std::move(arguments));
}

}  // namespace sworn::bench
