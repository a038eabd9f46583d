#include "ledger/crypto/timestamp.h"

#include <openssl/pem.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "ledger/crypto/openssl.h"
#include "ledger/crypto/random.h"

namespace sworn::crypto {
namespace {

constexpr size_t kNonceBytes = 16;
constexpr size_t kMaxCertificatesBytes = size_t{1} << 20U;
constexpr int kMaxCertificates = 1'000;
constexpr size_t kMaxShownBytes = 200;
// Signatures and keys of less than 80 bits of security are refused in the chain, SHA-1 among them.
constexpr int kSecurityLevel = 1;

const unsigned char* Unsigned(std::string_view bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }

// Text from outside, bounded and with nothing in it that could steer a terminal.
std::string Shown(std::string_view text) {
  const std::string_view beginning = text.substr(0, kMaxShownBytes);
  return absl::Utf8SafeCEscape(absl::string_view(beginning.data(), beginning.size()));
}

absl::Status Wrong(const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat("the time stamp ", what));
}

std::string TextIn(BIO* bio) {
  char* text = nullptr;
  const auto size = BIO_get_mem_data(bio, &text);
  return {text, static_cast<size_t>(size)};
}

// What OpenSSL last said was wrong.
std::string LastError() {
  const char* data = nullptr;
  int flags = 0;
  const unsigned long code = ERR_peek_last_error_data(&data, &flags);
  const char* reason = ERR_reason_error_string(code);
  const std::string detail =
      data != nullptr && (flags & ERR_TXT_STRING) != 0 ? absl::StrCat(" (", Shown(data), ")") : "";
  return absl::StrCat(reason == nullptr ? "unknown error" : reason, detail);
}

// The words an authority gave for refusing.
std::string StatusText(TS_STATUS_INFO* info) {
  const STACK_OF(ASN1_UTF8STRING)* texts = TS_STATUS_INFO_get0_text(info);
  if (texts == nullptr || sk_ASN1_UTF8STRING_num(texts) == 0) return "";
  const ASN1_UTF8STRING* text = sk_ASN1_UTF8STRING_value(texts, 0);
  const auto* bytes = reinterpret_cast<const char*>(ASN1_STRING_get0_data(text));
  return absl::StrCat(": ", Shown({bytes, static_cast<size_t>(ASN1_STRING_length(text))}));
}

absl::Status CheckGranted(TS_RESP* response) {
  TS_STATUS_INFO* info = TS_RESP_get_status_info(response);
  const int64_t status = info == nullptr ? -1 : ASN1_INTEGER_get(TS_STATUS_INFO_get0_status(info));
  if (status != TS_STATUS_GRANTED && status != TS_STATUS_GRANTED_WITH_MODS) {
    return Wrong(absl::StrCat("was not granted: the authority answered with status ", status, StatusText(info)));
  }
  if (TS_RESP_get_token(response) == nullptr || TS_RESP_get_tst_info(response) == nullptr) {
    return Wrong("is missing in the authority's answer");
  }
  return absl::OkStatus();
}

// A granted response, whole.
absl::StatusOr<UniqueTimestampResponse> ParseResponse(std::string_view bytes) {
  if (bytes.size() > kMaxTimestampBytes) return Wrong("is longer than 64 KiB");
  const unsigned char* at = Unsigned(bytes);
  UniqueTimestampResponse response(d2i_TS_RESP(nullptr, &at, static_cast<int64_t>(bytes.size())));
  if (response == nullptr) return Wrong(absl::StrCat("does not parse as a TimeStampResp in DER: ", LastError()));
  if (at != Unsigned(bytes) + bytes.size()) return Wrong("is followed by bytes that do not belong to it");
  if (absl::Status status = CheckGranted(response.get()); !status.ok()) return status;
  return response;
}

absl::Status CheckImprint(TS_MSG_IMPRINT* imprint, const Hash& digest) {
  const ASN1_OBJECT* algorithm = nullptr;
  X509_ALGOR_get0(&algorithm, nullptr, nullptr, TS_MSG_IMPRINT_get_algo(imprint));
  if (OBJ_obj2nid(algorithm) != NID_sha256) return Wrong("is over a digest that is not SHA-256");
  const ASN1_OCTET_STRING* message = TS_MSG_IMPRINT_get_msg(imprint);
  const std::string_view stamped(reinterpret_cast<const char*>(ASN1_STRING_get0_data(message)),
                                 static_cast<size_t>(ASN1_STRING_length(message)));
  if (stamped == AsBytes(digest)) return absl::OkStatus();
  return Wrong(absl::StrCat("is of something else: it is over the digest ", ToHex(stamped.substr(0, kMaxShownBytes)),
                            ", not ", ToHex(digest)));
}

absl::StatusOr<time_t> TimeOf(TS_TST_INFO* info) {
  tm utc{};
  if (ASN1_TIME_to_tm(TS_TST_INFO_get_time(info), &utc) != 1) return Wrong("holds a time that does not parse");
  return timegm(&utc);
}

std::string FormatName(const X509_NAME* name) {
  const UniqueBio bio(BIO_new(BIO_s_mem()));
  // Escapes control characters.
  if (bio == nullptr || X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) < 0) return "";
  return Shown(TextIn(bio.get()));
}

// Subject of the certificate that the response says it was signed with.
std::string AuthorityOf(TS_RESP* response) {
  STACK_OF(X509)* signers = PKCS7_get0_signers(TS_RESP_get_token(response), nullptr, 0);
  if (signers == nullptr) return "";
  std::string name = sk_X509_num(signers) == 1 ? FormatName(X509_get_subject_name(sk_X509_value(signers, 0))) : "";
  sk_X509_free(signers);
  return name;
}

std::string PolicyOf(TS_TST_INFO* info) {
  std::string text(kMaxShownBytes, '\0');
  constexpr int kNumbersOnly = 1;
  const int size =
      OBJ_obj2txt(text.data(), static_cast<int>(text.size()), TS_TST_INFO_get_policy_id(info), kNumbersOnly);
  text.resize(size < 0 ? 0 : std::min(static_cast<size_t>(size), text.size() - 1));
  return text;
}

std::string SerialOf(TS_TST_INFO* info) {
  const UniqueBigNumber number(ASN1_INTEGER_to_BN(TS_TST_INFO_get_serial(info), nullptr));
  char* hex = number == nullptr ? nullptr : BN_bn2hex(number.get());
  std::string text = hex == nullptr ? "" : hex;
  OPENSSL_free(hex);
  return text;
}

absl::StatusOr<Timestamp> Describe(TS_RESP* response, const Hash& digest) {
  TS_TST_INFO* info = TS_RESP_get_tst_info(response);
  if (absl::Status status = CheckImprint(TS_TST_INFO_get_msg_imprint(info), digest); !status.ok()) return status;
  const absl::StatusOr<time_t> time = TimeOf(info);
  if (!time.ok()) return time.status();
  return Timestamp{absl::FromTimeT(*time), AuthorityOf(response), PolicyOf(info), SerialOf(info)};
}

// The certificates of a PEM text, as what a chain may end at.
absl::StatusOr<UniqueCertificateStore> TrustCertificates(std::string_view pem) {
  if (pem.size() > kMaxCertificatesBytes) return absl::InvalidArgumentError("the certificates are longer than 1 MiB");
  const UniqueBio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  UniqueCertificateStore store(X509_STORE_new());
  if (bio == nullptr || store == nullptr) return absl::InternalError("OpenSSL could not make a certificate store");
  int count = 0;
  while (true) {
    const UniqueCertificate certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (certificate == nullptr) break;
    if (++count > kMaxCertificates) return absl::InvalidArgumentError("there are more than 1,000 certificates");
    if (X509_STORE_add_cert(store.get(), certificate.get()) != 1) {
      return absl::InvalidArgumentError(absl::StrCat("certificate ", count, " cannot be trusted: ", LastError()));
    }
  }
  // That no further block begins is how reading ends.
  if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
    return absl::InvalidArgumentError(absl::StrCat("certificate ", count + 1, " does not parse: ", LastError()));
  }
  if (count == 0) return absl::InvalidArgumentError("there is no certificate in PEM to trust");
  return store;
}

// Signature, chain and purpose. Takes the store.
absl::Status VerifySignature(TS_RESP* response, const Hash& digest, time_t time, UniqueCertificateStore store) {
  X509_VERIFY_PARAM* parameters = X509_STORE_get0_param(store.get());
  X509_VERIFY_PARAM_set_time(parameters, time);
  X509_VERIFY_PARAM_set_auth_level(parameters, kSecurityLevel);
  const UniqueTimestampVerification verification(TS_VERIFY_CTX_new());
  auto* imprint = static_cast<unsigned char*>(OPENSSL_memdup(digest.data(), digest.size()));
  if (verification == nullptr || imprint == nullptr) return absl::InternalError("OpenSSL is out of memory");
  constexpr unsigned kFlags = TS_VFY_SIGNATURE | TS_VFY_VERSION | TS_VFY_IMPRINT | TS_VFY_SIGNER;
  TS_VERIFY_CTX_set_flags(verification.get(), static_cast<int>(kFlags));
  TS_VERIFY_CTX_set_imprint(verification.get(), imprint, static_cast<int64_t>(digest.size()));
  TS_VERIFY_CTX_set_store(verification.get(), store.release());
  if (TS_RESP_verify_response(verification.get(), response) == 1) return absl::OkStatus();
  return Wrong(absl::StrCat("does not verify: ", LastError()));
}

}  // namespace

absl::StatusOr<std::string> MakeTimestampRequest(const Hash& digest) {
  const ErrorScope errors;
  const UniqueTimestampRequest request(TS_REQ_new());
  const UniqueMessageImprint imprint(TS_MSG_IMPRINT_new());
  const UniqueAlgorithm algorithm(X509_ALGOR_new());
  const std::string random = RandomBytes(kNonceBytes);
  const UniqueBigNumber number(BN_bin2bn(Unsigned(random), static_cast<int>(random.size()), nullptr));
  const UniqueInteger nonce(number == nullptr ? nullptr : BN_to_ASN1_INTEGER(number.get(), nullptr));
  // The setters copy what they are given.
  std::array<unsigned char, std::tuple_size_v<Hash>> message = digest;
  unsigned char* der = nullptr;
  int size = 0;
  if (request != nullptr && imprint != nullptr && algorithm != nullptr && nonce != nullptr &&
      X509_ALGOR_set0(algorithm.get(), OBJ_nid2obj(NID_sha256), V_ASN1_NULL, nullptr) == 1 &&
      TS_REQ_set_version(request.get(), 1) == 1 && TS_MSG_IMPRINT_set_algo(imprint.get(), algorithm.get()) == 1 &&
      TS_MSG_IMPRINT_set_msg(imprint.get(), message.data(), static_cast<int>(message.size())) == 1 &&
      TS_REQ_set_msg_imprint(request.get(), imprint.get()) == 1 && TS_REQ_set_nonce(request.get(), nonce.get()) == 1 &&
      TS_REQ_set_cert_req(request.get(), 1) == 1) {
    size = i2d_TS_REQ(request.get(), &der);
  }
  if (size <= 0) return absl::InternalError("OpenSSL could not make the time stamp request");
  std::string bytes(reinterpret_cast<const char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  return bytes;
}

absl::Status CheckTimestampAnswers(std::string_view response, std::string_view request) {
  const ErrorScope errors;
  const absl::StatusOr<UniqueTimestampResponse> parsed = ParseResponse(response);
  if (!parsed.ok()) return parsed.status();
  const unsigned char* at = Unsigned(request);
  const UniqueTimestampRequest asked(
      request.size() > kMaxTimestampBytes ? nullptr : d2i_TS_REQ(nullptr, &at, static_cast<int64_t>(request.size())));
  if (asked == nullptr || at != Unsigned(request) + request.size()) {
    return absl::InvalidArgumentError("the request does not parse as a TimeStampReq in DER");
  }
  const ASN1_OCTET_STRING* message = TS_MSG_IMPRINT_get_msg(TS_REQ_get_msg_imprint(asked.get()));
  const absl::StatusOr<Hash> digest = HashFromBytes({reinterpret_cast<const char*>(ASN1_STRING_get0_data(message)),
                                                     static_cast<size_t>(ASN1_STRING_length(message))});
  if (!digest.ok()) return absl::InvalidArgumentError("the request is not over a SHA-256 digest");
  TS_TST_INFO* info = TS_RESP_get_tst_info(parsed->get());
  if (absl::Status status = CheckImprint(TS_TST_INFO_get_msg_imprint(info), *digest); !status.ok()) return status;
  const ASN1_INTEGER* asked_nonce = TS_REQ_get_nonce(asked.get());
  const ASN1_INTEGER* nonce = TS_TST_INFO_get_nonce(info);
  if (asked_nonce != nullptr && (nonce == nullptr || ASN1_INTEGER_cmp(nonce, asked_nonce) != 0)) {
    return Wrong("answers another request: its nonce is not the one that was sent");
  }
  return absl::OkStatus();
}

absl::StatusOr<Timestamp> ReadTimestamp(std::string_view response, const Hash& digest) {
  const ErrorScope errors;
  const absl::StatusOr<UniqueTimestampResponse> parsed = ParseResponse(response);
  if (!parsed.ok()) return parsed.status();
  return Describe(parsed->get(), digest);
}

absl::StatusOr<Timestamp> VerifyTimestamp(std::string_view response, const Hash& digest,
                                          std::string_view trusted_certificates) {
  const ErrorScope errors;
  const absl::StatusOr<UniqueTimestampResponse> parsed = ParseResponse(response);
  if (!parsed.ok()) return parsed.status();
  absl::StatusOr<Timestamp> timestamp = Describe(parsed->get(), digest);
  if (!timestamp.ok()) return timestamp;
  absl::StatusOr<UniqueCertificateStore> store = TrustCertificates(trusted_certificates);
  if (!store.ok()) return store.status();
  const absl::Status verified =
      VerifySignature(parsed->get(), digest, absl::ToTimeT(timestamp->time), *std::move(store));
  if (!verified.ok()) return verified;
  return timestamp;
}

}  // namespace sworn::crypto
