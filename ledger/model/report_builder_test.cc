#include "ledger/model/report_builder.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "ledger/crypto/dsse.h"
#include "ledger/model/marking.h"
#include "ledger/model/refusal.h"
#include "ledger/model/sample_report.h"
#include "ledger/model/validate.h"

namespace sworn::model {
namespace {

const absl::Time kNow = absl::FromUnixMillis(1'713'000'000'123);

crypto::PrivateKey NewKey(crypto::Algorithm algorithm = v1::Signature::ED25519) {
  return *crypto::PrivateKey::Generate(algorithm);
}

TEST(ReportBuilder, SignsAReportThatValidates) {
  const crypto::PrivateKey author = NewKey();
  const crypto::PrivateKey coauthor = NewKey(v1::Signature::ECDSA_P256_SHA256);
  ReportBuilder builder;
  for (const v1::Portion& portion : sample::GoodPortions()) builder.Add(portion);
  EXPECT_EQ(builder.portion_count(), 6);
  const std::vector<const crypto::PrivateKey*> keys = {&author, &coauthor};
  const absl::StatusOr<v1::Report> report = builder.Sign(keys, kNow, "request-1");
  ASSERT_TRUE(report.ok()) << report.status();

  const absl::StatusOr<ParsedReport> parsed = ParseAndValidate(*report);
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->header.author_key_id(), crypto::AsBytes(author.public_key().key_id()));
  EXPECT_EQ(parsed->header.request_id(), "request-1");
  EXPECT_EQ(parsed->header.created_at().seconds(), 1'713'000'000);
  EXPECT_EQ(parsed->header.created_at().nanos(), 123'000'000);
  ASSERT_EQ(report->envelope().signatures_size(), 2);
  EXPECT_TRUE(
      crypto::VerifyEnvelopeSignature(report->envelope(), report->envelope().signatures(0), author.public_key()).ok());
  EXPECT_TRUE(
      crypto::VerifyEnvelopeSignature(report->envelope(), report->envelope().signatures(1), coauthor.public_key())
          .ok());
}

TEST(ReportBuilder, SignsTheSameHeaderTwice) {
  const crypto::PrivateKey author = NewKey();
  ReportBuilder builder;
  builder.Add(sample::Source("Reuters"));
  const std::vector<const crypto::PrivateKey*> keys = {&author};
  EXPECT_EQ(builder.Sign(keys, kNow, "request-1")->SerializeAsString(),
            builder.Sign(keys, kNow, "request-1")->SerializeAsString());
  EXPECT_NE(ReportId(builder.Sign(keys, kNow)->envelope()), ReportId(builder.Sign(keys, kNow)->envelope()));
}

TEST(ReportBuilder, TheBannerIsTheRollUp) {
  const crypto::PrivateKey author = NewKey();
  ReportBuilder builder;
  v1::Portion portion = sample::Source("Reuters");
  builder.Add(portion);
  *portion.mutable_marking() = *ParseMarking("(S//REL TO GBR, USA)");
  builder.Add(portion);
  const std::vector<const crypto::PrivateKey*> keys = {&author};
  const absl::StatusOr<ParsedReport> parsed = ParseAndValidate(*builder.Sign(keys, kNow));
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(FormatMarking(parsed->header.banner()), "(S//REL TO GBR, USA)");
}

TEST(ReportBuilder, RefusesWhatWouldBeRefused) {
  const crypto::PrivateKey author = NewKey();
  const std::vector<const crypto::PrivateKey*> keys = {&author};
  EXPECT_EQ(ReasonOf(ReportBuilder().Sign(keys, kNow).status()), v1::Refusal::FIELD_MISSING);
  ReportBuilder builder;
  builder.Add(sample::Source("Reuters"));
  EXPECT_EQ(ReasonOf(builder.Sign({}, kNow).status()), v1::Refusal::UNSIGNED);
  const std::vector<const crypto::PrivateKey*> twice = {&author, &author};
  EXPECT_EQ(ReasonOf(builder.Sign(twice, kNow).status()), v1::Refusal::FIELD_INVALID);
  EXPECT_EQ(ReasonOf(builder.Sign(keys, kNow, std::string(65, 'x')).status()), v1::Refusal::TOO_LARGE);
  v1::Portion unmarked = sample::Source("AP");
  unmarked.clear_marking();
  builder.Add(unmarked);
  EXPECT_EQ(ReasonOf(builder.Sign(keys, kNow).status()), v1::Refusal::UNMARKED);
}

}  // namespace
}  // namespace sworn::model
