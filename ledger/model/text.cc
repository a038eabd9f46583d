#include "ledger/model/text.h"

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"

namespace sworn::model {
namespace {

constexpr size_t kShownBytes = 80;

}  // namespace

std::string Shown(std::string_view text) {
  return Concat(absl::CHexEscape(ToAbsl(text.substr(0, kShownBytes))), text.size() > kShownBytes ? "…" : "");
}

std::string_view Trim(std::string_view text) { return FromAbsl(absl::StripAsciiWhitespace(ToAbsl(text))); }

std::string ToUpper(std::string_view text) { return absl::AsciiStrToUpper(ToAbsl(text)); }

std::string ToLower(std::string_view text) { return absl::AsciiStrToLower(ToAbsl(text)); }

bool Contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

std::vector<std::string_view> Split(std::string_view text, std::string_view separator) {
  std::vector<std::string_view> parts;
  size_t begin = 0;
  for (size_t end = text.find(separator); end != std::string_view::npos; end = text.find(separator, begin)) {
    parts.push_back(text.substr(begin, end - begin));
    begin = end + separator.size();
  }
  parts.push_back(text.substr(begin));
  return parts;
}

}  // namespace sworn::model
