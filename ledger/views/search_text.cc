#include "ledger/views/search_text.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/utf8.h>

#include <array>
#include <cstdint>

#include "ledger/views/text.h"

namespace sworn::views {
namespace {

// Beyond this a text cannot change its first kMaxSearchLetters any more, but for marks without end.
constexpr size_t kMaxFoldedBytes = 4'096;

absl::Status IcuFailed(std::string_view what, UErrorCode error) {
  return absl::InternalError(Concat("ICU cannot ", what, ": ", u_errorName(error)));
}

// What becomes of a code point: part of a word, the end of one, or nothing.
enum class Role { kLetter, kBreak, kNothing };

bool IsLetter(char32_t c) {
  return u_isalnum(static_cast<UChar32>(c)) != 0 || u_charType(static_cast<UChar32>(c)) == U_COMBINING_SPACING_MARK;
}

Role RoleInName(char32_t c) { return IsLetter(c) ? Role::kLetter : Role::kBreak; }

Role RoleInExternalId(char32_t c) {
  if (IsLetter(c)) return Role::kLetter;
  return c == U':' || u_isUWhiteSpace(static_cast<UChar32>(c)) != 0 ? Role::kBreak : Role::kNothing;
}

Role RoleOfSymbol(char32_t c) { return u_isUWhiteSpace(static_cast<UChar32>(c)) != 0 ? Role::kBreak : Role::kLetter; }

std::u32string ToLetters(const icu::UnicodeString& text) {
  std::u32string letters;
  for (int32_t i = 0; i < text.length(); i = text.moveIndex32(i, 1)) {
    letters.push_back(static_cast<char32_t>(text.char32At(i)));
  }
  return letters;
}

// ASCII needs no tables.
bool IsAscii(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) >= 0x80) return false;
  }
  return true;
}

// Without case and accents.
absl::StatusOr<std::u32string> FoldLetters(std::string_view text) {
  if (IsAscii(text)) {
    const std::string lower = model::ToLower(text);
    return std::u32string(lower.begin(), lower.end());
  }
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* const folding = icu::Normalizer2::getNFKCCasefoldInstance(error);
  const icu::Normalizer2* const decomposing = icu::Normalizer2::getNFDInstance(error);
  const icu::Normalizer2* const composing = icu::Normalizer2::getNFCInstance(error);
  if (U_FAILURE(error) != 0) return IcuFailed("load its normalization data", error);
  const auto source = icu::UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<int32_t>(text.size())));
  const icu::UnicodeString apart = decomposing->normalize(folding->normalize(source, error), error);
  icu::UnicodeString bare;
  for (int32_t i = 0; i < apart.length(); i = apart.moveIndex32(i, 1)) {
    if (u_charType(apart.char32At(i)) != U_NON_SPACING_MARK) bare.append(apart.char32At(i));
  }
  const icu::UnicodeString composed = composing->normalize(bare, error);
  if (U_FAILURE(error) != 0) return IcuFailed("fold a name", error);
  return ToLetters(composed);
}

FoldedText CutIntoWords(const std::u32string& letters, Role (*role_of)(char32_t)) {
  FoldedText text;
  size_t words = 0;
  bool at_break = true;
  for (const char32_t letter : letters) {
    const Role role = role_of(letter);
    if (role == Role::kNothing) continue;
    if (role == Role::kBreak) {
      at_break = true;
      continue;
    }
    if (at_break && words++ == kMaxSearchWords) break;
    if (text.size() + (at_break && !text.empty() ? 2 : 1) > kMaxSearchLetters) break;
    if (at_break && !text.empty()) text.push_back(U' ');
    text.push_back(letter);
    at_break = false;
  }
  return text;
}

absl::StatusOr<FoldedText> Fold(std::string_view text, Role (*role_of)(char32_t)) {
  const absl::StatusOr<std::u32string> letters = FoldLetters(text.substr(0, kMaxFoldedBytes));
  if (!letters.ok()) return letters.status();
  FoldedText folded = CutIntoWords(*letters, role_of);
  return folded.empty() ? CutIntoWords(*letters, RoleOfSymbol) : folded;
}

}  // namespace

absl::StatusOr<FoldedText> FoldName(std::string_view text) { return Fold(text, RoleInName); }

absl::StatusOr<FoldedText> FoldExternalId(std::string_view text) { return Fold(text, RoleInExternalId); }

std::vector<size_t> WordBeginnings(const FoldedText& text) {
  std::vector<size_t> beginnings;
  for (size_t i = 0; i < text.size(); ++i) {
    if (i == 0 || text[i - 1] == U' ') beginnings.push_back(i);
  }
  return beginnings;
}

size_t ToleratedMistakes(size_t letters) {
  constexpr size_t kOneFrom = 4;
  constexpr size_t kTwoFrom = 8;
  if (letters < kOneFrom) return 0;
  return letters < kTwoFrom ? 1 : 2;
}

std::string ToUtf8(std::u32string_view letters) {
  std::string bytes;
  for (const char32_t letter : letters) {
    std::array<uint8_t, U8_MAX_LENGTH> encoded{};
    size_t size = 0;
    U8_APPEND_UNSAFE(encoded.data(), size, letter);
    bytes.append(encoded.begin(), encoded.begin() + size);
  }
  return bytes;
}

std::u32string FromUtf8(std::string_view bytes) {
  std::u32string letters;
  size_t i = 0;
  while (i < bytes.size()) {
    UChar32 letter = 0;
    U8_NEXT(bytes.data(), i, bytes.size(), letter);
    letters.push_back(static_cast<char32_t>(letter < 0 ? 0xfffd : letter));
  }
  return letters;
}

}  // namespace sworn::views
