#include "ledger/log/consistency.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ledger/log/test_ledger.h"
#include "ledger/merkle/tree.h"
#include "ledger/merkle/tree_hash.h"
#include "ledger/model/refusal.h"

namespace sworn::log {
namespace {

constexpr uint64_t kSize = 21;

class ConsistencyTest : public testing::Test {
 protected:
  void SetUp() override {
    log_ = ledger_.Open();
    while (log_->size() < kSize) {
      ASSERT_TRUE(log_->AppendAndWait(ledger_.Report({EntityPortion(absl::StrCat("E", log_->size()))})).ok());
    }
    for (uint64_t position = 0; position < kSize; ++position) {
      leaves_.push_back(merkle::LeafHash(*log_->journal().ReadEntry(position)));
    }
  }

  // From the definition, not from stored nodes.
  merkle::Hash RootOf(uint64_t size) const {
    return merkle::RootOfLeaves(absl::MakeConstSpan(leaves_).subspan(0, size));
  }

  TestLedger ledger_;
  std::unique_ptr<Log> log_;
  std::vector<merkle::Hash> leaves_;
};

TEST_F(ConsistencyTest, AnyTwoSizesAreShownToBelongTogether) {
  for (uint64_t new_size = 1; new_size <= kSize; ++new_size) {
    for (uint64_t old_size = 0; old_size <= new_size; ++old_size) {
      const absl::StatusOr<ConsistencyProof> proof = log_->ProveConsistency(old_size, new_size);
      ASSERT_TRUE(proof.ok()) << old_size << " " << new_size << ": " << proof.status();
      EXPECT_EQ(proof->old_size, old_size);
      EXPECT_EQ(proof->new_size, new_size);
      EXPECT_TRUE(merkle::VerifyConsistency(old_size, new_size, RootOf(old_size), RootOf(new_size), proof->path).ok())
          << old_size << " " << new_size;
      EXPECT_EQ(proof->checkpoint, new_size == kSize ? log_->checkpoint() : "");
    }
  }
}

TEST_F(ConsistencyTest, NoNewSizeMeansTheSignedOne) {
  const absl::StatusOr<ConsistencyProof> proof = log_->ProveConsistency(5, 0);
  ASSERT_TRUE(proof.ok()) << proof.status();
  EXPECT_EQ(proof->new_size, kSize);
  EXPECT_EQ(proof->checkpoint, log_->checkpoint());
}

TEST_F(ConsistencyTest, SizesThatAreNoneAreRefused) {
  struct Case {
    uint64_t old_size;
    uint64_t new_size;
    model::Reason reason;
    std::string why;
  };
  const std::vector<Case> cases = {
      {6, 5, v1::Refusal::FIELD_INVALID, "does not shrink"},
      {kSize + 1, 0, v1::Refusal::FIELD_INVALID, "does not shrink"},
      {0, kSize + 1, v1::Refusal::POSITION_UNAVAILABLE, "covers 21 entries"},
      {kSize + 2, kSize + 1, v1::Refusal::POSITION_UNAVAILABLE, "covers 21 entries"},
      {UINT64_MAX, UINT64_MAX, v1::Refusal::POSITION_UNAVAILABLE, "covers 21 entries"},
      {UINT64_MAX, 0, v1::Refusal::FIELD_INVALID, "does not shrink"},
  };
  for (const Case& test : cases) {
    const absl::Status status = log_->ProveConsistency(test.old_size, test.new_size).status();
    EXPECT_EQ(model::ReasonOf(status), test.reason) << status;
    EXPECT_THAT(std::string(status.message()), testing::HasSubstr(test.why));
  }
}

}  // namespace
}  // namespace sworn::log
