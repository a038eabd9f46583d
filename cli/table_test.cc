#include "cli/table.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sworn::cli {
namespace {

TEST(Text, WidthCountsColumnsNotBytes) {
  struct Case {
    const char* text;
    size_t columns;
  };
  const std::vector<Case> cases = {
      {"", 0}, {"abc", 3}, {"Європа", 6}, {"中国", 4}, {"e\u0301", 1}, {"a→b", 3}, {"\xFF", 1},
  };
  for (const Case& test : cases) EXPECT_EQ(DisplayWidth(test.text), test.columns) << test.text;
}

TEST(Text, CutsBetweenCharacters) {
  EXPECT_EQ(CutToWidth("abcdef", 6), "abcdef");
  EXPECT_EQ(CutToWidth("abcdef", 4), "abc…");
  EXPECT_EQ(CutToWidth("中国人民", 5), "中国…");
  EXPECT_EQ(CutToWidth("中国人民", 4), "中…");
  EXPECT_EQ(CutToWidth("abc", 0), "");
}

TEST(Text, NothingInItSteersTheTerminal) {
  EXPECT_EQ(Printable("a\x1b[31mb"), "a\uFFFD[31mb");
  EXPECT_EQ(Printable("a\nb\tc"), "a b c");
  EXPECT_EQ(Printable("a\u202Eb\u202C"), "a\uFFFDb\uFFFD");
  EXPECT_EQ(Printable("a\u009Bb"), "a\uFFFDb");
  EXPECT_EQ(Printable("a\xC3"), "a\uFFFD");
  EXPECT_EQ(Printable("\xC0\xAF"), "\uFFFD\uFFFD");
  EXPECT_EQ(Printable("Європа 中国"), "Європа 中国");
}

TEST(Text, OnlyHashesAreShortened) {
  const std::string hash(64, 'a');
  EXPECT_EQ(ShortId(hash), "aaaaaaaaaaaa");
  EXPECT_EQ(ShortId("iso3166:CN"), "iso3166:CN");
  EXPECT_EQ(ShortId(std::string(64, 'x')), std::string(64, 'x'));
}

TEST(Table, AlignsWideCharacters) {
  Table table({{"name"}, {"n", Column::Align::kRight}, {"note"}});
  table.AddRow({"中国", "1", "x"});
  table.AddRow({"Russia", "12", "y"});
  EXPECT_EQ(table.Format(0),
            "name     n  note\n"
            "中国     1  x\n"
            "Russia  12  y\n");
}

TEST(Table, LeavesOutColumnsWithoutText) {
  Table table({{"a"}, {"empty"}, {"b"}});
  table.AddRow({"1", "", "2"});
  EXPECT_EQ(table.Format(0), "a  b\n1  2\n");
}

TEST(Table, CutsOnlyWhatMayBeCut) {
  Table table({{"id"}, {"statement", Column::Align::kLeft, Column::Fit::kCut}});
  table.AddRow({"0123456789abcdef", "a statement that is much too long for this"});
  EXPECT_EQ(table.Format(32), "id                statement\n0123456789abcdef  a statement t…\n");
  // There is a width below which nothing more is taken away.
  EXPECT_EQ(table.Format(5), "id                statement\n0123456789abcdef  a statement…\n");
}

TEST(Table, WithoutRowsIsNothing) { EXPECT_EQ(Table({{"a"}}).Format(0), ""); }

}  // namespace
}  // namespace sworn::cli
