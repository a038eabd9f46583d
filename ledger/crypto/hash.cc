#include "ledger/crypto/hash.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "ledger/crypto/openssl.h"

namespace sworn::crypto {
namespace {

// Looking the algorithm up costs more than hashing a few bytes, so it is done once. Lives as long as the process.
const EVP_MD* Sha256Algorithm() {
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return algorithm;
}

// SHA-256 can only fail where the OpenSSL installation has none or memory is exhausted: nothing could go on then.
void Require(bool succeeded) {
  if (!succeeded) std::abort();
}

void Start(EVP_MD_CTX* context) { Require(EVP_DigestInit_ex2(context, Sha256Algorithm(), nullptr) == 1); }

void Add(EVP_MD_CTX* context, std::string_view data) {
  Require(EVP_DigestUpdate(context, data.data(), data.size()) == 1);
}

Hash End(EVP_MD_CTX* context) {
  Hash hash;
  Require(EVP_DigestFinal_ex(context, hash.data(), nullptr) == 1);
  return hash;
}

UniqueDigestContext NewContext() {
  UniqueDigestContext context(EVP_MD_CTX_new());
  Require(context != nullptr);
  return context;
}

}  // namespace

Hash Sha256(std::string_view data) {
  thread_local const UniqueDigestContext context = NewContext();
  Start(context.get());
  Add(context.get(), data);
  return End(context.get());
}

struct Sha256Hasher::State {
  UniqueDigestContext context = NewContext();
};

Sha256Hasher::Sha256Hasher() : state_(std::make_unique<State>()) { Start(state_->context.get()); }
Sha256Hasher::~Sha256Hasher() = default;
Sha256Hasher::Sha256Hasher(Sha256Hasher&&) noexcept = default;
Sha256Hasher& Sha256Hasher::operator=(Sha256Hasher&&) noexcept = default;

Sha256Hasher& Sha256Hasher::Update(std::string_view data) {
  Add(state_->context.get(), data);
  return *this;
}

Hash Sha256Hasher::Finish() {
  const Hash hash = End(state_->context.get());
  Start(state_->context.get());
  return hash;
}

std::string_view AsBytes(const Hash& hash) { return {reinterpret_cast<const char*>(hash.data()), hash.size()}; }

absl::StatusOr<Hash> HashFromBytes(std::string_view bytes) {
  Hash hash;
  if (bytes.size() != hash.size()) {
    return absl::InvalidArgumentError(absl::StrCat("a hash must be 32 bytes, got ", bytes.size()));
  }
  std::copy(bytes.begin(), bytes.end(), hash.begin());
  return hash;
}

std::string ToHex(std::string_view bytes) { return absl::BytesToHexString({bytes.data(), bytes.size()}); }
std::string ToHex(const Hash& hash) { return ToHex(AsBytes(hash)); }

absl::StatusOr<std::string> FromHex(std::string_view hex) {
  if (hex.size() % 2 != 0) return absl::InvalidArgumentError("hex must have an even number of digits");
  const auto* const wrong = std::find_if_not(hex.begin(), hex.end(), [](char c) { return absl::ascii_isxdigit(c); });
  if (wrong != hex.end()) {
    return absl::InvalidArgumentError(absl::StrCat("character ", wrong - hex.begin() + 1, " is not a hex digit"));
  }
  return absl::HexStringToBytes({hex.data(), hex.size()});
}

}  // namespace sworn::crypto
