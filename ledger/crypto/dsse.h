// DSSE envelopes (github.com/secure-systems-lab/dsse, protocol.md, version 1) over report headers.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/crypto/key.h"
#include "sworn/v1/report.pb.h"

namespace sworn::crypto {

inline constexpr std::string_view kReportHeaderPayloadType = "application/vnd.sworn.report-header.v1+protobuf";

// "DSSEv1" SP LEN(type) SP type SP LEN(body) SP body: the bytes that are signed.
std::string PreAuthenticationEncoding(std::string_view payload_type, std::string_view payload);

// Adds `key`'s signature to the envelope.
absl::Status SignEnvelope(const PrivateKey& key, v1::Envelope& envelope);

// OK if `signature` is `key`'s over the envelope; InvalidArgument otherwise, also when the algorithm field is not the
// key's.
absl::Status VerifyEnvelopeSignature(const v1::Envelope& envelope, const v1::Signature& signature,
                                     const PublicKey& key);

}  // namespace sworn::crypto
