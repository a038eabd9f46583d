// The built `sworn` as a user runs it, on the example of the design: record, ask, retract, prove, verify, audit, serve.
#include <map>

#include "tests/command_line.h"

namespace sworn {
namespace {

using nlohmann::json;

class CliTest : public CommandLine {
 protected:
  void SetUp() override {
    CommandLine::SetUp();
    ledger_ = MakeExampleLedger();
  }

  json Support(const Arguments& more) {
    Arguments arguments = {"support", "--ledger", ledger_, "--from", "China", "--to", "Russia", "--lens", "officials"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return ExpectJson(arguments);
  }

  static json Row(const json& side, const std::string& category) {
    for (const json& row : side["rows"]) {
      if (row["category"] == category) return row;
    }
    return {};
  }

  std::string MachineToolsId() {
    const json row = Row(Support({})["indirect"], "materiel/machine-tools");
    return row.is_null() ? "" : row["assertion_ids"][0].get<std::string>();
  }

  std::string ledger_;
};

TEST_F(CliTest, SupportTellsWhatTheArticleAmountsTo) {
  const json support = Support({});
  EXPECT_EQ(support["from"], "China");
  EXPECT_EQ(support["to"], "Russia");
  EXPECT_EQ(support["lens"]["name"], "officials");
  EXPECT_EQ(support["as_of"]["position"], "1");
  EXPECT_EQ(support["direct"]["status"], "NO_EVIDENCE_FOUND");
  EXPECT_EQ(support["indirect"]["status"], "REPORTED");
  const json direct = Row(support["direct"], "military/direct");
  EXPECT_EQ(direct["affirms"], 0);
  EXPECT_EQ(direct["finds_no_evidence"], 1);
  const json tools = Row(support["indirect"], "materiel/machine-tools");
  EXPECT_EQ(tools["affirms"], 1);
  EXPECT_EQ(tools["independent_origins"], json({{"min", 1}, {"max", 1}}));
  EXPECT_EQ(tools["hinges"], json({"two US officials", "European Pravda", "the article"}));
  EXPECT_EQ(Row(support["indirect"], "materiel/microelectronics")["origins"], json({{"min", 0}, {"max", 1}}));
}

TEST_F(CliTest, TheTableSaysTheSame) {
  const std::string table = ExpectRun({"--ledger", ledger_, "support", "--from", "China", "--to", "Russia"});
  EXPECT_NE(table.find("DIRECT: NO_EVIDENCE_FOUND"), std::string::npos) << table;
  EXPECT_NE(table.find("INDIRECT: REPORTED"), std::string::npos) << table;
  EXPECT_NE(table.find("materiel/machine-tools"), std::string::npos) << table;
  EXPECT_EQ(table.find('\x1b'), std::string::npos) << "no colours where it is no terminal";
}

TEST_F(CliTest, ASecondChannelFreesEuropeanPravda) {
  ExpectRun({"report", SWORN_EXAMPLES "/reuters-direct.yaml", "--ledger", ledger_});
  const json tools = Row(Support({})["indirect"], "materiel/machine-tools");
  EXPECT_EQ(tools["affirms"], 2);
  EXPECT_EQ(tools["independent_origins"], json({{"min", 1}, {"max", 1}}));
  EXPECT_EQ(tools["hinges"], json({"two US officials"}));
}

TEST_F(CliTest, RetractionChangesNowAndNotBefore) {
  const std::string id = MachineToolsId();
  const json before = Support({});
  ExpectRun({"retract", id, "--reason", "the officials corrected themselves", "--ledger", ledger_});
  const json now = Support({});
  EXPECT_EQ(now["as_of"]["position"], "2");
  const json row = Row(now["indirect"], "materiel/machine-tools");
  EXPECT_TRUE(row.is_null() || row["status"] == "UNREPORTED") << row;
  EXPECT_EQ(Support({"--as-of", "1"}), before);
  const json history = ExpectJson({"history", id, "--ledger", ledger_});
  EXPECT_NE(history.dump().find("the officials corrected themselves"), std::string::npos);
}

TEST_F(CliTest, TheSameFileIsRecordedOnce) {
  const Outcome again = Run({"report", kExample, "--ledger", ledger_, "--format", "json"});
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_NE(again.err.find("already recorded"), std::string::npos) << again.err;
  EXPECT_EQ(json::parse(again.out)["receipt"]["position"], "1");
  ExpectRun({"report", kExample, "--again", "--ledger", ledger_});
  EXPECT_EQ(ExpectJson({"log", "--ledger", ledger_})["entries"].size(), 3U);
  EXPECT_TRUE(std::filesystem::is_empty(ledger_ + "/outbox")) << "definite answers leave nothing behind";
}

TEST_F(CliTest, ADryRunSignsNothing) {
  const json portions = ExpectJson({"report", "--dry-run", kExample});
  EXPECT_FALSE(portions["portions"].empty());
  EXPECT_EQ(ExpectJson({"log", "--ledger", ledger_})["entries"].size(), 2U);
}

TEST_F(CliTest, AProofIsVerifiedWithoutTheLedgerAndATamperedOneIsNot) {
  const std::string proof = directory_ + "/claim.tlog-proof";
  const std::string vkey_file = directory_ + "/ledger.vkey";
  ExpectRun({"prove", MachineToolsId(), "-o", proof, "--ledger", ledger_});
  const std::string vkey = ExpectRun({"checkpoint", "--vkey", "--ledger", ledger_});
  WriteAll(vkey_file, vkey);
  std::filesystem::rename(ledger_, ledger_ + ".away");
  EXPECT_TRUE(ExpectJson({"verify", proof, "--trust", vkey_file})["passed"]);
  EXPECT_TRUE(ExpectJson({"verify", proof, "--trust", vkey.substr(0, vkey.size() - 1)})["passed"]);

  const std::string good = ReadAll(proof);
  for (size_t place : {good.size() / 3, good.size() / 2, good.size() - 10}) {
    std::string bad = good;
    bad[place] = bad[place] == 'A' ? 'B' : 'A';
    WriteAll(proof, bad);
    const Outcome outcome = Run({"verify", proof, "--trust", vkey_file, "--format", "json"});
    EXPECT_EQ(outcome.exit_code, 6) << place;
    const json verification = json::parse(outcome.out);
    EXPECT_FALSE(verification["passed"]);
    EXPECT_NE(outcome.err.find(verification["failed_step"].get<std::string>()), std::string::npos) << outcome.err;
  }
  std::filesystem::rename(ledger_ + ".away", ledger_);
}

TEST_F(CliTest, AStrangersKeyVerifiesNothing) {
  const std::string other = directory_ + "/other";
  const std::string proof = directory_ + "/claim.tlog-proof";
  ExpectRun({"init", other, "--origin", "test.example/ledger"});
  ExpectRun({"prove", MachineToolsId(), "-o", proof, "--ledger", ledger_});
  const std::string vkey = ExpectRun({"checkpoint", "--vkey", "--ledger", other});
  EXPECT_EQ(Run({"verify", proof, "--trust", vkey.substr(0, vkey.size() - 1)}).exit_code, 6);
}

TEST_F(CliTest, TraceLeadsToTheOrigins) {
  const std::string tree = ExpectRun({"trace", MachineToolsId().substr(0, 12), "--ledger", ledger_});
  for (const char* source : {"the article", "European Pravda", "Reuters", "Associated Press", "two US officials"}) {
    EXPECT_NE(tree.find(source), std::string::npos) << source << " is missing in\n" << tree;
  }
  EXPECT_NE(tree.find("origin"), std::string::npos);
}

TEST_F(CliTest, AnIntactLedgerPassesItsAuditAndAFlippedByteDoesNot) {
  ExpectRun({"support", "--from", "China", "--to", "Russia", "--ledger", ledger_});
  const json audit = ExpectJson({"audit", ledger_});
  EXPECT_TRUE(audit["intact"]) << audit;
  EXPECT_EQ(audit["entries"], 2);
  EXPECT_TRUE(audit["views_compared"]);

  std::filesystem::path largest;
  for (const auto& file : std::filesystem::directory_iterator(ledger_ + "/journal")) {
    const std::string extension = file.path().extension();
    if (extension != ".log" && extension != ".sst") continue;
    if (largest.empty() || file.file_size() > std::filesystem::file_size(largest)) largest = file.path();
  }
  ASSERT_FALSE(largest.empty());
  std::string bytes = ReadAll(largest);
  bytes[bytes.size() / 3] ^= 1;
  WriteAll(largest, bytes);
  const Outcome damaged = Run({"audit", ledger_, "--format", "json"});
  EXPECT_EQ(damaged.exit_code, 6) << damaged.out << damaged.err;
  EXPECT_FALSE(json::parse(damaged.out)["findings"].empty()) << damaged.out;
}

TEST_F(CliTest, ADaemonAnswersLikeTheLedgerItself) {
  const std::string address = "unix:" + directory_ + "/daemon.sock";
  const json before = Support({});
  Daemon daemon({"serve", "--ledger", ledger_, "--listen", address}, directory_);
  // Ready when it answers: each attempt waits for the connection as long as it is refused at once.
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (Run({"checkpoint", "--server", address}).exit_code != 0) {
    ASSERT_LT(std::chrono::steady_clock::now(), give_up) << ReadAll(directory_ + "/daemon-err");
  }
  EXPECT_EQ(Support({}), before) << "--ledger finds the daemon that holds it";
  const Arguments question = {"support", "--from", "China", "--to", "Russia", "--lens", "officials"};
  Arguments remote = question;
  remote.insert(remote.end(), {"--server", address});
  EXPECT_EQ(ExpectJson(remote), before);

  const std::string key = ledger_ + "/keys/author.pem";
  ExpectRun({"retract", Row(before["indirect"], "materiel/machine-tools")["assertion_ids"][0], "--reason", "test",
             "--server", address, "--key", key});
  EXPECT_EQ(ExpectJson(remote), Support({}));
  EXPECT_EQ(ExpectJson(remote)["as_of"]["position"], "2");
  EXPECT_EQ(daemon.Stop(SIGTERM), 0);
  EXPECT_EQ(Support({})["as_of"]["position"], "2");
  EXPECT_TRUE(ExpectJson({"audit", ledger_})["intact"]);
}

TEST_F(CliTest, KeysOfOthersMayBeRegistered) {
  const std::string key = directory_ + "/bob.pem";
  const std::string notes = directory_ + "/notes.yaml";
  ExpectRun({"keygen", key, "--algorithm", "p256"});
  WriteAll(notes, ReadAll(kExample) + "\n# in Bob's words\n");
  EXPECT_EQ(Run({"report", notes, "--ledger", ledger_, "--key", key}).exit_code, 4) << "nobody knows the key yet";
  ExpectRun({"key", "add", key + ".pub", "--principal", "bob", "--ledger", ledger_});
  ExpectRun({"report", notes, "--ledger", ledger_, "--key", key});
  EXPECT_EQ(ExpectJson({"log", "--from", "3", "--ledger", ledger_})["entries"][0]["author"], "bob");
  const std::string second = directory_ + "/bob2.pem";
  ExpectRun({"keygen", second});
  ExpectRun({"key", "add", second + ".pub", "--principal", "bob", "--ledger", ledger_});
  const json keys = ExpectJson({"key", "list", "--ledger", ledger_});
  std::map<std::string, int> keys_of;
  for (const json& registered : keys["keys"]) ++keys_of[registered["principal"].get<std::string>()];
  EXPECT_EQ(keys_of["bob"], 2);
}

TEST_F(CliTest, KeysMayBeEncrypted) {
  const std::string key = directory_ + "/carol.pem";
  const std::string passphrase = directory_ + "/passphrase";
  WriteAll(passphrase, "correct horse\n");
  ExpectRun({"keygen", key, "--passphrase-file", passphrase});
  EXPECT_NE(ReadAll(key).find("BEGIN ENCRYPTED PRIVATE KEY"), std::string::npos);
  ExpectRun({"key", "add", key + ".pub", "--principal", "carol", "--ledger", ledger_});
  const std::string notes = directory_ + "/notes.yaml";
  WriteAll(notes, ReadAll(kExample) + "\n# in Carol's words\n");
  ExpectRun({"report", notes, "--ledger", ledger_, "--key", key, "--passphrase-file", passphrase});
  WriteAll(passphrase, "wrong\n");
  EXPECT_EQ(Run({"report", kExample, "--ledger", ledger_, "--key", key, "--passphrase-file", passphrase}).exit_code, 1);
}

TEST_F(CliTest, ExitCodesTellWhatHappened) {
  const std::string unmarked = directory_ + "/unmarked.yaml";
  WriteAll(unmarked, "report: x\nentities:\n  A: {kind: country}\n");
  const std::vector<std::pair<int, Arguments>> cases = {
      {0, {"--help"}},
      {0, {"--version"}},
      {0, {"version"}},
      {0, {"support", "--help"}},
      {2, {}},
      {2, {"suport"}},
      {2, {"support", "--ledger", ledger_}},
      {2, {"log"}},
      {2, {"log", "--ledger", ledger_, "--server", "127.0.0.1:1"}},
      {2, {"support", "--ledger", ledger_, "--from", "China", "--to", "Russia", "--as-of", "soon"}},
      {3, {"show", "0123456789ab", "--ledger", ledger_}},
      {3, {"support", "--ledger", ledger_, "--from", "Atlantis", "--to", "Russia"}},
      {3, {"log", "--ledger", directory_ + "/none"}},
      {3, {"verify", directory_ + "/none", "--trust", directory_ + "/none"}},
      {4, {"report", unmarked, "--ledger", ledger_}},
      {5, {"init", ledger_, "--origin", "test.example/ledger"}},
      {7, {"log", "--server", "unix:" + directory_ + "/none.sock"}},
      {7, {"log", "--server", "127.0.0.1:1"}},
  };
  for (const auto& [expected, arguments] : cases) {
    const Outcome outcome = Run(arguments);
    EXPECT_EQ(outcome.exit_code, expected) << (arguments.empty() ? "" : arguments.front()) << ": " << outcome.err;
    if (expected == 0) continue;
    EXPECT_EQ(outcome.out, "") << "only data goes to standard output";
    EXPECT_NE(outcome.err, "");
  }
}

TEST_F(CliTest, CompletionsKnowTheCommands) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const std::string script = ExpectRun({"completions", shell});
    for (const char* word : {"support", "contains-nothing-like-this", "import", "stix", "valid-at"}) {
      EXPECT_EQ(script.find(word) != std::string::npos, std::string(word) != "contains-nothing-like-this")
          << shell << " " << word;
    }
  }
}

}  // namespace
}  // namespace sworn
