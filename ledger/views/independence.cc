#include "ledger/views/independence.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <utility>

#include "ledger/views/unit_graph.h"

namespace sworn::views {
namespace {

// Ways to merge unnamed origins into named ones that are tried for the minimum, and the graph edges looked at in doing
// so.
constexpr size_t kMaxMerges = 256;
constexpr size_t kMaxMergedEdges = 4'000'000;

// Unnamed origins of one affiliation that are taken to be one.
struct UnnamedOrigin {
  std::vector<uint32_t> members;  // the first stands for all
  // Named origins of the same affiliation, none of which is attested distinct from a member.
  std::vector<uint32_t> may_be;
  // Unnamed origins of the same affiliation attested distinct from this one: no two may be the same named origin.
  std::vector<size_t> distinct_from;
};

class Merging {
 public:
  explicit Merging(const AttributionGraph& graph) : graph_(graph) {
    for (const uint32_t origin : Sorted(graph.origins)) {
      const SourceNode& source = graph.sources[origin];
      if (source.named) {
        named_.push_back(origin);
        named_by_affiliation_[source.affiliation].push_back(origin);
      } else if (!source.affiliation.empty()) {
        AddUnnamed(origin);
      } else {
        unplaced_.push_back(origin);
      }
    }
    for (size_t i = 0; i < unnamed_.size(); ++i) {
      FindRelations(i);
    }
  }

  // Origins that have neither name nor affiliation.
  const std::vector<uint32_t>& unplaced() const { return unplaced_; }
  const std::vector<UnnamedOrigin>& unnamed() const { return unnamed_; }
  const std::vector<uint32_t>& named() const { return named_; }

  // For each source the one that stands for it when unnamed origins of an affiliation are one, and no more is merged.
  std::vector<uint32_t> Apart() const {
    std::vector<uint32_t> stands_for(graph_.sources.size());
    std::iota(stands_for.begin(), stands_for.end(), 0U);
    for (const UnnamedOrigin& unnamed : unnamed_) {
      for (const uint32_t member : unnamed.members) {
        stands_for[member] = unnamed.members.front();
      }
    }
    return stands_for;
  }

 private:
  static std::vector<uint32_t> Sorted(std::vector<uint32_t> origins) {
    std::sort(origins.begin(), origins.end());
    origins.erase(std::unique(origins.begin(), origins.end()), origins.end());
    return origins;
  }

  bool AttestedDistinct(uint32_t a, uint32_t b) const {
    return graph_.attested_distinct.contains({std::min(a, b), std::max(a, b)});
  }

  bool AttestedDistinct(const UnnamedOrigin& unnamed, uint32_t origin) const {
    return !graph_.attested_distinct.empty() &&
           std::any_of(unnamed.members.begin(), unnamed.members.end(),
                       [&](uint32_t member) { return AttestedDistinct(member, origin); });
  }

  // Joins the first one of its affiliation that holds none it is attested distinct from.
  void AddUnnamed(uint32_t origin) {
    std::vector<size_t>& same_affiliation = unnamed_by_affiliation_[graph_.sources[origin].affiliation];
    for (const size_t i : same_affiliation) {
      if (!AttestedDistinct(unnamed_[i], origin)) {
        unnamed_[i].members.push_back(origin);
        return;
      }
    }
    same_affiliation.push_back(unnamed_.size());
    unnamed_.push_back({{origin}, {}, {}});
  }

  void FindRelations(size_t index) {
    UnnamedOrigin& unnamed = unnamed_[index];
    const std::string& affiliation = graph_.sources[unnamed.members.front()].affiliation;
    for (const uint32_t origin : named_by_affiliation_[affiliation]) {
      if (!AttestedDistinct(unnamed, origin)) {
        unnamed.may_be.push_back(origin);
      }
    }
    for (const size_t other : unnamed_by_affiliation_[affiliation]) {
      const std::vector<uint32_t>& members = unnamed_[other].members;
      if (other != index && std::any_of(members.begin(), members.end(),
                                        [&](uint32_t member) { return AttestedDistinct(unnamed, member); })) {
        unnamed.distinct_from.push_back(other);
      }
    }
  }

  const AttributionGraph& graph_;
  std::vector<uint32_t> named_;
  std::vector<uint32_t> unplaced_;
  std::vector<UnnamedOrigin> unnamed_;
  std::map<std::string, std::vector<uint32_t>> named_by_affiliation_;
  std::map<std::string, std::vector<size_t>> unnamed_by_affiliation_;
};

// The graph with sources merged as `stands_for` says and `left_out` not counted as origins.
UnitGraph Merge(const AttributionGraph& graph, const std::vector<uint32_t>& stands_for,
                const std::vector<uint32_t>& left_out) {
  std::vector<bool> is_left_out(graph.sources.size(), false);
  for (const uint32_t origin : left_out) {
    is_left_out[origin] = true;
  }
  UnitGraph merged(graph.sources.size());
  for (const auto& [cited, citing] : graph.feeds) {
    merged.AddEdge(stands_for[cited], stands_for[citing]);
  }
  for (const uint32_t origin : graph.origins) {
    if (!is_left_out[origin]) {
      merged.AddStart(stands_for[origin]);
    }
  }
  for (const uint32_t last : graph.last) {
    merged.AddEnd(stands_for[last]);
  }
  return merged;
}

// The graph without the sources in `removed`.
UnitGraph Remove(const AttributionGraph& graph, const std::vector<bool>& removed,
                 const std::vector<uint32_t>& stands_for, const std::vector<uint32_t>& left_out) {
  AttributionGraph rest;
  rest.sources = graph.sources;
  const auto is_removed = [&](uint32_t source) { return removed[source]; };
  std::copy_if(graph.feeds.begin(), graph.feeds.end(), std::back_inserter(rest.feeds),
               [&](const auto& feed) { return !is_removed(feed.first) && !is_removed(feed.second); });
  std::remove_copy_if(graph.origins.begin(), graph.origins.end(), std::back_inserter(rest.origins), is_removed);
  std::remove_copy_if(graph.last.begin(), graph.last.end(), std::back_inserter(rest.last), is_removed);
  return Merge(rest, stands_for, left_out);
}

// The smallest numbers that some merge leaves.
struct Smallest {
  uint32_t origins = UINT32_MAX;
  uint32_t flow = UINT32_MAX;
  bool operator==(const Smallest&) const = default;
};

// Tries every merge of unnamed origins into named ones of their affiliation. Merging two origins never adds a way, so
// an unnamed origin stays apart only where it has to, or where another one, attested distinct from it, may need its
// place.
class MergeSearch {
 public:
  MergeSearch(const AttributionGraph& graph, const Merging& merging)
      : graph_(graph), merging_(merging), chosen_(merging.unnamed().size()) {
    for (size_t i = 0; i < chosen_.size(); ++i) {
      const UnnamedOrigin& unnamed = merging.unnamed()[i];
      if (unnamed.may_be.size() == 1 && unnamed.distinct_from.empty()) {
        chosen_[i] = unnamed.may_be.front();
      } else if (!unnamed.may_be.empty()) {
        open_.push_back(i);
      }
    }
  }

  // With more merges than the bounds allow, both numbers are lower bounds: those of the graph without the origins that
  // could be merged.
  Smallest Find() {
    bound_ = LowerBound();
    const size_t merges = MergeCount();
    if (merges > 1 && (merges > kMaxMerges || merges * graph_.feeds.size() > kMaxMergedEdges)) {
      return bound_;
    }
    Choose(0);
    return smallest_;
  }

 private:
  size_t MergeCount() const {
    size_t count = 1;
    for (const size_t i : open_) {
      const UnnamedOrigin& unnamed = merging_.unnamed()[i];
      count *= unnamed.may_be.size() + (unnamed.distinct_from.empty() ? 0 : 1);
      if (count > kMaxMerges) {
        break;
      }
    }
    return count;
  }

  Smallest LowerBound() const {
    std::vector<bool> removed(graph_.sources.size(), false);
    auto origins = static_cast<uint32_t>(merging_.named().size());
    for (const UnnamedOrigin& unnamed : merging_.unnamed()) {
      if (unnamed.may_be.empty()) {
        ++origins;
        continue;
      }
      for (const uint32_t member : unnamed.members) {
        removed[member] = true;
      }
    }
    return {origins, Remove(graph_, removed, merging_.Apart(), merging_.unplaced()).MaxFlow()};
  }

  // Chooses for open_[depth] and all after it. Nothing is below the bound, so a merge that reaches it ends the search.
  void Choose(size_t depth) {
    if (smallest_ == bound_) {
      return;
    }
    if (depth == open_.size()) {
      TakeChosen();
      return;
    }
    const size_t index = open_[depth];
    const UnnamedOrigin& unnamed = merging_.unnamed()[index];
    for (const uint32_t named : unnamed.may_be) {
      const bool taken = std::any_of(unnamed.distinct_from.begin(), unnamed.distinct_from.end(),
                                     [&](size_t other) { return chosen_[other] == named; });
      if (!taken) {
        chosen_[index] = named;
        Choose(depth + 1);
        chosen_[index].reset();
      }
    }
    if (!unnamed.distinct_from.empty()) {
      Choose(depth + 1);
    }
  }

  void TakeChosen() {
    std::vector<uint32_t> stands_for = merging_.Apart();
    auto origins = static_cast<uint32_t>(merging_.named().size());
    for (size_t i = 0; i < chosen_.size(); ++i) {
      if (!chosen_[i]) {
        ++origins;
        continue;
      }
      for (const uint32_t member : merging_.unnamed()[i].members) {
        stands_for[member] = *chosen_[i];
      }
    }
    smallest_.origins = std::min(smallest_.origins, origins);
    smallest_.flow = std::min(smallest_.flow, Merge(graph_, stands_for, merging_.unplaced()).MaxFlow());
  }

  const AttributionGraph& graph_;
  const Merging& merging_;
  std::vector<std::optional<uint32_t>> chosen_;
  std::vector<size_t> open_;  // of merging_.unnamed(): those with more than one choice
  Smallest bound_;
  Smallest smallest_;
};

}  // namespace

Independence ComputeIndependence(const AttributionGraph& graph) {
  const Merging merging(graph);
  const UnitGraph apart = Merge(graph, merging.Apart(), {});
  const Smallest smallest = MergeSearch(graph, merging).Find();
  const size_t most = merging.named().size() + merging.unnamed().size() + merging.unplaced().size();
  Independence independence;
  independence.origins = {smallest.origins, static_cast<uint32_t>(most)};
  independence.independent_origins = {smallest.flow, apart.MaxFlow()};
  independence.hinges = apart.Hinges();
  return independence;
}

}  // namespace sworn::views
