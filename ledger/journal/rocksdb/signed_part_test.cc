#include "ledger/journal/rocksdb/signed_part.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "ledger/journal/rocksdb/journal_damage.h"
#include "ledger/journal/rocksdb/journal_lock.h"
#include "ledger/journal/rocksdb/rocksdb_journal.h"
#include "ledger/journal/test_directory.h"
#include "ledger/model/refusal.h"

namespace sworn::journal {
namespace {

using ::testing::IsEmpty;
using ::testing::Not;

std::string Named(const std::string& word, uint64_t number) { return word + " " + std::to_string(number); }

Group MakeGroup(uint64_t first, uint64_t count) {
  Group group;
  for (uint64_t position = first; position < first + count; ++position) {
    StoredEntry entry;
    entry.position = position;
    entry.entry = Named("entry", position);
    entry.report_id = crypto::Sha256(Named("report", position));
    entry.request_key = Named("request", position);
    entry.concerns_registry = true;
    entry.portions.push_back({crypto::Sha256(Named("portion", position)), std::string(16, 's'), "content"});
    group.entries.push_back(std::move(entry));
    for (const merkle::NodeId& id : merkle::NodesCompletedBy(position)) {
      group.nodes.push_back({id, crypto::Sha256(Named(Named("node", id.level), id.index))});
    }
  }
  return group;
}

class SignedPartTest : public ::testing::Test {
 protected:
  SignedPartTest() : path_(directory_.path() + "/journal") {
    const absl::StatusOr<std::unique_ptr<Journal>> journal = OpenRocksDbJournal(path_, OpenMode::kCreate);
    EXPECT_TRUE(journal.ok()) << journal.status();
    EXPECT_TRUE((*journal)->Append(0, MakeGroup(0, 20)).ok());
    EXPECT_TRUE((*journal)->StoreCheckpoint("the checkpoint").ok());
  }

  std::vector<std::string> FilesOf(JournalPart part) const {
    const absl::StatusOr<std::vector<std::string>> files = TableFilesOf(path_, part);
    EXPECT_TRUE(files.ok()) << files.status();
    EXPECT_THAT(*files, Not(IsEmpty()));
    return *files;
  }

  TestDirectory directory_;
  const std::string path_;
};

TEST_F(SignedPartTest, IsReadWithoutFilesOfWhatIsDerived) {
  for (const JournalPart part :
       {JournalPart::kNodes, JournalPart::kIds, JournalPart::kRequests, JournalPart::kRegistry}) {
    for (const std::string& file : FilesOf(part)) {
      std::filesystem::rename(file, file + ".gone");
    }
    EXPECT_EQ(OpenRocksDbJournal(path_, OpenMode::kReadOnly).status().code(), absl::StatusCode::kDataLoss);
    const absl::StatusOr<std::unique_ptr<Journal>> signed_part = OpenSignedPart(path_);
    ASSERT_TRUE(signed_part.ok()) << signed_part.status();
    EXPECT_EQ((*signed_part)->Size(), 20);
    EXPECT_EQ((*signed_part)->Read(19)->entry, "entry 19");
    EXPECT_EQ((*signed_part)->Read(19)->portions.at(0).content, "content");
    EXPECT_EQ((*signed_part)->ReadEntry(20).status().code(), absl::StatusCode::kNotFound);
    EXPECT_EQ(*(*signed_part)->LoadCheckpoint(), "the checkpoint");
    EXPECT_EQ((*signed_part)->ReadNode({0, 0}).status().code(), absl::StatusCode::kDataLoss);
    EXPECT_EQ((*signed_part)->Append(20, MakeGroup(20, 1)).code(), absl::StatusCode::kFailedPrecondition);
    for (const auto& file : std::filesystem::directory_iterator(path_)) {
      if (file.path().extension() == ".gone") {
        std::filesystem::rename(file.path(), std::filesystem::path(file.path()).replace_extension());
      }
    }
  }
}

TEST_F(SignedPartTest, IsRefusedWithoutFilesOfItsOwnAndItsRemainderIsRead) {
  FilesOf(JournalPart::kEntries);
  {
    const absl::StatusOr<std::unique_ptr<Journal>> journal = OpenRocksDbJournal(path_, OpenMode::kWrite);
    ASSERT_TRUE(journal.ok()) << journal.status();
    ASSERT_TRUE((*journal)->Append(20, MakeGroup(20, 5)).ok());
  }
  const std::vector<std::string> files = FilesOf(JournalPart::kEntries);
  ASSERT_EQ(files.size(), 2U);
  for (const std::string& file : files) {
    std::filesystem::rename(file, file + ".gone");
    EXPECT_EQ(OpenSignedPart(path_).status().code(), absl::StatusCode::kDataLoss);
    const absl::StatusOr<std::unique_ptr<Journal>> remainder = OpenSignedRemainder(path_, 25);
    ASSERT_TRUE(remainder.ok()) << remainder.status();
    ASSERT_EQ((*remainder)->Size(), 25);
    size_t lost = 0;
    for (uint64_t position = 0; position < 25; ++position) {
      lost += (*remainder)->Read(position).ok() ? 0 : 1;
    }
    EXPECT_THAT(lost, ::testing::AnyOf(5, 20)) << file;
    std::filesystem::rename(file + ".gone", file);
  }
}

TEST_F(SignedPartTest, ACopyIsAJournalOfItsOwn) {
  const std::string copy_path = directory_.path() + "/copy";
  {
    const absl::StatusOr<std::unique_ptr<Journal>> journal = OpenRocksDbJournal(path_, OpenMode::kWrite);
    ASSERT_TRUE(journal.ok()) << journal.status();
    ASSERT_TRUE((*journal)->CopyTo(copy_path).ok());
    EXPECT_FALSE((*journal)->CopyTo(copy_path).ok()) << "nothing is overwritten";
    ASSERT_TRUE((*journal)->Append(20, MakeGroup(20, 1)).ok());
  }
  const absl::StatusOr<std::unique_ptr<Journal>> copy = OpenRocksDbJournal(copy_path, OpenMode::kWrite);
  ASSERT_TRUE(copy.ok()) << copy.status();
  EXPECT_EQ((*copy)->Size(), 20);
  EXPECT_EQ(*(*copy)->LoadCheckpoint(), "the checkpoint");
  EXPECT_TRUE((*copy)->Append(20, MakeGroup(20, 2)).ok());
  EXPECT_EQ((*OpenRocksDbJournal(path_, OpenMode::kReadOnly))->Size(), 21);
}

TEST_F(SignedPartTest, CopiesTakenDuringAppendsHoldWholeGroups) {
  constexpr uint64_t kGroupEntries = 7;
  const absl::StatusOr<std::unique_ptr<Journal>> journal = OpenRocksDbJournal(path_, OpenMode::kWrite);
  ASSERT_TRUE(journal.ok()) << journal.status();
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    while (!stop.load()) {
      const uint64_t size = (*journal)->Size();
      EXPECT_TRUE((*journal)->Append(size, MakeGroup(size, kGroupEntries)).ok());
    }
  });
  for (int i = 0; i < 8; ++i) {
    const std::string copy_path = directory_.path() + "/copy" + std::to_string(i);
    const uint64_t before = (*journal)->Size();
    const absl::Status copied = (*journal)->CopyTo(copy_path);
    ASSERT_TRUE(copied.ok()) << copied;
    const absl::StatusOr<std::unique_ptr<Journal>> copy = OpenRocksDbJournal(copy_path, OpenMode::kReadOnly);
    ASSERT_TRUE(copy.ok()) << copy.status();
    const uint64_t size = (*copy)->Size();
    EXPECT_GE(size, before);
    EXPECT_EQ((size - 20) % kGroupEntries, 0U);
    uint64_t rows = 0;
    EXPECT_TRUE((*copy)->ScanIds([&](const Location&) { return ++rows > 0; }).ok());
    EXPECT_EQ(rows, 2 * size);
    EXPECT_EQ((*copy)->RegistryPositions()->size(), size);
    EXPECT_TRUE((*copy)->ReadNodesCompletedBy(0, size).ok());
  }
  stop.store(true);
  writer.join();
}

TEST_F(SignedPartTest, ALockKeepsWritersOut) {
  {
    const absl::StatusOr<std::unique_ptr<JournalLock>> lock = JournalLock::Take(path_);
    ASSERT_TRUE(lock.ok()) << lock.status();
    EXPECT_EQ(model::ReasonOf(OpenRocksDbJournal(path_, OpenMode::kWrite).status()), v1::Refusal::LEDGER_IN_USE);
    EXPECT_EQ(model::ReasonOf(JournalLock::Take(path_).status()), v1::Refusal::LEDGER_IN_USE);
    EXPECT_TRUE(OpenRocksDbJournal(path_, OpenMode::kReadOnly).ok());
  }
  const absl::StatusOr<std::unique_ptr<Journal>> journal = OpenRocksDbJournal(path_, OpenMode::kWrite);
  ASSERT_TRUE(journal.ok()) << journal.status();
  EXPECT_EQ(model::ReasonOf(JournalLock::Take(path_).status()), v1::Refusal::LEDGER_IN_USE);
}

}  // namespace
}  // namespace sworn::journal
