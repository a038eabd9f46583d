#include "api/page_token.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "ledger/model/refusal.h"

namespace sworn::api {
namespace {

TEST(PageTokenTest, GivesThePositionBack) {
  for (const uint64_t position : {uint64_t{0}, uint64_t{1}, uint64_t{20'000}, std::numeric_limits<uint64_t>::max()}) {
    absl::StatusOr<uint64_t> parsed = ParsePageToken("entries", MakePageToken("entries", position));
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(*parsed, position);
  }
}

TEST(PageTokenTest, RefusesWhatItDidNotMake) {
  const std::vector<std::string> bad = {
      "",
      "17",
      "entries:17",
      "not base64 !",
      MakePageToken("claims", 17),
      MakePageToken("entries", 17) + "=",
      MakePageToken("entries", 17) + "A",
      std::string("\0", 1),
      std::string(1'000'000, 'A'),
      "ZW50cmllczotMQ",                          // entries:-1
      "ZW50cmllczogMTc",                         // entries: 17
      "ZW50cmllczowMTc",                         // entries:017
      "ZW50cmllczoxODQ0Njc0NDA3MzcwOTU1MTYxNg",  // 2^64
  };
  for (const std::string& token : bad) {
    const absl::Status refused = ParsePageToken("entries", token).status();
    EXPECT_EQ(model::ReasonOf(refused), v1::Refusal::FIELD_INVALID) << token.substr(0, 80);
  }
}

TEST(PageTokenTest, BoundsPages) {
  EXPECT_EQ(BoundedPageSize(0), 100U);
  EXPECT_EQ(BoundedPageSize(1), 1U);
  EXPECT_EQ(BoundedPageSize(1'000), 1'000U);
  EXPECT_EQ(BoundedPageSize(std::numeric_limits<uint32_t>::max()), 1'000U);
}

}  // namespace
}  // namespace sworn::api
