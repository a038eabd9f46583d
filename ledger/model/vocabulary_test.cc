#include "ledger/model/vocabulary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <array>
#include <string>

namespace sworn::model {
namespace {

using ::testing::HasSubstr;

TEST(Vocabulary, ReadsPolaritiesAsPeopleWriteThem) {
  EXPECT_EQ(*ParsePolarity("affirms"), v1::Assertion::AFFIRMS);
  EXPECT_EQ(*ParsePolarity("AFFIRMS"), v1::Assertion::AFFIRMS);
  EXPECT_EQ(*ParsePolarity("Denies"), v1::Assertion::DENIES);
  for (const char* text :
       {"finds no evidence", "FINDS_NO_EVIDENCE", "finds-no-evidence", "no evidence", "No  Evidence "}) {
    EXPECT_EQ(*ParsePolarity(text), v1::Assertion::FINDS_NO_EVIDENCE) << text;
  }
}

TEST(Vocabulary, ReadsModesKindsAndConfidences) {
  EXPECT_EQ(*ParseMode("told"), v1::Hop::TOLD);
  EXPECT_EQ(*ParseMode("Published"), v1::Hop::PUBLISHED);
  EXPECT_EQ(*ParseMode("witnessed"), v1::Hop::WITNESSED);
  EXPECT_EQ(*ParseMode("documented"), v1::Hop::DOCUMENTED);
  EXPECT_EQ(*ParseMode("quoted"), v1::Hop::QUOTED);
  EXPECT_EQ(*ParseMode("assessed"), v1::Hop::INFERRED);
  EXPECT_EQ(*ParseSourceKind("newspaper"), v1::Source::PUBLICATION);
  EXPECT_EQ(*ParseSourceKind("organization"), v1::Source::ORGANISATION);
  EXPECT_EQ(*ParseSourceKind("data set"), v1::Source::DATASET);
  EXPECT_EQ(*ParseConfidence("Moderate"), v1::Assertion::MODERATE);
}

// Every value of an enum can be written by its own name.
TEST(Vocabulary, ReadsTheNameOfEveryValue) {
  for (int i = v1::Hop::Mode_MIN + 1; i <= v1::Hop::Mode_MAX; ++i) {
    EXPECT_EQ(*ParseMode(v1::Hop::Mode_Name(static_cast<v1::Hop::Mode>(i))), i);
  }
  for (int i = v1::Assertion::Polarity_MIN + 1; i <= v1::Assertion::Polarity_MAX; ++i) {
    EXPECT_EQ(*ParsePolarity(v1::Assertion::Polarity_Name(static_cast<v1::Assertion::Polarity>(i))), i);
  }
  for (int i = v1::Source::Kind_MIN + 1; i <= v1::Source::Kind_MAX; ++i) {
    EXPECT_EQ(*ParseSourceKind(v1::Source::Kind_Name(static_cast<v1::Source::Kind>(i))), i);
  }
  for (int i = v1::Assertion::Confidence_MIN + 1; i <= v1::Assertion::Confidence_MAX; ++i) {
    EXPECT_EQ(*ParseConfidence(v1::Assertion::Confidence_Name(static_cast<v1::Assertion::Confidence>(i))), i);
  }
}

TEST(Vocabulary, NamesTheNearestWord) {
  EXPECT_THAT(std::string(ParsePolarity("afirms").status().message()), HasSubstr("did you mean \"affirms\"?"));
  EXPECT_THAT(std::string(ParseMode("pubilshed").status().message()), HasSubstr("did you mean \"published\"?"));
  EXPECT_THAT(std::string(ParseLikelihood("very likley").status().message()),
              HasSubstr("did you mean \"very likely\"?"));
  EXPECT_THAT(std::string(ParseMode("zzz").status().message()), Not(HasSubstr("did you mean")));
}

TEST(Vocabulary, GradesKeepTheirTwoAxes) {
  const v1::Grade both = *ParseGrade("B2");
  EXPECT_EQ(both.reliability(), v1::Grade::B);
  EXPECT_EQ(both.credibility(), v1::Grade::PROBABLY_TRUE);
  EXPECT_EQ(FormatGrade(both), "B2");
  EXPECT_EQ(FormatGrade(*ParseGrade("f6")), "F6");
  EXPECT_EQ(FormatGrade(*ParseGrade("B")), "B-");
  EXPECT_EQ(FormatGrade(*ParseGrade(" 2 ")), "-2");
  EXPECT_EQ(FormatGrade(v1::Grade()), "");
  for (const char* bad : {"", "G1", "B7", "B0", "2B", "B22", "AB", "-"}) EXPECT_FALSE(ParseGrade(bad).ok()) << bad;
}

TEST(Vocabulary, LikelihoodsAreTheFourteenTermsOfIcd203) {
  EXPECT_EQ(LikelihoodTerms().size(), 14);
  for (const std::string_view term : LikelihoodTerms()) EXPECT_EQ(*ParseLikelihood(term), term);
  EXPECT_EQ(*ParseLikelihood("Roughly-even chance"), "roughly even chance");
  EXPECT_EQ(*ParseLikelihood("probably"), "probable");
  EXPECT_FALSE(ParseLikelihood("70 %").ok());
}

TEST(Vocabulary, CategoriesAreSlashPathsOrForeignCodes) {
  for (const char* good : {"materiel", "materiel/machine-tools", "military/direct", "a/b/c/d/e/f/g/h",
                           "ucdp-esd-18.1:w", "chpl-2024-02-23:4.B"}) {
    EXPECT_TRUE(ValidateCategory(good).ok()) << good;
  }
  for (const char* bad : {"", "/", "a/", "/a", "a//b", "A", "a b", "a_b", "-a", "a-", "a--b", ":w", "ucdp:", "a:b:c",
                          "a/b:c", "a/b/c/d/e/f/g/h/i", "é"}) {
    EXPECT_FALSE(ValidateCategory(bad).ok()) << bad;
  }
  EXPECT_TRUE(ValidateCategory(std::string(256, 'a')).ok());
  EXPECT_FALSE(ValidateCategory(std::string(257, 'a')).ok());
}

TEST(Vocabulary, ACategoryIsWithinItselfAndItsAncestors) {
  EXPECT_TRUE(CategoryIsWithin("materiel/machine-tools", "materiel"));
  EXPECT_TRUE(CategoryIsWithin("materiel", "materiel"));
  EXPECT_FALSE(CategoryIsWithin("materiel", "materiel/machine-tools"));
  EXPECT_FALSE(CategoryIsWithin("materiel-x/y", "materiel"));
  EXPECT_FALSE(CategoryIsWithin("military", "materiel"));
}

TEST(NearestWord, CountsASwapOfNeighboursAsOneEdit) {
  constexpr std::array<std::string_view, 3> kWords = {"abc", "lens", "officials"};
  EXPECT_EQ(NearestWord("acb", kWords), "abc");
  EXPECT_EQ(NearestWord("offcials", kWords), "officials");
  EXPECT_EQ(NearestWord("lesn", kWords), "lens");
  EXPECT_EQ(NearestWord("xyz", kWords), "");
  EXPECT_EQ(NearestWord("officials", kWords), "officials");
  EXPECT_EQ(NearestWord(std::string(10'000, 'a'), kWords), "");
  EXPECT_EQ(NearestWord("", kWords), "");
}

TEST(VocabularyProperty, NoTextCrashesIt) {
  EXPECT_TRUE(rc::check([](const std::string& text) {
    ParsePolarity(text).status().IgnoreError();
    ParseGrade(text).status().IgnoreError();
    ParseLikelihood(text).status().IgnoreError();
    ValidateCategory(text).IgnoreError();
  }));
}

}  // namespace
}  // namespace sworn::model
