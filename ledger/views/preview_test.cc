#include "ledger/views/preview.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <map>
#include <string>
#include <vector>

#include "ledger/views/support_testing.h"

namespace sworn::views {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view kArms = "military/weapons";
constexpr std::string_view kTools = "materiel/machine-tools";

v1::PreviewJudgementResponse Preview(const SupportLedger& ledger, const v1::Portion& judgement,
                                     std::string_view author = "") {
  v1::PreviewJudgementRequest request;
  *request.mutable_judgement() = judgement.judgement();
  request.set_author(std::string(author));
  const absl::StatusOr<v1::PreviewJudgementResponse> response = PreviewJudgement(ledger.View(), request);
  EXPECT_TRUE(response.ok()) << response.status();
  return response.value_or(v1::PreviewJudgementResponse());
}

// What a row shows that a preview compares.
std::string CellText(v1::Support::Status status, const v1::CountRange& independent) {
  return Concat(v1::Support::Status_Name(status), " ", RangeText(independent));
}

using Cells = std::map<std::string, std::string>;

Cells CellsOf(const SupportLedger& ledger) {
  Cells cells;
  const v1::GetSupportResponse support = ledger.Support("x:a", "x:b");
  for (const v1::SupportSide* side : {&support.direct(), &support.indirect(), &support.unassigned()}) {
    for (const v1::SupportRow& row : side->rows()) {
      cells[row.category()] = CellText(row.status(), row.independent_origins());
    }
  }
  return cells;
}

class PreviewTest : public testing::Test {
 protected:
  PreviewTest()
      : ids_(ledger_.Record("alice",
                            {EntityPortion("A", {"x:a"}), EntityPortion("B", {"x:b"}), SourcePortion("minister"),
                             SourcePortion("general"), SourcePortion("daily"), SourcePortion("weekly")})) {}

  crypto::Hash Record(const v1::Portion& portion, std::string_view author = "alice") {
    return ledger_.Record(author, {portion}).front();
  }
  v1::Portion Says(std::string_view category, const std::vector<size_t>& chain,
                   const std::vector<v1::Reference>& bases = {}) {
    std::vector<v1::Reference> sources(chain.size());
    for (size_t i = 0; i < chain.size(); ++i) sources[i] = ById(ids_[chain[i]]);
    return AssertionBuilder(ByExternalId("x:a"), ByExternalId("x:b"), category)
        .Chain(sources)
        .DerivedFrom(bases)
        .Build();
  }

  SupportLedger ledger_;
  std::vector<crypto::Hash> ids_;
};

TEST_F(PreviewTest, ARetractionAndItsCascade) {
  const crypto::Hash base = Record(Says(kArms, {2}));
  const crypto::Hash derived = Record(Says(kTools, {3}, {ById(base)}));
  const v1::Portion retraction = JudgementPortion(v1::Judgement::RETRACT, {ById(base)}, "wrong");
  const v1::PreviewJudgementResponse preview = Preview(ledger_, retraction);
  ASSERT_EQ(preview.states_size(), 2);
  std::map<std::string, v1::StateChange> states;
  for (const v1::StateChange& change : preview.states()) states[change.id()] = change;
  EXPECT_TRUE(states[crypto::ToHex(base)].after().retracted());
  EXPECT_TRUE(states[crypto::ToHex(derived)].after().undermined());
  EXPECT_EQ(preview.support_size(), 2);
  EXPECT_THAT(preview.no_effect(), IsEmpty());
  EXPECT_EQ(ledger_.Support("A", "B").direct().status(), v1::Support::REPORTED) << "nothing was recorded";
}

TEST_F(PreviewTest, SomebodyElsesRetractionHasNoEffectAndSaysWhy) {
  const crypto::Hash id = Record(Says(kArms, {2}));
  const v1::Portion retraction = JudgementPortion(v1::Judgement::RETRACT, {ById(id)}, "wrong");
  EXPECT_THAT(Preview(ledger_, retraction, "bob").no_effect(), HasSubstr("bob did not write it"));
  EXPECT_THAT(Preview(ledger_, retraction, "alice").no_effect(), IsEmpty());
  Record(retraction);
  EXPECT_THAT(Preview(ledger_, retraction, "alice").no_effect(), HasSubstr("taken back already"));
}

TEST_F(PreviewTest, SourcesThatBecomeOneAndAreToldApartAgain) {
  Record(Says(kArms, {2}));
  Record(Says(kArms, {3}));
  const v1::Portion same = JudgementPortion(v1::Judgement::SAME_SOURCE, {ById(ids_[2]), ById(ids_[3])});
  const v1::PreviewJudgementResponse merge = Preview(ledger_, same);
  EXPECT_THAT(merge.merged(), ElementsAre(crypto::ToHex(ids_[2]), crypto::ToHex(ids_[3])));
  ASSERT_EQ(merge.support_size(), 1);
  EXPECT_EQ(RangeText(merge.support(0).independent_before()), "2-2");
  EXPECT_EQ(RangeText(merge.support(0).independent_after()), "1-1");
  const crypto::Hash judgement = Record(same);
  EXPECT_THAT(Preview(ledger_, same).no_effect(), HasSubstr("one already"));
  const v1::PreviewJudgementResponse undo =
      Preview(ledger_, JudgementPortion(v1::Judgement::RETRACT, {ById(judgement)}, "two men"));
  EXPECT_THAT(undo.separated(), ElementsAre(crypto::ToHex(ids_[2]), crypto::ToHex(ids_[3])));
  ASSERT_EQ(undo.support_size(), 1);
  EXPECT_EQ(RangeText(undo.support(0).independent_after()), "2-2");
}

TEST_F(PreviewTest, RefusesMalformedJudgements) {
  v1::PreviewJudgementRequest request;
  EXPECT_FALSE(PreviewJudgement(ledger_.View(), request).ok());
  request.mutable_judgement()->set_kind(v1::Judgement::INDEPENDENT);
  *request.mutable_judgement()->add_targets() = ById(ids_[2]);
  EXPECT_FALSE(PreviewJudgement(ledger_.View(), request).ok()) << "independent takes two";
}

// The oracle: record it, and look what changed.
TEST(PreviewPropertyTest, ShowsWhatRecordingItChanges) {
  EXPECT_TRUE(rc::check("a preview lists the cells that recording the judgement changes", [] {
    SupportLedger ledger;
    const std::vector<crypto::Hash> ids =
        ledger.Record("alice", {EntityPortion("A", {"x:a"}), EntityPortion("B", {"x:b"}), SourcePortion("s0"),
                                SourcePortion("s1"), SourcePortion("s2"), SourcePortion("s3")});
    const auto any_source = [&] { return ById(ids[2 + *rc::gen::inRange<size_t>(0, 4)]); };
    std::vector<crypto::Hash> recorded;
    const auto any_recorded = [&] { return ById(recorded[*rc::gen::inRange<size_t>(0, recorded.size())]); };
    const auto any_judgement = [&] {
      switch (*rc::gen::inRange(0, 3)) {
        case 0:
          return JudgementPortion(v1::Judgement::RETRACT, {any_recorded()}, "wrong");
        case 1:
          return JudgementPortion(v1::Judgement::SAME_SOURCE, {any_source(), any_source()});
        default:
          return JudgementPortion(v1::Judgement::DISPUTE, {ById(recorded.front())}, "doubted");
      }
    };
    for (int i = *rc::gen::inRange(1, 6); i > 0; --i) {
      AssertionBuilder says(ByExternalId("x:a"), ByExternalId("x:b"), *rc::gen::element(kArms, kTools));
      says.Chain({any_source(), any_source()});
      if (!recorded.empty() && *rc::gen::arbitrary<bool>()) says.DerivedFrom({any_recorded()});
      recorded.push_back(ledger.Record("alice", {says.Build()}).front());
    }
    for (int i = *rc::gen::inRange(0, 4); i > 0; --i) {
      recorded.push_back(ledger.RecordAsAdmin("root", {any_judgement()}).front());
    }
    const v1::Portion judgement = any_judgement();
    const v1::PreviewJudgementResponse preview = Preview(ledger, judgement);
    Cells before = CellsOf(ledger);
    ledger.RecordAsAdmin("root", {judgement});
    Cells after = CellsOf(ledger);
    Cells expected;
    for (const auto& [category, cell] : after) {
      if (before[category] != cell) expected[category] = cell;
    }
    for (const auto& [category, cell] : before) {
      if (!cell.empty() && !after.contains(category)) expected[category] = "UNREPORTED 0-0";
    }
    Cells found;
    for (const v1::PreviewedSupportChange& change : preview.support()) {
      found[change.category()] = CellText(change.status_after(), change.independent_after());
    }
    RC_ASSERT(found == expected);
  }));
}

}  // namespace
}  // namespace sworn::views
