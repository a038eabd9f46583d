// Private keys that stay in a token (smart card, HSM), reached through PKCS#11 and named by a `pkcs11:` URI (RFC 7512):
//
//   pkcs11:token=Signing%20card;object=alice
//   pkcs11:token=ledger;object=ledger?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=file:/etc/sworn/pin
//
// Without module-path every module registered with p11-kit is asked. A URI must fit one token and one key in it.
//
// Thread-safety: free functions are safe to call from any thread. A key that was opened may sign from any thread; its
// signatures are made one after the other. Keys must be gone before main returns.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "ledger/crypto/key.h"
#include "ledger/crypto/secret.h"

namespace sworn::crypto {

// Whether `name` is meant as a pkcs11: URI rather than as the path of a file.
bool IsTokenUri(std::string_view name);

// What is said to who gives the PIN.
struct PinRequest {
  std::string token;  // its label
  enum class Tries { kSeveral, kLast } tries = Tries::kSeveral;
};

// Gives a token's PIN. Called at most once for each key that is opened.
using PinSource = std::function<absl::StatusOr<Secret>(const PinRequest& request)>;

// The first line of a file that only its owner may read. Refuses a token's last try: a wrong PIN in a file, tried again
// at every start, would lock the token.
PinSource PinFromFile(std::string path);

// Logs in with the PIN of the URI's pin-source, else with `pin`. InvalidArgument for a bad URI; NotFound where no
// module, token or key fits it; PermissionDenied for a wrong or locked PIN; FailedPrecondition where more than one
// fits, where the key is of another kind, or where the token lacks the mechanism; Unavailable where the token is gone.
absl::StatusOr<PrivateKey> OpenTokenKey(const std::string& uri, const PinSource& pin);

// The public key that belongs to the key of the URI: the token's public object or certificate. Needs no PIN.
absl::StatusOr<PublicKey> ReadTokenPublicKey(const std::string& uri);

// Makes a key pair in the token; the URI must say object= (its label). AlreadyExists where it names a key.
absl::StatusOr<PrivateKey> GenerateTokenKey(const std::string& uri, Algorithm algorithm, const PinSource& pin);

}  // namespace sworn::crypto
