// `sworn impact` and `sworn trace`, and the graphs they draw.
#include <algorithm>
#include <string>

#include "tests/command_line.h"

namespace sworn {
namespace {

using nlohmann::json;

class ImpactCommandTest : public CommandLine {
 protected:
  void SetUp() override {
    CommandLine::SetUp();
    ledger_ = MakeExampleLedger();
  }
  std::string IdOf(const std::string& category) {
    const json claims = ExpectJson({"claims", "--category", category, "--ledger", ledger_});
    return claims["claims"].empty() ? "" : claims["claims"][0]["id"].get<std::string>();
  }

  std::string ledger_;
};

uint64_t CountLost(const json& impact) {
  return static_cast<uint64_t>(std::count_if(impact["nodes"].begin(), impact["nodes"].end(),
                                             [](const json& node) { return node["lost"].get<bool>(); }));
}

TEST_F(ImpactCommandTest, WhatFallsWithASourceIsMarkedAndFallsWhenItIsRetracted) {
  const json impact = ExpectJson({"impact", "European Pravda", "--ledger", ledger_});
  EXPECT_GT(CountLost(impact), 0U);
  EXPECT_EQ(impact["assertions_lost"], std::to_string(CountLost(impact)));
  EXPECT_EQ(impact["nodes"][0]["node"]["label"], "European Pravda");
  const std::string tree = ExpectRun({"impact", "European Pravda", "--ledger", ledger_});
  EXPECT_NE(tree.find("cites it"), std::string::npos) << tree;
  EXPECT_NE(tree.find("  lost\n"), std::string::npos) << tree;

  const std::string tools = IdOf("materiel/machine-tools");
  ASSERT_NE(tools, "");
  const json before = ExpectJson({"impact", tools, "--ledger", ledger_});
  EXPECT_EQ(CountLost(before), 1U);
  ExpectRun({"retract", tools, "--reason", "corrected", "--ledger", ledger_});
  const json after = ExpectJson({"impact", tools, "--ledger", ledger_});
  EXPECT_EQ(CountLost(after), 0U) << "it counts no longer";
  EXPECT_EQ(after["nodes"].size(), before["nodes"].size() + 1) << "the retraction decides on it";
  const json without = ExpectJson({"impact", "European Pravda", "--ledger", ledger_});
  EXPECT_EQ(CountLost(without), CountLost(impact) - 1);
}

TEST_F(ImpactCommandTest, GraphsAreDrawnAndLimited) {
  const std::string tools = IdOf("materiel/machine-tools");
  for (const std::string command : {"trace", "impact"}) {
    const std::string dot = ExpectRun({command, tools, "--as", "dot", "--ledger", ledger_});
    EXPECT_EQ(dot.rfind("digraph sworn {\n", 0), 0U) << dot;
    const std::string mermaid = ExpectRun({command, tools, "--as", "mermaid", "--ledger", ledger_});
    EXPECT_EQ(mermaid.rfind("flowchart LR\n", 0), 0U) << mermaid;
    EXPECT_EQ(Run({command, tools, "--as", "svg", "--ledger", ledger_}).exit_code, 2);
    EXPECT_EQ(Run({command, tools, "--as", "dot", "--format", "json", "--ledger", ledger_}).exit_code, 2);
    EXPECT_EQ(Run({command, "no such thing", "--ledger", ledger_}).exit_code, 3);
  }
  const json limited = ExpectJson({"trace", tools, "--limit", "3", "--ledger", ledger_});
  EXPECT_EQ(limited["nodes"].size(), 3U);
  for (const json& edge : limited["edges"]) EXPECT_LT(edge["to"].get<int>(), 3);
  EXPECT_NE(Run({"trace", tools, "--limit", "3", "--ledger", ledger_}).err.find("--limit"), std::string::npos);
}

}  // namespace
}  // namespace sworn
