// Principals and keys, folded from the Principal and Key portions of the log in order of position.
//
// Thread-safety: a Registry belongs to one thread; copies are independent.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ledger/crypto/hash.h"
#include "ledger/crypto/key.h"
#include "ledger/model/validate.h"

namespace sworn::access {

struct RegisteredPrincipal {
  crypto::Hash portion_id{};
  std::string name;
  std::vector<v1::Principal::Role> roles;
  bool Has(v1::Principal::Role role) const;
};

struct RegisteredKey {
  crypto::PublicKey key;
  v1::Key::Purpose purpose;
  std::string principal;  // name
  uint64_t added_at_position = 0;
  // ADD while the key is in use.
  v1::Key::Action state = v1::Key::ADD;
  uint64_t revoked_at_position = 0;
  absl::Time compromised_since = absl::InfiniteFuture();
};

class Registry {
 public:
  // Whether a report holds portions that change the registry.
  static bool Concerns(const model::ParsedReport& report);

  // Whether the signers of `report` may make the changes it holds: entry 0 registers itself, later ones need the ADMIN
  // role. Also refuses what cannot be applied: a name or key registered twice, a key bound to nobody.
  absl::Status Check(const model::ParsedReport& report, uint64_t position) const;

  // Applies a report that Check accepted.
  absl::Status Apply(const model::ParsedReport& report, uint64_t position);

  // Nothing where the key was never registered.
  const RegisteredKey* FindKey(const crypto::Hash& key_id) const;
  const RegisteredPrincipal* FindPrincipal(std::string_view name) const;
  const absl::btree_map<crypto::Hash, RegisteredKey>& keys() const { return keys_; }
  const absl::btree_map<std::string, RegisteredPrincipal>& principals() const { return principals_; }

  // Refused unless every signature's key is a registered AUTHOR key in use (KEY_UNKNOWN, KEY_REVOKED), one signature is
  // the header author's (UNSIGNED), and the author's principal has the REPORTER role (NOT_PERMITTED). Entry 0 is
  // exempt: it must be signed by the keys it registers. Does not verify the signatures themselves.
  absl::Status Authorise(const v1::Envelope& envelope, const model::ParsedReport& report, uint64_t position) const;

  // Name of the principal the key is bound to; the key id in hex where it is not registered.
  std::string AuthorName(const crypto::Hash& key_id) const;

 private:
  // Entry 0 is signed by the ledger's key too.
  enum class SignerRule { kAuthorsOnly, kAnyPurpose };

  absl::Status ApplyPortions(const model::ParsedReport& report, uint64_t position);
  absl::Status AddPrincipal(const v1::Principal& principal, const crypto::Hash& portion_id);
  absl::Status AddKey(const v1::Key& key, const model::ParsedReport& report, uint64_t position);
  absl::Status RevokeKey(const v1::Key& key, uint64_t position);
  absl::Status CheckGenesis() const;
  absl::Status CheckSigner(std::string_view key_id, SignerRule rule) const;
  absl::Status CheckSigners(const v1::Envelope& envelope, const model::ParsedReport& report, SignerRule rule) const;
  bool PrincipalHas(const RegisteredKey& key, v1::Principal::Role role) const;

  absl::btree_map<crypto::Hash, RegisteredKey> keys_;
  absl::btree_map<std::string, RegisteredPrincipal> principals_;
  absl::btree_map<crypto::Hash, std::string> principal_names_;  // by portion id
};

}  // namespace sworn::access
