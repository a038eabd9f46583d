// Makes a new ledger: directory, signing key, journal, and entry 0 with its first author and the shipped lenses.
//
// Thread-safety: safe to call from any thread, for different directories.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "ledger/crypto/key.h"

namespace sworn::api {

// AlreadyExists where the directory holds something. What was made before a failure stays, and the message says what to
// do.
absl::Status CreateLedger(const std::string& directory, const std::string& origin, const std::string& author_name,
                          const crypto::PrivateKey& author_key);

}  // namespace sworn::api
