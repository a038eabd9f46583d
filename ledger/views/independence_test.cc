#include "ledger/views/independence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <string>

namespace sworn::views {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// A graph written by hand: sources by name.
class Attributions {
 public:
  uint32_t Named(const std::string& name, const std::string& affiliation = "") {
    graph_.sources.push_back({name, true, affiliation});
    return Last();
  }
  uint32_t Unnamed(const std::string& id, const std::string& affiliation = "") {
    graph_.sources.push_back({id, false, affiliation});
    return Last();
  }
  // An attribution: the first is an origin, each next one cites the one before, the last feeds the claim.
  Attributions& Chain(const std::vector<uint32_t>& sources) {
    Distinct(graph_.origins, sources.front());
    for (size_t i = 1; i < sources.size(); ++i) {
      graph_.feeds.emplace_back(sources[i - 1], sources[i]);
    }
    Distinct(graph_.last, sources.back());
    return *this;
  }
  Attributions& AttestDistinct(uint32_t a, uint32_t b) {
    graph_.attested_distinct.insert({std::min(a, b), std::max(a, b)});
    return *this;
  }
  Independence Compute() const { return ComputeIndependence(graph_); }

 private:
  uint32_t Last() const { return static_cast<uint32_t>(graph_.sources.size() - 1); }
  static void Distinct(std::vector<uint32_t>& list, uint32_t value) {
    if (std::find(list.begin(), list.end(), value) == list.end()) {
      list.push_back(value);
    }
  }

  AttributionGraph graph_;
};

TEST(Independence, NothingIsNothing) {
  const Independence result = ComputeIndependence({});
  EXPECT_EQ(result.origins, (Range{0, 0}));
  EXPECT_EQ(result.independent_origins, (Range{0, 0}));
  EXPECT_THAT(result.hinges, IsEmpty());
}

TEST(Independence, TwoPublicationsCitingOneOriginAreOne) {
  Attributions graph;
  const uint32_t minister = graph.Named("minister");
  const uint32_t daily = graph.Named("daily");
  const uint32_t weekly = graph.Named("weekly");
  const Independence result = graph.Chain({minister, daily}).Chain({minister, weekly}).Compute();
  EXPECT_EQ(result.origins, (Range{1, 1}));
  EXPECT_EQ(result.independent_origins, (Range{1, 1}));
  EXPECT_THAT(result.hinges, ElementsAre(minister));
}

TEST(Independence, TwoOriginsQuotedByOnePaperHingeOnIt) {
  Attributions graph;
  const uint32_t minister = graph.Named("minister");
  const uint32_t general = graph.Named("general");
  const uint32_t paper = graph.Named("paper");
  const Independence result = graph.Chain({minister, paper}).Chain({general, paper}).Compute();
  EXPECT_EQ(result.origins, (Range{2, 2}));
  EXPECT_EQ(result.independent_origins, (Range{1, 1}));
  EXPECT_THAT(result.hinges, ElementsAre(paper));
}

TEST(Independence, TwoOfficialsToldTwoAgenciesAreOne) {
  Attributions graph;
  const uint32_t to_reuters = graph.Unnamed("two US officials (Reuters)", "us");
  const uint32_t to_ap = graph.Unnamed("two US officials (AP)", "us");
  const uint32_t reuters = graph.Named("Reuters");
  const uint32_t ap = graph.Named("AP");
  const Independence result = graph.Chain({to_reuters, reuters}).Chain({to_ap, ap}).Compute();
  EXPECT_EQ(result.origins, (Range{1, 1}));
  EXPECT_EQ(result.independent_origins, (Range{1, 1}));
  EXPECT_THAT(result.hinges, ElementsAre(to_reuters));
}

TEST(Independence, AnAttestationLiftsTheMerge) {
  Attributions graph;
  const uint32_t to_reuters = graph.Unnamed("officials (Reuters)", "us");
  const uint32_t to_ap = graph.Unnamed("officials (AP)", "us");
  const uint32_t reuters = graph.Named("Reuters");
  const uint32_t ap = graph.Named("AP");
  graph.Chain({to_reuters, reuters}).Chain({to_ap, ap}).AttestDistinct(to_reuters, to_ap);
  const Independence result = graph.Compute();
  EXPECT_EQ(result.origins, (Range{2, 2}));
  EXPECT_EQ(result.independent_origins, (Range{2, 2}));
  EXPECT_THAT(result.hinges, IsEmpty());
}

TEST(Independence, ReportedlyIsNoneOrOne) {
  Attributions graph;
  const uint32_t nobody = graph.Unnamed("reportedly");
  const uint32_t paper = graph.Named("paper");
  const Independence result = graph.Chain({nobody, paper}).Compute();
  EXPECT_EQ(result.origins, (Range{0, 1}));
  EXPECT_EQ(result.independent_origins, (Range{0, 1}));
  EXPECT_THAT(result.hinges, ElementsAre(nobody, paper));
}

TEST(Independence, AnUnnamedOriginMayBeTheNamedOneOfItsAffiliation) {
  Attributions graph;
  const uint32_t official = graph.Unnamed("an official", "us");
  const uint32_t spokesman = graph.Named("spokesman", "us");
  const uint32_t stranger = graph.Named("stranger", "uk");
  graph.Chain({official}).Chain({spokesman}).Chain({stranger});
  EXPECT_EQ(graph.Compute().origins, (Range{2, 3}));
  EXPECT_EQ(graph.Compute().independent_origins, (Range{2, 3}));
  graph.AttestDistinct(official, spokesman);
  EXPECT_EQ(graph.Compute().origins, (Range{3, 3}));
  EXPECT_EQ(graph.Compute().independent_origins, (Range{3, 3}));
}

TEST(Independence, TheMinimumTriesEachNamedOrigin) {
  // Taking the official for Ann leaves two ways; taking him for Bob leaves one.
  Attributions graph;
  const uint32_t official = graph.Unnamed("an official", "us");
  const uint32_t ann = graph.Named("Ann", "us");
  const uint32_t bob = graph.Named("Bob", "us");
  const uint32_t paper = graph.Named("paper");
  graph.Chain({official}).Chain({ann, paper}).Chain({bob}).Chain({bob, paper});
  EXPECT_EQ(graph.Compute().independent_origins, (Range{2, 3}));
  EXPECT_EQ(graph.Compute().origins, (Range{2, 3}));
}

TEST(Independence, OneNamedOriginCannotBeTwoThatAreDistinct) {
  Attributions graph;
  const uint32_t first = graph.Unnamed("first", "us");
  const uint32_t second = graph.Unnamed("second", "us");
  const uint32_t named = graph.Named("named", "us");
  graph.Chain({first}).Chain({second}).Chain({named}).AttestDistinct(first, second);
  EXPECT_EQ(graph.Compute().origins, (Range{2, 3}));
  EXPECT_EQ(graph.Compute().independent_origins, (Range{2, 3}));
}

TEST(Independence, HingesNearestTheOriginFirst) {
  Attributions graph;
  const uint32_t officials = graph.Unnamed("officials", "us");
  const uint32_t reuters = graph.Named("Reuters");
  const uint32_t ap = graph.Named("AP");
  const uint32_t pravda = graph.Named("European Pravda");
  const uint32_t article = graph.Named("article");
  graph.Chain({officials, reuters, pravda, article}).Chain({officials, ap, pravda, article});
  EXPECT_THAT(graph.Compute().hinges, ElementsAre(officials, pravda, article));
  graph.Chain({officials, reuters});
  EXPECT_THAT(graph.Compute().hinges, ElementsAre(officials));
}

TEST(Independence, WithTooManyMergesTheMinimumIsALowerBound) {
  Attributions graph;
  for (int affiliation = 0; affiliation < 10; ++affiliation) {
    const std::string name = std::to_string(affiliation);
    graph.Chain({graph.Unnamed("u" + name, name)});
    graph.Chain({graph.Named("a" + name, name)});
    graph.Chain({graph.Named("b" + name, name)});
  }
  EXPECT_EQ(graph.Compute().origins, (Range{20, 30}));
  EXPECT_EQ(graph.Compute().independent_origins, (Range{20, 30}));
}

TEST(Independence, ThousandsOfSources) {
  // A ladder, where each rung of the right side is also reached from the left, and many origins quoted by many papers.
  // r0 and l0 can only go on through r1 or another origin, so one of the 3,000 origins is lost.
  Attributions ladder;
  std::vector<uint32_t> left;
  std::vector<uint32_t> right;
  for (int rung = 0; rung < 3'000; ++rung) {
    left.push_back(ladder.Named("l" + std::to_string(rung)));
    right.push_back(ladder.Named("r" + std::to_string(rung)));
  }
  ladder.Chain(left).Chain(right);
  for (size_t rung = 1; rung < left.size(); ++rung) {
    ladder.Chain({left[rung - 1], right[rung]});
  }
  EXPECT_EQ(ladder.Compute().independent_origins, (Range{2'999, 2'999}));

  Attributions quoted;
  std::vector<uint32_t> papers(50);
  for (size_t paper = 0; paper < papers.size(); ++paper) {
    papers[paper] = quoted.Named("paper " + std::to_string(paper));
  }
  for (int origin = 0; origin < 3'000; ++origin) {
    const uint32_t source = origin % 2 == 0 ? quoted.Named("o" + std::to_string(origin), std::to_string(origin / 2))
                                            : quoted.Unnamed("o" + std::to_string(origin), std::to_string(origin / 2));
    quoted.Chain({source, papers[static_cast<size_t>(origin) % papers.size()]});
  }
  EXPECT_EQ(quoted.Compute().origins, (Range{1'500, 3'000}));
  EXPECT_EQ(quoted.Compute().independent_origins, (Range{50, 50}));
}

// The same by exhaustive search, for small graphs.
class Exhaustive {
 public:
  explicit Exhaustive(const AttributionGraph& graph) : graph_(graph), node_count_(graph.sources.size()) {
    for (uint32_t origin = 0; origin < node_count_; ++origin) {
      if (IsOrigin(origin) && !graph.sources[origin].named && !graph.sources[origin].affiliation.empty()) {
        JoinClass(origin);
      }
    }
  }

  Independence Compute() const {
    std::vector<uint32_t> apart = Identity();
    for (const auto& unnamed : classes_) {
      for (const uint32_t member : unnamed) {
        apart[member] = unnamed.front();
      }
    }
    Independence result;
    result.origins.max = CountOrigins(apart, true);
    result.independent_origins.max = SmallestCut(apart, true);
    result.hinges = SingleCuts(apart);
    result.origins.min = UINT32_MAX;
    result.independent_origins.min = UINT32_MAX;
    TryMerges(0, apart, result);
    return result;
  }

  // Whether every way to `node` passes `before`.
  bool Precedes(uint32_t before, uint32_t node) const {
    std::vector<uint32_t> apart = Identity();
    for (const auto& unnamed : classes_) {
      for (const uint32_t member : unnamed) {
        apart[member] = unnamed.front();
      }
    }
    return !Reached(apart, true, 1U << before)[node];
  }

 private:
  bool IsOrigin(uint32_t source) const {
    return std::find(graph_.origins.begin(), graph_.origins.end(), source) != graph_.origins.end();
  }
  bool Attested(uint32_t a, uint32_t b) const {
    return graph_.attested_distinct.count({a, b}) > 0 || graph_.attested_distinct.count({b, a}) > 0;
  }
  bool IsUnplaced(uint32_t source) const {
    return !graph_.sources[source].named && graph_.sources[source].affiliation.empty();
  }
  std::vector<uint32_t> Identity() const {
    std::vector<uint32_t> identity(node_count_);
    for (uint32_t i = 0; i < node_count_; ++i) {
      identity[i] = i;
    }
    return identity;
  }

  void JoinClass(uint32_t origin) {
    for (auto& unnamed : classes_) {
      bool fits = graph_.sources[unnamed.front()].affiliation == graph_.sources[origin].affiliation;
      for (const uint32_t member : unnamed) {
        fits = fits && !Attested(member, origin);
      }
      if (fits) {
        unnamed.push_back(origin);
        return;
      }
    }
    classes_.push_back({origin});
  }

  void TryMerges(size_t index, const std::vector<uint32_t>& stands_for, Independence& result) const {
    if (index == classes_.size()) {
      if (IsAllowed(stands_for)) {
        result.origins.min = std::min(result.origins.min, CountOrigins(stands_for, false));
        result.independent_origins.min = std::min(result.independent_origins.min, SmallestCut(stands_for, false));
      }
      return;
    }
    TryMerges(index + 1, stands_for, result);
    for (uint32_t named = 0; named < node_count_; ++named) {
      if (IsOrigin(named) && graph_.sources[named].named &&
          graph_.sources[named].affiliation == graph_.sources[classes_[index].front()].affiliation) {
        std::vector<uint32_t> merged = stands_for;
        for (const uint32_t member : classes_[index]) {
          merged[member] = named;
        }
        TryMerges(index + 1, merged, result);
      }
    }
  }

  // No two origins that are attested distinct are merged.
  bool IsAllowed(const std::vector<uint32_t>& stands_for) const {
    return std::none_of(graph_.attested_distinct.begin(), graph_.attested_distinct.end(), [&](const auto& pair) {
      return IsOrigin(pair.first) && IsOrigin(pair.second) && stands_for[pair.first] == stands_for[pair.second];
    });
  }

  uint32_t CountOrigins(const std::vector<uint32_t>& stands_for, bool with_unplaced) const {
    absl::btree_set<uint32_t> distinct;
    for (const uint32_t origin : graph_.origins) {
      if (with_unplaced || !IsUnplaced(origin)) {
        distinct.insert(stands_for[origin]);
      }
    }
    return static_cast<uint32_t>(distinct.size());
  }

  // Which sources something reaches from the start when the sources of the bit set `removed` are gone.
  std::vector<bool> Reached(const std::vector<uint32_t>& stands_for, bool with_unplaced, uint32_t removed) const {
    std::vector<bool> reached(node_count_, false);
    for (const uint32_t origin : graph_.origins) {
      if (with_unplaced || !IsUnplaced(origin)) {
        reached[stands_for[origin]] = ((removed >> stands_for[origin]) & 1U) == 0;
      }
    }
    for (size_t round = 0; round < node_count_; ++round) {
      for (const auto& [from, to] : graph_.feeds) {
        if (reached[stands_for[from]] && ((removed >> stands_for[to]) & 1U) == 0) {
          reached[stands_for[to]] = true;
        }
      }
    }
    return reached;
  }
  bool Connected(const std::vector<uint32_t>& stands_for, bool with_unplaced, uint32_t removed) const {
    const std::vector<bool> reached = Reached(stands_for, with_unplaced, removed);
    return std::any_of(graph_.last.begin(), graph_.last.end(),
                       [&](uint32_t last) { return reached[stands_for[last]]; });
  }

  // Menger: as many ways that share no node as nodes in the smallest cut.
  uint32_t SmallestCut(const std::vector<uint32_t>& stands_for, bool with_unplaced) const {
    uint32_t smallest = UINT32_MAX;
    for (uint32_t removed = 0; removed < (1U << node_count_); ++removed) {
      const auto size = static_cast<uint32_t>(__builtin_popcount(removed));
      if (size < smallest && !Connected(stands_for, with_unplaced, removed)) {
        smallest = size;
      }
    }
    return smallest;
  }

  std::vector<uint32_t> SingleCuts(const std::vector<uint32_t>& stands_for) const {
    std::vector<uint32_t> cuts;
    for (uint32_t source = 0; source < node_count_ && Connected(stands_for, true, 0); ++source) {
      if (!Connected(stands_for, true, 1U << source)) {
        cuts.push_back(source);
      }
    }
    return cuts;
  }

  const AttributionGraph& graph_;
  size_t node_count_;
  std::vector<std::vector<uint32_t>> classes_;
};

AttributionGraph AnyGraph() {
  AttributionGraph graph;
  const auto size = *rc::gen::inRange<uint32_t>(1, 10);
  const auto source = rc::gen::inRange<uint32_t>(0, size);
  const std::vector<std::string> affiliations = {"", "x", "y"};
  for (uint32_t i = 0; i < size; ++i) {
    graph.sources.push_back({std::to_string(i), *rc::gen::arbitrary<bool>(), *rc::gen::elementOf(affiliations)});
  }
  graph.feeds = *rc::gen::container<std::vector<std::pair<uint32_t, uint32_t>>>(rc::gen::pair(source, source));
  const auto subset = rc::gen::inRange<uint32_t>(0, 1U << size);
  const uint32_t origins = *subset;
  const uint32_t last = *subset;
  for (uint32_t i = 0; i < size; ++i) {
    if (((origins >> i) & 1U) != 0) {
      graph.origins.push_back(i);
    }
    if (((last >> i) & 1U) != 0) {
      graph.last.push_back(i);
    }
  }
  for (const auto& [a, b] : *rc::gen::resize(
           4, rc::gen::container<std::vector<std::pair<uint32_t, uint32_t>>>(rc::gen::pair(source, source)))) {
    if (a != b) {
      graph.attested_distinct.insert({std::min(a, b), std::max(a, b)});
    }
  }
  return graph;
}

void CheckAgainstExhaustiveSearch(const AttributionGraph& graph) {
  const Exhaustive exhaustive(graph);
  const Independence expected = exhaustive.Compute();
  const Independence result = ComputeIndependence(graph);
  RC_ASSERT(result.origins == expected.origins);
  RC_ASSERT(result.independent_origins == expected.independent_origins);
  std::vector<uint32_t> sorted = result.hinges;
  std::sort(sorted.begin(), sorted.end());
  RC_ASSERT(sorted == expected.hinges);
  for (size_t i = 1; i < result.hinges.size(); ++i) {
    RC_ASSERT(exhaustive.Precedes(result.hinges[i - 1], result.hinges[i]));
  }
}

TEST(Independence, AgreesWithExhaustiveSearch) {
  ASSERT_TRUE(rc::check("max-flow range and hinges are those of exhaustive search", [] {
    for (int graphs = 0; graphs < 20; ++graphs) {
      CheckAgainstExhaustiveSearch(AnyGraph());
    }
  }));
}

}  // namespace
}  // namespace sworn::views
