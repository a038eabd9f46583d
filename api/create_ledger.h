// Makes a new ledger: directory, signing key, journal, and entry 0 with its first author and the shipped lenses.
//
// Thread-safety: safe to call from any thread, for different directories.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "ledger/crypto/key.h"
#include "ledger/crypto/token.h"

namespace sworn::api {

// Where the ledger's signing key comes from: a new file in its directory, unless a token keeps it.
struct LedgerKeySource {
  std::string token_uri;  // of an Ed25519 key
  crypto::PinSource pin;
};

// AlreadyExists where the directory holds something. What was made before a failure stays, and the message says what to
// do.
absl::Status CreateLedger(const std::string& directory, const std::string& origin, const std::string& author_name,
                          const crypto::PrivateKey& author_key, const LedgerKeySource& ledger_key = {});

}  // namespace sworn::api
