// Claims held together, what corroborates and contradicts them, and quantities that disagree.
#include "ledger/views/claim_groups.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <map>
#include <set>

#include "ledger/model/refusal.h"
#include "ledger/views/claim_members.h"
#include "ledger/views/quantity_disagreements.h"
#include "ledger/views/support_testing.h"

namespace sworn::views {
namespace {

using crypto::Hash;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

std::string Hex(const Hash& id) { return crypto::ToHex(id); }

class ClaimGroupsTest : public testing::Test {
 protected:
  ClaimGroupsTest() {
    ledger_.Record("ledger", {EntityPortion("A", {"x:a"}), EntityPortion("B", {"x:b"}), EntityPortion("C", {"x:c"}),
                              Source("daily"), Source("weekly"), Source("wire")});
  }

  static v1::Portion Source(std::string_view name) {
    v1::Portion portion = SourcePortion(name);
    portion.mutable_source()->add_external_ids(Concat("x:", name));
    return portion;
  }

  // A supplies B with arms, as `source` published.
  static AssertionBuilder Says(std::string_view source, std::string_view from = "x:a", std::string_view to = "x:b") {
    AssertionBuilder builder(ByExternalId(from), ByExternalId(to), "materiel/arms");
    builder.Hop(ByExternalId(Concat("x:", source)), v1::Hop::PUBLISHED);
    return builder;
  }

  Hash Record(const v1::Portion& portion, std::string_view author = "alice") {
    return ledger_.Record(author, {portion}).front();
  }

  v1::ListClaimGroupsResponse List(const v1::ListClaimGroupsRequest& request = {}) const {
    return ListAt(ledger_.last_position(), request);
  }
  v1::ListClaimGroupsResponse ListAt(uint64_t position, const v1::ListClaimGroupsRequest& request = {}) const {
    const absl::StatusOr<v1::ListClaimGroupsResponse> response = ListClaimGroups(ledger_.ViewAt(position), request);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? *response : v1::ListClaimGroupsResponse();
  }
  // The only group there is.
  v1::ClaimGroup Only() const {
    const v1::ListClaimGroupsResponse response = List();
    EXPECT_THAT(response.groups(), SizeIs(1));
    return response.groups().empty() ? v1::ClaimGroup() : response.groups(0);
  }
  size_t CountContradicted() const {
    v1::ListClaimGroupsRequest request;
    request.set_contradicted(true);
    return static_cast<size_t>(List(request).groups_size());
  }

  SupportLedger ledger_;
};

TEST_F(ClaimGroupsTest, TheSameWordsAreOneClaim) {
  const Hash first = Record(Says("daily").Valid("2023-Q4", "2023-Q4").Statement("first").Build());
  const Hash second = Record(Says("weekly").Valid("2023-10", "2023-12").Statement("second").Build(), "bob");
  const v1::ClaimGroup group = Only();
  EXPECT_EQ(group.id(), Hex(first));
  EXPECT_EQ(group.subject(), "A");
  EXPECT_EQ(group.predicate(), "supplies");
  EXPECT_EQ(group.object(), "B");
  EXPECT_EQ(group.category(), "materiel/arms");
  EXPECT_EQ(group.valid().from(), "2023-Q4");
  EXPECT_EQ(group.statement(), "first");
  EXPECT_EQ(group.status(), v1::Support::REPORTED);
  EXPECT_EQ(group.affirms(), 2U);
  EXPECT_EQ(RangeText(group.origins()), "2-2");
  EXPECT_EQ(RangeText(group.independent_origins()), "2-2");
  EXPECT_THAT(group.hinges(), IsEmpty());
  EXPECT_THAT(group.assertion_ids(), ElementsAre(Hex(first), Hex(second)));
  EXPECT_THAT(group.uncounted_ids(), IsEmpty());
  EXPECT_FALSE(group.contradicted());
}

TEST_F(ClaimGroupsTest, OtherWordsAreAnotherClaim) {
  const v1::Portion base = Says("daily").Build();
  std::vector<v1::Portion> others(5, base);
  others[0].mutable_assertion()->set_predicate("promises");
  others[1].mutable_assertion()->set_category("materiel");
  others[2].mutable_assertion()->mutable_valid()->set_from("2023");
  *others[3].mutable_assertion()->mutable_object()->mutable_entity() = ByExternalId("x:c");
  others[4].mutable_assertion()->mutable_object()->mutable_literal()->set_value("B");
  Record(base);
  for (const v1::Portion& other : others) Record(other);
  EXPECT_THAT(List().groups(), SizeIs(6));
  for (const v1::Portion& other : others) Record(other, "bob");
  EXPECT_THAT(List().groups(), SizeIs(6)) << "each a second time";
}

TEST_F(ClaimGroupsTest, LiteralsAreOneWhereTypeAndValueAre) {
  v1::Portion claim = Says("daily").Build();
  claim.mutable_assertion()->mutable_object()->mutable_literal()->set_value("120");
  Record(claim);
  Record(claim, "bob");
  claim.mutable_assertion()->mutable_object()->mutable_literal()->set_type("USD");
  Record(claim);
  EXPECT_THAT(List().groups(), SizeIs(2));
  *claim.mutable_assertion()->mutable_subject() = claim.assertion().object();
  Record(claim);
  Record(claim, "bob");
  EXPECT_THAT(List().groups(), SizeIs(3)) << "about nothing but literals";
}

TEST_F(ClaimGroupsTest, EntitiesThatAreOneMakeOneClaim) {
  Record(Says("daily").Build());
  Record(Says("weekly", "x:c").Build());
  ASSERT_THAT(List().groups(), SizeIs(2));
  const Hash judgement =
      Record(JudgementPortion(v1::Judgement::SAME_ENTITY, {ByExternalId("x:a"), ByExternalId("x:c")}));
  EXPECT_EQ(Only().affirms(), 2U);
  Record(JudgementPortion(v1::Judgement::RETRACT, {ById(judgement)}));
  EXPECT_THAT(List().groups(), SizeIs(2));
}

TEST_F(ClaimGroupsTest, RetractedAssertionsStayAndDoNotCount) {
  const Hash kept = Record(Says("daily").Build());
  const Hash taken_back = Record(Says("weekly").Build());
  Record(JudgementPortion(v1::Judgement::RETRACT, {ById(taken_back)}));
  v1::ClaimGroup group = Only();
  EXPECT_EQ(group.affirms(), 1U);
  EXPECT_THAT(group.assertion_ids(), ElementsAre(Hex(kept)));
  EXPECT_THAT(group.uncounted_ids(), ElementsAre(Hex(taken_back)));
  Record(JudgementPortion(v1::Judgement::RETRACT, {ById(kept)}));
  group = Only();
  EXPECT_EQ(group.status(), v1::Support::UNREPORTED);
  EXPECT_THAT(group.assertion_ids(), IsEmpty());
  EXPECT_THAT(group.uncounted_ids(), ElementsAre(Hex(kept), Hex(taken_back)));
}

TEST_F(ClaimGroupsTest, JudgementsJoinAndPartClaims) {
  const Hash arms = Record(Says("daily").Build());
  const Hash more_arms = Record(Says("weekly").Build());
  v1::Portion weapons_portion = Says("wire").Build();
  weapons_portion.mutable_assertion()->set_category("materiel/weapons");
  const Hash weapons = Record(weapons_portion);
  const Hash back = Record(Says("daily", "x:b", "x:a").Build());
  const Hash first = Record(JudgementPortion(v1::Judgement::SAME_CLAIM, {ById(more_arms), ById(weapons)}), "carol");
  const Hash second = Record(JudgementPortion(v1::Judgement::SAME_CLAIM, {ById(weapons), ById(back)}), "dave");
  const v1::ClaimGroup group = Only();
  EXPECT_EQ(group.affirms(), 4U);
  EXPECT_EQ(group.category(), "materiel/arms");
  EXPECT_EQ(RangeText(group.independent_origins()), "3-3");
  EXPECT_THAT(group.assertion_ids(), ElementsAre(Hex(arms), Hex(more_arms), Hex(weapons), Hex(back)));
  EXPECT_THAT(group.joined_by(), UnorderedElementsAre(Hex(first), Hex(second)));

  Record(JudgementPortion(v1::Judgement::RETRACT, {ById(first)}), "carol");
  const v1::ListClaimGroupsResponse parted = List();
  ASSERT_THAT(parted.groups(), SizeIs(2));
  EXPECT_THAT(parted.groups(0).assertion_ids(), ElementsAre(Hex(weapons), Hex(back)));
  EXPECT_THAT(parted.groups(0).joined_by(), ElementsAre(Hex(second)));
  EXPECT_THAT(parted.groups(1).assertion_ids(), ElementsAre(Hex(arms), Hex(more_arms)));
  EXPECT_THAT(parted.groups(1).joined_by(), IsEmpty());
}

TEST_F(ClaimGroupsTest, FirstHandAndHearsay) {
  const AssertionBuilder none(ByExternalId("x:a"), ByExternalId("x:b"), "materiel/arms");
  const Hash seen = Record(AssertionBuilder(none).AuthorHop(v1::Hop::WITNESSED).Build());
  Record(AssertionBuilder(none).AuthorHop(v1::Hop::DOCUMENTED).Build());
  EXPECT_EQ(Only().first_hand(), 2U);
  Record(AssertionBuilder(none).AuthorHop(v1::Hop::INFERRED).Build());
  Record(AssertionBuilder(none).Hop(ByExternalId("x:daily"), v1::Hop::WITNESSED).Build());
  Record(AssertionBuilder(none).Hop(ByExternalId("x:daily"), v1::Hop::TOLD).AuthorHop(v1::Hop::WITNESSED, {0}).Build());
  Record(AssertionBuilder(none).AuthorHop(v1::Hop::WITNESSED).DerivedFrom({ById(seen)}).Build());
  Record(AssertionBuilder(none).AuthorHop(v1::Hop::WITNESSED).Polarity(v1::Assertion::DENIES).Build());
  const v1::ClaimGroup group = Only();
  EXPECT_EQ(group.first_hand(), 2U);
  EXPECT_EQ(group.hearsay(), 4U);
  EXPECT_EQ(group.denies(), 1U);
}

TEST_F(ClaimGroupsTest, AffirmedAndDeniedIsContradicted) {
  Record(Says("daily").Polarity(v1::Assertion::DENIES).Build());
  EXPECT_EQ(CountContradicted(), 0U);
  EXPECT_EQ(Only().status(), v1::Support::DENIED);
  const Hash affirmed = Record(Says("weekly").Build());
  EXPECT_EQ(CountContradicted(), 1U);
  EXPECT_EQ(Only().status(), v1::Support::CONTESTED);
  EXPECT_THAT(Only().hinges(), ElementsAre("weekly")) << "those of what affirms";
  Record(JudgementPortion(v1::Judgement::RETRACT, {ById(affirmed)}));
  EXPECT_EQ(CountContradicted(), 0U) << "what is taken back contradicts nothing";
}

TEST_F(ClaimGroupsTest, AffirmedAndLookedForInVainIsContradicted) {
  Record(Says("daily").Polarity(v1::Assertion::FINDS_NO_EVIDENCE).Build());
  Record(Says("weekly").Polarity(v1::Assertion::DENIES).Build());
  EXPECT_EQ(CountContradicted(), 0U);
  Record(Says("wire").Build());
  EXPECT_EQ(CountContradicted(), 1U);
}

TEST_F(ClaimGroupsTest, QuantitiesThatDisagreeContradict) {
  const Hash seventy = Record(Says("daily").Quantity("share", "70", "%").Build());
  Record(Says("weekly").Quantity("value", "900", "USD").Build());
  EXPECT_EQ(CountContradicted(), 0U);
  const Hash ninety = Record(Says("wire").Quantity("share", "90", "%").Build());
  const v1::ClaimGroup group = Only();
  EXPECT_TRUE(group.contradicted());
  EXPECT_EQ(group.status(), v1::Support::REPORTED);
  ASSERT_THAT(group.disagreements(), SizeIs(1));
  EXPECT_EQ(group.disagreements(0).measure(), "share");
  EXPECT_EQ(group.disagreements(0).unit(), "%");
  ASSERT_THAT(group.disagreements(0).stated(), SizeIs(2));
  EXPECT_EQ(group.disagreements(0).stated(0).assertion_id(), Hex(seventy));
  EXPECT_EQ(group.disagreements(0).stated(1).assertion_id(), Hex(ninety));
  EXPECT_EQ(group.disagreements(0).stated(1).quantity().value(), "90");
  EXPECT_EQ(CountContradicted(), 1U);
}

TEST_F(ClaimGroupsTest, ADenialStatesNoQuantity) {
  Record(Says("daily").Polarity(v1::Assertion::DENIES).Quantity("share", "70", "%").Build());
  Record(Says("wire").Polarity(v1::Assertion::DENIES).Quantity("share", "90", "%").Build());
  EXPECT_EQ(CountContradicted(), 0U);
}

TEST_F(ClaimGroupsTest, CredibilityOneNeedsTwoIndependentOrigins) {
  const Hash first = Record(Says("daily").Grade(v1::Grade::B, v1::Grade::CONFIRMED).Build());
  EXPECT_TRUE(Only().credibility_unsupported());
  EXPECT_EQ(Only().best_grade(), "B1");
  const Hash second = Record(Says("weekly").Build());
  EXPECT_FALSE(Only().credibility_unsupported());
  Record(JudgementPortion(v1::Judgement::SAME_SOURCE, {ByExternalId("x:daily"), ByExternalId("x:weekly")}));
  EXPECT_TRUE(Only().credibility_unsupported()) << "the two are one source";
  Record(JudgementPortion(v1::Judgement::RETRACT, {ById(first)}));
  EXPECT_FALSE(Only().credibility_unsupported());
  v1::Portion grade = JudgementPortion(v1::Judgement::GRADE, {ById(second)});
  grade.mutable_judgement()->mutable_grade()->set_credibility(v1::Grade::CONFIRMED);
  Record(grade, "carol");
  EXPECT_TRUE(Only().credibility_unsupported());
}

TEST_F(ClaimGroupsTest, AsOfAnEarlierPosition) {
  Record(Says("daily").Build());
  const uint64_t earlier = ledger_.last_position();
  Record(Says("weekly").Polarity(v1::Assertion::DENIES).Build());
  const v1::ListClaimGroupsResponse response = ListAt(earlier);
  ASSERT_THAT(response.groups(), SizeIs(1));
  EXPECT_FALSE(response.groups(0).contradicted());
  EXPECT_THAT(response.groups(0).assertion_ids(), SizeIs(1));
  EXPECT_EQ(response.as_of().position(), earlier);
}

TEST_F(ClaimGroupsTest, Filters) {
  const Hash there = Record(Says("daily").Valid("2023", "2023").Build());
  const Hash back = Record(Says("daily", "x:b", "x:a").Valid("2024", "2024").Build());
  v1::ListClaimGroupsRequest from;
  from.set_from("A");
  ASSERT_THAT(List(from).groups(), SizeIs(1));
  EXPECT_EQ(List(from).groups(0).id(), Hex(there));
  v1::ListClaimGroupsRequest to;
  to.set_to("x:a");
  ASSERT_THAT(List(to).groups(), SizeIs(1));
  EXPECT_EQ(List(to).groups(0).id(), Hex(back));
  v1::ListClaimGroupsRequest category;
  category.set_category("materiel");
  EXPECT_THAT(List(category).groups(), SizeIs(2));
  category.set_category("mat");
  EXPECT_THAT(List(category).groups(), IsEmpty());
  v1::ListClaimGroupsRequest valid;
  valid.set_valid_at("2024-05");
  ASSERT_THAT(List(valid).groups(), SizeIs(1));
  EXPECT_EQ(List(valid).groups(0).id(), Hex(back));
  // Joined, a claim fits with all its assertions, but for those that do not hold then.
  Record(JudgementPortion(v1::Judgement::SAME_CLAIM, {ById(there), ById(back)}));
  ASSERT_THAT(List(from).groups(), SizeIs(1));
  EXPECT_THAT(List(from).groups(0).assertion_ids(), SizeIs(2));
  ASSERT_THAT(List(valid).groups(), SizeIs(1));
  EXPECT_THAT(List(valid).groups(0).assertion_ids(), ElementsAre(Hex(back)));
}

TEST_F(ClaimGroupsTest, BadRequestsAreRefused) {
  v1::ListClaimGroupsRequest date;
  date.set_valid_at("yesterday");
  EXPECT_EQ(model::ReasonOf(ListClaimGroups(ledger_.View(), date).status()), v1::Refusal::FIELD_INVALID);
  v1::ListClaimGroupsRequest token;
  token.set_page_token("x");
  EXPECT_EQ(model::ReasonOf(ListClaimGroups(ledger_.View(), token).status()), v1::Refusal::FIELD_INVALID);
  v1::ListClaimGroupsRequest nobody;
  nobody.set_from("Nobody");
  EXPECT_EQ(model::ReasonOf(ListClaimGroups(ledger_.View(), nobody).status()), v1::Refusal::NOT_FOUND);
}

// More assertions between two entities than one page reads, of few claims and many.
TEST_F(ClaimGroupsTest, ALargePairIsReadInParts) {
  constexpr size_t kAssertions = 11'000;
  std::vector<v1::Portion> portions;
  for (size_t i = 0; i < kAssertions; ++i) {
    portions.push_back(Says("daily").Build());
    // The two claims change places after every assertion.
    if (i % 2 == 0) portions.back().mutable_assertion()->set_predicate("promises");
  }
  ledger_.Record("alice", portions);
  v1::ListClaimGroupsRequest request;
  std::vector<size_t> sizes;
  size_t pages = 0;
  do {
    const v1::ListClaimGroupsResponse page = List(request);
    for (const v1::ClaimGroup& group : page.groups()) sizes.push_back(static_cast<size_t>(group.affirms()));
    request.set_page_token(page.next_page_token());
    ++pages;
  } while (!request.page_token().empty());
  EXPECT_GT(pages, 1U) << "a page is bounded";
  constexpr size_t kRest = (kAssertions - 2 * kClaimWindow) / 2;
  EXPECT_THAT(sizes, ElementsAre(kClaimWindow / 2, kClaimWindow / 2, kClaimWindow / 2, kClaimWindow / 2, kRest, kRest))
      << "each window on its own";
}

// Quantities, by the rule alone.

struct Stated {
  std::string value;
  bool approximate = false;
  std::string unit = "%";
  std::string base = {};
  std::string year = {};
};

bool Disagree(const Stated& left, const Stated& right) {
  std::vector<StoredAssertion> assertions;
  for (const Stated& stated : {left, right}) {
    StoredAssertion& assertion = assertions.emplace_back();
    v1::Quantity& quantity = *assertion.row.add_quantities();
    quantity.set_measure("share");
    quantity.set_value(stated.value);
    quantity.set_unit(stated.unit);
    quantity.set_base(stated.base);
    quantity.set_approximate(stated.approximate);
    assertion.row.mutable_valid()->set_from(stated.year);
    assertion.row.mutable_valid()->set_until(stated.year);
  }
  return !FindDisagreements({&assertions[0], &assertions[1]}).empty();
}

TEST(QuantityDisagreements, Rule) {
  struct Case {
    Stated left;
    Stated right;
    bool disagree;
  };
  const std::vector<Case> cases = {
      {{"70"}, {"70"}, false},
      {{"70"}, {"070.00"}, false},
      {{"-0"}, {"0.0"}, false},
      {{"0.5"}, {".50"}, false},
      {{"70"}, {"71"}, true},
      {{"70"}, {"-70"}, true},
      {{"100"}, {"1"}, true},
      {{"12345678901234567890123"}, {"12345678901234567890124"}, true},
      {{"100", true}, {"90"}, false},
      {{"100"}, {"90", true}, false},
      {{"100", true}, {"89.9", true}, true},
      {{"-100", true}, {"-95"}, false},
      {{"-100", true}, {"100"}, true},
      {{"0", true}, {"1"}, true},
      {{"70"}, {"90", false, "USD"}, false},
      {{"70", false, "%", "imports"}, {"90", false, "%", "exports"}, false},
      {{"70", false, "%", "", "2023"}, {"90", false, "%", "", "2024"}, false},
      {{"70", false, "%", "", "2023"}, {"90", false, "%", "", "2023"}, true},
      {{"70", false, "%", "", "2023"}, {"90", false, "%", "", "2023-Q4"}, true},
      {{"70", false, "%", "", "2023"}, {"90"}, true},
  };
  for (const Case& test : cases) {
    EXPECT_EQ(Disagree(test.left, test.right), test.disagree) << test.left.value << " and " << test.right.value;
    EXPECT_EQ(Disagree(test.right, test.left), test.disagree) << test.right.value << " and " << test.left.value;
  }
}

TEST(QuantityDisagreements, WhatOneAssertionStatesMayBeARange) {
  StoredAssertion assertion;
  for (const char* value : {"60", "70"}) assertion.row.add_quantities()->set_value(value);
  EXPECT_THAT(FindDisagreements({&assertion}), IsEmpty());
}

// Small worlds against the obvious way: all assertions in a map by their words, parts joined one judgement at a time.

struct Told {
  Hash id;
  std::string from;
  std::string to;
  std::string words;  // predicate, category and days
  v1::Assertion::Polarity polarity = v1::Assertion::AFFIRMS;
};

class World {
 public:
  World() {
    ledger_.Record("ledger", {EntityPortion("A", {"x:a"}), EntityPortion("B", {"x:b"}), EntityPortion("C", {"x:c"})});
    states_.resize(ledger_.last_position() + 1);
  }

  void Step() {
    const auto choice = *rc::gen::inRange(0, 10);
    const State& now = states_.back();
    State next = now;
    if (choice < 5 || now.told.size() < 2) {
      Tell(next);
    } else if (choice < 7) {
      const Hash left = (*rc::gen::elementOf(now.told)).id;
      const Hash right = (*rc::gen::elementOf(now.told)).id;
      const v1::Portion portion = JudgementPortion(v1::Judgement::SAME_CLAIM, {ById(left), ById(right)});
      if (left != right) next.same_claims[Record(portion)] = {left, right};
    } else if (choice == 7) {
      const std::string left = AnyEntity();
      const std::string right = AnyEntity();
      const v1::Portion portion =
          JudgementPortion(v1::Judgement::SAME_ENTITY, {ByExternalId(left), ByExternalId(right)});
      if (left != right) next.same_entities[Record(portion)] = {left, right};
    } else if (choice == 8) {
      const Hash id = (*rc::gen::elementOf(now.told)).id;
      Record(JudgementPortion(v1::Judgement::RETRACT, {ById(id)}));
      next.retracted.insert(id);
    } else {
      std::vector<Hash> judgements;
      for (const auto& [id, targets] : now.same_claims) judgements.push_back(id);
      for (const auto& [id, targets] : now.same_entities) judgements.push_back(id);
      if (!judgements.empty()) {
        const Hash id = *rc::gen::elementOf(judgements);
        Record(JudgementPortion(v1::Judgement::RETRACT, {ById(id)}));
        next.same_claims.erase(id);
        next.same_entities.erase(id);
      }
    }
    states_.resize(ledger_.last_position() + 1, now);
    states_.back() = next;
  }

  // Counted and uncounted ids, newest claim first.
  using Group = std::pair<std::vector<std::string>, std::vector<std::string>>;

  std::vector<Group> Expected(uint64_t position, bool contradicted) const {
    const State& state = states_[position];
    std::map<Hash, size_t> part;  // the claim of each assertion
    std::map<std::string, size_t> part_of_words;
    for (const Told& told : state.told) {
      const std::string words = Concat(state.Canonical(told.from), state.Canonical(told.to), told.words);
      part[told.id] = part_of_words.emplace(words, part_of_words.size()).first->second;
    }
    for (const auto& [id, targets] : state.same_claims) {
      const size_t joined = part[targets.first];
      const size_t gone = part[targets.second];
      for (auto& [assertion, its_part] : part) {
        if (its_part == gone) its_part = joined;
      }
    }
    std::map<size_t, std::vector<Told>> claims;
    for (const Told& told : state.told) claims[part[told.id]].push_back(told);
    std::map<size_t, Group> by_age;  // of the newest assertion
    for (const auto& [its_part, members] : claims) {
      Group group;
      std::set<v1::Assertion::Polarity> said;
      for (const Told& told : members) {
        const bool counts = !state.retracted.contains(told.id);
        (counts ? group.first : group.second).push_back(Hex(told.id));
        if (counts) said.insert(told.polarity);
      }
      if (contradicted && !(said.contains(v1::Assertion::AFFIRMS) && said.size() > 1)) continue;
      const auto is_newest = [&](const Told& told) { return told.id == members.back().id; };
      by_age[static_cast<size_t>(std::find_if(state.told.rbegin(), state.told.rend(), is_newest) -
                                 state.told.rbegin())] = group;
    }
    std::vector<Group> expected;
    for (const auto& [age, group] : by_age) expected.push_back(group);
    return expected;
  }

  std::vector<Group> Listed(uint64_t position, bool contradicted, uint32_t page_size) const {
    std::vector<Group> listed;
    v1::ListClaimGroupsRequest request;
    request.set_page_size(page_size);
    request.set_contradicted(contradicted);
    do {
      const absl::StatusOr<v1::ListClaimGroupsResponse> page = ListClaimGroups(ledger_.ViewAt(position), request);
      RC_ASSERT(page.ok());
      RC_ASSERT(page->groups_size() == static_cast<int>(page_size) || page->next_page_token().empty());
      for (const v1::ClaimGroup& group : page->groups()) {
        listed.push_back({{group.assertion_ids().begin(), group.assertion_ids().end()},
                          {group.uncounted_ids().begin(), group.uncounted_ids().end()}});
      }
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return listed;
  }

  uint64_t last_position() const { return ledger_.last_position(); }

 private:
  struct State {
    std::vector<Told> told;
    std::set<Hash> retracted;
    std::map<Hash, std::pair<Hash, Hash>> same_claims;
    std::map<Hash, std::pair<std::string, std::string>> same_entities;

    // The first of all that are one with it.
    std::string Canonical(const std::string& entity) const {
      std::set<std::string> reached = {entity};
      for (size_t before = 0; before != reached.size();) {
        before = reached.size();
        for (const auto& [id, pair] : same_entities) {
          if (reached.contains(pair.first) || reached.contains(pair.second)) reached.insert({pair.first, pair.second});
        }
      }
      return *reached.begin();
    }
  };

  static std::string AnyEntity() { return *rc::gen::element<std::string>("x:a", "x:b", "x:c"); }

  Hash Record(const v1::Portion& portion) { return ledger_.Record("alice", {portion}).front(); }

  void Tell(State& state) {
    Told told;
    told.from = AnyEntity();
    told.to = AnyEntity();
    told.polarity = *rc::gen::element(v1::Assertion::AFFIRMS, v1::Assertion::DENIES, v1::Assertion::FINDS_NO_EVIDENCE);
    const auto category = *rc::gen::element<std::string>("funding", "materiel/arms");
    const auto period = *rc::gen::inRange(0, 3);
    // The last two are the same days.
    const std::vector<std::pair<std::string, std::string>> periods = {
        {"", ""}, {"2023", "2023"}, {"2023-01", "2023-Q4"}};
    told.words = Concat(category, period > 0 ? "2023" : "");
    told.id = Record(AssertionBuilder(ByExternalId(told.from), ByExternalId(told.to), category)
                         .Polarity(told.polarity)
                         .Valid(periods[period].first, periods[period].second)
                         .AuthorHop(v1::Hop::WITNESSED)
                         .Build());
    state.told.push_back(told);
  }

  SupportLedger ledger_;
  std::vector<State> states_;  // by position
};

TEST(ClaimGroupsProperty, AsAMapOfAllAssertionsGroupsThem) {
  ASSERT_TRUE(rc::check("at every moment and page size, claims are those of a map of all assertions", [] {
    World world;
    for (auto steps = *rc::gen::inRange(1, 25); steps > 0; --steps) world.Step();
    const auto page_size = *rc::gen::inRange<uint32_t>(1, 5);
    for (const uint64_t position : {world.last_position(), *rc::gen::inRange<uint64_t>(1, world.last_position() + 1)}) {
      for (const bool contradicted : {false, true}) {
        RC_ASSERT(world.Listed(position, contradicted, page_size) == world.Expected(position, contradicted));
      }
    }
  }));
}

}  // namespace
}  // namespace sworn::views
