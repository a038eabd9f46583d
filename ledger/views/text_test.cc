#include "ledger/views/text.h"

#include <gtest/gtest.h>

namespace sworn::views {
namespace {

TEST(Shorten, CutsBetweenCharacters) {
  EXPECT_EQ(Shorten("short", 10), "short");
  EXPECT_EQ(Shorten("exactly ten", 11), "exactly ten");
  EXPECT_EQ(Shorten("longer than ten", 10), "longer …");
  EXPECT_EQ(Shorten("ääää", 7), "ää…");
  EXPECT_EQ(Shorten("ääää", 6), "ä…");
  EXPECT_EQ(Shorten("two\nlines\t", 20), "two lines ");
}

}  // namespace
}  // namespace sworn::views
