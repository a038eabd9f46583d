// Ownership and error handling for OpenSSL objects. Included by ledger/crypto only.
//
// Thread-safety: the objects belong to one thread at a time, but for EVP_PKEY, which is only read once it was made.
#pragma once

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ts.h>
#include <openssl/x509.h>

#include <memory>

namespace sworn::crypto {

// Deletes with a function of OpenSSL.
template <auto kFree>
struct OpensslDelete {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};

using UniqueKey = std::unique_ptr<EVP_PKEY, OpensslDelete<EVP_PKEY_free>>;
using UniqueKeyContext = std::unique_ptr<EVP_PKEY_CTX, OpensslDelete<EVP_PKEY_CTX_free>>;
using UniqueDigestContext = std::unique_ptr<EVP_MD_CTX, OpensslDelete<EVP_MD_CTX_free>>;
using UniqueBio = std::unique_ptr<BIO, OpensslDelete<BIO_free_all>>;
using UniquePrivateKeyInfo = std::unique_ptr<PKCS8_PRIV_KEY_INFO, OpensslDelete<PKCS8_PRIV_KEY_INFO_free>>;
using UniqueEncryptedKeyInfo = std::unique_ptr<X509_SIG, OpensslDelete<X509_SIG_free>>;
using UniqueBigNumber = std::unique_ptr<BIGNUM, OpensslDelete<BN_free>>;
using UniqueInteger = std::unique_ptr<ASN1_INTEGER, OpensslDelete<ASN1_INTEGER_free>>;
using UniqueAlgorithm = std::unique_ptr<X509_ALGOR, OpensslDelete<X509_ALGOR_free>>;
using UniqueCertificate = std::unique_ptr<X509, OpensslDelete<X509_free>>;
using UniqueCertificateStore = std::unique_ptr<X509_STORE, OpensslDelete<X509_STORE_free>>;
using UniqueTimestampRequest = std::unique_ptr<TS_REQ, OpensslDelete<TS_REQ_free>>;
using UniqueTimestampResponse = std::unique_ptr<TS_RESP, OpensslDelete<TS_RESP_free>>;
using UniqueMessageImprint = std::unique_ptr<TS_MSG_IMPRINT, OpensslDelete<TS_MSG_IMPRINT_free>>;
using UniqueTimestampVerification = std::unique_ptr<TS_VERIFY_CTX, OpensslDelete<TS_VERIFY_CTX_free>>;

// Takes back whatever OpenSSL calls in this scope leave in the thread's error queue, which TLS connections on the same
// thread would otherwise mistake for theirs.
class ErrorScope {
 public:
  ErrorScope() { ERR_set_mark(); }
  ~ErrorScope() { ERR_pop_to_mark(); }
  ErrorScope(const ErrorScope&) = delete;
  ErrorScope& operator=(const ErrorScope&) = delete;
  ErrorScope(ErrorScope&&) = delete;
  ErrorScope& operator=(ErrorScope&&) = delete;
};

}  // namespace sworn::crypto
