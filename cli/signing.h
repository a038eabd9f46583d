// The key that signs, and the passphrase that opens it.
//
// Thread-safety: free functions; prompts belong to one thread.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "cli/options.h"
#include "ledger/crypto/key.h"
#include "ledger/crypto/secret.h"

namespace sworn::cli {

// Where the signing key is looked for: --key, else DIR/keys/author.pem. InvalidArgument where neither is given.
absl::StatusOr<std::string> SigningKeyPath(const GlobalOptions& options);

// Reads the signing key; asks for the passphrase where it is encrypted and no passphrase file was given.
absl::StatusOr<crypto::PrivateKey> ReadSigningKey(const GlobalOptions& options);
absl::StatusOr<crypto::PrivateKey> ReadKey(const std::string& path, const GlobalOptions& options);

enum class Encrypt { kOnlyWithPassphraseFile, kAlways };

// The passphrase of a new key: from the passphrase file, else asked for twice (kAlways), else none.
absl::StatusOr<crypto::Secret> NewPassphrase(const GlobalOptions& options, Encrypt encrypt);

}  // namespace sworn::cli
