// A SoftHSM token for tests, in a directory of its own.
//
// Thread-safety: one at a time; it changes the environment of the process.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace sworn::crypto {

// Runs a program that is found on the PATH, without its output; answers its exit code, -1 where it cannot be run.
inline int RunQuietly(std::vector<std::string> words) {
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child = -1;
  const int failed = posix_spawnp(&child, arguments.front(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  int status = 0;
  if (failed != 0 || waitpid(child, &status, 0) != child) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// While this lives, leaks of this thread and of the programs that it starts are not looked for: SoftHSM leaks with
// every Ed25519 signature.
class LeaksAreAllowed {
 public:
#ifdef __SANITIZE_ADDRESS__
  LeaksAreAllowed() {
    __lsan_disable();
    setenv("ASAN_OPTIONS", (options_ + ":detect_leaks=0").c_str(), 1);
  }
  ~LeaksAreAllowed() {
    setenv("ASAN_OPTIONS", options_.c_str(), 1);
    __lsan_enable();
  }
  LeaksAreAllowed(const LeaksAreAllowed&) = delete;
  LeaksAreAllowed& operator=(const LeaksAreAllowed&) = delete;
  LeaksAreAllowed(LeaksAreAllowed&&) = delete;
  LeaksAreAllowed& operator=(LeaksAreAllowed&&) = delete;

 private:
  const std::string options_ = getenv("ASAN_OPTIONS") == nullptr ? "" : getenv("ASAN_OPTIONS");
#endif
};

class TestToken {
 public:
  static constexpr const char* kPin = "246813";
  static constexpr const char* kModule = "/usr/lib/softhsm/libsofthsm2.so";

  // False where SoftHSM is not installed; tests are skipped then.
  static bool IsAvailable() {
    return std::filesystem::exists(kModule) && RunQuietly({"softhsm2-util", "--version"}) == 0;
  }

  // `directory` must exist and belong to the test.
  explicit TestToken(std::string directory) : directory_(std::move(directory)) {
    std::filesystem::create_directory(directory_ + "/tokens");
    const std::string configuration = directory_ + "/softhsm2.conf";
    std::ofstream(configuration) << "directories.tokendir = " << directory_ << "/tokens\nobjectstore.backend = file\n";
    setenv("SOFTHSM2_CONF", configuration.c_str(), 1);
    AddToken("sworn test");
    pin_file_ = WriteSecret("pin", kPin);
  }
  ~TestToken() { unsetenv("SOFTHSM2_CONF"); }
  TestToken(const TestToken&) = delete;
  TestToken& operator=(const TestToken&) = delete;
  TestToken(TestToken&&) = delete;
  TestToken& operator=(TestToken&&) = delete;

  static void AddToken(const std::string& label) {
    EXPECT_EQ(
        RunQuietly({"softhsm2-util", "--init-token", "--free", "--label", label, "--so-pin", "135724", "--pin", kPin}),
        0);
  }

  // Puts the PKCS#8 key of a PEM file into the token.
  static void Import(const std::string& pem_path, const std::string& label, const std::string& id) {
    EXPECT_EQ(RunQuietly({"softhsm2-util", "--import", pem_path, "--token", "sworn test", "--label", label, "--id", id,
                          "--pin", kPin}),
              0);
  }

  // A file that only its owner may read; answers its path.
  std::string WriteSecret(const std::string& name, const std::string& text) const {
    std::string path = directory_ + "/" + name;
    std::ofstream(path) << text << "\n";
    std::filesystem::permissions(path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    return path;
  }

  // Of the object with this label.
  static std::string Uri(const std::string& label) {
    return "pkcs11:token=sworn%20test;object=" + label + "?module-path=" + kModule;
  }

  const std::string& pin_file() const { return pin_file_; }
  // Where the token's files are.
  std::string tokens_directory() const { return directory_ + "/tokens"; }

 private:
  [[maybe_unused]] LeaksAreAllowed leaks_are_allowed_;
  std::string directory_;
  std::string pin_file_;
};

}  // namespace sworn::crypto
