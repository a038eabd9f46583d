#include "ledger/log/backup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "ledger/log/durable_file.h"
#include "ledger/log/restore.h"
#include "ledger/log/test_ledger.h"
#include "ledger/merkle/checkpoint.h"
#include "ledger/model/refusal.h"

namespace sworn::log {
namespace {

using ::testing::HasSubstr;

absl::Status Wanted() { return absl::OkStatus(); }

class BackupTest : public ::testing::Test {
 protected:
  void Record(Log& log, const std::string& name) const {
    const absl::StatusOr<Appended> appended =
        log.AppendAndWait(TestLedger::Report({EntityPortion(name)}, ledger_.author(), name));
    EXPECT_TRUE(appended.ok()) << appended.status();
  }

  absl::StatusOr<Backup> MakeBackup(const Log& log, const std::string& name) const {
    return BackUp(log, ledger_.directory(), places_.path() + "/" + name, Wanted);
  }

  RestoreOptions From(const std::string& name) const {
    RestoreOptions options;
    options.backup = places_.path() + "/" + name;
    options.directory = places_.path() + "/restored";
    options.ledger_key = *ledger_.directory().ReadLedgerKey();
    return options;
  }

  std::string In(const std::string& name) const { return places_.path() + "/" + name; }

  TestLedger ledger_;
  journal::TestDirectory places_;
};

TEST_F(BackupTest, ARestoredLedgerGoesOnWhereItWas) {
  std::string checkpoint;
  {
    const std::unique_ptr<Log> log = ledger_.Open();
    Record(*log, "one");
    const absl::StatusOr<Backup> backup = MakeBackup(*log, "backup");
    ASSERT_TRUE(backup.ok()) << backup.status();
    checkpoint = backup->checkpoint;
    EXPECT_EQ(checkpoint, log->checkpoint());
    EXPECT_GT(backup->bytes, 0U);
    EXPECT_EQ(MakeBackup(*log, "backup").status().code(), absl::StatusCode::kAlreadyExists);
  }
  EXPECT_FALSE(std::filesystem::exists(In("backup/keys")));
  const absl::StatusOr<Restored> restored = Restore(From("backup"));
  ASSERT_TRUE(restored.ok()) << restored.status();
  EXPECT_EQ(restored->checkpoint.size, 2U);
  const absl::StatusOr<LedgerDirectory> directory = LedgerDirectory::Open(In("restored"));
  ASSERT_TRUE(directory.ok()) << directory.status();
  absl::StatusOr<std::unique_ptr<journal::Journal>> journal =
      journal::OpenRocksDbJournal(directory->journal_path(), journal::OpenMode::kWrite);
  ASSERT_TRUE(journal.ok()) << journal.status();
  LogOptions options;
  options.now = [] { return TestLedger::Noon(); };
  const absl::StatusOr<std::unique_ptr<Log>> log = Log::Open(
      *std::move(journal), directory->verifier_key(), *directory->ReadLedgerKey(), directory->guard_path(), options);
  ASSERT_TRUE(log.ok()) << log.status();
  EXPECT_EQ((*log)->checkpoint(), checkpoint);
  Record(**log, "two");
}

TEST_F(BackupTest, HoldsWhatWasAcknowledgedBeforeWhileAppendsGoOn) {
  const std::unique_ptr<Log> log = ledger_.Open();
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (int i = 0; !stop.load(); ++i) Record(*log, "entity " + std::to_string(i));
  });
  for (int i = 0; i < 4; ++i) {
    const std::string name = "backup" + std::to_string(i);
    const uint64_t before = log->size();
    const absl::StatusOr<Backup> backup = MakeBackup(*log, name);
    EXPECT_TRUE(backup.ok()) << backup.status();
    if (!backup.ok()) break;
    EXPECT_GE(merkle::OpenCheckpoint(backup->checkpoint, log->verifier_key())->size, before);
    const absl::StatusOr<Restored> restored = Restore(From(name));
    EXPECT_TRUE(restored.ok()) << restored.status();
    std::filesystem::remove_all(In("restored"));
  }
  stop.store(true);
  writer.join();
}

TEST_F(BackupTest, PlacesThatCannotHoldABackupAreRefused) {
  const std::unique_ptr<Log> log = ledger_.Open();
  std::filesystem::create_symlink(ledger_.directory().path(), In("link"));
  for (const std::string& target :
       {std::string("relative"), In("a/../b"), In("slash/"), In("none/backup"), ledger_.directory().path() + "/backup",
        ledger_.directory().journal_path() + "/backup", In("link/journal/backup"), std::string("/")}) {
    EXPECT_EQ(BackUp(*log, ledger_.directory(), target, Wanted).status().code(), absl::StatusCode::kInvalidArgument)
        << target;
  }
  std::filesystem::create_directory(In("busy.partial"));
  EXPECT_EQ(MakeBackup(*log, "busy").status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_TRUE(std::filesystem::exists(In("busy.partial"))) << "it is another's";
}

TEST_F(BackupTest, ABackupNobodyWaitsForLeavesNothing) {
  const std::unique_ptr<Log> log = ledger_.Open();
  const absl::StatusOr<Backup> backup =
      BackUp(*log, ledger_.directory(), In("backup"), [] { return absl::CancelledError("gone"); });
  EXPECT_EQ(backup.status().code(), absl::StatusCode::kCancelled);
  EXPECT_FALSE(std::filesystem::exists(In("backup")));
  EXPECT_FALSE(std::filesystem::exists(In("backup.partial")));
}

TEST_F(BackupTest, DamageToAnyFileIsFoundBeforeAnythingIsRestored) {
  {
    const std::unique_ptr<Log> log = ledger_.Open();
    Record(*log, "one");
    ASSERT_TRUE(MakeBackup(*log, "backup").ok());
  }
  std::vector<std::string> files;
  for (const auto& file : std::filesystem::recursive_directory_iterator(In("backup"))) {
    if (file.is_regular_file() && file.file_size() > 0) files.push_back(file.path().string());
  }
  ASSERT_GE(files.size(), 8U);
  for (const std::string& file : files) {
    SCOPED_TRACE(file);
    const auto middle = static_cast<std::streamoff>(std::filesystem::file_size(file) / 2);
    journal::FlipByte(file, middle);
    EXPECT_EQ(Restore(From("backup")).status().code(), absl::StatusCode::kDataLoss);
    EXPECT_FALSE(std::filesystem::exists(In("restored")));
    EXPECT_FALSE(std::filesystem::exists(In("restored.partial")));
    journal::FlipByte(file, middle);
    if (file.ends_with(kManifestName)) continue;
    std::filesystem::rename(file, In("aside"));
    EXPECT_EQ(Restore(From("backup")).status().code(), absl::StatusCode::kDataLoss);
    std::filesystem::rename(In("aside"), file);
  }
  EXPECT_TRUE(Restore(From("backup")).ok());
}

TEST_F(BackupTest, RollingBackIsRefusedUnlessItIsAccepted) {
  std::string later;
  std::string earlier;
  {
    const std::unique_ptr<Log> log = ledger_.Open();
    earlier = log->checkpoint();
    Record(*log, "one");
    ASSERT_TRUE(MakeBackup(*log, "backup").ok());
    Record(*log, "two");
    Record(*log, "three");
    later = log->checkpoint();
  }
  RestoreOptions options = From("backup");
  options.published = {{"the site", earlier}, {"a witness", later}};
  const absl::Status refused = Restore(options).status();
  EXPECT_EQ(model::ReasonOf(refused), v1::Refusal::FORKED);
  EXPECT_THAT(std::string(refused.message()), AllOf(HasSubstr("a witness"), HasSubstr("positions 2 to 3")));
  EXPECT_FALSE(std::filesystem::exists(In("restored")));
  options.rollback = RestoreOptions::Rollback::kAccept;
  const absl::StatusOr<Restored> restored = Restore(options);
  ASSERT_TRUE(restored.ok()) << restored.status();
  EXPECT_EQ(restored->missing_entries, 2U);
}

TEST_F(BackupTest, AnotherLogUnderTheSameKeyIsNeverRestored) {
  {
    const std::unique_ptr<Log> log = ledger_.Open();
    Record(*log, "one");
    ASSERT_TRUE(MakeBackup(*log, "backup").ok());
  }
  merkle::Checkpoint forked{ledger_.directory().origin(), 2, crypto::Sha256("another root")};
  RestoreOptions options = From("backup");
  options.published = {{"the site", *merkle::SignCheckpoint(forked, ledger_.directory().verifier_key(),
                                                            *ledger_.directory().ReadLedgerKey())}};
  options.rollback = RestoreOptions::Rollback::kAccept;
  EXPECT_EQ(model::ReasonOf(Restore(options).status()), v1::Refusal::FORKED);
}

TEST_F(BackupTest, StrangersKeysAndNotesAreRefused) {
  {
    const std::unique_ptr<Log> log = ledger_.Open();
    ASSERT_TRUE(MakeBackup(*log, "backup").ok());
  }
  RestoreOptions options = From("backup");
  options.ledger_key = NewKey();
  EXPECT_EQ(Restore(options).status().code(), absl::StatusCode::kInvalidArgument);
  options = From("backup");
  options.published = {{"a stranger", "no note"}};
  EXPECT_EQ(Restore(options).status().code(), absl::StatusCode::kInvalidArgument);
  options = From("backup");
  options.directory = places_.path();
  EXPECT_EQ(Restore(options).status().code(), absl::StatusCode::kAlreadyExists);
  options = From("nothing");
  EXPECT_EQ(Restore(options).status().code(), absl::StatusCode::kNotFound);
}

TEST(BackupManifest, BadManifestsAreRefused) {
  const std::string hash(64, 'a');
  const auto with = [&hash](const std::string& path) {
    return R"({"format":1,"files":[{"path":")" + path + R"(","bytes":1,"sha256":")" + hash + R"("}]})";
  };
  EXPECT_TRUE(ParseManifest(with("journal/CURRENT")).ok());
  for (const std::string& text :
       {std::string(), std::string("[]"), std::string("{}"), std::string(R"({"format":2,"files":[]})"),
        std::string(R"({"format":1})"), std::string(R"({"format":1,"files":[1]})"),
        std::string(R"({"format":1,"files":[{"path":"a","bytes":-1,"sha256":"00"}]})"), with(""), with("/etc/passwd"),
        with("../outside"), with("a/../../outside"), with("./a"), with("a//b"), with("a/"), with("a\\u0000b"),
        with("a") + "x",
        std::string(R"({"format":1,"files":[{"path":"b","bytes":1,"sha256":")" + hash +
                    R"("},{"path":"a","bytes":1,"sha256":")" + hash + R"("}]})")}) {
    EXPECT_EQ(ParseManifest(text).status().code(), absl::StatusCode::kDataLoss) << text;
  }
}

}  // namespace
}  // namespace sworn::log
