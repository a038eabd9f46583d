#include "api/checkpoint_answers.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ledger/crypto/hash.h"
#include "ledger/crypto/test_authority.h"
#include "ledger/crypto/timestamp.h"
#include "ledger/journal/test_directory.h"
#include "ledger/log/test_ledger.h"
#include "ledger/merkle/checkpoint.h"
#include "ledger/merkle/tree.h"
#include "ledger/model/refusal.h"

namespace sworn::api {
namespace {

class CheckpointAnswersTest : public testing::Test {
 protected:
  void SetUp() override {
    ledger_.options().timestamps_path = ledger_.directory().timestamps_path();
    log_ = ledger_.Open();
  }
  void Grow() {
    const v1::Portion portion = log::EntityPortion(absl::StrCat("E", log_->size()));
    ASSERT_TRUE(log_->AppendAndWait(ledger_.Report({portion})).ok());
  }
  merkle::Checkpoint Checkpoint() const {
    return *merkle::OpenCheckpoint(log_->checkpoint(), ledger_.directory().verifier_key());
  }

  log::TestLedger ledger_;
  std::unique_ptr<log::Log> log_;
};

TEST_F(CheckpointAnswersTest, AConsistencyProofComesWithTheCheckpointItLeadsTo) {
  Grow();
  const merkle::Checkpoint earlier = Checkpoint();
  for (int i = 0; i < 5; ++i) Grow();
  v1::GetConsistencyProofRequest request;
  request.set_old_size(earlier.size);
  const absl::StatusOr<v1::GetConsistencyProofResponse> response = AnswerConsistency(*log_, request);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->old_size(), earlier.size);
  EXPECT_EQ(response->new_size(), log_->size());
  EXPECT_EQ(response->checkpoint(), log_->checkpoint());
  std::vector<crypto::Hash> path;
  for (const std::string& bytes : response->path()) path.push_back(*crypto::HashFromBytes(bytes));
  EXPECT_TRUE(merkle::VerifyConsistency(earlier.size, log_->size(), earlier.root, Checkpoint().root, path).ok());
  request.set_new_size(100);
  EXPECT_EQ(model::ReasonOf(AnswerConsistency(*log_, request).status()), v1::Refusal::POSITION_UNAVAILABLE);
}

TEST_F(CheckpointAnswersTest, TimestampsAreListedPageByPage) {
  const journal::TestDirectory files;
  crypto::TestAuthority authority(files.path());
  for (int i = 0; i < 5; ++i) {
    v1::AddTimestampRequest request;
    request.mutable_timestamp()->set_checkpoint(log_->checkpoint());
    const std::string query = *crypto::MakeTimestampRequest(crypto::Sha256(log_->checkpoint()));
    request.mutable_timestamp()->set_timestamp(authority.Answer(query));
    const absl::StatusOr<v1::AddTimestampResponse> response = AnswerAddTimestamp(*log_, request);
    ASSERT_TRUE(response.ok()) << response.status();
    EXPECT_EQ(response->size(), log_->size());
    Grow();
  }
  v1::ListTimestampsRequest request;
  request.set_page_size(2);
  std::vector<int> pages;
  uint64_t expected_size = 1;
  do {
    const absl::StatusOr<v1::ListTimestampsResponse> page = AnswerListTimestamps(*log_, request);
    ASSERT_TRUE(page.ok()) << page.status();
    for (const v1::CheckpointTimestamp& timestamp : page->timestamps()) {
      EXPECT_EQ(merkle::OpenCheckpoint(timestamp.checkpoint(), ledger_.directory().verifier_key())->size,
                expected_size++);
    }
    pages.push_back(page->timestamps_size());
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  EXPECT_EQ(pages, (std::vector<int>{2, 2, 1}));
  request.set_page_token("nonsense");
  EXPECT_EQ(model::ReasonOf(AnswerListTimestamps(*log_, request).status()), v1::Refusal::FIELD_INVALID);
}

}  // namespace
}  // namespace sworn::api
