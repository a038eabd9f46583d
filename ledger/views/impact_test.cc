#include "ledger/views/impact.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "ledger/views/provenance.h"
#include "ledger/views/support_testing.h"

namespace sworn::views {
namespace {

using crypto::Hash;
using crypto::ToHex;
using testing::ElementsAre;
using testing::UnorderedElementsAre;
using Judgement = v1::Judgement;

// The provenance view of a log.
class World {
 public:
  std::vector<Hash> Record(const Event& event) {
    rows_.Write(event.position, [&](RowWriter& rows) {
      const absl::Status applied = ProvenanceView().Apply(event, rows);
      ASSERT_TRUE(applied.ok()) << applied;
    });
    last_report_ = ToHex(event.report.report_id);
    ++size_;
    return event.report.portion_ids;
  }
  std::vector<Hash> Record(std::string_view author, const std::vector<v1::Portion>& portions) {
    return Record(TestEvent(size_, author, portions));
  }
  Hash RecordOne(const v1::Portion& portion) { return Record("ann", {portion}).front(); }
  void RetractAsAdmin(const Hash& id) {
    Event event = TestEvent(size_, "root", {JudgementPortion(Judgement::RETRACT, {ById(id)}, "because")});
    event.author_is_admin = true;
    Record(event);
  }

  ViewRead View() const { return rows_.ViewAt(size_ - 1); }
  uint64_t size() const { return size_; }
  const std::string& last_report() const { return last_report_; }

  v1::GetImpactResponse Impact(const std::string& id) const {
    v1::GetImpactRequest request;
    request.set_id(id);
    const absl::StatusOr<v1::GetImpactResponse> response = GetImpact(View(), request);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.value_or(v1::GetImpactResponse());
  }
  v1::GetTraceResponse Trace(const std::string& id) const {
    v1::GetTraceRequest request;
    request.set_id(id);
    const absl::StatusOr<v1::GetTraceResponse> response = GetTrace(View(), request);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.value_or(v1::GetTraceResponse());
  }
  bool Counts(const Hash& assertion) const {
    const v1::GetTraceResponse trace = Trace(ToHex(assertion));
    return trace.nodes_size() > 0 && trace.nodes(0).state().counted();
  }

 private:
  TestRows rows_;
  uint64_t size_ = 0;
  std::string last_report_;
};

// "second -DERIVED_FROM-> first", by labels.
std::vector<std::string> EdgesOf(const v1::GetImpactResponse& impact) {
  std::vector<std::string> edges;
  const auto label = [&](uint32_t node) { return impact.nodes(static_cast<int>(node)).node().label(); };
  for (const v1::TraceEdge& edge : impact.edges()) {
    edges.push_back(Concat(label(edge.from()), " -", v1::TraceEdge::Kind_Name(edge.kind()), "-> ", label(edge.to())));
  }
  return edges;
}

std::vector<std::string> LostOf(const v1::GetImpactResponse& impact) {
  std::vector<std::string> lost;
  for (const v1::ImpactNode& node : impact.nodes()) {
    if (node.lost()) lost.push_back(node.node().label());
  }
  return lost;
}

AssertionBuilder Says(std::string_view statement) {
  return AssertionBuilder(ByExternalId("x:a"), ByExternalId("x:b"), "x").Statement(statement);
}

TEST(Impact, FollowsDerivationsJudgementsAndReports) {
  World world;
  world.Record("ann", {EntityPortion("A", {"x:a"}), EntityPortion("B", {"x:b"})});
  const Hash first = world.RecordOne(Says("first").Build());
  const Hash other = world.RecordOne(Says("other").Build());
  const Hash second = world.RecordOne(Says("second").DerivedFrom({ById(first)}).Build());
  world.RecordOne(Says("both").DerivedFrom({ById(other), ById(second)}).Build());
  world.RecordOne(Says("third").DerivedFrom({ById(second), ById(first)}).Build());
  world.RecordOne(JudgementPortion(Judgement::DISPUTE, {ById(second)}, "odd"));
  const v1::GetImpactResponse impact = world.Impact(ToHex(first));
  const std::string report = "report by ann of 1 portion";
  EXPECT_THAT(EdgesOf(impact),
              UnorderedElementsAre(Concat(report, " -CONTAINS-> first"), "second -DERIVED_FROM-> first",
                                   "third -DERIVED_FROM-> first", "third -DERIVED_FROM-> second",
                                   "both -DERIVED_FROM-> second", "disputed: odd -DECIDES_ON-> second"));
  EXPECT_THAT(LostOf(impact), ElementsAre("first", "second", "third"));
  EXPECT_EQ(impact.assertions(), 3U);
  EXPECT_EQ(impact.assertions_lost(), 2U);
}

TEST(Impact, OfASourceIsWhatCitesItAndFallsWhereNothingLeadsPastIt) {
  World world;
  v1::Portion daily = SourcePortion("daily");
  daily.mutable_source()->add_external_ids("x:daily");
  *daily.mutable_source()->mutable_affiliation() = ByExternalId("x:owner");
  v1::Portion owner = SourcePortion("owner");
  owner.mutable_source()->add_external_ids("x:owner");
  v1::Portion weekly = SourcePortion("weekly");
  weekly.mutable_source()->add_external_ids("x:weekly");
  const std::vector<Hash> sources = world.Record("ann", {owner, daily, weekly});
  world.RecordOne(Says("last").Chain({ByExternalId("x:weekly"), ByExternalId("x:daily")}).Build());
  world.RecordOne(Says("cited").Chain({ByExternalId("x:daily"), ByExternalId("x:weekly")}).Build());
  world.RecordOne(Says("passed by")
                      .Hop(ByExternalId("x:daily"), v1::Hop::TOLD)
                      .Hop(ByExternalId("x:owner"), v1::Hop::TOLD)
                      .Hop(ByExternalId("x:weekly"), v1::Hop::PUBLISHED, {0, 1})
                      .Build());
  world.RecordOne(Says("elsewhere").Chain({ByExternalId("x:owner")}).Build());
  const v1::GetImpactResponse impact = world.Impact(ToHex(sources[1]));
  EXPECT_THAT(EdgesOf(impact),
              UnorderedElementsAre("report by ann of 3 portions -CONTAINS-> daily, of owner",
                                   "last -ATTRIBUTED_TO-> daily, of owner", "cited -CITES-> daily, of owner",
                                   "passed by -CITES-> daily, of owner"));
  EXPECT_THAT(LostOf(impact), ElementsAre("last", "cited"));
  EXPECT_EQ(impact.assertions(), 3U);
  EXPECT_EQ(impact.assertions_lost(), 2U);
}

TEST(Impact, OfAnUndoingJudgementIsWhatItHoldsUp) {
  World world;
  const Hash first = world.RecordOne(Says("first").Build());
  world.RecordOne(Says("second").DerivedFrom({ById(first)}).Build());
  const Hash retraction = world.RecordOne(JudgementPortion(Judgement::RETRACT, {ById(first)}, "wrong"));
  const Hash undoing = world.RecordOne(JudgementPortion(Judgement::RETRACT, {ById(retraction)}, "right"));
  EXPECT_THAT(LostOf(world.Impact(ToHex(undoing))), ElementsAre("first", "second"));
  EXPECT_THAT(LostOf(world.Impact(ToHex(retraction))), ElementsAre());
}

TEST(Impact, OfAReportIsAllThatItsAssertionsHoldUp) {
  World world;
  const std::vector<Hash> ids =
      world.Record("ann", {EntityPortion("A", {"x:a"}), Says("first").Build(), Says("other").Build()});
  const std::string report = world.last_report();
  world.RecordOne(Says("both").DerivedFrom({ById(ids[1]), ById(ids[2])}).Build());
  const v1::GetImpactResponse impact = world.Impact(report);
  EXPECT_THAT(EdgesOf(impact), UnorderedElementsAre("report by ann of 3 portions -CONTAINS-> first",
                                                    "report by ann of 3 portions -CONTAINS-> other",
                                                    "both -DERIVED_FROM-> first", "both -DERIVED_FROM-> other"));
  EXPECT_THAT(LostOf(impact), ElementsAre("first", "other", "both"));
}

// Long chains are followed without recursion.
TEST(Impact, FallsToAnyDepth) {
  World world;
  const Hash first = world.RecordOne(Says("0").Build());
  std::vector<v1::Portion> chain = {Says("1").DerivedFrom({ById(first)}).Build()};
  for (uint32_t i = 1; i < 2'000; ++i) chain.push_back(Says(Concat(i + 1)).DerivedFrom({ByIndex(i - 1)}).Build());
  world.Record("ann", chain);
  const v1::GetImpactResponse impact = world.Impact(ToHex(first));
  EXPECT_EQ(impact.assertions(), 2'000U);
  EXPECT_EQ(impact.assertions_lost(), 2'000U);
}

// Small random worlds, against slow oracles.

constexpr size_t kSources = 4;

size_t Pick(size_t count) {
  std::vector<size_t> choices(count);
  for (size_t i = 0; i < count; ++i) choices[i] = i;
  return *rc::gen::elementOf(choices);
}
std::string SourceId(size_t source) { return Concat("x:source-", source); }
v1::Reference AnySource() { return ByExternalId(SourceId(Pick(kSources))); }

std::vector<v1::Portion> Basis() {
  std::vector<v1::Portion> portions = {EntityPortion("A", {"x:a"}), EntityPortion("B", {"x:b"})};
  for (size_t i = 0; i < kSources; ++i) {
    portions.push_back(SourcePortion(Concat("source ", i)));
    portions.back().mutable_source()->add_external_ids(SourceId(i));
    // Each belongs to the one before: that is no way of resting on it.
    if (i > 0) *portions.back().mutable_source()->mutable_affiliation() = ByExternalId(SourceId(i - 1));
  }
  return portions;
}

v1::Portion AnyAssertion(const std::vector<Hash>& earlier) {
  AssertionBuilder assertion = Says(Concat("statement ", earlier.size()));
  const size_t hops = Pick(5);
  for (size_t hop = 0; hop < hops; ++hop) {
    std::vector<uint32_t> cites;
    for (uint32_t cited = 0; cited < hop; ++cited) {
      if (Pick(2) == 0) cites.push_back(cited);
    }
    if (Pick(6) == 0) {
      assertion.AuthorHop(v1::Hop::WITNESSED, cites);
    } else {
      assertion.Hop(AnySource(), v1::Hop::TOLD, cites);
    }
  }
  std::vector<v1::Reference> bases;
  if (!earlier.empty() && Pick(2) == 0) {
    for (size_t count = Pick(3) + 1; count > 0; --count) bases.push_back(ById(*rc::gen::elementOf(earlier)));
  }
  return assertion.DerivedFrom(bases).Build();
}

struct RandomWorld {
  std::vector<Event> events;
  std::vector<Hash> assertions;
  std::vector<Hash> judgements;
};

v1::Portion AnyJudgement(const RandomWorld& random) {
  if (Pick(4) == 0) return JudgementPortion(Judgement::SAME_SOURCE, {AnySource(), AnySource()});
  if (Pick(3) == 0) return JudgementPortion(Judgement::CONFIRM, {ById(*rc::gen::elementOf(random.assertions))});
  const bool undoes = !random.judgements.empty() && Pick(2) == 0;
  return JudgementPortion(Judgement::RETRACT,
                          {ById(*rc::gen::elementOf(undoes ? random.judgements : random.assertions))});
}

RandomWorld AnyWorld() {
  RandomWorld random;
  random.events.push_back(TestEvent(0, "ann", Basis()));
  const size_t count = 3 + Pick(12);
  while (random.events.size() < count) {
    const bool judges = !random.assertions.empty() && Pick(3) == 0;
    const v1::Portion portion = judges ? AnyJudgement(random) : AnyAssertion(random.assertions);
    random.events.push_back(TestEvent(random.events.size(), "ann", {portion}));
    (judges ? random.judgements : random.assertions).push_back(random.events.back().report.portion_ids[0]);
  }
  return random;
}

std::set<std::string> LostIds(const v1::GetImpactResponse& impact) {
  std::set<std::string> lost;
  for (const v1::ImpactNode& node : impact.nodes()) {
    if (node.lost()) lost.insert(node.node().id());
  }
  return lost;
}

// Assertions that count in one world and not in the other.
std::set<std::string> CountedOnlyIn(const World& world, const World& other, const std::vector<Hash>& assertions) {
  std::set<std::string> lost;
  for (const Hash& id : assertions) {
    if (world.Counts(id) && !other.Counts(id)) lost.insert(ToHex(id));
  }
  return lost;
}

TEST(ImpactProperty, WhatIsLostIsWhatARetractionTakesAway) {
  ASSERT_TRUE(rc::check("the lost ones are those that no longer count once it is retracted", [] {
    const RandomWorld random = AnyWorld();
    World world;
    for (const Event& event : random.events) world.Record(event);
    std::vector<Hash> ids = random.assertions;
    ids.insert(ids.end(), random.judgements.begin(), random.judgements.end());
    const Hash id = *rc::gen::elementOf(ids);
    World retracted;
    for (const Event& event : random.events) retracted.Record(event);
    retracted.RetractAsAdmin(id);
    const v1::GetImpactResponse impact = world.Impact(ToHex(id));
    const std::set<std::string> expected = CountedOnlyIn(world, retracted, random.assertions);
    RC_ASSERT(LostIds(impact) == expected);
    RC_ASSERT(impact.assertions_lost() == expected.size() - expected.count(ToHex(id)));
  }));
}

// Whether a way leads from a hop that cites nothing to this one and passes none of the sources, trying every way.
bool HasWay(const v1::Assertion& assertion, int hop, const std::set<std::string>& without) {
  const v1::Hop& step = assertion.attribution(hop);
  if (step.has_source() && without.count(step.source().external_id()) > 0) return false;
  return step.cites().empty() || std::any_of(step.cites().begin(), step.cites().end(), [&](uint32_t cited) {
           return HasWay(assertion, static_cast<int>(cited), without);
         });
}

// External ids of the sources that are one with `source`, as the judgements that stand say.
std::set<std::string> OneWith(const std::string& source, const World& world) {
  const std::string root = world.Trace(source).nodes(0).id();
  std::set<std::string> ids;
  for (size_t i = 0; i < kSources; ++i) {
    if (world.Trace(SourceId(i)).nodes(0).id() == root) ids.insert(SourceId(i));
  }
  return ids;
}

TEST(ImpactProperty, WhatIsLostOfASourceIsWhatAWorldWithoutItLacks) {
  ASSERT_TRUE(rc::check("the lost ones are those that do not count where every account through it is taken back", [] {
    const RandomWorld random = AnyWorld();
    World world;
    for (const Event& event : random.events) world.Record(event);
    const std::string source = SourceId(Pick(kSources));
    const std::set<std::string> withdrawn = OneWith(source, world);
    World without;
    for (const Event& event : random.events) without.Record(event);
    for (const Event& event : random.events) {
      const v1::Assertion& assertion = event.report.portions[0]->assertion();
      const int hops = assertion.attribution_size();
      if (hops > 0 && !HasWay(assertion, hops - 1, withdrawn)) without.RetractAsAdmin(event.report.portion_ids[0]);
    }
    RC_ASSERT(LostIds(world.Impact(source)) == CountedOnlyIn(world, without, random.assertions));
  }));
}

// Ids that a trace leads to, but by way of an affiliation.
std::set<std::string> RestsOn(const v1::GetTraceResponse& trace) {
  std::set<uint32_t> reached = {0};
  for (bool grew = true; grew;) {
    grew = false;
    for (const v1::TraceEdge& edge : trace.edges()) {
      if (edge.kind() == v1::TraceEdge::AFFILIATED_WITH || reached.count(edge.from()) == 0) continue;
      grew = reached.insert(edge.to()).second || grew;
    }
  }
  std::set<std::string> ids;
  for (const uint32_t node : reached) ids.insert(trace.nodes(static_cast<int>(node)).id());
  return ids;
}

TEST(ImpactProperty, IsTheTraceTurnedAround) {
  ASSERT_TRUE(rc::check("what rests on an id is what a trace of leads to it", [] {
    const RandomWorld random = AnyWorld();
    World world;
    for (const Event& event : random.events) world.Record(event);
    std::vector<std::string> all;
    for (const Hash& id : random.assertions) all.push_back(ToHex(id));
    std::vector<std::string> asked = all;
    for (const Hash& id : random.judgements) all.push_back(ToHex(id));
    asked.push_back(world.Trace("x:a").nodes(0).id());
    for (size_t i = 0; i < kSources; ++i) asked.push_back(world.Trace(SourceId(i)).nodes(0).id());
    std::map<std::string, std::set<std::string>> rests_on;
    for (const std::string& id : all) rests_on[id] = RestsOn(world.Trace(id));
    for (const std::string& id : asked) {
      const v1::GetImpactResponse impact = world.Impact(id);
      std::set<std::string> found;
      uint64_t assertions = 0;
      for (const v1::ImpactNode& node : impact.nodes()) {
        if (node.node().kind() != v1::TraceNode::ASSERTION && node.node().kind() != v1::TraceNode::JUDGEMENT) continue;
        found.insert(node.node().id());
        assertions += node.node().kind() == v1::TraceNode::ASSERTION && node.node().id() != id ? 1 : 0;
      }
      std::set<std::string> expected;
      for (const auto& [resting, ids] : rests_on) {
        if (ids.count(id) > 0) expected.insert(resting);
      }
      RC_ASSERT(found == expected);
      RC_ASSERT(impact.assertions() == assertions);
    }
  }));
}

TEST(ImpactProperty, PagesAreTheWhole) {
  ASSERT_TRUE(rc::check("pages one after the other are the answer in one", [] {
    const RandomWorld random = AnyWorld();
    World world;
    for (const Event& event : random.events) world.Record(event);
    const v1::GetImpactResponse whole = world.Impact(SourceId(0));
    v1::GetImpactResponse joined;
    v1::GetImpactRequest request;
    request.set_id(SourceId(0));
    request.set_page_size(static_cast<uint32_t>(Pick(3) + 1));
    do {
      const absl::StatusOr<v1::GetImpactResponse> page = GetImpact(world.View(), request);
      RC_ASSERT(page.ok());
      RC_ASSERT(page->assertions() == whole.assertions() && page->assertions_lost() == whole.assertions_lost());
      RC_ASSERT(static_cast<int>(page->first_node()) == joined.nodes_size());
      joined.mutable_nodes()->MergeFrom(page->nodes());
      joined.mutable_edges()->MergeFrom(page->edges());
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    RC_ASSERT(joined.nodes_size() == whole.nodes_size() && joined.edges_size() == whole.edges_size());
    for (int i = 0; i < whole.nodes_size(); ++i) {
      RC_ASSERT(joined.nodes(i).SerializeAsString() == whole.nodes(i).SerializeAsString());
    }
    for (int i = 0; i < whole.edges_size(); ++i) {
      RC_ASSERT(joined.edges(i).SerializeAsString() == whole.edges(i).SerializeAsString());
    }
  }));
}

}  // namespace
}  // namespace sworn::views
