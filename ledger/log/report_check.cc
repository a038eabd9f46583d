#include "ledger/log/report_check.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/crypto/dsse.h"
#include "ledger/log/stored_report.h"
#include "ledger/model/limits.h"
#include "ledger/model/refusal.h"
#include "ledger/model/timestamp.h"

namespace sworn::log {
namespace {

// What an entry holds beside its envelope: recorded_at and the framing of both.
constexpr size_t kEntryFramingBytes = 64;

// Bare ids are for what was withheld or erased later; what is recorded first must be whole.
absl::Status CheckIsWhole(const model::ParsedReport& report) {
  for (size_t index = 0; index < report.portions.size(); ++index) {
    if (!report.portions[index].has_value()) {
      return model::Refuse(
          v1::Refusal::FIELD_MISSING,
          absl::StrCat("portions[", index, "] is a bare id, ", crypto::ToHex(report.portion_ids[index]),
                       "; send its salt and content: a report is recorded whole"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckCreatedAt(const v1::ReportHeader& header, absl::Time now) {
  const absl::Time created_at = model::ToTime(header.created_at());
  if (created_at > now + absl::Seconds(model::kMaxClockSkewSeconds)) {
    return model::Refuse(
        v1::Refusal::CREATED_IN_FUTURE,
        absl::StrCat("created_at is ", absl::FormatTime(absl::RFC3339_sec, created_at, absl::UTCTimeZone()),
                     ", more than 5 minutes after the ledger's clock: ",
                     absl::FormatTime(absl::RFC3339_sec, now, absl::UTCTimeZone())));
  }
  return absl::OkStatus();
}

// A key that the report itself adds.
std::optional<crypto::PublicKey> KeyAddedBy(const model::ParsedReport& report, const std::string& key_id) {
  for (const std::optional<v1::Portion>& portion : report.portions) {
    if (portion.has_value() && portion->has_key() && portion->key().key_id() == key_id &&
        portion->key().action() == v1::Key::ADD) {
      const absl::StatusOr<crypto::PublicKey> key = crypto::PublicKey::FromDer(portion->key().public_key());
      if (key.ok() && crypto::AsBytes(key->key_id()) == key_id) {
        return *key;
      }
    }
  }
  return std::nullopt;
}

std::optional<crypto::PublicKey> FindKey(const access::Registry& registry, const model::ParsedReport& report,
                                         const std::string& key_id) {
  if (registry.keys().empty()) {
    return KeyAddedBy(report, key_id);
  }
  const absl::StatusOr<crypto::Hash> id = crypto::HashFromBytes(key_id);
  const access::RegisteredKey* const key = id.ok() ? registry.FindKey(*id) : nullptr;
  return key != nullptr ? std::optional<crypto::PublicKey>(key->key) : std::nullopt;
}

absl::Status CheckSignatures(const v1::Envelope& envelope, const model::ParsedReport& report,
                             const access::Registry& registry) {
  if (envelope.signatures().empty()) {
    return model::Refuse(v1::Refusal::UNSIGNED, "the report carries no signature");
  }
  for (int i = 0; i < envelope.signatures_size(); ++i) {
    const v1::Signature& signature = envelope.signatures(i);
    const std::string where = absl::StrCat("signatures[", i, "]: key ", crypto::ToHex(signature.key_id()));
    const std::optional<crypto::PublicKey> key = FindKey(registry, report, signature.key_id());
    if (!key.has_value()) {
      return model::Refuse(v1::Refusal::KEY_UNKNOWN,
                           absl::StrCat(where, " is not registered in this ledger; an admin can add it"));
    }
    if (const absl::Status status = crypto::VerifyEnvelopeSignature(envelope, signature, *key); !status.ok()) {
      return model::Refuse(v1::Refusal::SIGNATURE_INVALID, absl::StrCat(where, ": ", status.message()));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<CheckedReport> CheckReport(v1::Report report, const access::Registry& registry, absl::Time now) {
  absl::StatusOr<model::ParsedReport> parsed = model::ParseAndValidate(report);
  if (!parsed.ok()) {
    return parsed.status();
  }
  if (absl::Status status = CheckIsWhole(*parsed); !status.ok()) {
    return status;
  }
  if (absl::Status status = CheckCreatedAt(parsed->header, now); !status.ok()) {
    return status;
  }
  if (const size_t bytes = report.envelope().ByteSizeLong(); bytes + kEntryFramingBytes > model::kMaxEntryBytes) {
    return model::Refuse(v1::Refusal::TOO_LARGE,
                         absl::StrCat("header and signatures have ", bytes, " bytes, more than ",
                                      model::kMaxEntryBytes - kEntryFramingBytes));
  }
  if (absl::Status status = CheckSignatures(report.envelope(), *parsed, registry); !status.ok()) {
    return status;
  }
  CheckedReport checked;
  checked.stored = ToStored(report, *parsed);
  checked.stored.concerns_registry = access::Registry::Concerns(*parsed);
  checked.envelope.Swap(report.mutable_envelope());
  checked.parsed = *std::move(parsed);
  return checked;
}

absl::Status CheckRegistersLedgerKey(const model::ParsedReport& report, const merkle::VerifierKey& verifier_key) {
  const std::string key_id(crypto::AsBytes(verifier_key.key().key_id()));
  for (const std::optional<v1::Portion>& portion : report.portions) {
    if (portion.has_value() && portion->has_key() && portion->key().action() == v1::Key::ADD &&
        portion->key().purpose() == v1::Key::LEDGER && portion->key().key_id() == key_id) {
      return absl::OkStatus();
    }
  }
  return model::Refuse(
      v1::Refusal::NOT_PERMITTED,
      absl::StrCat("the first report of a ledger must register the ledger's key ", crypto::ToHex(key_id)));
}

}  // namespace sworn::log
