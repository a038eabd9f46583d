#include "ledger/model/report_builder.h"

#include <utility>

#include "ledger/crypto/dsse.h"
#include "ledger/crypto/random.h"
#include "ledger/model/marking.h"
#include "ledger/model/portion.h"
#include "ledger/model/refusal.h"
#include "ledger/model/timestamp.h"
#include "ledger/model/validate.h"

namespace sworn::model {
namespace {

constexpr size_t kRandomRequestIdBytes = 16;

}  // namespace

uint32_t ReportBuilder::Add(const v1::Portion& portion) {
  v1::CarriedPortion& carried = *portions_.Add();
  carried = Carry(portion);
  markings_.push_back(portion.marking());
  portion_bytes_ += carried.ByteSizeLong();
  return static_cast<uint32_t>(portions_.size() - 1);
}

absl::StatusOr<v1::Report> ReportBuilder::Sign(absl::Span<const crypto::PrivateKey* const> keys, absl::Time created_at,
                                               std::string request_id) const {
  if (keys.empty()) return Refuse(v1::Refusal::UNSIGNED, "no key was given to sign the report with");
  if (markings_.empty()) return Refuse(v1::Refusal::FIELD_MISSING, "the report has no portions; add one");
  const absl::StatusOr<crypto::Hash> root = PortionsRoot(portions_);
  if (!root.ok()) return root.status();

  v1::ReportHeader header;
  header.set_author_key_id(std::string(crypto::AsBytes(keys.front()->public_key().key_id())));
  *header.mutable_created_at() = ToTimestamp(created_at);
  *header.mutable_banner() = RollUp(markings_);
  header.set_portion_count(static_cast<uint32_t>(portions_.size()));
  header.set_portions_root(std::string(crypto::AsBytes(*root)));
  header.set_request_id(request_id.empty() ? crypto::RandomBytes(kRandomRequestIdBytes) : std::move(request_id));

  v1::Report report;
  report.mutable_envelope()->set_payload_type(std::string(crypto::kReportHeaderPayloadType));
  report.mutable_envelope()->set_payload(header.SerializeAsString());
  for (const crypto::PrivateKey* key : keys) {
    const absl::Status signed_status = crypto::SignEnvelope(*key, *report.mutable_envelope());
    if (!signed_status.ok()) return signed_status;
  }
  *report.mutable_portions() = portions_;
  const absl::StatusOr<ParsedReport> parsed = ParseAndValidate(report);
  if (!parsed.ok()) return parsed.status();
  return report;
}

}  // namespace sworn::model
