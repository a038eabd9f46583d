#include "ledger/journal/rocksdb/row_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "ledger/journal/test_directory.h"
#include "ledger/model/refusal.h"

namespace sworn::journal {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

template <typename Reader>
std::vector<std::string> Rows(const Reader& reader, std::string_view prefix, std::string_view start = "") {
  std::vector<std::string> rows;
  const absl::Status status = reader.Scan(prefix, start, [&rows](std::string_view key, std::string_view value) {
    rows.push_back(std::string(key) + "=" + std::string(value));
    return true;
  });
  EXPECT_TRUE(status.ok()) << status;
  return rows;
}

template <typename Reader>
std::string Row(const Reader& reader, std::string_view key) {
  const absl::StatusOr<std::optional<std::string>> row = reader.Get(key);
  EXPECT_TRUE(row.ok()) << row.status();
  return row.ok() ? row->value_or("(none)") : "(error)";
}

std::unique_ptr<RowStore> InMemory() {
  absl::StatusOr<std::unique_ptr<RowStore>> store = RowStore::OpenInMemory();
  EXPECT_TRUE(store.ok()) << store.status();
  return *std::move(store);
}

TEST(RowStore, BatchReadsItsOwnWritesOverTheStore) {
  const std::unique_ptr<RowStore> store = InMemory();
  const std::unique_ptr<RowBatch> first = store->NewBatch();
  first->Put("a1", "old");
  first->Put("a2", "kept");
  first->Put("a4", "gone");
  first->Put("b1", "other");
  EXPECT_GT(first->bytes(), 0U);
  ASSERT_TRUE(store->Commit(*first).ok());

  const std::unique_ptr<RowBatch> second = store->NewBatch();
  second->Put("a1", "once");
  second->Put("a1", "new");
  second->Put("a3", "added");
  second->Delete("a4");
  EXPECT_EQ(Row(*second, "a1"), "new");
  EXPECT_EQ(Row(*second, "a2"), "kept");
  EXPECT_EQ(Row(*second, "a4"), "(none)");
  EXPECT_THAT(Rows(*second, "a"), ElementsAre("a1=new", "a2=kept", "a3=added"));
  EXPECT_THAT(Rows(*second, "a", "a2"), ElementsAre("a2=kept", "a3=added"));
  EXPECT_THAT(Rows(*store->Snapshot(), "a"), ElementsAre("a1=old", "a2=kept", "a4=gone"));

  ASSERT_TRUE(store->Commit(*second).ok());
  EXPECT_THAT(Rows(*store->Snapshot(), ""), ElementsAre("a1=new", "a2=kept", "a3=added", "b1=other"));
}

TEST(RowStore, CommittedBatchIsEmptyAgain) {
  const std::unique_ptr<RowStore> store = InMemory();
  const std::unique_ptr<RowBatch> batch = store->NewBatch();
  batch->Put("a", "1");
  ASSERT_TRUE(store->Commit(*batch).ok());
  ASSERT_TRUE(store->DeletePrefix("a").ok());
  batch->Put("b", "2");
  ASSERT_TRUE(store->Commit(*batch).ok());
  EXPECT_THAT(Rows(*store->Snapshot(), ""), ElementsAre("b=2"));
}

TEST(RowStore, SnapshotDoesNotSeeLaterWrites) {
  const std::unique_ptr<RowStore> store = InMemory();
  const std::unique_ptr<RowBatch> batch = store->NewBatch();
  batch->Put("a", "1");
  ASSERT_TRUE(store->Commit(*batch).ok());
  const std::unique_ptr<RowSnapshot> before = store->Snapshot();
  batch->Put("a", "2");
  batch->Put("b", "2");
  ASSERT_TRUE(store->Commit(*batch).ok());
  ASSERT_TRUE(store->DeletePrefix("").ok());
  EXPECT_EQ(Row(*before, "a"), "1");
  EXPECT_THAT(Rows(*before, ""), ElementsAre("a=1"));
  EXPECT_THAT(Rows(*store->Snapshot(), ""), IsEmpty());
}

TEST(RowStore, ScanStopsWhenTheVisitorSaysSoAndAtTheEndOfThePrefix) {
  const std::unique_ptr<RowStore> store = InMemory();
  const std::unique_ptr<RowBatch> batch = store->NewBatch();
  const std::string high("\xff\xff", 2);
  for (const std::string& key : {std::string("a"), std::string("ab"), std::string("b"), high, high + "x"}) {
    batch->Put(key, "");
  }
  ASSERT_TRUE(store->Commit(*batch).ok());
  const std::unique_ptr<RowSnapshot> snapshot = store->Snapshot();
  EXPECT_THAT(Rows(*snapshot, "a"), ElementsAre("a=", "ab="));
  EXPECT_THAT(Rows(*snapshot, high), ElementsAre(high + "=", high + "x="));
  EXPECT_THAT(Rows(*snapshot, "a", "b"), IsEmpty());
  int visited = 0;
  ASSERT_TRUE(snapshot->Scan("", "", [&visited](std::string_view, std::string_view) { return ++visited < 2; }).ok());
  EXPECT_EQ(visited, 2);
}

TEST(RowStore, DeletesOnlyThePrefix) {
  const std::unique_ptr<RowStore> store = InMemory();
  const std::unique_ptr<RowBatch> batch = store->NewBatch();
  const std::string high("\xff", 1);
  for (const std::string& key : {std::string("a1"), std::string("b1"), std::string("b2"), std::string("c"), high}) {
    batch->Put(key, "");
  }
  ASSERT_TRUE(store->Commit(*batch).ok());
  ASSERT_TRUE(store->DeletePrefix("b").ok());
  EXPECT_THAT(Rows(*store->Snapshot(), ""), ElementsAre("a1=", "c=", high + "="));
  ASSERT_TRUE(store->DeletePrefix(high).ok());
  EXPECT_THAT(Rows(*store->Snapshot(), ""), ElementsAre("a1=", "c="));
}

TEST(RowStore, KeepsRowsAcrossOpensAndCanBeReadBesideItsWriter) {
  const TestDirectory directory;
  {
    absl::StatusOr<std::unique_ptr<RowStore>> store = RowStore::Open(directory.path());
    ASSERT_TRUE(store.ok()) << store.status();
    const std::unique_ptr<RowBatch> batch = (*store)->NewBatch();
    batch->Put("a", "1");
    ASSERT_TRUE((*store)->Commit(*batch).ok());
  }
  absl::StatusOr<std::unique_ptr<RowStore>> writer = RowStore::Open(directory.path());
  ASSERT_TRUE(writer.ok()) << writer.status();
  EXPECT_EQ(Row(*(*writer)->Snapshot(), "a"), "1");

  const absl::StatusOr<std::unique_ptr<RowStore>> second = RowStore::Open(directory.path());
  EXPECT_EQ(model::ReasonOf(second.status()), v1::Refusal::LEDGER_IN_USE) << second.status();
  absl::StatusOr<std::unique_ptr<RowStore>> reader = RowStore::OpenReadOnly(directory.path());
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_EQ(Row(*(*reader)->Snapshot(), "a"), "1");
  const std::unique_ptr<RowBatch> batch = (*reader)->NewBatch();
  batch->Put("a", "2");
  EXPECT_FALSE((*reader)->Commit(*batch).ok());
}

// What makes a batch so large that it becomes a table.
void PutMuch(RowBatch& batch) {
  const std::string value(1 << 16, 'v');
  for (int i = 1'000; i < 1'100; ++i) batch.Put("much" + std::to_string(i), value);
}

TEST(RowStore, LargeBatchTakesEffectAtOnceOverSmallOnesAndUnderThem) {
  const std::unique_ptr<RowStore> store = InMemory();
  const std::unique_ptr<RowBatch> batch = store->NewBatch();
  batch->Put("a", "1");
  batch->Put("b", "1");
  batch->Put("n", "1");
  ASSERT_TRUE(store->Commit(*batch).ok());
  const std::unique_ptr<RowSnapshot> before = store->Snapshot();

  PutMuch(*batch);
  batch->Put("a", "2");
  batch->Delete("b");
  batch->Put("c", "2");
  EXPECT_THAT(Rows(*batch, "", "n"), ElementsAre("n=1"));
  EXPECT_EQ(Rows(*batch, "").size(), 103U);
  EXPECT_EQ(Row(*batch, "b"), "(none)");
  ASSERT_TRUE(store->Commit(*batch).ok());
  EXPECT_THAT(Rows(*before, ""), ElementsAre("a=1", "b=1", "n=1"));
  EXPECT_EQ(Row(*store->Snapshot(), "a"), "2");
  EXPECT_EQ(Row(*store->Snapshot(), "b"), "(none)");
  EXPECT_EQ(Rows(*store->Snapshot(), "much").size(), 100U);

  batch->Put("c", "3");
  ASSERT_TRUE(store->Commit(*batch).ok());
  EXPECT_EQ(Row(*store->Snapshot(), "c"), "3");
  ASSERT_TRUE(store->DeletePrefix("much").ok());
  EXPECT_THAT(Rows(*store->Snapshot(), ""), ElementsAre("a=2", "c=3", "n=1"));
}

TEST(RowStore, LargeBatchStaysAndWhatACrashLeftOfOneGoes) {
  const TestDirectory directory;
  {
    absl::StatusOr<std::unique_ptr<RowStore>> store = RowStore::Open(directory.path());
    ASSERT_TRUE(store.ok()) << store.status();
    const std::unique_ptr<RowBatch> batch = (*store)->NewBatch();
    PutMuch(*batch);
    ASSERT_TRUE((*store)->Commit(*batch).ok());
  }
  const std::string left = directory.path() + "/incoming-1";
  for (const auto& file : std::filesystem::directory_iterator(directory.path())) {
    // The same file under the name it came in under.
    if (file.path().extension() == ".sst" && !std::filesystem::exists(left)) {
      std::filesystem::create_hard_link(file.path(), left);
    }
  }
  ASSERT_TRUE(std::filesystem::exists(left));
  absl::StatusOr<std::unique_ptr<RowStore>> store = RowStore::Open(directory.path());
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_FALSE(std::filesystem::exists(left));
  const std::unique_ptr<RowBatch> batch = (*store)->NewBatch();
  PutMuch(*batch);
  batch->Put("n", "1");
  ASSERT_TRUE((*store)->Commit(*batch).ok());
  EXPECT_EQ(Rows(*(*store)->Snapshot(), "").size(), 101U);
}

TEST(RowStore, BatchReadsAsIfItWereCommitted) {
  EXPECT_TRUE(rc::check("a batch over a store reads as a map does", [](const std::vector<std::string>& committed) {
    const std::unique_ptr<RowStore> store = InMemory();
    const std::unique_ptr<RowBatch> batch = store->NewBatch();
    std::map<std::string, std::string> expected;
    for (const std::string& key : committed) {
      batch->Put(key, "old");
      expected[key] = "old";
    }
    RC_ASSERT(store->Commit(*batch).ok());
    const auto any_key = committed.empty()
                             ? rc::gen::arbitrary<std::string>()
                             : rc::gen::oneOf(rc::gen::elementOf(committed), rc::gen::arbitrary<std::string>());
    for (const auto& [key, put] : *rc::gen::container<std::vector<std::pair<std::string, bool>>>(
             rc::gen::pair(any_key, rc::gen::arbitrary<bool>()))) {
      if (put) {
        batch->Put(key, "new" + key);
        expected[key] = "new" + key;
      } else {
        batch->Delete(key);
        expected.erase(key);
      }
    }
    const std::string prefix = (*any_key).substr(0, 1);
    const std::string start = *any_key;
    std::vector<std::string> rows;
    for (const auto& [key, value] : expected) {
      if (key.starts_with(prefix) && key >= start) rows.push_back(key + "=" + value);
    }
    RC_ASSERT(Rows(*batch, prefix, start) == rows);
    RC_ASSERT(store->Commit(*batch).ok());
    RC_ASSERT(Rows(*store->Snapshot(), prefix, start) == rows);
  }));
}

TEST(RowStore, DamagedStoreSaysItMayBeDeleted) {
  const TestDirectory directory;
  {
    absl::StatusOr<std::unique_ptr<RowStore>> store = RowStore::Open(directory.path());
    ASSERT_TRUE(store.ok()) << store.status();
  }
  for (const auto& file : std::filesystem::directory_iterator(directory.path())) {
    if (file.path().filename().string().rfind("MANIFEST", 0) == 0) {
      FlipByte(file.path(), 10);
    }
  }
  const absl::StatusOr<std::unique_ptr<RowStore>> store = RowStore::Open(directory.path());
  EXPECT_EQ(store.status().code(), absl::StatusCode::kDataLoss) << store.status();
  EXPECT_THAT(std::string(store.status().message()), ::testing::HasSubstr("may be deleted"));
}

}  // namespace
}  // namespace sworn::journal
