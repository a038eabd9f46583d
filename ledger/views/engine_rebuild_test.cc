// Rows that are built beside those that answer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "ledger/journal/test_directory.h"
#include "ledger/model/refusal.h"
#include "ledger/views/engine.h"
#include "ledger/views/fold.h"
#include "ledger/views/replay.h"
#include "ledger/views/testing.h"
#include "ledger/views/view_build.h"

namespace sworn::views {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr absl::Time kForever = absl::InfiniteFuture();
constexpr uint64_t kEntries = kMaxBatchEntries + 500;
constexpr uint64_t kWithinSecondBatch = kMaxBatchEntries + 200;

// Holds a fold before an entry, or makes it fail there.
class Control {
 public:
  void HoldAt(uint64_t position) {
    const absl::MutexLock lock(&mutex_);
    hold_at_ = position;
  }
  void FailAt(std::optional<uint64_t> position) {
    const absl::MutexLock lock(&mutex_);
    fail_at_ = position;
  }
  void WaitUntilHeld() {
    const absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(&held_));
  }
  void Release() {
    const absl::MutexLock lock(&mutex_);
    hold_at_.reset();
  }
  absl::Status Enter(uint64_t position) {
    const absl::MutexLock lock(&mutex_);
    if (!first_position_.has_value()) first_position_ = position;
    held_ = hold_at_ == position;
    const auto may_go_on = [this, position] { return hold_at_ != position; };
    mutex_.Await(absl::Condition(&may_go_on));
    held_ = false;
    return fail_at_ == position ? absl::InternalError("cannot fold this entry") : absl::OkStatus();
  }
  std::optional<uint64_t> first_position() const {
    const absl::MutexLock lock(&mutex_);
    return first_position_;
  }

 private:
  mutable absl::Mutex mutex_;
  std::optional<uint64_t> hold_at_;
  std::optional<uint64_t> fail_at_;
  std::optional<uint64_t> first_position_;
  bool held_ = false;
};

// A row that depends on all entries before, and the version that wrote it.
class ChainView : public View {
 public:
  ChainView(uint32_t version, uint32_t oldest_readable_version, Control& control)
      : version_(version), oldest_readable_version_(oldest_readable_version), control_(control) {}
  std::string_view name() const override { return "chain"; }
  uint32_t version() const override { return version_; }
  uint32_t oldest_readable_version() const override { return oldest_readable_version_; }
  absl::Status Apply(const Event& event, RowWriter& rows) const override {
    if (absl::Status status = control_.Enter(event.position); !status.ok()) return status;
    const auto before = rows.Get("chain");
    if (!before.ok()) return before.status();
    const std::string chain = Concat(before->value_or(""), crypto::ToHex(event.report.report_id));
    if (absl::Status status = rows.Put("version", Concat(version_)); !status.ok()) return status;
    return rows.Put("chain", crypto::ToHex(crypto::Sha256(chain)));
  }

 private:
  const uint32_t version_;
  const uint32_t oldest_readable_version_;
  Control& control_;
};

class RebuildTest : public testing::Test {
 protected:
  void SetUp() override {
    for (uint64_t i = 0; i < kEntries; ++i) journal_.Add("ann", {});
  }

  std::unique_ptr<ViewEngine> Start(uint32_t version, uint32_t oldest_readable_version) {
    auto store = journal::RowStore::Open(directory_.path());
    EXPECT_TRUE(store.ok()) << store.status();
    std::vector<std::unique_ptr<View>> views;
    views.push_back(std::make_unique<ChainView>(version, oldest_readable_version, control_));
    auto engine = ViewEngine::Start(journal_, *std::move(store), std::move(views), journal_.Size());
    EXPECT_TRUE(engine.ok()) << engine.status();
    return *std::move(engine);
  }

  void FoldAll(uint32_t version) {
    const auto engine = Start(version, version);
    ASSERT_TRUE(engine->WaitForSize(kEntries, kForever).ok());
  }

  std::vector<ViewBuild> Builds() const {
    const auto store = journal::RowStore::Open(directory_.path());
    EXPECT_TRUE(store.ok()) << store.status();
    return ListBuilds(*(*store)->Snapshot(), "chain").value();
  }

  static std::string ValueOf(const ViewRead& read, std::string_view key) {
    return read.rows->Get(key).value().value_or("none");
  }
  static v1::AsOf AtLeast(uint64_t position) {
    v1::AsOf as_of;
    as_of.set_at_least_position(position);
    return as_of;
  }

  const journal::TestDirectory directory_;
  FakeJournal journal_;
  Control control_;
};

TEST_F(RebuildTest, AnOlderVersionThatCanBeReadAnswersUntilTheNewOneHasCaughtUp) {
  FoldAll(1);
  control_.HoldAt(kWithinSecondBatch);
  {
    const auto engine = Start(2, 1);
    control_.WaitUntilHeld();
    const auto old_rows = engine->Read("chain", v1::AsOf(), kForever);
    ASSERT_TRUE(old_rows.ok()) << old_rows.status();
    EXPECT_EQ(old_rows->as_of.position(), kEntries - 1);
    EXPECT_EQ(old_rows->view_version, 1);
    EXPECT_EQ(ValueOf(*old_rows, "version"), "1");
    v1::ViewStatus status = engine->Status()[0];
    EXPECT_EQ(status.state(), v1::ViewStatus::REBUILDING);
    EXPECT_EQ(status.version(), 2);
    EXPECT_EQ(status.serving_version(), 1);
    EXPECT_EQ(status.next_position(), kEntries);
    EXPECT_EQ(status.rebuilt_entries(), kMaxBatchEntries);

    // What is recorded meanwhile only the new rows will have.
    journal_.Add("ann", {});
    engine->OnRecorded(kEntries + 1);
    const auto later = engine->Read("chain", AtLeast(kEntries), absl::InfinitePast());
    EXPECT_EQ(later.status().code(), absl::StatusCode::kDeadlineExceeded);
    EXPECT_THAT(std::string(later.status().message()),
                HasSubstr(Concat("version 2 is built beside it and has folded ", kMaxBatchEntries)));
    control_.Release();
    ASSERT_TRUE(engine->WaitForRebuild("chain", kForever).ok());
    const auto new_rows = engine->Read("chain", AtLeast(kEntries), kForever);
    ASSERT_TRUE(new_rows.ok()) << new_rows.status();
    EXPECT_EQ(ValueOf(*new_rows, "version"), "2");
    EXPECT_EQ(ValueOf(*old_rows, "version"), "1") << "an open read keeps its rows";
    status = engine->Status()[0];
    EXPECT_EQ(status.state(), v1::ViewStatus::CURRENT);
    EXPECT_EQ(status.serving_version(), 2);
    EXPECT_FALSE(status.has_rebuilt_entries());
  }
  EXPECT_THAT(Builds(), ElementsAre(ViewBuild{2, 0}));
}

TEST_F(RebuildTest, AnOlderVersionThatCannotBeReadAnswersNothing) {
  FoldAll(1);
  control_.HoldAt(kWithinSecondBatch);
  const auto engine = Start(2, 2);
  control_.WaitUntilHeld();
  EXPECT_EQ(engine->Status()[0].serving_version(), 2);
  EXPECT_EQ(engine->Status()[0].next_position(), kMaxBatchEntries);
  const auto read = engine->Read("chain", AtLeast(kEntries - 1), absl::InfinitePast());
  EXPECT_THAT(std::string(read.status().message()),
              HasSubstr(Concat("has folded ", kMaxBatchEntries, " of the ", kEntries, " entries")));
  control_.Release();
  EXPECT_TRUE(engine->Read("chain", AtLeast(kEntries - 1), kForever).ok());
}

TEST_F(RebuildTest, TheSameVersionIsRebuiltBesideTheRowsThatAnswer) {
  {
    const auto engine = Start(1, 1);
    ASSERT_TRUE(engine->WaitForSize(kEntries, kForever).ok());
    const auto before = engine->Digest("chain", kEntries - 1);
    control_.HoldAt(kWithinSecondBatch);
    ASSERT_TRUE(engine->Rebuild("chain").ok());
    control_.WaitUntilHeld();
    ASSERT_TRUE(engine->Rebuild("chain").ok()) << "one is under way";
    EXPECT_EQ(engine->Status()[0].state(), v1::ViewStatus::REBUILDING);
    EXPECT_EQ(engine->Status()[0].lag_entries(), 0);
    EXPECT_EQ(engine->Status()[0].rebuilt_entries(), kMaxBatchEntries);
    EXPECT_TRUE(engine->Read("chain", AtLeast(kEntries - 1), absl::InfinitePast()).ok());
    EXPECT_EQ(engine->WaitForRebuild("chain", absl::InfinitePast()).code(), absl::StatusCode::kDeadlineExceeded);
    control_.Release();
    ASSERT_TRUE(engine->WaitForRebuild("chain", kForever).ok());
    EXPECT_EQ(*engine->Digest("chain", kEntries - 1), *before);
    EXPECT_EQ(model::ReasonOf(engine->Rebuild("nosuch")), v1::Refusal::NOT_FOUND);
  }
  EXPECT_THAT(Builds(), ElementsAre(ViewBuild{1, 1}));
  const auto engine = Start(1, 1);
  EXPECT_EQ(engine->Status()[0].state(), v1::ViewStatus::CURRENT);
}

TEST_F(RebuildTest, ARebuildThatStoppedGoesOnWhereItWas) {
  std::optional<crypto::Hash> before;
  {
    const auto engine = Start(1, 1);
    ASSERT_TRUE(engine->WaitForSize(kEntries, kForever).ok());
    before = *engine->Digest("chain", kEntries - 1);
    control_.FailAt(kWithinSecondBatch);
    ASSERT_TRUE(engine->Rebuild("chain").ok());
    EXPECT_THAT(std::string(engine->WaitForRebuild("chain", kForever).message()),
                HasSubstr(Concat("entry ", kWithinSecondBatch)));
    const v1::ViewStatus status = engine->Status()[0];
    EXPECT_EQ(status.state(), v1::ViewStatus::CURRENT) << "what answers is as it was";
    EXPECT_EQ(status.rebuilt_entries(), kWithinSecondBatch);
    EXPECT_THAT(status.last_error(), HasSubstr(Concat("entry ", kWithinSecondBatch)));
    EXPECT_TRUE(status.has_last_error_at());
    EXPECT_EQ(status.failures(), 1);
    EXPECT_EQ(*engine->Digest("chain", kEntries - 1), *before);
  }
  EXPECT_THAT(Builds(), ElementsAre(ViewBuild{1, 0}, ViewBuild{1, 1}));
  {
    // Started again it fails again, and an explicit rebuild tries once more.
    const auto engine = Start(1, 1);
    EXPECT_FALSE(engine->WaitForRebuild("chain", kForever).ok());
    control_.FailAt(std::nullopt);
    ASSERT_TRUE(engine->Rebuild("chain").ok());
    ASSERT_TRUE(engine->WaitForRebuild("chain", kForever).ok());
    EXPECT_EQ(*engine->Digest("chain", kEntries - 1), *before);
    EXPECT_THAT(engine->Status()[0].last_error(), IsEmpty());
  }
  EXPECT_THAT(Builds(), ElementsAre(ViewBuild{1, 1}));
}

TEST_F(RebuildTest, ANewVersionGoesOnAfterACrash) {
  FoldAll(1);
  control_.FailAt(kWithinSecondBatch);
  {
    const auto engine = Start(2, 1);
    EXPECT_FALSE(engine->WaitForRebuild("chain", kForever).ok());
    EXPECT_EQ(engine->Status()[0].state(), v1::ViewStatus::FAILED) << "the old rows cannot be folded on";
    EXPECT_EQ(engine->Status()[0].serving_version(), 1);
    EXPECT_TRUE(engine->Read("chain", v1::AsOf(), kForever).ok());
  }
  Control later;
  auto store = journal::RowStore::Open(directory_.path());
  ASSERT_TRUE(store.ok()) << store.status();
  std::vector<std::unique_ptr<View>> views;
  views.push_back(std::make_unique<ChainView>(2, 1, later));
  const auto engine = ViewEngine::Start(journal_, *std::move(store), std::move(views), journal_.Size());
  ASSERT_TRUE(engine.ok()) << engine.status();
  ASSERT_TRUE((*engine)->WaitForRebuild("chain", kForever).ok());
  EXPECT_EQ(later.first_position(), kWithinSecondBatch);
  EXPECT_EQ((*engine)->Status()[0].serving_version(), 2);
}

void ReferToAny(uint64_t choice, const std::vector<crypto::Hash>& ids, v1::Reference& reference) {
  reference.set_portion_id(std::string(crypto::AsBytes(ids[choice % ids.size()])));
}

// A portion of any kind that views fold, about what was recorded before.
v1::Portion AnyPortion(const std::vector<crypto::Hash>& ids) {
  const auto any_id = [] { return *rc::gen::element<std::string>("iso3166:CN", "iso3166:RU", "iso3166:IR"); };
  const auto choice = *rc::gen::inRange<uint64_t>(0, 1'000);
  v1::Portion portion;
  portion.mutable_marking()->set_level(v1::Marking::U);
  const int kind = *rc::gen::inRange(0, ids.empty() ? 3 : 5);
  if (kind == 0) {
    portion.mutable_entity()->set_name(*rc::gen::element<std::string>("China", "Russia", "Iran"));
    portion.mutable_entity()->add_external_ids(any_id());
  } else if (kind == 1) {
    portion.mutable_source()->set_name(*rc::gen::element<std::string>("Reuters", "AP"));
    portion.mutable_source()->add_external_ids(*rc::gen::element<std::string>("domain:a.example", "domain:b.example"));
  } else if (kind == 2 || kind == 3) {
    v1::Assertion& assertion = *portion.mutable_assertion();
    assertion.mutable_subject()->mutable_entity()->set_external_id(any_id());
    assertion.mutable_object()->mutable_entity()->set_external_id(any_id());
    assertion.set_predicate("supplies");
    assertion.set_category("materiel/optics");
    assertion.set_polarity(v1::Assertion::AFFIRMS);
    v1::Hop& hop = *assertion.add_attribution();
    hop.set_mode(v1::Hop::TOLD);
    hop.mutable_source()->set_external_id(*rc::gen::element<std::string>("domain:a.example", "domain:b.example"));
    if (kind == 3) ReferToAny(choice, ids, *assertion.add_derived_from());
  } else {
    v1::Judgement& judgement = *portion.mutable_judgement();
    judgement.set_kind(*rc::gen::element(v1::Judgement::RETRACT, v1::Judgement::DISPUTE, v1::Judgement::SAME_CLAIM,
                                         v1::Judgement::SAME_ENTITY, v1::Judgement::SAME_SOURCE));
    ReferToAny(choice, ids, *judgement.add_targets());
    ReferToAny(choice / 2, ids, *judgement.add_targets());
  }
  return portion;
}

TEST(Rebuild, GivesTheRowsThatWereFoldedStepByStep) {
  const bool held = rc::check("rebuilt rows equal those folded as entries were recorded", [] {
    FakeJournal journal;
    std::vector<crypto::Hash> ids;
    auto store = journal::RowStore::OpenInMemory();
    RC_ASSERT(store.ok());
    const std::vector<std::unique_ptr<View>> views = AllViews();
    const int entries = *rc::gen::inRange(1, 20);
    for (int i = 0; i < entries; ++i) {
      std::vector<v1::Portion> portions;
      const int count = *rc::gen::inRange(1, 4);
      for (int portion = 0; portion < count; ++portion) portions.push_back(AnyPortion(ids));
      for (const crypto::Hash& id : journal.Add(*rc::gen::element<std::string>("ann", "bob"), portions)) {
        ids.push_back(id);
      }
      // A fold opened for every entry is one that was stopped after every entry.
      for (const std::unique_ptr<View>& view : views) {
        auto fold = Fold::Open(journal, **store, *view, journal.Size());
        RC_ASSERT(fold.ok());
        RC_ASSERT((*fold)->Advance(journal.Size()).ok());
      }
    }
    RC_ASSERT(CompareViews(journal, store->get(), {}, AllViews()).findings.empty());

    auto engine = ViewEngine::Start(journal, *std::move(store), AllViews(), journal.Size());
    RC_ASSERT(engine.ok());
    RC_ASSERT((*engine)->WaitForSize(journal.Size(), kForever).ok());
    for (const std::unique_ptr<View>& view : views) {
      std::vector<crypto::Hash> before;
      for (uint64_t at = 0; at < journal.Size(); ++at) before.push_back((*engine)->Digest(view->name(), at).value());
      RC_ASSERT((*engine)->Rebuild(view->name()).ok());
      RC_ASSERT((*engine)->WaitForRebuild(view->name(), kForever).ok());
      for (uint64_t at = 0; at < journal.Size(); ++at) {
        RC_ASSERT((*engine)->Digest(view->name(), at).value() == before[at]);
      }
    }
  });
  EXPECT_TRUE(held);
}

}  // namespace
}  // namespace sworn::views
