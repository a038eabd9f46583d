#include "ledger/views/standing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "ledger/views/testing.h"

namespace sworn::views {
namespace {

using crypto::Hash;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr Standing kShaken = {.counted = true, .retracted = false, .undermined = true, .retracted_at_position = {}};
constexpr Standing kFallen = {.counted = false, .retracted = false, .undermined = true, .retracted_at_position = {}};

Standing RetractedAt(uint64_t position) {
  return {.counted = false, .retracted = true, .undermined = false, .retracted_at_position = position};
}

v1::Reference ToPortion(const Hash& id) {
  v1::Reference reference;
  reference.set_portion_id(std::string(crypto::AsBytes(id)));
  return reference;
}

v1::Portion AssertionFrom(const std::vector<Hash>& bases) {
  v1::Portion portion;
  portion.mutable_assertion()->set_predicate("supplies");
  for (const Hash& base : bases) *portion.mutable_assertion()->add_derived_from() = ToPortion(base);
  return portion;
}

v1::Portion JudgementOn(v1::Judgement::Kind kind, const std::vector<Hash>& targets, const std::string& reason = "") {
  v1::Portion portion;
  portion.mutable_judgement()->set_kind(kind);
  portion.mutable_judgement()->set_reason(reason);
  for (const Hash& target : targets) *portion.mutable_judgement()->add_targets() = ToPortion(target);
  return portion;
}

// Folds one report per position.
class StandingTest : public testing::Test {
 protected:
  // Answers the id of the first portion.
  Hash Add(std::string_view author, const std::vector<v1::Portion>& portions, bool is_admin = false) {
    Event event = TestEvent(next_position_, author, portions);
    event.author_is_admin = is_admin;
    rows_.Write(next_position_, [&](RowWriter& writer) {
      const auto changed = standings_.Apply(event, writer);
      ASSERT_TRUE(changed.ok()) << changed.status();
      changed_ = *changed;
    });
    ++next_position_;
    return event.report.portion_ids[0];
  }
  Standing At(uint64_t position, const Hash& id) {
    const auto standing = standings_.Read(id, *rows_.ReadAt(position));
    EXPECT_TRUE(standing.ok()) << standing.status();
    return *standing;
  }
  Standing Now(const Hash& id) { return At(next_position_ - 1, id); }

  TestRows rows_;
  const Standings standings_{"standing/"};
  uint64_t next_position_ = 0;
  std::vector<Hash> changed_;
};

TEST_F(StandingTest, AuthorRetractsAndUndoes) {
  const Hash assertion = Add("ann", {AssertionFrom({})});
  EXPECT_THAT(changed_, IsEmpty());
  const Hash retraction = Add("ann", {JudgementOn(v1::Judgement::RETRACT, {assertion})});
  EXPECT_THAT(changed_, ElementsAre(assertion));
  EXPECT_EQ(Now(assertion), RetractedAt(1));
  EXPECT_EQ(At(0, assertion), Standing{});
  const Hash undone = Add("ann", {JudgementOn(v1::Judgement::RETRACT, {retraction})});
  EXPECT_EQ(Now(assertion), Standing{});
  EXPECT_TRUE(Now(retraction).retracted);
  Add("ann", {JudgementOn(v1::Judgement::RETRACT, {undone})});
  EXPECT_EQ(Now(assertion), RetractedAt(1));
  EXPECT_EQ(At(2, assertion), Standing{});
}

TEST_F(StandingTest, OnlyTheAuthorOrAnAdminWithAReasonRetracts) {
  const Hash assertion = Add("ann", {AssertionFrom({})});
  Add("bob", {JudgementOn(v1::Judgement::RETRACT, {assertion}, "I disagree")});
  EXPECT_EQ(Now(assertion), Standing{});
  Add("root", {JudgementOn(v1::Judgement::RETRACT, {assertion})}, true);
  EXPECT_EQ(Now(assertion), Standing{}) << "an admin without a reason";
  const Hash by_admin = Add("root", {JudgementOn(v1::Judgement::RETRACT, {assertion}, "court order")}, true);
  EXPECT_EQ(Now(assertion).retracted_at_position, 3);
  Add("ann", {JudgementOn(v1::Judgement::RETRACT, {by_admin})});
  EXPECT_TRUE(Now(assertion).retracted) << "an author does not undo an admin's judgement";
  Add("root", {JudgementOn(v1::Judgement::RETRACT, {by_admin})}, true);
  EXPECT_EQ(Now(assertion), Standing{});
}

TEST_F(StandingTest, OtherJudgementsTakeNothingBack) {
  const Hash assertion = Add("ann", {AssertionFrom({})});
  for (const auto kind : {v1::Judgement::DISPUTE, v1::Judgement::CONFIRM, v1::Judgement::GRADE,
                          v1::Judgement::SAME_CLAIM, v1::Judgement::INDEPENDENT}) {
    Add("ann", {JudgementOn(kind, {assertion})});
    EXPECT_EQ(Now(assertion), Standing{});
  }
  const Hash superseded = Add("ann", {JudgementOn(v1::Judgement::SUPERSEDE, {assertion})});
  EXPECT_TRUE(Now(assertion).retracted);
  Add("ann", {JudgementOn(v1::Judgement::SUPERSEDE, {superseded})});
  EXPECT_TRUE(Now(assertion).retracted) << "a judgement is only undone by a RETRACT";
}

TEST_F(StandingTest, RetractionCascades) {
  const Hash first = Add("ann", {AssertionFrom({})});
  const Hash second = Add("bob", {AssertionFrom({})});
  const Hash both = Add("cat", {AssertionFrom({first, second})});
  const Hash on_top = Add("dan", {AssertionFrom({both})});
  const Hash retraction = Add("ann", {JudgementOn(v1::Judgement::RETRACT, {first})});
  EXPECT_EQ(Now(both), kShaken);
  EXPECT_EQ(Now(on_top), Standing{}) << "what it rests on still counts";
  Add("bob", {JudgementOn(v1::Judgement::RETRACT, {second})});
  EXPECT_EQ(Now(both), kFallen);
  EXPECT_EQ(Now(on_top), kFallen);
  std::vector<Hash> expected = {second, both, on_top};
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(changed_, expected);
  Add("ann", {JudgementOn(v1::Judgement::RETRACT, {retraction})});
  EXPECT_EQ(Now(both), kShaken);
  EXPECT_EQ(Now(on_top), Standing{});
  EXPECT_EQ(At(5, on_top), kFallen);
}

TEST_F(StandingTest, DerivedFromWhatWasAlreadyRetracted) {
  const Hash base = Add("ann", {AssertionFrom({})});
  Add("ann", {JudgementOn(v1::Judgement::RETRACT, {base})});
  const Hash derived = Add("bob", {AssertionFrom({base})});
  EXPECT_EQ(Now(derived), kFallen);
  EXPECT_THAT(changed_, ElementsAre(derived));
}

TEST_F(StandingTest, JudgementMayComeBeforeItsTarget) {
  const Hash assertion = TestEvent(1, "ann", {AssertionFrom({})}).report.portion_ids[0];
  Add("ann", {JudgementOn(v1::Judgement::RETRACT, {assertion})});
  EXPECT_EQ(Now(assertion), Standing{});
  ASSERT_EQ(Add("ann", {AssertionFrom({})}), assertion);
  EXPECT_TRUE(Now(assertion).retracted);
}

TEST_F(StandingTest, CopyingAPortionGivesNoRightToRetractIt) {
  const Event original = TestEvent(0, "ann", {AssertionFrom({})});
  const Hash assertion = Add("ann", {AssertionFrom({})});
  Event copy = TestEvent(1, "bob", {AssertionFrom({})});
  copy.report.portion_ids = original.report.portion_ids;
  rows_.Write(1, [&](RowWriter& writer) { ASSERT_TRUE(standings_.Apply(copy, writer).ok()); });
  next_position_ = 2;
  Add("bob", {JudgementOn(v1::Judgement::RETRACT, {assertion})});
  EXPECT_EQ(Now(assertion), Standing{});
}

TEST_F(StandingTest, JudgementsOnThemselvesAndEachOtherEnd) {
  v1::Portion on_next = JudgementOn(v1::Judgement::RETRACT, {});
  on_next.mutable_judgement()->add_targets()->set_index(1);
  v1::Portion on_first_and_itself = JudgementOn(v1::Judgement::RETRACT, {});
  on_first_and_itself.mutable_judgement()->add_targets()->set_index(0);
  on_first_and_itself.mutable_judgement()->add_targets()->set_index(1);
  const Hash first = Add("ann", {on_next, on_first_and_itself});
  EXPECT_TRUE(Now(first).retracted) << "by the later one";
}

TEST_F(StandingTest, ChainsOfAnyLengthFallAndRiseAgain) {
  constexpr size_t kLength = 100'000;
  constexpr size_t kPerReport = 10'000;
  const Hash base = Add("ann", {AssertionFrom({})});
  Hash last = base;
  for (size_t added = 0; added < kLength; added += kPerReport) {
    std::vector<v1::Portion> portions = {AssertionFrom({last})};
    while (portions.size() < kPerReport) {
      v1::Portion next = AssertionFrom({});
      next.mutable_assertion()->add_derived_from()->set_index(static_cast<uint32_t>(portions.size() - 1));
      portions.push_back(next);
    }
    const uint64_t position = next_position_;
    Add("bob", portions);
    last = TestPortionId(position, kPerReport - 1, portions.back());
  }
  const Hash retraction = Add("ann", {JudgementOn(v1::Judgement::RETRACT, {base})});
  EXPECT_EQ(changed_.size(), kLength + 1);
  EXPECT_EQ(Now(last), kFallen);
  Add("ann", {JudgementOn(v1::Judgement::RETRACT, {retraction})});
  EXPECT_EQ(changed_.size(), kLength + 2) << "and the retraction itself";
  EXPECT_EQ(Now(last), Standing{});
}

// The id of a portion is a hash over the ids it was derived from, so no assertion can rest on itself by way of other
// reports; what can go round is judgements that name each other. They end, because only a later one takes back.
TEST_F(StandingTest, WhatSupersedesEachOtherEnds) {
  const Hash first = TestEvent(0, "ann", {AssertionFrom({})}).report.portion_ids[0];
  ASSERT_EQ(Add("ann", {AssertionFrom({})}), first);
  const Hash second = Add("ann", {AssertionFrom({first})});
  v1::Portion by_second = JudgementOn(v1::Judgement::SUPERSEDE, {first});
  *by_second.mutable_judgement()->mutable_replacement() = ToPortion(second);
  v1::Portion by_first = JudgementOn(v1::Judgement::SUPERSEDE, {second});
  *by_first.mutable_judgement()->mutable_replacement() = ToPortion(first);
  const Hash forward = Add("ann", {by_second});
  Add("ann", {by_first});
  EXPECT_EQ(Now(first), RetractedAt(2));
  EXPECT_TRUE(Now(second).retracted);
  EXPECT_TRUE(Now(second).undermined);
  Add("ann", {JudgementOn(v1::Judgement::RETRACT, {forward})});
  EXPECT_EQ(Now(first), Standing{});
  EXPECT_EQ(Now(second), RetractedAt(3));
}

// Evaluates standing by its definition, from everything recorded so far.
struct Recorded {
  Hash id;
  std::string author;
  uint64_t position;
  v1::Portion portion;
};

bool Stands(const std::vector<Recorded>& all, const Recorded& judgement) {
  return std::none_of(all.begin(), all.end(), [&](const Recorded& other) {
    if (!other.portion.has_judgement() || other.position <= judgement.position) return false;
    const auto& targets = other.portion.judgement().targets();
    const bool names_it = std::any_of(targets.begin(), targets.end(), [&](const v1::Reference& target) {
      return target.portion_id() == crypto::AsBytes(judgement.id);
    });
    return names_it && other.portion.judgement().kind() == v1::Judgement::RETRACT && other.author == judgement.author &&
           Stands(all, other);
  });
}

Standing Expected(const std::vector<Recorded>& all, const Recorded& assertion) {
  Standing standing;
  for (const Recorded& other : all) {
    if (!other.portion.has_judgement() || other.author != assertion.author || !Stands(all, other)) continue;
    for (const v1::Reference& target : other.portion.judgement().targets()) {
      if (target.portion_id() != crypto::AsBytes(assertion.id) || standing.retracted) continue;
      standing.retracted = true;
      standing.retracted_at_position = other.position;
    }
  }
  int lost = 0;
  const auto& bases = assertion.portion.assertion().derived_from();
  for (const v1::Reference& base : bases) {
    for (const Recorded& other : all) {
      if (base.portion_id() == crypto::AsBytes(other.id) && !Expected(all, other).counted) ++lost;
    }
  }
  standing.undermined = lost > 0;
  standing.counted = !standing.retracted && (lost == 0 || lost < bases.size());
  return standing;
}

TEST(Standings, EqualTheirDefinitionAtEveryPosition) {
  const bool held = rc::check("standing kept step by step equals standing by definition", [] {
    TestRows rows;
    const Standings standings("s/");
    std::vector<Recorded> all;
    const auto count = *rc::gen::inRange<uint64_t>(1, 14);
    for (uint64_t position = 0; position < count; ++position) {
      std::vector<Hash> some;
      for (const Recorded& recorded : all) {
        if (*rc::gen::inRange(0, 3) == 0) some.push_back(recorded.id);
      }
      const bool judges = !some.empty() && *rc::gen::arbitrary<bool>();
      std::vector<Hash> bases;
      for (const Recorded& recorded : all) {
        const bool chosen = std::count(some.begin(), some.end(), recorded.id) == 1;
        if (chosen && recorded.portion.has_assertion()) bases.push_back(recorded.id);
      }
      const v1::Portion portion =
          judges ? JudgementOn(*rc::gen::element(v1::Judgement::RETRACT, v1::Judgement::SUPERSEDE), some)
                 : AssertionFrom(bases);
      const std::string author = *rc::gen::element<std::string>("ann", "bob");
      const Event event = TestEvent(position, author, {portion});
      rows.Write(position, [&](RowWriter& writer) { RC_ASSERT(standings.Apply(event, writer).ok()); });
      all.push_back({event.report.portion_ids[0], author, position, portion});
    }
    for (uint64_t position = 0; position < count; ++position) {
      const std::vector<Recorded> so_far(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(position) + 1);
      for (const Recorded& recorded : so_far) {
        if (!recorded.portion.has_assertion()) continue;
        RC_ASSERT(*standings.Read(recorded.id, *rows.ReadAt(position)) == Expected(so_far, recorded));
      }
    }
  });
  EXPECT_TRUE(held);
}

}  // namespace
}  // namespace sworn::views
