#include "ledger/views/support.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger/model/refusal.h"
#include "ledger/views/support_testing.h"

namespace sworn::views {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view kArms = "military/weapons";

// Two entities, four sources, and reports about them.
class SupportTest : public testing::Test {
 protected:
  SupportTest() {
    const std::vector<crypto::Hash> ids =
        ledger_.Record("alice", {EntityPortion("A", {"x:a"}), EntityPortion("B", {"x:b"}), SourcePortion("minister"),
                                 SourcePortion("general"), SourcePortion("daily"), SourcePortion("weekly")});
    minister_ = ById(ids[2]);
    general_ = ById(ids[3]);
    daily_ = ById(ids[4]);
    weekly_ = ById(ids[5]);
  }

  static AssertionBuilder Says(std::string_view category = kArms) {
    return {ByExternalId("x:a"), ByExternalId("x:b"), category};
  }
  crypto::Hash RecordOne(const v1::Portion& portion, std::string_view author = "alice") {
    return ledger_.Record(author, {portion}).front();
  }
  v1::SupportRow Row(std::string_view category = kArms) { return RowOf(ledger_.Support("A", "B"), category); }

  SupportLedger ledger_;
  v1::Reference minister_;
  v1::Reference general_;
  v1::Reference daily_;
  v1::Reference weekly_;
};

struct StatusCase {
  std::vector<v1::Assertion::Polarity> polarities;
  v1::Support::Status status;
};

TEST(SupportStatus, FollowsFromPolarities) {
  constexpr auto kAffirms = v1::Assertion::AFFIRMS;
  constexpr auto kDenies = v1::Assertion::DENIES;
  constexpr auto kNone = v1::Assertion::FINDS_NO_EVIDENCE;
  const std::vector<StatusCase> cases = {{{}, v1::Support::UNREPORTED},
                                         {{kAffirms}, v1::Support::REPORTED},
                                         {{kAffirms, kDenies}, v1::Support::CONTESTED},
                                         {{kAffirms, kNone}, v1::Support::CONTESTED},
                                         {{kDenies}, v1::Support::DENIED},
                                         {{kDenies, kNone}, v1::Support::DENIED},
                                         {{kNone}, v1::Support::NO_EVIDENCE_FOUND},
                                         {{kAffirms, kDenies, kNone}, v1::Support::CONTESTED}};
  for (const StatusCase& test : cases) {
    SupportLedger ledger;
    std::vector<v1::Portion> portions = {EntityPortion("A"), EntityPortion("B")};
    for (const v1::Assertion::Polarity polarity : test.polarities) {
      portions.push_back(AssertionBuilder(ByIndex(0), ByIndex(1), kArms).Polarity(polarity).Build());
    }
    ledger.Record("alice", portions);
    EXPECT_EQ(ledger.Support("A", "B").direct().status(), test.status);
  }
}

TEST_F(SupportTest, OriginsAreThoseOfTheStrongestPolarity) {
  RecordOne(Says().Chain({minister_}).Polarity(v1::Assertion::DENIES).Build());
  EXPECT_THAT(Row().hinges(), ElementsAre("minister"));
  RecordOne(Says().Chain({general_, daily_}).Build());
  EXPECT_EQ(Row().status(), v1::Support::CONTESTED);
  EXPECT_THAT(Row().hinges(), ElementsAre("general", "daily"));
}

TEST_F(SupportTest, OnlyTheAuthorOrAnAdminWithAReasonRetracts) {
  const crypto::Hash claim = RecordOne(Says().Chain({minister_}).Build());
  const v1::Portion retraction = JudgementPortion(v1::Judgement::RETRACT, {ById(claim)});
  RecordOne(retraction, "mallory");
  EXPECT_EQ(Row().affirms(), 1);
  ledger_.RecordAsAdmin("root", {retraction});
  EXPECT_EQ(Row().affirms(), 1);
  const crypto::Hash by_admin =
      ledger_.RecordAsAdmin("root", {JudgementPortion(v1::Judgement::RETRACT, {ById(claim)}, "a forgery")}).front();
  EXPECT_EQ(Row().affirms(), 0);
  ledger_.RecordAsAdmin("root", {JudgementPortion(v1::Judgement::RETRACT, {ById(by_admin)})});
  EXPECT_EQ(Row().affirms(), 1);
  RecordOne(retraction, "alice");
  EXPECT_EQ(ledger_.Support("A", "B").direct().status(), v1::Support::UNREPORTED);
}

TEST_F(SupportTest, SupersededNoLongerCounts) {
  const crypto::Hash claim = RecordOne(Says().Chain({minister_}).Build());
  ledger_.Record("alice", {JudgementPortion(v1::Judgement::SUPERSEDE, {ById(claim)}),
                           Says("materiel/machine-tools").Chain({minister_}).Build()});
  EXPECT_EQ(Row().affirms(), 0);
  EXPECT_EQ(Row("materiel/machine-tools").affirms(), 1);
}

TEST_F(SupportTest, ADerivedAssertionBringsTheOriginsOfItsBases) {
  const crypto::Hash first = RecordOne(Says("territory").Chain({minister_, daily_}).Build());
  const crypto::Hash second = RecordOne(Says("territory").Chain({general_, weekly_}).Build());
  RecordOne(Says().AuthorHop(v1::Hop::INFERRED).DerivedFrom({ById(first), ById(second)}).Build());
  EXPECT_EQ(RangeText(Row().origins()), "2-2");
  EXPECT_EQ(RangeText(Row().independent_origins()), "2-2");
  EXPECT_THAT(Row().hinges(), IsEmpty());

  // Through one named analyst, it all hinges on him. He is no origin of his own.
  RecordOne(Says("funding").Hop(daily_, v1::Hop::INFERRED).DerivedFrom({ById(second)}).Build());
  EXPECT_EQ(RangeText(Row("funding").origins()), "1-1");
  EXPECT_THAT(Row("funding").hinges(), ElementsAre("general", "weekly", "daily"));

  // Without an attribution at all.
  RecordOne(Says("training").DerivedFrom({ById(second)}).Build());
  EXPECT_THAT(Row("training").hinges(), ElementsAre("general", "weekly"));
}

TEST_F(SupportTest, WhatWasDerivedFromAnUnknownPortionMayHaveAnOrigin) {
  RecordOne(Says().DerivedFrom({ById(crypto::Sha256("never received"))}).Build());
  EXPECT_EQ(Row().affirms(), 1);
  EXPECT_EQ(RangeText(Row().origins()), "0-1");
}

TEST_F(SupportTest, TheCascadeGoesToAnyDepthAndBack) {
  crypto::Hash base = RecordOne(Says("territory").Chain({minister_}).Build());
  const crypto::Hash first = base;
  for (int depth = 0; depth < 50; ++depth) {
    base = RecordOne(Says("funding").DerivedFrom({ById(base)}).Build());
  }
  const crypto::Hash other = RecordOne(Says("territory").Chain({general_}).Build());
  RecordOne(Says().DerivedFrom({ById(base), ById(other)}).Build());
  EXPECT_EQ(RangeText(Row().origins()), "2-2");

  const crypto::Hash retraction = RecordOne(JudgementPortion(v1::Judgement::RETRACT, {ById(first)}));
  EXPECT_EQ(Row("funding").affirms(), 0);
  EXPECT_EQ(Row().affirms(), 1);
  EXPECT_EQ(Row().undermined_ids_size(), 1);
  EXPECT_EQ(RangeText(Row().origins()), "1-1");
  EXPECT_THAT(Row().hinges(), ElementsAre("general"));

  const crypto::Hash second = RecordOne(JudgementPortion(v1::Judgement::RETRACT, {ById(other)}));
  EXPECT_EQ(Row().affirms(), 0);

  ledger_.Record("alice", {JudgementPortion(v1::Judgement::RETRACT, {ById(retraction), ById(second)})});
  EXPECT_EQ(Row("funding").affirms(), 50);
  EXPECT_EQ(Row().undermined_ids_size(), 0);
  EXPECT_EQ(RangeText(Row().origins()), "2-2");
}

TEST_F(SupportTest, WhatWouldChangeFollowsTheCascade) {
  const crypto::Hash base = RecordOne(Says("territory").Statement("base").Chain({minister_}).Build());
  RecordOne(Says("territory").Statement("other").Chain({general_}).Build());
  RecordOne(Says().Statement("derived").DerivedFrom({ById(base)}).Build());
  std::vector<std::string> changes;
  const v1::GetSupportResponse support = ledger_.Support("A", "B");
  for (const v1::WouldChange& change : support.would_change()) {
    changes.push_back(Concat(change.label(), " flips ", change.category().empty() ? "side" : change.category()));
  }
  EXPECT_THAT(changes, ElementsAre("base flips military/weapons", "base flips side",        //
                                   "derived flips military/weapons", "derived flips side",  //
                                   "minister flips military/weapons", "minister flips side"));
}

TEST_F(SupportTest, WhatWouldChangeKnowsWhichBasesStillHold) {
  const crypto::Hash first = RecordOne(Says("territory").Statement("first").Chain({minister_}).Build());
  const crypto::Hash second = RecordOne(Says("territory").Statement("second").Chain({general_}).Build());
  RecordOne(Says().Statement("derived").DerivedFrom({ById(first), ById(second)}).Build());
  const auto retractions_that_flip_the_row = [&] {
    std::vector<std::string> labels;
    const v1::GetSupportResponse support = ledger_.Support("A", "B");
    for (const v1::WouldChange& change : support.would_change()) {
      if (change.category() == kArms && change.loss() == v1::WouldChange::ASSERTION_RETRACTED) {
        labels.push_back(change.label());
      }
    }
    return labels;
  };
  EXPECT_THAT(retractions_that_flip_the_row(), ElementsAre("derived"));
  RecordOne(JudgementPortion(v1::Judgement::RETRACT, {ById(first)}));
  EXPECT_THAT(retractions_that_flip_the_row(), ElementsAre("second", "derived"));
}

TEST_F(SupportTest, AnAssertionThatNoSourceCarriesOutlivesEverySource) {
  RecordOne(Says().Chain({minister_}).Build());
  RecordOne(Says().AuthorHop(v1::Hop::INFERRED).Build());
  EXPECT_EQ(RangeText(Row().origins()), "1-1");
  const v1::GetSupportResponse support = ledger_.Support("A", "B");
  for (const v1::WouldChange& change : support.would_change()) {
    EXPECT_NE(change.loss(), v1::WouldChange::SOURCE_WITHDRAWN);
  }
}

TEST_F(SupportTest, TheAuthorIsAnOriginOnlyWhereHeWitnessed) {
  RecordOne(Says().AuthorHop(v1::Hop::WITNESSED).Build());
  EXPECT_EQ(RangeText(Row().origins()), "1-1");
  EXPECT_THAT(Row().hinges(), ElementsAre("alice"));
  RecordOne(Says("funding").Hop(minister_, v1::Hop::TOLD).AuthorHop(v1::Hop::INFERRED, {0}).Build());
  EXPECT_THAT(Row("funding").hinges(), ElementsAre("minister"));
  RecordOne(Says("territory").AuthorHop(v1::Hop::INFERRED).Build());
  EXPECT_EQ(Row("territory").affirms(), 1);
  EXPECT_EQ(RangeText(Row("territory").origins()), "0-0");
}

TEST_F(SupportTest, OneOriginOrTwo) {
  RecordOne(Says().Chain({minister_, daily_}).Build());
  RecordOne(Says().Chain({minister_, weekly_}).Build());
  EXPECT_EQ(RangeText(Row().origins()), "1-1");
  EXPECT_THAT(Row().hinges(), ElementsAre("minister"));
  RecordOne(Says("funding").Chain({minister_, daily_}).Build());
  RecordOne(Says("funding").Chain({general_, daily_}).Build());
  EXPECT_EQ(RangeText(Row("funding").origins()), "2-2");
  EXPECT_EQ(RangeText(Row("funding").independent_origins()), "1-1");
  EXPECT_THAT(Row("funding").hinges(), ElementsAre("daily"));
}

TEST_F(SupportTest, OfficialsOfOneGovernmentAreOneUnlessAttestedDistinct) {
  const std::vector<crypto::Hash> ids = ledger_.Record(
      "alice", {SourcePortion("US", v1::Source::ORGANISATION), UnnamedPortion("two US officials", ByIndex(0)),
                UnnamedPortion("two US officials", ByIndex(0)),  //
                Says().Chain({ByIndex(1), daily_}).Build(), Says().Chain({ByIndex(2), weekly_}).Build()});
  EXPECT_EQ(RangeText(Row().origins()), "1-1");
  EXPECT_EQ(RangeText(Row().independent_origins()), "1-1");
  EXPECT_THAT(Row().hinges(), ElementsAre("two US officials"));
  const crypto::Hash judgement =
      RecordOne(JudgementPortion(v1::Judgement::INDEPENDENT, {ById(ids[1]), ById(ids[2])}), "bob");
  EXPECT_EQ(RangeText(Row().independent_origins()), "2-2");
  RecordOne(JudgementPortion(v1::Judgement::RETRACT, {ById(judgement)}), "bob");
  EXPECT_EQ(RangeText(Row().independent_origins()), "1-1");
}

TEST_F(SupportTest, SourcesThatTurnOutToBeOneCountOnce) {
  ledger_.Record("alice", {Says().Chain({ByExternalId("x:p")}).Build(), Says().Chain({ByExternalId("x:q")}).Build()});
  EXPECT_EQ(RangeText(Row().origins()), "2-2");
  v1::Portion paper = SourcePortion("the paper");
  paper.mutable_source()->add_external_ids("x:p");
  paper.mutable_source()->add_external_ids("x:q");
  RecordOne(paper);
  EXPECT_EQ(RangeText(Row().origins()), "1-1");
  EXPECT_THAT(Row().hinges(), ElementsAre("the paper"));
  EXPECT_EQ(RangeText(RowOf(ledger_.SupportAt(ledger_.last_position() - 1, "A", "B"), kArms).origins()), "2-2");
}

TEST_F(SupportTest, TheAffiliationLastStatedCounts) {
  const auto official = [](const std::vector<std::string>& external_ids, std::string_view affiliation) {
    v1::Portion portion = UnnamedPortion("official", ByExternalId(affiliation));
    portion.mutable_source()->mutable_external_ids()->Assign(external_ids.begin(), external_ids.end());
    return portion;
  };
  ledger_.Record("alice", {official({"x:p"}, "x:us"), official({"x:q"}, "x:uk"), official({"x:r"}, "x:uk"),
                           Says().Chain({ByExternalId("x:p")}).Build(), Says().Chain({ByExternalId("x:r")}).Build()});
  EXPECT_EQ(RangeText(Row().origins()), "2-2");
  // P and Q are one, and Q was described after P under another root: he is of the UK, as R is.
  v1::Portion same = UnnamedPortion("official");
  same.mutable_source()->add_external_ids("x:p");
  same.mutable_source()->add_external_ids("x:q");
  RecordOne(official({"x:q"}, "x:uk"));
  RecordOne(same);
  EXPECT_EQ(RangeText(Row().origins()), "1-1");
}

TEST_F(SupportTest, EntitiesThatTurnOutToBeOneBringTheirAssertions) {
  const AssertionBuilder by_other_id(ByExternalId("y:a"), ByExternalId("x:b"), kArms);
  RecordOne(AssertionBuilder(by_other_id).Chain({minister_}).Build());
  EXPECT_EQ(Row().affirms(), 0);
  RecordOne(EntityPortion("A", {"x:a", "y:a"}));
  EXPECT_EQ(Row().affirms(), 1);
}

TEST_F(SupportTest, ValidAt) {
  RecordOne(Says().Valid("2023-Q4", "2024-02").Build());
  RecordOne(Says("funding").Build());
  v1::GetSupportRequest request;
  request.set_from("A");
  request.set_to("B");
  const std::vector<std::pair<std::string, uint32_t>> cases = {
      {"2023-09-30", 0}, {"2023-10", 1}, {"2024-02-29", 1}, {"2024-03-01", 0}, {"2024", 1}};
  for (const auto& [date, affirms] : cases) {
    request.set_valid_at(date);
    const absl::StatusOr<v1::GetSupportResponse> response = GetSupport(ledger_.View(), request);
    ASSERT_TRUE(response.ok()) << response.status();
    EXPECT_EQ(RowOf(*response, kArms).affirms(), affirms) << date;
    EXPECT_EQ(RowOf(*response, "funding").affirms(), 1) << date;
    EXPECT_EQ(response->valid_at(), date);
  }
}

struct SpanCase {
  std::vector<std::pair<std::string, std::string>> periods;
  std::string from;
  std::string until;
};

TEST_F(SupportTest, ValidSpan) {
  const std::vector<SpanCase> cases = {
      {{{"", ""}}, "", ""},
      {{{"2023", "2023"}, {"", ""}}, "2023", "2023"},
      {{{"2023-02", "2023-Q3"}, {"2023-Q1", "2023-08"}}, "2023-Q1", "2023-Q3"},
      {{{"2023", ""}, {"2022", "2024"}}, "2022", ""},
      {{{"", "2024"}, {"2022", "2023"}}, "", "2024"},
  };
  int number = 0;
  for (const SpanCase& test : cases) {
    const std::string category = Concat("funding/case-", number++);
    for (const auto& [from, until] : test.periods) {
      RecordOne(Says(category).Valid(from, until).Build());
    }
    EXPECT_EQ(Row(category).valid().from(), test.from) << category;
    EXPECT_EQ(Row(category).valid().until(), test.until) << category;
  }
}

struct GradeCase {
  std::vector<std::pair<v1::Grade::Reliability, v1::Grade::Credibility>> grades;
  std::string best;
};

TEST_F(SupportTest, BestGradeOfEachAxis) {
  const std::vector<GradeCase> cases = {
      {{{v1::Grade::B, v1::Grade::DOUBTFUL}, {v1::Grade::D, v1::Grade::PROBABLY_TRUE}}, "B2"},
      {{{v1::Grade::F, v1::Grade::CANNOT_BE_JUDGED}, {v1::Grade::E, v1::Grade::IMPROBABLE}}, "E5"},
      {{{v1::Grade::F, v1::Grade::CREDIBILITY_UNSPECIFIED}}, "F-"},
      {{{v1::Grade::C, v1::Grade::CREDIBILITY_UNSPECIFIED}}, "C-"},
      {{{v1::Grade::RELIABILITY_UNSPECIFIED, v1::Grade::CREDIBILITY_UNSPECIFIED}}, ""},
  };
  int number = 0;
  for (const GradeCase& test : cases) {
    const std::string category = Concat("funding/case-", number++);
    for (const auto& [reliability, credibility] : test.grades) {
      RecordOne(Says(category).Grade(reliability, credibility).Build());
    }
    EXPECT_EQ(Row(category).best_grade(), test.best) << category;
  }
}

TEST_F(SupportTest, GradesAndQuantitiesAreThoseOfTheShownPolarity) {
  RecordOne(Says().Grade(v1::Grade::C, v1::Grade::POSSIBLY_TRUE).Quantity("shells", "100", "pieces").Build());
  RecordOne(Says()
                .Grade(v1::Grade::A, v1::Grade::CONFIRMED)
                .Quantity("shells", "0", "pieces")
                .Polarity(v1::Assertion::DENIES)
                .Build());
  EXPECT_EQ(Row().best_grade(), "C3");
  ASSERT_EQ(Row().quantities_size(), 1);
  EXPECT_EQ(Row().quantities(0).value(), "100");
}

TEST_F(SupportTest, TheHighestVersionOfALensIsUsed) {
  RecordOne(Says().Build());
  v1::Lens lens;
  lens.set_name("mine");
  lens.set_otherwise(v1::Lens::INDIRECT);
  for (const uint32_t version : {2, 1}) {
    lens.set_version(version);
    lens.set_otherwise(version == 2 ? v1::Lens::DIRECT : v1::Lens::INDIRECT);
    RecordOne(LensPortion(lens));
  }
  EXPECT_EQ(ledger_.Support("A", "B", "mine").lens().version(), 2);
  EXPECT_EQ(ledger_.Support("A", "B", "mine").direct().rows_size(), 1);
  // What was recorded as version 2 stays version 2.
  lens.set_version(2);
  RecordOne(LensPortion(lens));
  EXPECT_EQ(ledger_.Support("A", "B", "mine").direct().rows_size(), 1);
}

TEST_F(SupportTest, TheSamePortionTwiceCountsOnce) {
  const Event first = TestEvent(ledger_.last_position() + 1, "alice", {Says().Chain({minister_}).Build()});
  ledger_.Record(first);
  Event second = first;
  ++second.position;
  second.author = "mallory";
  ledger_.Record(second);
  EXPECT_EQ(Row().affirms(), 1);
}

TEST_F(SupportTest, WithheldPortionsAreLeftOut) {
  Event event = TestEvent(ledger_.last_position() + 1, "alice", {Says().Build(), Says("funding").Build()});
  event.report.portions[0].reset();
  ledger_.Record(event);
  EXPECT_EQ(Row().affirms(), 0);
  EXPECT_EQ(Row("funding").affirms(), 1);
}

struct RefusedRequest {
  std::string from;
  std::string to;
  std::string lens;
  std::string valid_at;
  model::Reason reason;
  std::string message;
};

TEST_F(SupportTest, Refusals) {
  RecordOne(EntityPortion("A"));
  const std::vector<RefusedRequest> cases = {
      {"nobody", "B", "", "", v1::Refusal::NOT_FOUND, "from"},
      {"x:a", "nobody", "", "", v1::Refusal::NOT_FOUND, "to"},
      {"A", "B", "", "", v1::Refusal::AMBIGUOUS, "from"},
      {"x:a", "B", "nothing", "", v1::Refusal::NOT_FOUND, "officials, ucdp-derived"},
      {"x:a", "B", "", "yesterday", v1::Refusal::FIELD_INVALID, "valid_at"},
  };
  for (const RefusedRequest& test : cases) {
    v1::GetSupportRequest request;
    request.set_from(test.from);
    request.set_to(test.to);
    request.set_lens(test.lens);
    request.set_valid_at(test.valid_at);
    const absl::StatusOr<v1::GetSupportResponse> response = GetSupport(ledger_.View(), request);
    EXPECT_EQ(model::ReasonOf(response.status()), test.reason) << response.status();
    EXPECT_THAT(std::string(response.status().message()), HasSubstr(test.message));
  }
}

}  // namespace
}  // namespace sworn::views
