#include "ledger/log/report_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "ledger/crypto/dsse.h"
#include "ledger/crypto/ml_dsa.h"
#include "ledger/crypto/ml_dsa_vector.h"
#include "ledger/log/test_ledger.h"
#include "ledger/model/refusal.h"

namespace sworn::log {
namespace {

using ::testing::HasSubstr;

// A report by alice that carries a signature with a registered ML-DSA-44 key beside hers.
class MlDsaReports : public ::testing::Test {
 protected:
  MlDsaReports() {
    const std::vector<v1::Portion> portions = {PrincipalPortion("bob", v1::Principal::REPORTER),
                                               KeyPortion(ml_dsa_, 0)};
    const absl::StatusOr<Appended> registered = log_->AppendAndWait(ledger_.Report(portions));
    EXPECT_TRUE(registered.ok()) << registered.status();
    report_ = ledger_.Report({EntityPortion("China")});
    v1::Signature& signature = *report_.mutable_envelope()->add_signatures();
    signature.set_key_id(std::string(crypto::AsBytes(ml_dsa_.key_id())));
    signature.set_algorithm(v1::Signature::ML_DSA_44);
    signature.set_signature(std::string(crypto::kMlDsa44SignatureBytes, 's'));
  }

  const crypto::PublicKey ml_dsa_ = *crypto::PublicKey::FromDer(*crypto::FromHex(crypto::ml_dsa_vector::kPublicKeyDer));
  TestLedger ledger_;
  std::unique_ptr<Log> log_ = ledger_.Open();
  v1::Report report_;
};

TEST_F(MlDsaReports, AreWellFormed) {
  const absl::StatusOr<model::ParsedReport> parsed = model::ParseAndValidate(report_);
  EXPECT_TRUE(parsed.ok()) << parsed.status();
}

TEST_F(MlDsaReports, AreRefusedWhereTheSignatureIsNotGoodOrCannotBeChecked) {
  const absl::Status refused = log_->AppendAndWait(report_).status();
  EXPECT_EQ(model::ReasonOf(refused), v1::Refusal::SIGNATURE_INVALID) << refused;
  EXPECT_THAT(std::string(refused.message()), HasSubstr("signatures[1]: key "));
  EXPECT_THAT(std::string(refused.message()),
              HasSubstr(crypto::HasMlDsa44() ? "does not verify" : "cannot be checked"));
  report_.mutable_envelope()->mutable_signatures()->RemoveLast();
  EXPECT_TRUE(log_->AppendAndWait(report_).ok());
}

TEST_F(MlDsaReports, AreRecordedWhereItIsGood) {
  if (!crypto::HasMlDsa44()) GTEST_SKIP() << crypto::OpensslVersion() << " has no ML-DSA-44";
  const crypto::PrivateKey key = NewKey(v1::Signature::ML_DSA_44);
  const std::vector<v1::Portion> portions = {PrincipalPortion("carol", v1::Principal::REPORTER),
                                             KeyPortion(key.public_key(), 0)};
  ASSERT_TRUE(log_->AppendAndWait(ledger_.Report(portions)).ok());
  report_.mutable_envelope()->mutable_signatures()->RemoveLast();
  ASSERT_TRUE(crypto::SignEnvelope(key, *report_.mutable_envelope()).ok());
  const absl::StatusOr<Appended> recorded = log_->AppendAndWait(report_);
  EXPECT_TRUE(recorded.ok()) << recorded.status();
}

}  // namespace
}  // namespace sworn::log
