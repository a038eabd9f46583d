// How many independent origins a claim has, and which sources it hinges on (design of Sworn, section 5).
//
// Nodes are sources, each of capacity one; every hop is fed by the hops it cites; origins hang on the start; last hops
// feed the claim.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/btree_set.h"

namespace sworn::views {

// A source of the graph. Sources that are one (same-source, shared external id) are one node.
struct SourceNode {
  std::string id;           // unique in the graph
  bool named = true;        // false: anonymous, or without a name
  std::string affiliation;  // id of the source it belongs to; empty where not known
};

// Attributions of the counted assertions of one claim and polarity.
struct AttributionGraph {
  std::vector<SourceNode> sources;
  std::vector<std::pair<uint32_t, uint32_t>> feeds;  // (cited source, citing source), indexes into sources
  std::vector<uint32_t> origins;                     // sources that cite nothing somewhere, distinct
  std::vector<uint32_t> last;                        // sources that feed the claim, distinct
  // Pairs of origins that an INDEPENDENT judgement attests distinct, smaller index first.
  absl::btree_set<std::pair<uint32_t, uint32_t>> attested_distinct;
};

struct Range {
  uint32_t min = 0;
  uint32_t max = 0;
  bool operator==(const Range&) const = default;
};

struct Independence {
  Range origins;
  Range independent_origins;
  // Indexes into sources: those without which no origin reaches the claim, nearest the origin first.
  std::vector<uint32_t> hinges;
};

// Unnamed origins count once per affiliation; in the minimum an unnamed origin is taken to be the named one of the same
// affiliation; an origin with neither name nor affiliation adds to the maximum only; attested_distinct lifts such a
// merge.
Independence ComputeIndependence(const AttributionGraph& graph);

}  // namespace sworn::views
