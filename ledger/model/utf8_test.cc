#include "ledger/model/utf8.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sworn::model {
namespace {

TEST(Utf8, AcceptsTheEdgesOfEachRange) {
  const std::vector<std::string> good = {"",
                                         "plain",
                                         std::string(1, '\0'),
                                         "\x7f",
                                         "\xc2\x80",
                                         "\xdf\xbf",
                                         "\xe0\xa0\x80",
                                         "\xed\x9f\xbf",
                                         "\xee\x80\x80",
                                         "\xef\xbf\xbf",
                                         "\xf0\x90\x80\x80",
                                         "\xf4\x8f\xbf\xbf",
                                         "Київ — 北京"};
  for (const std::string& text : good) EXPECT_TRUE(IsUtf8(text)) << text;
}

TEST(Utf8, RefusesWhatIsIllFormed) {
  const std::vector<std::string> bad = {
      "\x80",              // continuation without lead
      "\xc0\xaf",          // overlong
      "\xc1\xbf",          // overlong
      "\xe0\x9f\xbf",      // overlong
      "\xf0\x8f\xbf\xbf",  // overlong
      "\xed\xa0\x80",      // surrogate
      "\xf4\x90\x80\x80",  // above U+10FFFF
      "\xf5\x80\x80\x80",
      "\xff",
      "\xc3",          // ends early
      "\xe2\x82",      // ends early
      "\xe2\x28\xa1",  // broken in the middle
      "\xf0\x9f\x98x",
      "Andr\xe9",  // Latin-1
  };
  for (const std::string& text : bad) EXPECT_FALSE(IsUtf8(text)) << ::testing::PrintToString(text);
}

}  // namespace
}  // namespace sworn::model
