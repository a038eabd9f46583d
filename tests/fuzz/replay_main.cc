// Gives a fuzz target the files named on the command line, and those in the directories named there: so that its
// corpus, with every input that once broke it, is a test wherever there is no libFuzzer.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/fuzz/fuzz.h"

namespace {

std::vector<std::string> FilesBelow(const std::string& path) {
  if (!std::filesystem::exists(path)) return {};  // a target may have seeds of one kind only
  if (!std::filesystem::is_directory(path)) return {path};
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(path)) files.push_back(entry.path().string());
  std::sort(files.begin(), files.end());
  return files;
}

// Whether the file could be read.
bool Replay(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file) {
    std::cerr << path << " cannot be read\n";
    return false;
  }
  // Flushed first, so that the last line names the input that ends the process.
  std::cout << path << std::endl;
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  size_t replayed = 0;
  for (const std::string& path : std::vector<std::string>(argv + 1, argv + argc)) {
    for (const std::string& file : FilesBelow(path)) {
      if (!Replay(file)) return EXIT_FAILURE;
      ++replayed;
    }
  }
  if (replayed == 0) std::cerr << "there is no input to replay\n";
  return replayed == 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
