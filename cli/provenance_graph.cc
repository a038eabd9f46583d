#include "cli/provenance_graph.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_replace.h"
#include "cli/text.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "ledger/model/text.h"

namespace sworn::cli {
namespace {

void AddEdges(const google::protobuf::RepeatedPtrField<v1::TraceEdge>& edges, ProvenanceGraph& graph) {
  for (const v1::TraceEdge& edge : edges) {
    if (edge.from() < graph.nodes.size() && edge.to() < graph.nodes.size()) graph.edges.push_back(&edge);
  }
}

}  // namespace

ProvenanceGraph GraphOf(const v1::GetTraceResponse& response) {
  ProvenanceGraph graph;
  for (const v1::TraceNode& node : response.nodes()) graph.nodes.push_back({&node, false});
  AddEdges(response.edges(), graph);
  return graph;
}

ProvenanceGraph GraphOf(const v1::GetImpactResponse& response) {
  ProvenanceGraph graph;
  graph.direction = ProvenanceGraph::Direction::kForward;
  for (const v1::ImpactNode& node : response.nodes()) graph.nodes.push_back({&node.node(), node.lost()});
  AddEdges(response.edges(), graph);
  return graph;
}

std::string Words(std::string_view enum_name) {
  return absl::AsciiStrToLower(absl::StrReplaceAll(model::ToAbsl(enum_name), {{"_", " "}}));
}

std::string KindInWords(const v1::TraceNode& node) {
  return node.kind() == v1::TraceNode::BARE ? "only the id is known" : Words(v1::TraceNode::Kind_Name(node.kind()));
}

std::string EdgeInWords(const v1::TraceEdge& edge, std::string_view object) {
  std::string text = Words(v1::TraceEdge::Kind_Name(edge.kind()));
  if (!object.empty()) text += model::Concat(" ", object);
  const bool is_hop = edge.kind() == v1::TraceEdge::ATTRIBUTED_TO || edge.kind() == v1::TraceEdge::CITES;
  if (!is_hop || edge.mode() == v1::Hop::MODE_UNSPECIFIED) return text;
  text += model::Concat(" (", Words(v1::Hop::Mode_Name(edge.mode())));
  if (!edge.said_at().empty()) text += model::Concat(" ", Printable(edge.said_at()));
  return text + ")";
}

}  // namespace sworn::cli
