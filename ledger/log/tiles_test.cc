#include "ledger/log/tiles.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ledger/journal/rocksdb/rocksdb_journal.h"
#include "ledger/log/test_ledger.h"
#include "ledger/log/tile_testing.h"
#include "ledger/merkle/tree.h"
#include "ledger/model/marking.h"
#include "ledger/model/refusal.h"

namespace sworn::log {
namespace {

using merkle::TileId;
using testing::HasSubstr;
using testing::Not;

constexpr uint64_t kEntries = 70'000;

TileId Bundle(uint64_t index, uint16_t width) { return {TileId::Kind::kEntries, 0, index, width}; }
TileId Hashes(uint8_t level, uint64_t index, uint16_t width) { return {TileId::Kind::kHashes, level, index, width}; }

// A journal of 70,000 entries, made once; tests look at its first so many as if only they had been signed.
class TilesTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    directory_ = new journal::TestDirectory();  // NOLINT(cppcoreguidelines-owning-memory): as GoogleTest has it
    journal_ = *journal::OpenRocksDbJournal(directory_->path() + "/journal", journal::OpenMode::kCreate);
    std::vector<std::string> entries;
    for (uint64_t i = 0; i < kEntries; ++i) entries.push_back(EntryMarked("(U)", i));
    leaves_ = FillJournal(*journal_, entries);
  }
  static void TearDownTestSuite() {
    journal_.reset();
    delete directory_;  // NOLINT(cppcoreguidelines-owning-memory)
  }

  // What is served at a path of a log of `signed_size` entries.
  static FetchPath FetchFrom(uint64_t signed_size) {
    return [signed_size](const std::string& path) -> std::optional<std::string> {
      const absl::StatusOr<TileId> tile = merkle::ParseTilePath(path);
      EXPECT_TRUE(tile.ok()) << path;
      if (!tile.ok()) return std::nullopt;
      absl::StatusOr<std::string> bytes = tile->kind == TileId::Kind::kEntries
                                              ? ReadEntryBundle(*journal_, signed_size, *tile, PublicClearance())
                                              : ReadHashTile(*journal_, signed_size, *tile);
      EXPECT_TRUE(bytes.ok()) << path << ": " << bytes.status();
      return bytes.ok() ? std::optional(*std::move(bytes)) : std::nullopt;
    };
  }
  static crypto::Hash RootOfFirst(uint64_t size) {
    return merkle::RootOfLeaves(absl::MakeConstSpan(leaves_).subspan(0, size));
  }

  static journal::TestDirectory* directory_;
  static std::unique_ptr<journal::Journal> journal_;
  static std::vector<crypto::Hash> leaves_;
};

journal::TestDirectory* TilesTest::directory_ = nullptr;
std::unique_ptr<journal::Journal> TilesTest::journal_;
std::vector<crypto::Hash> TilesTest::leaves_;

TEST_F(TilesTest, AClientRebuildsTheTreeOfEverySize) {
  for (const uint64_t size : {0U, 1U, 255U, 256U, 257U, 65'535U, 65'536U, 65'537U, 70'000U}) {
    EXPECT_EQ(RootOfTiles(size, FetchFrom(size), Bundles::kRead), RootOfFirst(size)) << size;
  }
}

TEST_F(TilesTest, WhatEarlierSizesHadIsServedForEver) {
  for (const uint64_t size : {1U, 255U, 257U, 511U, 65'535U, 65'537U}) {
    EXPECT_EQ(RootOfTiles(size, FetchFrom(kEntries), Bundles::kRead), RootOfFirst(size)) << size;
  }
}

TEST_F(TilesTest, NothingBeyondWhatWasSignedIsServed) {
  struct Case {
    uint64_t signed_size;
    TileId tile;
  };
  const std::vector<Case> cases = {
      {0, Hashes(0, 0, 1)},
      {0, Bundle(0, 1)},
      {1, Hashes(0, 0, 2)},
      {1, Bundle(0, 2)},
      {1, Bundle(0, 256)},
      {255, Hashes(0, 0, 256)},
      {255, Hashes(1, 0, 1)},
      {256, Hashes(0, 1, 1)},
      {256, Hashes(1, 0, 2)},
      {257, Bundle(1, 2)},
      {65'535, Hashes(1, 0, 256)},
      {65'535, Hashes(2, 0, 1)},
      {65'536, Bundle(256, 1)},
      {70'000, Hashes(0, 273, 113)},
      {70'000, Hashes(2, 0, 2)},
      {70'000, Hashes(63, 0, 1)},
      {70'000, Hashes(0, uint64_t{1} << 56U, 1)},
      {70'000, Bundle(UINT64_MAX, 1)},
      {70'000, Bundle(UINT64_MAX / 256, 256)},
  };
  for (const Case& c : cases) {
    const bool is_bundle = c.tile.kind == TileId::Kind::kEntries;
    const absl::Status status = is_bundle
                                    ? ReadEntryBundle(*journal_, c.signed_size, c.tile, PublicClearance()).status()
                                    : ReadHashTile(*journal_, c.signed_size, c.tile).status();
    EXPECT_EQ(model::ReasonOf(status), v1::Refusal::NOT_FOUND)
        << merkle::TilePath(c.tile) << " of " << c.signed_size << ": " << status;
  }
  EXPECT_TRUE(absl::IsNotFound(ReadHashTile(*journal_, kEntries, Bundle(0, 1)).status()));
  EXPECT_TRUE(absl::IsNotFound(ReadEntryBundle(*journal_, kEntries, Hashes(0, 0, 1), PublicClearance()).status()));
}

TEST(ClearanceTest, ABannerIsReadOnlyByThoseItIsFor) {
  struct Case {
    std::string clearance;
    std::string banner;
    bool cleared;
  };
  const std::vector<Case> cases = {
      {"(U//TLP:CLEAR)", "(U)", true},
      {"(U//TLP:CLEAR)", "(U//TLP:CLEAR)", true},
      {"(U//TLP:CLEAR)", "(U//TLP:GREEN)", false},
      {"(U//TLP:CLEAR)", "(R)", false},
      {"(U//TLP:CLEAR)", "(TS)", false},
      {"(U//TLP:CLEAR)", "(U//REL TO USA)", false},
      {"(U//TLP:CLEAR)", "(U//NOFORN)", false},
      {"(U//TLP:CLEAR)", "(U//ORCON)", false},
      {"(U//TLP:CLEAR)", "(U//BIGOT)", false},
      {"(U)", "(U//TLP:CLEAR)", false},
      {"(S//TLP:RED)", "(U)", true},
      {"(S//TLP:RED)", "(S//TLP:RED)", true},
      {"(S//TLP:RED)", "(TS)", false},
      // Readers of whom no country is known are on no list, whatever their level.
      {"(S//TLP:RED)", "(S//REL TO USA)", false},
      {"(S//TLP:RED)", "(U//REL TO USA)", false},
      {"(S//TLP:RED)", "(S//NOFORN)", false},
      // All of the readers must be on the banner's list.
      {"(S//REL TO USA)", "(S//REL TO GBR, USA)", true},
      {"(S//REL TO GBR, USA)", "(S//REL TO GBR, USA)", true},
      {"(S//REL TO GBR, USA)", "(S//REL TO USA)", false},
      {"(S//REL TO USA)", "(S//REL TO GBR)", false},
      {"(S//REL TO USA)", "(U)", true},
      // Classified and without a list: for the originator's own until somebody releases it.
      {"(S//REL TO USA)", "(C)", false},
      {"(S//NOFORN)", "(S//NOFORN)", true},
      {"(S//NOFORN)", "(S//REL TO USA)", true},
      {"(S//ORCON//BIGOT)", "(S//BIGOT)", true},
      {"(S//ORCON//BIGOT)", "(S//BIGOT//OTHER)", false},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(IsCleared(*model::ParseMarking(c.clearance), *model::ParseMarking(c.banner)), c.cleared)
        << c.clearance << " reads " << c.banner;
  }
  EXPECT_FALSE(IsCleared(*model::ParseMarking("(TS//NOFORN)"), v1::Marking())) << "no banner at all";
}

TEST(ClearanceTest, OneEntryWithholdsItsBundleAndNoOther) {
  const journal::TestDirectory directory;
  const std::unique_ptr<journal::Journal> journal =
      *journal::OpenRocksDbJournal(directory.path() + "/journal", journal::OpenMode::kCreate);
  std::vector<std::string> entries;
  for (uint64_t i = 0; i < 600; ++i) entries.push_back(EntryMarked(i == 300 ? "(S//REL TO GBR)" : "(U)", i));
  FillJournal(*journal, entries);
  EXPECT_TRUE(ReadEntryBundle(*journal, 600, Bundle(0, 256), PublicClearance()).ok());
  EXPECT_TRUE(ReadEntryBundle(*journal, 600, Bundle(1, 44), PublicClearance()).ok()) << "as it was before";
  for (const uint16_t width : {45, 256}) {
    const absl::Status status = ReadEntryBundle(*journal, 600, Bundle(1, width), PublicClearance()).status();
    EXPECT_EQ(model::ReasonOf(status), v1::Refusal::NOT_PERMITTED) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("entry 300 is marked (S//REL TO GBR)"));
  }
  EXPECT_TRUE(ReadEntryBundle(*journal, 600, Bundle(2, 88), PublicClearance()).ok());
  EXPECT_TRUE(ReadEntryBundle(*journal, 600, Bundle(1, 256), *model::ParseMarking("(S//REL TO GBR)")).ok());
  EXPECT_TRUE(ReadHashTile(*journal, 600, Hashes(0, 1, 256)).ok()) << "hashes are public";
}

// Hands out one node that is wrong.
class WrongNode {
 public:
  explicit WrongNode(merkle::NodeId wrong) : wrong_(wrong) {
    for (uint64_t i = 0; i < 300; ++i) entries_.push_back(EntryMarked("(U)", i));
    FillJournal(*journal_, entries_);
  }
  std::unique_ptr<journal::Journal> Take() {
    faults_->on_read_node = [this](merkle::NodeId id, crypto::Hash& hash) {
      if (id == wrong_) hash[0] ^= 1U;
    };
    return std::make_unique<FaultyJournal>(std::move(journal_), faults_);
  }

 private:
  merkle::NodeId wrong_;
  journal::TestDirectory directory_;
  std::unique_ptr<journal::Journal> journal_ =
      *journal::OpenRocksDbJournal(directory_.path() + "/journal", journal::OpenMode::kCreate);
  std::vector<std::string> entries_;
  std::shared_ptr<Faults> faults_ = std::make_shared<Faults>();
};

TEST(DamageTest, AWrongHashIsNotServed) {
  struct Case {
    merkle::NodeId wrong;
    TileId tile;
    bool damaged;
  };
  const std::vector<Case> cases = {
      {{0, 7}, Hashes(0, 0, 256), true},    {{0, 7}, Hashes(0, 0, 8), true},   {{0, 7}, Hashes(0, 0, 7), false},
      {{0, 299}, Hashes(0, 1, 44), true},   {{8, 0}, Hashes(0, 0, 256), true}, {{3, 0}, Hashes(0, 0, 8), true},
      {{0, 299}, Hashes(0, 0, 256), false},
  };
  for (const Case& c : cases) {
    WrongNode wrong(c.wrong);
    const std::unique_ptr<journal::Journal> journal = wrong.Take();
    const absl::Status status = ReadHashTile(*journal, 300, c.tile).status();
    EXPECT_EQ(model::ReasonOf(status), c.damaged ? v1::Refusal::DAMAGED : v1::Refusal::REASON_UNSPECIFIED)
        << merkle::TilePath(c.tile) << ": " << status;
  }
}

TEST(DamageTest, DamagedEntriesAreNotServed) {
  TestLedger ledger;
  const std::unique_ptr<Log> log = ledger.Open();
  ASSERT_NE(log, nullptr);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(log->AppendAndWait(ledger.Report({EntityPortion("China")})).ok());
  }
  EXPECT_TRUE(ReadEntryBundle(log->journal(), log->size(), Bundle(0, 4), PublicClearance()).ok());
  ledger.faults().on_read_entry = [](uint64_t position, std::string& entry) {
    if (position == 2) entry.back() = static_cast<char>(entry.back() ^ 1);
  };
  EXPECT_TRUE(ReadEntryBundle(log->journal(), log->size(), Bundle(0, 2), PublicClearance()).ok());
  const absl::Status status = ReadEntryBundle(log->journal(), log->size(), Bundle(0, 3), PublicClearance()).status();
  EXPECT_EQ(model::ReasonOf(status), v1::Refusal::DAMAGED) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("entry 2"));
}

}  // namespace
}  // namespace sworn::log
