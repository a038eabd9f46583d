#include "ledger/crypto/timestamp.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "ledger/crypto/test_authority.h"

namespace sworn::crypto {
namespace {

bool Says(const absl::Status& status, const std::string& words) {
  return std::string(status.message()).find(words) != std::string::npos;
}

const Hash kDigest = Sha256("a checkpoint");

// Three authorities, and what the first one answered.
struct Authorities {
  std::string directory = [] {
    std::string pattern = testing::TempDir() + "authority.XXXXXX";
    std::string made = mkdtemp(pattern.data());
    for (const char* name : {"/a", "/b", "/c"}) std::filesystem::create_directory(made + name);
    return made;
  }();
  TestAuthority authority{directory + "/a"};
  TestAuthority stranger{directory + "/b"};
  TestAuthority code_signer{directory + "/c", TestAuthority::kCodeSigning};
  std::string request = *MakeTimestampRequest(kDigest);
  std::string answer = authority.Answer(request);
};

class TimestampTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { all_ = std::make_unique<Authorities>(); }
  static void TearDownTestSuite() {
    std::filesystem::remove_all(all_->directory);
    all_.reset();
  }

  // The answer's statement with another time of the same form.
  static std::string AtTime(const std::string& time) {
    std::string statement = all_->authority.StatementIn(all_->answer);
    const size_t at = statement.find("\x18\x0f");  // GeneralizedTime of 15 characters
    EXPECT_NE(at, std::string::npos);
    return statement.replace(at + 2, 15, time);
  }

  inline static std::unique_ptr<Authorities> all_;
};

TEST_F(TimestampTest, AnAuthoritysAnswerVerifiesAndTellsTheTime) {
  EXPECT_TRUE(CheckTimestampAnswers(all_->answer, all_->request).ok());
  const absl::StatusOr<Timestamp> timestamp = VerifyTimestamp(all_->answer, kDigest, all_->authority.roots());
  ASSERT_TRUE(timestamp.ok()) << timestamp.status();
  EXPECT_LT(absl::AbsDuration(timestamp->time - absl::Now()), absl::Hours(1));
  EXPECT_EQ(timestamp->authority, "CN=Test Clock,O=Test");
  EXPECT_EQ(timestamp->policy, "1.3.6.1.4.1.13762.3");
  EXPECT_FALSE(timestamp->serial.empty());
  const absl::StatusOr<Timestamp> claimed = ReadTimestamp(all_->answer, kDigest);
  ASSERT_TRUE(claimed.ok()) << claimed.status();
  EXPECT_EQ(claimed->time, timestamp->time);
  EXPECT_EQ(claimed->authority, timestamp->authority);
}

TEST_F(TimestampTest, RequestsCarryAFreshNonce) {
  const std::string other = *MakeTimestampRequest(kDigest);
  EXPECT_NE(other, all_->request);
  const absl::Status status = CheckTimestampAnswers(all_->answer, other);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(Says(status, "nonce")) << status;
}

TEST_F(TimestampTest, WhatIsNotAnAnswerToTheRequestIsRefused) {
  struct Case {
    std::string name;
    std::string response;
    std::string request;
    std::string why;
  };
  const std::string of_another = *MakeTimestampRequest(Sha256("another checkpoint"));
  const std::string hex = ToHex(kDigest);
  const std::vector<Case> cases = {
      {"another digest", all_->authority.Answer(of_another), all_->request, "of something else"},
      {"another algorithm", all_->authority.Answer(all_->authority.Query("-sha512 -digest " + hex + hex)),
       all_->request, "not SHA-256"},
      {"not granted", all_->authority.Answer(all_->authority.Query("-sha1 -digest " + hex.substr(0, 40))),
       all_->request, "not granted"},
      {"no request", all_->answer, "", "request does not parse"},
      {"a request and more", all_->answer, all_->request + "x", "request does not parse"},
      {"a request over another algorithm", all_->answer, all_->authority.Query("-sha512 -digest " + hex + hex),
       "request is not over"},
      {"empty", "", all_->request, "does not parse"},
      {"more behind it", all_->answer + std::string(1, '\0'), all_->request, "followed by bytes"},
      {"too long", all_->answer + std::string(kMaxTimestampBytes, 'x'), all_->request, "longer than"},
      {"a request for an answer", all_->request, all_->request, "does not parse"},
  };
  for (const Case& test : cases) {
    const absl::Status status = CheckTimestampAnswers(test.response, test.request);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << test.name;
    EXPECT_TRUE(Says(status, test.why)) << test.name << ": " << status;
  }
}

TEST_F(TimestampTest, WhatDoesNotVerifyIsRefused) {
  const std::string statement = all_->authority.StatementIn(all_->answer);
  ASSERT_TRUE(VerifyTimestamp(all_->authority.Sign(statement), kDigest, all_->authority.roots()).ok())
      << "what the cases below are made of verifies when nothing is wrong with it";
  struct Case {
    std::string name;
    std::string response;
    Hash digest;
    std::string roots;
    std::string why;
  };
  const std::vector<Case> cases = {
      {"untrusted root", all_->answer, kDigest, all_->stranger.roots(), "does not verify"},
      {"another digest", all_->answer, Sha256("another"), all_->authority.roots(), "of something else"},
      {"a certificate for code", all_->code_signer.Sign(statement), kDigest, all_->code_signer.roots(), "purpose"},
      {"stated before the certificate was valid", all_->authority.Sign(AtTime("20200101000000Z")), kDigest,
       all_->authority.roots(), "not yet valid"},
      {"stated after the certificate expired", all_->authority.Sign(AtTime("20900101000000Z")), kDigest,
       all_->authority.roots(), "expired"},
      {"no roots", all_->answer, kDigest, "", "no certificate"},
      {"roots that are no certificates", all_->answer, kDigest, "-----BEGIN CERTIFICATE-----\nAAAA\n",
       "does not parse"},
      {"roots too long", all_->answer, kDigest, std::string(2U << 20U, ' '), "longer than"},
  };
  for (const Case& test : cases) {
    const absl::Status status = VerifyTimestamp(test.response, test.digest, test.roots).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << test.name;
    EXPECT_TRUE(Says(status, test.why)) << test.name << ": " << status;
  }
}

TEST_F(TimestampTest, AnyOfSeveralRootsMayBeTheRightOne) {
  EXPECT_TRUE(VerifyTimestamp(all_->answer, kDigest, all_->stranger.roots() + all_->authority.roots()).ok());
}

TEST_F(TimestampTest, TruncatedAnswersAreRefused) {
  for (size_t size = 0; size < all_->answer.size(); ++size) {
    EXPECT_FALSE(ReadTimestamp(all_->answer.substr(0, size), kDigest).ok()) << size;
  }
}

// Not every bit of an answer is signed: the status may say "granted with modifications", and version numbers are free.
// But what a flipped bit leaves verifiable states what it stated before, and hardly any does.
TEST_F(TimestampTest, AFlippedBitNeverStatesSomethingElse) {
  const Timestamp good = *VerifyTimestamp(all_->answer, kDigest, all_->authority.roots());
  size_t accepted = 0;
  for (size_t place = 0; place < all_->answer.size(); ++place) {
    for (const unsigned bit : {0U, 5U}) {
      std::string flipped = all_->answer;
      flipped[place] = static_cast<char>(static_cast<unsigned char>(flipped[place]) ^ (1U << bit));
      const absl::StatusOr<Timestamp> timestamp = VerifyTimestamp(flipped, kDigest, all_->authority.roots());
      if (!timestamp.ok()) continue;
      ++accepted;
      EXPECT_EQ(timestamp->time, good.time) << place;
      EXPECT_EQ(timestamp->authority, good.authority) << place;
      EXPECT_EQ(timestamp->policy, good.policy) << place;
      EXPECT_EQ(timestamp->serial, good.serial) << place;
    }
  }
  EXPECT_LT(accepted, all_->answer.size() / 20);
}

}  // namespace
}  // namespace sworn::crypto
