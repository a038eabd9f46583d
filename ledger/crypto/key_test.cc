#include "ledger/crypto/key.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "ledger/crypto/random.h"

namespace sworn::crypto {
namespace {

std::string Bytes(const std::string& hex) { return FromHex(hex).value(); }

std::string Pem(const std::string& label, const std::string& der) {
  std::string text = absl::StrCat("-----BEGIN ", label, "-----\n");
  const std::string base64 = absl::Base64Escape(der);
  for (size_t at = 0; at < base64.size(); at += 64) absl::StrAppend(&text, base64.substr(at, 64), "\n");
  return absl::StrCat(text, "-----END ", label, "-----\n");
}

Secret SecretOf(std::string text) { return Secret(std::move(text)); }

absl::StatusOr<PrivateKey> ReadPrivate(std::string pem, std::string passphrase = "") {
  return PrivateKey::FromPem(SecretOf(std::move(pem)), SecretOf(std::move(passphrase)));
}

const std::string kEd25519Spki = "302a300506032b6570032100";                           // NOLINT(cert-err58-cpp)
const std::string kEd25519Pkcs8 = "302e020100300506032b657004220420";                  // NOLINT(cert-err58-cpp)
const std::string kP256Spki = "3059301306072a8648ce3d020106082a8648ce3d030107034200";  // NOLINT(cert-err58-cpp)

// RFC 8032, section 7.1, tests 1 to 3.
struct Ed25519Vector {
  std::string seed;
  std::string public_key;
  std::string message;
  std::string signature;
};

std::vector<Ed25519Vector> Ed25519Vectors() {
  return {
      {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
       "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
       "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe2"
       "4655141438e7a100b"},
      {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
       "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
       "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302ae"
       "eb00d291612bb0c00"},
      {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
       "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
       "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28"
       "dc027beceea1ec40a"},
  };
}

TEST(Ed25519, MatchesRfc8032) {
  for (const Ed25519Vector& vector : Ed25519Vectors()) {
    const auto key = ReadPrivate(Pem("PRIVATE KEY", Bytes(kEd25519Pkcs8 + vector.seed)));
    ASSERT_TRUE(key.ok()) << key.status();
    EXPECT_EQ(ToHex(*key->public_key().Ed25519Bytes()), vector.public_key);
    EXPECT_EQ(ToHex(*key->Sign(Bytes(vector.message))), vector.signature);
    const auto public_key = PublicKey::FromEd25519Bytes(Bytes(vector.public_key));
    ASSERT_TRUE(public_key.ok());
    EXPECT_TRUE(public_key->Verify(Bytes(vector.message), Bytes(vector.signature)).ok());
    EXPECT_FALSE(public_key->Verify(Bytes(vector.message) + "x", Bytes(vector.signature)).ok());
    EXPECT_EQ(public_key->der(), Bytes(kEd25519Spki + vector.public_key));
    EXPECT_EQ(public_key->key_id(), Sha256(public_key->der()));
  }
}

// RFC 6979, section A.2.5: P-256, SHA-256, message "sample".
constexpr const char* kP256Point =
    "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb67903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f51"
    "7"
    "7a3c294d4462299";
constexpr const char* kP256R = "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716";
constexpr const char* kP256S = "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8";

TEST(P256, VerifiesRfc6979AndNoOtherEncodingOfIt) {
  const auto key = PublicKey::FromDer(Bytes(absl::StrCat(kP256Spki, kP256Point)));
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_EQ(key->algorithm(), v1::Signature::ECDSA_P256_SHA256);
  const std::string r = absl::StrCat("022100", kP256R);
  const std::string s = absl::StrCat("022100", kP256S);
  EXPECT_TRUE(key->Verify("sample", Bytes(absl::StrCat("3046", r, s))).ok());
  EXPECT_FALSE(key->Verify("Sample", Bytes(absl::StrCat("3046", r, s))).ok());
  const std::vector<std::pair<std::string, std::string>> not_der = {
      {"trailing byte", absl::StrCat("3046", r, s, "00")},
      {"trailing byte inside", absl::StrCat("3047", r, s, "00")},
      {"long form of the length", absl::StrCat("308146", r, s)},
      {"indefinite length", absl::StrCat("3080", r, s, "0000")},
      {"padded integer", absl::StrCat("3047", "02220000", kP256R, s)},
      {"r and s side by side", absl::StrCat(kP256R, kP256S)},
      {"s missing", absl::StrCat("3023", r)},
      {"empty", ""},
      {"zeroes", "3006020100020100"},
  };
  for (const auto& [what, signature] : not_der) EXPECT_FALSE(key->Verify("sample", Bytes(signature)).ok()) << what;
}

class BothAlgorithms : public testing::TestWithParam<Algorithm> {};
INSTANTIATE_TEST_SUITE_P(Key, BothAlgorithms,
                         testing::Values(v1::Signature::ED25519, v1::Signature::ECDSA_P256_SHA256));

TEST_P(BothAlgorithms, SignsWhatOnlyItsOwnKeyVerifies) {
  const PrivateKey key = PrivateKey::Generate(GetParam()).value();
  const PrivateKey other = PrivateKey::Generate(GetParam()).value();
  EXPECT_EQ(key.public_key().algorithm(), GetParam());
  for (const size_t size : {0, 1, 1'000, 1'000'000}) {
    const std::string message = RandomBytes(size);
    const std::string signature = key.Sign(message).value();
    EXPECT_TRUE(key.public_key().Verify(message, signature).ok());
    EXPECT_FALSE(other.public_key().Verify(message, signature).ok());
    EXPECT_FALSE(key.public_key().Verify(message, signature + '\0').ok());
    EXPECT_FALSE(key.public_key().Verify(message, signature.substr(0, signature.size() - 1)).ok());
  }
}

TEST_P(BothAlgorithms, AnyFlippedBitIsSeen) {
  const PrivateKey key = PrivateKey::Generate(GetParam()).value();
  const std::string message = "who reported what, when, and on what evidence";
  const std::string signature = key.Sign(message).value();
  for (size_t bit = 0; bit < signature.size() * 8; ++bit) {
    std::string flipped = signature;
    flipped[bit / 8] = static_cast<char>(static_cast<unsigned char>(flipped[bit / 8]) ^ (1U << bit % 8));
    EXPECT_FALSE(key.public_key().Verify(message, flipped).ok()) << "bit " << bit;
  }
}

TEST_P(BothAlgorithms, SurvivesPem) {
  const PrivateKey key = PrivateKey::Generate(GetParam()).value();
  const PublicKey public_key = PublicKey::FromPem(key.public_key().ToPem()).value();
  EXPECT_EQ(public_key.der(), key.public_key().der());
  for (const std::string passphrase : {"", "correct horse battery staple"}) {
    const Secret pem = key.ToPem(SecretOf(passphrase)).value();
    EXPECT_EQ(pem.view().starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"), !passphrase.empty());
    const PrivateKey again = PrivateKey::FromPem(pem, SecretOf(passphrase)).value();
    EXPECT_TRUE(key.public_key().Verify("message", again.Sign("message").value()).ok());
  }
}

TEST_P(BothAlgorithms, NeedsTheRightPassphrase) {
  const PrivateKey key = PrivateKey::Generate(GetParam()).value();
  const Secret pem = key.ToPem(SecretOf("right")).value();
  // Nothing is asked on the terminal when the passphrase is missing.
  for (const std::string passphrase : {"", "wrong", "right "}) {
    const auto read = PrivateKey::FromPem(pem, SecretOf(passphrase));
    EXPECT_EQ(read.status().code(), absl::StatusCode::kInvalidArgument) << passphrase;
  }
  EXPECT_FALSE(key.ToPem(SecretOf(std::string(1'025, 'p'))).ok());
  EXPECT_FALSE(PrivateKey::FromPem(pem, SecretOf(std::string(1'025, 'p'))).ok());
}

TEST(Generate, KnowsTwoAlgorithms) {
  EXPECT_FALSE(PrivateKey::Generate(v1::Signature::ALGORITHM_UNSPECIFIED).ok());
  EXPECT_FALSE(PrivateKey::Generate(static_cast<Algorithm>(77)).ok());
}

TEST(PublicKey, OnlyEd25519HasRawBytes) {
  const PrivateKey key = PrivateKey::Generate(v1::Signature::ECDSA_P256_SHA256).value();
  EXPECT_EQ(key.public_key().Ed25519Bytes().status().code(), absl::StatusCode::kFailedPrecondition);
  for (const size_t size : {0, 31, 33}) EXPECT_FALSE(PublicKey::FromEd25519Bytes(std::string(size, 'k')).ok());
}

std::vector<std::pair<std::string, std::string>> BadPublicKeys() {
  const std::string ed25519 = kEd25519Spki + Ed25519Vectors()[0].public_key;
  const std::string p256 = absl::StrCat(kP256Spki, kP256Point);
  return {
      {"empty", ""},
      {"trailing byte", ed25519 + "00"},
      {"truncated", ed25519.substr(0, ed25519.size() - 2)},
      {"P-256, trailing byte", p256 + "00"},
      {"P-256, truncated", p256.substr(0, p256.size() - 2)},
      {"P-256, not on the curve", p256.substr(0, p256.size() - 2) + "98"},
      {"P-256, compressed point",
       "3039301306072a8648ce3d020106082a8648ce3d0301070322000399b20d4d5d14673cd13d4c990053be77cc205dbf8995b175c2ccfdbec"
       "837"
       "7749"},
      {"P-256, hybrid point", absl::StrReplaceAll(p256, {{"0342000460fe", "0342000760fe"}})},
      {"P-256, explicit curve",
       "3082014b3082010306072a8648ce3d02013081f7020101302c06072a8648ce3d0101022100ffffffff00000001000000000000000000000"
       "0"
       "00ffffffffffffffffffffffff305b0420ffffffff00000001000000000000000000000000fffffffffffffffffffffffc04205ac635d8a"
       "a"
       "3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b031500c49d360886e704936a6678e1139d26b7819f7e900441046b17d"
       "1"
       "f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb64"
       "0"
       "6837bf51f5022100ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc63255102010103420004368faa67559a7b717"
       "b"
       "59a985d1616e82bffe822ca37ca561bd30022e1e0e59fa44c3e3fa2d42b02157256502d0aaeb08ff37aada5c7ae20b37677938e3a155a"
       "1"},
      {"secp256k1",
       "3056301006072a8648ce3d020106052b8104000a03420004a9127a92b9d6e3bccd25207f36969fe8c9a6bc7f0fcdf6710e6025851a631d4"
       "6b"
       "d90ad18789bce7bc78eda2a5d150444a4b0c8d98eb9ea1f81bf4dcb7145e719"},
      {"P-384",
       "3076301006072a8648ce3d020106052b8104002203620004389c103db9ff964116ea85dd00de38b7e3cf681a25f7df62a6088ced16e7391"
       "2"
       "e3ae49d13ec3d5dbf934c22d6009ba7ac034f5fdffbea07b9d996b823ebb919111922323730660d51f454f37a08ad0c5fcc55424d8656f8"
       "a"
       "f6170293363cbe53"},
      {"X25519", "302a300506032b656e032100cdc6accf35d7be8970de65cca836bc25fd4e08cd334d3d041cacabdbdaa3993f"},
      {"Ed448",
       "3043300506032b6571033a00d4b7e45fbbf4832b5d4003f11fc2f09b9bd29206ff788310a1e6878dd057c62264528938aeccba57aecf7ae"
       "50"
       "f30429d87214922c89aab4e00"},
      {"RSA",
       "30819f300d06092a864886f70d010101050003818d0030818902818100b7d83917fcf2572b1604a15699c85722245dbf99c5c2b9da7a6f1"
       "3c"
       "d358d813b2067dc96d18f17c9a9045b303c8b83be741365d1c3ebcead6fb102d09d5999b9026c0fb2a322a0095a5881b1c8991a2812a567"
       "f9"
       "3c0a05a428f32a4c6869bf3b6041d27dec518b0cfa993fe043da892c804c41718dbaa42463900b542f048f150203010001"},
  };
}

TEST(PublicKey, RefusesEveryOtherKeyAndEncoding) {
  for (const auto& [what, der] : BadPublicKeys()) {
    EXPECT_EQ(PublicKey::FromDer(Bytes(der)).status().code(), absl::StatusCode::kInvalidArgument) << what;
    EXPECT_EQ(PublicKey::FromPem(Pem("PUBLIC KEY", Bytes(der))).status().code(), absl::StatusCode::kInvalidArgument)
        << what;
  }
}

TEST(PublicKey, RefusesBadPem) {
  const std::string good = Pem("PUBLIC KEY", Bytes(kEd25519Spki + Ed25519Vectors()[0].public_key));
  ASSERT_TRUE(PublicKey::FromPem(good).ok());
  ASSERT_TRUE(PublicKey::FromPem(absl::StrReplaceAll(good, {{"\n", "\r\n"}})).ok());
  const std::vector<std::pair<std::string, std::string>> bad = {
      {"empty", ""},
      {"text only", "hello"},
      {"text before", "hello\n" + good},
      {"text after", good + "hello\n"},
      {"two keys", good + good},
      {"other label", absl::StrReplaceAll(good, {{"PUBLIC KEY", "CERTIFICATE"}})},
      {"no end", good.substr(0, good.size() - 10)},
      {"no body", "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n"},
      {"not base64", absl::StrReplaceAll(good, {{"MCow", "M*ow"}})},
      {"headers", absl::StrReplaceAll(good, {{"KEY-----\nM", "KEY-----\nProc-Type: 4,ENCRYPTED\n\nM"}})},
      {"too long", good + std::string(70'000, '\n')},
      {"a zero byte", std::string("-----BEGIN \0", 12)},
  };
  for (const auto& [what, pem] : bad) {
    EXPECT_EQ(PublicKey::FromPem(pem).status().code(), absl::StatusCode::kInvalidArgument) << what;
  }
}

TEST(PrivateKey, RefusesEveryOtherKeyAndEncoding) {
  const std::string ed25519 = kEd25519Pkcs8 + Ed25519Vectors()[0].seed;
  const std::string p256 =
      "308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b02010104200c8c947c9e4e3f2daafe9e82d86b284361eccb4d"
      "52"
      "443e28eb2faf902096f3d4a1440342000499b20d4d5d14673cd13d4c990053be77cc205dbf8995b175c2ccfdbec8377749e63cfc54c972de"
      "498131a4f939f608962db4b6cca0cb388d0be56b7c7e322b27";
  ASSERT_TRUE(ReadPrivate(Pem("PRIVATE KEY", Bytes(ed25519))).ok());
  ASSERT_TRUE(ReadPrivate(Pem("PRIVATE KEY", Bytes(p256))).ok());
  const std::vector<std::pair<std::string, std::string>> bad = {
      {"empty", Pem("PRIVATE KEY", "")},
      {"trailing byte", Pem("PRIVATE KEY", Bytes(ed25519 + "00"))},
      {"truncated", Pem("PRIVATE KEY", Bytes(ed25519.substr(0, 60)))},
      {"seed too short",
       Pem("PRIVATE KEY", Bytes("302d020100300506032b657004210419" + Ed25519Vectors()[0].seed.substr(2)))},
      {"traditional encoding", Pem("EC PRIVATE KEY", Bytes(p256))},
      {"a public key", Pem("PUBLIC KEY", Bytes(kEd25519Spki + Ed25519Vectors()[0].public_key))},
      {"encrypted, but is not", Pem("ENCRYPTED PRIVATE KEY", Bytes(ed25519))},
      {"another public key inside", Pem("PRIVATE KEY", Bytes(absl::StrReplaceAll(p256, {{"04200c8c", "04200c8d"}})))},
      {"P-256, public key not on the curve",
       Pem("PRIVATE KEY", Bytes(absl::StrReplaceAll(p256, {{"322b27", "322b28"}})))},
      {"X25519", Pem("PRIVATE KEY",
                     Bytes("302e020100300506032b656e042204205027bff05799f9549a3a042348ea76f1ca40a9cf7bf6abbc1d89ca407b"
                           "aab54c"))},
      {"secp256k1",
       Pem("PRIVATE KEY",
           Bytes(
               "308184020100301006072a8648ce3d020106052b8104000a046d306b0201010420424ba4d4a5c7cf615db2df9bf6e8c122e94d"
               "3562430b5c1d4ae1ee8ddcf08653a14403420004a9127a92b9d6e3bccd25207f36969fe8c9a6bc7f0fcdf6710e6025851a631d"
               "46bd90ad18789bce7bc78eda2a5d150444a4b0c8d98eb9ea1f81bf4dcb7145e719"))},
      {"P-256, explicit curve",
       Pem("PRIVATE KEY",
           Bytes(
               "308201790201003082010306072a8648ce3d02013081f7020101302c06072a8648ce3d0101022100ffffffff00000001000000"
               "000000000000000000ffffffffffffffffffffffff305b0420ffffffff00000001000000000000000000000000ffffffffffff"
               "fffffffffffc04205ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b031500c49d360886e70493"
               "6a6678e1139d26b7819f7e900441046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2"
               "fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5022100ffffffff00000000ffffffffffffffffbce6faad"
               "a7179e84f3b9cac2fc632551020101046d306b0201010420effbd2c00cb04cdcba66e5586397ae4a937f619fc9b6fe2c155f87"
               "0166dadb80a14403420004368faa67559a7b717b59a985d1616e82bffe822ca37ca561bd30022e1e0e59fa44c3e3fa2d42b021"
               "57256502d0aaeb08ff37aada5c7ae20b37677938e3a155a1"))},
      {"two keys", Pem("PRIVATE KEY", Bytes(ed25519)) + Pem("PRIVATE KEY", Bytes(ed25519))},
      {"not PEM", Bytes(ed25519)},
  };
  for (const auto& [what, pem] : bad) {
    EXPECT_EQ(ReadPrivate(pem, "passphrase").status().code(), absl::StatusCode::kInvalidArgument) << what;
  }
}

RC_GTEST_PROP(PublicKey, NeverFailsOnNoise, (const std::string& noise)) {
  RC_ASSERT(!PublicKey::FromDer(noise).ok());
  RC_ASSERT(!PublicKey::FromPem(noise).ok());
  RC_ASSERT(!PublicKey::FromPem(Pem("PUBLIC KEY", noise)).ok());
  RC_ASSERT(!ReadPrivate(Pem("PRIVATE KEY", noise)).ok());
  RC_ASSERT(!ReadPrivate(Pem("ENCRYPTED PRIVATE KEY", noise), "passphrase").ok());
}

}  // namespace
}  // namespace sworn::crypto
