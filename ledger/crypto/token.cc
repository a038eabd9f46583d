#include "ledger/crypto/token.h"

#include <openssl/ecdsa.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ledger/crypto/key_file.h"
#include "ledger/crypto/openssl.h"
#include "ledger/crypto/random.h"
#include "ledger/crypto/token_session.h"
#include "ledger/crypto/token_uri.h"

namespace sworn::crypto {
namespace {

constexpr std::string_view kScheme = "pkcs11:";
constexpr size_t kNewIdBytes = 8;
constexpr size_t kMaxShownKeys = 8;
constexpr size_t kP256NumberBytes = 32;

// Values of CKA_EC_PARAMS: object identifiers in DER, and the name that RFC 8410 keys also go by in PKCS#11 3.0.
constexpr std::string_view kP256Curve("\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07", 10);
constexpr std::string_view kEd25519Curve("\x06\x03\x2b\x65\x70", 5);
constexpr std::string_view kEd25519CurveName(
    "\x13\x0c"
    "edwards25519",
    14);

using UniqueCertificate = std::unique_ptr<X509, OpensslDelete<X509_free>>;
using UniqueEcdsaSignature = std::unique_ptr<ECDSA_SIG, OpensslDelete<ECDSA_SIG_free>>;
using UniqueNumber = std::unique_ptr<BIGNUM, OpensslDelete<BN_free>>;

const unsigned char* Unsigned(std::string_view bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }

std::string_view NumberBytes(const CK_ULONG& number) { return {reinterpret_cast<const char*>(&number), sizeof number}; }

// How a kind of key is made, recognised and used in a token.
struct KeyKind {
  Algorithm algorithm;
  CK_KEY_TYPE type;
  std::string_view curve;
  CK_MECHANISM_TYPE sign;
  const char* sign_name;
  CK_MECHANISM_TYPE generate;
  const char* generate_name;
};

constexpr KeyKind kP256 = {v1::Signature::ECDSA_P256_SHA256,
                           CKK_EC,
                           kP256Curve,
                           CKM_ECDSA,
                           "CKM_ECDSA",
                           CKM_EC_KEY_PAIR_GEN,
                           "CKM_EC_KEY_PAIR_GEN"};
constexpr KeyKind kEd25519 = {
    v1::Signature::ED25519,       CKK_EC_EDWARDS, kEd25519Curve, CKM_EDDSA, "CKM_EDDSA", CKM_EC_EDWARDS_KEY_PAIR_GEN,
    "CKM_EC_EDWARDS_KEY_PAIR_GEN"};

// What the URI says of an object of this class.
TokenAttributes Wanted(const TokenUri& uri, CK_OBJECT_CLASS object_class) {
  TokenAttributes wanted;
  wanted.AddNumber(CKA_CLASS, object_class);
  if (!uri.label().empty()) wanted.Add(CKA_LABEL, uri.label());
  if (!uri.id().empty()) wanted.Add(CKA_ID, uri.id());
  return wanted;
}

// As the URI that names it: "object=alice;id=%0a".
std::string DescribeObject(const TokenSession& session, CK_OBJECT_HANDLE object) {
  std::string text = absl::StrCat("object=", session.Attribute(object, CKA_LABEL));
  const std::string id = session.Attribute(object, CKA_ID);
  if (!id.empty()) absl::StrAppend(&text, ";id=");
  for (const char byte : id) absl::StrAppend(&text, "%", ToHex(std::string_view(&byte, 1)));
  return text;
}

std::string DescribeObjects(const TokenSession& session, const std::vector<CK_OBJECT_HANDLE>& objects) {
  std::vector<std::string> shown;
  for (size_t i = 0; i < std::min(objects.size(), kMaxShownKeys); ++i) {
    shown.push_back(absl::StrCat("\"", DescribeObject(session, objects[i]), "\""));
  }
  return absl::StrJoin(shown, ", ");
}

// The one object of the class that the URI fits. `what` names the class in messages.
absl::StatusOr<CK_OBJECT_HANDLE> FindOne(const TokenSession& session, const TokenUri& uri, CK_OBJECT_CLASS object_class,
                                         const std::string& what) {
  const absl::StatusOr<std::vector<CK_OBJECT_HANDLE>> found = session.Find(Wanted(uri, object_class));
  if (!found.ok()) return found.status();
  if (found->size() == 1) return found->front();
  if (found->size() > 1) {
    return absl::FailedPreconditionError(
        absl::StrCat(found->size(), " ", what, "s of ", session.name(), " fit ", uri.text(),
                     "; say which with object= and id=: ", DescribeObjects(session, *found)));
  }
  TokenAttributes any;
  any.AddNumber(CKA_CLASS, object_class);
  const absl::StatusOr<std::vector<CK_OBJECT_HANDLE>> others = session.Find(std::move(any));
  const bool has_others = others.ok() && !others->empty();
  return absl::NotFoundError(absl::StrCat("no ", what, " of ", session.name(), " fits ", uri.text(),
                                          has_others ? "; it has " : "; it has none",
                                          has_others ? DescribeObjects(session, *others) : ""));
}

absl::StatusOr<KeyKind> KindOf(const TokenSession& session, CK_OBJECT_HANDLE key) {
  const std::string type = session.Attribute(key, CKA_KEY_TYPE);
  const std::string curve = session.Attribute(key, CKA_EC_PARAMS);
  if (type == NumberBytes(kP256.type) && curve == kP256Curve) return kP256;
  const bool is_ed25519 = curve == kEd25519Curve || curve == kEd25519CurveName;
  if (type == NumberBytes(kEd25519.type) && is_ed25519) return kEd25519;
  return absl::FailedPreconditionError(absl::StrCat("the key \"", DescribeObject(session, key), "\" of ",
                                                    session.name(), " is neither a P-256 nor an Ed25519 key"));
}

// CKA_EC_POINT holds the point in an OCTET STRING; some tokens leave that out.
std::string PointOf(const TokenSession& session, CK_OBJECT_HANDLE key, size_t point_bytes) {
  std::string point = session.Attribute(key, CKA_EC_POINT);
  const std::string wrapping = {'\x04', static_cast<char>(point_bytes)};
  return point.size() == point_bytes + 2 && point.starts_with(wrapping) ? point.substr(2) : point;
}

absl::StatusOr<PublicKey> PublicKeyFromObject(const TokenSession& session, CK_OBJECT_HANDLE key) {
  const absl::StatusOr<KeyKind> kind = KindOf(session, key);
  if (!kind.ok()) return kind.status();
  if (const std::string der = session.Attribute(key, CKA_PUBLIC_KEY_INFO); !der.empty()) {
    // Some tokens encode it otherwise than as one key has one id here.
    if (absl::StatusOr<PublicKey> read = PublicKey::FromDer(der); read.ok()) return read;
  }
  return kind->algorithm == v1::Signature::ED25519 ? PublicKey::FromEd25519Bytes(PointOf(session, key, 32))
                                                   : PublicKey::FromP256Point(PointOf(session, key, 65));
}

absl::StatusOr<PublicKey> PublicKeyFromCertificate(const TokenSession& session, CK_OBJECT_HANDLE certificate) {
  const ErrorScope errors;
  const std::string der = session.Attribute(certificate, CKA_VALUE);
  const unsigned char* at = Unsigned(der);
  const UniqueCertificate parsed(d2i_X509(nullptr, &at, static_cast<long>(der.size())));  // NOLINT(google-runtime-int)
  unsigned char* encoded = nullptr;
  const int size = parsed == nullptr ? 0 : i2d_X509_PUBKEY(X509_get_X509_PUBKEY(parsed.get()), &encoded);
  if (size <= 0) return absl::FailedPreconditionError("the certificate in the token does not parse");
  const std::string info(reinterpret_cast<const char*>(encoded), static_cast<size_t>(size));
  OPENSSL_free(encoded);
  return PublicKey::FromDer(info);
}

// The public key or certificate that shares the private key's id or, without one, its label; else what the private key
// itself says.
absl::StatusOr<PublicKey> PublicKeyOf(const TokenSession& session, CK_OBJECT_HANDLE private_key) {
  const std::string id = session.Attribute(private_key, CKA_ID);
  const std::string label = session.Attribute(private_key, CKA_LABEL);
  for (const CK_OBJECT_CLASS object_class : {CKO_PUBLIC_KEY, CKO_CERTIFICATE}) {
    TokenAttributes wanted;
    wanted.AddNumber(CKA_CLASS, object_class);
    wanted.Add(id.empty() ? CKA_LABEL : CKA_ID, id.empty() ? label : id);
    const absl::StatusOr<std::vector<CK_OBJECT_HANDLE>> found = session.Find(std::move(wanted));
    if (!found.ok()) return found.status();
    if (found->empty()) continue;
    return object_class == CKO_PUBLIC_KEY ? PublicKeyFromObject(session, found->front())
                                          : PublicKeyFromCertificate(session, found->front());
  }
  return PublicKeyFromObject(session, private_key);
}

// The two numbers of an ECDSA signature, side by side as tokens give them, in DER.
absl::StatusOr<std::string> EcdsaInDer(std::string_view raw) {
  if (raw.size() != 2 * kP256NumberBytes) {
    return absl::InternalError(absl::StrCat("the token's signature has ", raw.size(), " bytes instead of 64"));
  }
  const ErrorScope errors;
  UniqueNumber r(BN_bin2bn(Unsigned(raw), kP256NumberBytes, nullptr));
  UniqueNumber s(BN_bin2bn(Unsigned(raw.substr(kP256NumberBytes)), kP256NumberBytes, nullptr));
  const UniqueEcdsaSignature signature(ECDSA_SIG_new());
  if (r == nullptr || s == nullptr || signature == nullptr || ECDSA_SIG_set0(signature.get(), r.get(), s.get()) != 1) {
    return absl::InternalError("OpenSSL could not encode the token's signature");
  }
  // The signature owns them now.
  (void)r.release();
  (void)s.release();
  unsigned char* encoded = nullptr;
  const int size = i2d_ECDSA_SIG(signature.get(), &encoded);
  if (size <= 0) return absl::InternalError("OpenSSL could not encode the token's signature");
  std::string der(reinterpret_cast<const char*>(encoded), static_cast<size_t>(size));
  OPENSSL_free(encoded);
  return der;
}

class TokenSigner final : public Signer {
 public:
  TokenSigner(std::unique_ptr<TokenSession> session, CK_OBJECT_HANDLE key, const KeyKind& kind, PublicKey public_key)
      : session_(std::move(session)), key_(key), kind_(kind), public_key_(std::move(public_key)) {}

  const PublicKey& public_key() const override { return public_key_; }

  absl::StatusOr<std::string> Sign(std::string_view message) const override {
    const bool is_p256 = kind_.algorithm == v1::Signature::ECDSA_P256_SHA256;
    std::string data(is_p256 ? AsBytes(Sha256(message)) : message);
    absl::StatusOr<std::string> signature = SignInToken(std::move(data));
    if (signature.ok() && is_p256) signature = EcdsaInDer(*signature);
    if (!signature.ok()) return signature;
    // What a token answers is not taken on trust: a bad signature must not reach a checkpoint.
    if (absl::Status status = public_key_.Verify(message, *signature); !status.ok()) {
      return absl::InternalError(absl::StrCat(session_->name(),
                                              " made a signature that does not verify with the public key beside it, ",
                                              ToHex(public_key_.key_id())));
    }
    return signature;
  }

 private:
  absl::StatusOr<std::string> SignInToken(std::string data) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return session_->Sign(key_, kind_.sign, std::move(data));
  }

  mutable std::mutex mutex_;
  const std::unique_ptr<TokenSession> session_;  // used under mutex_ only
  const CK_OBJECT_HANDLE key_;
  const KeyKind kind_;
  const PublicKey public_key_;
};

absl::StatusOr<PrivateKey> KeyInSession(std::unique_ptr<TokenSession> session, const TokenUri& uri,
                                        const PinSource& pin) {
  const absl::StatusOr<CK_OBJECT_HANDLE> key = FindOne(*session, uri, CKO_PRIVATE_KEY, "private key");
  if (!key.ok()) return key.status();
  const absl::StatusOr<KeyKind> kind = KindOf(*session, *key);
  if (!kind.ok()) return kind.status();
  if (absl::Status offers = session->CheckMechanism(kind->sign, kind->sign_name, CKF_SIGN); !offers.ok()) return offers;
  absl::StatusOr<PublicKey> public_key = PublicKeyOf(*session, *key);
  if (!public_key.ok()) {
    return absl::FailedPreconditionError(absl::StrCat("the public key of ", uri.text(), " cannot be read from ",
                                                      session->name(), ": ", public_key.status().message()));
  }
  if (absl::Status ready = session->PrepareToSign(*key, uri, pin); !ready.ok()) return ready;
  return PrivateKey::FromSigner(std::make_unique<TokenSigner>(std::move(session), *key, *kind, *std::move(public_key)));
}

absl::StatusOr<TokenUri> ParsePrivate(const std::string& text) {
  absl::StatusOr<TokenUri> uri = TokenUri::Parse(text);
  if (uri.ok() && !uri->Admits(CKO_PRIVATE_KEY)) {
    return absl::InvalidArgumentError(absl::StrCat(text, " does not name a private key: leave type= out"));
  }
  return uri;
}

absl::Status CheckIsNew(const TokenSession& session, const TokenUri& uri) {
  for (const CK_OBJECT_CLASS object_class : {CKO_PRIVATE_KEY, CKO_PUBLIC_KEY}) {
    const absl::StatusOr<std::vector<CK_OBJECT_HANDLE>> found = session.Find(Wanted(uri, object_class));
    if (!found.ok()) return found.status();
    if (!found->empty()) {
      return absl::AlreadyExistsError(absl::StrCat(session.name(), " has such a key already: ",
                                                   DescribeObjects(session, *found), "; a key is never overwritten"));
    }
  }
  return absl::OkStatus();
}

absl::Status GenerateInSession(const TokenSession& session, const KeyKind& kind, const std::string& label,
                               const std::string& id) {
  if (absl::Status status = session.CheckMechanism(kind.generate, kind.generate_name, CKF_GENERATE_KEY_PAIR);
      !status.ok()) {
    return status;
  }
  TokenAttributes public_key;
  public_key.Add(CKA_EC_PARAMS, std::string(kind.curve)).AddFlag(CKA_TOKEN, CK_TRUE).AddFlag(CKA_PRIVATE, CK_FALSE);
  public_key.AddFlag(CKA_VERIFY, CK_TRUE).Add(CKA_LABEL, label).Add(CKA_ID, id);
  TokenAttributes private_key;
  private_key.AddFlag(CKA_TOKEN, CK_TRUE).AddFlag(CKA_PRIVATE, CK_TRUE).AddFlag(CKA_SENSITIVE, CK_TRUE);
  private_key.AddFlag(CKA_EXTRACTABLE, CK_FALSE).AddFlag(CKA_SIGN, CK_TRUE).Add(CKA_LABEL, label).Add(CKA_ID, id);
  return session.GenerateKeyPair(kind.generate, std::move(public_key), std::move(private_key));
}

std::optional<KeyKind> KindFor(Algorithm algorithm) {
  if (algorithm == kP256.algorithm) return kP256;
  if (algorithm == kEd25519.algorithm) return kEd25519;
  return std::nullopt;
}

}  // namespace

bool IsTokenUri(std::string_view name) { return name.starts_with(kScheme); }

PinSource PinFromFile(std::string path) {
  return [path = std::move(path)](const PinRequest& request) -> absl::StatusOr<Secret> {
    if (request.tries == PinRequest::Tries::kLast) {
      return absl::PermissionDeniedError(absl::StrCat("one try is left before token \"", request.token,
                                                      "\" locks: the PIN in ", path,
                                                      " is not tried; put it right and log in once by hand"));
    }
    absl::StatusOr<Secret> pin = ReadSecretLine(path);
    if (!pin.ok()) {
      return absl::Status(pin.status().code(),
                          absl::StrCat("the PIN of token \"", request.token, "\": ", pin.status().message()));
    }
    return pin;
  };
}

absl::StatusOr<PrivateKey> OpenTokenKey(const std::string& uri, const PinSource& pin) {
  const absl::StatusOr<TokenUri> parsed = ParsePrivate(uri);
  if (!parsed.ok()) return parsed.status();
  absl::StatusOr<std::unique_ptr<TokenSession>> session = TokenSession::Open(*parsed, TokenSession::Access::kRead);
  if (!session.ok()) return session.status();
  if (absl::Status status = (*session)->Login(*parsed, pin); !status.ok()) return status;
  return KeyInSession(*std::move(session), *parsed, pin);
}

absl::StatusOr<PublicKey> ReadTokenPublicKey(const std::string& uri) {
  const absl::StatusOr<TokenUri> parsed = TokenUri::Parse(uri);
  if (!parsed.ok()) return parsed.status();
  const absl::StatusOr<std::unique_ptr<TokenSession>> session =
      TokenSession::Open(*parsed, TokenSession::Access::kRead);
  if (!session.ok()) return session.status();
  const absl::StatusOr<CK_OBJECT_HANDLE> key = FindOne(**session, *parsed, CKO_PUBLIC_KEY, "public key");
  if (key.ok()) return PublicKeyFromObject(**session, *key);
  if (!absl::IsNotFound(key.status())) return key.status();
  const absl::StatusOr<CK_OBJECT_HANDLE> certificate = FindOne(**session, *parsed, CKO_CERTIFICATE, "certificate");
  if (certificate.ok()) return PublicKeyFromCertificate(**session, *certificate);
  return absl::IsNotFound(certificate.status()) ? key.status() : certificate.status();
}

absl::StatusOr<PrivateKey> GenerateTokenKey(const std::string& uri, Algorithm algorithm, const PinSource& pin) {
  const absl::StatusOr<TokenUri> parsed = ParsePrivate(uri);
  if (!parsed.ok()) return parsed.status();
  const std::optional<KeyKind> kind = KindFor(algorithm);
  if (!kind.has_value()) return absl::InvalidArgumentError("tokens make P-256 and Ed25519 keys only");
  if (parsed->label().empty()) {
    return absl::InvalidArgumentError(absl::StrCat(uri, " does not say what to call the key: add object=NAME"));
  }
  absl::StatusOr<std::unique_ptr<TokenSession>> session = TokenSession::Open(*parsed, TokenSession::Access::kWrite);
  if (!session.ok()) return session.status();
  if (absl::Status status = (*session)->Login(*parsed, pin); !status.ok()) return status;
  if (absl::Status status = CheckIsNew(**session, *parsed); !status.ok()) return status;
  const std::string id = parsed->id().empty() ? RandomBytes(kNewIdBytes) : parsed->id();
  if (absl::Status status = GenerateInSession(**session, *kind, parsed->label(), id); !status.ok()) return status;
  return KeyInSession(*std::move(session), *parsed, pin);
}

}  // namespace sworn::crypto
