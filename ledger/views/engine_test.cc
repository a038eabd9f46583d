#include "ledger/views/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "ledger/journal/test_directory.h"
#include "ledger/model/refusal.h"
#include "ledger/views/fold.h"
#include "ledger/views/replay.h"
#include "ledger/views/testing.h"

namespace sworn::views {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr absl::Time kForever = absl::InfiniteFuture();

// Keeps the last position of every entity name, an entity named "forget X" deletes X, and a row that depends on all
// entries before. "fail" fails.
class NamesView : public View {
 public:
  explicit NamesView(std::string name = "names", uint32_t version = 1) : name_(std::move(name)), version_(version) {}
  std::string_view name() const override { return name_; }
  uint32_t version() const override { return version_; }
  absl::Status Apply(const Event& event, RowWriter& rows) const override {
    const auto before = rows.Get("chain");
    if (!before.ok()) return before.status();
    const std::string chain = Concat(before->value_or(""), crypto::ToHex(event.report.report_id), event.author);
    if (auto status = rows.Put("chain", crypto::ToHex(crypto::Sha256(chain))); !status.ok()) return status;
    for (const std::optional<v1::Portion>& portion : event.report.portions) {
      const std::string& name = portion->entity().name();
      if (name == "fail" && version_ == 1 && name_ == "names") return absl::InternalError("cannot fold this name");
      const bool forget = name.rfind("forget ", 0) == 0;
      absl::Status written = forget ? rows.Delete(name.substr(7)) : rows.Put(name, Concat(event.position));
      if (!written.ok()) return written;
    }
    return absl::OkStatus();
  }

 private:
  std::string name_;
  uint32_t version_;
};

v1::Portion Named(const std::string& name) {
  v1::Portion portion;
  portion.mutable_entity()->set_name(name);
  return portion;
}

std::vector<std::unique_ptr<View>> NamesViews(uint32_t version = 1) {
  std::vector<std::unique_ptr<View>> views;
  views.push_back(std::make_unique<NamesView>("names", version));
  return views;
}

std::unique_ptr<journal::RowStore> MemoryStore() {
  auto store = journal::RowStore::OpenInMemory();
  EXPECT_TRUE(store.ok()) << store.status();
  return *std::move(store);
}

std::unique_ptr<ViewEngine> StartEngine(const FakeJournal& journal, std::vector<std::unique_ptr<View>> views,
                                        std::unique_ptr<journal::RowStore> store = MemoryStore()) {
  auto engine = ViewEngine::Start(journal, std::move(store), std::move(views), journal.Size());
  EXPECT_TRUE(engine.ok()) << engine.status();
  return *std::move(engine);
}

v1::AsOf AsOfPosition(uint64_t position) {
  v1::AsOf as_of;
  as_of.set_position(position);
  return as_of;
}

v1::AsOf AtLeast(uint64_t position) {
  v1::AsOf as_of;
  as_of.set_at_least_position(position);
  return as_of;
}

v1::AsOf AsOfTime(absl::Time time) {
  v1::AsOf as_of;
  *as_of.mutable_recorded_at() = model::ToTimestamp(time);
  return as_of;
}

std::string ValueOf(const ViewRead& read, std::string_view key) {
  const auto value = read.rows->Get(key);
  EXPECT_TRUE(value.ok()) << value.status();
  return value.ok() ? value->value_or("none") : "error";
}

TEST(ViewEngine, CatchesUpAtStartAndReadsItsOwnWrites) {
  FakeJournal journal;
  for (int i = 0; i < 2'500; ++i) journal.Add("ann", {Named(Concat("name ", i))});
  const auto engine = StartEngine(journal, NamesViews());
  auto read = engine->Read("names", AtLeast(2'499), kForever);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->as_of.position(), 2'499);
  EXPECT_EQ(model::ToTime(read->as_of.recorded_at()), TestTime(2'499));
  EXPECT_EQ(ValueOf(*read, "name 2499"), "2499");

  // The receipt may be out before the engine is told.
  journal.Add("ann", {Named("new")});
  absl::Notification about_to_read;
  absl::StatusOr<ViewRead> waited;
  std::thread reader([&] {
    about_to_read.Notify();
    waited = engine->Read("names", AtLeast(2'500), kForever);
  });
  about_to_read.WaitForNotification();
  engine->OnRecorded(2'501);
  reader.join();
  ASSERT_TRUE(waited.ok()) << waited.status();
  EXPECT_EQ(ValueOf(*waited, "new"), "2500");
  EXPECT_EQ(ValueOf(*read, "new"), "none") << "an open read does not move";

  const auto status = engine->Status();
  ASSERT_THAT(status, SizeIs(1));
  EXPECT_EQ(status[0].state(), v1::ViewStatus::CURRENT);
  EXPECT_EQ(status[0].next_position(), 2'501);
  EXPECT_EQ(status[0].lag_entries(), 0);
}

TEST(ViewEngine, ShowsNothingBeforeItIsPublished) {
  FakeJournal journal;
  journal.Add("ann", {Named("a")});
  const auto engine = StartEngine(journal, NamesViews());
  ASSERT_TRUE(engine->WaitForSize(1, kForever).ok());
  journal.Add("ann", {Named("b")});
  const auto latest = engine->Read("names", v1::AsOf(), kForever);
  ASSERT_TRUE(latest.ok());
  EXPECT_EQ(latest->as_of.position(), 0);
  EXPECT_EQ(engine->Read("names", AtLeast(1), absl::InfinitePast()).status().code(),
            absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(engine->WaitForSize(2, absl::InfinitePast()).code(), absl::StatusCode::kDeadlineExceeded);
}

TEST(ViewEngine, RefusesWhatItCannotAnswer) {
  FakeJournal journal;
  const auto engine = StartEngine(journal, NamesViews());
  EXPECT_EQ(model::ReasonOf(engine->Read("names", v1::AsOf(), kForever).status()), v1::Refusal::POSITION_UNAVAILABLE);
  journal.Add("ann", {Named("a")});
  engine->OnRecorded(1);
  ASSERT_TRUE(engine->WaitForSize(1, kForever).ok());
  EXPECT_EQ(model::ReasonOf(engine->Read("nosuch", v1::AsOf(), kForever).status()), v1::Refusal::NOT_FOUND);
  for (const v1::AsOf& as_of :
       {AsOfPosition(1), AsOfPosition(UINT64_MAX), AtLeast(1), AtLeast(UINT64_MAX),
        AsOfTime(TestTime(0) - absl::Nanoseconds(1)), AsOfTime(absl::FromUnixSeconds(-62'000'000'000))}) {
    EXPECT_EQ(model::ReasonOf(engine->Read("names", as_of, kForever).status()), v1::Refusal::POSITION_UNAVAILABLE)
        << as_of.DebugString();
  }
}

TEST(ViewEngine, ResolvesRecordedTimes) {
  FakeJournal journal;
  for (int i = 0; i < 5; ++i) journal.Add("ann", {Named("a")});
  // Two entries at one time: the later one is meant.
  journal::StoredEntry twin = TestEntry(3, "ann", {Named("a")});
  v1::Entry entry;
  ASSERT_TRUE(entry.ParseFromString(twin.entry));
  *entry.mutable_recorded_at() = model::ToTimestamp(TestTime(2));
  twin.entry = entry.SerializeAsString();
  journal.Replace(3, twin);
  const auto engine = StartEngine(journal, NamesViews());
  ASSERT_TRUE(engine->WaitForSize(5, kForever).ok());
  const std::vector<std::pair<absl::Time, uint64_t>> cases = {
      {TestTime(0), 0},
      {TestTime(1) - absl::Nanoseconds(1), 0},
      {TestTime(1), 1},
      {TestTime(2), 3},
      {TestTime(4), 4},
      {TestTime(4'000), 4},
      {absl::FromUnixSeconds(253'402'300'799), 4},
  };
  for (const auto& [time, position] : cases) {
    const auto read = engine->Read("names", AsOfTime(time), kForever);
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(read->as_of.position(), position) << absl::FormatTime(time);
    EXPECT_EQ(ValueOf(*read, "a"), Concat(position));
    EXPECT_LE(model::ToTime(read->as_of.recorded_at()), time);
  }
}

TEST(ViewEngine, FailingViewStopsAloneAndGoesOnServing) {
  FakeJournal journal;
  for (const char* name : {"a", "b", "fail", "c"}) journal.Add("ann", {Named(name)});
  std::vector<std::unique_ptr<View>> views = NamesViews();
  views.push_back(std::make_unique<NamesView>("other"));
  const auto engine = StartEngine(journal, std::move(views));
  EXPECT_EQ(model::ReasonOf(engine->WaitForSize(4, kForever)), v1::Refusal::POSITION_UNAVAILABLE);
  const auto other = engine->Read("other", AtLeast(3), kForever);
  ASSERT_TRUE(other.ok()) << other.status();
  EXPECT_EQ(ValueOf(*other, "c"), "3");

  const auto failed = engine->Read("names", v1::AsOf(), kForever);
  ASSERT_TRUE(failed.ok()) << failed.status();
  EXPECT_EQ(failed->as_of.position(), 1);
  EXPECT_EQ(ValueOf(*failed, "b"), "1");
  EXPECT_EQ(ValueOf(*failed, "fail"), "none");
  const auto beyond = engine->Read("names", AsOfPosition(2), kForever);
  EXPECT_EQ(model::ReasonOf(beyond.status()), v1::Refusal::POSITION_UNAVAILABLE);
  EXPECT_THAT(std::string(beyond.status().message()), HasSubstr("cannot fold this name"));
  const auto status = engine->Status();
  EXPECT_EQ(status[0].state(), v1::ViewStatus::FAILED);
  EXPECT_EQ(status[0].next_position(), 2);
  EXPECT_EQ(status[0].lag_entries(), 2);
  EXPECT_THAT(status[0].last_error(), HasSubstr("entry 2"));
  EXPECT_EQ(status[1].state(), v1::ViewStatus::CURRENT);
}

TEST(ViewEngine, DamagedContentStopsTheViews) {
  FakeJournal journal;
  journal.Add("ann", {Named("a")});
  journal::StoredEntry damaged = TestEntry(1, "ann", {Named("b")});
  damaged.portions[0].content.back() = 'c';
  journal.Add("ann", {Named("b")});
  journal.Replace(1, damaged);
  const auto engine = StartEngine(journal, NamesViews());
  EXPECT_THAT(std::string(engine->WaitForSize(2, kForever).message()), HasSubstr("does not hash to its id"));
  EXPECT_TRUE(engine->Read("names", AsOfPosition(0), kForever).ok());
}

TEST(ViewEngine, EveryPositionReadsAsAReplayOfThePrefix) {
  const bool held = rc::check("as-of digest equals the digest of a replay that ends there", [] {
    FakeJournal journal;
    const auto names = *rc::gen::container<std::vector<std::string>>(
        rc::gen::element<std::string>("a", "b", "c", "forget a", "forget b"));
    for (const std::string& name : names) journal.Add("ann", {Named(name), Named("x")});
    const auto engine = StartEngine(journal, NamesViews());
    RC_ASSERT(engine->WaitForSize(names.size(), kForever).ok());
    for (uint64_t position = 0; position < names.size(); ++position) {
      FakeJournal prefix;
      for (uint64_t i = 0; i <= position; ++i) prefix.Add("ann", {Named(names[i]), Named("x")});
      const auto replay = StartEngine(prefix, NamesViews());
      RC_ASSERT(replay->WaitForSize(position + 1, kForever).ok());
      const auto expected = replay->Digest("names", position);
      const auto found = engine->Digest("names", position);
      RC_ASSERT(expected.ok() && found.ok());
      RC_ASSERT(*expected == *found);
    }
  });
  EXPECT_TRUE(held);
}

TEST(ViewEngine, GoesOnWhereItStopped) {
  const journal::TestDirectory directory;
  FakeJournal journal;
  for (int i = 0; i < 10; ++i) journal.Add("ann", {Named("a")});
  {
    auto store = journal::RowStore::Open(directory.path());
    ASSERT_TRUE(store.ok()) << store.status();
    const auto engine = StartEngine(journal, NamesViews(), *std::move(store));
    ASSERT_TRUE(engine->WaitForSize(10, kForever).ok());
  }
  for (int i = 0; i < 10; ++i) journal.Add("ann", {Named("b")});
  auto store = journal::RowStore::Open(directory.path());
  ASSERT_TRUE(store.ok()) << store.status();
  const auto engine = StartEngine(journal, NamesViews(), *std::move(store));
  ASSERT_TRUE(engine->WaitForSize(20, kForever).ok());
  const auto fresh = StartEngine(journal, NamesViews());
  ASSERT_TRUE(fresh->WaitForSize(20, kForever).ok());
  for (const uint64_t position : {9, 15, 19}) {
    EXPECT_EQ(*engine->Digest("names", position), *fresh->Digest("names", position)) << position;
  }
}

// What a crash leaves is the state after some batch: rows and position always agree.
TEST(Fold, RowsAndPositionAreOneBatch) {
  FakeJournal journal;
  constexpr uint64_t kEntries = 5 * kMaxBatchEntries / 2;
  for (uint64_t i = 0; i < kEntries; ++i) journal.Add("ann", {Named(Concat("name ", i))});
  const auto store = MemoryStore();
  const NamesView view;
  const auto fold = Fold::Open(journal, *store, view, journal.Size());
  ASSERT_TRUE(fold.ok()) << fold.status();
  int batches = 0;
  while ((*fold)->next_position() < journal.Size()) {
    ASSERT_TRUE((*fold)->Advance(journal.Size()).ok());
    ++batches;
    const std::shared_ptr<const journal::RowSnapshot> snapshot = store->Snapshot();
    const auto folded = ReadFoldedSoFar(*snapshot, "names", {1});
    ASSERT_TRUE(folded.ok());
    ASSERT_EQ(folded->next_position, (*fold)->next_position());
    uint64_t rows = 0;
    const VersionedReader reader(snapshot, RowSpaceOf("names", 1), UINT64_MAX);
    ASSERT_TRUE(reader.Scan("name ", [&](std::string_view, std::string_view) { return ++rows > 0; }).ok());
    EXPECT_EQ(rows, folded->next_position);
    const auto last = FindPositionAt(*snapshot, RowSpaceOf("names", 1), absl::InfiniteFuture());
    ASSERT_TRUE(last.ok());
    EXPECT_EQ(**last + 1, folded->next_position);
  }
  EXPECT_GT(batches, 1) << "the test needs several batches";
  EXPECT_LT(batches, 10) << "catching up takes many entries at once";
}

TEST(Fold, RowsOfAnotherLogAreBuiltAnew) {
  FakeJournal journal;
  for (int i = 0; i < 3; ++i) journal.Add("ann", {Named("a")});
  const auto store = MemoryStore();
  const NamesView view;
  const auto fold_all = [&](const FakeJournal& log) {
    const auto fold = Fold::Open(log, *store, view, log.Size());
    EXPECT_TRUE(fold.ok()) << fold.status();
    EXPECT_TRUE((*fold)->Advance(log.Size()).ok());
    return *DigestOf(VersionedReader(store->Snapshot(), RowSpaceOf("names", 1), log.Size() - 1));
  };
  const crypto::Hash original = fold_all(journal);
  FakeJournal other;
  for (int i = 0; i < 3; ++i) other.Add("bob", {Named("b")});
  FakeJournal shorter;
  shorter.Add("ann", {Named("a")});
  EXPECT_NE(fold_all(other), original);
  const std::unique_ptr<journal::RowStore> fresh = MemoryStore();
  fold_all(shorter);
  EXPECT_EQ(ReadFoldedSoFar(*store->Snapshot(), "names", {1})->next_position, 1);
  EXPECT_EQ(fold_all(journal), original) << "nothing of the other logs is left";
}

TEST(ViewEngine, NewVersionIsBuiltAndTheOldOneDeleted) {
  const journal::TestDirectory directory;
  FakeJournal journal;
  for (int i = 0; i < 5; ++i) journal.Add("ann", {Named("a")});
  for (const uint32_t version : {1, 12, 2}) {
    auto store = journal::RowStore::Open(directory.path());
    ASSERT_TRUE(store.ok()) << store.status();
    const auto engine = StartEngine(journal, NamesViews(version), *std::move(store));
    ASSERT_TRUE(engine->WaitForSize(5, kForever).ok());
    EXPECT_EQ(engine->Status()[0].version(), version);
    EXPECT_EQ(ValueOf(*engine->Read("names", v1::AsOf(), kForever), "a"), "4");
  }
  const auto store = journal::RowStore::Open(directory.path());
  ASSERT_TRUE(store.ok()) << store.status();
  int foreign_rows = 0;
  ASSERT_TRUE((*store)
                  ->Snapshot()
                  ->Scan("", "",
                         [&](std::string_view key, std::string_view) {
                           const bool own =
                               key.starts_with("names/2/") || key == "state/names/2" || key == "serving/names";
                           foreign_rows += own ? 0 : 1;
                           return true;
                         })
                  .ok());
  EXPECT_EQ(foreign_rows, 0);
}

TEST(CompareViews, FindsEveryChangedRow) {
  const auto differences = [](const journal::Journal& journal, const journal::RowStore* store) {
    std::vector<std::string> found;
    for (const ViewDifference& difference : CompareViews(journal, store, {}, NamesViews()).findings) {
      found.push_back(Concat(difference.view, ": ", difference.detail));
    }
    return found;
  };
  FakeJournal journal;
  for (const char* name : {"a", "b", "forget a", "b"}) journal.Add("ann", {Named(name)});
  const auto store = MemoryStore();
  EXPECT_THAT(differences(journal, store.get()), IsEmpty()) << "nothing stored, nothing to compare";
  const NamesView view;
  ASSERT_TRUE((*Fold::Open(journal, *store, view, journal.Size()))->Advance(4).ok());
  ASSERT_THAT(differences(journal, store.get()), IsEmpty());

  std::map<std::string, std::string> stored;
  ASSERT_TRUE(store->Snapshot()
                  ->Scan("names/", "",
                         [&](std::string_view key, std::string_view value) {
                           stored.emplace(key, value);
                           return true;
                         })
                  .ok());
  ASSERT_GT(stored.size(), 6U);
  for (const auto& [key, value] : stored) {
    const auto write = [&, &key = key](const std::string& changed) {
      const std::unique_ptr<journal::RowBatch> batch = store->NewBatch();
      batch->Put(key, changed);
      ASSERT_TRUE(store->Commit(*batch).ok());
    };
    std::string changed = value;
    changed.empty() ? changed.push_back('x') : void(changed.back() ^= 1);
    write(changed);
    const std::vector<std::string> found = differences(journal, store.get());
    ASSERT_THAT(found, ElementsAre(HasSubstr("names: row names/"))) << crypto::ToHex(key);
    EXPECT_THAT(found[0], HasSubstr("is not what a replay of the log has"));
    write(value);
  }
  EXPECT_THAT(differences(journal, store.get()), IsEmpty());
}

TEST(CompareViews, FindsMissingRowsAndRowsTooMany) {
  FakeJournal journal;
  for (const char* name : {"a", "b", "c"}) journal.Add("ann", {Named(name)});
  const auto store = MemoryStore();
  const NamesView view;
  ASSERT_TRUE((*Fold::Open(journal, *store, view, journal.Size()))->Advance(3).ok());
  std::string row;
  ASSERT_TRUE(store->Snapshot()
                  ->Scan("names/", "",
                         [&](std::string_view key, std::string_view) {
                           row = key;
                           return false;
                         })
                  .ok());
  const auto batch = store->NewBatch();
  batch->Delete(row);
  ASSERT_TRUE(store->Commit(*batch).ok());
  ViewComparison compared = CompareViews(journal, store.get(), {}, NamesViews());
  ASSERT_EQ(compared.findings.size(), 1U);
  EXPECT_EQ(compared.findings[0].with, ViewDifference::With::kStoredRows);
  EXPECT_THAT(compared.findings[0].detail, HasSubstr("is missing"));
  const auto more = store->NewBatch();
  more->Put(row + "!", "new");
  ASSERT_TRUE(store->Commit(*more).ok());
  compared = CompareViews(journal, store.get(), {}, NamesViews());
  ASSERT_EQ(compared.findings.size(), 1U) << "the first row that differs is told";
}

TEST(CompareViews, HoldsDigestsAgainstAReplay) {
  FakeJournal journal;
  for (const char* name : {"a", "b", "forget a", "b"}) journal.Add("ann", {Named(name)});
  auto started = ViewEngine::Start(journal, MemoryStore(), NamesViews(), journal.Size());
  ASSERT_TRUE(started.ok()) << started.status();
  ASSERT_TRUE((*started)->WaitForSize(4, absl::InfiniteFuture()).ok());
  const NamesView view;
  std::vector<ExpectedDigest> digests;
  for (const uint64_t position : {3U, 0U, 1U}) {
    digests.push_back({Concat("digest ", position), "names", view.version(), position,
                       (*started)->Digest("names", position).value()});
  }
  ViewComparison compared = CompareViews(journal, nullptr, digests, NamesViews());
  EXPECT_TRUE(compared.findings.empty());
  ASSERT_EQ(compared.views.size(), 1U);
  EXPECT_EQ(compared.views[0].digests_compared, 3U);
  EXPECT_EQ(compared.views[0].entries, 4U);

  digests[1].digest[0] ^= 1U;
  digests.push_back({"of another view", "others", 1, 0, {}});
  digests.push_back({"of another version", "names", view.version() + 1, 0, {}});
  digests.push_back({"of the future", "names", view.version(), 4, {}});
  compared = CompareViews(journal, nullptr, digests, NamesViews());
  ASSERT_EQ(compared.findings.size(), 4U);
  EXPECT_EQ(compared.findings[0].position, 0U);
  EXPECT_THAT(compared.findings[0].detail, HasSubstr("digest 0 has"));
}

}  // namespace
}  // namespace sworn::views
