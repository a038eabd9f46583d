// The key that signs, and the passphrase or PIN that opens it.
//
// Thread-safety: free functions; prompts belong to one thread.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "cli/options.h"
#include "ledger/crypto/key.h"
#include "ledger/crypto/secret.h"
#include "ledger/crypto/token.h"

namespace sworn::cli {

// Gives the PIN of a token: from the PIN file, else asked for on the terminal.
crypto::PinSource PinOf(const GlobalOptions& options);

// Where the signing key is looked for: --key, else DIR/keys/author.pem. InvalidArgument where neither is given.
absl::StatusOr<std::string> SigningKeyPath(const GlobalOptions& options);

// Reads the signing key, or opens it in its token; asks for the passphrase where it is encrypted and no passphrase file
// was given.
absl::StatusOr<crypto::PrivateKey> ReadSigningKey(const GlobalOptions& options);
// `path` may be a pkcs11: URI too.
absl::StatusOr<crypto::PrivateKey> ReadKey(const std::string& path, const GlobalOptions& options);
// The same for a public key: a PEM file, or the pkcs11: URI of a key or certificate, which takes no PIN.
absl::StatusOr<crypto::PublicKey> ReadPublicKey(const std::string& name);

enum class Encrypt { kOnlyWithPassphraseFile, kAlways };

// The passphrase of a new key: from the passphrase file, else asked for twice (kAlways), else none.
absl::StatusOr<crypto::Secret> NewPassphrase(const GlobalOptions& options, Encrypt encrypt);

}  // namespace sworn::cli
