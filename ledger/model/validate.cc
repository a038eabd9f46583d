#include "ledger/model/validate.h"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

#include "ledger/crypto/dsse.h"
#include "ledger/merkle/tree_hash.h"
#include "ledger/model/field_checker.h"
#include "ledger/model/field_path.h"
#include "ledger/model/limits.h"
#include "ledger/model/marking.h"
#include "ledger/model/portion.h"
#include "ledger/model/portion_cycles.h"
#include "ledger/model/portion_rules.h"
#include "ledger/model/refusal.h"
#include "ledger/model/strict_parse.h"
#include "ledger/model/text.h"

namespace sworn::model {
namespace {

// An entry holds the envelope, the recorded time and their framing.
constexpr size_t kEntryFramingBytes = 64;

bool HasUnknownFields(const google::protobuf::Message& message) {
  return !message.GetReflection()->GetUnknownFields(message).empty();
}

absl::Status CheckCarriage(const v1::Report& report) {
  const auto portions = static_cast<size_t>(report.portions_size());
  if (portions > kMaxPortionsPerReport) {
    return Refuse(v1::Refusal::TOO_LARGE,
                  Concat("report: portions are ", portions, "; a report takes ", kMaxPortionsPerReport));
  }
  for (int i = 0; i < report.portions_size(); ++i) {
    const size_t bytes = report.portions(i).content().size();
    if (bytes > kMaxPortionBytes) {
      return Refuse(v1::Refusal::TOO_LARGE,
                    Concat("portion ", i, ": has ", bytes, " bytes; a portion takes ", kMaxPortionBytes));
    }
  }
  if (report.ByteSizeLong() > kMaxReportBytes) {
    return Refuse(v1::Refusal::TOO_LARGE, Concat("report: has ", report.ByteSizeLong(), " bytes; a report takes ",
                                                 kMaxReportBytes, "; split it"));
  }
  const bool has_unknown_fields =
      HasUnknownFields(report) || HasUnknownFields(report.envelope()) ||
      std::any_of(report.portions().begin(), report.portions().end(), HasUnknownFields) ||
      std::any_of(report.envelope().signatures().begin(), report.envelope().signatures().end(), HasUnknownFields);
  if (has_unknown_fields) {
    return Refuse(v1::Refusal::MALFORMED, "report: has fields that Report, Envelope, Signature or CarriedPortion lack");
  }
  return absl::OkStatus();
}

void CheckSignatures(const v1::Envelope& envelope, const FieldPath& path, FieldChecker& checker) {
  const FieldPath signatures = path.Field("signatures");
  if (envelope.signatures().empty()) {
    checker.Fail(v1::Refusal::UNSIGNED, signatures, "are missing; sign the report");
  }
  checker.AtMost(static_cast<size_t>(envelope.signatures_size()), kMaxSignatures, signatures);
  std::set<std::string_view> signers;
  for (int i = 0; i < envelope.signatures_size(); ++i) {
    const v1::Signature& signature = envelope.signatures(i);
    const FieldPath at = path.Item("signatures", static_cast<size_t>(i));
    const FieldPath key_id = at.Field("key_id");
    checker.HashBytes(signature.key_id(), key_id);
    checker.RequiredEnum(signature.algorithm(), at.Field("algorithm"));
    checker.RequiredText(signature.signature(), kMaxSignatureBytes, at.Field("signature"));
    if (!signers.insert(signature.key_id()).second) {
      checker.Fail(v1::Refusal::FIELD_INVALID, key_id, "signed already; each key signs once");
    }
  }
}

absl::Status CheckEnvelope(const v1::Envelope& envelope, FieldChecker& checker) {
  const FieldPath path("envelope:");
  const FieldPath payload_type = path.Field("payload_type");
  const FieldPath payload = path.Field("payload");
  checker.RequiredText(envelope.payload_type(), kMaxNameBytes, payload_type);
  if (envelope.payload_type() != crypto::kReportHeaderPayloadType) {
    checker.Fail(v1::Refusal::FIELD_INVALID, payload_type,
                 Concat("is not known; this version reads ", crypto::kReportHeaderPayloadType));
  }
  checker.RequiredText(envelope.payload(), kMaxHeaderBytes, payload);
  CheckSignatures(envelope, path, checker);
  if (envelope.ByteSizeLong() > kMaxEntryBytes - kEntryFramingBytes) {
    checker.Fail(v1::Refusal::TOO_LARGE, path,
                 Concat("has ", envelope.ByteSizeLong(), " bytes; it takes ", kMaxEntryBytes - kEntryFramingBytes));
  }
  return checker.status();
}

// Everyone must be able to check authorship, whatever OpenSSL they have, so ML-DSA-44 only ever stands beside.
absl::Status CheckAuthorAlgorithm(const v1::Envelope& envelope, const v1::ReportHeader& header) {
  for (int i = 0; i < envelope.signatures_size(); ++i) {
    const v1::Signature& signature = envelope.signatures(i);
    if (signature.key_id() != header.author_key_id() || signature.algorithm() != v1::Signature::ML_DSA_44) continue;
    return Refuse(v1::Refusal::FIELD_INVALID,
                  Concat("envelope: signatures[", i,
                         "].algorithm is ML_DSA_44 and the key is the author's; sign with an "
                         "Ed25519 or P-256 key, and with ML-DSA-44 beside it"));
  }
  return absl::OkStatus();
}

absl::Status CheckHeader(const v1::ReportHeader& header, FieldChecker& checker) {
  const FieldPath path("header:");
  const FieldPath created_at = path.Field("created_at");
  checker.HashBytes(header.author_key_id(), path.Field("author_key_id"));
  if (!header.has_created_at()) checker.Fail(v1::Refusal::FIELD_MISSING, created_at, "is missing");
  checker.Timestamp(header.created_at(), created_at);
  checker.FailWith(ValidateMarking(header.banner()), v1::Refusal::MARKING_INVALID, path.Field("banner"));
  if (header.portion_count() == 0) {
    checker.Fail(v1::Refusal::FIELD_MISSING, path.Field("portion_count"), "is missing; a report has a portion or more");
  }
  checker.HashBytes(header.portions_root(), path.Field("portions_root"));
  checker.RequiredText(header.request_id(), kMaxRequestIdBytes, path.Field("request_id"));
  return checker.status();
}

absl::Status CheckPortionsAgainstHeader(const v1::Report& report, ParsedReport& parsed) {
  if (parsed.header.portion_count() != static_cast<uint32_t>(report.portions_size())) {
    return Refuse(v1::Refusal::PORTIONS_MISMATCH,
                  Concat("report: holds ", report.portions_size(), " portions, but the header says ",
                         parsed.header.portion_count()));
  }
  parsed.portion_ids.reserve(static_cast<size_t>(report.portions_size()));
  for (const v1::CarriedPortion& portion : report.portions()) {
    const absl::StatusOr<crypto::Hash> id = IdOf(portion);
    if (!id.ok()) return WithContext(id.status(), Concat("portion ", parsed.portion_ids.size()));
    parsed.portion_ids.push_back(*id);
  }
  if (crypto::AsBytes(merkle::RootOfLeaves(parsed.portion_ids)) == parsed.header.portions_root()) {
    return absl::OkStatus();
  }
  return Refuse(v1::Refusal::PORTIONS_MISMATCH,
                "report: the portions do not hash to the header's portions_root; send exactly what was signed");
}

absl::Status ParsePortions(const v1::Report& report, ParsedReport& parsed) {
  parsed.portions.resize(static_cast<size_t>(report.portions_size()));
  for (size_t i = 0; i < parsed.portions.size(); ++i) {
    const v1::CarriedPortion& carried = report.portions(static_cast<int>(i));
    if (!carried.id().empty()) continue;
    const std::string label = Concat("portion ", i, ":");
    absl::Status status = ParseStrictly(carried.content(), FieldPath(label), parsed.portions[i].emplace());
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status CheckPortions(const ParsedReport& parsed) {
  std::vector<v1::Portion::ContentCase> kinds;
  kinds.reserve(parsed.portions.size());
  for (const std::optional<v1::Portion>& portion : parsed.portions) {
    kinds.push_back(portion.has_value() ? portion->content_case() : v1::Portion::CONTENT_NOT_SET);
  }
  for (size_t i = 0; i < parsed.portions.size(); ++i) {
    if (!parsed.portions[i].has_value()) continue;
    absl::Status status = ValidatePortion(*parsed.portions[i], static_cast<uint32_t>(i), kinds);
    if (!status.ok()) return status;
    if (!Dominates(parsed.header.banner(), parsed.portions[i]->marking())) {
      return Refuse(
          v1::Refusal::MARKING_INVALID,
          Concat("header: banner ", FormatMarking(parsed.header.banner()), " is less restrictive than portion ", i,
                 ", which is marked ", FormatMarking(parsed.portions[i]->marking()), "; roll the markings up"));
    }
  }
  return CheckNoCycles(parsed.portions);
}

}  // namespace

absl::StatusOr<ParsedReport> ParseAndValidate(const v1::Report& report) {
  const std::vector<v1::Portion::ContentCase> no_portions;
  FieldChecker checker(no_portions);
  if (const absl::Status status = CheckCarriage(report); !status.ok()) return status;
  if (const absl::Status status = CheckEnvelope(report.envelope(), checker); !status.ok()) return status;
  ParsedReport parsed;
  parsed.report_id = ReportId(report.envelope());
  const absl::Status header = ParseStrictly(report.envelope().payload(), FieldPath("header:"), parsed.header);
  if (!header.ok()) return header;
  if (const absl::Status status = CheckHeader(parsed.header, checker); !status.ok()) return status;
  const absl::Status author_algorithm = CheckAuthorAlgorithm(report.envelope(), parsed.header);
  if (!author_algorithm.ok()) return author_algorithm;
  if (const absl::Status status = CheckPortionsAgainstHeader(report, parsed); !status.ok()) return status;
  if (const absl::Status status = ParsePortions(report, parsed); !status.ok()) return status;
  if (const absl::Status status = CheckPortions(parsed); !status.ok()) return status;
  return parsed;
}

absl::Status ValidatePortion(const v1::Portion& portion, uint32_t index,
                             const std::vector<v1::Portion::ContentCase>& kinds) {
  FieldChecker checker(kinds);
  const std::string label = Concat("portion ", index, ":");
  CheckPortion(portion, FieldPath(label), checker);
  return checker.status();
}

}  // namespace sworn::model
