// Signing keys: Ed25519 and ECDSA P-256, in PEM (PKCS#8 private, SubjectPublicKeyInfo public).
//
// Thread-safety: PublicKey and PrivateKey are immutable; const members may be called from any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/crypto/hash.h"
#include "ledger/crypto/secret.h"
#include "sworn/v1/report.pb.h"

namespace sworn::crypto {

using Algorithm = v1::Signature::Algorithm;

class PublicKey {
 public:
  // From SubjectPublicKeyInfo in DER. InvalidArgument for other key types and for trailing bytes.
  static absl::StatusOr<PublicKey> FromDer(std::string_view der);
  static absl::StatusOr<PublicKey> FromPem(std::string_view pem);
  // From the 32 raw bytes of an Ed25519 key, as signed notes carry them.
  static absl::StatusOr<PublicKey> FromEd25519Bytes(std::string_view raw);

  Algorithm algorithm() const;
  // SHA-256 of the DER SubjectPublicKeyInfo.
  const Hash& key_id() const;
  const std::string& der() const;
  std::string ToPem() const;
  // FailedPrecondition unless the key is Ed25519.
  absl::StatusOr<std::string> Ed25519Bytes() const;

  // OK if `signature` (Ed25519: 64 bytes; P-256: DER) is this key's over `message`; InvalidArgument otherwise.
  absl::Status Verify(std::string_view message, std::string_view signature) const;

 private:
  friend class PrivateKey;
  struct Key;
  explicit PublicKey(std::shared_ptr<const Key> key) : key_(std::move(key)) {}
  std::shared_ptr<const Key> key_;
};

class PrivateKey {
 public:
  static absl::StatusOr<PrivateKey> Generate(Algorithm algorithm);
  // PKCS#8 PEM, encrypted or not. InvalidArgument when it does not parse or the passphrase is wrong or missing.
  static absl::StatusOr<PrivateKey> FromPem(const Secret& pem, const Secret& passphrase);

  // PKCS#8 PEM; encrypted (PBES2, AES-256-CBC, PBKDF2) unless `passphrase` is empty.
  absl::StatusOr<Secret> ToPem(const Secret& passphrase) const;
  const PublicKey& public_key() const;
  absl::StatusOr<std::string> Sign(std::string_view message) const;

 private:
  struct Key;
  explicit PrivateKey(std::shared_ptr<const Key> key) : key_(std::move(key)) {}
  std::shared_ptr<const Key> key_;
};

}  // namespace sworn::crypto
