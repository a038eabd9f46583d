// Keys on disk. A private key file is created with mode 0600 and refused when others can read it.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/crypto/key.h"
#include "ledger/crypto/secret.h"

namespace sworn::crypto {

// Writes PKCS#8 PEM to `path` (mode 0600, fsynced) and the public key to `path`.pub. AlreadyExists if either exists.
absl::Status WriteKeyFile(const PrivateKey& key, const std::string& path, const Secret& passphrase);

// NotFound; PermissionDenied if group or others have any access; InvalidArgument as PrivateKey::FromPem.
absl::StatusOr<PrivateKey> ReadKeyFile(const std::string& path, const Secret& passphrase);

// Whether the PEM file is encrypted, so that a caller knows to ask for a passphrase.
absl::StatusOr<bool> KeyFileIsEncrypted(const std::string& path);

// The first line of a file, as a PIN is kept. PermissionDenied as ReadKeyFile; FailedPrecondition where it is empty.
absl::StatusOr<Secret> ReadSecretLine(const std::string& path);

// A PEM SubjectPublicKeyInfo file.
absl::StatusOr<PublicKey> ReadPublicKeyFile(const std::string& path);

}  // namespace sworn::crypto
