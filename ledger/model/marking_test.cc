#include "ledger/model/marking.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <string>
#include <vector>

#include "ledger/model/countries.h"
#include "ledger/model/refusal.h"

namespace sworn::model {
namespace {

using google::protobuf::util::MessageDifferencer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

v1::Marking M(const std::string& text) {
  const absl::StatusOr<v1::Marking> marking = ParseMarking(text);
  EXPECT_TRUE(marking.ok()) << text << ": " << marking.status();
  return marking.value_or(v1::Marking());
}

std::string RolledUp(const std::vector<std::string>& texts) {
  std::vector<v1::Marking> markings;
  markings.reserve(texts.size());
  for (const std::string& text : texts) markings.push_back(M(text));
  return FormatMarking(RollUp(markings));
}

// ---- Rules of the vocabulary of marks ----

TEST(MarkingRule1, BannerLevelIsTheHighestPortion) {
  EXPECT_EQ(RolledUp({"(U)", "(S)", "(C)"}), "(S)");
  EXPECT_EQ(RolledUp({"(U)", "(R)"}), "(R)");
  EXPECT_EQ(RolledUp({"(TS)", "(U)"}), "(TS)");
}

TEST(MarkingRule2, AnyNofornPortionMakesTheBannerNoforn) {
  EXPECT_EQ(RolledUp({"(S//REL TO GBR, USA)", "(S//NF)"}), "(S//NOFORN)");
  EXPECT_EQ(RolledUp({"(U)", "(U//NF)"}), "(U//NOFORN)");
}

TEST(MarkingRule3, RelBannerOnlyIfEveryClassifiedPortionIsReleasable) {
  EXPECT_EQ(RolledUp({"(S//REL TO GBR, USA)", "(C)"}), "(S//NOFORN)");
  EXPECT_EQ(RolledUp({"(S//REL TO GBR, USA)", "(C//REL TO GBR, USA)"}), "(S//REL TO GBR, USA)");
}

TEST(MarkingRule3, AnUnclassifiedPortionBlocksRelOnlyWhenItselfNoforn) {
  EXPECT_EQ(RolledUp({"(S//REL TO GBR, USA)", "(U)"}), "(S//REL TO GBR, USA)");
  EXPECT_EQ(RolledUp({"(S//REL TO GBR, USA)", "(U//NF)"}), "(S//NOFORN)");
}

TEST(MarkingRule4, BannerCountriesAreTheIntersectionAfterExpandingGroups) {
  EXPECT_EQ(RolledUp({"(S//REL TO FVEY)", "(S//REL TO DEU, GBR, USA)"}), "(S//REL TO GBR, USA)");
  EXPECT_THAT(M("(S//REL TO FVEY)").rel_to(), ElementsAre("AUS", "CAN", "GBR", "NZL", "USA"));
  EXPECT_THAT(M("(S//REL TO ACGU)").rel_to(), ElementsAre("AUS", "CAN", "GBR", "USA"));
}

TEST(MarkingRule4, AnUnknownGroupIsRefused) {
  for (const char* group : {"NATO", "EU", "SEVEN EYES", "XXX"}) {
    const absl::Status status = ParseMarking(std::string("(S//REL TO ") + group + ")").status();
    EXPECT_EQ(ReasonOf(status), v1::Refusal::MARKING_INVALID) << group;
    EXPECT_THAT(std::string(status.message()), HasSubstr(group));
  }
}

TEST(MarkingRule5, RelNeedsAListAndAListNeedsRel) {
  for (const char* text : {"(S//REL)", "(S//REL TO)", "(S//REL TO )", "(S//GBR)", "(S//GBR, USA)", "(S//FVEY)"}) {
    const absl::Status status = ParseMarking(text).status();
    EXPECT_EQ(ReasonOf(status), v1::Refusal::MARKING_INVALID) << text;
    EXPECT_THAT(std::string(status.message()), HasSubstr("REL TO")) << text;
  }
}

TEST(MarkingRule5, TheListIsSortedAndWithoutDuplicates) {
  EXPECT_EQ(FormatMarking(M("S//rel to usa,GBR, aus ,USA")), "(S//REL TO AUS, GBR, USA)");
  v1::Marking marking = M("(S//REL TO GBR, USA)");
  marking.mutable_rel_to()->SwapElements(0, 1);
  EXPECT_EQ(ReasonOf(ValidateMarking(marking)), v1::Refusal::MARKING_INVALID);
  marking.set_rel_to(0, "GBR");
  EXPECT_EQ(ReasonOf(ValidateMarking(marking)), v1::Refusal::MARKING_INVALID);
}

TEST(MarkingRule5, AnEmptyIntersectionBecomesNoforn) {
  EXPECT_EQ(RolledUp({"(S//REL TO GBR, USA)", "(S//REL TO DEU, FRA)"}), "(S//NOFORN)");
}

TEST(MarkingRule6, NofornAndRelToExcludeEachOther) {
  EXPECT_EQ(ReasonOf(ParseMarking("(S//NF//REL TO GBR, USA)").status()), v1::Refusal::MARKING_INVALID);
  EXPECT_EQ(ReasonOf(ParseMarking("(S//REL TO GBR, USA//NOFORN)").status()), v1::Refusal::MARKING_INVALID);
}

TEST(MarkingRule7, OrconInAnyPortionMakesTheBannerOrcon) {
  EXPECT_EQ(RolledUp({"(S)", "(C//OC)"}), "(S//ORCON)");
  EXPECT_FALSE(Dominates(M("(S)"), M("(C//OC)")));
}

TEST(MarkingRule8, AnUnmarkedPortionIsRefused) {
  EXPECT_EQ(ReasonOf(ValidateMarking(v1::Marking())), v1::Refusal::UNMARKED);
  EXPECT_EQ(ReasonOf(ParseMarking("").status()), v1::Refusal::UNMARKED);
  EXPECT_EQ(ReasonOf(ParseMarking("()").status()), v1::Refusal::UNMARKED);
  EXPECT_EQ(ReasonOf(ParseMarking("(//NF)").status()), v1::Refusal::UNMARKED);
  EXPECT_EQ(ReasonOf(ParseMarking("(X)").status()), v1::Refusal::UNMARKED);
  EXPECT_EQ(FormatMarking(v1::Marking()), "(UNMARKED)");
}

TEST(MarkingRule9, UnknownCaveatsAreKeptAsOpaqueWords) {
  const v1::Marking marking = M("(S//PROJECT X//LIMDIS)");
  EXPECT_THAT(marking.caveats(), ElementsAre("LIMDIS", "PROJECT X"));
  EXPECT_EQ(RolledUp({"(S//LIMDIS)", "(S//PROJECT X)"}), "(S//LIMDIS//PROJECT X)");
  EXPECT_FALSE(Dominates(M("(S//LIMDIS)"), M("(S//PROJECT X)")));
}

// ---- The Traffic Light Protocol ----

TEST(MarkingTlp, IsOrthogonalToTheLevelAndTheMostRestrictiveWins) {
  EXPECT_EQ(RolledUp({"(U//TLP:GREEN)", "(S//TLP:AMBER)", "(U)"}), "(S//TLP:AMBER)");
  EXPECT_EQ(RolledUp({"(U//TLP:AMBER+STRICT)", "(U//TLP:AMBER)"}), "(U//TLP:AMBER+STRICT)");
  EXPECT_EQ(RolledUp({"(U//TLP:RED)", "(U//TLP:AMBER+STRICT)"}), "(U//TLP:RED)");
}

TEST(MarkingTlp, WhiteIsAnOldNameOfClear) { EXPECT_EQ(FormatMarking(M("(U//TLP:WHITE)")), "(U//TLP:CLEAR)"); }

TEST(MarkingTlp, UnknownAndDoubleLabelsAreRefused) {
  for (const char* text : {"(U//TLP:PINK)", "(U//TLP)", "(U//TLP:)", "(U//TLP:RED//TLP:AMBER)"}) {
    EXPECT_EQ(ReasonOf(ParseMarking(text).status()), v1::Refusal::MARKING_INVALID) << text;
  }
}

// ---- Parse, print, validate ----

TEST(Marking, ReadsComponentsInAnyOrderAndCase) {
  EXPECT_EQ(FormatMarking(M(" ( top secret // tlp:amber // orcon // rel to gbr , usa ) ")),
            "(TS//REL TO GBR, USA//ORCON//TLP:AMBER)");
  EXPECT_EQ(FormatMarking(M("S")), "(S)");
  EXPECT_EQ(FormatMarking(M("(S//REL TO org:europol, GBR)")), "(S//REL TO GBR, org:europol)");
}

TEST(Marking, RefusesWhatIsMalformed) {
  for (const char* text : {"(S", "S)", "(S//)", "(S////NF)", "(S//A/B)", "(S//a\nb)", "(S//caf\xc3\xa9)", "(S//U)",
                           "(S//REL TO GBR//REL TO USA)", "(S//REL TO GBR,,USA)", "(S//REL TO org:)"}) {
    EXPECT_EQ(ReasonOf(ParseMarking(text).status()), v1::Refusal::MARKING_INVALID) << text;
  }
  EXPECT_EQ(ReasonOf(ParseMarking(std::string(5'000, 'S')).status()), v1::Refusal::TOO_LARGE);
}

TEST(Marking, RefusesUnknownNumbers) {
  v1::Marking marking = M("(S)");
  marking.set_level(static_cast<v1::Marking::Level>(9));
  EXPECT_EQ(ReasonOf(ValidateMarking(marking)), v1::Refusal::FIELD_INVALID);
  marking = M("(S)");
  marking.set_tlp(static_cast<v1::Marking::Tlp>(9));
  EXPECT_EQ(ReasonOf(ValidateMarking(marking)), v1::Refusal::FIELD_INVALID);
}

TEST(Marking, RefusesLongLists) {
  v1::Marking marking = M("(S)");
  for (int i = 0; i < 1'001; ++i) marking.add_caveats("X");
  EXPECT_EQ(ReasonOf(ValidateMarking(marking)), v1::Refusal::TOO_LARGE);
  marking = M("(S)");
  marking.add_statements(std::string(5'000, 'a'));
  EXPECT_EQ(ReasonOf(ValidateMarking(marking)), v1::Refusal::TOO_LARGE);
}

TEST(Marking, StatementsTravelAndLimitNothing) {
  v1::Marking portion = M("(U)");
  portion.add_statements("Copyright");
  EXPECT_THAT(RollUp({portion, M("(U)")}).statements(), ElementsAre("Copyright"));
  EXPECT_TRUE(Dominates(M("(U)"), portion));
}

TEST(Marking, DominatesInEveryRespect) {
  EXPECT_TRUE(Dominates(M("(S//NF)"), M("(S//REL TO GBR, USA)")));
  EXPECT_FALSE(Dominates(M("(S//REL TO GBR, USA)"), M("(S//NF)")));
  EXPECT_FALSE(Dominates(M("(S//REL TO GBR, USA)"), M("(S)")));
  EXPECT_TRUE(Dominates(M("(S)"), M("(S//REL TO GBR, USA)")));
  EXPECT_FALSE(Dominates(M("(U)"), M("(U//REL TO GBR, USA)")));
  EXPECT_TRUE(Dominates(M("(S//REL TO GBR)"), M("(S//REL TO GBR, USA)")));
  EXPECT_FALSE(Dominates(M("(S//REL TO GBR, USA)"), M("(S//REL TO GBR)")));
  EXPECT_FALSE(Dominates(M("(U//TLP:GREEN)"), M("(U//TLP:AMBER)")));
  EXPECT_FALSE(Dominates(M("(C)"), M("(S)")));
}

TEST(Countries, AreTheSortedCodesOfIso3166) {
  EXPECT_EQ(Countries().size(), 249);
  EXPECT_TRUE(std::is_sorted(Countries().begin(), Countries().end()));
  for (const char* code : {"USA", "GBR", "UKR", "CHN", "RUS", "ZWE", "ABW"}) EXPECT_TRUE(IsCountry(code)) << code;
  for (const char* code : {"UK", "usa", "XXX", "FVEY", ""}) EXPECT_FALSE(IsCountry(code)) << code;
  EXPECT_THAT(MembersOfGroup("NATO"), IsEmpty());
}

// ---- Properties ----

// Some of `all`, in their order.
std::vector<std::string> SomeOf(const std::vector<std::string>& all) {
  std::vector<std::string> some;
  for (const std::string& item : all) {
    if (*rc::gen::arbitrary<bool>()) some.push_back(item);
  }
  return some;
}

v1::Marking AnyMarking() {
  v1::Marking marking;
  marking.set_level(static_cast<v1::Marking::Level>(*rc::gen::inRange(1, 6)));
  marking.set_tlp(static_cast<v1::Marking::Tlp>(*rc::gen::inRange(0, 6)));
  marking.set_originator_controlled(*rc::gen::arbitrary<bool>());
  const int release = *rc::gen::inRange(0, 4);
  marking.set_originator_only(release == 0);
  if (release >= 2) {
    for (const std::string& entry : SomeOf({"AUS", "GBR", "USA", "org:europol"})) marking.add_rel_to(entry);
  }
  for (const std::string& caveat : SomeOf({"LIMDIS", "PROJECT X", "a+b"})) marking.add_caveats(caveat);
  for (const std::string& statement : SomeOf({"Copyright", "Terms"})) marking.add_statements(statement);
  return marking;
}

TEST(MarkingProperty, PrintsWhatItReadsBack) {
  EXPECT_TRUE(rc::check([] {
    v1::Marking marking = AnyMarking();
    marking.clear_statements();  // not printed
    RC_ASSERT(ValidateMarking(marking).ok());
    RC_ASSERT(MessageDifferencer::Equals(*ParseMarking(FormatMarking(marking)), marking));
  }));
}

TEST(MarkingProperty, NoTextCrashesTheParserAndWhatItReadsIsValid) {
  EXPECT_TRUE(rc::check([] {
    const auto parts = *rc::gen::container<std::vector<std::string>>(
        rc::gen::oneOf(rc::gen::element<std::string>("S", "//", "REL TO ", "GBR", ",", "NF", "OC", "TLP:", "RED", "(",
                                                     ")", "FVEY", " "),
                       rc::gen::arbitrary<std::string>()));
    std::string text;
    for (const std::string& part : parts) text += part;
    const absl::StatusOr<v1::Marking> marking = ParseMarking(text);
    if (marking.ok()) {
      RC_ASSERT(ValidateMarking(*marking).ok());
    } else {
      RC_ASSERT(ReasonOf(marking.status()) != v1::Refusal::REASON_UNSPECIFIED);
    }
  }));
}

TEST(MarkingProperty, RollUpIsValidAndDominatesEveryPortion) {
  EXPECT_TRUE(rc::check([] {
    std::vector<v1::Marking> markings;
    const auto count = *rc::gen::inRange<size_t>(1, 6);
    markings.reserve(count);
    for (size_t i = 0; i < count; ++i) markings.push_back(AnyMarking());
    const v1::Marking banner = RollUp(markings);
    RC_ASSERT(ValidateMarking(banner).ok());
    for (const v1::Marking& marking : markings) RC_ASSERT(Dominates(banner, marking));
  }));
}

TEST(MarkingProperty, RollUpDependsNeitherOnOrderNorOnGrouping) {
  EXPECT_TRUE(rc::check([] {
    const v1::Marking a = AnyMarking();
    const v1::Marking b = AnyMarking();
    const v1::Marking c = AnyMarking();
    const v1::Marking all = RollUp({a, b, c});
    RC_ASSERT(MessageDifferencer::Equals(RollUp({c, a, b}), all));
    RC_ASSERT(MessageDifferencer::Equals(RollUp({RollUp({a, b}), c}), all));
    RC_ASSERT(MessageDifferencer::Equals(RollUp({a, RollUp({b, c})}), all));
    RC_ASSERT(MessageDifferencer::Equals(RollUp({a, a}), RollUp({a})));
  }));
}

TEST(MarkingProperty, DominanceIsReflexiveAndTransitive) {
  EXPECT_TRUE(rc::check([] {
    const v1::Marking a = AnyMarking();
    const v1::Marking b = AnyMarking();
    const v1::Marking c = AnyMarking();
    RC_ASSERT(Dominates(a, a));
    if (Dominates(a, b) && Dominates(b, c)) RC_ASSERT(Dominates(a, c));
  }));
}

}  // namespace
}  // namespace sworn::model
