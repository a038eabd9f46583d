// `sworn history`, its proof files, and `sworn log` with filters and as entries are recorded.
#include <algorithm>
#include <chrono>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "tests/command_line.h"

namespace sworn {
namespace {

using nlohmann::json;

class HistoryCommandTest : public CommandLine {
 protected:
  void SetUp() override {
    CommandLine::SetUp();
    ledger_ = MakeExampleLedger();
  }

  // The assertion of that category that was recorded last.
  std::string IdOf(const std::string& category) {
    const json claims = ExpectJson({"claims", "--category", category, "--ledger", ledger_});
    return claims["claims"].empty() ? "" : claims["claims"][0]["id"].get<std::string>();
  }
  // The example once more, corrected; answers the assertions about machine tools: what is superseded, and by what.
  std::pair<std::string, std::string> Correct() {
    const std::string before = IdOf("materiel/machine-tools");
    std::string text = ReadAll(kExample);
    text.replace(text.find("about 70 %"), 10, "about 75 %");
    WriteAll(directory_ + "/corrected.yaml", text);
    ExpectRun({"report", directory_ + "/corrected.yaml", "--ledger", ledger_});
    const std::string after = IdOf("materiel/machine-tools");
    ExpectRun({"supersede", before, "--by", after, "--reason", "75 %, not 70 %", "--ledger", ledger_});
    return {before, after};
  }
  std::vector<int> PositionsOf(Arguments filters) {
    filters.insert(filters.begin(), "log");
    filters.insert(filters.end(), {"--ledger", ledger_});
    std::vector<int> positions;
    const json log = ExpectJson(filters);
    for (const json& entry : log["entries"]) positions.push_back(std::stoi(entry["position"].get<std::string>()));
    return positions;
  }
  // Waits for a daemon, which listens once it answers.
  void AwaitDaemon() {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (Run({"log", "--limit", "1", "--server", Socket()}).exit_code != 0) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << ReadAll(directory_ + "/daemon-err");
    }
  }
  std::string Socket() const { return "unix:" + ledger_ + "/sworn.sock"; }

  std::string ledger_;
};

const json* FindChange(const json& event, const std::string& field) {
  const auto found = std::find_if(event["changes"].begin(), event["changes"].end(),
                                  [&](const json& change) { return change["field"] == field; });
  return found == event["changes"].end() ? nullptr : &*found;
}

TEST_F(HistoryCommandTest, WhatSupersedesIsShownFieldByField) {
  const auto [before, after] = Correct();
  const json history = ExpectJson({"history", before, "--ledger", ledger_});
  ASSERT_EQ(history["events"].size(), 3U) << "recorded, concluded from, and superseded";
  const json& judged = history["events"][2];
  EXPECT_EQ(judged["judgement"], "SUPERSEDE");
  EXPECT_EQ(judged["compared_id"], after);
  EXPECT_EQ(judged["author"], "alice");
  const json* value = FindChange(judged, "quantities[0].value");
  ASSERT_NE(value, nullptr) << judged;
  EXPECT_EQ((*value)["before"], "70");
  EXPECT_EQ((*value)["after"], "75");
  EXPECT_EQ(FindChange(judged, "subject.entity"), nullptr) << "both name China, each by a portion of its own";
  const std::string table = ExpectRun({"history", before, "--ledger", ledger_});
  EXPECT_NE(table.find("quantities[0].value: 70 → 75"), std::string::npos) << table;
}

TEST_F(HistoryCommandTest, TheHistoryIsProvedWithoutAServer) {
  const auto [before, after] = Correct();
  const std::string vkey = directory_ + "/ledger.vkey";
  WriteAll(vkey, ExpectRun({"checkpoint", "--vkey", "--ledger", ledger_}));
  const std::string proof = directory_ + "/history.tlog-proof";
  const Outcome outcome = Run({"history", before, "--proof", proof, "--ledger", ledger_});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_NE(outcome.err.find("a proof of 4 portions"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.out.find("superseded"), std::string::npos) << outcome.out;
  const json verified = ExpectJson({"verify", proof, "--trust", vkey});
  EXPECT_TRUE(verified["passed"]);
  const std::string text = verified.dump();
  EXPECT_NE(text.find(before), std::string::npos) << "the assertion";
  EXPECT_NE(text.find(after), std::string::npos) << "what took its place";

  for (const std::string id : {"China", "European Pravda", "alice"}) {
    ExpectRun({"history", id, "--proof", proof, "--ledger", ledger_});
    EXPECT_EQ(Run({"verify", proof, "--trust", vkey}).exit_code, 0) << id;
  }
  std::string damaged = ReadAll(proof);
  damaged[damaged.size() / 2] = damaged[damaged.size() / 2] == 'A' ? 'B' : 'A';
  WriteAll(proof, damaged);
  EXPECT_EQ(Run({"verify", proof, "--trust", vkey}).exit_code, 6);
  const std::string report = ExpectJson({"log", "--ledger", ledger_})["entries"][1]["report_id"];
  EXPECT_EQ(Run({"history", report, "--proof", proof, "--ledger", ledger_}).exit_code, 2) << "no portion of its own";
}

TEST_F(HistoryCommandTest, PrincipalsAndKeysHaveAHistory) {
  const json alice = ExpectJson({"history", "alice", "--ledger", ledger_});
  EXPECT_EQ(alice["id"], "principal:alice");
  std::vector<std::string> kinds;
  for (const json& event : alice["events"]) kinds.push_back(event["kind"]);
  EXPECT_EQ(kinds, (std::vector<std::string>{"PRINCIPAL_REGISTERED", "KEY_REGISTERED", "AUTHORED", "AUTHORED"}));
  const std::string key = alice["events"][3]["author_key_id"];
  const json history = ExpectJson({"history", key.substr(0, 12), "--ledger", ledger_});
  EXPECT_EQ(history["id"], "key:" + key);
  EXPECT_EQ(history["events"].size(), 3U);
  const json limited = ExpectJson({"history", "key:" + key, "--limit", "1", "--ledger", ledger_});
  EXPECT_EQ(limited["events"].size(), 1U);
  EXPECT_EQ(Run({"history", "principal:bob", "--ledger", ledger_}).exit_code, 3);
  EXPECT_EQ(Run({"same", "source", "alice", "European Pravda", "--ledger", ledger_}).exit_code, 3)
      << "a principal is no source";
}

TEST_F(HistoryCommandTest, TheLogIsFiltered) {
  const std::string tools = IdOf("materiel/machine-tools");
  ExpectRun({"retract", tools, "--reason", "the officials corrected themselves", "--ledger", ledger_});
  EXPECT_EQ(PositionsOf({}), (std::vector<int>{0, 1, 2}));
  EXPECT_EQ(PositionsOf({"--author", "alice", "--from", "1"}), (std::vector<int>{1, 2}));
  EXPECT_EQ(PositionsOf({"--kind", "judgement"}), (std::vector<int>{2}));
  EXPECT_EQ(PositionsOf({"--text", "CORRECTED themselves"}), (std::vector<int>{2}));
  EXPECT_EQ(PositionsOf({"--entity", tools}), (std::vector<int>{1, 2}));
  EXPECT_EQ(PositionsOf({"--entity", "iso3166:CN"}), (std::vector<int>{1}));
  EXPECT_EQ(PositionsOf({"--entity", "european pravda", "--kind", "assertion"}), (std::vector<int>{1}));
  EXPECT_EQ(PositionsOf({"--since", "2024-01-01"}), (std::vector<int>{0, 1, 2}));
  EXPECT_EQ(PositionsOf({"--until", "2024-01-01"}), (std::vector<int>{}));
  struct Case {
    int exit_code;
    Arguments arguments;
  };
  const std::vector<Case> cases = {
      {3, {"--author", "nobody"}},
      {2, {"--since", "yesterday"}},
      {2, {"--until", "12"}},
      {2, {"--follow", "--limit", "3"}},
      {2, {"--follow", "--until", "2024-01-01"}},
      {2, {"--follow", "--format", "json"}},
      {2, {"--count", "3"}},
  };
  for (const Case& test_case : cases) {
    Arguments arguments = {"log", "--ledger", ledger_};
    arguments.insert(arguments.end(), test_case.arguments.begin(), test_case.arguments.end());
    EXPECT_EQ(Run(arguments).exit_code, test_case.exit_code) << arguments[3] << " " << arguments.back();
  }
  EXPECT_NE(Run({"log", "--kind", "rumour", "--ledger", ledger_}).err.find("judgement"), std::string::npos)
      << "says which kinds there are";
}

TEST_F(HistoryCommandTest, TheLogIsFollowedAsEntriesAreRecorded) {
  const Daemon daemon({"serve", "--ledger", ledger_}, directory_);
  AwaitDaemon();
  const std::string tools = IdOf("materiel/machine-tools");
  const std::string out = directory_ + "/followed";
  const pid_t follower = Start(SWORN_BINARY,
                               {"log", "--follow", "--count", "2", "--from", "1", "--author", "alice", "--entity",
                                tools, "--format", "ndjson", "--server", Socket()},
                               out, directory_ + "/followed-err");
  // What is recorded once it has printed what was there, it hears of from the server.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (ReadAll(out).empty() && std::chrono::steady_clock::now() < deadline) Run({"version"});
  // Passes no filter.
  ExpectRun({"grade", "Reuters", "B", "--ledger", ledger_});
  ExpectRun({"dispute", tools, "--reason", "doubts", "--ledger", ledger_});
  EXPECT_EQ(WaitFor(follower), 0) << ReadAll(directory_ + "/followed-err");
  std::vector<std::string> positions;
  std::istringstream lines(ReadAll(out));
  for (std::string line; std::getline(lines, line);) positions.push_back(json::parse(line)["position"]);
  EXPECT_EQ(positions, (std::vector<std::string>{"1", "3"}));
}

TEST_F(HistoryCommandTest, AnInterruptionEndsFollowingTheLog) {
  const Daemon daemon({"serve", "--ledger", ledger_}, directory_);
  AwaitDaemon();
  const std::string out = directory_ + "/followed";
  const pid_t follower =
      Start(SWORN_BINARY, {"log", "--follow", "--server", Socket()}, out, directory_ + "/followed-err");
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (ReadAll(out).empty() && std::chrono::steady_clock::now() < deadline) Run({"version"});
  kill(follower, SIGINT);
  EXPECT_EQ(WaitFor(follower), 0) << ReadAll(directory_ + "/followed-err");
}

}  // namespace
}  // namespace sworn
