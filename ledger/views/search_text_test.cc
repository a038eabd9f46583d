#include "ledger/views/search_text.h"

#include <gtest/gtest.h>

namespace sworn::views {
namespace {

struct Folded {
  std::string text;
  std::string name;
  std::string external_id;
};

TEST(SearchText, FoldsCaseAccentsAndPunctuation) {
  const std::vector<Folded> cases = {
      {"", "", ""},
      {"   ", "", ""},
      {"Reuters", "reuters", "reuters"},
      {"European  Pravda ", "european pravda", "european pravda"},
      {"O'Brien-Smith", "o brien smith", "obriensmith"},
      {"Élysée", "elysee", "elysee"},
      {"E\u0301lyse\u0301e", "elysee", "elysee"},
      {"Straße", "strasse", "strasse"},
      {"ПРАВДА", "правда", "правда"},
      {"ＡＢＣ", "abc", "abc"},
      {"北京", "北京", "北京"},
      {"iso3166:CN", "iso3166 cn", "iso3166 cn"},
      {"stix:indicator--8e2e-2d2b", "stix indicator 8e2e 2d2b", "stix indicator8e2e2d2b"},
      // Nothing but symbols, and bytes that are no UTF-8.
      {"?!", "?!", "?!"},
      {"a\xff", "a", "a"},
  };
  for (const Folded& folded : cases) {
    const absl::StatusOr<FoldedText> name = FoldName(folded.text);
    ASSERT_TRUE(name.ok()) << name.status();
    EXPECT_EQ(ToUtf8(*name), folded.name) << folded.text;
    const absl::StatusOr<FoldedText> external_id = FoldExternalId(folded.text);
    ASSERT_TRUE(external_id.ok()) << external_id.status();
    EXPECT_EQ(ToUtf8(*external_id), folded.external_id) << folded.text;
    EXPECT_EQ(FromUtf8(ToUtf8(*name)), *name);
  }
}

TEST(SearchText, ComparesTheBeginningOfALongText) {
  const absl::StatusOr<FoldedText> letters = FoldName(std::string(10'000, 'x'));
  ASSERT_TRUE(letters.ok());
  EXPECT_EQ(letters->size(), kMaxSearchLetters);
  std::string many_words;
  for (int i = 0; i < 100; ++i) many_words += "x ";
  const absl::StatusOr<FoldedText> words = FoldName(many_words);
  ASSERT_TRUE(words.ok());
  EXPECT_EQ(WordBeginnings(*words).size(), kMaxSearchWords);
}

TEST(SearchText, ToleratesMoreMistakesInLongerTexts) {
  const std::vector<std::pair<size_t, size_t>> cases = {{0, 0}, {3, 0}, {4, 1}, {7, 1}, {8, 2}, {96, 2}};
  for (const auto& [letters, tolerated] : cases) EXPECT_EQ(ToleratedMistakes(letters), tolerated) << letters;
}

}  // namespace
}  // namespace sworn::views
