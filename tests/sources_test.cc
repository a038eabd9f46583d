// `sworn sources` and `sworn source`: how what a source said has fared.
#include "tests/command_line.h"

namespace sworn {
namespace {

using nlohmann::json;

class SourcesCommandTest : public CommandLine {
 protected:
  void SetUp() override {
    CommandLine::SetUp();
    ledger_ = MakeExampleLedger();
  }

  json Source(const std::string& name, Arguments more = {}) {
    Arguments arguments = {"source", name, "--ledger", ledger_};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return ExpectJson(arguments);
  }
  // The id of the judgement that a command recorded last.
  std::string LastJudgement(const std::string& source) {
    const json grades = Source(source)["track_record"]["grades"];
    return grades.empty() ? "" : grades.back()["judgement_id"].get<std::string>();
  }
  std::string IdOf(const std::string& category) {
    const json claims = ExpectJson({"claims", "--category", category, "--ledger", ledger_});
    return claims["claims"].empty() ? "" : claims["claims"][0]["id"].get<std::string>();
  }

  std::string ledger_;
};

TEST_F(SourcesCommandTest, ShowsWhatBecameOfWhatASourceSaid) {
  const json before = Source("European Pravda")["track_record"];
  EXPECT_NE(before["assertions"], "0");
  EXPECT_EQ(before["counted"], before["assertions"]);
  const std::string tools = IdOf("materiel/machine-tools");
  ExpectRun({"confirm", tools, "--ledger", ledger_});
  ExpectRun({"retract", tools, "--reason", "corrected", "--ledger", ledger_});
  const json after = Source("European Pravda")["track_record"];
  EXPECT_EQ(after["assertions"], before["assertions"]);
  EXPECT_EQ(after["retracted"], "1");
  EXPECT_EQ(after["confirmed"], "1");
  EXPECT_EQ(Source("European Pravda", {"--as-of", "1"})["track_record"], before) << "as it stood then";
}

TEST_F(SourcesCommandTest, ShowsGradesAndWhichWereUndone) {
  ExpectRun({"grade", "Reuters", "B", "--ledger", ledger_});
  const std::string judgement = LastJudgement("Reuters");
  ASSERT_NE(judgement, "");
  ExpectRun({"grade", "Reuters", "D", "--ledger", ledger_});
  ExpectRun({"undo", judgement, "--reason", "a mistake", "--ledger", ledger_});
  const json grades = Source("wikidata:Q130879")["track_record"]["grades"];
  ASSERT_EQ(grades.size(), 2U);
  EXPECT_EQ(grades[0]["author"], "alice");
  EXPECT_TRUE(grades[0]["undone"]);
  EXPECT_FALSE(grades[1]["undone"]);
  const std::string text = ExpectRun({"source", "Reuters", "--ledger", ledger_});
  EXPECT_NE(text.find("undone"), std::string::npos) << text;
  EXPECT_NE(text.find("A small sample, below 30"), std::string::npos) << text;
  const std::string list = ExpectRun({"sources", "reuters", "--ledger", ledger_});
  EXPECT_NE(list.find("counted"), std::string::npos) << list;
  EXPECT_NE(list.find("1 source with a small sample"), std::string::npos) << list;
}

TEST_F(SourcesCommandTest, AMergeThatIsUndoneLeavesNothingBehind) {
  const json reuters = Source("Reuters");
  const json associated_press = Source("Associated Press");
  ExpectRun({"same", "source", "Reuters", "Associated Press", "--reason", "one desk", "--ledger", ledger_});
  const json merged = Source("Associated Press");
  EXPECT_EQ(merged["id"], Source("Reuters")["id"]);
  EXPECT_EQ(merged["same_as"].size(), 1U);
  const json history = ExpectJson({"history", "Reuters", "--ledger", ledger_});
  std::string judgement;
  for (const json& event : history["events"]) {
    if (event["judgement"] == "SAME_SOURCE") judgement = event["portion_id"];
  }
  ASSERT_NE(judgement, "");
  ExpectRun({"undo", judgement, "--reason", "a mistake", "--ledger", ledger_});
  EXPECT_EQ(Source("Reuters"), reuters);
  EXPECT_EQ(Source("Associated Press"), associated_press);
}

TEST_F(SourcesCommandTest, OneSourceIsNeverGuessed) {
  const Outcome unknown = Run({"source", "Reutres", "--ledger", ledger_});
  EXPECT_EQ(unknown.exit_code, 3) << unknown.err;
  EXPECT_NE(unknown.err.find("did you mean \"Reuters\"?"), std::string::npos) << unknown.err;
  EXPECT_EQ(Run({"source", "--ledger", ledger_}).exit_code, 2);
}

}  // namespace
}  // namespace sworn
