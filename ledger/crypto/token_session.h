// A session with one token: the module it is reached through, its objects, its login. Used by token.cc only.
//
// Thread-safety: a TokenSession belongs to one thread at a time.
#pragma once

#include <p11-kit/pkcs11.h>

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/crypto/token.h"
#include "ledger/crypto/token_uri.h"

namespace sworn::crypto {

// Attributes of an object, with the memory they point to.
class TokenAttributes {
 public:
  TokenAttributes& Add(CK_ATTRIBUTE_TYPE type, std::string value);
  TokenAttributes& AddNumber(CK_ATTRIBUTE_TYPE type, CK_ULONG value);
  TokenAttributes& AddFlag(CK_ATTRIBUTE_TYPE type, CK_BBOOL value);

  CK_ATTRIBUTE* data() { return attributes_.data(); }
  CK_ULONG size() const { return attributes_.size(); }

 private:
  std::deque<std::string> values_;
  std::vector<CK_ATTRIBUTE> attributes_;
};

// The modules a URI admits, initialized while this lives.
class TokenModules;

class TokenSession {
 public:
  enum class Access { kRead, kWrite };
  // With the one token that the URI fits.
  static absl::StatusOr<std::unique_ptr<TokenSession>> Open(const TokenUri& uri, Access access);
  ~TokenSession();
  TokenSession(const TokenSession&) = delete;
  TokenSession& operator=(const TokenSession&) = delete;
  TokenSession(TokenSession&&) = delete;
  TokenSession& operator=(TokenSession&&) = delete;

  // How messages name it: token "NAME".
  std::string name() const;

  // Does nothing where the token asks for no PIN or this process is logged in already.
  absl::Status Login(const TokenUri& uri, const PinSource& pin);

  absl::StatusOr<std::vector<CK_OBJECT_HANDLE>> Find(TokenAttributes wanted) const;
  // Empty where the object has none or keeps it secret.
  std::string Attribute(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type) const;

  // FailedPrecondition unless the token does `use` (CKF_SIGN, CKF_GENERATE_KEY_PAIR) with the mechanism.
  absl::Status CheckMechanism(CK_MECHANISM_TYPE mechanism, const std::string& mechanism_name, CK_FLAGS use) const;
  // Once before the first Sign. Forgets the PIN, or keeps it where the key wants it with every signature.
  absl::Status PrepareToSign(CK_OBJECT_HANDLE key, const TokenUri& uri, const PinSource& pin);
  absl::StatusOr<std::string> Sign(CK_OBJECT_HANDLE key, CK_MECHANISM_TYPE mechanism, std::string data) const;
  absl::Status GenerateKeyPair(CK_MECHANISM_TYPE mechanism, TokenAttributes public_key,
                               TokenAttributes private_key) const;

 private:
  TokenSession(std::unique_ptr<TokenModules> modules, CK_FUNCTION_LIST* functions, CK_SLOT_ID slot, std::string label);
  absl::StatusOr<Secret> AskForPin(const TokenUri& uri, const PinSource& pin, CK_FLAGS flags) const;
  CK_RV LogInAs(CK_USER_TYPE user) const;
  absl::Status Error(CK_RV result, const std::string& doing) const;
  absl::Status LoginError(CK_RV result) const;

  std::unique_ptr<TokenModules> modules_;
  CK_FUNCTION_LIST* functions_;
  CK_SLOT_ID slot_;
  CK_SESSION_HANDLE session_ = CK_INVALID_HANDLE;
  std::string label_;
  Secret pin_;
  bool logs_in_for_every_signature_ = false;
};

}  // namespace sworn::crypto
