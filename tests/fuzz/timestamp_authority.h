// The authority whose time stamps are the seeds in corpus/timestamp. Its key was thrown away; made with
//
//   openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 36500 -out authority.pem …
//   openssl ts -query -data TEXT -sha256 -cert -out TEXT.tsq       without_certificate.tsr: no -cert; rejected.tsr:
//   -sha512 openssl ts -reply -queryfile TEXT.tsq -out granted.tsr …
#pragma once

#include <string_view>

namespace sworn::fuzz {

inline constexpr std::string_view kStampedText = "checkpoint\n";
inline constexpr std::string_view kTimestampAuthority =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBjjCCATOgAwIBAgIUcgl6e6IuPHssjyMOKnYUrKTEVz8wCgYIKoZIzj0EAwIw\n"
    "KDEmMCQGA1UEAwwdVGltZS1zdGFtcCBhdXRob3JpdHkgb2YgdGVzdHMwIBcNMjYx\n"
    "MTI0MTEwMTA4WhgPMjEyNjEwMzExMTAxMDhaMCgxJjAkBgNVBAMMHVRpbWUtc3Rh\n"
    "bXAgYXV0aG9yaXR5IG9mIHRlc3RzMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n"
    "H4HySUaMNl97tRPAT+5qnlXhIYm1NQcFzfkM3dGaNsRtKEtsz8BKHSPy5wb+J8Qf\n"
    "tSNBN775EtYM5ko0iq783KM5MDcwFgYDVR0lAQH/BAwwCgYIKwYBBQUHAwgwHQYD\n"
    "VR0OBBYEFOfEteDhWsf4zpuSdYrzrVc6pnn0MAoGCCqGSM49BAMCA0kAMEYCIQD1\n"
    "/t79sRELbaFqFQNrGFlAdVrzC3MnC8KaewzyNcMHyQIhALmkH/c7jj80GJuWn4Rq\n"
    "XI69zC3elOeqtqe8pgW8BAtz\n"
    "-----END CERTIFICATE-----\n";

}  // namespace sworn::fuzz
