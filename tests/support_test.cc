// Partners, groups, timelines and world time of support, as a user sees them.
#include "tests/command_line.h"

namespace sworn {
namespace {

using nlohmann::json;

class SupportTest : public CommandLine {
 protected:
  void SetUp() override {
    CommandLine::SetUp();
    ledger_ = MakeExampleLedger();  // position 1
  }

  json Ask(Arguments arguments) {
    arguments.insert(arguments.end(), {"--ledger", ledger_});
    return ExpectJson(arguments);
  }
  std::string Print(Arguments arguments) {
    arguments.insert(arguments.end(), {"--ledger", ledger_});
    return ExpectRun(arguments);
  }
  int ExitCodeOf(Arguments arguments) {
    arguments.insert(arguments.end(), {"--ledger", ledger_});
    return Run(arguments).exit_code;
  }

  // Iran gives drones to Russia, as customs published of 2024; it and China bear a label.
  void ReportIran() {
    const std::string file = directory_ + "/iran.yaml";
    WriteAll(file,
             "report: drones\n"
             "marking: (U//TLP:CLEAR)\n"
             "entities:\n"
             "  China: {kind: country, ids: [iso3166:CN], labels: [Suppliers]}\n"
             "  Iran: {kind: country, ids: [iso3166:IR], labels: [suppliers]}\n"
             "  Russia: {kind: country, ids: [iso3166:RU]}\n"
             "sources:\n"
             "  customs: {kind: organisation, ids: [domain:customs.example]}\n"
             "assertions:\n"
             "  - label: drones\n"
             "    claim: Iran supplies Russia\n"
             "    category: military/weapons/drones\n"
             "    says: Iran delivered drones.\n"
             "    when: 2024\n"
             "    attribution:\n"
             "      - customs: published\n");
    ExpectRun({"report", file, "--ledger", ledger_});
  }

  // Assertions in all rows of an answer about a pair.
  static size_t CountAssertions(const json& answer) {
    size_t count = 0;
    for (const char* side : {"direct", "indirect", "unassigned"}) {
      for (const json& row : answer[side]["rows"]) count += row["assertion_ids"].size();
    }
    return count;
  }

  std::string ledger_;
};

TEST_F(SupportTest, EveryoneAtTheOtherEndRanked) {
  ReportIran();
  const json givers = Ask({"support", "--to", "Russia"})["partners"];
  ASSERT_EQ(givers.size(), 2U);
  EXPECT_EQ(givers[0]["name"], "Iran");
  EXPECT_EQ(givers[0]["direct"], "REPORTED");
  EXPECT_EQ(givers[0]["independent_origins"], json({{"min", 1}, {"max", 1}}));
  EXPECT_EQ(givers[1]["name"], "China");
  EXPECT_EQ(givers[1]["direct"], "NO_EVIDENCE_FOUND");
  EXPECT_EQ(givers[1]["indirect"], "REPORTED");
  EXPECT_EQ(Ask({"support", "--to", "Russia", "--as-of", "1"})["partners"].size(), 1U);
  EXPECT_EQ(Ask({"support", "--to", "Russia", "--as-of", "2", "--valid-at", "2022"})["partners"].size(), 1U);
  const json receivers = Ask({"support", "--from", "China"})["partners"];
  ASSERT_GE(receivers.size(), 1U);
  EXPECT_EQ(receivers[0]["name"], "Russia");
  const std::string table = Print({"support", "--to", "Russia", "--limit", "1"});
  EXPECT_NE(table.find("supported by"), std::string::npos) << table;
  EXPECT_NE(table.find("Iran"), std::string::npos) << table;
  EXPECT_EQ(table.find("China"), std::string::npos) << table;
}

TEST_F(SupportTest, AGroupIsOneTableOverAllItsMembers) {
  ReportIran();
  const size_t china = CountAssertions(Ask({"support", "--from", "China", "--to", "Russia"}));
  const json labelled = Ask({"support", "--from", "group:suppliers", "--to", "Russia"});
  EXPECT_EQ(labelled["from_members"], json({"China", "Iran"}));
  EXPECT_EQ(labelled["from_id"], "");
  EXPECT_EQ(labelled["direct"]["status"], "CONTESTED");
  EXPECT_EQ(CountAssertions(labelled), china + 1);
  json named = Ask({"support", "--from", "group:iso3166:IR,China,Iran", "--to", "Russia"});
  named["from"] = labelled["from"];
  EXPECT_EQ(named, labelled);
  const std::string table = Print({"support", "--from", "group:suppliers", "--to", "Russia"});
  EXPECT_NE(table.find("group:suppliers: China, Iran"), std::string::npos) << table;
  EXPECT_EQ(ExitCodeOf({"support", "--from", "group:China,Nobody", "--to", "Russia"}), 3);
  EXPECT_EQ(ExitCodeOf({"support", "--from", "group:", "--to", "Russia"}), 4);
}

TEST_F(SupportTest, TheTimelineTellsWhatMadeEachChange) {
  const std::string tools = "materiel/machine-tools";
  const json claims = Ask({"claims", "--category", tools})["claims"];
  ASSERT_EQ(claims.size(), 1U);
  const std::string id = claims[0]["id"];
  ExpectRun({"retract", id, "--reason", "the officials corrected themselves", "--ledger", ledger_});
  const json timeline = Ask({"support", "--from", "China", "--to", "Russia", "--timeline", "--category", tools});
  const json& changes = timeline["changes"];
  ASSERT_EQ(changes.size(), 2U);
  EXPECT_EQ(changes[0]["position"], "1");
  EXPECT_EQ(changes[0]["status_before"], "UNREPORTED");
  EXPECT_EQ(changes[0]["status_after"], "REPORTED");
  EXPECT_EQ(changes[0]["side"], "INDIRECT");
  EXPECT_EQ(changes[0]["portion_ids"], json({id}));
  EXPECT_EQ(changes[1]["status_after"], "UNREPORTED");
  EXPECT_EQ(changes[1]["affirms"], 0);
  EXPECT_EQ(changes[1]["portion_ids"].size(), 1U);
  const json log = Ask({"log"})["entries"];
  EXPECT_NE(log.dump().find(changes[1]["recorded_at"].get<std::string>()), std::string::npos) << log;
  EXPECT_EQ(Ask({"support", "--from", "China", "--to", "Russia", "--timeline", "--as-of", "1", "--category",
                 tools})["changes"]
                .size(),
            1U);
  EXPECT_EQ(Ask({"support", "--from", "China", "--to", "Russia", "--timeline", "--valid-at", "2022", "--category",
                 tools})["changes"]
                .size(),
            0U);
  const std::string table = Print({"support", "--from", "China", "--to", "Russia", "--timeline"});
  EXPECT_NE(table.find("REPORTED → UNREPORTED"), std::string::npos) << table;
}

TEST_F(SupportTest, WorldTimeAndRecordedTimeTogetherEverywhere) {
  ReportIran();
  const std::vector<Arguments> questions = {{"support", "--from", "Iran", "--to", "Russia"},
                                            {"support", "--from", "Iran"},
                                            {"support", "--from", "Iran", "--to", "Russia", "--timeline"},
                                            {"claims", "--from", "Iran"},
                                            {"claims", "--grouped", "--from", "Iran"}};
  for (const Arguments& question : questions) {
    const auto is_told = [&](const std::string& valid_at) {
      Arguments arguments = question;
      arguments.insert(arguments.end(), {"--as-of", "2", "--valid-at", valid_at});
      const json answer = Ask(arguments);
      for (const char* listed : {"partners", "changes", "claims", "groups"}) {
        if (answer.contains(listed)) return !answer[listed].empty();
      }
      return CountAssertions(answer) > 0;
    };
    EXPECT_TRUE(is_told("2024")) << question.front();
    EXPECT_FALSE(is_told("2022")) << question.front();
  }
  EXPECT_EQ(Ask({"contradictions", "--from", "Iran", "--as-of", "2", "--valid-at", "2024"})["groups"].size(), 0U);
}

TEST_F(SupportTest, WhatCannotBeAskedIsAUsageError) {
  EXPECT_EQ(ExitCodeOf({"support"}), 2);
  EXPECT_EQ(ExitCodeOf({"support", "--from", "China", "--timeline"}), 2);
  EXPECT_EQ(ExitCodeOf({"support", "--from", "China", "--compare", "ucdp-derived"}), 2);
  EXPECT_EQ(ExitCodeOf({"support", "--from", "China", "--to", "Russia", "--category", "materiel"}), 2);
  EXPECT_EQ(ExitCodeOf({"support", "--from", "Nobody"}), 3);
}

}  // namespace
}  // namespace sworn
