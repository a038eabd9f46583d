#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_set.h"
#include "ledger/views/provenance.h"
#include "ledger/views/provenance_node.h"
#include "ledger/views/provenance_rows.h"
#include "ledger/views/remembered_rows.h"
#include "ledger/views/scope.h"
#include "ledger/views/subject_graph.h"
#include "ledger/views/text.h"

namespace sworn::views {
namespace {

using crypto::Hash;
using provenance_rows::Subject;
using rows::v1::AttributionStep;
using rows::v1::PortionRow;

// Goes back from one subject, breadth first. The nodes of the graph are the queue.
class Tracer {
 public:
  Tracer(const RowReader& rows, SubjectGraph& graph) : rows_(rows), graph_(graph) {}

  absl::Status Run(const Subject& start);
  // Whether some attribution ends at the node.
  bool IsOrigin(uint32_t node) const { return origins_.contains(node); }

 private:
  // Adds the edge and the node it leads to.
  absl::Status Link(uint32_t node, const Subject& to, v1::TraceEdge::Kind kind);
  absl::Status LinkReference(uint32_t node, const std::string& to, v1::TraceEdge::Kind kind);

  absl::Status Expand(uint32_t node);
  absl::Status ExpandPortion(uint32_t node, const Hash& id);
  absl::Status ExpandAssertion(uint32_t node, const PortionRow& row);
  absl::Status ExpandAttribution(uint32_t node, const PortionRow& row);
  absl::Status ExpandJudgement(uint32_t node, const PortionRow& row);
  absl::Status ExpandReport(uint32_t node, const Hash& id);
  absl::StatusOr<Subject> SubjectOf(const AttributionStep& step, const PortionRow& row);
  absl::StatusOr<std::string> AuthorOf(const PortionRow& row) const;

  const RowReader& rows_;
  SubjectGraph& graph_;
  absl::btree_set<uint32_t> origins_;
};

absl::Status Tracer::Run(const Subject& start) {
  if (absl::Status status = graph_.NodeOf(start).status(); !status.ok()) return status;
  for (uint32_t node = 0; node < graph_.size(); ++node) {
    if (absl::Status status = Expand(node); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status Tracer::Link(uint32_t node, const Subject& to, v1::TraceEdge::Kind kind) {
  const absl::StatusOr<uint32_t> found = graph_.NodeOf(to);
  if (!found.ok()) return found.status();
  return graph_.AddEdge(node, *found, kind);
}

absl::Status Tracer::LinkReference(uint32_t node, const std::string& to, v1::TraceEdge::Kind kind) {
  const absl::StatusOr<Subject> subject = ResolveReference(to, rows_);
  if (!subject.ok()) return subject.status();
  return Link(node, *subject, kind);
}

absl::Status Tracer::Expand(uint32_t node) {
  const Subject& subject = graph_.subject(node);
  const std::optional<Hash> id = ToPortionId(subject.id);
  switch (subject.kind) {
    case Subject::Kind::kPortion:
      return id.has_value() ? ExpandPortion(node, *id) : absl::OkStatus();
    case Subject::Kind::kReport:
      return ExpandReport(node, *id);
    case Subject::Kind::kSource: {
      const absl::StatusOr<std::string> affiliation = AffiliationOf(subject.id, rows_);
      if (!affiliation.ok()) return affiliation.status();
      if (affiliation->empty() || *affiliation == subject.id) return absl::OkStatus();
      return Link(node, {Subject::Kind::kSource, *affiliation}, v1::TraceEdge::AFFILIATED_WITH);
    }
    case Subject::Kind::kEntity:
    case Subject::Kind::kAuthor:
      break;
  }
  return absl::OkStatus();
}

absl::Status Tracer::ExpandPortion(uint32_t node, const Hash& id) {
  const auto row = provenance_rows::Get<PortionRow>(rows_, provenance_rows::PortionKey(id));
  if (!row.ok()) return row.status();
  if (!row->has_value()) return absl::OkStatus();
  if ((*row)->kind() == v1::TraceNode::ASSERTION) return ExpandAssertion(node, **row);
  if ((*row)->kind() == v1::TraceNode::JUDGEMENT) return ExpandJudgement(node, **row);
  return absl::OkStatus();
}

absl::Status Tracer::ExpandAssertion(uint32_t node, const PortionRow& row) {
  if (absl::Status status = ExpandAttribution(node, row); !status.ok()) return status;
  for (const std::string& base : row.derived_from()) {
    absl::Status status = LinkReference(node, base, v1::TraceEdge::DERIVED_FROM);
    if (!status.ok()) return status;
  }
  for (const std::string& evidence : row.evidence()) {
    absl::Status status = LinkReference(node, evidence, v1::TraceEdge::EVIDENCED_BY);
    if (!status.ok()) return status;
  }
  for (const std::string* root : {&row.subject_root(), &row.object_root()}) {
    if (root->empty()) continue;
    const absl::StatusOr<Subject> entity = ResolveSubject({Subject::Kind::kEntity, *root}, rows_);
    if (!entity.ok()) return entity.status();
    if (absl::Status status = Link(node, *entity, v1::TraceEdge::ABOUT); !status.ok()) return status;
  }
  return absl::OkStatus();
}

// From the last step, which is what the author holds, back through what each step cites.
absl::Status Tracer::ExpandAttribution(uint32_t node, const PortionRow& row) {
  const int steps = row.attribution_size();
  if (steps == 0) return absl::OkStatus();
  // A step cites earlier ones only, so that it is reached from behind before it is gone through itself.
  std::vector<std::optional<uint32_t>> node_of_step(static_cast<size_t>(steps));
  const auto reach = [&](uint32_t from, size_t step, v1::TraceEdge::Kind kind) -> absl::Status {
    const AttributionStep& to = row.attribution(static_cast<int>(step));
    if (!node_of_step[step].has_value()) {
      const absl::StatusOr<Subject> subject = SubjectOf(to, row);
      if (!subject.ok()) return subject.status();
      const absl::StatusOr<uint32_t> found = graph_.NodeOf(*subject);
      if (!found.ok()) return found.status();
      node_of_step[step] = *found;
    }
    return graph_.AddEdge(from, *node_of_step[step], kind, &to);
  };
  absl::Status status = reach(node, static_cast<size_t>(steps) - 1, v1::TraceEdge::ATTRIBUTED_TO);
  if (!status.ok()) return status;
  for (int i = steps - 1; i >= 0; --i) {
    const std::optional<uint32_t> from = node_of_step[static_cast<size_t>(i)];
    if (!from.has_value()) continue;
    const AttributionStep& step = row.attribution(i);
    // Whoever concluded it from other assertions is not where it comes from.
    const bool may_be_origin = !step.source_root().empty() || step.mode() == v1::Hop::WITNESSED;
    if (may_be_origin && step.cites().empty() && row.derived_from().empty()) origins_.insert(*from);
    for (const uint32_t cited : step.cites()) {
      if (cited >= static_cast<uint32_t>(i)) continue;
      status = reach(*from, cited, v1::TraceEdge::CITES);
      if (!status.ok()) return status;
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Subject> Tracer::SubjectOf(const AttributionStep& step, const PortionRow& row) {
  if (!step.source_root().empty()) return ResolveSubject({Subject::Kind::kSource, step.source_root()}, rows_);
  absl::StatusOr<std::string> author = AuthorOf(row);
  if (!author.ok()) return author.status();
  return Subject{Subject::Kind::kAuthor, *std::move(author)};
}

absl::StatusOr<std::string> Tracer::AuthorOf(const PortionRow& row) const {
  const absl::StatusOr<rows::v1::ReportRow> report = provenance_rows::ReadReport(row.position(), rows_);
  if (!report.ok()) return report.status();
  return report->author();
}

absl::Status Tracer::ExpandJudgement(uint32_t node, const PortionRow& row) {
  absl::StatusOr<std::string> author = AuthorOf(row);
  if (!author.ok()) return author.status();
  absl::Status status = Link(node, {Subject::Kind::kAuthor, *std::move(author)}, v1::TraceEdge::AUTHORED_BY);
  for (int i = 0; i < row.targets_size() && status.ok(); ++i) {
    status = LinkReference(node, row.targets(i), v1::TraceEdge::DECIDES_ON);
  }
  if (status.ok() && !row.replacement().empty()) {
    status = LinkReference(node, row.replacement(), v1::TraceEdge::DECIDES_ON);
  }
  return status;
}

absl::Status Tracer::ExpandReport(uint32_t node, const Hash& id) {
  const absl::StatusOr<std::optional<uint64_t>> position = provenance_rows::FindReport(id, rows_);
  if (!position.ok()) return position.status();
  if (!position->has_value()) return absl::OkStatus();
  const absl::StatusOr<rows::v1::ReportRow> row = provenance_rows::ReadReport(**position, rows_);
  if (!row.ok()) return row.status();
  absl::Status status = Link(node, {Subject::Kind::kAuthor, row->author()}, v1::TraceEdge::AUTHORED_BY);
  for (int i = 0; i < row->portion_ids_size() && status.ok(); ++i) {
    status = LinkReference(node, crypto::ToHex(row->portion_ids(i)), v1::TraceEdge::CONTAINS);
  }
  return status;
}

}  // namespace

absl::StatusOr<v1::GetTraceResponse> GetTrace(const ViewRead& view, const v1::GetTraceRequest& request) {
  absl::StatusOr<SubjectGraph> graph = GraphForPage(view, request);
  if (!graph.ok()) return graph.status();
  const RememberedRows rows(*view.rows);
  const absl::StatusOr<Subject> start = FindSubject(request.id(), rows);
  if (!start.ok()) return start.status();
  Tracer tracer(rows, *graph);
  if (absl::Status status = tracer.Run(*start); !status.ok()) return status;
  absl::StatusOr<SubjectGraph::Page> page = graph->ReadPage(rows);
  if (!page.ok()) return page.status();
  v1::GetTraceResponse response;
  *response.mutable_as_of() = view.as_of;
  response.set_scope(std::string(kWholeLedger));
  response.set_first_node(page->first_node);
  response.set_next_page_token(std::move(page->next_page_token));
  for (size_t i = 0; i < page->nodes.size(); ++i) {
    page->nodes[i].set_origin(tracer.IsOrigin(page->first_node + static_cast<uint32_t>(i)));
  }
  response.mutable_nodes()->Assign(page->nodes.begin(), page->nodes.end());
  response.mutable_edges()->Assign(page->edges.begin(), page->edges.end());
  return response;
}

}  // namespace sworn::views
