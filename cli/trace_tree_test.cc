#include "cli/trace_tree.h"

#include <gtest/gtest.h>

#include <string>

namespace sworn::cli {
namespace {

void AddNode(v1::GetTraceResponse& trace, v1::TraceNode::Kind kind, const std::string& label, bool origin) {
  v1::TraceNode& node = *trace.add_nodes();
  node.set_kind(kind);
  node.set_label(label);
  node.set_origin(origin);
}

void AddEdge(v1::GetTraceResponse& trace, uint32_t from, uint32_t to, v1::TraceEdge::Kind kind, v1::Hop::Mode mode) {
  v1::TraceEdge& edge = *trace.add_edges();
  edge.set_from(from);
  edge.set_to(to);
  edge.set_kind(kind);
  edge.set_mode(mode);
}

TEST(TraceTree, UnfoldsSharedNodesOnceAndMarksOrigins) {
  v1::GetTraceResponse trace;
  AddNode(trace, v1::TraceNode::ASSERTION, "machine tools", false);
  AddNode(trace, v1::TraceNode::SOURCE, "the article", false);
  AddNode(trace, v1::TraceNode::SOURCE, "Reuters", false);
  AddNode(trace, v1::TraceNode::SOURCE, "AP", false);
  AddNode(trace, v1::TraceNode::SOURCE, "the officials", true);
  AddEdge(trace, 0, 1, v1::TraceEdge::ATTRIBUTED_TO, v1::Hop::PUBLISHED);
  AddEdge(trace, 1, 2, v1::TraceEdge::CITES, v1::Hop::PUBLISHED);
  AddEdge(trace, 1, 3, v1::TraceEdge::CITES, v1::Hop::PUBLISHED);
  AddEdge(trace, 2, 4, v1::TraceEdge::CITES, v1::Hop::TOLD);
  AddEdge(trace, 3, 4, v1::TraceEdge::CITES, v1::Hop::TOLD);
  const std::string tree = FormatTrace(trace);
  EXPECT_EQ(tree.substr(0, tree.find("\n\n") + 1),
            "machine tools  [assertion]\n"
            "└─ attributed to (published): the article  [source]\n"
            "   ├─ cites (published): Reuters  [source]\n"
            "   │  └─ cites (told): the officials  [source]  origin\n"
            "   └─ cites (published): AP  [source]\n"
            "      └─ cites (told): the officials  [source]  origin\n");
}

TEST(TraceTree, ACycleOrABadIndexEnds) {
  v1::GetTraceResponse trace;
  AddNode(trace, v1::TraceNode::OTHER, "a", false);
  AddNode(trace, v1::TraceNode::OTHER, "b", false);
  AddEdge(trace, 0, 1, v1::TraceEdge::CONTAINS, v1::Hop::MODE_UNSPECIFIED);
  AddEdge(trace, 1, 0, v1::TraceEdge::CONTAINS, v1::Hop::MODE_UNSPECIFIED);
  AddEdge(trace, 1, 7, v1::TraceEdge::CONTAINS, v1::Hop::MODE_UNSPECIFIED);
  const std::string tree = FormatTrace(trace);
  EXPECT_NE(tree.find("   └─ contains: a  [other]  (see above)\n"), std::string::npos) << tree;
}

}  // namespace
}  // namespace sworn::cli
