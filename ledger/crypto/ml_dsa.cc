#include "ledger/crypto/ml_dsa.h"

#include "absl/strings/str_cat.h"
#include "ledger/crypto/openssl.h"

namespace sworn::crypto {
namespace {

constexpr const char* kName = "ML-DSA-44";

const unsigned char* Unsigned(std::string_view bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }

// Asked of OpenSSL by name, so that the same program gains it with a newer library.
bool FetchesMlDsa44() {
  const ErrorScope errors;
  EVP_SIGNATURE* const found = EVP_SIGNATURE_fetch(nullptr, kName, nullptr);
  const bool has = found != nullptr;
  EVP_SIGNATURE_free(found);
  return has;
}

}  // namespace

bool HasMlDsa44() {
  static const bool has = FetchesMlDsa44();
  return has;
}

std::string OpensslVersion() { return absl::StrCat("OpenSSL ", OpenSSL_version(OPENSSL_VERSION_STRING)); }

absl::Status MlDsa44IsAbsent() {
  return absl::UnimplementedError(absl::StrCat("ML-DSA-44 cannot be checked here: this Sworn runs on ",
                                               OpensslVersion(),
                                               ", which has no ML-DSA; use one on OpenSSL 3.5 or later"));
}

absl::Status VerifyMlDsa44(std::string_view public_key, std::string_view message, std::string_view signature) {
  if (public_key.size() != kMlDsa44PublicKeyBytes) {
    return absl::InvalidArgumentError(absl::StrCat("an ML-DSA-44 public key has ", kMlDsa44PublicKeyBytes,
                                                   " bytes, this one has ", public_key.size()));
  }
  if (signature.size() != kMlDsa44SignatureBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("an ML-DSA-44 signature has ", kMlDsa44SignatureBytes, " bytes, this one has ", signature.size()));
  }
  if (!HasMlDsa44()) return MlDsa44IsAbsent();
  const ErrorScope errors;
  const UniqueKey key(EVP_PKEY_new_raw_public_key_ex(nullptr, kName, nullptr, Unsigned(public_key), public_key.size()));
  const UniqueDigestContext context(EVP_MD_CTX_new());
  // Without a digest name and parameters this is pure ML-DSA with the empty context.
  if (key != nullptr && context != nullptr &&
      EVP_DigestVerifyInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr, key.get(), nullptr) == 1 &&
      EVP_DigestVerify(context.get(), Unsigned(signature), signature.size(), Unsigned(message), message.size()) == 1) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError("the ML-DSA-44 signature does not verify");
}

}  // namespace sworn::crypto
