#include "ledger/views/lens_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "ledger/model/refusal.h"
#include "ledger/views/support_testing.h"

namespace sworn::views {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class LensListTest : public testing::Test {
 protected:
  std::vector<crypto::Hash> RecordLens(const std::string& name, uint32_t version, const std::string& description = "") {
    v1::Lens lens;
    lens.set_name(name);
    lens.set_version(version);
    lens.set_description(description);
    lens.set_otherwise(v1::Lens::INDIRECT);
    return ledger_.Record("alice", {LensPortion(lens)});
  }

  // "mine 2 at 1", and "ignored below 3" where it was.
  static std::string TextOf(const v1::LensSummary& lens) {
    std::string text = Concat(lens.lens().name(), " ", lens.lens().version(), " at ", lens.position());
    if (lens.ignored_below() != 0) text += Concat(", ignored below ", lens.ignored_below());
    return text;
  }

  // All pages of `page_size`.
  std::vector<std::string> List(const std::string& name, uint32_t page_size, uint64_t position) {
    v1::ListLensesRequest request;
    request.set_name(name);
    request.set_page_size(page_size);
    std::vector<std::string> texts;
    do {
      const absl::StatusOr<v1::ListLensesResponse> page = ListLenses(ledger_.ViewAt(position), request);
      if (!page.ok()) return {std::string(page.status().message())};
      EXPECT_LE(page->lenses_size(), page_size);
      for (const v1::LensSummary& lens : page->lenses()) {
        texts.push_back(TextOf(lens));
        EXPECT_EQ(lens.has_content(), !name.empty());
      }
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return texts;
  }
  std::vector<std::string> List(const std::string& name = "", uint32_t page_size = 100) {
    return List(name, page_size, ledger_.last_position());
  }

  SupportLedger ledger_;
};

TEST_F(LensListTest, TheNewestOfEachNameByName) {
  RecordLens("zebra", 1);
  RecordLens("a", 1);
  RecordLens("a", 2);
  RecordLens("a-b", 7);
  for (const uint32_t page_size : {1, 2, 3, 100}) {
    EXPECT_THAT(List("", page_size),
                ElementsAre("a 2 at 3", "a-b 7 at 4", "officials 1 at 0", "ucdp-derived 1 at 0", "zebra 1 at 1"));
  }
}

TEST_F(LensListTest, OnlyAVersionAboveTheOneInUseComesIntoUse) {
  RecordLens("mine", 2);
  RecordLens("mine", 1);
  RecordLens("mine", 2, "another one");
  RecordLens("mine", 5);
  RecordLens("mine", 3);
  RecordLens("mine-too", 1);
  for (const uint32_t page_size : {1, 2, 3, 4, 100}) {
    EXPECT_THAT(List("mine", page_size), ElementsAre("mine 5 at 4", "mine 2 at 1", "mine 3 at 5, ignored below 5",
                                                     "mine 2 at 3, ignored below 2", "mine 1 at 2, ignored below 2"));
  }
  v1::ListLensesRequest request;
  request.set_name("mine");
  EXPECT_EQ(ListLenses(ledger_.View(), request)->lenses(1).description(), "") << "what was recorded as 2 stays 2";
}

TEST_F(LensListTest, EarlierMomentsKnowEarlierVersions) {
  RecordLens("mine", 1);
  RecordLens("mine", 2);
  EXPECT_THAT(List("mine", 10, 1), ElementsAre("mine 1 at 1"));
  EXPECT_THAT(List("", 10, 1), ElementsAre("mine 1 at 1", "officials 1 at 0", "ucdp-derived 1 at 0"));
  EXPECT_THAT(List("mine", 10, 0), ElementsAre(HasSubstr("no lens is named \"mine\"; recorded here: officials")));
}

TEST_F(LensListTest, TheSamePortionInAnotherReportIsNoOtherVersion) {
  v1::Lens lens;
  lens.set_name("mine");
  lens.set_version(1);
  lens.set_otherwise(v1::Lens::DIRECT);
  const Event first = TestEvent(ledger_.last_position() + 1, "alice", {LensPortion(lens)});
  ledger_.Record(first);
  Event again = first;
  ++again.position;
  ledger_.Record(again);
  EXPECT_THAT(List("mine"), ElementsAre("mine 1 at 1"));
}

TEST_F(LensListTest, SupportIsSeenThroughTheVersionThatWasInUseThen) {
  ledger_.Record("alice", {EntityPortion("A", {"x:a"}), EntityPortion("B", {"x:b"}),
                           AssertionBuilder(ByIndex(0), ByIndex(1), "funding").AuthorHop(v1::Hop::WITNESSED).Build()});
  v1::Lens lens;
  lens.set_name("mine");
  uint64_t position = ledger_.last_position();
  for (const v1::Lens::SupportClass otherwise : {v1::Lens::DIRECT, v1::Lens::INDIRECT}) {
    lens.set_version(lens.version() + 1);
    lens.set_otherwise(otherwise);
    ledger_.Record("alice", {LensPortion(lens)});
  }
  EXPECT_EQ(ledger_.SupportAt(++position, "A", "B", "mine").direct().rows_size(), 1);
  EXPECT_EQ(ledger_.SupportAt(position, "A", "B", "mine").lens().version(), 1);
  EXPECT_EQ(ledger_.SupportAt(++position, "A", "B", "mine").direct().rows_size(), 0);
  EXPECT_EQ(ledger_.SupportAt(position, "A", "B", "mine").lens().version(), 2);
}

TEST_F(LensListTest, PageTokensAreOfTheSameQuestion) {
  v1::ListLensesRequest request;
  request.set_page_size(1);
  request.set_page_token(ListLenses(ledger_.View(), request)->next_page_token());
  ASSERT_FALSE(request.page_token().empty());
  request.set_name("officials");
  EXPECT_EQ(model::ReasonOf(ListLenses(ledger_.View(), request).status()), v1::Refusal::FIELD_INVALID);
}

}  // namespace
}  // namespace sworn::views
