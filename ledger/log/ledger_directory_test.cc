#include "ledger/log/ledger_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "ledger/crypto/test_token.h"
#include "ledger/journal/test_directory.h"

namespace sworn::log {
namespace {

using ::testing::HasSubstr;

class LedgerDirectoryTest : public ::testing::Test {
 protected:
  std::string path() const { return files_.path() + "/ledger"; }
  void Write(const std::string& name, const std::string& text) const { std::ofstream(path() + "/" + name) << text; }

  journal::TestDirectory files_;
};

TEST_F(LedgerDirectoryTest, OpensWhatItMade) {
  const absl::StatusOr<LedgerDirectory> made = LedgerDirectory::Create(path(), "example.org/ledger");
  ASSERT_TRUE(made.ok()) << made.status();
  const absl::StatusOr<LedgerDirectory> opened = LedgerDirectory::Open(path());
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->origin(), "example.org/ledger");
  EXPECT_EQ(opened->verifier_key().ToString(), made->verifier_key().ToString());
  const absl::StatusOr<crypto::PrivateKey> key = opened->ReadLedgerKey();
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_EQ(key->public_key().key_id(), opened->verifier_key().key().key_id());
  EXPECT_EQ(std::filesystem::status(path() + "/keys").permissions(), std::filesystem::perms::owner_all);
}

TEST_F(LedgerDirectoryTest, TakesAnEmptyDirectoryAndNoOther) {
  std::filesystem::create_directory(path());
  Write("notes.txt", "mine");
  const absl::Status full = LedgerDirectory::Create(path(), "example.org/ledger").status();
  EXPECT_TRUE(absl::IsAlreadyExists(full)) << full;
  std::filesystem::remove(path() + "/notes.txt");
  EXPECT_TRUE(LedgerDirectory::Create(path(), "example.org/ledger").ok());
  const absl::Status again = LedgerDirectory::Create(path(), "example.org/ledger").status();
  EXPECT_TRUE(absl::IsAlreadyExists(again)) << again;
}

TEST_F(LedgerDirectoryTest, RefusesAnOriginThatNoNoteCanCarry) {
  for (const std::string origin : {"", "two words", "a+b"}) {
    EXPECT_FALSE(LedgerDirectory::Create(path(), origin).ok()) << origin;
    EXPECT_FALSE(std::filesystem::exists(path()));
  }
}

TEST_F(LedgerDirectoryTest, ExplainsAHalfMadeLedger) {
  ASSERT_TRUE(LedgerDirectory::Create(path(), "example.org/ledger").ok());
  std::filesystem::remove(path() + "/ledger.json");
  for (const absl::Status& status :
       {LedgerDirectory::Open(path()).status(), LedgerDirectory::Create(path(), "example.org/ledger").status()}) {
    EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("interrupted"));
  }
}

TEST_F(LedgerDirectoryTest, SaysWhatIsNoLedger) {
  EXPECT_TRUE(absl::IsNotFound(LedgerDirectory::Open(path()).status()));
  std::filesystem::create_directory(path());
  EXPECT_TRUE(absl::IsNotFound(LedgerDirectory::Open(path()).status()));
}

TEST_F(LedgerDirectoryTest, RefusesADamagedLedgerFile) {
  const absl::StatusOr<LedgerDirectory> made = LedgerDirectory::Create(path(), "example.org/ledger");
  ASSERT_TRUE(made.ok()) << made.status();
  const std::string key = made->verifier_key().ToString();
  const std::vector<std::string> texts = {
      "",
      "{",
      "[]",
      R"({"format": 2, "origin": "example.org/ledger", "verifier_key": ")" + key + "\"}",
      R"({"format": 1, "origin": "example.org/ledger"})",
      R"({"format": 1, "origin": 7, "verifier_key": 7})",
      R"({"format": 1, "origin": "example.org/other", "verifier_key": ")" + key + "\"}",
      R"({"format": 1, "origin": "example.org/ledger", "verifier_key": "example.org/ledger+00000000+AAAA"})",
      R"({"format": 1, "origin": "example.org/ledger", "ledger_key": "ledger.pem", "verifier_key": ")" + key + "\"}",
      R"({"format": 1, "origin": "example.org/ledger", "ledger_key": 7, "verifier_key": ")" + key + "\"}",
      std::string(100'000, '['),
  };
  for (const std::string& text : texts) {
    Write("ledger.json", text);
    EXPECT_FALSE(LedgerDirectory::Open(path()).ok()) << text.substr(0, 100);
  }
}

TEST_F(LedgerDirectoryTest, RefusesAnotherLedgersKey) {
  ASSERT_TRUE(LedgerDirectory::Create(path(), "example.org/ledger").ok());
  const std::string other = files_.path() + "/other";
  ASSERT_TRUE(LedgerDirectory::Create(other, "example.org/ledger").ok());
  std::filesystem::copy_file(other + "/keys/ledger.pem", path() + "/keys/ledger.pem",
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_TRUE(absl::IsDataLoss(LedgerDirectory::Open(path())->ReadLedgerKey().status()));
}

TEST_F(LedgerDirectoryTest, KeepsTheKeyInAToken) {
  if (!crypto::TestToken::IsAvailable()) GTEST_SKIP() << "SoftHSM (softhsm2-util) is not installed";
  const crypto::TestToken token(files_.path());
  const crypto::PinSource pin = crypto::PinFromFile(token.pin_file());
  const std::string uri = crypto::TestToken::Uri("ledger");
  const auto made = crypto::GenerateTokenKey(uri, v1::Signature::ED25519, pin);
  ASSERT_TRUE(made.ok()) << made.status();
  ASSERT_TRUE(LedgerDirectory::Create(path(), "example.org/ledger", made->public_key(), uri).ok());
  EXPECT_FALSE(std::filesystem::exists(path() + "/keys/ledger.pem"));
  const absl::StatusOr<LedgerDirectory> opened = LedgerDirectory::Open(path());
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->key_uri(), uri);
  const absl::StatusOr<crypto::PrivateKey> key = opened->ReadLedgerKey(pin);
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_TRUE(opened->verifier_key().key().Verify("message", *key->Sign("message")).ok());

  const std::string other_uri = crypto::TestToken::Uri("other");
  ASSERT_TRUE(crypto::GenerateTokenKey(other_uri, v1::Signature::ED25519, pin).ok());
  Write("ledger.json", R"({"format": 1, "origin": "example.org/ledger", "ledger_key": ")" + other_uri +
                           R"(", "verifier_key": ")" + opened->verifier_key().ToString() + "\"}");
  EXPECT_TRUE(absl::IsDataLoss(LedgerDirectory::Open(path())->ReadLedgerKey(pin).status()));

  const crypto::PublicKey p256 = crypto::PrivateKey::Generate(v1::Signature::ECDSA_P256_SHA256)->public_key();
  const absl::Status other_kind = LedgerDirectory::Create(files_.path() + "/p256", "example.org/a", p256, uri).status();
  EXPECT_TRUE(absl::IsInvalidArgument(other_kind)) << other_kind;
}

}  // namespace
}  // namespace sworn::log
