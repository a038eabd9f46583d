#include "ledger/views/support_timeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ledger/model/refusal.h"
#include "ledger/views/any_support_testing.h"
#include "ledger/views/support_testing.h"

namespace sworn::views {
namespace {

using crypto::Hash;
using testing::ElementsAre;
using testing::IsEmpty;

v1::GetSupportTimelineRequest TimelineRequest(const std::string& from, const std::string& to) {
  v1::GetSupportTimelineRequest request;
  request.set_from(from);
  request.set_to(to);
  return request;
}

// Every page of it.
std::vector<v1::SupportChange> Timeline(const ViewRead& view, v1::GetSupportTimelineRequest request,
                                        uint32_t page_size = 1'000) {
  std::vector<v1::SupportChange> changes;
  request.set_page_size(page_size);
  while (true) {
    const absl::StatusOr<v1::GetSupportTimelineResponse> page = GetSupportTimeline(view, request);
    EXPECT_TRUE(page.ok()) << page.status();
    if (!page.ok()) return changes;
    EXPECT_LE(page->changes_size(), static_cast<int>(page_size));
    changes.insert(changes.end(), page->changes().begin(), page->changes().end());
    if (page->next_page_token().empty()) return changes;
    request.set_page_token(page->next_page_token());
  }
}

// "5 military/weapons DIRECT REPORTED>CONTESTED 1/1/0 origins 1-1 independent 1-1".
std::string Text(const v1::SupportChange& change) {
  return Concat(change.position(), " ", change.category(), " ", v1::Lens::SupportClass_Name(change.side()), " ",
                v1::Support::Status_Name(change.status_before()), ">", v1::Support::Status_Name(change.status_after()),
                " ", change.affirms(), "/", change.denies(), "/", change.finds_no_evidence(), " origins ",
                RangeText(change.origins()), " independent ", RangeText(change.independent_origins()));
}

std::vector<std::string> Texts(const std::vector<v1::SupportChange>& changes) {
  std::vector<std::string> texts;
  for (const v1::SupportChange& change : changes) texts.push_back(Text(change));
  return texts;
}

// What an answer says of each category, as a change to it would.
std::map<std::string, v1::SupportChange> CellsOf(const absl::StatusOr<v1::GetSupportResponse>& response) {
  std::map<std::string, v1::SupportChange> cells;
  if (!response.ok()) return cells;
  const auto add = [&cells](const v1::SupportSide& side, v1::Lens::SupportClass support_class) {
    for (const v1::SupportRow& row : side.rows()) {
      v1::SupportChange& cell = cells[row.category()];
      cell.set_category(row.category());
      cell.set_side(support_class);
      cell.set_status_after(row.status());
      cell.set_affirms(row.affirms());
      cell.set_denies(row.denies());
      cell.set_finds_no_evidence(row.finds_no_evidence());
      *cell.mutable_origins() = row.origins();
      *cell.mutable_independent_origins() = row.independent_origins();
    }
  };
  add(response->direct(), v1::Lens::DIRECT);
  add(response->indirect(), v1::Lens::INDIRECT);
  add(response->unassigned(), v1::Lens::UNASSIGNED);
  return cells;
}

// The slow way: whatever two answers that follow each other differ in.
std::vector<std::string> Differences(const SupportLedger& ledger, v1::GetSupportRequest request) {
  std::vector<std::string> texts;
  std::map<std::string, v1::SupportChange> before;
  for (uint64_t position = 0; position <= ledger.last_position(); ++position) {
    std::map<std::string, v1::SupportChange> after = CellsOf(GetSupport(ledger.ViewAt(position), request));
    std::map<std::string, v1::SupportChange> both = before;
    both.insert(after.begin(), after.end());
    for (auto& [category, change] : both) {
      const bool was = before.contains(category);
      v1::SupportChange now;
      now.set_category(category);
      now.set_side(change.side());
      now.set_status_after(v1::Support::UNREPORTED);
      if (after.contains(category)) now = after[category];
      if (was && now.SerializeAsString() == before[category].SerializeAsString()) continue;
      now.set_status_before(was ? before[category].status_after() : v1::Support::UNREPORTED);
      now.set_position(position);
      texts.push_back(Text(now));
    }
    before = std::move(after);
  }
  return texts;
}

// Anything at all that may happen to a pair: also joins of entities and sources, undone again, and sources that turn
// out to be unnamed, or to belong to somebody.
void RecordAnything(SupportLedger& ledger) {
  ledger.Record("alice", Basis());
  std::vector<Hash> assertions;
  std::vector<Hash> judgements;
  const auto count = 1 + Pick<uint64_t>(12);
  for (uint64_t i = 0; i < count; ++i) {
    std::vector<v1::Portion> portions;
    const auto choice = assertions.empty() ? 9 : Pick(10);
    if (choice == 0) {
      portions.push_back(JudgementPortion(v1::Judgement::RETRACT, {ById(*rc::gen::elementOf(assertions))}, "wrong"));
    } else if (choice == 1 && !judgements.empty()) {
      portions.push_back(JudgementPortion(v1::Judgement::RETRACT, {ById(*rc::gen::elementOf(judgements))}, "undone"));
    } else if (choice < 4) {
      portions.push_back(AnyJudgement(assertions));
    } else if (choice == 4) {
      v1::Portion source = SourcePortion(Concat("again ", i));
      source.mutable_source()->add_external_ids(AnySource().external_id());
      source.mutable_source()->set_anonymous(*rc::gen::arbitrary<bool>());
      if (*rc::gen::arbitrary<bool>()) source.mutable_source()->add_external_ids(AnySource().external_id());
      if (*rc::gen::arbitrary<bool>()) *source.mutable_source()->mutable_affiliation() = AnySource();
      portions.push_back(source);
    } else {
      for (auto left = 1 + Pick(2); left > 0; --left) {
        portions.push_back(AnyAssertion(assertions));
        v1::Assertion& assertion = *portions.back().mutable_assertion();
        if (Pick(2) == 0) assertion.mutable_valid()->set_from(*rc::gen::element<std::string>("2022", "2024"));
      }
    }
    const std::vector<Hash> ids = ledger.RecordAsAdmin("alice", portions);
    for (size_t portion = 0; portion < ids.size(); ++portion) {
      if (portions[portion].has_assertion()) assertions.push_back(ids[portion]);
      if (portions[portion].has_judgement()) judgements.push_back(ids[portion]);
    }
  }
}

TEST(SupportTimelineProperty, EachChangeIsTheDifferenceOfTwoAnswers) {
  ASSERT_TRUE(rc::check("the timeline, in pages of any size, is what answers that follow each other differ in", [] {
    SupportLedger ledger;
    RecordAnything(ledger);
    const v1::GetSupportResponse last = ledger.Support("A", "B");
    v1::GetSupportRequest pair;
    pair.set_from(last.from_id());
    pair.set_to(last.to_id());
    if (*rc::gen::arbitrary<bool>()) pair.set_valid_at("2023");
    v1::GetSupportTimelineRequest request = TimelineRequest("A", "B");
    request.set_valid_at(pair.valid_at());
    const std::vector<std::string> expected = Differences(ledger, pair);
    const std::vector<std::string> found = Texts(Timeline(ledger.View(), request, 1 + Pick<uint32_t>(4)));
    if (found != expected) {
      RC_FAIL(Concat("found ", testing::PrintToString(found), " expected ", testing::PrintToString(expected)));
    }
  }));
}

class SupportTimelineTest : public testing::Test {
 protected:
  SupportTimelineTest() {
    ledger_.Record("alice", {EntityPortion("A", {"x:a"}), EntityPortion("B", {"x:b"}), SourcePortion("S"),
                             SourcePortion("T"), SourcePortion("U")});  // position 1
    for (const char* name : {"S", "T", "U"}) {
      v1::Portion source = SourcePortion(name);
      source.mutable_source()->add_external_ids(Concat("x:", name));
      ledger_.Record("alice", {source});  // positions 2 to 4
    }
  }

  static AssertionBuilder Weapons(std::string_view source) {
    AssertionBuilder assertion(ByExternalId("x:a"), ByExternalId("x:b"), "military/weapons");
    assertion.Hop(ByExternalId(Concat("x:", source)), v1::Hop::TOLD);
    return assertion;
  }
  Hash Record(const v1::Portion& portion) { return ledger_.Record("alice", {portion}).front(); }
  Hash Judge(v1::Judgement::Kind kind, const std::vector<v1::Reference>& targets) {
    return Record(JudgementPortion(kind, targets, "because"));
  }
  std::vector<v1::SupportChange> ChangesOf(const v1::GetSupportTimelineRequest& request) const {
    return Timeline(ledger_.View(), request);
  }

  SupportLedger ledger_;
};

TEST_F(SupportTimelineTest, SaysThroughWhichPortionsEachChangeCame) {
  const Hash said = Record(Weapons("S").Build());                                                     // 5
  const Hash also_said = Record(Weapons("T").Build());                                                // 6
  const Hash joined = Judge(v1::Judgement::SAME_SOURCE, {ByExternalId("x:S"), ByExternalId("x:T")});  // 7
  const Hash parted = Judge(v1::Judgement::RETRACT, {ById(joined)});                                  // 8
  const Hash denied = Record(Weapons("U").Polarity(v1::Assertion::DENIES).Build());                   // 9
  Record(EntityPortion("C"));                                                                         // 10
  const Hash taken_back = Judge(v1::Judgement::RETRACT, {ById(said)});                                // 11
  const Hash undone = Judge(v1::Judgement::RETRACT, {ById(taken_back)});                              // 12
  const std::vector<v1::SupportChange> changes = ChangesOf(TimelineRequest("A", "B"));
  ASSERT_THAT(Texts(changes),
              ElementsAre("5 military/weapons DIRECT UNREPORTED>REPORTED 1/0/0 origins 1-1 independent 1-1",
                          "6 military/weapons DIRECT REPORTED>REPORTED 2/0/0 origins 2-2 independent 2-2",
                          "7 military/weapons DIRECT REPORTED>REPORTED 2/0/0 origins 1-1 independent 1-1",
                          "8 military/weapons DIRECT REPORTED>REPORTED 2/0/0 origins 2-2 independent 2-2",
                          "9 military/weapons DIRECT REPORTED>CONTESTED 2/1/0 origins 2-2 independent 2-2",
                          "11 military/weapons DIRECT CONTESTED>CONTESTED 1/1/0 origins 1-1 independent 1-1",
                          "12 military/weapons DIRECT CONTESTED>CONTESTED 2/1/0 origins 2-2 independent 2-2"));
  const std::vector<Hash> through = {said, also_said, joined, parted, denied, taken_back, undone};
  for (size_t i = 0; i < changes.size(); ++i) {
    EXPECT_THAT(changes[i].portion_ids(), ElementsAre(crypto::ToHex(through[i]))) << Text(changes[i]);
  }
}

TEST_F(SupportTimelineTest, FollowsWhatAnAssertionWasDerivedFrom) {
  const Hash basis = Record(Weapons("S").Build());
  Record(AssertionBuilder(ByExternalId("x:a"), ByExternalId("x:b"), "funding").DerivedFrom({ById(basis)}).Build());
  const Hash taken_back = Judge(v1::Judgement::RETRACT, {ById(basis)});
  v1::GetSupportTimelineRequest request = TimelineRequest("A", "B");
  request.set_category("funding");
  const std::vector<v1::SupportChange> changes = ChangesOf(request);
  ASSERT_THAT(Texts(changes), ElementsAre("6 funding INDIRECT UNREPORTED>REPORTED 1/0/0 origins 1-1 independent 1-1",
                                          "7 funding INDIRECT REPORTED>UNREPORTED 0/0/0 origins 0-0 independent 0-0"));
  EXPECT_THAT(changes[1].portion_ids(), ElementsAre(crypto::ToHex(taken_back)));
}

TEST_F(SupportTimelineTest, EndsAtTheLastMomentAndKnowsItsOwnTokensOnly) {
  Record(Weapons("S").Build());
  Record(Weapons("T").Build());
  v1::GetSupportTimelineRequest request = TimelineRequest("A", "B");
  EXPECT_THAT(Timeline(ledger_.ViewAt(4), request), IsEmpty());
  EXPECT_EQ(Timeline(ledger_.ViewAt(5), request).size(), 1U);
  request.set_page_size(1);
  const absl::StatusOr<v1::GetSupportTimelineResponse> page = GetSupportTimeline(ledger_.View(), request);
  ASSERT_TRUE(page.ok()) << page.status();
  request.set_category("military");
  request.set_page_token(page->next_page_token());
  EXPECT_EQ(model::ReasonOf(GetSupportTimeline(ledger_.View(), request).status()), v1::Refusal::FIELD_INVALID);
}

TEST_F(SupportTimelineTest, TellsOfAGroupAsOfOne) {
  Record(EntityPortion("C", {"x:c"}));
  Record(Weapons("S").Build());
  Record(AssertionBuilder(ByExternalId("x:c"), ByExternalId("x:b"), "military/weapons")
             .Hop(ByExternalId("x:S"), v1::Hop::TOLD)
             .Build());
  EXPECT_THAT(Texts(ChangesOf(TimelineRequest("group:A,C", "B"))),
              ElementsAre("6 military/weapons DIRECT UNREPORTED>REPORTED 1/0/0 origins 1-1 independent 1-1",
                          "7 military/weapons DIRECT REPORTED>REPORTED 2/0/0 origins 1-1 independent 1-1"));
}

}  // namespace
}  // namespace sworn::views
