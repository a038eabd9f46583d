// The article this project began from: who said on 2024-04-13 what China gives Russia (design of Sworn, section 10).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger/views/support_testing.h"

namespace sworn::views {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Indexes of the report's portions.
enum ExamplePortion : uint32_t {
  kChina,
  kRussia,
  kUsGovernment,
  kOfficials,
  kReuters,
  kAp,
  kEuropeanPravda,
  kArticle,
  kReportedly,
  kFurtherReports,
  kWhiteHouse,
  kUsIntelligence,
  kBlinken,
  kFirstAssertion,
};

std::vector<v1::Portion> ExampleSources() {
  std::vector<v1::Portion> portions = {EntityPortion("China", {"iso3166:CN"}),
                                       EntityPortion("Russia", {"iso3166:RU"}),
                                       SourcePortion("US government", v1::Source::ORGANISATION),
                                       UnnamedPortion("two US officials", ByIndex(kUsGovernment)),
                                       SourcePortion("Reuters"),
                                       SourcePortion("AP"),
                                       SourcePortion("European Pravda"),
                                       SourcePortion("the article"),
                                       UnnamedPortion(""),
                                       UnnamedPortion(""),
                                       SourcePortion("White House", v1::Source::ORGANISATION),
                                       SourcePortion("US intelligence", v1::Source::ORGANISATION),
                                       SourcePortion("Antony Blinken", v1::Source::PERSON)};
  portions[kReuters].mutable_source()->add_external_ids("wikidata:Q130879");
  portions[kOfficials].mutable_source()->set_head_count(2);
  return portions;
}

AssertionBuilder About(std::string_view category, std::string_view statement) {
  return AssertionBuilder(ByIndex(kChina), ByIndex(kRussia), category).Statement(statement);
}

// Told by `origin`, which European Pravda published and the article cites.
v1::Portion ToldBy(uint32_t origin, AssertionBuilder assertion) {
  return assertion.Chain({ByIndex(origin), ByIndex(kEuropeanPravda), ByIndex(kArticle)}).Build();
}

// The officials told Reuters and AP.
v1::Portion ToldByOfficials(AssertionBuilder assertion) {
  return assertion.Hop(ByIndex(kOfficials), v1::Hop::TOLD)
      .Hop(ByIndex(kReuters), v1::Hop::PUBLISHED, {0})
      .Hop(ByIndex(kAp), v1::Hop::PUBLISHED, {0})
      .Hop(ByIndex(kEuropeanPravda), v1::Hop::PUBLISHED, {1, 2})
      .Hop(ByIndex(kArticle), v1::Hop::PUBLISHED, {3})
      .Build();
}

std::vector<v1::Portion> Example() {
  std::vector<v1::Portion> portions = ExampleSources();
  const std::vector<v1::Portion> assertions = {
      ToldByOfficials(About("materiel/machine-tools", "exports of machine tools are sharply up")
                          .Quantity("share of machine-tool imports", "70", "%")
                          .Quantity("machine-tool imports", "900000000", "USD")
                          .Valid("2023-Q4", "2023-Q4")),
      ToldBy(kReportedly, About("materiel/microelectronics", "90 % of microelectronics imports")
                              .Quantity("share of microelectronics imports", "90", "%")
                              .Valid("2023", "2023")),
      ToldByOfficials(About("materiel/weapons-technology", "technology for missiles, tanks and aircraft")),
      ToldBy(kFurtherReports, About("production/drones", "firms of both make drones together inside Russia")),
      ToldBy(kFurtherReports, About("materiel/nitrocellulose", "nitrocellulose, for propellant")),
      ToldBy(kWhiteHouse, About("space/capability", "help with satellite and other space capability")),
      ToldBy(kReportedly, About("intelligence/satellite-imagery", "satellite imagery for military operations")),
      ToldBy(kUsIntelligence, About("assessment/long-term-threat", "a long-term threat to European security")),
      ToldByOfficials(About("military/direct", "direct military support")
                          .Polarity(v1::Assertion::FINDS_NO_EVIDENCE)
                          .Valid("", "2024-04")),
      ToldBy(kBlinken, About("dual-use/optics-propellants-space", "concern put to EU and NATO colleagues"))};
  portions.insert(portions.end(), assertions.begin(), assertions.end());
  return portions;
}

std::vector<std::string> CategoriesOf(const v1::SupportSide& side) {
  std::vector<std::string> categories;
  for (const v1::SupportRow& row : side.rows()) {
    categories.push_back(row.category());
  }
  return categories;
}

class SupportExample : public testing::Test {
 protected:
  SupportExample() : ids_(ledger_.Record("alice", Example())) {}

  // A report of Reuters itself, citing the same officials.
  void RecordReuters() {
    v1::Portion reuters = SourcePortion("Reuters");
    reuters.mutable_source()->add_external_ids("wikidata:Q130879");
    ledger_.Record("bob", {reuters, AssertionBuilder(ByExternalId("iso3166:CN"), ByExternalId("iso3166:RU"),
                                                     "materiel/machine-tools")
                                        .Chain({ById(ids_[kOfficials]), ByIndex(0)})
                                        .Build()});
  }

  SupportLedger ledger_;
  std::vector<crypto::Hash> ids_;
};

TEST_F(SupportExample, WhatChinaGivesRussia) {
  const v1::GetSupportResponse support = ledger_.Support("China", "Russia");
  EXPECT_EQ(support.from(), "China");
  EXPECT_EQ(support.from_id(), crypto::ToHex(ids_[kChina]));
  EXPECT_EQ(support.lens().name(), "officials");
  EXPECT_EQ(support.lens().version(), 1);
  EXPECT_EQ(support.lens().id().size(), 64);
  EXPECT_EQ(support.as_of().position(), 1);
  EXPECT_FALSE(support.scope().empty());

  EXPECT_EQ(support.direct().status(), v1::Support::NO_EVIDENCE_FOUND);
  EXPECT_THAT(CategoriesOf(support.direct()), ElementsAre("military/direct"));
  EXPECT_EQ(support.direct().rows(0).affirms(), 0);
  EXPECT_EQ(support.direct().rows(0).denies(), 0);
  EXPECT_EQ(support.direct().rows(0).finds_no_evidence(), 1);

  EXPECT_EQ(support.indirect().status(), v1::Support::REPORTED);
  EXPECT_THAT(CategoriesOf(support.indirect()),
              ElementsAre("dual-use/optics-propellants-space", "intelligence/satellite-imagery",
                          "materiel/machine-tools", "materiel/microelectronics", "materiel/nitrocellulose",
                          "materiel/weapons-technology", "production/drones", "space/capability"));
  EXPECT_EQ(support.unassigned().status(), v1::Support::REPORTED);
  EXPECT_THAT(CategoriesOf(support.unassigned()), ElementsAre("assessment/long-term-threat"));
}

TEST_F(SupportExample, MachineToolsHaveOneOrigin) {
  const v1::SupportRow row = RowOf(ledger_.Support("China", "Russia"), "materiel/machine-tools");
  EXPECT_EQ(row.status(), v1::Support::REPORTED);
  EXPECT_EQ(row.affirms(), 1);
  EXPECT_EQ(RangeText(row.origins()), "1-1");
  EXPECT_EQ(RangeText(row.independent_origins()), "1-1");
  EXPECT_THAT(row.hinges(), ElementsAre("two US officials", "European Pravda", "the article"));
  EXPECT_THAT(row.hinge_ids(), ElementsAre(crypto::ToHex(ids_[kOfficials]), crypto::ToHex(ids_[kEuropeanPravda]),
                                           crypto::ToHex(ids_[kArticle])));
  EXPECT_THAT(row.assertion_ids(), ElementsAre(crypto::ToHex(ids_[kFirstAssertion])));
  ASSERT_EQ(row.quantities_size(), 2);
  EXPECT_EQ(row.quantities(0).value(), "70");
  EXPECT_EQ(row.valid().from(), "2023-Q4");
  EXPECT_EQ(row.valid().until(), "2023-Q4");
  EXPECT_EQ(row.first_recorded_at().seconds(), row.last_recorded_at().seconds());
}

TEST_F(SupportExample, ReportedlyIsNoneOrOneOrigin) {
  const v1::SupportRow row = RowOf(ledger_.Support("China", "Russia"), "materiel/microelectronics");
  EXPECT_EQ(RangeText(row.origins()), "0-1");
  EXPECT_EQ(RangeText(row.independent_origins()), "0-1");
}

TEST_F(SupportExample, UcdpDerivedGivesCodes) {
  const v1::GetSupportResponse support = ledger_.Support("iso3166:CN", "iso3166:RU", "ucdp-derived");
  EXPECT_EQ(support.direct().status(), v1::Support::NO_EVIDENCE_FOUND);
  EXPECT_EQ(RowOf(support, "intelligence/satellite-imagery").code(), "ucdp-esd-18.1:i");
}

TEST_F(SupportExample, ReutersRecordedDirectlyIsNoSecondOrigin) {
  RecordReuters();
  const v1::SupportRow row = RowOf(ledger_.Support("China", "Russia"), "materiel/machine-tools");
  EXPECT_EQ(row.affirms(), 2);
  EXPECT_EQ(RangeText(row.origins()), "1-1");
  EXPECT_EQ(RangeText(row.independent_origins()), "1-1");
  EXPECT_THAT(row.hinges(), ElementsAre("two US officials"));
  // As of before it is what it was.
  EXPECT_THAT(RowOf(ledger_.SupportAt(1, "China", "Russia"), "materiel/machine-tools").hinges(),
              ElementsAre("two US officials", "European Pravda", "the article"));
}

TEST_F(SupportExample, RetractionLeavesTheRowUnreportedFromThenOn) {
  const std::string before = ledger_.Support("China", "Russia").SerializeAsString();
  ledger_.Record("alice", {JudgementPortion(v1::Judgement::RETRACT, {ById(ids_[kFirstAssertion])})});
  const v1::GetSupportResponse after = ledger_.Support("China", "Russia");
  EXPECT_EQ(RowOf(after, "materiel/machine-tools").affirms(), 0);
  EXPECT_THAT(CategoriesOf(after.indirect()), testing::Not(testing::Contains("materiel/machine-tools")));
  EXPECT_EQ(after.indirect().status(), v1::Support::REPORTED);
  EXPECT_EQ(ledger_.SupportAt(1, "China", "Russia").SerializeAsString(), before);
}

struct Change {
  v1::WouldChange::Loss loss;
  std::string label;
  std::string category;
  v1::Lens::SupportClass side;
  v1::Support::Status now;
  v1::Support::Status then;
  bool operator==(const Change&) const = default;
};

std::vector<Change> ChangesOf(const v1::GetSupportResponse& support) {
  std::vector<Change> changes;
  for (const v1::WouldChange& change : support.would_change()) {
    changes.push_back(
        {change.loss(), change.label(), change.category(), change.side(), change.status_now(), change.status_then()});
  }
  return changes;
}

TEST_F(SupportExample, WhatWouldChange) {
  const std::vector<Change> changes = ChangesOf(ledger_.Support("China", "Russia"));
  const Change retracted = {v1::WouldChange::ASSERTION_RETRACTED,
                            "exports of machine tools are sharply up",
                            "materiel/machine-tools",
                            v1::Lens::INDIRECT,
                            v1::Support::REPORTED,
                            v1::Support::UNREPORTED};
  const Change direct_side = {v1::WouldChange::ASSERTION_RETRACTED, "direct military support", "", v1::Lens::DIRECT,
                              v1::Support::NO_EVIDENCE_FOUND,       v1::Support::UNREPORTED};
  const Change article = {v1::WouldChange::SOURCE_WITHDRAWN,
                          "the article",
                          "",
                          v1::Lens::INDIRECT,
                          v1::Support::REPORTED,
                          v1::Support::UNREPORTED};
  EXPECT_THAT(changes, testing::Contains(retracted));
  EXPECT_THAT(changes, testing::Contains(direct_side));
  EXPECT_THAT(changes, testing::Contains(article));
  // No one assertion carries the indirect side, and the officials do not either.
  for (const Change& change : changes) {
    const bool flips_indirect = change.category.empty() && change.side == v1::Lens::INDIRECT;
    EXPECT_TRUE(!flips_indirect || change.label == "the article" || change.label == "European Pravda") << change.label;
    EXPECT_NE(change.now, change.then);
  }
}

TEST_F(SupportExample, AfterReutersTheArticleNoLongerDecides) {
  RecordReuters();
  for (const Change& change : ChangesOf(ledger_.Support("China", "Russia"))) {
    EXPECT_TRUE(change.category != "materiel/machine-tools" || change.label == "two US officials") << change.label;
    EXPECT_FALSE(change.label == "the article" && change.category.empty() && change.side == v1::Lens::INDIRECT);
  }
}

TEST_F(SupportExample, TheOtherWayRoundNothingIsReported) {
  const v1::GetSupportResponse support = ledger_.Support("Russia", "China");
  EXPECT_EQ(support.direct().status(), v1::Support::UNREPORTED);
  EXPECT_EQ(support.indirect().status(), v1::Support::UNREPORTED);
  EXPECT_EQ(support.unassigned().status(), v1::Support::UNREPORTED);
  EXPECT_THAT(support.would_change(), IsEmpty());
}

}  // namespace
}  // namespace sworn::views
