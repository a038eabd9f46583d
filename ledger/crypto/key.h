// Signing keys: Ed25519, ECDSA P-256 and ML-DSA-44, in PEM (PKCS#8 private, SubjectPublicKeyInfo public), or behind a
// Signer, as a key that never leaves its token is.
//
// An ML-DSA-44 public key is read everywhere; where OpenSSL lacks the algorithm (ml_dsa.h), what would use the key is
// Unimplemented, with a message that says so.
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
  // From the uncompressed point of a P-256 key (0x04 and 64 bytes), as tokens hold it.
  static absl::StatusOr<PublicKey> FromP256Point(std::string_view point);

  Algorithm algorithm() const;
  // SHA-256 of the DER SubjectPublicKeyInfo.
  const Hash& key_id() const;
  const std::string& der() const;
  std::string ToPem() const;
  // FailedPrecondition unless the key is Ed25519.
  absl::StatusOr<std::string> Ed25519Bytes() const;

  // OK if `signature` (Ed25519: 64 bytes; P-256: DER; ML-DSA-44: 2,420 bytes) is this key's over `message`;
  // InvalidArgument otherwise; Unimplemented where it cannot be checked here.
  absl::Status Verify(std::string_view message, std::string_view signature) const;

 private:
  friend class PrivateKey;
  struct Key;
  explicit PublicKey(std::shared_ptr<const Key> key) : key_(std::move(key)) {}
  std::shared_ptr<const Key> key_;
};

// Signs with a private key that is kept elsewhere. Sign may be called from any thread.
class Signer {
 public:
  Signer() = default;
  virtual ~Signer() = default;
  Signer(const Signer&) = delete;
  Signer& operator=(const Signer&) = delete;
  Signer(Signer&&) = delete;
  Signer& operator=(Signer&&) = delete;

  virtual const PublicKey& public_key() const = 0;
  virtual absl::StatusOr<std::string> Sign(std::string_view message) const = 0;
};

class PrivateKey {
 public:
  static absl::StatusOr<PrivateKey> Generate(Algorithm algorithm);
  // PKCS#8 PEM, encrypted or not. InvalidArgument when it does not parse or the passphrase is wrong or missing.
  static absl::StatusOr<PrivateKey> FromPem(const Secret& pem, const Secret& passphrase);
  static PrivateKey FromSigner(std::unique_ptr<const Signer> signer);

  // PKCS#8 PEM; encrypted (PBES2, AES-256-CBC, PBKDF2) unless `passphrase` is empty. FailedPrecondition for the key of
  // a Signer.
  absl::StatusOr<Secret> ToPem(const Secret& passphrase) const;
  const PublicKey& public_key() const;
  absl::StatusOr<std::string> Sign(std::string_view message) const;

 private:
  struct Key;
  explicit PrivateKey(std::shared_ptr<const Key> key) : key_(std::move(key)) {}
  std::shared_ptr<const Key> key_;
};

}  // namespace sworn::crypto
