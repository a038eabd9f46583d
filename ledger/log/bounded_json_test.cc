#include "ledger/log/bounded_json.h"

#include <gtest/gtest.h>

#include <string>

namespace sworn::log {
namespace {

std::string Nested(size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST(BoundedJsonTest, ReadsWhatIsShallowEnough) {
  const absl::StatusOr<nlohmann::json> json = ParseBoundedJson(R"({"files": [{"path": "a"}]})");
  ASSERT_TRUE(json.ok()) << json.status();
  EXPECT_EQ((*json)["files"][0]["path"], "a");
  EXPECT_TRUE(ParseBoundedJson(Nested(kMaxJsonDepth)).ok());
}

TEST(BoundedJsonTest, RefusesDepthAndWhatIsNoJson) {
  EXPECT_FALSE(ParseBoundedJson(Nested(kMaxJsonDepth + 2)).ok());
  EXPECT_FALSE(ParseBoundedJson(Nested(5'000'000)).ok());
  EXPECT_FALSE(ParseBoundedJson(std::string(5'000'000, '[')).ok());
  EXPECT_FALSE(ParseBoundedJson("").ok());
  EXPECT_FALSE(ParseBoundedJson("{").ok());
  EXPECT_FALSE(ParseBoundedJson("{} x").ok());
}

}  // namespace
}  // namespace sworn::log
