#include "ledger/log/view_digest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "ledger/log/test_ledger.h"
#include "ledger/merkle/checkpoint.h"

namespace sworn::log {
namespace {

class ViewDigestTest : public testing::Test {
 protected:
  const crypto::PrivateKey key_ = NewKey();
  const merkle::VerifierKey verifier_ = *merkle::VerifierKey::Make("example.org/ledger", key_.public_key());
  const ViewDigest digest_ = {"example.org/ledger", "support", 2, 41, crypto::Sha256("rows")};
};

TEST_F(ViewDigestTest, IsWrittenAsTheHeaderSays) {
  // SHA-256 of "abc" (FIPS 180-4), in base64.
  const ViewDigest digest = {"example.org/ledger", "support", 2, 41, crypto::Sha256("abc")};
  EXPECT_EQ(FormatViewDigest(digest),
            "sworn/view-digest/v1\nexample.org/ledger\nsupport\n2\n41\n"
            "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=\n");
}

TEST_F(ViewDigestTest, OpensWhatWasSigned) {
  const absl::StatusOr<std::string> note = SignViewDigest(digest_, verifier_, key_);
  ASSERT_TRUE(note.ok()) << note.status();
  const absl::StatusOr<ViewDigest> opened = OpenViewDigest(*note, verifier_);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(FormatViewDigest(*opened), FormatViewDigest(digest_));
  const merkle::VerifierKey other = *merkle::VerifierKey::Make("example.org/ledger", NewKey().public_key());
  EXPECT_FALSE(OpenViewDigest(*note, other).ok());
}

TEST_F(ViewDigestTest, IsNeverTakenForACheckpoint) {
  EXPECT_FALSE(merkle::OpenCheckpoint(*SignViewDigest(digest_, verifier_, key_), verifier_).ok());
  const merkle::Checkpoint checkpoint = {"example.org/ledger", 42, crypto::Sha256("root")};
  EXPECT_FALSE(OpenViewDigest(*merkle::SignCheckpoint(checkpoint, verifier_, key_), verifier_).ok());
  // An origin and a view chosen so that the lines would parse as a checkpoint.
  const merkle::VerifierKey numeric = *merkle::VerifierKey::Make("42", key_.public_key());
  const ViewDigest disguised = {"42", "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=", 1, 0, {}};
  const absl::StatusOr<std::string> note = SignViewDigest(disguised, numeric, key_);
  ASSERT_TRUE(note.ok()) << note.status();
  EXPECT_FALSE(merkle::OpenCheckpoint(*note, numeric).ok());
  const merkle::VerifierKey worst = *merkle::VerifierKey::Make("sworn/view-digest/v1", key_.public_key());
  EXPECT_FALSE(SignViewDigest({"sworn/view-digest/v1", "support", 1, 0, {}}, worst, key_).ok());
}

TEST_F(ViewDigestTest, BadTextsAreRefused) {
  const std::string good = FormatViewDigest(digest_);
  ASSERT_TRUE(ParseViewDigest(good).ok());
  const std::string base64 = good.substr(good.find("41\n") + 3);
  const std::vector<std::string> bad = {
      "",
      "sworn/view-digest/v1",
      "sworn/view-digest/v2\nexample.org/ledger\nsupport\n2\n41\n" + base64,
      "sworn/view-digest/v1\n\nsupport\n2\n41\n" + base64,
      "sworn/view-digest/v1\nexample.org/ledger\n\n2\n41\n" + base64,
      "sworn/view-digest/v1\nexample.org/ledger\nsupport\n02\n41\n" + base64,
      "sworn/view-digest/v1\nexample.org/ledger\nsupport\n4294967296\n41\n" + base64,
      "sworn/view-digest/v1\nexample.org/ledger\nsupport\n2\n-1\n" + base64,
      "sworn/view-digest/v1\nexample.org/ledger\nsupport\n2\n18446744073709551616\n" + base64,
      "sworn/view-digest/v1\nexample.org/ledger\nsupport\n2\n41\nAAAA\n",
      good.substr(0, good.size() - 1),
      good + "more\n",
  };
  for (const std::string& text : bad) {
    EXPECT_TRUE(absl::IsInvalidArgument(ParseViewDigest(text).status())) << text;
  }
  ViewDigest two_lines = digest_;
  two_lines.view = "support\n9";
  EXPECT_FALSE(SignViewDigest(two_lines, verifier_, key_).ok());
  ViewDigest other_origin = digest_;
  other_origin.origin = "example.org/other";
  EXPECT_FALSE(SignViewDigest(other_origin, verifier_, key_).ok());
}

}  // namespace
}  // namespace sworn::log
