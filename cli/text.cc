#include "cli/text.h"

#include <wchar.h>  // NOLINT(modernize-deprecated-headers): wcwidth is POSIX and not in <cwchar>

#include <clocale>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/time/time.h"
#include "cli/output.h"
#include "ledger/model/text.h"
#include "ledger/model/timestamp.h"

namespace sworn::cli {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::string_view kEllipsis = "\xE2\x80\xA6";
constexpr size_t kHashDigits = 64;
constexpr size_t kShortIdDigits = 12;

struct Character {
  char32_t code = 0;
  size_t bytes = 1;
  bool valid = false;
};

// The character at the start of `text`, which is not empty.
Character Decode(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) return {lead, 1, true};
  const size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return {};
  char32_t code = lead & (0xFFU >> (length + 1));
  for (size_t i = 1; i < length; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xC0U) != 0x80U) return {};
    code = (code << 6U) | (next & 0x3FU);
  }
  const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  if (overlong || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return {};
  return {code, length, true};
}

// Controls of the terminal, and marks that reorder the text around them.
bool SteersTerminal(char32_t code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0) || (code >= 0x202A && code <= 0x202E) ||
         (code >= 0x2066 && code <= 0x2069) || code == 0x200E || code == 0x200F;
}

size_t CharacterWidth(char32_t code) {
  // Nothing is read from disk for plain text.
  if (code < 0x80) return 1;
  // Widths of the C.UTF-8 locale, which is always there, whatever the user's own locale is.
  static const bool kLocaleSet = std::setlocale(LC_CTYPE, "C.UTF-8") != nullptr;
  const int width = kLocaleSet ? wcwidth(static_cast<wchar_t>(code)) : 1;
  return width < 0 ? 1 : static_cast<size_t>(width);
}

std::string_view EscapeCode(Style style) {
  switch (style) {
    case Style::kPlain:
      return "";
    case Style::kBold:
      return "\x1b[1m";
    case Style::kFaint:
      return "\x1b[2m";
    case Style::kGreen:
      return "\x1b[32m";
    case Style::kYellow:
      return "\x1b[33m";
    case Style::kRed:
      return "\x1b[31m";
  }
  return "";
}

}  // namespace

std::string Printable(std::string_view text) {
  std::string printable;
  printable.reserve(text.size());
  while (!text.empty()) {
    const Character character = Decode(text);
    if (character.valid && (character.code == '\n' || character.code == '\t')) {
      printable += ' ';
    } else if (!character.valid || SteersTerminal(character.code)) {
      printable += kReplacement;
    } else {
      printable += text.substr(0, character.bytes);
    }
    text.remove_prefix(character.bytes);
  }
  return printable;
}

size_t DisplayWidth(std::string_view text) {
  size_t width = 0;
  while (!text.empty()) {
    const Character character = Decode(text);
    width += character.valid ? CharacterWidth(character.code) : 1;
    text.remove_prefix(character.bytes);
  }
  return width;
}

std::string CutToWidth(std::string_view text, size_t columns) {
  if (DisplayWidth(text) <= columns) return std::string(text);
  if (columns == 0) return "";
  std::string cut;
  size_t width = 0;
  while (!text.empty()) {
    const Character character = Decode(text);
    width += character.valid ? CharacterWidth(character.code) : 1;
    if (width > columns - 1) break;
    cut += text.substr(0, character.bytes);
    text.remove_prefix(character.bytes);
  }
  return cut + std::string(kEllipsis);
}

std::string Styled(std::string_view text, Style style) {
  if (style == Style::kPlain || !StandardOutput().colours) return std::string(text);
  return model::Concat(EscapeCode(style), text, "\x1b[0m");
}

std::string ShortId(std::string_view id) {
  if (id.size() != kHashDigits) return Printable(id);
  for (const char digit : id) {
    if (!absl::ascii_isxdigit(static_cast<unsigned char>(digit))) return Printable(id);
  }
  return std::string(id.substr(0, kShortIdDigits));
}

std::string FormatTimestamp(const google::protobuf::Timestamp& timestamp) {
  return model::FormatUtc(model::ToTime(timestamp));
}

std::string Counted(uint64_t count, std::string_view singular, std::string_view plural) {
  return model::Concat(count, " ", count == 1 ? singular : plural);
}

}  // namespace sworn::cli
