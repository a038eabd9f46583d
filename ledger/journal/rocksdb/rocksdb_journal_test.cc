#include "ledger/journal/rocksdb/rocksdb_journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "ledger/journal/test_directory.h"
#include "ledger/model/refusal.h"

namespace sworn::journal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string Numbered(const std::string& word, uint64_t number) { return word + " " + std::to_string(number); }

// An entry with three portions, made up from its position.
StoredEntry MakeEntry(uint64_t position) {
  StoredEntry entry;
  entry.position = position;
  entry.entry = Numbered("entry", position) + std::string(position % 7, '.');
  entry.report_id = crypto::Sha256(Numbered("report", position));
  entry.request_key = Numbered("request", position);
  entry.concerns_registry = position % 3 == 0;
  for (int i = 0; i < 3; ++i) {
    const std::string name = Numbered("portion", position) + "." + std::to_string(i);
    entry.portions.push_back({crypto::Sha256(name), std::string(16, 's'), name});
  }
  return entry;
}

class RocksDbJournalTest : public ::testing::Test {
 protected:
  std::unique_ptr<Journal> Open(OpenMode mode) {
    absl::StatusOr<std::unique_ptr<Journal>> journal = OpenRocksDbJournal(path(), mode);
    EXPECT_TRUE(journal.ok()) << journal.status();
    return journal.ok() ? *std::move(journal) : nullptr;
  }

  absl::Status OpenStatus(OpenMode mode) { return OpenRocksDbJournal(path(), mode).status(); }

  // Appends `count` entries with the nodes of their tree.
  static void AppendEntries(Journal& journal, uint64_t count) {
    Group group;
    for (uint64_t i = 0; i < count; ++i) {
      group.entries.push_back(MakeEntry(journal.Size() + i));
      // The nodes that RFC 6962 has completed after this leaf, under made-up hashes.
      const uint64_t leaf = group.entries.back().position;
      for (uint8_t level = 0; ((leaf + 1) & ((uint64_t{1} << level) - 1)) == 0 && level < 20; ++level) {
        group.nodes.push_back({{level, ((leaf + 1) >> level) - 1}, NodeHashOf(level, ((leaf + 1) >> level) - 1)});
      }
    }
    const absl::Status status = journal.Append(journal.Size(), group);
    ASSERT_TRUE(status.ok()) << status;
  }

  static Hash NodeHashOf(uint8_t level, uint64_t index) {
    return crypto::Sha256(Numbered(Numbered("node", level), index));
  }

  std::string path() const { return directory_.path() + "/journal"; }

  std::vector<std::filesystem::path> Files(const std::string& extension) const {
    std::vector<std::filesystem::path> files;
    for (const auto& file : std::filesystem::directory_iterator(path())) {
      if (file.path().extension() == extension && file.file_size() > 0) {
        files.push_back(file.path());
      }
    }
    return files;
  }

  TestDirectory directory_;
};

TEST_F(RocksDbJournalTest, KeepsWhatWasAppended) {
  for (const OpenMode mode : {OpenMode::kCreate, OpenMode::kWrite, OpenMode::kReadOnly}) {
    const std::unique_ptr<Journal> journal = Open(mode);
    ASSERT_NE(journal, nullptr);
    if (mode == OpenMode::kCreate) {
      EXPECT_EQ(journal->Size(), 0U);
      AppendEntries(*journal, 3);
      AppendEntries(*journal, 6);
      ASSERT_TRUE(journal->StoreCheckpoint("a note\n").ok());
    }
    ASSERT_EQ(journal->Size(), 9U);
    EXPECT_EQ(journal->LoadCheckpoint().value(), "a note\n");
    EXPECT_THAT(journal->RegistryPositions().value(), ElementsAre(0, 3, 6));
    for (uint64_t position = 0; position < 9; ++position) {
      const StoredEntry expected = MakeEntry(position);
      const absl::StatusOr<StoredEntry> entry = journal->Read(position);
      ASSERT_TRUE(entry.ok()) << entry.status();
      EXPECT_EQ(entry->entry, expected.entry);
      EXPECT_EQ(journal->ReadEntry(position).value(), expected.entry);
      EXPECT_EQ(entry->report_id, expected.report_id);
      EXPECT_EQ(entry->request_key, expected.request_key);
      EXPECT_EQ(entry->concerns_registry, expected.concerns_registry);
      ASSERT_THAT(entry->portions, SizeIs(3));
      for (uint32_t i = 0; i < 3; ++i) {
        const StoredPortion portion = journal->ReadPortion(position, i).value();
        EXPECT_EQ(portion.id, expected.portions[i].id);
        EXPECT_EQ(portion.content, expected.portions[i].content);
        EXPECT_EQ(entry->portions[i].salt, expected.portions[i].salt);
        EXPECT_EQ(entry->portions[i].content, expected.portions[i].content);
        const std::optional<Location> location = journal->Find(portion.id).value();
        ASSERT_TRUE(location.has_value());
        EXPECT_EQ(location->kind, Location::Kind::kPortion);
        EXPECT_EQ(location->position, position);
        EXPECT_EQ(location->portion_index, i);
      }
      EXPECT_EQ(journal->Find(expected.report_id).value()->kind, Location::Kind::kReport);
      EXPECT_EQ(journal->FindRequest(expected.request_key).value(), position);
    }
    EXPECT_EQ(journal->ReadNode({0, 8}).value(), NodeHashOf(0, 8));
    EXPECT_EQ(journal->ReadNode({3, 0}).value(), NodeHashOf(3, 0));
  }
}

TEST_F(RocksDbJournalTest, ReadsManyAsItReadsOne) {
  const std::unique_ptr<Journal> journal = Open(OpenMode::kCreate);
  ASSERT_NE(journal, nullptr);
  AppendEntries(*journal, 21);
  const absl::StatusOr<std::vector<StoredEntry>> all = journal->ReadRange(4, 10, size_t{1} << 20U);
  ASSERT_TRUE(all.ok()) << all.status();
  ASSERT_THAT(*all, SizeIs(10));
  for (uint64_t i = 0; i < all->size(); ++i) {
    const absl::StatusOr<StoredEntry> one = journal->Read(4 + i);
    ASSERT_TRUE(one.ok());
    EXPECT_EQ((*all)[i].position, 4 + i);
    EXPECT_EQ((*all)[i].entry, one->entry);
    EXPECT_EQ((*all)[i].report_id, one->report_id);
    EXPECT_EQ((*all)[i].request_key, one->request_key);
    EXPECT_EQ((*all)[i].concerns_registry, one->concerns_registry);
    ASSERT_THAT((*all)[i].portions, SizeIs(3));
    EXPECT_EQ((*all)[i].portions[2].content, one->portions[2].content);
  }
  EXPECT_THAT(*journal->ReadRange(4, 10, 0), SizeIs(1)) << "always one";
  EXPECT_THAT(*journal->ReadRange(19, 10, size_t{1} << 20U), SizeIs(2)) << "to the end";
  EXPECT_TRUE(absl::IsNotFound(journal->ReadRange(21, 1, 1).status()));

  const absl::StatusOr<std::vector<merkle::Node>> nodes = journal->ReadNodesCompletedBy(4, 21);
  ASSERT_TRUE(nodes.ok()) << nodes.status();
  // 17 leaves; entries 5, 7, 9, … 19 complete a pair, 7, 11, 15, 19 four, 7 and 15 eight, 15 sixteen.
  EXPECT_THAT(*nodes, SizeIs(17 + 8 + 4 + 2 + 1));
  for (const merkle::Node& node : *nodes) EXPECT_EQ(node.hash, NodeHashOf(node.id.level, node.id.index));
  EXPECT_FALSE(journal->ReadNodesCompletedBy(20, 22).ok());

  EXPECT_THAT(*journal->ReadNodes({{3, 0}, {0, 8}, {0, 8}, {1, 2}}),
              ElementsAre(NodeHashOf(3, 0), NodeHashOf(0, 8), NodeHashOf(0, 8), NodeHashOf(1, 2)));
  EXPECT_THAT(*journal->ReadNodes({}), IsEmpty());
  EXPECT_TRUE(absl::IsNotFound(journal->ReadNodes({{3, 0}, {5, 0}}).status()));
}

TEST_F(RocksDbJournalTest, ScansEveryRowOfTheIndexes) {
  const std::unique_ptr<Journal> journal = Open(OpenMode::kCreate);
  ASSERT_NE(journal, nullptr);
  AppendEntries(*journal, 5);
  std::vector<Hash> ids;
  ASSERT_TRUE(journal
                  ->ScanIds([&](const Location& location) {
                    ids.push_back(location.id);
                    return true;
                  })
                  .ok());
  EXPECT_THAT(ids, SizeIs(5 * 4));
  EXPECT_TRUE(std::is_sorted(ids.begin(), ids.end()));
  std::vector<std::string> requests;
  ASSERT_TRUE(journal
                  ->ScanRequests([&](std::string_view key, uint64_t position) {
                    EXPECT_EQ(key, Numbered("request", position));
                    requests.emplace_back(key);
                    return requests.size() < 4;
                  })
                  .ok());
  EXPECT_THAT(requests, SizeIs(4)) << "false ends the scan";
}

TEST_F(RocksDbJournalTest, SaysWhatIsNotThere) {
  const std::unique_ptr<Journal> journal = Open(OpenMode::kCreate);
  EXPECT_EQ(journal->LoadCheckpoint().value(), "");
  EXPECT_THAT(journal->RegistryPositions().value(), IsEmpty());
  AppendEntries(*journal, 2);
  EXPECT_TRUE(absl::IsNotFound(journal->ReadEntry(2).status()));
  EXPECT_TRUE(absl::IsNotFound(journal->Read(2).status()));
  EXPECT_TRUE(absl::IsNotFound(journal->ReadPortion(2, 0).status()));
  EXPECT_TRUE(absl::IsNotFound(journal->ReadPortion(1, 3).status()));
  EXPECT_TRUE(absl::IsNotFound(journal->ReadNode({2, 0}).status()));
  EXPECT_FALSE(journal->Find(crypto::Sha256("nothing")).value().has_value());
  EXPECT_FALSE(journal->FindRequest("nothing").value().has_value());
}

TEST_F(RocksDbJournalTest, RefusesAnotherExpectedSizeAndGroupsWithGaps) {
  const std::unique_ptr<Journal> journal = Open(OpenMode::kCreate);
  AppendEntries(*journal, 3);
  Group group;
  for (const uint64_t expected : {2U, 4U}) {
    group.entries = {MakeEntry(expected)};
    EXPECT_TRUE(absl::IsAborted(journal->Append(expected, group)));
  }
  group.entries = {MakeEntry(3), MakeEntry(5)};
  EXPECT_TRUE(absl::IsInvalidArgument(journal->Append(3, group)));
  group.entries.clear();
  EXPECT_TRUE(absl::IsInvalidArgument(journal->Append(3, group)));
  EXPECT_EQ(journal->Size(), 3U);
  AppendEntries(*journal, 1);
  EXPECT_EQ(journal->Size(), 4U);
}

TEST_F(RocksDbJournalTest, FindsByPrefixOfAnyNumberOfDigits) {
  const std::unique_ptr<Journal> journal = Open(OpenMode::kCreate);
  AppendEntries(*journal, 40);
  std::vector<std::string> ids;
  for (uint64_t position = 0; position < 40; ++position) {
    const StoredEntry entry = MakeEntry(position);
    ids.push_back(crypto::ToHex(entry.report_id));
    for (const StoredPortion& portion : entry.portions) {
      ids.push_back(crypto::ToHex(portion.id));
    }
  }
  std::sort(ids.begin(), ids.end());
  for (const size_t digits : {0U, 1U, 2U, 3U, 6U, 7U, 63U, 64U}) {
    for (const std::string& id : {ids.front(), ids[77], ids.back()}) {
      const std::string prefix = id.substr(0, digits);
      std::vector<std::string> expected;
      std::copy_if(ids.begin(), ids.end(), std::back_inserter(expected),
                   [&prefix](const std::string& candidate) { return candidate.rfind(prefix, 0) == 0; });
      std::vector<std::string> found;
      const std::vector<Location> locations = journal->FindByPrefix(prefix, 1'000).value();
      found.reserve(locations.size());
      for (const Location& location : locations) {
        found.push_back(crypto::ToHex(location.id));
      }
      EXPECT_EQ(found, expected) << prefix;
    }
  }
  EXPECT_THAT(journal->FindByPrefix("", 5).value(), SizeIs(5));
  EXPECT_THAT(journal->FindByPrefix(ids[3] + "0", 5).value(), IsEmpty());
  EXPECT_THAT(journal->FindByPrefix(absl::AsciiStrToUpper(ids[3]), 5).value(), SizeIs(1));
  EXPECT_TRUE(absl::IsInvalidArgument(journal->FindByPrefix("abcdeg", 5).status()));
}

TEST_F(RocksDbJournalTest, AnIdInTwoReportsIsFoundAtTheFirst) {
  const std::unique_ptr<Journal> journal = Open(OpenMode::kCreate);
  Group group;
  group.entries = {MakeEntry(0), MakeEntry(1)};
  group.entries[1].portions = group.entries[0].portions;
  ASSERT_TRUE(journal->Append(0, group).ok());
  const Hash id = group.entries[0].portions[2].id;
  EXPECT_EQ(journal->Find(id).value()->position, 0U);
  EXPECT_THAT(journal->FindByPrefix(crypto::ToHex(id), 5).value(), SizeIs(1));
}

TEST_F(RocksDbJournalTest, OpensOnlyWhatIsThereAndCreatesOnlyWhatIsNot) {
  EXPECT_TRUE(absl::IsNotFound(OpenStatus(OpenMode::kWrite)));
  EXPECT_TRUE(absl::IsNotFound(OpenStatus(OpenMode::kReadOnly)));
  Open(OpenMode::kCreate).reset();
  EXPECT_TRUE(absl::IsAlreadyExists(OpenStatus(OpenMode::kCreate)));
}

TEST_F(RocksDbJournalTest, OneWriterAndReadersBesideIt) {
  const std::unique_ptr<Journal> writer = Open(OpenMode::kCreate);
  AppendEntries(*writer, 2);
  const absl::Status locked = OpenStatus(OpenMode::kWrite);
  EXPECT_TRUE(absl::IsFailedPrecondition(locked)) << locked;
  EXPECT_EQ(model::ReasonOf(locked), v1::Refusal::LEDGER_IN_USE);

  const std::unique_ptr<Journal> reader = Open(OpenMode::kReadOnly);
  ASSERT_NE(reader, nullptr);
  AppendEntries(*writer, 2);
  EXPECT_EQ(reader->Size(), 2U);
  EXPECT_EQ(reader->ReadEntry(1).value(), MakeEntry(1).entry);
  EXPECT_EQ(Open(OpenMode::kReadOnly)->Size(), 4U);
  Group group;
  group.entries = {MakeEntry(2)};
  EXPECT_FALSE(reader->Append(2, group).ok());
}

// Appends `count` entries, each with one portion of 1 MiB.
void AppendLargeEntries(Journal& journal, uint64_t count) {
  for (uint64_t i = 0; i < count; ++i) {
    Group group;
    group.entries = {MakeEntry(journal.Size())};
    group.entries[0].portions.resize(1);
    group.entries[0].portions[0].content.resize(size_t{1} << 20U, 'p');
    ASSERT_TRUE(journal.Append(journal.Size(), group).ok());
  }
}

TEST_F(RocksDbJournalTest, ReadersOpenBesideAWriterThatHasFlushed) {
  const std::unique_ptr<Journal> writer = Open(OpenMode::kCreate);
  AppendLargeEntries(*writer, 50);
  ASSERT_THAT(Files(".sst"), Not(IsEmpty()));
  const std::unique_ptr<Journal> reader = Open(OpenMode::kReadOnly);
  ASSERT_NE(reader, nullptr);
  ASSERT_EQ(reader->Size(), 50U);
  AppendLargeEntries(*writer, 50);
  for (uint64_t position = 0; position < 50; ++position) {
    const absl::StatusOr<StoredEntry> entry = reader->Read(position);
    ASSERT_TRUE(entry.ok()) << entry.status();
    EXPECT_EQ(entry->entry, MakeEntry(position).entry);
  }
  EXPECT_EQ(Open(OpenMode::kReadOnly)->Size(), 100U);
}

TEST_F(RocksDbJournalTest, MissingTableIsFound) {
  {
    const std::unique_ptr<Journal> journal = Open(OpenMode::kCreate);
    AppendLargeEntries(*journal, 50);
  }
  const std::filesystem::path table = Files(".sst").front();
  std::filesystem::rename(table, table.string() + ".gone");
  for (const OpenMode mode : {OpenMode::kReadOnly, OpenMode::kWrite}) {
    const absl::Status status = OpenStatus(mode);
    EXPECT_TRUE(absl::IsDataLoss(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(table.stem().string()));
  }
  std::filesystem::rename(table.string() + ".gone", table);
  EXPECT_EQ(Open(OpenMode::kReadOnly)->Size(), 50U);
}

// Everything the journal answers, compared with what was written. Says which reads failed.
std::vector<absl::Status> ReadEverything(const Journal& journal, uint64_t size) {
  std::vector<absl::Status> failures;
  EXPECT_EQ(journal.Size(), size);
  for (uint64_t position = 0; position < size; ++position) {
    const StoredEntry expected = MakeEntry(position);
    const absl::StatusOr<StoredEntry> entry = journal.Read(position);
    if (!entry.ok()) {
      EXPECT_TRUE(absl::IsDataLoss(entry.status())) << entry.status();
      EXPECT_THAT(std::string(entry.status().message()), HasSubstr(Numbered("entry", position)));
      failures.push_back(entry.status());
      continue;
    }
    EXPECT_EQ(entry->entry, expected.entry);
    EXPECT_EQ(entry->portions.size(), expected.portions.size());
    for (size_t i = 0; i < entry->portions.size(); ++i) {
      EXPECT_EQ(entry->portions[i].content, expected.portions[i].content);
      const absl::StatusOr<std::optional<Location>> location = journal.Find(expected.portions[i].id);
      if (!location.ok()) {
        failures.push_back(location.status());
      } else {
        EXPECT_TRUE(location->has_value());
      }
    }
    const absl::StatusOr<std::optional<uint64_t>> request = journal.FindRequest(expected.request_key);
    if (!request.ok()) {
      failures.push_back(request.status());
    } else {
      EXPECT_EQ(*request, position);
    }
    const absl::StatusOr<Hash> node = journal.ReadNode({0, position});
    if (!node.ok()) {
      failures.push_back(node.status());
    }
  }
  if (const absl::Status status = journal.RegistryPositions().status(); !status.ok()) {
    failures.push_back(status);
  }
  return failures;
}

TEST_F(RocksDbJournalTest, FlippedByteInATableIsNeverServed) {
  {
    const std::unique_ptr<Journal> journal = Open(OpenMode::kCreate);
    AppendEntries(*journal, 50);
  }
  // Opening again moves what is in the write-ahead log to tables.
  Open(OpenMode::kWrite).reset();
  const std::vector<std::filesystem::path> tables = Files(".sst");
  ASSERT_THAT(tables, SizeIs(::testing::Ge(6U)));
  for (const std::filesystem::path& table : tables) {
    FlipByte(table, 20);
    const absl::StatusOr<std::unique_ptr<Journal>> journal = OpenRocksDbJournal(path(), OpenMode::kReadOnly);
    if (journal.ok()) {
      EXPECT_THAT(ReadEverything(**journal, 50), Not(IsEmpty())) << table;
    } else {
      EXPECT_TRUE(absl::IsDataLoss(journal.status())) << journal.status();
    }
    FlipByte(table, 20);
  }
  EXPECT_THAT(ReadEverything(*Open(OpenMode::kReadOnly), 50), IsEmpty());
}

TEST_F(RocksDbJournalTest, FlippedByteInTheWriteAheadLogNamesTheFile) {
  const std::unique_ptr<Journal> writer = Open(OpenMode::kCreate);
  AppendEntries(*writer, 10);
  AppendEntries(*writer, 10);
  const std::vector<std::filesystem::path> logs = Files(".log");
  ASSERT_THAT(logs, SizeIs(1));
  const auto bytes = static_cast<std::streamoff>(std::filesystem::file_size(logs[0]));
  for (const std::streamoff offset : {bytes / 4, bytes / 2, bytes - 1}) {
    FlipByte(logs[0], offset);
    const absl::Status status = OpenStatus(OpenMode::kReadOnly);
    EXPECT_TRUE(absl::IsDataLoss(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(logs[0].filename().string()));
    FlipByte(logs[0], offset);
  }
  EXPECT_THAT(ReadEverything(*Open(OpenMode::kReadOnly), 20), IsEmpty());
}

TEST_F(RocksDbJournalTest, TornTailOfTheWriteAheadLogIsDropped) {
  {
    const std::unique_ptr<Journal> journal = Open(OpenMode::kCreate);
    AppendEntries(*journal, 10);
    AppendEntries(*journal, 10);
  }
  const std::vector<std::filesystem::path> logs = Files(".log");
  ASSERT_THAT(logs, SizeIs(1));
  std::filesystem::resize_file(logs[0], std::filesystem::file_size(logs[0]) - 5);
  EXPECT_THAT(ReadEverything(*Open(OpenMode::kReadOnly), 10), IsEmpty());
  const std::unique_ptr<Journal> journal = Open(OpenMode::kWrite);
  AppendEntries(*journal, 10);
  EXPECT_THAT(ReadEverything(*journal, 20), IsEmpty());
}

}  // namespace
}  // namespace sworn::journal
