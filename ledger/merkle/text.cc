#include "ledger/merkle/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>

#include "absl/strings/escaping.h"

namespace sworn::merkle {
namespace {

// Unicode's White_Space property above ASCII, as first and last code points.
struct CodePointRange {
  char32_t first;
  char32_t last;
};
constexpr std::array kUnicodeSpaces = {CodePointRange{0x0085, 0x0085}, CodePointRange{0x00A0, 0x00A0},
                                       CodePointRange{0x1680, 0x1680}, CodePointRange{0x2000, 0x200A},
                                       CodePointRange{0x2028, 0x2029}, CodePointRange{0x202F, 0x202F},
                                       CodePointRange{0x205F, 0x205F}, CodePointRange{0x3000, 0x3000}};

constexpr char32_t kFirstPrintable = 0x20;

bool MayBeInKeyName(char32_t code_point) {
  if (code_point <= U' ' || code_point == U'+') return false;
  return std::none_of(kUnicodeSpaces.begin(), kUnicodeSpaces.end(),
                      [&](CodePointRange spaces) { return spaces.first <= code_point && code_point <= spaces.last; });
}

// How many bytes a sequence has by its first one; 0 where none begins so.
size_t SequenceBytes(unsigned char first) {
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first < 0xE0) return 2;
  if (first >= 0xE0 && first < 0xF0) return 3;
  if (first >= 0xF0 && first < 0xF5) return 4;
  return 0;
}

// Overlong, surrogate and too large code points are none.
bool IsScalarOf(char32_t code_point, size_t bytes) {
  if (bytes == 3) return code_point >= 0x800 && (code_point < 0xD800 || code_point > 0xDFFF);
  if (bytes == 4) return code_point >= 0x10000 && code_point <= 0x10FFFF;
  return true;
}

}  // namespace

std::string EncodeBase64(std::string_view bytes) { return absl::Base64Escape({bytes.data(), bytes.size()}); }

std::optional<std::string> DecodeBase64(std::string_view text) {
  std::string bytes;
  // Abseil also takes spaces, missing padding and stray bits; signed texts have one form only.
  if (!absl::Base64Unescape({text.data(), text.size()}, &bytes) || EncodeBase64(bytes) != text) return std::nullopt;
  return bytes;
}

std::optional<crypto::Hash> DecodeBase64Hash(std::string_view text) {
  const std::optional<std::string> bytes = DecodeBase64(text);
  if (!bytes.has_value()) return std::nullopt;
  const absl::StatusOr<crypto::Hash> hash = crypto::HashFromBytes(*bytes);
  if (!hash.ok()) return std::nullopt;
  return *hash;
}

std::optional<uint64_t> ParseDecimal(std::string_view text) {
  if (text.size() > 1 && text.front() == '0') return std::nullopt;
  uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end) return std::nullopt;
  return number;
}

std::optional<std::string_view> TakeLine(std::string_view& text) {
  const size_t newline = text.find('\n');
  if (newline == std::string_view::npos) return std::nullopt;
  const std::string_view line = text.substr(0, newline);
  text.remove_prefix(newline + 1);
  return line;
}

std::optional<char32_t> TakeCodePoint(std::string_view& text) {
  const auto first = static_cast<unsigned char>(text.front());
  const size_t bytes = SequenceBytes(first);
  if (bytes == 0 || bytes > text.size()) return std::nullopt;
  char32_t code_point = bytes == 1 ? first : first & (0x7FU >> bytes);
  for (const char next : text.substr(1, bytes - 1)) {
    const auto byte = static_cast<unsigned char>(next);
    if ((byte & 0xC0U) != 0x80U) return std::nullopt;
    code_point = code_point << 6U | (byte & 0x3FU);
  }
  if (!IsScalarOf(code_point, bytes)) return std::nullopt;
  text.remove_prefix(bytes);
  return code_point;
}

bool IsNoteText(std::string_view text) {
  while (!text.empty()) {
    const std::optional<char32_t> code_point = TakeCodePoint(text);
    if (!code_point.has_value() || (*code_point < kFirstPrintable && *code_point != U'\n')) return false;
  }
  return true;
}

bool IsKeyName(std::string_view text) {
  if (text.empty()) return false;
  while (!text.empty()) {
    const std::optional<char32_t> code_point = TakeCodePoint(text);
    if (!code_point.has_value() || !MayBeInKeyName(*code_point)) return false;
  }
  return true;
}

}  // namespace sworn::merkle
