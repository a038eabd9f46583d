#include "ledger/views/judgements.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "ledger/views/provenance.h"
#include "ledger/views/support_rows.h"
#include "ledger/views/support_testing.h"

namespace sworn::views {
namespace {

using crypto::Hash;
using crypto::ToHex;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;
using Judgement = v1::Judgement;

v1::Portion GradeOf(const Hash& assertion, v1::Grade::Reliability reliability, v1::Grade::Credibility credibility) {
  v1::Portion portion = JudgementPortion(Judgement::GRADE, {ById(assertion)}, "after review");
  portion.mutable_judgement()->mutable_grade()->set_reliability(reliability);
  portion.mutable_judgement()->mutable_grade()->set_credibility(credibility);
  return portion;
}

// A gives B weapons, said by two papers that cite the same official or two of them.
class JudgementsTest : public testing::Test {
 protected:
  JudgementsTest() {
    const std::vector<Hash> ids = ledger_.Record(
        "ann",
        {EntityPortion("A", {"x:a"}), EntityPortion("B", {"x:b"}), SourcePortion("Paper"), SourcePortion("Gazette"),
         AssertionBuilder(ByIndex(0), ByIndex(1), "military/weapons")
             .Hop(ByIndex(2), v1::Hop::PUBLISHED)
             .Grade(v1::Grade::C, v1::Grade::POSSIBLY_TRUE)
             .Build(),
         AssertionBuilder(ByIndex(0), ByIndex(1), "military/weapons").Hop(ByIndex(3), v1::Hop::PUBLISHED).Build()});
    paper_ = ids[2];
    gazette_ = ids[3];
    first_ = ids[4];
    second_ = ids[5];
  }

  Hash Record(std::string_view author, const v1::Portion& portion) { return ledger_.Record(author, {portion}).front(); }
  void Undo(std::string_view author, const Hash& judgement) {
    Record(author, JudgementPortion(Judgement::RETRACT, {ById(judgement)}));
  }
  v1::SupportRow Weapons() const { return RowOf(ledger_.Support("A", "B"), "military/weapons"); }
  v1::SupportRow WeaponsAt(uint64_t position) const {
    return RowOf(ledger_.SupportAt(position, "A", "B"), "military/weapons");
  }
  std::vector<RecordedJudgement> About(const Hash& id) const {
    const auto judgements = JudgementsOf(id, *ledger_.View().rows);
    EXPECT_TRUE(judgements.ok()) << judgements.status();
    return judgements.ok() ? *judgements : std::vector<RecordedJudgement>();
  }
  Opinions OpinionsOf(const Hash& id) const { return *ReadOpinions(id, *ledger_.View().rows); }
  SameClaim ClaimOf(const Hash& id) const { return *ReadSameClaim(id, *ledger_.View().rows); }

  SupportLedger ledger_;
  Hash paper_{};
  Hash gazette_{};
  Hash first_{};
  Hash second_{};
};

TEST_F(JudgementsTest, AreReadInOrderWithWhoAndWhetherUndone) {
  const Hash confirmed = Record("bob", JudgementPortion(Judgement::CONFIRM, {ById(first_), ById(second_)}, "seen"));
  const Hash disputed = Record("cat", JudgementPortion(Judgement::DISPUTE, {ById(first_)}));
  const uint64_t both = ledger_.last_position();
  Undo("bob", confirmed);
  const std::vector<RecordedJudgement> judgements = About(first_);
  ASSERT_THAT(judgements, SizeIs(2));
  EXPECT_EQ(judgements[0].id, confirmed);
  EXPECT_EQ(judgements[0].kind, Judgement::CONFIRM);
  EXPECT_EQ(judgements[0].author, "bob");
  EXPECT_EQ(judgements[0].reason, "seen");
  EXPECT_EQ(judgements[0].recorded_at, TestTime(2));
  EXPECT_THAT(judgements[0].targets, ElementsAre(ToHex(first_), ToHex(second_)));
  EXPECT_TRUE(judgements[0].undone);
  EXPECT_EQ(judgements[0].undone_at_position, both + 1);
  EXPECT_EQ(judgements[1].id, disputed);
  EXPECT_FALSE(judgements[1].undone);
  EXPECT_EQ(OpinionsOf(first_), (Opinions{.disputes = 1}));
  EXPECT_EQ(OpinionsOf(second_), Opinions());
  EXPECT_EQ(*ReadOpinions(first_, *ledger_.ViewAt(both).rows), (Opinions{.confirms = 1, .disputes = 1}));
}

TEST_F(JudgementsTest, StayWhenSomebodyElseTakesThemBack) {
  const Hash confirmed = Record("bob", JudgementPortion(Judgement::CONFIRM, {ById(first_)}));
  Undo("cat", confirmed);
  EXPECT_EQ(OpinionsOf(first_).confirms, 1);
  ledger_.RecordAsAdmin("root", {JudgementPortion(Judgement::RETRACT, {ById(confirmed)}, "a mistake")});
  EXPECT_EQ(OpinionsOf(first_).confirms, 0);
}

TEST_F(JudgementsTest, CountOnceHoweverOftenRecordedAndUndone) {
  const Event event = TestEvent(ledger_.last_position() + 1, "bob",
                                {JudgementPortion(Judgement::DISPUTE, {ById(first_), ById(first_)})});
  ledger_.Record(event);
  Event again = TestEvent(ledger_.last_position() + 1, "cat", {event.report.portions[0].value()});
  again.report.portion_ids = event.report.portion_ids;
  ledger_.Record(again);
  EXPECT_EQ(OpinionsOf(first_).disputes, 1);
  EXPECT_THAT(About(first_), SizeIs(1));
  const Hash judgement = event.report.portion_ids[0];
  const Hash undone = Record("bob", JudgementPortion(Judgement::RETRACT, {ById(judgement)}));
  Undo("bob", judgement);
  EXPECT_EQ(OpinionsOf(first_).disputes, 0);
  Undo("bob", undone);
  EXPECT_EQ(OpinionsOf(first_).disputes, 0) << "taken back twice";
}

TEST_F(JudgementsTest, UndoneInTheirOwnReportNeverCount) {
  v1::Portion undo = JudgementPortion(Judgement::RETRACT, {ByIndex(0)});
  ledger_.Record("bob", {JudgementPortion(Judgement::CONFIRM, {ById(first_)}), undo});
  EXPECT_EQ(OpinionsOf(first_), Opinions());
}

TEST_F(JudgementsTest, MayPrecedeWhatTheyAreAbout) {
  const std::vector<v1::Portion> later = {
      AssertionBuilder(ByExternalId("x:a"), ByExternalId("x:b"), "funding").Build()};
  const Hash assertion = TestEvent(ledger_.last_position() + 2, "ann", later).report.portion_ids[0];
  Record("bob", JudgementPortion(Judgement::CONFIRM, {ById(assertion)}));
  ASSERT_EQ(ledger_.Record("ann", later).front(), assertion);
  EXPECT_EQ(OpinionsOf(assertion).confirms, 1);
  EXPECT_THAT(About(assertion), SizeIs(1));
}

TEST_F(JudgementsTest, GradesOfEachGraderCountByTheirLast) {
  EXPECT_EQ(Weapons().best_grade(), "C3");
  const Hash better = Record("bob", GradeOf(first_, v1::Grade::A, v1::Grade::CONFIRMED));
  EXPECT_EQ(Weapons().best_grade(), "A1");
  const uint64_t graded = ledger_.last_position();
  const Hash worse = Record("bob", GradeOf(first_, v1::Grade::E, v1::Grade::CREDIBILITY_UNSPECIFIED));
  EXPECT_EQ(Weapons().best_grade(), "C1") << "bob's reliability is now worse than the author's";
  Record("cat", GradeOf(second_, v1::Grade::F, v1::Grade::CANNOT_BE_JUDGED));
  EXPECT_EQ(Weapons().best_grade(), "C1");
  Undo("bob", worse);
  EXPECT_EQ(Weapons().best_grade(), "A1");
  Undo("bob", better);
  EXPECT_EQ(Weapons().best_grade(), "C3");
  EXPECT_EQ(WeaponsAt(graded).best_grade(), "A1") << "as of then";
}

TEST_F(JudgementsTest, AssertionsJoinedInOneClaim) {
  const Hash third = Record("ann", AssertionBuilder(ByExternalId("x:a"), ByExternalId("x:b"), "funding").Build());
  const Hash left = Record("bob", JudgementPortion(Judgement::SAME_CLAIM, {ById(first_), ById(second_)}));
  const Hash right = Record("cat", JudgementPortion(Judgement::SAME_CLAIM, {ById(second_), ById(third)}));
  EXPECT_THAT(ClaimOf(first_).assertion_ids, UnorderedElementsAre(first_, second_, third));
  EXPECT_THAT(ClaimOf(third).judgement_ids, UnorderedElementsAre(left, right));
  Undo("bob", left);
  EXPECT_THAT(ClaimOf(first_).assertion_ids, ElementsAre(first_));
  EXPECT_THAT(ClaimOf(first_).judgement_ids, IsEmpty());
  EXPECT_THAT(ClaimOf(third).assertion_ids, UnorderedElementsAre(second_, third));
}

TEST_F(JudgementsTest, SourcesThatAreOneAreOneOrigin) {
  EXPECT_EQ(RangeText(Weapons().independent_origins()), "2-2");
  const Hash same = Record("bob", JudgementPortion(Judgement::SAME_SOURCE, {ById(gazette_), ById(paper_)}));
  EXPECT_EQ(RangeText(Weapons().independent_origins()), "1-1");
  EXPECT_THAT(Weapons().hinges(), ElementsAre("Gazette")) << "as last described";
  const uint64_t merged = ledger_.last_position();
  Undo("bob", same);
  EXPECT_EQ(RangeText(Weapons().independent_origins()), "2-2");
  EXPECT_THAT(Weapons().hinges(), IsEmpty());
  EXPECT_EQ(RangeText(WeaponsAt(merged).independent_origins()), "1-1");
}

TEST_F(JudgementsTest, EntitiesThatAreOneAnswerAsOne) {
  ledger_.Record(
      "ann", {EntityPortion("A-land", {"x:a2"}), AssertionBuilder(ByIndex(0), ByExternalId("x:b"), "funding").Build()});
  const Hash same =
      Record("bob", JudgementPortion(Judgement::SAME_ENTITY, {ByExternalId("x:a"), ByExternalId("x:a2")}));
  for (const std::string name : {"A", "A-land", "x:a", "x:a2"}) {
    EXPECT_EQ(RowOf(ledger_.Support(name, "B"), "funding").affirms(), 1) << name;
    EXPECT_EQ(RowOf(ledger_.Support(name, "B"), "military/weapons").affirms(), 2) << name;
  }
  const auto& entities = support_rows::Entities();
  const auto root = entities.Find("A", *ledger_.View().rows);
  ASSERT_TRUE(root.ok());
  EXPECT_THAT(*JudgementsOf(entities, *root, *ledger_.View().rows), SizeIs(1));
  Undo("bob", same);
  EXPECT_EQ(RowOf(ledger_.Support("A", "B"), "funding").affirms(), 0);
  EXPECT_EQ(RowOf(ledger_.Support("A-land", "B"), "funding").affirms(), 1);
  EXPECT_TRUE(JudgementsOf(entities, *root, *ledger_.View().rows)->front().undone);
}

TEST_F(JudgementsTest, AnybodyMayJoinWhatIsNotKnownYet) {
  Record("bob", JudgementPortion(Judgement::SAME_ENTITY, {ByExternalId("x:a"), ByExternalId("x:later")}));
  v1::ListEntitiesRequest request;
  EXPECT_EQ(ListEntities(ledger_.View(), request)->entities_size(), 2) << "a judgement makes no entity";
  ledger_.Record("cat", {EntityPortion("Later", {"x:later"})});
  EXPECT_EQ(ListEntities(ledger_.View(), request)->entities_size(), 2);
  EXPECT_EQ(*support_rows::Entities().Find("Later", *ledger_.View().rows),
            *support_rows::Entities().Find("x:a", *ledger_.View().rows));
}

TEST_F(JudgementsTest, OriginsAttestedDistinctAreUntilThatIsUndone) {
  const std::vector<Hash> ids = ledger_.Record(
      "ann",
      {SourcePortion("US", v1::Source::ORGANISATION), UnnamedPortion("official", ByIndex(0)),
       UnnamedPortion("another official", ByIndex(0)),
       AssertionBuilder(ByExternalId("x:a"), ByExternalId("x:b"), "funding").Hop(ByIndex(1), v1::Hop::TOLD).Build(),
       AssertionBuilder(ByExternalId("x:a"), ByExternalId("x:b"), "funding").Hop(ByIndex(2), v1::Hop::TOLD).Build()});
  const auto origins = [&] { return RangeText(RowOf(ledger_.Support("A", "B"), "funding").independent_origins()); };
  EXPECT_EQ(origins(), "1-1");
  const Hash distinct = Record("bob", JudgementPortion(Judgement::INDEPENDENT, {ById(ids[1]), ById(ids[2])}));
  EXPECT_EQ(origins(), "2-2");
  Undo("bob", distinct);
  EXPECT_EQ(origins(), "1-1");
}

}  // namespace
}  // namespace sworn::views
