// Runs the built `sworn`, and other programs, as a user does: for the tests of the command line.
//
// Thread-safety: a CommandLine belongs to one thread.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace sworn {

using Arguments = std::vector<std::string>;

struct Outcome {
  int exit_code = -1;
  std::string out;
  std::string err;
};

inline std::string ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

inline void WriteAll(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

// Starts a program (found on the PATH unless it has a slash) with its output in files; answers its process id.
inline pid_t Start(const std::string& program, const Arguments& arguments, const std::string& out_path,
                   const std::string& err_path) {
  std::vector<const char*> words = {program.c_str()};
  for (const std::string& argument : arguments) words.push_back(argument.c_str());
  words.push_back(nullptr);
  const pid_t child = fork();
  if (child != 0) return child;
  const int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
  const int out = open(out_path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const int err = open(err_path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  dup2(in, STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  dup2(err, STDERR_FILENO);
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): execvp takes what it does not change without const.
  execvp(program.c_str(), const_cast<char* const*>(words.data()));
  _exit(126);
}

inline int WaitFor(pid_t child) {
  int status = 0;
  if (waitpid(child, &status, 0) != child) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// A scratch directory, and `sworn` run with its state in it. Nothing of the caller's environment reaches it.
class CommandLine : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"SWORN_LEDGER", "SWORN_SERVER", "SWORN_KEY", "SWORN_STATE"}) unsetenv(name);
    std::string pattern = testing::TempDir() + "sworn.XXXXXX";
    directory_ = mkdtemp(pattern.data());
    setenv("XDG_STATE_HOME", (directory_ + "/state").c_str(), 1);
  }

  void TearDown() override { std::filesystem::remove_all(directory_); }

  Outcome RunProgram(const std::string& program, const Arguments& arguments) {
    const std::string out = directory_ + "/out";
    const std::string err = directory_ + "/err";
    const int exit_code = WaitFor(Start(program, arguments, out, err));
    return {exit_code, ReadAll(out), ReadAll(err)};
  }
  Outcome Run(const Arguments& arguments) { return RunProgram(SWORN_BINARY, arguments); }

  // Runs a command that must succeed; answers its standard output.
  std::string ExpectRun(const Arguments& arguments) {
    const Outcome outcome = Run(arguments);
    EXPECT_EQ(outcome.exit_code, 0) << arguments.front() << ": " << outcome.err;
    return outcome.out;
  }

  nlohmann::json ExpectJson(Arguments arguments) {
    arguments.insert(arguments.end(), {"--format", "json"});
    const std::string out = ExpectRun(arguments);
    nlohmann::json parsed = nlohmann::json::parse(out, nullptr, false);
    EXPECT_FALSE(parsed.is_discarded()) << out;
    return parsed;
  }

  // Makes a ledger in directory_/NAME with the example of deploy/ in it; answers its path.
  std::string MakeExampleLedger(const std::string& name = "ledger") {
    std::string ledger = directory_ + "/" + name;
    ExpectRun({"init", ledger, "--origin", "test.example/ledger", "--author", "alice"});
    ExpectRun({"report", kExample, "--ledger", ledger});
    return ledger;
  }

  const std::string kExample = SWORN_EXAMPLES "/beijing-moscow.yaml";
  std::string directory_;
};

// A daemon that is stopped when the test ends.
class Daemon {
 public:
  Daemon(const Arguments& arguments, const std::string& directory, const std::string& program = SWORN_BINARY)
      : process_(Start(program, arguments, directory + "/daemon-out", directory + "/daemon-err")) {}
  ~Daemon() {
    if (process_ > 0) Stop(SIGKILL);
  }
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;
  Daemon(Daemon&&) = delete;
  Daemon& operator=(Daemon&&) = delete;

  int Stop(int signal) {
    kill(process_, signal);
    return WaitFor(std::exchange(process_, -1));
  }

 private:
  pid_t process_;
};

}  // namespace sworn
