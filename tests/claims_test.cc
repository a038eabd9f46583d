// Claims held together and contradictions, as a user sees them.
#include "tests/command_line.h"

namespace sworn {
namespace {

using nlohmann::json;

class ClaimsTest : public CommandLine {
 protected:
  void SetUp() override {
    CommandLine::SetUp();
    ledger_ = MakeExampleLedger();
  }

  json Groups(Arguments arguments) {
    arguments.insert(arguments.end(), {"--ledger", ledger_});
    return ExpectJson(arguments)["groups"];
  }

  // Somebody else on China's machine tools.
  void Report(const std::string& name, const std::string& assertion) {
    const std::string file = directory_ + "/" + name + ".yaml";
    WriteAll(file, "report: " + name +
                       "\nmarking: (U//TLP:CLEAR)\n"
                       "entities:\n"
                       "  China: {kind: country, ids: [iso3166:CN]}\n"
                       "  Russia: {kind: country, ids: [iso3166:RU]}\n"
                       "sources:\n"
                       "  customs: {kind: organisation, ids: [domain:customs.example]}\n"
                       "assertions:\n"
                       "  - label: " +
                       name + "\n    claim: China supplies Russia\n" + assertion);
    ExpectRun({"report", file, "--ledger", ledger_});
  }

  std::string ledger_;
};

TEST_F(ClaimsTest, AClaimIsCorroboratedContradictedJoinedAndPartedAgain) {
  const Arguments tools = {"claims", "--grouped", "--category", "materiel/machine-tools"};
  json groups = Groups(tools);
  ASSERT_EQ(groups.size(), 1U);
  const std::string officials = groups[0]["id"];
  EXPECT_EQ(groups[0]["subject"], "China");
  EXPECT_EQ(groups[0]["hearsay"], 1);
  EXPECT_EQ(groups[0]["first_hand"], 0);
  EXPECT_EQ(groups[0]["independent_origins"], json({{"min", 1}, {"max", 1}}));
  EXPECT_EQ(groups[0]["contradicted"], false);
  EXPECT_EQ(Groups({"contradictions"}).size(), 0U);

  Report("fewer",
         "    category: materiel/machine-tools\n"
         "    says: Half of the machine tools came from China.\n"
         "    when: 2023-Q4\n"
         "    quantities:\n"
         "      - {measure: share of machine-tool imports, amount: 50 %, of: Russia's machine-tool imports}\n"
         "    attribution:\n"
         "      - customs: published\n");
  groups = Groups({"contradictions", "--from", "China", "--to", "Russia"});
  ASSERT_EQ(groups.size(), 1U);
  EXPECT_EQ(groups[0]["affirms"], 2);
  EXPECT_EQ(groups[0]["status"], "REPORTED");
  EXPECT_EQ(groups[0]["independent_origins"], json({{"min", 2}, {"max", 2}}));
  ASSERT_EQ(groups[0]["disagreements"].size(), 1U);
  EXPECT_EQ(groups[0]["disagreements"][0]["stated"][0]["quantity"]["value"], "70");
  EXPECT_EQ(groups[0]["disagreements"][0]["stated"][1]["quantity"]["value"], "50");
  const std::string table = ExpectRun({"contradictions", "--ledger", ledger_});
  EXPECT_NE(table.find("share of machine-tool imports: about 70 % by "), std::string::npos) << table;
  EXPECT_NE(table.find("1 claim as of position 2"), std::string::npos) << table;
  EXPECT_EQ(Groups({"contradictions", "--as-of", "1"}).size(), 0U);
  EXPECT_EQ(Groups({"contradictions", "--valid-at", "2022"}).size(), 0U);

  Report("none",
         "    category: materiel/lathes\n"
         "    polarity: denies\n"
         "    says: No lathes came from China.\n"
         "    attribution:\n"
         "      - customs: published\n");
  const json lathes = Groups({"claims", "--grouped", "--category", "materiel/lathes"});
  ASSERT_EQ(lathes.size(), 1U);
  EXPECT_EQ(lathes[0]["status"], "DENIED");
  ExpectRun({"same", "claim", officials, lathes[0]["id"], "--ledger", ledger_});
  groups = Groups(tools);
  ASSERT_EQ(groups.size(), 1U);
  EXPECT_EQ(groups[0]["status"], "CONTESTED");
  ASSERT_EQ(groups[0]["joined_by"].size(), 1U);
  ExpectRun({"undo", groups[0]["joined_by"][0], "--reason", "lathes are not all there is", "--ledger", ledger_});
  groups = Groups(tools);
  ASSERT_EQ(groups.size(), 1U);
  EXPECT_EQ(groups[0]["status"], "REPORTED");
}

TEST_F(ClaimsTest, WhatAGroupCannotBeFilteredByIsRefused) {
  EXPECT_EQ(Run({"claims", "--grouped", "--source", "Reuters", "--ledger", ledger_}).exit_code, 2);
  EXPECT_EQ(Run({"contradictions", "--from", "Nobody", "--ledger", ledger_}).exit_code, 3);
}

}  // namespace
}  // namespace sworn
