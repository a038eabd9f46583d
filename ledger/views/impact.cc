#include "ledger/views/impact.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_set.h"
#include "ledger/views/overlay_rows.h"
#include "ledger/views/provenance_node.h"
#include "ledger/views/provenance_rows.h"
#include "ledger/views/remembered_rows.h"
#include "ledger/views/scope.h"
#include "ledger/views/subject_events.h"
#include "ledger/views/subject_graph.h"
#include "ledger/views/text.h"

namespace sworn::views {
namespace {

using crypto::Hash;
using provenance_rows::Subject;
using rows::v1::PortionRow;
using Kind = v1::TraceNode::Kind;

constexpr uint32_t kStart = 0;

// An entry in which an admin retracts each of `ids`.
Event RetractionOf(const std::vector<Hash>& ids, uint64_t position) {
  Event event;
  event.position = position;
  event.author_is_admin = true;
  for (const Hash& id : ids) {
    v1::Portion portion;
    portion.mutable_judgement()->set_kind(v1::Judgement::RETRACT);
    portion.mutable_judgement()->set_reason("what would fall");
    portion.mutable_judgement()->add_targets()->set_portion_id(std::string(crypto::AsBytes(id)));
    event.report.portion_ids.push_back(crypto::Sha256("impact" + portion.SerializeAsString()));
    event.report.portions.emplace_back(std::move(portion));
  }
  return event;
}

// Goes forward from one subject, breadth first. The nodes of the graph are the queue.
class ImpactWalk {
 public:
  // The last entry of the rows is at `position`.
  ImpactWalk(const RowReader& rows, uint64_t position, SubjectGraph& graph)
      : rows_(rows), next_position_(position + 1), graph_(graph) {}

  absl::Status Run(const Subject& start);
  bool IsLost(uint32_t node) const { return nodes_[node].lost; }
  uint64_t CountAssertions() const;
  uint64_t CountLost() const;

 private:
  struct Node {
    Kind kind = v1::TraceNode::OTHER;
    bool lost = false;
    std::vector<uint32_t> derived;  // from it, distinct
  };
  // What the retraction of judgements does to a portion.
  struct Change {
    Kind kind = v1::TraceNode::OTHER;
    bool falls = false;
  };

  absl::StatusOr<std::optional<PortionRow>> ReadPortion(const Hash& id) const {
    return provenance_rows::Get<PortionRow>(rows_, provenance_rows::PortionKey(id));
  }
  absl::StatusOr<Kind> KindOf(const Hash& id) const;
  absl::StatusOr<bool> Counts(const Hash& id) const;

  absl::StatusOr<uint32_t> Add(const Subject& subject, Kind kind);
  absl::Status AddResting(const Hash& id, Kind kind, uint32_t on, v1::TraceEdge::Kind edge);
  absl::Status AddCiting(const Hash& assertion, uint32_t source);
  absl::Status AddReport(uint64_t position);

  absl::Status Begin(const Subject& start);
  absl::Status BeginReport(const Hash& id);
  absl::Status Retract(const std::vector<Hash>& ids);
  absl::Status Expand(uint32_t node);
  absl::Status Follow(uint32_t node, const SubjectEvent& event);
  absl::Status FollowUndone(uint32_t node, const Hash& judgement);
  absl::Status Cascade();
  absl::StatusOr<bool> LosesLastBase(uint32_t node);
  absl::StatusOr<size_t> CountBasesThatHold(uint32_t node) const;

  const RowReader& rows_;
  const uint64_t next_position_;
  SubjectGraph& graph_;
  std::vector<Node> nodes_;                // as in the graph
  absl::btree_set<std::string> sources_;   // roots of the source that was asked about
  std::vector<uint32_t> lost_;             // nodes, in the order in which they fall
  std::map<uint32_t, size_t> bases_left_;  // that hold
  std::map<Hash, Change> changed_;         // by the retraction of judgements
};

absl::StatusOr<Kind> ImpactWalk::KindOf(const Hash& id) const {
  const absl::StatusOr<std::optional<PortionRow>> row = ReadPortion(id);
  if (!row.ok()) return row.status();
  return row->has_value() ? (*row)->kind() : v1::TraceNode::BARE;
}

absl::StatusOr<bool> ImpactWalk::Counts(const Hash& id) const {
  const absl::StatusOr<Standing> standing = provenance_rows::StandingOfPortions().Read(id, rows_);
  if (!standing.ok()) return standing.status();
  return standing->counted;
}

absl::StatusOr<uint32_t> ImpactWalk::Add(const Subject& subject, Kind kind) {
  const absl::StatusOr<uint32_t> node = graph_.NodeOf(subject);
  if (node.ok() && *node == nodes_.size()) nodes_.push_back({kind, false, {}});
  return node;
}

absl::Status ImpactWalk::AddResting(const Hash& id, Kind kind, uint32_t on, v1::TraceEdge::Kind edge) {
  const absl::StatusOr<uint32_t> node = Add({Subject::Kind::kPortion, crypto::ToHex(id)}, kind);
  if (!node.ok()) return node.status();
  if (edge == v1::TraceEdge::DERIVED_FROM) nodes_[on].derived.push_back(*node);
  return graph_.AddEdge(*node, on, edge);
}

// Whether an account reaches the last step without any of the sources.
bool HasWayWithout(const absl::btree_set<std::string>& sources, const PortionRow& row) {
  std::vector<bool> reached;
  for (const rows::v1::AttributionStep& step : row.attribution()) {
    bool has_way = step.cites().empty();
    for (const uint32_t cited : step.cites()) has_way = has_way || (cited < reached.size() && reached[cited]);
    reached.push_back(has_way && !sources.contains(step.source_root()));
  }
  return reached.empty() || reached.back();
}

// Of each step, whether the last one goes back to it.
std::vector<bool> StepsBehindLast(const PortionRow& row) {
  const auto count = static_cast<size_t>(row.attribution_size());
  std::vector<bool> behind(count, false);
  if (count > 0) behind[count - 1] = true;
  for (size_t i = count; i-- > 0;) {
    if (!behind[i]) continue;
    for (const uint32_t cited : row.attribution(static_cast<int>(i)).cites()) {
      if (cited < i) behind[cited] = true;
    }
  }
  return behind;
}

absl::Status ImpactWalk::AddCiting(const Hash& assertion, uint32_t source) {
  const absl::StatusOr<std::optional<PortionRow>> row = ReadPortion(assertion);
  if (!row.ok()) return row.status();
  if (!row->has_value()) return absl::OkStatus();
  const std::vector<bool> behind_last = StepsBehindLast(**row);
  std::optional<uint32_t> node;
  for (int i = 0; i < (*row)->attribution_size(); ++i) {
    const rows::v1::AttributionStep& step = (*row)->attribution(i);
    if (!behind_last[static_cast<size_t>(i)] || !sources_.contains(step.source_root())) continue;
    const absl::StatusOr<uint32_t> found =
        Add({Subject::Kind::kPortion, crypto::ToHex(assertion)}, v1::TraceNode::ASSERTION);
    if (!found.ok()) return found.status();
    node = *found;
    const bool is_last = i + 1 == (*row)->attribution_size();
    absl::Status status =
        graph_.AddEdge(*node, source, is_last ? v1::TraceEdge::ATTRIBUTED_TO : v1::TraceEdge::CITES, &step);
    if (!status.ok()) return status;
  }
  if (!node.has_value() || nodes_[*node].lost || HasWayWithout(sources_, **row)) return absl::OkStatus();
  const absl::StatusOr<bool> counts = Counts(assertion);
  if (!counts.ok()) return counts.status();
  nodes_[*node].lost = *counts;
  if (*counts) lost_.push_back(*node);
  return absl::OkStatus();
}

absl::Status ImpactWalk::AddReport(uint64_t position) {
  const absl::StatusOr<rows::v1::ReportRow> row = provenance_rows::ReadReport(position, rows_);
  if (!row.ok()) return row.status();
  const absl::StatusOr<uint32_t> report =
      Add({Subject::Kind::kReport, crypto::ToHex(row->report_id())}, v1::TraceNode::REPORT);
  if (!report.ok()) return report.status();
  return graph_.AddEdge(*report, kStart, v1::TraceEdge::CONTAINS);
}

absl::Status ImpactWalk::Run(const Subject& start) {
  if (absl::Status status = Begin(start); !status.ok()) return status;
  for (uint32_t node = 0; node < graph_.size(); ++node) {
    if (absl::Status status = Expand(node); !status.ok()) return status;
  }
  return Cascade();
}

// The first node, and what falls with it alone.
absl::Status ImpactWalk::Begin(const Subject& start) {
  const std::optional<Hash> id = ToPortionId(start.id);
  Kind kind = v1::TraceNode::OTHER;
  if (start.kind == Subject::Kind::kPortion && id.has_value()) {
    const absl::StatusOr<Kind> found = KindOf(*id);
    if (!found.ok()) return found.status();
    kind = *found;
  }
  if (absl::Status status = Add(start, kind).status(); !status.ok()) return status;
  if (start.kind == Subject::Kind::kReport) return BeginReport(*id);
  if (start.kind == Subject::Kind::kSource) {
    const absl::StatusOr<std::vector<std::string>> members = provenance_rows::Sources().Members(start.id, rows_);
    if (!members.ok()) return members.status();
    sources_.insert(members->begin(), members->end());
  }
  if (kind == v1::TraceNode::JUDGEMENT) return Retract({*id});
  if (kind != v1::TraceNode::ASSERTION) return absl::OkStatus();
  const absl::StatusOr<bool> counts = Counts(*id);
  if (!counts.ok()) return counts.status();
  nodes_[kStart].lost = *counts;
  if (*counts) lost_.push_back(kStart);
  return absl::OkStatus();
}

absl::Status ImpactWalk::BeginReport(const Hash& id) {
  const absl::StatusOr<std::optional<uint64_t>> position = provenance_rows::FindReport(id, rows_);
  if (!position.ok()) return position.status();
  if (!position->has_value()) return absl::OkStatus();
  const absl::StatusOr<rows::v1::ReportRow> row = provenance_rows::ReadReport(**position, rows_);
  if (!row.ok()) return row.status();
  std::vector<Hash> retractable;
  for (const std::string& bytes : row->portion_ids()) {
    const absl::StatusOr<Hash> portion = crypto::HashFromBytes(bytes);
    if (!portion.ok()) return portion.status();
    const absl::StatusOr<Kind> kind = KindOf(*portion);
    if (!kind.ok()) return kind.status();
    if (*kind == v1::TraceNode::SOURCE || *kind == v1::TraceNode::ENTITY) continue;
    const absl::StatusOr<uint32_t> node = Add({Subject::Kind::kPortion, crypto::ToHex(*portion)}, *kind);
    if (!node.ok()) return node.status();
    if (absl::Status status = graph_.AddEdge(kStart, *node, v1::TraceEdge::CONTAINS); !status.ok()) return status;
    if (*kind == v1::TraceNode::ASSERTION || *kind == v1::TraceNode::JUDGEMENT) retractable.push_back(*portion);
  }
  return Retract(retractable);
}

// Judgements bear on one another, so that they are retracted in earnest, on rows that nobody keeps.
absl::Status ImpactWalk::Retract(const std::vector<Hash>& ids) {
  OverlayRows overlay(rows_);
  const Standings& standings = provenance_rows::StandingOfPortions();
  const absl::StatusOr<std::vector<Hash>> changed = standings.Apply(RetractionOf(ids, next_position_), overlay);
  if (!changed.ok()) return changed.status();
  for (const Hash& id : *changed) {
    const absl::StatusOr<Kind> kind = KindOf(id);
    if (!kind.ok()) return kind.status();
    const absl::StatusOr<bool> counts = Counts(id);
    if (!counts.ok()) return counts.status();
    const absl::StatusOr<Standing> then = standings.Read(id, overlay);
    if (!then.ok()) return then.status();
    changed_[id] = {*kind, *kind == v1::TraceNode::ASSERTION && *counts && !then->counted};
  }
  return absl::OkStatus();
}

absl::Status ImpactWalk::Expand(uint32_t node) {
  const Subject& subject = graph_.subject(node);
  if (subject.kind == Subject::Kind::kReport) return absl::OkStatus();
  const absl::StatusOr<std::vector<SubjectEvent>> events = ReadSubjectEvents(subject, SubjectGraph::kMaxEdges, rows_);
  if (!events.ok()) return events.status();
  for (const SubjectEvent& event : *events) {
    if (absl::Status status = Follow(node, event); !status.ok()) return status;
  }
  // What was recorded twice was derived once.
  std::vector<uint32_t>& derived = nodes_[node].derived;
  std::sort(derived.begin(), derived.end());
  derived.erase(std::unique(derived.begin(), derived.end()), derived.end());
  if (changed_.empty()) return absl::OkStatus();
  const std::optional<Hash> id = ToPortionId(subject.id);
  if (const auto change = id.has_value() ? changed_.find(*id) : changed_.end(); change != changed_.end()) {
    nodes_[node].lost = change->second.falls;
  }
  return nodes_[node].kind == v1::TraceNode::JUDGEMENT && id.has_value() ? FollowUndone(node, *id) : absl::OkStatus();
}

absl::Status ImpactWalk::Follow(uint32_t node, const SubjectEvent& event) {
  switch (event.kind) {
    case v1::HistoryEvent::RECORDED:
    case v1::HistoryEvent::DESCRIBED:
      return node == kStart ? AddReport(event.position) : absl::OkStatus();
    case v1::HistoryEvent::CITED:
      return AddCiting(event.through, node);
    case v1::HistoryEvent::ASSERTED_ABOUT:
      return AddResting(event.through, v1::TraceNode::ASSERTION, node, v1::TraceEdge::ABOUT);
    case v1::HistoryEvent::DERIVED:
      return AddResting(event.through, v1::TraceNode::ASSERTION, node, v1::TraceEdge::DERIVED_FROM);
    case v1::HistoryEvent::EVIDENCED:
      return AddResting(event.through, v1::TraceNode::ASSERTION, node, v1::TraceEdge::EVIDENCED_BY);
    case v1::HistoryEvent::JUDGED:
      return AddResting(event.through, v1::TraceNode::JUDGEMENT, node, v1::TraceEdge::DECIDES_ON);
    default:
      return absl::OkStatus();
  }
}

// A judgement that is retracted gives way to the one that it undid, which takes back what it is about.
absl::Status ImpactWalk::FollowUndone(uint32_t node, const Hash& judgement) {
  const absl::StatusOr<std::optional<PortionRow>> row = ReadPortion(judgement);
  if (!row.ok()) return row.status();
  if (!row->has_value()) return absl::OkStatus();
  for (const std::string& target : (*row)->targets()) {
    const std::optional<Hash> id = ToPortionId(target);
    const auto change = id.has_value() ? changed_.find(*id) : changed_.end();
    if (change == changed_.end()) continue;
    if (change->second.kind != v1::TraceNode::JUDGEMENT && !change->second.falls) continue;
    const absl::StatusOr<uint32_t> undone = Add({Subject::Kind::kPortion, target}, change->second.kind);
    if (!undone.ok()) return undone.status();
    if (absl::Status status = graph_.AddEdge(node, *undone, v1::TraceEdge::DECIDES_ON); !status.ok()) return status;
  }
  return absl::OkStatus();
}

// What is derived from what falls, falls once nothing else holds it up.
absl::Status ImpactWalk::Cascade() {
  for (size_t i = 0; i < lost_.size(); ++i) {
    for (const uint32_t derived : nodes_[lost_[i]].derived) {
      if (nodes_[derived].lost) continue;
      const absl::StatusOr<bool> falls = LosesLastBase(derived);
      if (!falls.ok()) return falls.status();
      nodes_[derived].lost = *falls;
      if (*falls) lost_.push_back(derived);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> ImpactWalk::LosesLastBase(uint32_t node) {
  const auto [left, is_new] = bases_left_.try_emplace(node, 0);
  if (is_new) {
    const absl::StatusOr<size_t> holding = CountBasesThatHold(node);
    if (!holding.ok()) return holding.status();
    left->second = *holding;
  }
  return left->second > 0 && --left->second == 0;
}

// None where it does not count in the first place.
absl::StatusOr<size_t> ImpactWalk::CountBasesThatHold(uint32_t node) const {
  const std::optional<Hash> id = ToPortionId(graph_.subject(node).id);
  if (!id.has_value()) return 0;
  const absl::StatusOr<bool> counts = Counts(*id);
  if (!counts.ok()) return counts.status();
  if (!*counts) return 0;
  const absl::StatusOr<std::optional<PortionRow>> row = ReadPortion(*id);
  if (!row.ok()) return row.status();
  if (!row->has_value()) return 0;
  const absl::btree_set<std::string> bases((*row)->derived_from().begin(), (*row)->derived_from().end());
  size_t holding = 0;
  for (const std::string& base : bases) {
    const std::optional<Hash> base_id = ToPortionId(base);
    if (!base_id.has_value()) continue;
    const absl::StatusOr<bool> holds = Counts(*base_id);
    if (!holds.ok()) return holds.status();
    holding += *holds ? 1 : 0;
  }
  return holding;
}

uint64_t ImpactWalk::CountAssertions() const {
  return static_cast<uint64_t>(std::count_if(nodes_.begin() + 1, nodes_.end(),
                                             [](const Node& node) { return node.kind == v1::TraceNode::ASSERTION; }));
}

uint64_t ImpactWalk::CountLost() const {
  return static_cast<uint64_t>(
      std::count_if(nodes_.begin() + 1, nodes_.end(), [](const Node& node) { return node.lost; }));
}

}  // namespace

absl::StatusOr<v1::GetImpactResponse> GetImpact(const ViewRead& view, const v1::GetImpactRequest& request) {
  absl::StatusOr<SubjectGraph> graph = GraphForPage(view, request);
  if (!graph.ok()) return graph.status();
  const RememberedRows rows(*view.rows);
  const absl::StatusOr<Subject> start = FindSubject(request.id(), rows);
  if (!start.ok()) return start.status();
  ImpactWalk walk(rows, view.as_of.position(), *graph);
  if (absl::Status status = walk.Run(*start); !status.ok()) return status;
  absl::StatusOr<SubjectGraph::Page> page = graph->ReadPage(rows);
  if (!page.ok()) return page.status();
  v1::GetImpactResponse response;
  *response.mutable_as_of() = view.as_of;
  response.set_scope(std::string(kWholeLedger));
  response.set_first_node(page->first_node);
  response.set_next_page_token(std::move(page->next_page_token));
  for (v1::TraceNode& node : page->nodes) {
    v1::ImpactNode& answer = *response.add_nodes();
    answer.set_lost(walk.IsLost(page->first_node + static_cast<uint32_t>(response.nodes_size()) - 1));
    *answer.mutable_node() = std::move(node);
  }
  response.mutable_edges()->Assign(page->edges.begin(), page->edges.end());
  response.set_assertions(walk.CountAssertions());
  response.set_assertions_lost(walk.CountLost());
  return response;
}

}  // namespace sworn::views
