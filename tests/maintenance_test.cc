// backup, restore and fsck as an operator runs them: while reports are recorded, with damage of every kind, and killed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "ledger/journal/rocksdb/journal_damage.h"
#include "ledger/journal/test_directory.h"
#include "tests/command_line.h"

namespace sworn {
namespace {

using journal::JournalPart;
using nlohmann::json;
using ::testing::HasSubstr;

class MaintenanceTest : public CommandLine {
 protected:
  void SetUp() override {
    CommandLine::SetUp();
    ledger_ = MakeExampleLedger();
  }

  void Record() { ExpectRun({"report", kExample, "--again", "--ledger", ledger_}); }

  // Ready when it answers. Asked by its address: with --ledger another process would take the ledger first.
  void AwaitDaemon() {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (Run({"log", "--limit", "1", "--server", "unix:" + ledger_ + "/sworn.sock"}).exit_code != 0) {
      ASSERT_LT(std::chrono::steady_clock::now(), give_up) << ReadAll(In("daemon-err"));
    }
  }

  std::string In(const std::string& name) const { return directory_ + "/" + name; }
  std::string KeyFile() const { return ledger_ + "/keys/ledger.pem"; }
  std::string Journal() const { return ledger_ + "/journal"; }

  json Fsck(const Arguments& more, int exit_code) {
    Arguments arguments = {"fsck", ledger_, "--format", "json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Outcome outcome = Run(arguments);
    EXPECT_EQ(outcome.exit_code, exit_code) << outcome.out << outcome.err;
    const json parsed = json::parse(outcome.out, nullptr, false);
    EXPECT_FALSE(parsed.is_discarded()) << outcome.out << outcome.err;
    return parsed;
  }

  // Damage is named, repaired, and gone; the checkpoint is the one before.
  void ExpectRepair(const std::string& part, const std::string& root) {
    SCOPED_TRACE(part);
    const json found = Fsck({}, 6);
    EXPECT_FALSE(found["intact"]);
    EXPECT_TRUE(found["record_intact"]) << found;
    EXPECT_EQ(found["damages"][0]["of"], "derived");
    EXPECT_EQ(found["damages"][0]["part"], part) << found;
    const json repaired = Fsck({"--repair"}, 0);
    EXPECT_TRUE(repaired["damages"][0]["repaired"]);
    const json again = Fsck({}, 0);
    EXPECT_TRUE(again["damages"].empty());
    EXPECT_EQ(again["checkpoint"]["root"], root);
    ExpectRun({"audit", ledger_});
  }

  std::string ledger_;
};

TEST_F(MaintenanceTest, ABackupTakenWhileADaemonRecordsIsRestoredAndServes) {
  const Daemon daemon({"serve", "--ledger", ledger_}, directory_);
  AwaitDaemon();
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    while (!stop.load()) {
      const pid_t child = Start(
          SWORN_BINARY, {"report", kExample, "--again", "--ledger", ledger_, "--key", ledger_ + "/keys/author.pem"},
          In("writer-out"), In("writer-err"));
      EXPECT_EQ(WaitFor(child), 0) << ReadAll(In("writer-err"));
    }
  });
  const std::vector<std::string> names = {"one", "two", "three"};
  std::vector<size_t> acknowledged;
  for (const std::string& name : names) {
    acknowledged.push_back(ExpectJson({"log", "--ledger", ledger_, "--limit", "0"})["entries"].size());
    const json backup = ExpectJson({"backup", In(name), "--ledger", ledger_});
    EXPECT_THAT(backup["checkpoint"].get<std::string>(), HasSubstr("test.example/ledger"));
  }
  stop.store(true);
  writer.join();
  size_t i = 0;
  for (const std::string& name : names) {
    const std::string restored = In("restored-" + name);
    const json answer = ExpectJson({"restore", In(name), restored, "--key-file", KeyFile()});
    EXPECT_GE(answer["checkpoint"]["size"], acknowledged[i++]);
    EXPECT_TRUE(ExpectJson({"audit", restored})["intact"]);
    EXPECT_TRUE(ExpectJson({"fsck", restored})["intact"]);
    EXPECT_EQ(ExpectRun({"checkpoint", "--ledger", restored}), ReadAll(In(name) + "/checkpoint"));
  }
  ExpectRun({"report", kExample, "--again", "--ledger", In("restored-three"), "--key", ledger_ + "/keys/author.pem"});
  const json support = ExpectJson(
      {"support", "--ledger", In("restored-three"), "--from", "China", "--to", "Russia", "--lens", "officials"});
  EXPECT_EQ(support["indirect"]["status"], "REPORTED");
}

TEST_F(MaintenanceTest, ABackupIsNeverWrittenOverAnythingOrIntoTheLedger) {
  ExpectRun({"backup", In("backup"), "--ledger", ledger_});
  EXPECT_FALSE(std::filesystem::exists(In("backup/keys")));
  EXPECT_EQ(Run({"backup", In("backup"), "--ledger", ledger_}).exit_code, 5);
  EXPECT_EQ(Run({"backup", ledger_ + "/journal/backup", "--ledger", ledger_}).exit_code, 2);
  EXPECT_EQ(Run({"backup", In("no/such/place"), "--ledger", ledger_}).exit_code, 2);
  const Outcome over = Run({"restore", In("backup"), ledger_});
  EXPECT_EQ(over.exit_code, 5);
  EXPECT_THAT(over.err, HasSubstr("--published"));
}

TEST_F(MaintenanceTest, ADamagedBackupIsRefusedWhateverFileItIs) {
  ExpectRun({"backup", In("backup"), "--ledger", ledger_});
  std::vector<std::string> files = {"ledger.json", "checkpoint", "manifest.json", "journal/CURRENT"};
  for (const auto& file : std::filesystem::directory_iterator(In("backup/journal"))) {
    if (file.path().extension() == ".sst") files.push_back("journal/" + file.path().filename().string());
  }
  for (const std::string& file : files) {
    SCOPED_TRACE(file);
    const std::string path = In("backup/" + file);
    const auto middle = static_cast<std::streamoff>(std::filesystem::file_size(path) / 2);
    // The tables are shared with the ledger, which must not be damaged.
    std::filesystem::copy_file(path, In("copy"));
    std::filesystem::rename(In("copy"), path);
    journal::FlipByte(path, middle);
    EXPECT_EQ(Run({"restore", In("backup"), In("restored")}).exit_code, 6);
    EXPECT_FALSE(std::filesystem::exists(In("restored")));
    EXPECT_FALSE(std::filesystem::exists(In("restored.partial")));
    journal::FlipByte(path, middle);
  }
  ExpectRun({"restore", In("backup"), In("restored")});
}

TEST_F(MaintenanceTest, AnInterruptedBackupDoesNotPassForOne) {
  ExpectRun({"backup", In("backup"), "--ledger", ledger_});
  std::filesystem::remove(In("backup/manifest.json"));
  EXPECT_EQ(Run({"restore", In("backup"), In("restored")}).exit_code, 3);
}

TEST_F(MaintenanceTest, RollingBackIsRefusedUnlessToldSo) {
  ExpectRun({"backup", In("backup"), "--ledger", ledger_});
  Record();
  std::filesystem::rename(ledger_, In("before"));
  const Arguments restore = {"restore",
                             In("backup"),
                             ledger_,
                             "--published",
                             In("before/checkpoint"),
                             "--key-file",
                             In("before/keys/ledger.pem")};
  const Outcome refused = Run(restore);
  EXPECT_EQ(refused.exit_code, 5);
  EXPECT_THAT(refused.err, HasSubstr("positions 2 to 2"));
  EXPECT_FALSE(std::filesystem::exists(ledger_));
  Arguments accept = restore;
  accept.push_back("--accept-rollback");
  const Outcome accepted = Run(accept);
  EXPECT_EQ(accepted.exit_code, 0) << accepted.err;
  EXPECT_THAT(accepted.err, HasSubstr("forked"));
  EXPECT_EQ(ExpectJson({"log", "--ledger", ledger_})["entries"].size(), 2U);
}

TEST_F(MaintenanceTest, WhatThisUserHasSeenIsPublished) {
  ExpectRun({"backup", In("backup"), "--ledger", ledger_});
  Record();
  const std::string vkey = ExpectRun({"checkpoint", "--vkey", "--ledger", ledger_});
  ExpectRun({"checkpoint", "--pin", vkey.substr(0, vkey.size() - 1), "--ledger", ledger_});
  ExpectRun({"checkpoint", "--ledger", ledger_});
  const Outcome refused = Run({"restore", In("backup"), In("restored")});
  EXPECT_EQ(refused.exit_code, 5) << refused.err;
  EXPECT_THAT(refused.err, HasSubstr("seen by this user"));
}

TEST_F(MaintenanceTest, EveryDerivedThingIsRepaired) {
  for (int i = 0; i < 3; ++i) Record();
  const std::string root = Fsck({}, 0)["checkpoint"]["root"];
  ASSERT_TRUE(journal::DeleteRow(Journal(), JournalPart::kNodes, 1).ok());
  ExpectRepair("node", root);
  ASSERT_TRUE(journal::GarbleRow(Journal(), JournalPart::kNodes, 2).ok());
  ExpectRepair("node", root);
  ASSERT_TRUE(journal::DeleteRow(Journal(), JournalPart::kIds, 5).ok());
  ExpectRepair("id index", root);
  ASSERT_TRUE(journal::GarbleRow(Journal(), JournalPart::kRequests, 1).ok());
  ExpectRepair("request index", root);
  ASSERT_TRUE(journal::DeleteRow(Journal(), JournalPart::kRegistry, 0).ok());
  ExpectRepair("registry index", root);
  std::filesystem::remove(ledger_ + "/checkpoint");
  ExpectRepair("guard", root);
}

TEST_F(MaintenanceTest, ViewsAreFoldedAnew) {
  const std::string root = Fsck({}, 0)["checkpoint"]["root"];
  const json before = ExpectJson({"support", "--ledger", ledger_, "--from", "China", "--to", "Russia"});
  std::string largest;
  for (const auto& file : std::filesystem::directory_iterator(ledger_ + "/views")) {
    const bool larger = largest.empty() || file.file_size() > std::filesystem::file_size(largest);
    if (file.is_regular_file() && larger) largest = file.path().string();
  }
  journal::FlipByte(largest, static_cast<std::streamoff>(std::filesystem::file_size(largest) / 2));
  std::filesystem::remove(ledger_ + "/views/CURRENT");
  ExpectRepair("view", root);
  EXPECT_EQ(ExpectJson({"support", "--ledger", ledger_, "--from", "China", "--to", "Russia"}), before);
}

TEST_F(MaintenanceTest, TablesOfWhatIsDerivedMayBeGone) {
  const std::string root = Fsck({}, 0)["checkpoint"]["root"];
  for (const JournalPart part : {JournalPart::kNodes, JournalPart::kIds}) {
    const auto files = journal::TableFilesOf(Journal(), part);
    ASSERT_TRUE(files.ok()) << files.status();
    std::filesystem::remove(files->front());
    ExpectRepair("storage", root);
  }
}

TEST_F(MaintenanceTest, WhatIsSignedIsNamedAndTheBackupHelps) {
  ExpectRun({"backup", In("backup"), "--ledger", ledger_});
  const std::string root = Fsck({}, 0)["checkpoint"]["root"];
  for (const auto& [part, name] :
       {std::pair(JournalPart::kEntries, "entry"), std::pair(JournalPart::kPortions, "portion"),
        std::pair(JournalPart::kCheckpoint, "checkpoint")}) {
    SCOPED_TRACE(name);
    ASSERT_TRUE(journal::GarbleRow(Journal(), part, 0).ok());
    for (const Arguments& more : {Arguments{}, Arguments{"--repair"}}) {
      const json found = Fsck(more, 6);
      EXPECT_FALSE(found["record_intact"]);
      EXPECT_EQ(found["damages"][0]["of"], "signed");
      EXPECT_EQ(found["damages"][0]["part"], name) << found;
      EXPECT_FALSE(found["damages"][0]["repaired"]);
    }
    const std::string before = In(std::string("before-") + name);
    std::filesystem::rename(ledger_, before);
    ExpectRun({"restore", In("backup"), ledger_, "--published", before + "/checkpoint", "--key-file",
               before + "/keys/ledger.pem"});
    EXPECT_EQ(Fsck({}, 0)["checkpoint"]["root"], root);
  }
}

TEST_F(MaintenanceTest, RepairIsRefusedWhileADaemonHoldsTheLedger) {
  const Daemon daemon({"serve", "--ledger", ledger_}, directory_);
  AwaitDaemon();
  EXPECT_TRUE(Fsck({}, 0)["intact"]);
  const Outcome refused = Run({"fsck", ledger_, "--repair"});
  EXPECT_EQ(refused.exit_code, 4) << refused.err;
}

// Runs a command until a file appears, then kills it. What matters is what a kill leaves, whenever it comes.
void KillOnceThereIs(const std::string& path, const Arguments& arguments, const std::string& scratch) {
  const pid_t child = Start(SWORN_BINARY, arguments, scratch + "/killed-out", scratch + "/killed-err");
  int status = 0;
  while (!std::filesystem::exists(path)) {
    if (waitpid(child, &status, WNOHANG) == child) return;
  }
  kill(child, SIGKILL);
  WaitFor(child);
}

TEST_F(MaintenanceTest, AKilledRepairCanBeRepeated) {
  for (int i = 0; i < 3; ++i) Record();
  const std::string root = Fsck({}, 0)["checkpoint"]["root"];
  const std::string rebuilding = ledger_ + "/journal.rebuilding";
  for (const std::string& reached : {rebuilding, rebuilding + "/CURRENT", rebuilding + "/LOCK"}) {
    SCOPED_TRACE(reached);
    ASSERT_TRUE(journal::DeleteRow(Journal(), JournalPart::kNodes, 1).ok());
    KillOnceThereIs(reached, {"fsck", ledger_, "--repair"}, directory_);
    Fsck({"--repair"}, 0);
    EXPECT_EQ(Fsck({}, 0)["checkpoint"]["root"], root);
    ExpectRun({"audit", ledger_});
  }
}

TEST_F(MaintenanceTest, AKilledBackupLeavesNothingThatLooksWhole) {
  KillOnceThereIs(In("backup.partial"), {"backup", In("backup"), "--ledger", ledger_}, directory_);
  if (std::filesystem::exists(In("backup"))) GTEST_SKIP() << "it was done before it could be killed";
  ASSERT_TRUE(std::filesystem::exists(In("backup.partial")));
  const Outcome again = Run({"backup", In("backup"), "--ledger", ledger_});
  EXPECT_EQ(again.exit_code, 5);
  EXPECT_THAT(again.err, HasSubstr("delete it"));
  std::filesystem::remove_all(In("backup.partial"));
  ExpectRun({"backup", In("backup"), "--ledger", ledger_});
}

}  // namespace
}  // namespace sworn
