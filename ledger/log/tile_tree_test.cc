#include "ledger/log/tile_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ledger/journal/test_directory.h"
#include "ledger/log/test_ledger.h"
#include "ledger/log/tile_testing.h"
#include "ledger/log/tiles.h"
#include "ledger/merkle/tree_hash.h"
#include "ledger/model/marking.h"

namespace sworn::log {
namespace {

using testing::HasSubstr;

// A log key, the entries of its log, and directories to export to.
class TileTreeTest : public testing::Test {
 protected:
  void AddEntries(uint64_t size, const std::string& banner = "(U)") {
    while (entries_.size() < size) {
      entries_.push_back(EntryMarked(banner, entries_.size()));
      leaves_.push_back(merkle::LeafHash(entries_.back()));
    }
  }
  crypto::Hash RootOf(uint64_t size) const {
    return merkle::RootOfLeaves(absl::MakeConstSpan(leaves_).subspan(0, size));
  }
  std::string CheckpointOf(uint64_t size) const {
    return *merkle::SignCheckpoint({log_key_.name(), size, RootOf(size)}, log_key_, key_);
  }
  std::string NewDirectory() { return files_.path() + "/" + std::to_string(++directories_); }

  // Exports the first `size` entries, as a caller does: what is there is passed over.
  absl::Status Export(const std::string& directory, uint64_t size, const std::string& clearance = "(U//TLP:CLEAR)") {
    absl::StatusOr<TileTree> tree = TileTree::Open(directory, log_key_, *model::ParseMarking(clearance));
    if (!tree.ok()) return tree.status();
    for (uint64_t index = 0; index * 256 < size; ++index) {
      if (tree->HasFullBundle(index)) continue;
      const absl::Status added = tree->AddBundle(
          index, absl::MakeConstSpan(entries_).subspan(index * 256, std::min<uint64_t>(256, size - index * 256)));
      if (!added.ok()) return added;
    }
    written_ = tree->bundles_written();
    withheld_ = tree->bundles_withheld();
    return tree->Publish(CheckpointOf(size));
  }

  static std::optional<std::string> Read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return std::nullopt;
    return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  static FetchPath FetchFrom(const std::string& directory) {
    return [directory](const std::string& path) { return Read(directory + "/" + path); };
  }
  static std::map<std::string, std::string> AllFiles(const std::string& directory) {
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
      if (entry.is_regular_file()) files[entry.path().string()] = *Read(entry.path().string());
    }
    return files;
  }

  journal::TestDirectory files_;
  int directories_ = 0;
  crypto::PrivateKey key_ = NewKey();
  merkle::VerifierKey log_key_ = *merkle::VerifierKey::Make("example.org/ledger", key_.public_key());
  std::vector<std::string> entries_;
  std::vector<crypto::Hash> leaves_;
  uint64_t written_ = 0;
  uint64_t withheld_ = 0;
};

TEST_F(TileTreeTest, AStrangerRebuildsTheLogFromTheFiles) {
  AddEntries(70'000);
  for (const uint64_t size : {0U, 1U, 255U, 256U, 257U, 65'535U, 65'536U, 65'537U, 70'000U}) {
    const std::string directory = NewDirectory();
    const absl::Status exported = Export(directory, size);
    ASSERT_TRUE(exported.ok()) << exported;
    EXPECT_EQ(RootOfTiles(size, FetchFrom(directory), Bundles::kRead), RootOf(size)) << size;
    EXPECT_EQ(Read(directory + "/checkpoint"), CheckpointOf(size));
  }
  const std::string last = files_.path() + "/" + std::to_string(directories_);
  // The specification's own example: 273 full tiles and one of width 112, one full and one of width 17, one of width 1.
  EXPECT_TRUE(std::filesystem::exists(last + "/tile/0/272"));
  for (const char* partial : {"/tile/0/273.p/112", "/tile/1/001.p/17", "/tile/2/000.p/1", "/tile/entries/273.p/112"}) {
    EXPECT_TRUE(std::filesystem::exists(last + partial)) << partial;
  }
  EXPECT_EQ(AllFiles(last + "/tile").size(), 273U + 1 + 1 + 1 + 1 + 273 + 1);
}

TEST_F(TileTreeTest, ALaterExportAddsWhatIsNewAndKeepsWhatWasPublished) {
  AddEntries(66'000);
  const std::string directory = NewDirectory();
  std::map<std::string, std::string> before;
  for (const uint64_t size : {0U, 1U, 1U, 255U, 256U, 300U, 65'535U, 65'536U, 65'537U, 66'000U}) {
    const absl::Status exported = Export(directory, size);
    ASSERT_TRUE(exported.ok()) << size << ": " << exported;
    EXPECT_EQ(RootOfTiles(size, FetchFrom(directory), Bundles::kRead), RootOf(size)) << size;
    for (const auto& [path, content] : before) {
      EXPECT_TRUE(path.ends_with("/checkpoint") || Read(path) == content) << path;
    }
    before = AllFiles(directory);
  }
  EXPECT_EQ(written_, 66'000U / 256 - 65'537 / 256 + 1) << "only what is new is written";
  for (const uint64_t size : {1U, 255U, 300U, 65'537U}) {
    EXPECT_EQ(RootOfTiles(size, FetchFrom(directory), Bundles::kRead), RootOf(size)) << size << ", published before";
  }
}

TEST_F(TileTreeTest, WhatIsNotClearedStaysOutUntilItIs) {
  AddEntries(300);
  AddEntries(301, "(S)");
  AddEntries(600);
  const std::string directory = NewDirectory();
  ASSERT_TRUE(Export(directory, 600).ok());
  EXPECT_EQ(written_, 2U);
  EXPECT_EQ(withheld_, 1U);
  EXPECT_FALSE(std::filesystem::exists(directory + "/tile/entries/001"));
  EXPECT_EQ(RootOfTiles(600, FetchFrom(directory), Bundles::kIgnore), RootOf(600)) << "hashes are public";
  ASSERT_TRUE(Export(directory, 600, "(S//TLP:CLEAR)").ok());
  EXPECT_EQ(withheld_, 0U);
  EXPECT_EQ(RootOfTiles(600, FetchFrom(directory), Bundles::kRead), RootOf(600));
}

TEST_F(TileTreeTest, ABundleThatAPowerCutEmptiedIsWrittenAgain) {
  AddEntries(300);
  const std::string directory = NewDirectory();
  ASSERT_TRUE(Export(directory, 300).ok());
  std::filesystem::resize_file(directory + "/tile/entries/000", 0);
  ASSERT_TRUE(Export(directory, 300).ok());
  EXPECT_EQ(RootOfTiles(300, FetchFrom(directory), Bundles::kRead), RootOf(300));
}

TEST_F(TileTreeTest, ADirectoryOfAnotherLogIsRefused) {
  AddEntries(10);
  const std::string directory = NewDirectory();
  ASSERT_TRUE(Export(directory, 10).ok());
  const auto before = AllFiles(directory);
  log_key_ = *merkle::VerifierKey::Make("example.org/other", key_.public_key());
  EXPECT_TRUE(absl::IsAlreadyExists(Export(directory, 10)));
  key_ = NewKey();
  log_key_ = *merkle::VerifierKey::Make("example.org/ledger", key_.public_key());
  EXPECT_TRUE(absl::IsDataLoss(Export(directory, 10))) << "the same name with another key";
  EXPECT_EQ(AllFiles(directory), before);

  const std::string used = NewDirectory();
  std::filesystem::create_directories(used);
  std::ofstream(used + "/thesis.txt") << "do not touch";
  EXPECT_TRUE(absl::IsAlreadyExists(Export(used, 10)));
  EXPECT_TRUE(absl::IsUnavailable(Export(used + "/thesis.txt", 10)));
}

TEST_F(TileTreeTest, AForkedLogIsRefusedWhereverItForked) {
  AddEntries(600);
  const std::string directory = NewDirectory();
  ASSERT_TRUE(Export(directory, 300).ok());
  const std::vector<std::string> honest = entries_;
  for (const uint64_t fork : {0U, 255U, 256U, 299U}) {
    entries_.assign(honest.begin(), honest.begin() + static_cast<int64_t>(fork));
    leaves_.resize(fork);
    AddEntries(600, "(U//TLP:CLEAR)");
    const absl::Status refused = Export(directory, 600);
    EXPECT_TRUE(absl::IsDataLoss(refused)) << fork << ": " << refused;
  }
  entries_ = honest;
  leaves_.clear();
  for (const std::string& entry : entries_) leaves_.push_back(merkle::LeafHash(entry));
  ASSERT_TRUE(Export(directory, 600).ok()) << "what was refused did no harm";
  EXPECT_EQ(RootOfTiles(600, FetchFrom(directory), Bundles::kRead), RootOf(600));
  EXPECT_TRUE(absl::IsDataLoss(Export(directory, 300))) << "an older log";
}

TEST_F(TileTreeTest, ADamagedDirectoryIsFound) {
  AddEntries(600);
  for (const char* name : {"/checkpoint", "/tile/0/001.p/44", "/tile/1/000.p/1"}) {
    const std::string directory = NewDirectory();
    ASSERT_TRUE(Export(directory, 300).ok());
    journal::FlipByte(directory + name, 25);
    EXPECT_TRUE(absl::IsDataLoss(Export(directory, 600))) << name;
    std::filesystem::resize_file(directory + name, 20);
    EXPECT_TRUE(absl::IsDataLoss(Export(directory, 600))) << name << " cut short";
    std::filesystem::remove(directory + name);
    EXPECT_EQ(Export(directory, 600).ok(), std::string(name) == "/checkpoint") << name << " lost";
  }
}

TEST_F(TileTreeTest, OnlyASignedCheckpointOfTheseEntriesIsPublished) {
  AddEntries(10);
  const std::string directory = NewDirectory();
  absl::StatusOr<TileTree> tree = TileTree::Open(directory, log_key_, PublicClearance());
  ASSERT_TRUE(tree.ok());
  ASSERT_TRUE(tree->AddBundle(0, entries_).ok());
  EXPECT_TRUE(absl::IsDataLoss(tree->Publish(CheckpointOf(9))));
  EXPECT_TRUE(absl::IsDataLoss(tree->Publish("example.org/ledger\n10\nAAAA\n")));
  EXPECT_TRUE(
      absl::IsDataLoss(tree->Publish(*merkle::SignCheckpoint({log_key_.name(), 10, RootOf(9)}, log_key_, key_))));
  EXPECT_FALSE(std::filesystem::exists(directory + "/checkpoint"));
  EXPECT_TRUE(absl::IsInvalidArgument(tree->AddBundle(1, entries_)));
  EXPECT_TRUE(absl::IsInvalidArgument(tree->AddBundle(0, absl::MakeConstSpan(entries_).subspan(0, 9))));
  EXPECT_TRUE(tree->Publish(CheckpointOf(10)).ok());
}

}  // namespace
}  // namespace sworn::log
