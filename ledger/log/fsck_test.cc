#include "ledger/log/fsck.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ledger/journal/rocksdb/journal_damage.h"
#include "ledger/log/audit.h"
#include "ledger/log/durable_file.h"
#include "ledger/log/test_ledger.h"
#include "ledger/model/refusal.h"

namespace sworn::log {
namespace {

using journal::JournalPart;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

auto IsOf(Damage::Of of) { return Field("of", &Damage::of, of); }
auto IsPart(const std::string& part) { return Field("part", &Damage::part, part); }
auto IsAt(uint64_t position) { return Field("position", &Damage::position, std::optional<uint64_t>(position)); }

class FsckTest : public ::testing::Test {
 protected:
  // Seven reports, so that the tree has nodes of several levels and a ragged edge.
  FsckTest() {
    const std::unique_ptr<Log> log = ledger_.Open();
    for (int i = 0; i < 6; ++i) {
      const std::string name = "entity " + std::to_string(i);
      EXPECT_TRUE(log->AppendAndWait(TestLedger::Report({EntityPortion(name)}, ledger_.author(), name)).ok());
    }
    checkpoint_ = log->checkpoint();
  }

  const LedgerDirectory& directory() const { return ledger_.directory(); }
  std::string journal_path() const { return directory().journal_path(); }

  FsckReport Check() const {
    const absl::StatusOr<std::unique_ptr<Fsck>> fsck = Fsck::Begin(directory(), FsckMode::kCheck, nullptr);
    EXPECT_TRUE(fsck.ok()) << fsck.status();
    const absl::StatusOr<FsckReport> report = (*fsck)->Check();
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? *report : FsckReport();
  }

  absl::Status Repair() const {
    const absl::StatusOr<std::unique_ptr<Fsck>> fsck = Fsck::Begin(directory(), FsckMode::kRepair, nullptr);
    if (!fsck.ok()) return fsck.status();
    const absl::StatusOr<FsckReport> report = (*fsck)->Check();
    return report.ok() ? (*fsck)->Repair(*report) : report.status();
  }

  // Repairs, and finds a ledger that checks, audits and opens with the checkpoint it had.
  void ExpectRepaired() {
    const absl::Status repaired = Repair();
    ASSERT_TRUE(repaired.ok()) << repaired;
    const FsckReport report = Check();
    EXPECT_THAT(report.damages.list(), IsEmpty()) << report.damages.list().front().detail;
    const absl::StatusOr<std::unique_ptr<journal::Journal>> journal =
        journal::OpenRocksDbJournal(journal_path(), journal::OpenMode::kReadOnly);
    ASSERT_TRUE(journal.ok()) << journal.status();
    AuditOptions options;
    options.checkpoints = {{"the checkpoint before", checkpoint_}};
    EXPECT_THAT(AuditJournal(**journal, directory().verifier_key(), options).findings, IsEmpty());
    const std::unique_ptr<Log> log = ledger_.Open();
    ASSERT_NE(log, nullptr);
    EXPECT_EQ(log->checkpoint(), checkpoint_);
    const std::string name = "entity " + std::to_string(log->size());
    EXPECT_TRUE(log->AppendAndWait(TestLedger::Report({EntityPortion(name)}, ledger_.author(), name)).ok());
  }

  size_t Rows(JournalPart part) const { return *journal::CountRows(journal_path(), part); }

  TestLedger ledger_;
  std::string checkpoint_;
};

TEST_F(FsckTest, AnIntactLedgerHasNoDamage) {
  const FsckReport report = Check();
  EXPECT_THAT(report.damages.list(), IsEmpty());
  EXPECT_EQ(report.journal.entries, 7U);
  EXPECT_EQ(report.journal.nodes, 11U);  // 7 leaves, 3 pairs, 1 of four
  EXPECT_EQ(report.journal.checkpoint.size, 7U);
  EXPECT_EQ(report.journal.signed_note, checkpoint_);
}

struct DerivedDamage {
  JournalPart part;
  std::string name;
};

TEST_F(FsckTest, EveryRowThatIsDerivedIsMissedAndMadeAgain) {
  const std::vector<DerivedDamage> parts = {{JournalPart::kNodes, "node"},
                                            {JournalPart::kIds, "id index"},
                                            {JournalPart::kRequests, "request index"},
                                            {JournalPart::kRegistry, "registry index"}};
  for (const DerivedDamage& damage : parts) {
    const size_t rows = Rows(damage.part);
    for (const size_t row : {size_t{0}, rows - 1}) {
      SCOPED_TRACE(damage.name + " " + std::to_string(row));
      ASSERT_TRUE(journal::DeleteRow(journal_path(), damage.part, row).ok());
      const FsckReport report = Check();
      EXPECT_TRUE(report.record_intact);
      EXPECT_THAT(report.damages.list(), Contains(AllOf(IsOf(Damage::Of::kDerived), IsPart(damage.name))));
      EXPECT_THAT(report.damages.list(), Each(IsPart(damage.name)));
      ExpectRepaired();
      checkpoint_ = ledger_.Open()->checkpoint();
    }
  }
}

TEST_F(FsckTest, EveryRowThatIsDerivedAndGarbledIsNamedAndMadeAgain) {
  for (const auto& [part, name] : std::vector<DerivedDamage>{{JournalPart::kNodes, "node"},
                                                             {JournalPart::kIds, "id index"},
                                                             {JournalPart::kRequests, "request index"},
                                                             {JournalPart::kRegistry, "registry index"}}) {
    SCOPED_TRACE(name);
    ASSERT_TRUE(journal::GarbleRow(journal_path(), part, Rows(part) / 2).ok());
    const FsckReport report = Check();
    EXPECT_TRUE(report.record_intact);
    EXPECT_THAT(report.damages.list(), Contains(AllOf(IsOf(Damage::Of::kDerived), IsPart(name))));
    ExpectRepaired();
    checkpoint_ = ledger_.Open()->checkpoint();
  }
}

TEST_F(FsckTest, ADamagedLeafIsToldFromADamagedEntry) {
  ASSERT_TRUE(journal::GarbleRow(journal_path(), JournalPart::kNodes, 0).ok());
  EXPECT_THAT(Check().damages.list(),
              ::testing::ElementsAre(AllOf(IsOf(Damage::Of::kDerived), IsPart("node"), IsAt(0))));
  ExpectRepaired();
}

TEST_F(FsckTest, FilesOfWhatIsDerivedMayBeGone) {
  for (const JournalPart part :
       {JournalPart::kNodes, JournalPart::kIds, JournalPart::kRequests, JournalPart::kRegistry}) {
    const absl::StatusOr<std::vector<std::string>> files = journal::TableFilesOf(journal_path(), part);
    ASSERT_TRUE(files.ok()) << files.status();
    std::filesystem::remove(files->front());
    const FsckReport report = Check();
    EXPECT_TRUE(report.record_intact);
    EXPECT_THAT(report.damages.list(), ::testing::ElementsAre(AllOf(IsOf(Damage::Of::kDerived), IsPart("storage"))));
    ExpectRepaired();
    checkpoint_ = ledger_.Open()->checkpoint();
  }
}

TEST_F(FsckTest, ABlockOfWhatIsDerivedMayBeDamaged) {
  for (const JournalPart part : {JournalPart::kNodes, JournalPart::kIds, JournalPart::kRequests}) {
    const absl::StatusOr<std::vector<std::string>> files = journal::TableFilesOf(journal_path(), part);
    ASSERT_TRUE(files.ok()) << files.status();
    journal::FlipByte(files->front(), 20);
    const FsckReport report = Check();
    EXPECT_TRUE(report.record_intact);
    EXPECT_GT(report.damages.derived_count(), 0U);
    ExpectRepaired();
    checkpoint_ = ledger_.Open()->checkpoint();
  }
}

TEST_F(FsckTest, WhatIsSignedIsNamedAndNeverRepaired) {
  for (const auto& [part, name] : std::vector<DerivedDamage>{{JournalPart::kEntries, "entry"},
                                                             {JournalPart::kPortions, "portion"},
                                                             {JournalPart::kCheckpoint, "checkpoint"}}) {
    SCOPED_TRACE(name);
    const std::string kept = journal_path() + ".kept";
    std::filesystem::copy(journal_path(), kept, std::filesystem::copy_options::recursive);
    ASSERT_TRUE(journal::GarbleRow(journal_path(), part, Rows(part) / 2).ok());
    const FsckReport report = Check();
    EXPECT_FALSE(report.record_intact);
    EXPECT_THAT(report.damages.list(), Contains(AllOf(IsOf(Damage::Of::kSigned), IsPart(name))));
    EXPECT_EQ(Repair().code(), absl::StatusCode::kFailedPrecondition);
    std::filesystem::remove_all(journal_path());
    std::filesystem::rename(kept, journal_path());
  }
}

TEST_F(FsckTest, LostPositionsAreNamed) {
  ASSERT_TRUE(journal::DeleteRow(journal_path(), JournalPart::kEntries, 3).ok());
  ASSERT_TRUE(journal::DeleteRow(journal_path(), JournalPart::kPortions, Rows(JournalPart::kPortions) - 1).ok());
  const FsckReport report = Check();
  EXPECT_THAT(report.damages.list(), Contains(AllOf(IsOf(Damage::Of::kSigned), IsPart("entry"), IsAt(3))));
  EXPECT_THAT(report.damages.list(), Contains(AllOf(IsOf(Damage::Of::kSigned), IsPart("portion"), IsAt(6))));
  EXPECT_EQ(report.damages.signed_count(), 2U);
}

TEST_F(FsckTest, ALostEndIsNamed) {
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(journal::DeleteRow(journal_path(), JournalPart::kEntries, Rows(JournalPart::kEntries) - 1).ok());
  }
  const FsckReport report = Check();
  EXPECT_FALSE(report.record_intact);
  EXPECT_THAT(report.damages.list(),
              Contains(AllOf(IsPart("journal"), Field("detail", &Damage::detail, HasSubstr("positions 5 to 6")))));
}

TEST_F(FsckTest, FilesOfWhatIsSignedMayBeGoneAndWhatIsLostIsNamed) {
  const absl::StatusOr<std::vector<std::string>> before = journal::TableFilesOf(journal_path(), JournalPart::kEntries);
  {
    const std::unique_ptr<Log> log = ledger_.Open();
    ASSERT_TRUE(log->AppendAndWait(TestLedger::Report({EntityPortion("seven")}, ledger_.author(), "seven")).ok());
  }
  ASSERT_TRUE(journal::TableFilesOf(journal_path(), JournalPart::kEntries).ok());
  std::filesystem::remove(before->front());
  const FsckReport report = Check();
  EXPECT_FALSE(report.record_intact);
  for (uint64_t position = 0; position < 7; ++position) {
    EXPECT_THAT(report.damages.list(), Contains(AllOf(IsOf(Damage::Of::kSigned), IsPart("entry"), IsAt(position))));
  }
  EXPECT_EQ(report.journal.entries, 1U);
  EXPECT_EQ(Repair().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(FsckTest, AChangedEntryIsNotSignedAgain) {
  // No leaf tells which entry it is, so only the signed root can.
  ASSERT_TRUE(journal::GarbleRow(journal_path(), JournalPart::kEntries, 4).ok());
  while (Rows(JournalPart::kNodes) > 0) {
    ASSERT_TRUE(journal::DeleteRow(journal_path(), JournalPart::kNodes, 0).ok());
  }
  const FsckReport report = Check();
  EXPECT_FALSE(report.record_intact);
  EXPECT_THAT(report.damages.list(), Contains(AllOf(IsOf(Damage::Of::kSigned), IsPart("checkpoint"))));
  EXPECT_FALSE(Repair().ok());
}

TEST_F(FsckTest, AMissingGuardIsWrittenAndADamagedOneIsNot) {
  std::filesystem::remove(directory().guard_path());
  EXPECT_THAT(Check().damages.list(), ::testing::ElementsAre(AllOf(IsOf(Damage::Of::kDerived), IsPart("guard"))));
  ASSERT_TRUE(Repair().ok());
  EXPECT_EQ(*ReadSmallFile(directory().guard_path(), 1'000), checkpoint_);
  journal::FlipByte(directory().guard_path(), 30);
  EXPECT_THAT(Check().damages.list(), ::testing::ElementsAre(AllOf(IsOf(Damage::Of::kSigned), IsPart("guard"))));
  EXPECT_FALSE(Repair().ok());
}

TEST_F(FsckTest, WhatAnInterruptedRepairLeftIsCleared) {
  const std::string left = directory().path() + "/journal.rebuilding";
  std::filesystem::create_directory(left);
  ASSERT_TRUE(ReplaceFile(left + "/CURRENT", "half", FileDurability::kUnsynced).ok());
  ASSERT_TRUE(journal::DeleteRow(journal_path(), JournalPart::kNodes, 2).ok());
  EXPECT_THAT(Check().damages.list(), Contains(AllOf(IsOf(Damage::Of::kDerived), IsPart("leftover"))));
  ExpectRepaired();
  EXPECT_FALSE(std::filesystem::exists(left));
}

TEST_F(FsckTest, NothingIsRepairedWhileTheLedgerIsOpen) {
  const std::unique_ptr<Log> log = ledger_.Open();
  EXPECT_THAT(Check().damages.list(), IsEmpty());
  EXPECT_EQ(model::ReasonOf(Repair()), v1::Refusal::LEDGER_IN_USE);
}

TEST_F(FsckTest, AJournalThatIsGoneIsNamed) {
  std::filesystem::remove_all(journal_path());
  const FsckReport report = Check();
  EXPECT_THAT(report.damages.list(), ::testing::ElementsAre(AllOf(IsOf(Damage::Of::kSigned), IsPart("journal"))));
  EXPECT_FALSE(Repair().ok());
}

}  // namespace
}  // namespace sworn::log
