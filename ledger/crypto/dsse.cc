#include "ledger/crypto/dsse.h"

#include "absl/strings/str_cat.h"

namespace sworn::crypto {
namespace {

absl::Status CheckPayloadType(const v1::Envelope& envelope) {
  if (envelope.payload_type() == kReportHeaderPayloadType) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("envelope.payload_type must be \"", std::string(kReportHeaderPayloadType), "\""));
}

}  // namespace

std::string PreAuthenticationEncoding(std::string_view payload_type, std::string_view payload) {
  std::string encoding = absl::StrCat("DSSEv1 ", payload_type.size(), " ");
  encoding.append(payload_type);
  absl::StrAppend(&encoding, " ", payload.size(), " ");
  encoding.append(payload);
  return encoding;
}

absl::Status SignEnvelope(const PrivateKey& key, v1::Envelope& envelope) {
  if (absl::Status status = CheckPayloadType(envelope); !status.ok()) return status;
  absl::StatusOr<std::string> signed_bytes =
      key.Sign(PreAuthenticationEncoding(envelope.payload_type(), envelope.payload()));
  if (!signed_bytes.ok()) return signed_bytes.status();
  v1::Signature& signature = *envelope.add_signatures();
  signature.set_key_id(std::string(AsBytes(key.public_key().key_id())));
  signature.set_algorithm(key.public_key().algorithm());
  signature.set_signature(*std::move(signed_bytes));
  return absl::OkStatus();
}

absl::Status VerifyEnvelopeSignature(const v1::Envelope& envelope, const v1::Signature& signature,
                                     const PublicKey& key) {
  if (absl::Status status = CheckPayloadType(envelope); !status.ok()) return status;
  if (signature.key_id() != AsBytes(key.key_id())) {
    return absl::InvalidArgumentError(
        absl::StrCat("the signature names key ", ToHex(signature.key_id()), ", not ", ToHex(key.key_id())));
  }
  if (signature.algorithm() != key.algorithm()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the signature's algorithm is not that of key ", ToHex(key.key_id())));
  }
  return key.Verify(PreAuthenticationEncoding(envelope.payload_type(), envelope.payload()), signature.signature());
}

}  // namespace sworn::crypto
