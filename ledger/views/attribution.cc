#include "ledger/views/attribution.h"

#include <algorithm>
#include <numeric>
#include <optional>

#include "ledger/views/support_rows.h"

namespace sworn::views {
namespace {

using rows::v1::HopRow;

// Assertions that one claim may rest on. What lies beyond is taken for never recorded.
constexpr size_t kMaxAssertions = 100'000;

}  // namespace

void AttributionBuilder::Held::Join(const Held& other) {
  by.insert(other.by.begin(), other.by.end());
  from_origin = from_origin || other.from_origin;
}

// Depth first, without recursion: what an assertion was derived from is connected before it.
absl::Status AttributionBuilder::Add(const StoredAssertion& assertion) {
  std::vector<const StoredAssertion*> unfinished = {&assertion};
  while (!unfinished.empty()) {
    const StoredAssertion& next = *unfinished.back();
    if (connected_.contains(next.id)) {
      unfinished.pop_back();
    } else if (expanded_.insert(next.id).second) {
      if (absl::Status status = PushBases(next, unfinished); !status.ok()) {
        return status;
      }
    } else if (absl::Status status = Connect(next); !status.ok()) {
      return status;
    }
  }
  const Held& held = connected_[assertion.id];
  last_.insert(held.by.begin(), held.by.end());
  result_.has_assertion_without_origin = result_.has_assertion_without_origin || !held.from_origin;
  return absl::OkStatus();
}

// Those that count and that nothing has begun to connect yet, so that a portion derived from itself would do no harm.
absl::Status AttributionBuilder::PushBases(const StoredAssertion& assertion,
                                           std::vector<const StoredAssertion*>& unfinished) {
  for (const std::string& base_id : assertion.row.bases()) {
    const absl::StatusOr<crypto::Hash> id = crypto::HashFromBytes(base_id);
    if (!id.ok()) {
      return id.status();
    }
    if (expanded_.contains(*id) || expanded_.size() >= kMaxAssertions) {
      continue;
    }
    const absl::StatusOr<const StoredAssertion*> base = assertions_.Find(*id);
    if (!base.ok()) {
      return base.status();
    }
    if (*base != nullptr && (*base)->standing.counted) {
      unfinished.push_back(*base);
    }
  }
  return absl::OkStatus();
}

absl::Status AttributionBuilder::Connect(const StoredAssertion& assertion) {
  const absl::StatusOr<Held> bases = JoinBases(assertion);
  if (!bases.ok()) {
    return bases.status();
  }
  std::vector<Held> hops;
  for (const HopRow& hop : assertion.row.attribution()) {
    Held cited = hop.cites().empty() ? *bases : Held();
    for (const uint32_t earlier : hop.cites()) {
      if (earlier < hops.size()) {
        cited.Join(hops[earlier]);
      }
    }
    absl::StatusOr<Held> held = ConnectHop(assertion, hop, cited);
    if (!held.ok()) {
      return held.status();
    }
    hops.push_back(*std::move(held));
  }
  connected_[assertion.id] = hops.empty() ? *bases : hops.back();
  return absl::OkStatus();
}

absl::StatusOr<AttributionBuilder::Held> AttributionBuilder::JoinBases(const StoredAssertion& assertion) {
  Held held;
  for (const std::string& base_id : assertion.row.bases()) {
    const absl::StatusOr<crypto::Hash> id = crypto::HashFromBytes(base_id);
    if (!id.ok()) {
      return id.status();
    }
    if (const auto connected = connected_.find(*id); connected != connected_.end()) {
      held.Join(connected->second);
      continue;
    }
    const absl::StatusOr<const StoredAssertion*> base = assertions_.Find(*id);
    if (!base.ok()) {
      return base.status();
    }
    const bool is_beyond_bound = *base != nullptr && (*base)->standing.counted && !expanded_.contains(*id);
    if (*base == nullptr || is_beyond_bound) {
      const std::string hex = crypto::ToHex(*id);
      const Node origin = NodeOf({hex, false, ""}, "whoever stands behind " + hex.substr(0, 12));
      origins_.insert(origin);
      held.Join({{origin}, true});
    }
  }
  return held;
}

absl::StatusOr<AttributionBuilder::Held> AttributionBuilder::ConnectHop(const StoredAssertion& assertion,
                                                                        const HopRow& hop, const Held& cited) {
  const bool is_origin = hop.cites().empty() && assertion.row.bases().empty();
  const bool is_author = hop.source_root().empty();
  if (is_author && !(is_origin && hop.mode() == v1::Hop::WITNESSED)) {
    return cited;
  }
  SourceNode source;
  std::string label = assertion.row.author();
  if (is_author) {
    source.id = "author:" + assertion.row.author();
  } else {
    const absl::StatusOr<SourceDescription> description = sources_.Read(hop.source_root());
    if (!description.ok()) {
      return description.status();
    }
    source = {description->root, description->named, description->affiliation};
    label = description->label;
  }
  const Node node = NodeOf(source, label);
  for (const Node earlier : cited.by) {
    if (earlier != node) {
      feeds_.emplace(earlier, node);
    }
  }
  if (is_origin) {
    origins_.insert(node);
  }
  return Held{{node}, is_origin || cited.from_origin};
}

AttributionBuilder::Node AttributionBuilder::NodeOf(const SourceNode& source, const std::string& label) {
  const auto [entry, is_new] = node_by_id_.try_emplace(source.id, static_cast<Node>(nodes_.size()));
  if (is_new) {
    nodes_.push_back(source);
    labels_.push_back(label);
  }
  return entry->second;
}

absl::StatusOr<Attribution> AttributionBuilder::Finish() {
  SortSources();
  if (absl::Status status = AddAttestedDistinct(); !status.ok()) {
    return status;
  }
  return std::move(result_);
}

// Numbers the sources in order of id.
void AttributionBuilder::SortSources() {
  AttributionGraph& graph = result_.graph;
  std::vector<Node> place(nodes_.size());
  for (auto& [id, node] : node_by_id_) {
    place[node] = static_cast<Node>(graph.sources.size());
    graph.sources.push_back(nodes_[node]);
    result_.labels.push_back(labels_[node]);
    node = place[node];
  }
  for (const auto& [cited, citing] : feeds_) {
    graph.feeds.emplace_back(place[cited], place[citing]);
  }
  for (const Node origin : origins_) {
    graph.origins.push_back(place[origin]);
  }
  for (const Node last : last_) {
    graph.last.push_back(place[last]);
  }
}

absl::Status AttributionBuilder::AddAttestedDistinct() {
  bool any = false;
  absl::Status scanned = rows_.Scan(support_rows::kIndependentPrefix, [&](std::string_view, std::string_view) {
    any = true;
    return false;
  });
  if (!scanned.ok() || !any) {
    return scanned;
  }
  for (const Node origin : result_.graph.origins) {
    if (absl::Status status = AddAttestedDistinct(origin); !status.ok()) {
      return status;
    }
  }
  return absl::OkStatus();
}

// Pairs of `origin` and another source of the graph. The rows may be under any of its roots.
absl::Status AttributionBuilder::AddAttestedDistinct(Node origin) {
  const absl::StatusOr<std::vector<std::string>> members =
      support_rows::Sources().Members(result_.graph.sources[origin].id, rows_);
  if (!members.ok()) {
    // The author, or what stands behind a portion that was never recorded: nobody can have judged it.
    return absl::IsNotFound(members.status()) ? absl::OkStatus() : members.status();
  }
  std::vector<std::pair<std::string, std::string>> judgements;
  for (const std::string& member : *members) {
    const std::string prefix = support_rows::IndependentPrefix(member);
    absl::Status scanned = rows_.Scan(prefix, [&](std::string_view key, std::string_view other) {
      judgements.emplace_back(key.substr(prefix.size()), other);
      return true;
    });
    if (!scanned.ok()) {
      return scanned;
    }
  }
  for (const auto& [judgement_id, other] : judgements) {
    if (absl::Status status = AddAttestedDistinct(origin, judgement_id, other); !status.ok()) {
      return status;
    }
  }
  return absl::OkStatus();
}

// Where the judgement stands and `other` is in the graph.
absl::Status AttributionBuilder::AddAttestedDistinct(Node origin, const std::string& judgement_id,
                                                     const std::string& other) {
  const absl::StatusOr<std::string> root = support_rows::Sources().Canonical(other, rows_);
  if (!root.ok()) {
    return root.status();
  }
  const auto node = node_by_id_.find(*root);
  if (node == node_by_id_.end() || node->second == origin) {
    return absl::OkStatus();
  }
  const absl::StatusOr<crypto::Hash> id = crypto::HashFromBytes(judgement_id);
  if (!id.ok()) {
    return id.status();
  }
  const absl::StatusOr<Standing> standing = support_rows::StandingOfPortions().Read(*id, rows_);
  if (standing.ok() && standing->counted) {
    result_.graph.attested_distinct.emplace(std::min(origin, node->second), std::max(origin, node->second));
  }
  return standing.status();
}

}  // namespace sworn::views
