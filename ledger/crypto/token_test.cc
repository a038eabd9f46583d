#include "ledger/crypto/token.h"

#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "ledger/crypto/key_file.h"
#include "ledger/crypto/random.h"
#include "ledger/crypto/test_token.h"
#include "ledger/crypto/token_session.h"

namespace sworn::crypto {
namespace {

constexpr std::array<Algorithm, 2> kBothAlgorithms = {v1::Signature::ECDSA_P256_SHA256, v1::Signature::ED25519};

TEST(TokenUri, IsToldFromAPath) {
  EXPECT_TRUE(IsTokenUri("pkcs11:object=alice"));
  EXPECT_FALSE(IsTokenUri("keys/pkcs11:object=alice"));
  EXPECT_FALSE(IsTokenUri("alice.pem"));
}

TEST(TokenUri, ReadsWhatTheUriSays) {
  const auto uri = TokenUri::Parse("pkcs11:token=a%20card;object=alice;id=%01%ff?module-path=/lib/x.so");
  ASSERT_TRUE(uri.ok()) << uri.status();
  EXPECT_EQ(uri->label(), "alice");
  EXPECT_EQ(uri->id(), "\x01\xff");
  EXPECT_EQ(uri->module_path(), "/lib/x.so");
  EXPECT_EQ(uri->module_name(), "");
  EXPECT_TRUE(uri->pin_file().empty());
  EXPECT_TRUE(uri->Admits(CKO_PRIVATE_KEY));
  EXPECT_TRUE(uri->Admits(CKO_PUBLIC_KEY));
  for (const std::string source : {"file:/etc/pin", "file:///etc/pin"}) {
    EXPECT_EQ(TokenUri::Parse("pkcs11:object=a?pin-source=" + source)->pin_file(), "/etc/pin") << source;
  }
  const auto typed = TokenUri::Parse("pkcs11:object=alice;type=public");
  EXPECT_FALSE(typed->Admits(CKO_PRIVATE_KEY));
  EXPECT_TRUE(typed->Admits(CKO_PUBLIC_KEY));
}

TEST(TokenUri, RefusesWhatIsNone) {
  struct Case {
    std::string uri;
    std::string says;
  };
  const std::vector<Case> cases = {
      {"alice.pem", "is not a pkcs11: URI"},
      {"pkcs11", "is not a pkcs11: URI"},
      {"pkcs11:object", "is not a pkcs11: URI"},
      {"pkcs11:object=%zz", "is not a pkcs11: URI"},
      {"pkcs11:slot-id=first", "is not a pkcs11: URI"},
      {"pkcs11:object=a;colour=red", "is not known"},
      {"pkcs11:object=a?pin-value=secret", "a PIN must not stand in"},
      {"pkcs11:object=a?pin-value=secret&module-path=", "a PIN must not stand in"},
      {"pkcs11:object?pin-value=secret", "a PIN must not stand in"},
      {"pkcs11:object=a?pin-source=%7Cask", "pin-source must be file:PATH"},
      {"pkcs11:object=a?pin-source=file:pin", "must begin with /"},
      {std::string("pkcs11:object=a\0b", 17), "zero byte"},
      {"pkcs11:object=" + std::string(5'000, 'a'), "longer than 4,096 bytes"},
  };
  for (const Case& bad : cases) {
    const auto parsed = TokenUri::Parse(bad.uri);
    EXPECT_EQ(parsed.status().code(), absl::StatusCode::kInvalidArgument) << bad.uri;
    EXPECT_TRUE(absl::StrContains(parsed.status().message(), bad.says)) << parsed.status();
    EXPECT_FALSE(absl::StrContains(parsed.status().message(), "secret")) << "repeats the PIN";
    EXPECT_EQ(OpenTokenKey(bad.uri, nullptr).status(), parsed.status());
    EXPECT_EQ(ReadTokenPublicKey(bad.uri).status(), parsed.status());
  }
}

TEST(PinFromFile, ReadsTheFirstLineOfAFileOnlyItsOwnerReads) {
  const std::string path = absl::StrCat(testing::TempDir(), "pin_", ToHex(RandomBytes(8)));
  const PinSource pin = PinFromFile(path);
  EXPECT_TRUE(absl::IsNotFound(pin({"card"}).status()));
  std::ofstream(path) << "1234\nnothing else\n";
  std::filesystem::permissions(path, std::filesystem::perms(0640));
  EXPECT_TRUE(absl::IsPermissionDenied(pin({"card"}).status()));
  std::filesystem::permissions(path, std::filesystem::perms(0600));
  EXPECT_EQ(pin({"card"})->view(), "1234");
  EXPECT_TRUE(absl::IsPermissionDenied(pin({"card", PinRequest::Tries::kLast}).status()));
  std::filesystem::remove(path);
}

class Token : public testing::Test {
 protected:
  void SetUp() override {
    if (!TestToken::IsAvailable()) GTEST_SKIP() << "SoftHSM (softhsm2-util) is not installed";
    std::filesystem::create_directory(directory_);
    token_.emplace(directory_);
  }
  void TearDown() override {
    token_.reset();
    std::filesystem::remove_all(directory_);
  }

  PinSource Pin() const { return PinFromFile(token_->pin_file()); }
  absl::StatusOr<PrivateKey> Generate(const std::string& label, Algorithm algorithm) const {
    return GenerateTokenKey(TestToken::Uri(label), algorithm, Pin());
  }

  const std::string directory_ = absl::StrCat(testing::TempDir(), "token_", ToHex(RandomBytes(8)));
  std::optional<TestToken> token_;
};

TEST_F(Token, SignsWithAKeyThatNeverLeavesIt) {
  for (const Algorithm algorithm : kBothAlgorithms) {
    const std::string label = absl::StrCat("key", algorithm);
    const auto made = Generate(label, algorithm);
    ASSERT_TRUE(made.ok()) << made.status();
    EXPECT_EQ(made->public_key().algorithm(), algorithm);
    const auto key = OpenTokenKey(TestToken::Uri(label), Pin());
    ASSERT_TRUE(key.ok()) << key.status();
    EXPECT_EQ(key->public_key().der(), made->public_key().der());
    EXPECT_EQ(ReadTokenPublicKey(TestToken::Uri(label))->der(), made->public_key().der());
    for (const size_t size : {0, 1, 1'000, 100'000}) {
      const std::string message = RandomBytes(size);
      const auto signature = key->Sign(message);
      ASSERT_TRUE(signature.ok()) << signature.status();
      // OpenSSL reads the public key anew and verifies.
      EXPECT_TRUE(PublicKey::FromPem(key->public_key().ToPem())->Verify(message, *signature).ok());
      EXPECT_FALSE(key->public_key().Verify(message + "x", *signature).ok());
    }
    EXPECT_TRUE(absl::IsFailedPrecondition(key->ToPem(Secret()).status()));
  }
}

TEST_F(Token, FindsItThroughTheModulesThatAreRegistered) {
  ASSERT_TRUE(Generate("alice", v1::Signature::ECDSA_P256_SHA256).ok());
  const auto key = OpenTokenKey("pkcs11:token=sworn%20test;object=alice", Pin());
  if (absl::IsNotFound(key.status())) GTEST_SKIP() << "SoftHSM is not registered with p11-kit: " << key.status();
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_TRUE(key->Sign("message").ok());
}

TEST_F(Token, SignsFromManyThreads) {
  ASSERT_TRUE(Generate("alice", v1::Signature::ECDSA_P256_SHA256).ok());
  const PrivateKey key = *OpenTokenKey(TestToken::Uri("alice"), Pin());
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&key, thread] {
      for (int i = 0; i < 25; ++i) {
        const std::string message = absl::StrCat(thread, " ", i);
        const auto signature = key.Sign(message);
        EXPECT_TRUE(signature.ok() && key.public_key().Verify(message, *signature).ok()) << signature.status();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(Token, AsksForThePinOnceAndNotWhereItIsLoggedIn) {
  ASSERT_TRUE(Generate("alice", v1::Signature::ED25519).ok());
  int asked = 0;
  const PinSource pin = [&asked](const PinRequest& request) -> absl::StatusOr<Secret> {
    ++asked;
    EXPECT_EQ(request.token, "sworn test");
    EXPECT_EQ(request.tries, PinRequest::Tries::kSeveral);
    return Secret(TestToken::kPin);
  };
  const auto first = OpenTokenKey(TestToken::Uri("alice"), pin);
  const auto second = OpenTokenKey(TestToken::Uri("alice"), pin);
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(asked, 1);
  EXPECT_TRUE(first->Sign("message").ok());
  EXPECT_TRUE(second->Sign("message").ok());
}

TEST_F(Token, TakesThePinFromThePinSourceOfTheUri) {
  ASSERT_TRUE(Generate("alice", v1::Signature::ED25519).ok());
  const std::string uri = absl::StrCat(TestToken::Uri("alice"), "&pin-source=file:", token_->pin_file());
  const auto key = OpenTokenKey(uri, nullptr);
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_TRUE(key->Sign("message").ok());
}

TEST_F(Token, RefusesAWrongPinWithoutTryingAgain) {
  ASSERT_TRUE(Generate("alice", v1::Signature::ED25519).ok());
  int asked = 0;
  const auto wrong = OpenTokenKey(TestToken::Uri("alice"), [&asked](const PinRequest&) {
    ++asked;
    return Secret("864202");
  });
  EXPECT_TRUE(absl::IsPermissionDenied(wrong.status())) << wrong.status();
  EXPECT_TRUE(absl::StrContains(wrong.status().message(), "the PIN of token \"sworn test\" is wrong"))
      << wrong.status();
  EXPECT_EQ(asked, 1);
  const auto empty = OpenTokenKey(TestToken::Uri("alice"), [](const PinRequest&) { return Secret(); });
  EXPECT_TRUE(absl::IsFailedPrecondition(empty.status())) << empty.status();
  const auto none = OpenTokenKey(TestToken::Uri("alice"), nullptr);
  EXPECT_TRUE(absl::StrContains(none.status().message(), "--pin-file")) << none.status();
  const auto cancelled = OpenTokenKey(TestToken::Uri("alice"), [](const PinRequest&) -> absl::StatusOr<Secret> {
    return absl::CancelledError("interrupted");
  });
  EXPECT_TRUE(absl::IsCancelled(cancelled.status())) << cancelled.status();
  EXPECT_TRUE(OpenTokenKey(TestToken::Uri("alice"), Pin()).ok());
}

TEST_F(Token, SaysWhatIsNotThere) {
  ASSERT_TRUE(Generate("alice", v1::Signature::ED25519).ok());
  struct Case {
    std::string uri;
    std::string says;
  };
  const std::string module = absl::StrCat("?module-path=", TestToken::kModule);
  const std::vector<Case> cases = {
      {"pkcs11:object=alice?module-path=/no/such/module.so", "the PKCS#11 module /no/such/module.so cannot be loaded"},
      {"pkcs11:object=alice?module-name=nosuchmodule", "no PKCS#11 module \"nosuchmodule\""},
      {"pkcs11:token=another;object=alice" + module, "present: \"sworn test\""},
      {"pkcs11:slot-id=99;object=alice" + module, "no token fits"},
      {"pkcs11:token=sworn%20test;object=bob" + module, "it has \"object=alice;id="},
      {"pkcs11:token=sworn%20test;object=alice;id=%00%01" + module, "fits"},
  };
  for (const Case& absent : cases) {
    const auto opened = OpenTokenKey(absent.uri, Pin());
    EXPECT_TRUE(absl::IsNotFound(opened.status())) << absent.uri << ": " << opened.status();
    EXPECT_TRUE(absl::StrContains(opened.status().message(), absent.says)) << opened.status();
    EXPECT_TRUE(absl::IsNotFound(ReadTokenPublicKey(absent.uri).status())) << absent.uri;
  }
}

TEST_F(Token, AsksWhichWhereMoreThanOneFits) {
  ASSERT_TRUE(Generate("alice", v1::Signature::ED25519).ok());
  ASSERT_TRUE(Generate("bob", v1::Signature::ECDSA_P256_SHA256).ok());
  const std::string module = absl::StrCat("?module-path=", TestToken::kModule);
  const auto two_keys = OpenTokenKey("pkcs11:token=sworn%20test" + module, Pin());
  EXPECT_TRUE(absl::IsFailedPrecondition(two_keys.status())) << two_keys.status();
  EXPECT_TRUE(absl::StrContains(two_keys.status().message(), "object=alice")) << two_keys.status();
  EXPECT_TRUE(absl::StrContains(two_keys.status().message(), "object=bob")) << two_keys.status();
  TestToken::AddToken("another");
  const auto two_tokens = OpenTokenKey("pkcs11:object=alice" + module, Pin());
  EXPECT_TRUE(absl::IsFailedPrecondition(two_tokens.status())) << two_tokens.status();
  EXPECT_TRUE(absl::StrContains(two_tokens.status().message(), "another")) << two_tokens.status();
  EXPECT_TRUE(OpenTokenKey(TestToken::Uri("alice"), Pin()).ok());
}

TEST_F(Token, OverwritesNoKey) {
  ASSERT_TRUE(Generate("alice", v1::Signature::ED25519).ok());
  EXPECT_TRUE(absl::IsAlreadyExists(Generate("alice", v1::Signature::ECDSA_P256_SHA256).status()));
  const auto nameless = GenerateTokenKey("pkcs11:token=sworn%20test", v1::Signature::ED25519, Pin());
  EXPECT_TRUE(absl::IsInvalidArgument(nameless.status())) << nameless.status();
  EXPECT_TRUE(absl::IsInvalidArgument(Generate("bob", v1::Signature::ML_DSA_44).status()));
}

TEST_F(Token, HoldsKeysThatWereMadeElsewhere) {
  const PrivateKey made = *PrivateKey::Generate(v1::Signature::ECDSA_P256_SHA256);
  const std::string path = directory_ + "/key.pem";
  ASSERT_TRUE(WriteKeyFile(made, path, Secret()).ok());
  TestToken::Import(path, "imported", "a1");
  const auto key = OpenTokenKey(TestToken::Uri("imported"), Pin());
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_EQ(key->public_key().key_id(), made.public_key().key_id());
  EXPECT_TRUE(made.public_key().Verify("message", *key->Sign("message")).ok());
}

TEST_F(Token, RefusesKeysOfOtherKinds) {
  const std::string path = directory_ + "/rsa.pem";
  ASSERT_EQ(RunQuietly({"openssl", "genpkey", "-algorithm", "RSA", "-out", path}), 0);
  TestToken::Import(path, "rsa", "b2");
  const auto rsa = OpenTokenKey(TestToken::Uri("rsa"), Pin());
  EXPECT_TRUE(absl::IsFailedPrecondition(rsa.status())) << rsa.status();
  EXPECT_TRUE(absl::StrContains(rsa.status().message(), "neither a P-256 nor an Ed25519 key")) << rsa.status();
  const std::string p384 = directory_ + "/p384.pem";
  ASSERT_EQ(RunQuietly({"openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384", "-out", p384}),
            0);
  TestToken::Import(p384, "p384", "b3");
  EXPECT_TRUE(absl::IsFailedPrecondition(OpenTokenKey(TestToken::Uri("p384"), Pin()).status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(ReadTokenPublicKey(TestToken::Uri("p384")).status()));
}

TEST_F(Token, NamesTheMechanismThatItLacks) {
  const auto session = TokenSession::Open(*TokenUri::Parse(TestToken::Uri("alice")), TokenSession::Access::kRead);
  ASSERT_TRUE(session.ok()) << session.status();
  EXPECT_TRUE((*session)->CheckMechanism(CKM_EDDSA, "CKM_EDDSA", CKF_SIGN).ok());
  const absl::Status lacks = (*session)->CheckMechanism(CKM_SEED_ECB, "CKM_SEED_ECB", CKF_SIGN);
  EXPECT_TRUE(absl::IsFailedPrecondition(lacks)) << lacks;
  EXPECT_TRUE(absl::StrContains(lacks.message(), "token \"sworn test\" does not offer CKM_SEED_ECB")) << lacks;
}

TEST_F(Token, LogsInBeforeEverySignatureWhereTheKeyWantsIt) {
  const TokenUri uri = *TokenUri::Parse(TestToken::Uri("careful"));
  {
    const auto session = TokenSession::Open(uri, TokenSession::Access::kWrite);
    ASSERT_TRUE((*session)->Login(uri, Pin()).ok());
    TokenAttributes public_key;
    public_key.Add(CKA_EC_PARAMS, std::string("\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07", 10));
    public_key.AddFlag(CKA_TOKEN, CK_TRUE).Add(CKA_LABEL, "careful").Add(CKA_ID, "\x01");
    TokenAttributes private_key;
    private_key.AddFlag(CKA_TOKEN, CK_TRUE).AddFlag(CKA_ALWAYS_AUTHENTICATE, CK_TRUE).AddFlag(CKA_SIGN, CK_TRUE);
    private_key.Add(CKA_LABEL, "careful").Add(CKA_ID, "\x01").AddFlag(CKA_PRIVATE, CK_TRUE);
    const absl::Status made =
        (*session)->GenerateKeyPair(CKM_EC_KEY_PAIR_GEN, std::move(public_key), std::move(private_key));
    ASSERT_TRUE(made.ok()) << made;
  }
  const auto key = OpenTokenKey(TestToken::Uri("careful"), Pin());
  ASSERT_TRUE(key.ok()) << key.status();
  for (int i = 0; i < 2; ++i) {
    const auto signature = key->Sign("message");
    EXPECT_TRUE(signature.ok()) << signature.status();
  }
}

TEST_F(Token, SaysWhenItIsGone) {
  ASSERT_TRUE(Generate("alice", v1::Signature::ECDSA_P256_SHA256).ok());
  const auto key = OpenTokenKey(TestToken::Uri("alice"), Pin());
  ASSERT_TRUE(key.ok()) << key.status();
  ASSERT_TRUE(key->Sign("message").ok());
  std::filesystem::remove_all(token_->tokens_directory());
  const auto signature = key->Sign("message");
  EXPECT_FALSE(signature.ok());
  EXPECT_TRUE(absl::StrContains(signature.status().message(), "token \"sworn test\"")) << signature.status();
}

}  // namespace
}  // namespace sworn::crypto
