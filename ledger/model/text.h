// Text helpers over std::string_view. Debian's Abseil is built with a string_view type of its own, which does not
// convert from the standard one; this is where the two meet.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace sworn::model {

inline absl::string_view ToAbsl(std::string_view text) { return {text.data(), text.size()}; }
inline std::string_view FromAbsl(absl::string_view text) { return {text.data(), text.size()}; }

// Valid as long as the status.
inline std::string_view MessageOf(const absl::Status& status) { return FromAbsl(status.message()); }

// absl::StrCat that also takes std::string_view.
template <typename... Parts>
std::string Concat(const Parts&... parts) {
  const auto convert = [](const auto& part) -> decltype(auto) {
    if constexpr (std::is_same_v<std::decay_t<decltype(part)>, std::string_view>) {
      return ToAbsl(part);
    } else {
      return (part);
    }
  };
  return absl::StrCat(convert(parts)...);
}

// Text from outside as messages show it: its beginning, with control characters and bytes beyond ASCII escaped.
std::string Shown(std::string_view text);

// Without ASCII white space at either end.
std::string_view Trim(std::string_view text);

std::string ToUpper(std::string_view text);
std::string ToLower(std::string_view text);

bool Contains(std::string_view text, std::string_view part);

std::vector<std::string_view> Split(std::string_view text, std::string_view separator);

}  // namespace sworn::model
