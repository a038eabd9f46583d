#include "ledger/views/lens_comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger/views/support_testing.h"

namespace sworn::views {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

class LensComparisonTest : public testing::Test {
 protected:
  LensComparisonTest() {
    ledger_.Record("alice", {EntityPortion("A", {"x:a"}), EntityPortion("B", {"x:b"})});
    for (const char* category : {"military/weapons", "economy/trade"}) {
      ledger_.Record(
          "alice",
          {AssertionBuilder(ByExternalId("x:a"), ByExternalId("x:b"), category).AuthorHop(v1::Hop::WITNESSED).Build()});
    }
  }

  absl::StatusOr<v1::GetSupportResponse> Compare(const std::string& lens, const std::string& compared) {
    v1::GetSupportRequest request;
    request.set_from("A");
    request.set_to("B");
    request.set_lens(lens);
    request.set_compare_lens(compared);
    return GetSupport(ledger_.View(), request);
  }

  SupportLedger ledger_;
};

TEST_F(LensComparisonTest, TheSameDeliveryIsDirectInOneAndIndirectInTheOther) {
  const absl::StatusOr<v1::GetSupportResponse> support = Compare("officials", "ucdp-derived");
  ASSERT_TRUE(support.ok()) << support.status();
  EXPECT_EQ(support->compared_lens().name(), "ucdp-derived");
  EXPECT_EQ(support->direct().status(), v1::Support::REPORTED) << "the answer itself is the first lens's";
  const v1::LensDifference* side = nullptr;
  const v1::LensDifference* category = nullptr;
  for (const v1::LensDifference& difference : support->lens_differences()) {
    if (difference.whole_side() == v1::Lens::DIRECT) side = &difference;
    if (difference.category() == "military/weapons") category = &difference;
  }
  ASSERT_NE(side, nullptr);
  EXPECT_EQ(side->status(), v1::Support::REPORTED);
  EXPECT_EQ(side->compared_status(), v1::Support::UNREPORTED);
  ASSERT_NE(category, nullptr);
  EXPECT_EQ(category->side(), v1::Lens::DIRECT);
  EXPECT_EQ(category->compared_side(), v1::Lens::INDIRECT);
  EXPECT_EQ(category->rule(), "military/weapons -> DIRECT");
  EXPECT_EQ(category->compared_rule(), "military/weapons -> INDIRECT (ucdp-esd-18.1:w)");
}

TEST_F(LensComparisonTest, SidesAgreeWithAnswersThroughTheOtherLens) {
  const absl::StatusOr<v1::GetSupportResponse> here = Compare("officials", "ucdp-derived");
  const absl::StatusOr<v1::GetSupportResponse> there = Compare("ucdp-derived", "officials");
  ASSERT_TRUE(here.ok() && there.ok());
  ASSERT_EQ(here->lens_differences_size(), there->lens_differences_size());
  for (int i = 0; i < here->lens_differences_size(); ++i) {
    EXPECT_EQ(here->lens_differences(i).category(), there->lens_differences(i).category());
    EXPECT_EQ(here->lens_differences(i).status(), there->lens_differences(i).compared_status());
    EXPECT_EQ(here->lens_differences(i).side(), there->lens_differences(i).compared_side());
    EXPECT_EQ(here->lens_differences(i).rule(), there->lens_differences(i).compared_rule());
  }
}

TEST_F(LensComparisonTest, ALensDoesNotDifferFromItself) {
  EXPECT_THAT(Compare("officials", "officials")->lens_differences(), IsEmpty());
  EXPECT_THAT(Compare("officials", "")->lens_differences(), SizeIs(0));
  EXPECT_FALSE(Compare("officials", "nonesuch").ok());
}

}  // namespace
}  // namespace sworn::views
