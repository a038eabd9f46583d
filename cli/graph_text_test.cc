#include "cli/graph_text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace sworn::cli {
namespace {

TEST(GraphText, LabelsCannotLeaveTheirQuotes) {
  struct Case {
    std::string text;
    std::string dot;
    std::string mermaid;
  };
  const std::vector<Case> cases = {
      {"plain, text.", "plain, text.", "plain, text."},
      {R"(say "no")", R"(say \"no\")", "say #34;no#34;"},
      {R"(back\slash\n)", R"(back\\slash\\n)", "back#92;slash#92;n"},
      {R"(ends in \)", R"(ends in \\)", "ends in #92;"},
      {"a[b] (c) {d} |e|", "a[b] (c) {d} |e|", "a#91;b#93; #40;c#41; #123;d#125; #124;e#124;"},
      {"<b>&lt;", "<b>&amp;lt;", "#60;b#62;#38;lt#59;"},
      {"%%{init: {}}%%", "%%{init: {}}%%", "#37;#37;#123;init#58; #123;#125;#125;#37;#37;"},
      {"#35; `x`", "#35; `x`", "#35;35#59; #96;x#96;"},
      {"Київ", "Київ", "Київ"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(EscapeForDot(c.text), c.dot);
    EXPECT_EQ(EscapeForMermaid(c.text), c.mermaid);
  }
}

TEST(GraphText, LabelsStayOnOneLine) {
  for (const std::string text : {"one\ntwo", "one\r\ntwo", "one\x1b[31mtwo", "one\xfftwo"}) {
    for (const std::string& escaped : {EscapeForDot(text), EscapeForMermaid(text)}) {
      EXPECT_EQ(escaped.find_first_of("\n\r\x1b\xff"), std::string::npos) << escaped;
    }
  }
}

TEST(GraphText, DrawsNodesEdgesAndWhatIsLost) {
  v1::GetImpactResponse impact;
  v1::TraceNode& source = *impact.add_nodes()->mutable_node();
  source.set_kind(v1::TraceNode::SOURCE);
  source.set_label("the \"daily\"");
  impact.add_nodes()->set_lost(true);
  v1::TraceNode& assertion = *impact.mutable_nodes(1)->mutable_node();
  assertion.set_kind(v1::TraceNode::ASSERTION);
  assertion.set_id("3f9a1c22d410aaaa");
  assertion.set_position(3);
  v1::TraceEdge& edge = *impact.add_edges();
  edge.set_from(1);
  edge.set_kind(v1::TraceEdge::ATTRIBUTED_TO);
  edge.set_mode(v1::Hop::PUBLISHED);
  impact.add_edges()->set_to(9);
  EXPECT_EQ(FormatDot(GraphOf(impact)),
            "digraph sworn {\n"
            "  rankdir=LR;\n"
            "  n0 [shape=ellipse, label=\"the \\\"daily\\\"\\nsource\"];\n"
            "  n1 [shape=box, label=\"(unnamed)\\nassertion 3f9a1c22d410aaaa, position 3, lost\", color=red, "
            "fontcolor=red];\n"
            "  n1 -> n0 [label=\"attributed to (published)\"];\n"
            "}\n");
  EXPECT_EQ(FormatMermaid(GraphOf(impact)),
            "flowchart LR\n"
            "  n0[\"the #34;daily#34;<br/>source\"]\n"
            "  n1[\"#40;unnamed#41;<br/>assertion 3f9a1c22d410aaaa, position 3, lost\"]:::lost\n"
            "  n1 -->|\"attributed to #40;published#41;\"| n0\n"
            "  classDef lost stroke:#c00,color:#c00\n");
}

}  // namespace
}  // namespace sworn::cli
