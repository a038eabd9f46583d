#include "cli/seen_checkpoints.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "cli/files.h"
#include "ledger/crypto/key.h"
#include "ledger/merkle/tree.h"
#include "ledger/merkle/tree_hash.h"
#include "ledger/model/refusal.h"
#include "ledger/model/text.h"

namespace sworn::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// A log of leaves "PREFIX0", "PREFIX1" …: trees of another prefix are other logs.
class Leaves {
 public:
  explicit Leaves(const std::string& prefix, uint64_t size = 40, const std::string& other_prefix = "",
                  uint64_t differs_from = 0) {
    for (uint64_t i = 0; i < size; ++i) {
      const bool differs = !other_prefix.empty() && i >= differs_from;
      leaves_.push_back(merkle::LeafHash(model::Concat(differs ? other_prefix : prefix, i)));
    }
  }
  merkle::Hash Root(uint64_t size) const { return merkle::RootOfLeaves(absl::MakeConstSpan(leaves_).first(size)); }
  std::vector<merkle::Hash> Path(uint64_t old_size, uint64_t new_size) const {
    return *merkle::ConsistencyPath(old_size, new_size, [this](merkle::NodeId id) -> absl::StatusOr<merkle::Hash> {
      const uint64_t width = uint64_t{1} << id.level;
      return merkle::RootOfLeaves(absl::MakeConstSpan(leaves_).subspan(id.index * width, width));
    });
  }

 private:
  std::vector<merkle::Hash> leaves_;
};

std::string Content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

class SeenCheckpointsTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "seen.XXXXXX";
    directory_ = mkdtemp(pattern.data());
    seen_ = SeenCheckpoints(directory_ + "/state");
    ASSERT_TRUE(seen_.Pin(key_).ok());
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::string Note(const Leaves& leaves, uint64_t size) const {
    return *merkle::SignCheckpoint({key_.name(), size, leaves.Root(size)}, key_, signer_);
  }
  static FetchConsistency From(const Leaves& leaves) {
    return [&leaves](uint64_t old_size, uint64_t new_size) { return leaves.Path(old_size, new_size); };
  }
  absl::Status Offer(const std::string& note, const Leaves& leaves) const {
    return seen_.Check(**seen_.Recall(key_.name()), note, From(leaves));
  }
  uint64_t LastSize() const {
    const std::optional<PinnedOrigin> pinned = *seen_.Recall(key_.name());
    return pinned.has_value() && pinned->last.has_value() ? pinned->last->checkpoint.size : 0;
  }
  std::vector<std::string> Evidence() const {
    std::vector<std::string> directories;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(directory_ + "/state/evidence", error)) {
      directories.push_back(entry.path().string());
    }
    return directories;
  }

  std::string directory_;
  const crypto::PrivateKey signer_ = *crypto::PrivateKey::Generate(v1::Signature::ED25519);
  const merkle::VerifierKey key_ = *merkle::VerifierKey::Make("example.org/ledger", signer_.public_key());
  const Leaves log_{"a"};
  SeenCheckpoints seen_{""};
};

TEST_F(SeenCheckpointsTest, WhatGrowsIsRemembered) {
  for (const uint64_t size : {0, 1, 2, 3, 7, 8, 8, 21, 40}) {
    const absl::Status status = Offer(Note(log_, size), log_);
    EXPECT_TRUE(status.ok()) << size << ": " << status;
    EXPECT_EQ(LastSize(), size);
  }
  EXPECT_TRUE(Evidence().empty());
}

TEST_F(SeenCheckpointsTest, WhatDoesNotContinueIsRefusedAndBothNotesAreKept) {
  const Leaves other("b");
  const Leaves forked("a", 40, "b", 12);
  const crypto::PrivateKey stranger = *crypto::PrivateKey::Generate(v1::Signature::ED25519);
  const merkle::VerifierKey strange = *merkle::VerifierKey::Make(key_.name(), stranger.public_key());
  struct Case {
    std::string name;
    std::string offered;
    const Leaves& log;
    std::string why;
  };
  const std::string seen_note = Note(log_, 20);
  const std::vector<Case> cases = {
      {"older", Note(log_, 19), log_, "older than the one of 20 entries already seen"},
      {"empty", Note(log_, 0), log_, "older than the one of 20 entries already seen"},
      {"same size, other root", Note(other, 20), other, "different roots"},
      {"longer, other log", Note(other, 30), other, "do not continue"},
      {"longer, other since 12", Note(forked, 30), forked, "do not continue"},
      {"longer, proof of the old log", Note(forked, 30), log_, "do not continue"},
      {"another key", *merkle::SignCheckpoint({key_.name(), 30, log_.Root(30)}, strange, stranger), log_,
       "not signed by the pinned key"},
      {"no note", "nonsense", log_, "not signed by the pinned key"},
  };
  ASSERT_TRUE(Offer(seen_note, log_).ok());
  for (const Case& test : cases) {
    std::filesystem::remove_all(directory_ + "/state/evidence");
    const absl::Status status = Offer(test.offered, test.log);
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << test.name << ": " << status;
    ASSERT_EQ(Evidence().size(), 1U) << test.name;
    EXPECT_THAT(std::string(status.message()), AllOf(HasSubstr(test.why), HasSubstr(Evidence()[0] + "/seen.note"),
                                                     HasSubstr(Evidence()[0] + "/offered.note")))
        << test.name;
    EXPECT_EQ(Content(Evidence()[0] + "/offered.note"), test.offered);
    EXPECT_EQ(Content(Evidence()[0] + "/seen.note"), seen_note);
    EXPECT_EQ(Content(Evidence()[0] + "/pinned.vkey"), key_.ToString() + "\n");
    EXPECT_EQ(std::filesystem::exists(Evidence()[0] + "/consistency-proof"), test.why == "do not continue");
    EXPECT_EQ(LastSize(), 20U) << "what is refused is not remembered";
    EXPECT_FALSE(Offer(test.offered, test.log).ok()) << "and refused again";
    EXPECT_EQ(Evidence().size(), 1U) << "kept once";
  }
}

TEST_F(SeenCheckpointsTest, ALedgerThatCannotShowItIsRefusedAndOneThatCannotBeAskedIsNot) {
  ASSERT_TRUE(Offer(Note(log_, 5), log_).ok());
  const PinnedOrigin before = **seen_.Recall(key_.name());
  const absl::Status unreachable =
      seen_.Check(before, Note(log_, 9), [](uint64_t, uint64_t) { return absl::UnavailableError("nobody there"); });
  EXPECT_EQ(unreachable.code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(Evidence().empty());
  const absl::Status refused = seen_.Check(before, Note(log_, 9), [](uint64_t, uint64_t) {
    return model::Refuse(v1::Refusal::POSITION_UNAVAILABLE, "not that far");
  });
  EXPECT_EQ(refused.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(Evidence().size(), 1U);
  EXPECT_EQ(LastSize(), 5U);
}

// Another process has seen more between the question and its answer: no reason for an alarm.
TEST_F(SeenCheckpointsTest, AnAnswerOvertakenByAnotherOneIsNoRollback) {
  ASSERT_TRUE(Offer(Note(log_, 5), log_).ok());
  const PinnedOrigin before = **seen_.Recall(key_.name());
  ASSERT_TRUE(Offer(Note(log_, 9), log_).ok());
  EXPECT_TRUE(seen_.Check(before, Note(log_, 7), From(log_)).ok());
  EXPECT_EQ(LastSize(), 9U);
  const Leaves forked("a", 40, "b", 6);
  EXPECT_EQ(seen_.Check(before, Note(forked, 7), From(forked)).code(), absl::StatusCode::kDataLoss)
      << "but it must be a beginning of what was seen";
}

TEST_F(SeenCheckpointsTest, ManyMayCheckAtOnce) {
  std::vector<std::thread> threads;
  const PinnedOrigin before = **seen_.Recall(key_.name());
  for (uint64_t size = 1; size <= 16; ++size) {
    threads.emplace_back([this, &before, size] {
      const absl::Status status = seen_.Check(before, Note(log_, size), From(log_));
      EXPECT_TRUE(status.ok()) << status;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(LastSize(), 16U);
}

TEST_F(SeenCheckpointsTest, AnotherKeyIsNotPinnedOverTheFirst) {
  const crypto::PrivateKey other = *crypto::PrivateKey::Generate(v1::Signature::ED25519);
  const absl::Status status = seen_.Pin(*merkle::VerifierKey::Make(key_.name(), other.public_key()));
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_TRUE(seen_.Pin(key_).ok()) << "the same one may be";
  EXPECT_EQ((**seen_.Recall(key_.name())).key.ToString(), key_.ToString());
}

TEST_F(SeenCheckpointsTest, EveryOriginHasFilesOfItsOwn) {
  const std::string deep(300, 'x');
  std::vector<std::string> origins = {"a/b", "a%2fb", "a_b", "..", ".", "A/b", "ü", deep, deep + "y", "../../a"};
  for (const std::string& origin : origins) {
    const absl::StatusOr<merkle::VerifierKey> key = merkle::VerifierKey::Make(origin, signer_.public_key());
    ASSERT_TRUE(key.ok()) << origin;
    EXPECT_FALSE((*seen_.Recall(origin)).has_value()) << origin;
    EXPECT_TRUE(seen_.Pin(*key).ok()) << origin;
  }
  for (const std::string& origin : origins) EXPECT_EQ((**seen_.Recall(origin)).key.name(), origin);
  const auto entries = std::filesystem::directory_iterator(directory_ + "/state/origins");
  EXPECT_EQ(std::distance(begin(entries), end(entries)), static_cast<std::ptrdiff_t>(origins.size() + 1));
}

TEST_F(SeenCheckpointsTest, DamagedStateIsNamedAndNotForgotten) {
  ASSERT_TRUE(Offer(Note(log_, 5), log_).ok());
  for (const char* name : {"/vkey", "/checkpoint.note"}) {
    const std::string path = directory_ + "/state/origins/example.org%2fledger" + name;
    const std::string content = Content(path);
    ASSERT_FALSE(content.empty()) << path;
    ASSERT_TRUE(WriteFile(path, content.substr(0, content.size() / 2), Access::kOwner).ok());
    const absl::Status status = seen_.Recall(key_.name()).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << name;
    EXPECT_THAT(std::string(status.message()), HasSubstr(path));
    ASSERT_TRUE(WriteFile(path, content, Access::kOwner).ok());
  }
  EXPECT_EQ(LastSize(), 5U);
}

}  // namespace
}  // namespace sworn::cli
