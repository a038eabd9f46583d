// ML-DSA-44 (FIPS 204), where the OpenSSL that Sworn runs on has it (3.5 and later).
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace sworn::crypto {

inline constexpr size_t kMlDsa44PublicKeyBytes = 1'312;
inline constexpr size_t kMlDsa44SignatureBytes = 2'420;

// Whether signatures of this kind can be made and verified here.
bool HasMlDsa44();

// Unimplemented, saying which OpenSSL lacks it and what to do. For use where HasMlDsa44 is false.
absl::Status MlDsa44IsAbsent();

// "OpenSSL 3.0.13": the one in use, which decides what can be verified.
std::string OpensslVersion();

// OK if `signature` is the key's over `message` (pure mode, empty context); InvalidArgument otherwise; Unimplemented
// where HasMlDsa44 is false. `public_key` is the raw key of FIPS 204.
absl::Status VerifyMlDsa44(std::string_view public_key, std::string_view message, std::string_view signature);

}  // namespace sworn::crypto
