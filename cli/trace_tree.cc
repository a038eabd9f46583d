#include "cli/trace_tree.h"

#include <cstddef>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_replace.h"
#include "cli/text.h"
#include "ledger/model/text.h"

namespace sworn::cli {
namespace {

// Deeper than any attribution and its chain of derivations is worth reading; it bounds the recursion.
constexpr size_t kMaxDepth = 200;

std::string Words(std::string_view enum_name) {
  return absl::AsciiStrToLower(absl::StrReplaceAll(model::ToAbsl(enum_name), {{"_", " "}}));
}

std::string DescribeEdge(const v1::TraceEdge& edge) {
  std::string text = Words(v1::TraceEdge::Kind_Name(edge.kind()));
  const bool is_hop = edge.kind() == v1::TraceEdge::ATTRIBUTED_TO || edge.kind() == v1::TraceEdge::CITES;
  if (!is_hop || edge.mode() == v1::Hop::MODE_UNSPECIFIED) return text;
  text += model::Concat(" (", Words(v1::Hop::Mode_Name(edge.mode())));
  if (!edge.said_at().empty()) text += model::Concat(" ", Printable(edge.said_at()));
  return text + ")";
}

std::string DescribeNode(const v1::TraceNode& node) {
  const std::string kind =
      node.kind() == v1::TraceNode::BARE ? "only the id is known" : Words(v1::TraceNode::Kind_Name(node.kind()));
  std::string text =
      model::Concat(Styled(node.label().empty() ? "(unnamed)" : Printable(node.label()), Style::kBold), "  [", kind);
  if (!node.id().empty()) text += model::Concat(" ", ShortId(node.id()));
  if (node.has_position()) text += model::Concat(" at position ", node.position());
  text += "]";
  if (node.origin()) text += Styled("  origin", Style::kGreen);
  if (node.state().retracted()) text += Styled("  retracted", Style::kRed);
  if (node.state().undermined()) text += Styled("  undermined", Style::kYellow);
  return text;
}

class TreeWriter {
 public:
  explicit TreeWriter(const v1::GetTraceResponse& response)
      : response_(response), edges_of_(response.nodes_size()), unfolded_(response.nodes_size(), false) {
    for (const v1::TraceEdge& edge : response.edges()) {
      const bool known = edge.from() < edges_of_.size() && edge.to() < edges_of_.size();
      if (known) edges_of_[edge.from()].push_back(&edge);
    }
  }

  std::string Write() {
    if (response_.nodes().empty()) return "";
    text_ = DescribeNode(response_.nodes(0)) + "\n";
    Unfold(0, "", 0);
    return std::move(text_);
  }

 private:
  void Unfold(size_t node, const std::string& indent, size_t depth) {
    unfolded_[node] = true;
    const std::vector<const v1::TraceEdge*>& edges = edges_of_[node];
    for (size_t i = 0; i < edges.size(); ++i) {
      const bool last = i + 1 == edges.size();
      const size_t to = edges[i]->to();
      text_ += model::Concat(indent, last ? "└─ " : "├─ ", Styled(DescribeEdge(*edges[i]), Style::kFaint), ": ",
                             DescribeNode(response_.nodes(static_cast<int>(to))));
      const bool again = unfolded_[to] && !edges_of_[to].empty();
      text_ += model::Concat(again ? "  (see above)" : "", "\n");
      if (!unfolded_[to] && depth < kMaxDepth) Unfold(to, indent + (last ? "   " : "│  "), depth + 1);
    }
  }

  const v1::GetTraceResponse& response_;
  std::vector<std::vector<const v1::TraceEdge*>> edges_of_;
  std::vector<bool> unfolded_;
  std::string text_;
};

}  // namespace

std::string FormatTrace(const v1::GetTraceResponse& response) {
  std::string text = TreeWriter(response).Write();
  text +=
      model::Concat("\nas of position ", response.as_of().position(), ", scope: ", Printable(response.scope()), "\n");
  return text;
}

}  // namespace sworn::cli
