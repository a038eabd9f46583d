// Ledgers that grow, that are rolled back and that fork, as `sworn checkpoint` and the commands that take receipts and
// proofs see them: through the directory and through a daemon.
#include <map>
#include <memory>
#include <vector>

#include "tests/command_line.h"

namespace sworn {
namespace {

using nlohmann::json;

enum class Reach { kDirectory, kDaemon };

class ConsistencyTest : public CommandLine, public testing::WithParamInterface<Reach> {
 protected:
  void SetUp() override {
    CommandLine::SetUp();
    ledger_ = MakeExampleLedger();
    vkey_ = FirstLine(ExpectRun({"checkpoint", "--vkey", "--ledger", ledger_}));
  }
  void TearDown() override {
    daemons_.clear();
    CommandLine::TearDown();
  }

  static std::string FirstLine(const std::string& text) { return text.substr(0, text.find('\n')); }

  // The options that lead to the ledger in `directory`; starts its daemon where one is wanted.
  Arguments To(const std::string& directory) {
    if (GetParam() == Reach::kDirectory) return {"--ledger", directory};
    const std::string address = "unix:" + directory + "/test.sock";
    if (!daemons_.contains(directory)) {
      daemons_[directory] =
          std::make_unique<Daemon>(Arguments{"serve", "--ledger", directory, "--listen", address}, directory_);
      const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(60);
      while (Run({"log", "--server", address}).exit_code != 0) {
        EXPECT_LT(std::chrono::steady_clock::now(), give_up) << ReadAll(directory_ + "/daemon-err");
        if (HasFailure()) break;
      }
    }
    return {"--server", address, "--key", ledger_ + "/keys/author.pem"};
  }

  Outcome RunAt(const std::string& directory, Arguments arguments) {
    const Arguments to = To(directory);
    arguments.insert(arguments.end(), to.begin(), to.end());
    return Run(arguments);
  }
  std::string ExpectRunAt(const std::string& directory, const Arguments& arguments) {
    const Outcome outcome = RunAt(directory, arguments);
    EXPECT_EQ(outcome.exit_code, 0) << arguments.front() << ": " << outcome.err;
    return outcome.out;
  }

  void Grow(const std::string& directory) { ExpectRunAt(directory, {"report", kExample, "--again"}); }

  std::string CopyOf(const std::string& directory, const std::string& name) {
    const std::string copy = directory_ + "/" + name;
    std::filesystem::copy(directory, copy, std::filesystem::copy_options::recursive);
    return copy;
  }

  std::string Save(const std::string& name, const std::string& content) {
    const std::string path = directory_ + "/" + name;
    WriteAll(path, content);
    return path;
  }

  std::vector<std::string> Evidence() const {
    std::vector<std::string> found;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(directory_ + "/state/sworn/evidence", error)) {
      found.push_back(entry.path().string());
    }
    return found;
  }

  bool AnythingIsPinned() const { return std::filesystem::exists(directory_ + "/state/sworn/origins"); }

  // A refusal with nothing on standard output, that names the evidence it kept.
  void ExpectRefused(const Outcome& outcome, const std::string& why, const std::string& seen) {
    EXPECT_EQ(outcome.exit_code, 6) << outcome.err;
    EXPECT_EQ(outcome.out, "");
    EXPECT_NE(outcome.err.find(why), std::string::npos) << outcome.err;
    const std::vector<std::string> evidence = Evidence();
    ASSERT_EQ(evidence.size(), 1U);
    EXPECT_NE(outcome.err.find(evidence[0] + "/seen.note"), std::string::npos) << outcome.err;
    EXPECT_NE(outcome.err.find(evidence[0] + "/offered.note"), std::string::npos) << outcome.err;
    EXPECT_EQ(ReadAll(evidence[0] + "/seen.note"), seen);
    EXPECT_FALSE(ReadAll(evidence[0] + "/offered.note").empty());
    std::filesystem::remove_all(directory_ + "/state/sworn/evidence");
  }

  std::string ledger_;
  std::string vkey_;
  std::map<std::string, std::unique_ptr<Daemon>> daemons_;
};

INSTANTIATE_TEST_SUITE_P(Reaches, ConsistencyTest, testing::Values(Reach::kDirectory, Reach::kDaemon),
                         [](const testing::TestParamInfo<Reach>& reach) {
                           return reach.param == Reach::kDirectory ? "Directory" : "Daemon";
                         });

TEST_P(ConsistencyTest, NothingIsPinnedUnlessAsked) {
  const std::string old = CopyOf(ledger_, "old");
  Grow(ledger_);
  const Outcome outcome = RunAt(ledger_, {"checkpoint"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.out.substr(0, outcome.out.find('\n')), "test.example/ledger");
  EXPECT_NE(outcome.err.find("nothing was checked"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("--pin"), std::string::npos) << outcome.err;
  EXPECT_FALSE(AnythingIsPinned());
  EXPECT_EQ(RunAt(old, {"checkpoint"}).exit_code, 0) << "nobody was told to remember";
}

TEST_P(ConsistencyTest, APinnedLedgerMayGrowAndNotShrink) {
  const std::string old = CopyOf(ledger_, "old");
  Grow(ledger_);
  const Outcome first = RunAt(ledger_, {"checkpoint", "--trust-on-first-use"});
  EXPECT_EQ(first.exit_code, 0) << first.err;
  EXPECT_NE(first.err.find(vkey_), std::string::npos) << first.err;
  Grow(ledger_);
  const Outcome second = RunAt(ledger_, {"checkpoint"});
  EXPECT_EQ(second.exit_code, 0) << second.err;
  EXPECT_EQ(second.err, "") << "it was checked";
  ExpectRefused(RunAt(old, {"checkpoint"}), "older than the one of 4 entries already seen", second.out);
  EXPECT_EQ(RunAt(ledger_, {"checkpoint"}).out, second.out) << "the right one is still accepted";
}

TEST_P(ConsistencyTest, ReceiptsAndProofsAreRememberedToo) {
  const std::string old = CopyOf(ledger_, "old");
  ExpectRunAt(ledger_, {"checkpoint", "--pin", Save("ledger.vkey", vkey_ + "\n")});
  const std::string id = json::parse(ExpectRunAt(ledger_, {"claims", "--format", "json"}))["claims"][0]["id"];
  Grow(ledger_);
  const std::string seen = ReadAll(directory_ + "/state/sworn/origins/test.example%2fledger/checkpoint.note");
  EXPECT_EQ(seen, ExpectRunAt(ledger_, {"checkpoint"}));
  ExpectRefused(RunAt(old, {"checkpoint"}), "older", seen);
  ExpectRefused(RunAt(old, {"prove", id}), "older", seen);
  ExpectRefused(RunAt(old, {"report", kExample}), "older", seen);
}

TEST_P(ConsistencyTest, AForkIsRefused) {
  const std::string fork = CopyOf(ledger_, "fork");
  Grow(ledger_);
  Grow(fork);
  const std::string seen = ExpectRunAt(ledger_, {"checkpoint", "--pin", vkey_});
  ExpectRefused(RunAt(fork, {"checkpoint"}), "different roots", seen);
  Grow(ledger_);
  const std::string longer = ExpectRunAt(ledger_, {"checkpoint"});
  std::filesystem::remove_all(directory_ + "/state");
  // The fork is the one that was pinned first now, and longer.
  const std::string shorter = ExpectRunAt(fork, {"checkpoint", "--pin", vkey_});
  ExpectRefused(RunAt(ledger_, {"checkpoint"}), "do not continue", shorter);
  ExpectRefused(RunAt(ledger_, {"report", kExample, "--again"}), "do not continue", shorter);
  EXPECT_NE(longer, shorter);
}

TEST_P(ConsistencyTest, AnotherKeyOfTheSameOriginIsRefusedBeforeAnythingIsSent) {
  const std::string seen = ExpectRunAt(ledger_, {"checkpoint", "--pin", vkey_});
  const std::string stranger = directory_ + "/stranger";
  ExpectRun({"init", stranger, "--origin", "test.example/ledger", "--author", "alice", "--key",
             ledger_ + "/keys/author.pem"});
  ExpectRefused(RunAt(stranger, {"checkpoint"}), "not signed by the pinned key", seen);
  ExpectRefused(RunAt(stranger, {"checkpoint", "--vkey"}), "not signed by the pinned key", seen);
  Arguments report = {"report", kExample};
  if (GetParam() == Reach::kDirectory) report.insert(report.end(), {"--key", ledger_ + "/keys/author.pem"});
  ExpectRefused(RunAt(stranger, report), "not signed by the pinned key", seen);
  EXPECT_EQ(json::parse(ExpectRunAt(stranger, {"log", "--format", "json"}))["entries"].size(), 1U);
}

TEST_P(ConsistencyTest, AKeyThatIsNotTheLedgersIsNotPinned) {
  const std::string stranger = directory_ + "/stranger";
  ExpectRun({"init", stranger, "--origin", "test.example/ledger"});
  const std::string strange = FirstLine(ExpectRun({"checkpoint", "--vkey", "--ledger", stranger}));
  const Outcome outcome = RunAt(ledger_, {"checkpoint", "--pin", strange});
  EXPECT_EQ(outcome.exit_code, 6) << outcome.err;
  EXPECT_EQ(outcome.out, "");
  EXPECT_FALSE(AnythingIsPinned());
  EXPECT_EQ(RunAt(ledger_, {"checkpoint", "--pin", "nonsense+x"}).exit_code, 2);
  EXPECT_EQ(RunAt(ledger_, {"checkpoint", "--pin", vkey_, "--trust-on-first-use"}).exit_code, 2);
}

TEST_P(ConsistencyTest, SinceShowsThatTheLogOnlyGrew) {
  const std::string old_note = Save("old.note", ExpectRun({"checkpoint", "--ledger", ledger_}));
  const Outcome same = RunAt(ledger_, {"checkpoint", "--since", old_note, "--trust", vkey_});
  EXPECT_EQ(same.exit_code, 0) << same.err;
  EXPECT_NE(same.out.find("the log of 2 entries is the same"), std::string::npos) << same.out;
  for (int i = 0; i < 3; ++i) Grow(ledger_);
  const std::string table = ExpectRunAt(ledger_, {"checkpoint", "--since", old_note, "--trust", vkey_});
  EXPECT_NE(table.find("the log of 5 entries continues the one of 2"), std::string::npos) << table;
  const json shown = json::parse(
      ExpectRunAt(ledger_, {"checkpoint", "--since", old_note, "--trust", Save("vkey", vkey_), "--format", "json"}));
  EXPECT_EQ(shown["consistent"], true);
  EXPECT_EQ(shown["origin"], "test.example/ledger");
  EXPECT_EQ(shown["old_size"], 2);
  EXPECT_EQ(shown["new_size"], 5);
  EXPECT_EQ(shown["old_checkpoint"], ReadAll(old_note));
  EXPECT_FALSE(shown["path"].empty());
  EXPECT_FALSE(AnythingIsPinned());
}

TEST_P(ConsistencyTest, ProofsBetweenAnyTwoSizesArePrinted) {
  for (int i = 0; i < 3; ++i) Grow(ledger_);
  const json whole = json::parse(ExpectRunAt(ledger_, {"checkpoint", "--consistency", "3", "--format", "json"}));
  EXPECT_EQ(whole["new_size"], "5");
  EXPECT_EQ(whole["path"].size(), 4U) << "RFC 6962, section 2.1.3: from 3 leaves to 5";
  EXPECT_EQ(whole["checkpoint"], ExpectRunAt(ledger_, {"checkpoint"}));
  const std::string lines = ExpectRunAt(ledger_, {"checkpoint", "--consistency", "2:4"});
  EXPECT_EQ(lines.size(), 45U) << "one node, in base64: " << lines;
  EXPECT_EQ(ExpectRunAt(ledger_, {"checkpoint", "--consistency", "4:4"}), "");
  const std::vector<std::pair<int, std::string>> refused = {{4, "4:3"}, {4, "2:6"}, {4, "6"},
                                                            {2, "x"},   {2, "2:"},  {2, "-1:2"}};
  for (const auto& [exit_code, sizes] : refused) {
    const Outcome outcome = RunAt(ledger_, {"checkpoint", "--consistency=" + sizes});
    EXPECT_EQ(outcome.exit_code, exit_code) << sizes << ": " << outcome.err;
    EXPECT_EQ(outcome.out, "");
  }
}

TEST_P(ConsistencyTest, SinceNeedsAKeyThatIsTrusted) {
  const std::string old_note = Save("old.note", ExpectRun({"checkpoint", "--ledger", ledger_}));
  const Outcome bare = RunAt(ledger_, {"checkpoint", "--since", old_note});
  EXPECT_EQ(bare.exit_code, GetParam() == Reach::kDirectory ? 0 : 2) << "the key in the directory is the ledger's own";
  ExpectRunAt(ledger_, {"checkpoint", "--pin", vkey_});
  ExpectRunAt(ledger_, {"checkpoint", "--since", old_note});
}

TEST_P(ConsistencyTest, SinceRefusesWhatDidNotGrow) {
  const std::string old = CopyOf(ledger_, "old");
  const std::string fork = CopyOf(ledger_, "fork");
  Grow(ledger_);
  Grow(fork);
  Grow(fork);
  const std::string note = ExpectRunAt(ledger_, {"checkpoint"});
  const Arguments since = {"checkpoint", "--since", Save("note", note), "--trust", vkey_};
  ExpectRefused(RunAt(old, since), "older than the one of 3 entries already seen", note);
  ExpectRefused(RunAt(fork, since), "do not continue", note);
  std::string forged = note;
  forged[forged.size() - 5] = forged[forged.size() - 5] == 'A' ? 'B' : 'A';
  const Outcome outcome = RunAt(ledger_, {"checkpoint", "--since", Save("forged", forged), "--trust", vkey_});
  EXPECT_EQ(outcome.exit_code, 6) << outcome.err;
  EXPECT_EQ(RunAt(ledger_, {"checkpoint", "--since", directory_ + "/none", "--trust", vkey_}).exit_code, 3);
}

}  // namespace
}  // namespace sworn
