// Builds the graph of attributions of a claim: from the origins, hop by hop, to the assertions that make the claim.
//
// A hop without a source is the author, who is a source only where he is himself the origin (WITNESSED); elsewhere what
// he cites passes through him. A derived assertion brings the origins of what it was derived from, never one of its
// own; what it was derived from and was never recorded here brings one that nothing is known of.
//
// Thread-safety: an AttributionBuilder belongs to one thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/crypto/hash.h"
#include "ledger/views/assertion_reader.h"
#include "ledger/views/independence.h"
#include "ledger/views/source_reader.h"
#include "ledger/views/view.h"

namespace sworn::views {

// A graph, and what to call its sources.
struct Attribution {
  AttributionGraph graph;
  std::vector<std::string> labels;  // in the order of graph.sources
  // An assertion of the claim rests on no origin, so that no loss of a source can take it away.
  bool has_assertion_without_origin = false;
};

class AttributionBuilder {
 public:
  // All must outlive the builder.
  AttributionBuilder(AssertionReader& assertions, SourceReader& sources, const RowReader& rows)
      : assertions_(assertions), sources_(sources), rows_(rows) {}

  // Adds an assertion that counts in the claim, and what it was derived from.
  absl::Status Add(const StoredAssertion& assertion);

  // The graph does not depend on the order in which assertions were added.
  absl::StatusOr<Attribution> Finish();

 private:
  using Node = uint32_t;
  // What an assertion or a hop hands on: the sources one would have it from, and whether an origin stands behind them.
  struct Held {
    absl::btree_set<Node> by;
    bool from_origin = false;
    void Join(const Held& other);
  };

  Node NodeOf(const SourceNode& source, const std::string& label);
  absl::Status PushBases(const StoredAssertion& assertion, std::vector<const StoredAssertion*>& unfinished);
  absl::Status Connect(const StoredAssertion& assertion);
  absl::StatusOr<Held> JoinBases(const StoredAssertion& assertion);
  absl::StatusOr<Held> ConnectHop(const StoredAssertion& assertion, const rows::v1::HopRow& hop, const Held& cited);
  void SortSources();
  absl::Status AddAttestedDistinct();
  absl::Status AddAttestedDistinct(Node origin);
  absl::Status AddAttestedDistinct(Node origin, const std::string& judgement_id, const std::string& other);

  AssertionReader& assertions_;
  SourceReader& sources_;
  const RowReader& rows_;

  std::vector<SourceNode> nodes_;
  std::vector<std::string> labels_;
  std::map<std::string, Node> node_by_id_;
  absl::btree_set<std::pair<Node, Node>> feeds_;
  absl::btree_set<Node> origins_;
  absl::btree_set<Node> last_;
  std::map<crypto::Hash, Held> connected_;
  absl::btree_set<crypto::Hash> expanded_;  // connected, or about to be
  Attribution result_;
};

}  // namespace sworn::views
