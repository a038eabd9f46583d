// What fuzz targets share. Each *_fuzzer.cc is a program that gives one parser whatever bytes it gets: libFuzzer's in
// the preset `fuzz`, those of the corpus elsewhere (replay_main.cc). It fails by ending the process: a sanitizer does,
// and so does Require.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

// What libFuzzer calls with each input. Answers 0.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace sworn::fuzz {

inline std::string_view AsText(const uint8_t* data, size_t size) {
  return size == 0 ? std::string_view() : std::string_view(reinterpret_cast<const char*>(data), size);
}

// Ends the process unless `holds`. `property` says what must hold of every input.
inline void Require(bool holds, std::string_view property) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %.*s\n", static_cast<int>(property.size()), property.data());
  std::abort();
}

}  // namespace sworn::fuzz
