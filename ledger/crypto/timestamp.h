// Trusted time stamps (RFC 3161): requests for a time-stamping authority, and its responses checked.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ledger/crypto/hash.h"

namespace sworn::crypto {

inline constexpr size_t kMaxTimestampBytes = size_t{64} << 10U;

// What a time-stamping authority said.
struct Timestamp {
  absl::Time time;
  std::string authority;  // subject of the certificate that signed it; empty where the response does not carry it
  std::string policy;     // object identifier of the authority's policy
  std::string serial;     // hex
};

// TimeStampReq in DER over a SHA-256 digest, with a random nonce, that asks for the signer's certificate.
absl::StatusOr<std::string> MakeTimestampRequest(const Hash& digest);

// InvalidArgument unless `response` (TimeStampResp in DER) answers `request`: granted, same digest, same nonce.
absl::Status CheckTimestampAnswers(std::string_view response, std::string_view request);

// What a TimeStampResp in DER says of `digest`, as it claims: neither its signature nor its authority is checked, for
// that takes roots that a reader trusts. InvalidArgument where it does not parse, was not granted, or is over another
// digest.
absl::StatusOr<Timestamp> ReadTimestamp(std::string_view response, const Hash& digest);

// Verifies signature, certificate chain, purpose and digest of a TimeStampResp in DER. `trusted_certificates` are the
// roots, in PEM; the chain is checked as of the time in the stamp. InvalidArgument names what failed.
absl::StatusOr<Timestamp> VerifyTimestamp(std::string_view response, const Hash& digest,
                                          std::string_view trusted_certificates);

}  // namespace sworn::crypto
