// Text helpers of the views. Debian's Abseil is built with a string_view of its own, which std::string_view does not turn
// into by itself.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <string>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace sworn::views {

namespace text_internal {
inline absl::string_view ForAbsl(std::string_view part) { return {part.data(), part.size()}; }
inline absl::string_view ForAbsl(const std::string& part) { return part; }
inline absl::string_view ForAbsl(const char* part) { return part; }
inline absl::string_view ForAbsl(absl::string_view part) { return part; }
template <typename Number>
Number ForAbsl(Number part) {
  return part;
}
}  // namespace text_internal

// The parts, texts and numbers, one after another.
template <typename... Parts>
std::string Concat(const Parts&... parts) {
  return absl::StrCat(text_internal::ForAbsl(parts)...);
}

// The letters A to Z in lower case; every other character, of UTF-8 too, as it is.
inline std::string FoldCase(std::string_view text) {
  return absl::AsciiStrToLower(absl::string_view(text.data(), text.size()));
}

}  // namespace sworn::views
