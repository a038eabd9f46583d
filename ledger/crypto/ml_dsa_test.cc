#include "ledger/crypto/ml_dsa.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "ledger/crypto/dsse.h"
#include "ledger/crypto/key.h"
#include "ledger/crypto/ml_dsa_vector.h"

namespace sworn::crypto {
namespace {

std::string Bytes(const char* hex) { return FromHex(hex).value(); }

// The format, which does not depend on OpenSSL.

TEST(MlDsa44, PublicKeysAreReadWhateverOpensslThereIs) {
  const std::string der = Bytes(ml_dsa_vector::kPublicKeyDer);
  const auto key = PublicKey::FromDer(der);
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_EQ(key->algorithm(), v1::Signature::ML_DSA_44);
  EXPECT_EQ(key->der(), der);
  EXPECT_EQ(key->key_id(), Sha256(der));
  EXPECT_EQ(PublicKey::FromPem(key->ToPem())->der(), der);
  EXPECT_TRUE(absl::IsFailedPrecondition(key->Ed25519Bytes().status()));
}

TEST(MlDsa44, OtherEncodingsAreRefused) {
  const std::string der = Bytes(ml_dsa_vector::kPublicKeyDer);
  const std::string oid = "\x60\x86\x48\x01\x65\x03\x04\x03\x11";
  std::string ml_dsa_65 = der;
  ml_dsa_65.replace(ml_dsa_65.find(oid), oid.size(), "\x60\x86\x48\x01\x65\x03\x04\x03\x12");
  const std::vector<std::pair<std::string, std::string>> bad = {
      {"trailing byte", der + "x"},
      {"truncated", der.substr(0, der.size() - 1)},
      {"raw", Bytes(ml_dsa_vector::kPublicKey)},
      {"ML-DSA-65", ml_dsa_65},
  };
  for (const auto& [what, bytes] : bad) {
    EXPECT_TRUE(absl::IsInvalidArgument(PublicKey::FromDer(bytes).status())) << what;
  }
}

TEST(MlDsa44, SizesAreChecked) {
  const std::string key = Bytes(ml_dsa_vector::kPublicKey);
  const std::string signature = Bytes(ml_dsa_vector::kSignature);
  EXPECT_EQ(key.size(), kMlDsa44PublicKeyBytes);
  EXPECT_EQ(signature.size(), kMlDsa44SignatureBytes);
  EXPECT_TRUE(absl::IsInvalidArgument(VerifyMlDsa44(key.substr(1), "message", signature)));
  EXPECT_TRUE(absl::IsInvalidArgument(VerifyMlDsa44(key, "message", signature.substr(1))));
  EXPECT_TRUE(absl::IsInvalidArgument(VerifyMlDsa44(key, "message", signature + "x")));
  EXPECT_TRUE(absl::IsInvalidArgument(VerifyMlDsa44(key, "message", "")));
}

TEST(MlDsa44, WhatIsAbsentIsSaidPlainly) {
  if (HasMlDsa44()) GTEST_SKIP() << OpensslVersion() << " has ML-DSA-44";
  const auto key = PublicKey::FromDer(Bytes(ml_dsa_vector::kPublicKeyDer));
  const absl::Status status = key->Verify(Bytes(ml_dsa_vector::kMessage), Bytes(ml_dsa_vector::kSignature));
  EXPECT_TRUE(absl::IsUnimplemented(status)) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), absl::StrCat(OpensslVersion(), ", which has no ML-DSA"))) << status;
  EXPECT_TRUE(absl::IsUnimplemented(PrivateKey::Generate(v1::Signature::ML_DSA_44).status()));

  // In an envelope it is neither taken for good nor for bad; what names the wrong key or algorithm is bad here too.
  v1::Envelope envelope;
  envelope.set_payload_type(std::string(kReportHeaderPayloadType));
  v1::Signature& signature = *envelope.add_signatures();
  signature.set_key_id(std::string(AsBytes(key->key_id())));
  signature.set_algorithm(v1::Signature::ML_DSA_44);
  signature.set_signature(Bytes(ml_dsa_vector::kSignature));
  EXPECT_TRUE(absl::IsUnimplemented(VerifyEnvelopeSignature(envelope, signature, *key)));
  signature.set_algorithm(v1::Signature::ED25519);
  EXPECT_TRUE(absl::IsInvalidArgument(VerifyEnvelopeSignature(envelope, signature, *key)));
}

// The algorithm, where OpenSSL has it.

TEST(MlDsa44, VerifiesThePublishedSignatureAndNoOther) {
  if (!HasMlDsa44()) GTEST_SKIP() << OpensslVersion() << " has no ML-DSA-44";
  const std::string key = Bytes(ml_dsa_vector::kPublicKey);
  const std::string message = Bytes(ml_dsa_vector::kMessage);
  std::string signature = Bytes(ml_dsa_vector::kSignature);
  EXPECT_TRUE(VerifyMlDsa44(key, message, signature).ok());
  EXPECT_TRUE(absl::IsInvalidArgument(VerifyMlDsa44(key, message + "x", signature)));
  signature[100] = static_cast<char>(signature[100] ^ 1);
  EXPECT_TRUE(absl::IsInvalidArgument(VerifyMlDsa44(key, message, signature)));
}

TEST(MlDsa44, SignsBesideAnotherKey) {
  if (!HasMlDsa44()) GTEST_SKIP() << OpensslVersion() << " has no ML-DSA-44";
  const PrivateKey ed25519 = PrivateKey::Generate(v1::Signature::ED25519).value();
  const auto made = PrivateKey::Generate(v1::Signature::ML_DSA_44);
  ASSERT_TRUE(made.ok()) << made.status();
  const auto ml_dsa = PrivateKey::FromPem(*made->ToPem(Secret()), Secret());
  ASSERT_TRUE(ml_dsa.ok()) << ml_dsa.status();
  v1::Envelope envelope;
  envelope.set_payload_type(std::string(kReportHeaderPayloadType));
  envelope.set_payload("header");
  ASSERT_TRUE(SignEnvelope(ed25519, envelope).ok());
  ASSERT_TRUE(SignEnvelope(*ml_dsa, envelope).ok());
  EXPECT_EQ(envelope.signatures(1).signature().size(), kMlDsa44SignatureBytes);
  EXPECT_TRUE(VerifyEnvelopeSignature(envelope, envelope.signatures(1), made->public_key()).ok());
  envelope.set_payload("another");
  EXPECT_FALSE(VerifyEnvelopeSignature(envelope, envelope.signatures(1), made->public_key()).ok());
}

}  // namespace
}  // namespace sworn::crypto
