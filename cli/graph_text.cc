#include "cli/graph_text.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_replace.h"
#include "cli/text.h"
#include "ledger/model/text.h"

namespace sworn::cli {
namespace {

// "assertion 3f9a1c22d410, position 3, retracted".
std::string Details(const ProvenanceGraph::Node& shown) {
  const v1::TraceNode& node = *shown.node;
  std::string text = KindInWords(node);
  if (!node.id().empty()) text += model::Concat(" ", ShortId(node.id()));
  if (node.has_position()) text += model::Concat(", position ", node.position());
  if (node.origin()) text += ", origin";
  if (node.state().retracted()) text += ", retracted";
  if (node.state().undermined()) text += ", undermined";
  if (shown.lost) text += ", lost";
  return text;
}

std::string_view LabelOf(const v1::TraceNode& node) {
  return node.label().empty() ? std::string_view("(unnamed)") : std::string_view(node.label());
}

std::string_view DotShapeOf(v1::TraceNode::Kind kind) {
  switch (kind) {
    case v1::TraceNode::SOURCE:
      return "ellipse";
    case v1::TraceNode::ENTITY:
      return "hexagon";
    case v1::TraceNode::EVIDENCE:
      return "note";
    case v1::TraceNode::JUDGEMENT:
      return "diamond";
    case v1::TraceNode::REPORT:
      return "folder";
    default:
      return "box";
  }
}

}  // namespace

// Graphviz gives backslashes a meaning of its own and reads HTML entities.
std::string EscapeForDot(std::string_view text) {
  return absl::StrReplaceAll(Printable(text), {{"\\", "\\\\"}, {"\"", "\\\""}, {"&", "&amp;"}});
}

// Mermaid looks for directives, entities, Markdown and tags inside strings too: of ASCII only what means nothing to it
// is left as it is.
std::string EscapeForMermaid(std::string_view text) {
  std::string escaped;
  for (const char c : Printable(text)) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_plain = byte >= 0x80 || absl::ascii_isalnum(byte) || c == ' ' || c == '.' || c == ',';
    escaped += is_plain ? std::string(1, c) : model::Concat("#", static_cast<unsigned>(byte), ";");
  }
  return escaped;
}

std::string FormatDot(const ProvenanceGraph& graph) {
  std::string text = "digraph sworn {\n  rankdir=LR;\n";
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const v1::TraceNode& node = *graph.nodes[i].node;
    text += model::Concat("  n", i, " [shape=", DotShapeOf(node.kind()), ", label=\"", EscapeForDot(LabelOf(node)),
                          "\\n", EscapeForDot(Details(graph.nodes[i])), "\"");
    if (node.state().retracted()) text += ", style=dashed";
    if (graph.nodes[i].lost) text += ", color=red, fontcolor=red";
    text += "];\n";
  }
  for (const v1::TraceEdge* edge : graph.edges) {
    text += model::Concat("  n", edge->from(), " -> n", edge->to(), " [label=\"", EscapeForDot(EdgeInWords(*edge)),
                          "\"];\n");
  }
  return text + "}\n";
}

std::string FormatMermaid(const ProvenanceGraph& graph) {
  std::string text = "flowchart LR\n";
  bool any_lost = false;
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    text += model::Concat("  n", i, "[\"", EscapeForMermaid(LabelOf(*graph.nodes[i].node)), "<br/>",
                          EscapeForMermaid(Details(graph.nodes[i])), "\"]", graph.nodes[i].lost ? ":::lost" : "", "\n");
    any_lost = any_lost || graph.nodes[i].lost;
  }
  for (const v1::TraceEdge* edge : graph.edges) {
    text +=
        model::Concat("  n", edge->from(), " -->|\"", EscapeForMermaid(EdgeInWords(*edge)), "\"| n", edge->to(), "\n");
  }
  if (any_lost) text += "  classDef lost stroke:#c00,color:#c00\n";
  return text;
}

}  // namespace sworn::cli
