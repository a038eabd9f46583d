// Names as a search compares them: case and accents folded (Unicode's compatibility case folding, without nonspacing
// marks), cut into words.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace sworn::views {

// Of a longer text the beginning is compared.
inline constexpr size_t kMaxSearchLetters = 96;
inline constexpr size_t kMaxSearchWords = 16;

// Words with one space between them; empty for a text without letters.
using FoldedText = std::u32string;

// Letters, digits and the marks that belong to them make words; everything else parts them. A text without any is taken
// as it is, so that "???" can be found too.
absl::StatusOr<FoldedText> FoldName(std::string_view text);
// Colons part words and other punctuation is left out: a UUID is one word.
absl::StatusOr<FoldedText> FoldExternalId(std::string_view text);

// Where each word begins.
std::vector<size_t> WordBeginnings(const FoldedText& text);

// How many typing mistakes are tolerated in so many letters: none below 4, one up to 7, two above.
size_t ToleratedMistakes(size_t letters);

std::string ToUtf8(std::u32string_view letters);
// Of bytes that ToUtf8 made.
std::u32string FromUtf8(std::string_view bytes);

}  // namespace sworn::views
