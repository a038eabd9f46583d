#include "ledger/crypto/key.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/crypto/ml_dsa.h"
#include "ledger/crypto/openssl.h"

namespace sworn::crypto {
namespace {

constexpr size_t kMaxPemBytes = size_t{64} << 10U;
constexpr size_t kMaxPassphraseBytes = 1'024;  // PEM_BUFSIZE, which the openssl command line can take
constexpr size_t kEd25519KeyBytes = 32;
constexpr size_t kEd25519SignatureBytes = 64;
constexpr size_t kMaxP256SignatureBytes = 72;
// Slows the guessing of a passphrase to a fraction of a second per guess.
constexpr int kPassphraseIterations = 600'000;

// What SubjectPublicKeyInfo in DER begins with. Comparing with it admits one encoding of a key only, so that a key has
// one key id: the named curve, the uncompressed point.
// RFC 8410: SEQUENCE { SEQUENCE { id-Ed25519 } BIT STRING of 32 bytes }.
constexpr std::string_view kEd25519Prefix("\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00", 12);
// RFC 5480: SEQUENCE { SEQUENCE { id-ecPublicKey, prime256v1 } BIT STRING of 0x04 and 64 bytes }.
constexpr std::string_view kP256Prefix(
    "\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00\x04", 27);
constexpr size_t kP256PointBytes = 64;
// RFC 9881: SEQUENCE { SEQUENCE { id-ml-dsa-44 } BIT STRING of 1,312 bytes }. Every string of that length is a key.
constexpr std::string_view kMlDsa44Prefix(
    "\x30\x82\x05\x32\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x03\x11\x03\x82\x05\x21\x00", 22);

const unsigned char* Unsigned(std::string_view bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }

std::optional<Algorithm> AlgorithmOf(std::string_view der) {
  if (der.starts_with(kEd25519Prefix) && der.size() == kEd25519Prefix.size() + kEd25519KeyBytes) {
    return v1::Signature::ED25519;
  }
  if (der.starts_with(kP256Prefix) && der.size() == kP256Prefix.size() + kP256PointBytes) {
    return v1::Signature::ECDSA_P256_SHA256;
  }
  if (der.starts_with(kMlDsa44Prefix) && der.size() == kMlDsa44Prefix.size() + kMlDsa44PublicKeyBytes) {
    return v1::Signature::ML_DSA_44;
  }
  return std::nullopt;
}

size_t MaxSignatureBytes(Algorithm algorithm) {
  return algorithm == v1::Signature::ML_DSA_44 ? kMlDsa44SignatureBytes : kMaxP256SignatureBytes;
}

absl::StatusOr<UniqueKey> GenerateKey(Algorithm algorithm) {
  UniqueKey key;
  switch (algorithm) {
    case v1::Signature::ED25519:
      key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
      break;
    case v1::Signature::ECDSA_P256_SHA256:
      key.reset(EVP_EC_gen("P-256"));
      break;
    case v1::Signature::ML_DSA_44:
      if (!HasMlDsa44()) return MlDsa44IsAbsent();
      key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "ML-DSA-44"));
      break;
    default:
      return absl::InvalidArgumentError("keys are made for Ed25519, ECDSA P-256 or ML-DSA-44 only");
  }
  if (key == nullptr) return absl::InternalError("OpenSSL could not generate the key");
  return key;
}

// The digest that EVP_DigestSign and EVP_DigestVerify need: Ed25519 and ML-DSA bring their own.
const char* DigestName(Algorithm algorithm) {
  return algorithm == v1::Signature::ECDSA_P256_SHA256 ? "SHA256" : nullptr;
}

std::string SubjectPublicKeyInfo(EVP_PKEY* key) {
  unsigned char* encoded = nullptr;
  const int size = i2d_PUBKEY(key, &encoded);
  if (size <= 0) return "";
  std::string der(reinterpret_cast<const char*>(encoded), static_cast<size_t>(size));
  OPENSSL_free(encoded);
  return der;
}

// The contents of the one PEM block of a text; overwritten when freed.
class PemBlock {
 public:
  PemBlock() = default;
  ~PemBlock() {
    OPENSSL_clear_free(data_, static_cast<size_t>(size_));
    OPENSSL_free(label_);
    OPENSSL_free(header_);
  }
  PemBlock(const PemBlock&) = delete;
  PemBlock& operator=(const PemBlock&) = delete;
  PemBlock(PemBlock&&) = delete;
  PemBlock& operator=(PemBlock&&) = delete;

  absl::Status Read(std::string_view text) {
    if (text.size() > kMaxPemBytes) return absl::InvalidArgumentError("the PEM text is longer than 64 KiB");
    if (!text.starts_with("-----BEGIN ")) {
      return absl::InvalidArgumentError("not PEM: the text must begin with -----BEGIN");
    }
    const UniqueBio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    if (bio == nullptr || PEM_read_bio(bio.get(), &label_, &header_, &data_, &size_) != 1) {
      return absl::InvalidArgumentError("the PEM block is damaged or incomplete");
    }
    const size_t left = BIO_ctrl_pending(bio.get());
    if (text.substr(text.size() - left).find_first_not_of(" \t\r\n") != std::string_view::npos) {
      return absl::InvalidArgumentError("there is something after the PEM block; the text must hold one key only");
    }
    if (*header_ != '\0') {
      return absl::InvalidArgumentError("the PEM block has headers; only PKCS#8 keys are read (openssl pkcs8 -topk8)");
    }
    return absl::OkStatus();
  }

  // Shortened, since it goes into messages.
  std::string label() const { return std::string(std::string_view(label_).substr(0, 64)); }
  const unsigned char* data() const { return data_; }
  long size() const { return size_; }  // NOLINT(google-runtime-int): OpenSSL's own type

 private:
  char* label_ = nullptr;
  char* header_ = nullptr;
  unsigned char* data_ = nullptr;
  long size_ = 0;  // NOLINT(google-runtime-int): OpenSSL's own type
};

absl::StatusOr<UniquePrivateKeyInfo> Decrypt(const PemBlock& block, const Secret& passphrase) {
  if (passphrase.empty()) return absl::InvalidArgumentError("the private key is encrypted; give its passphrase");
  if (passphrase.view().size() > kMaxPassphraseBytes) {
    return absl::InvalidArgumentError("the passphrase is longer than 1,024 bytes");
  }
  const unsigned char* at = block.data();
  const UniqueEncryptedKeyInfo encrypted(d2i_X509_SIG(nullptr, &at, block.size()));
  if (encrypted == nullptr || at != block.data() + block.size()) {
    return absl::InvalidArgumentError("the encrypted private key does not parse as PKCS#8");
  }
  UniquePrivateKeyInfo info(
      PKCS8_decrypt(encrypted.get(), passphrase.view().data(), static_cast<int>(passphrase.view().size())));
  if (info == nullptr) return absl::InvalidArgumentError("the passphrase is wrong, or the private key is damaged");
  return info;
}

absl::StatusOr<UniquePrivateKeyInfo> ReadPrivateKeyInfo(const Secret& pem, const Secret& passphrase) {
  PemBlock block;
  if (absl::Status status = block.Read(pem.view()); !status.ok()) return status;
  if (block.label() == "ENCRYPTED PRIVATE KEY") return Decrypt(block, passphrase);
  if (block.label() != "PRIVATE KEY") {
    return absl::InvalidArgumentError(absl::StrCat("the PEM block is a \"", block.label(),
                                                   "\"; only PKCS#8 private keys are read (openssl pkcs8 -topk8)"));
  }
  const unsigned char* at = block.data();
  UniquePrivateKeyInfo info(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &at, block.size()));
  if (info == nullptr || at != block.data() + block.size()) {
    return absl::InvalidArgumentError("the private key does not parse as PKCS#8");
  }
  return info;
}

UniqueEncryptedKeyInfo Encrypt(PKCS8_PRIV_KEY_INFO* info, std::string_view passphrase) {
  constexpr int kPbes2 = -1;  // chooses PBES2 with PBKDF2 (HMAC-SHA-256) and a random salt
  return UniqueEncryptedKeyInfo(PKCS8_encrypt(kPbes2, EVP_aes_256_cbc(), passphrase.data(),
                                              static_cast<int>(passphrase.size()), nullptr, 0, kPassphraseIterations,
                                              info));
}

}  // namespace

struct PublicKey::Key {
  UniqueKey key;  // null for ML-DSA-44, which OpenSSL may lack
  Algorithm algorithm;
  Hash key_id;
  std::string der;
};

// Either OpenSSL's key or a signer.
struct PrivateKey::Key {
  UniqueKey key;
  std::unique_ptr<const Signer> signer;
  PublicKey public_key;
};

absl::StatusOr<PublicKey> PublicKey::FromDer(std::string_view der) {
  const ErrorScope errors;
  const std::optional<Algorithm> algorithm = AlgorithmOf(der);
  if (!algorithm.has_value()) {
    return absl::InvalidArgumentError(
        "not the SubjectPublicKeyInfo of an Ed25519, ECDSA P-256 (named curve, uncompressed point) or ML-DSA-44 key in "
        "DER");
  }
  if (*algorithm == v1::Signature::ML_DSA_44) {
    return PublicKey(std::make_shared<const Key>(Key{nullptr, *algorithm, Sha256(der), std::string(der)}));
  }
  const unsigned char* at = Unsigned(der);
  UniqueKey key(d2i_PUBKEY(nullptr, &at, static_cast<int>(der.size())));
  if (key == nullptr || at != Unsigned(der) + der.size()) {
    return absl::InvalidArgumentError("the public key is not a point of its curve");
  }
  return PublicKey(std::make_shared<const Key>(Key{std::move(key), *algorithm, Sha256(der), std::string(der)}));
}

absl::StatusOr<PublicKey> PublicKey::FromPem(std::string_view pem) {
  const ErrorScope errors;
  PemBlock block;
  if (absl::Status status = block.Read(pem); !status.ok()) return status;
  if (block.label() != "PUBLIC KEY") {
    return absl::InvalidArgumentError(absl::StrCat("the PEM block is a ", block.label(), ", not a PUBLIC KEY"));
  }
  return FromDer({reinterpret_cast<const char*>(block.data()), static_cast<size_t>(block.size())});
}

absl::StatusOr<PublicKey> PublicKey::FromEd25519Bytes(std::string_view raw) {
  if (raw.size() != kEd25519KeyBytes) {
    return absl::InvalidArgumentError(absl::StrCat("an Ed25519 key must be 32 bytes, got ", raw.size()));
  }
  return FromDer(std::string(kEd25519Prefix).append(raw));
}

absl::StatusOr<PublicKey> PublicKey::FromP256Point(std::string_view point) {
  constexpr char kUncompressed = 4;  // the last byte of the prefix
  if (point.size() != kP256PointBytes + 1 || point.front() != kUncompressed) {
    return absl::InvalidArgumentError("a P-256 point must be uncompressed: 0x04 and 64 bytes");
  }
  return FromDer(std::string(kP256Prefix).append(point.substr(1)));
}

Algorithm PublicKey::algorithm() const { return key_->algorithm; }
const Hash& PublicKey::key_id() const { return key_->key_id; }
const std::string& PublicKey::der() const { return key_->der; }

std::string PublicKey::ToPem() const {
  const ErrorScope errors;
  const UniqueBio bio(BIO_new(BIO_s_mem()));
  const auto size_of_der = static_cast<long>(der().size());  // NOLINT(google-runtime-int): OpenSSL's own type
  if (bio == nullptr || PEM_write_bio(bio.get(), "PUBLIC KEY", "", Unsigned(der()), size_of_der) <= 0) return "";
  char* text = nullptr;
  const auto size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<size_t>(size)};
}

absl::StatusOr<std::string> PublicKey::Ed25519Bytes() const {
  if (algorithm() != v1::Signature::ED25519) {
    return absl::FailedPreconditionError(absl::StrCat("key ", ToHex(key_id()), " is not an Ed25519 key"));
  }
  return der().substr(kEd25519Prefix.size());
}

absl::Status PublicKey::Verify(std::string_view message, std::string_view signature) const {
  if (algorithm() == v1::Signature::ML_DSA_44) {
    return VerifyMlDsa44(std::string_view(der()).substr(kMlDsa44Prefix.size()), message, signature);
  }
  const ErrorScope errors;
  const bool sized = algorithm() == v1::Signature::ED25519 ? signature.size() == kEd25519SignatureBytes
                                                           : signature.size() <= kMaxP256SignatureBytes;
  const UniqueDigestContext context(EVP_MD_CTX_new());
  // For ECDSA, OpenSSL also refuses what is not the one DER encoding of the signature, trailing bytes included.
  if (sized && context != nullptr &&
      EVP_DigestVerifyInit_ex(context.get(), nullptr, DigestName(algorithm()), nullptr, nullptr, key_->key.get(),
                              nullptr) == 1 &&
      EVP_DigestVerify(context.get(), Unsigned(signature), signature.size(), Unsigned(message), message.size()) == 1) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat("the signature is not that of key ", ToHex(key_id())));
}

absl::StatusOr<PrivateKey> PrivateKey::Generate(Algorithm algorithm) {
  const ErrorScope errors;
  absl::StatusOr<UniqueKey> key = GenerateKey(algorithm);
  if (!key.ok()) return key.status();
  absl::StatusOr<PublicKey> public_key = PublicKey::FromDer(SubjectPublicKeyInfo(key->get()));
  if (!public_key.ok()) return public_key.status();
  return PrivateKey(std::make_shared<const Key>(Key{*std::move(key), nullptr, *std::move(public_key)}));
}

absl::StatusOr<PrivateKey> PrivateKey::FromPem(const Secret& pem, const Secret& passphrase) {
  const ErrorScope errors;
  const absl::StatusOr<UniquePrivateKeyInfo> info = ReadPrivateKeyInfo(pem, passphrase);
  if (!info.ok()) return info.status();
  UniqueKey key(EVP_PKCS82PKEY(info->get()));
  if (key == nullptr) return absl::InvalidArgumentError("the PKCS#8 structure holds no private key that can be used");
  // Also refuses every other kind of key and of curve.
  absl::StatusOr<PublicKey> public_key = PublicKey::FromDer(SubjectPublicKeyInfo(key.get()));
  if (!public_key.ok()) return public_key.status();
  const UniqueKeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
  if (context == nullptr || EVP_PKEY_pairwise_check(context.get()) != 1) {
    return absl::InvalidArgumentError("the public key inside the private key does not belong to it");
  }
  return PrivateKey(std::make_shared<const Key>(Key{std::move(key), nullptr, *std::move(public_key)}));
}

PrivateKey PrivateKey::FromSigner(std::unique_ptr<const Signer> signer) {
  PublicKey public_key = signer->public_key();
  return PrivateKey(std::make_shared<const Key>(Key{nullptr, std::move(signer), std::move(public_key)}));
}

absl::StatusOr<Secret> PrivateKey::ToPem(const Secret& passphrase) const {
  if (key_->signer != nullptr) {
    return absl::FailedPreconditionError("the private key is kept in a token, which does not give it away");
  }
  const ErrorScope errors;
  if (passphrase.view().size() > kMaxPassphraseBytes) {
    return absl::InvalidArgumentError("the passphrase is longer than 1,024 bytes");
  }
  const UniquePrivateKeyInfo info(EVP_PKEY2PKCS8(key_->key.get()));
  const UniqueBio bio(BIO_new(BIO_s_secmem()));
  if (info == nullptr || bio == nullptr) return absl::InternalError("OpenSSL could not encode the private key");
  bool written = false;
  if (passphrase.empty()) {
    written = PEM_write_bio_PKCS8_PRIV_KEY_INFO(bio.get(), info.get()) == 1;
  } else {
    const UniqueEncryptedKeyInfo encrypted = Encrypt(info.get(), passphrase.view());
    written = encrypted != nullptr && PEM_write_bio_PKCS8(bio.get(), encrypted.get()) == 1;
  }
  if (!written) return absl::InternalError("OpenSSL could not encode the private key");
  char* text = nullptr;
  const auto size = BIO_get_mem_data(bio.get(), &text);
  return Secret(std::string(text, static_cast<size_t>(size)));
}

const PublicKey& PrivateKey::public_key() const { return key_->public_key; }

absl::StatusOr<std::string> PrivateKey::Sign(std::string_view message) const {
  if (key_->signer != nullptr) return key_->signer->Sign(message);
  const ErrorScope errors;
  const UniqueDigestContext context(EVP_MD_CTX_new());
  std::string signature(MaxSignatureBytes(public_key().algorithm()), '\0');
  size_t size = signature.size();
  if (context == nullptr ||
      EVP_DigestSignInit_ex(context.get(), nullptr, DigestName(public_key().algorithm()), nullptr, nullptr,
                            key_->key.get(), nullptr) != 1 ||
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, Unsigned(message),
                     message.size()) != 1) {
    return absl::InternalError(absl::StrCat("OpenSSL could not sign with key ", ToHex(public_key().key_id())));
  }
  signature.resize(size);
  return signature;
}

}  // namespace sworn::crypto
