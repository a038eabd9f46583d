#include "ledger/log/timestamps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ledger/crypto/hash.h"
#include "ledger/crypto/test_authority.h"
#include "ledger/crypto/timestamp.h"
#include "ledger/log/test_ledger.h"
#include "ledger/model/refusal.h"

namespace sworn::log {
namespace {

using testing::HasSubstr;

class TimestampsTest : public testing::Test {
 protected:
  void SetUp() override {
    ledger_.options().timestamps_path = ledger_.directory().timestamps_path();
    log_ = ledger_.Open();
    Grow(3);
  }

  void Grow(uint64_t size) {
    while (log_->size() < size) {
      ASSERT_TRUE(log_->AppendAndWait(ledger_.Report({EntityPortion(absl::StrCat("E", log_->size()))})).ok());
    }
  }

  void Reopen() {
    log_.reset();
    log_ = ledger_.Open();
  }

  v1::CheckpointTimestamp Stamp(const std::string& note) {
    v1::CheckpointTimestamp timestamp;
    timestamp.set_checkpoint(note);
    timestamp.set_timestamp(authority_.Answer(*crypto::MakeTimestampRequest(crypto::Sha256(note))));
    return timestamp;
  }

  // A checkpoint of other content, signed with this ledger's key.
  std::string Sign(const merkle::Checkpoint& checkpoint) const {
    return *merkle::SignCheckpoint(checkpoint, ledger_.directory().verifier_key(),
                                   *ledger_.directory().ReadLedgerKey());
  }

  std::vector<std::string> Files() const {
    std::vector<std::string> names;
    for (const auto& file : std::filesystem::directory_iterator(ledger_.directory().timestamps_path())) {
      names.push_back(file.path().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  journal::TestDirectory authority_files_;
  crypto::TestAuthority authority_{authority_files_.path()};
  TestLedger ledger_;
  std::unique_ptr<Log> log_;
};

TEST_F(TimestampsTest, WhatWasAddedIsThereAfterARestart) {
  EXPECT_EQ(log_->timestamps()->count(), 0U);
  const v1::CheckpointTimestamp first = Stamp(log_->checkpoint());
  Grow(5);
  const v1::CheckpointTimestamp second = Stamp(log_->checkpoint());
  EXPECT_EQ(*log_->AddTimestamp(second), 5U);
  EXPECT_EQ(*log_->AddTimestamp(first), 3U) << "of an earlier checkpoint, and added later";
  EXPECT_EQ(*log_->AddTimestamp(first), 3U) << "once more changes nothing";
  for (const bool reopened : {false, true}) {
    if (reopened) Reopen();
    ASSERT_EQ(log_->timestamps()->count(), 2U);
    EXPECT_EQ(log_->timestamps()->Read(0)->SerializeAsString(), first.SerializeAsString()) << "by size";
    EXPECT_EQ(log_->timestamps()->Read(1)->SerializeAsString(), second.SerializeAsString());
    EXPECT_EQ(model::ReasonOf(log_->timestamps()->Read(2).status()), v1::Refusal::NOT_FOUND);
  }
}

TEST_F(TimestampsTest, TheSmallestCheckpointThatCoversAnEntryIsFound) {
  const v1::CheckpointTimestamp of_3 = Stamp(log_->checkpoint());
  Grow(6);
  const v1::CheckpointTimestamp of_6 = Stamp(log_->checkpoint());
  ASSERT_TRUE(log_->AddTimestamp(of_3).ok());
  ASSERT_TRUE(log_->AddTimestamp(of_6).ok());
  for (uint64_t position = 0; position < 6; ++position) {
    const absl::StatusOr<std::optional<v1::CheckpointTimestamp>> found = log_->timestamps()->FirstCovering(position);
    ASSERT_TRUE(found.ok() && found->has_value()) << position;
    EXPECT_EQ((*found)->checkpoint(), position < 3 ? of_3.checkpoint() : of_6.checkpoint()) << position;
  }
  EXPECT_FALSE(log_->timestamps()->FirstCovering(6)->has_value());
  EXPECT_FALSE(log_->timestamps()->FirstCovering(UINT64_MAX)->has_value());
}

TEST_F(TimestampsTest, WhatIsNotOfThisLedgerIsRefused) {
  const std::string note = log_->checkpoint();
  const merkle::Checkpoint checkpoint = *merkle::OpenCheckpoint(note, ledger_.directory().verifier_key());
  merkle::Checkpoint ahead = checkpoint;
  ahead.size = 4;
  merkle::Checkpoint forked = checkpoint;
  forked.root[0] ^= 1U;
  TestLedger other;
  const std::string strange = other.Open()->checkpoint();
  v1::CheckpointTimestamp of_another = Stamp(note);
  of_another.set_checkpoint(Sign(
      {checkpoint.origin, 1, *merkle::RootAt(1, [this](merkle::NodeId id) { return log_->journal().ReadNode(id); })}));
  v1::CheckpointTimestamp no_stamp = Stamp(note);
  no_stamp.set_timestamp("not DER");
  v1::CheckpointTimestamp long_stamp = Stamp(note);
  long_stamp.mutable_timestamp()->resize(crypto::kMaxTimestampBytes + 1);
  v1::CheckpointTimestamp long_note = Stamp(note);
  long_note.mutable_checkpoint()->append(kMaxStampedNoteBytes, 'x');
  // GeneralizedTime in the year 999.
  v1::CheckpointTimestamp long_ago = Stamp(note);
  std::string statement = authority_.StatementIn(long_ago.timestamp());
  statement.replace(statement.find("\x18\x0f") + 2, 4, "0999");
  long_ago.set_timestamp(authority_.Sign(statement));
  struct Case {
    std::string name;
    v1::CheckpointTimestamp timestamp;
    model::Reason reason;
    std::string why;
  };
  const std::vector<Case> cases = {
      {"another key", Stamp(strange), v1::Refusal::FIELD_INVALID, "not one of this ledger"},
      {"ahead of the log", Stamp(Sign(ahead)), v1::Refusal::FIELD_INVALID, "the log has 3"},
      {"another log", Stamp(Sign(forked)), v1::Refusal::FORKED, "not that of this log"},
      {"no note", {}, v1::Refusal::FIELD_INVALID, "not one of this ledger"},
      {"a stamp of another note", of_another, v1::Refusal::MALFORMED, "of something else"},
      {"no stamp", no_stamp, v1::Refusal::MALFORMED, "does not parse"},
      {"the year 999", long_ago, v1::Refusal::MALFORMED, "four digits"},
      {"a long stamp", long_stamp, v1::Refusal::TOO_LARGE, "longer than"},
      {"a long note", long_note, v1::Refusal::TOO_LARGE, "longer than"},
  };
  for (const Case& test : cases) {
    const absl::Status status = log_->AddTimestamp(test.timestamp).status();
    EXPECT_EQ(model::ReasonOf(status), test.reason) << test.name << ": " << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(test.why)) << test.name;
  }
  EXPECT_EQ(log_->timestamps()->count(), 0U);
  EXPECT_FALSE(std::filesystem::exists(ledger_.directory().timestamps_path()));
}

TEST_F(TimestampsTest, ALogWithoutAPlaceForThemKeepsNone) {
  ledger_.options().timestamps_path.clear();
  Reopen();
  EXPECT_EQ(log_->timestamps(), nullptr);
  EXPECT_EQ(model::ReasonOf(log_->AddTimestamp(Stamp(log_->checkpoint())).status()), v1::Refusal::NOT_PERMITTED);
}

TEST_F(TimestampsTest, UnfinishedAndForeignFilesAreLeftAlone) {
  ASSERT_TRUE(log_->AddTimestamp(Stamp(log_->checkpoint())).ok());
  const std::string stamp = Files().back();
  ASSERT_TRUE(stamp.ends_with(".tsr"));
  std::filesystem::copy(stamp, ledger_.directory().timestamps_path() + "/notes.tsr");
  Reopen();
  EXPECT_EQ(log_->timestamps()->count(), 1U);
  std::filesystem::remove(stamp);
  Reopen();
  EXPECT_EQ(log_->timestamps()->count(), 0U);
}

TEST_F(TimestampsTest, DamageIsNamedAndHarmsNoProof) {
  ASSERT_TRUE(log_->AddTimestamp(Stamp(log_->checkpoint())).ok());
  const std::vector<std::string> files = Files();
  ASSERT_EQ(files.size(), 2U);
  for (const std::string& file : files) {
    const auto size = static_cast<std::streamoff>(std::filesystem::file_size(file));
    for (const std::streamoff place : {std::streamoff{0}, size / 2, size - 2}) {
      journal::FlipByte(file, place);
      const absl::Status status = log_->timestamps()->Read(0).status();
      EXPECT_EQ(model::ReasonOf(status), v1::Refusal::DAMAGED) << file << " " << place;
      EXPECT_THAT(std::string(status.message()), HasSubstr(ledger_.directory().timestamps_path()));
      EXPECT_FALSE(log_->timestamps()->FirstCovering(0)->has_value());
      journal::FlipByte(file, place);
    }
    EXPECT_TRUE(log_->timestamps()->Read(0).ok());
  }
}

}  // namespace
}  // namespace sworn::log
