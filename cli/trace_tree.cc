#include "cli/trace_tree.h"

#include <cstddef>
#include <utility>
#include <vector>

#include "cli/provenance_graph.h"
#include "cli/text.h"
#include "ledger/model/text.h"

namespace sworn::cli {
namespace {

// Deeper a tree is no longer read; it bounds the recursion and the width of the lines.
constexpr size_t kMaxDepth = 200;

std::string DescribeNode(const ProvenanceGraph::Node& shown) {
  const v1::TraceNode& node = *shown.node;
  std::string text = model::Concat(Styled(node.label().empty() ? "(unnamed)" : Printable(node.label()), Style::kBold),
                                   "  [", KindInWords(node));
  if (!node.id().empty()) text += model::Concat(" ", Printable(ShortId(node.id())));
  if (node.has_position()) text += model::Concat(" at position ", node.position());
  text += "]";
  if (node.origin()) text += Styled("  origin", Style::kGreen);
  if (node.state().retracted()) text += Styled("  retracted", Style::kRed);
  if (node.state().undermined()) text += Styled("  undermined", Style::kYellow);
  if (shown.lost) text += Styled("  lost", Style::kRed);
  return text;
}

class TreeWriter {
 public:
  explicit TreeWriter(const ProvenanceGraph& graph)
      : graph_(graph), branches_of_(graph.nodes.size()), unfolded_(graph.nodes.size(), false) {
    if (graph.direction == ProvenanceGraph::Direction::kBack) {
      for (const v1::TraceEdge* edge : graph.edges) AddBranch(*edge, edge->from(), edge->to());
    } else {
      AddForwardBranches();
    }
  }

  std::string Write() {
    if (graph_.nodes.empty()) return "";
    text_ = DescribeNode(graph_.nodes[0]) + "\n";
    Unfold(0, "", 0);
    return std::move(text_);
  }

 private:
  struct Branch {
    std::string words;
    size_t to = 0;
  };

  void AddBranch(const v1::TraceEdge& edge, size_t below, size_t to) {
    branches_of_[below].push_back({EdgeInWords(edge, edge.from() == to ? "it" : ""), to});
  }

  // What rests on a node hangs below it; a node that rests on none before it hangs below the one that led to it.
  void AddForwardBranches() {
    std::vector<bool> rests_on_earlier(graph_.nodes.size(), false);
    for (const v1::TraceEdge* edge : graph_.edges) {
      if (edge->to() < edge->from()) rests_on_earlier[edge->from()] = true;
    }
    for (const v1::TraceEdge* edge : graph_.edges) {
      const bool leads_on = edge->from() < edge->to() && !rests_on_earlier[edge->to()];
      AddBranch(*edge, leads_on ? edge->from() : edge->to(), leads_on ? edge->to() : edge->from());
    }
  }

  void Unfold(size_t node, const std::string& indent, size_t depth) {
    unfolded_[node] = true;
    const std::vector<Branch>& branches = branches_of_[node];
    for (size_t i = 0; i < branches.size(); ++i) {
      const bool last = i + 1 == branches.size();
      const size_t to = branches[i].to;
      text_ += model::Concat(indent, last ? "└─ " : "├─ ", Styled(branches[i].words, Style::kFaint), ": ",
                             DescribeNode(graph_.nodes[to]));
      const bool unfolds = !branches_of_[to].empty();
      if (unfolds && unfolded_[to]) text_ += "  (see above)";
      if (unfolds && !unfolded_[to] && depth >= kMaxDepth) text_ += "  (goes on: ask for this id)";
      text_ += "\n";
      if (!unfolded_[to] && depth < kMaxDepth) Unfold(to, indent + (last ? "   " : "│  "), depth + 1);
    }
  }

  const ProvenanceGraph& graph_;
  std::vector<std::vector<Branch>> branches_of_;
  std::vector<bool> unfolded_;
  std::string text_;
};

std::string Footer(const v1::AnsweredAsOf& as_of, const std::string& scope) {
  return model::Concat("as of position ", as_of.position(), ", scope: ", Printable(scope), "\n");
}

}  // namespace

std::string FormatTrace(const v1::GetTraceResponse& response) {
  return model::Concat(TreeWriter(GraphOf(response)).Write(), "\n", Footer(response.as_of(), response.scope()));
}

std::string FormatImpact(const v1::GetImpactResponse& response) {
  return model::Concat(TreeWriter(GraphOf(response)).Write(), "\n",
                       Counted(response.assertions(), "assertion rests", "assertions rest"), " on it; ",
                       response.assertions_lost(), " would no longer count without it\n",
                       Footer(response.as_of(), response.scope()));
}

}  // namespace sworn::cli
