#include "ledger/crypto/dsse.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ledger/crypto/random.h"

namespace sworn::crypto {
namespace {

v1::Envelope EnvelopeOf(const std::string& payload) {
  v1::Envelope envelope;
  envelope.set_payload_type(std::string(kReportHeaderPayloadType));
  envelope.set_payload(payload);
  return envelope;
}

// The example of DSSE's protocol.md.
TEST(PreAuthenticationEncoding, MatchesTheSpecification) {
  EXPECT_EQ(PreAuthenticationEncoding("http://example.com/HelloWorld", "hello world"),
            "DSSEv1 29 http://example.com/HelloWorld 11 hello world");
}

TEST(PreAuthenticationEncoding, CountsBytesAndTakesAny) {
  EXPECT_EQ(PreAuthenticationEncoding("", ""), "DSSEv1 0  0 ");
  EXPECT_EQ(PreAuthenticationEncoding("é", std::string("\0 1 x", 5)), std::string("DSSEv1 2 é 5 \0 1 x", 19));
}

class Envelopes : public testing::TestWithParam<Algorithm> {
 protected:
  const PrivateKey key_ = PrivateKey::Generate(GetParam()).value();
};
INSTANTIATE_TEST_SUITE_P(Dsse, Envelopes, testing::Values(v1::Signature::ED25519, v1::Signature::ECDSA_P256_SHA256));

TEST_P(Envelopes, HoldSeveralSignatures) {
  const PrivateKey other = PrivateKey::Generate(v1::Signature::ED25519).value();
  v1::Envelope envelope = EnvelopeOf("header");
  ASSERT_TRUE(SignEnvelope(key_, envelope).ok());
  ASSERT_TRUE(SignEnvelope(other, envelope).ok());
  ASSERT_EQ(envelope.signatures_size(), 2);
  EXPECT_TRUE(VerifyEnvelopeSignature(envelope, envelope.signatures(0), key_.public_key()).ok());
  EXPECT_TRUE(VerifyEnvelopeSignature(envelope, envelope.signatures(1), other.public_key()).ok());
  EXPECT_FALSE(VerifyEnvelopeSignature(envelope, envelope.signatures(0), other.public_key()).ok());
}

TEST_P(Envelopes, AnyChangeIsSeen) {
  v1::Envelope envelope = EnvelopeOf("header");
  ASSERT_TRUE(SignEnvelope(key_, envelope).ok());
  const auto verify = [&](const v1::Envelope& changed) {
    return VerifyEnvelopeSignature(changed, changed.signatures(0), key_.public_key());
  };
  ASSERT_TRUE(verify(envelope).ok());
  const std::vector<std::pair<std::string, std::function<void(v1::Envelope&)>>> changes = {
      {"payload", [](v1::Envelope& changed) { changed.mutable_payload()->back() = 'R'; }},
      {"payload type", [](v1::Envelope& changed) { changed.set_payload_type("application/json"); }},
      {"key id", [](v1::Envelope& changed) { changed.mutable_signatures(0)->set_key_id("someone"); }},
      {"algorithm",
       [](v1::Envelope& changed) {
         changed.mutable_signatures(0)->set_algorithm(v1::Signature::ALGORITHM_UNSPECIFIED);
       }},
      {"signature", [](v1::Envelope& changed) { changed.mutable_signatures(0)->set_signature(""); }},
  };
  for (const auto& [what, change] : changes) {
    v1::Envelope changed = envelope;
    change(changed);
    EXPECT_EQ(verify(changed).code(), absl::StatusCode::kInvalidArgument) << what;
  }
}

TEST_P(Envelopes, OfAnotherTypeAreNotSigned) {
  v1::Envelope envelope;
  EXPECT_EQ(SignEnvelope(key_, envelope).code(), absl::StatusCode::kInvalidArgument);
}

bool RunsOk(const std::string& command) {
  // NOLINTNEXTLINE(cert-env33-c): the command is made of this test's own paths
  return std::system(absl::StrCat(command, " >/dev/null 2>&1").c_str()) == 0;
}

// Nothing of ours is needed to check a signature.
TEST_P(Envelopes, AreVerifiedByOpensslAlone) {
  if (!RunsOk("openssl version")) GTEST_SKIP() << "no openssl command here";
  const std::string directory = absl::StrCat(testing::TempDir(), "dsse_", ToHex(RandomBytes(8)));
  std::filesystem::create_directory(directory);
  v1::Envelope envelope = EnvelopeOf("header");
  ASSERT_TRUE(SignEnvelope(key_, envelope).ok());
  const std::string pae = PreAuthenticationEncoding(envelope.payload_type(), envelope.payload());
  std::ofstream(directory + "/key.pub") << key_.public_key().ToPem();
  std::ofstream(directory + "/pae") << pae;
  std::ofstream(directory + "/other") << pae << "x";
  std::ofstream(directory + "/sig") << envelope.signatures(0).signature();
  const auto verify = [&](const std::string& file) {
    return RunsOk(
        GetParam() == v1::Signature::ED25519
            ? absl::StrCat("cd ", directory, " && openssl pkeyutl -verify -pubin -inkey key.pub -rawin -in ", file,
                           " -sigfile sig")
            : absl::StrCat("cd ", directory, " && openssl dgst -sha256 -verify key.pub -signature sig ", file));
  };
  EXPECT_TRUE(verify("pae"));
  EXPECT_FALSE(verify("other"));
  std::filesystem::remove_all(directory);
}

// Keys made by the openssl command, encrypted or not, are read; ours are read by it.
TEST_P(Envelopes, KeysAreExchangedWithOpenssl) {
  if (!RunsOk("openssl version")) GTEST_SKIP() << "no openssl command here";
  const std::string directory = absl::StrCat(testing::TempDir(), "keys_", ToHex(RandomBytes(8)));
  std::filesystem::create_directory(directory);
  const std::string algorithm =
      GetParam() == v1::Signature::ED25519 ? "ED25519" : "EC -pkeyopt ec_paramgen_curve:P-256";
  const std::string theirs = directory + "/theirs";
  ASSERT_TRUE(
      RunsOk(absl::StrCat("openssl genpkey -algorithm ", algorithm, " -aes256 -pass pass:horse -out ", theirs)));
  std::ifstream file(theirs);
  const Secret pem(std::string(std::istreambuf_iterator<char>(file), {}));
  const auto read = PrivateKey::FromPem(pem, Secret(std::string("horse")));
  EXPECT_TRUE(read.ok()) << read.status();

  const std::string ours = directory + "/ours";
  std::ofstream(ours) << key_.ToPem(Secret(std::string("staple")))->view();
  EXPECT_TRUE(RunsOk(absl::StrCat("openssl pkey -in ", ours, " -passin pass:staple -check")));
  EXPECT_FALSE(RunsOk(absl::StrCat("openssl pkey -in ", ours, " -passin pass:horse -check")));
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace sworn::crypto
