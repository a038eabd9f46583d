// Scratch directories, and damage, for tests.
//
// Thread-safety: a TestDirectory belongs to one thread.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <ios>
#include <string>

namespace sworn::journal {

// A new directory, deleted with all that is in it.
class TestDirectory {
 public:
  TestDirectory() : path_(testing::TempDir() + "sworn-XXXXXX") {
    if (mkdtemp(path_.data()) == nullptr) {
      ADD_FAILURE() << "cannot make " << path_;
    }
  }
  ~TestDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TestDirectory(const TestDirectory&) = delete;
  TestDirectory& operator=(const TestDirectory&) = delete;
  TestDirectory(TestDirectory&&) = delete;
  TestDirectory& operator=(TestDirectory&&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Inverts the bits of one byte of a file.
inline void FlipByte(const std::filesystem::path& file, std::streamoff offset) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekg(offset);
  const int byte = stream.get();
  ASSERT_NE(byte, std::char_traits<char>::eof()) << file << " is shorter than " << offset;
  stream.seekp(offset);
  stream.put(static_cast<char>(byte ^ 0xff));
}

}  // namespace sworn::journal
