#include "ledger/access/registry.h"

#include <algorithm>
#include <set>

#include "ledger/model/refusal.h"
#include "ledger/model/text.h"
#include "ledger/model/timestamp.h"

namespace sworn::access {
namespace {

using model::Refuse;

bool ChangesRegistry(const std::optional<v1::Portion>& portion) {
  return portion.has_value() && (portion->has_principal() || portion->has_key());
}

crypto::Hash ToHash(std::string_view bytes) {
  // Only validated ids come here; another length would match nothing.
  return crypto::HashFromBytes(bytes).value_or(crypto::Hash{});
}

std::string ShownKey(std::string_view key_id) { return crypto::ToHex(key_id).substr(0, 16); }

}  // namespace

bool RegisteredPrincipal::Has(v1::Principal::Role role) const {
  return std::find(roles.begin(), roles.end(), role) != roles.end();
}

bool Registry::Concerns(const model::ParsedReport& report) {
  return std::any_of(report.portions.begin(), report.portions.end(), ChangesRegistry);
}

absl::Status Registry::AddPrincipal(const v1::Principal& principal, const crypto::Hash& portion_id) {
  if (principals_.contains(principal.name())) {
    return Refuse(v1::Refusal::FIELD_INVALID,
                  model::Concat("principal \"", principal.name(), "\" is registered already; choose another name"));
  }
  RegisteredPrincipal& added = principals_[principal.name()];
  added.portion_id = portion_id;
  added.name = principal.name();
  for (const int role : principal.roles()) added.roles.push_back(static_cast<v1::Principal::Role>(role));
  principal_names_[portion_id] = principal.name();
  return absl::OkStatus();
}

absl::Status Registry::AddKey(const v1::Key& key, const model::ParsedReport& report, uint64_t position) {
  const crypto::Hash key_id = ToHash(key.key_id());
  if (keys_.contains(key_id)) {
    return Refuse(v1::Refusal::FIELD_INVALID,
                  model::Concat("key ", ShownKey(key.key_id()), " is registered already; make a new key"));
  }
  const v1::Reference& reference = key.principal();
  const bool by_index = reference.to_case() == v1::Reference::kIndex && reference.index() < report.portion_ids.size();
  const auto principal =
      principal_names_.find(by_index ? report.portion_ids[reference.index()] : ToHash(reference.portion_id()));
  if (principal == principal_names_.end()) {
    return Refuse(
        v1::Refusal::REFERENCE_INVALID,
        model::Concat("key ", ShownKey(key.key_id()), " is bound to no registered principal; register one first"));
  }
  absl::StatusOr<crypto::PublicKey> parsed = crypto::PublicKey::FromDer(key.public_key());
  if (!parsed.ok()) return Refuse(v1::Refusal::FIELD_INVALID, model::FromAbsl(parsed.status().message()));
  keys_.emplace(key_id, RegisteredKey{.key = *std::move(parsed),
                                      .purpose = key.purpose(),
                                      .principal = principal->second,
                                      .added_at_position = position});
  return absl::OkStatus();
}

absl::Status Registry::RevokeKey(const v1::Key& key, uint64_t position) {
  const auto found = keys_.find(ToHash(key.key_id()));
  if (found == keys_.end()) {
    return Refuse(v1::Refusal::REFERENCE_INVALID,
                  model::Concat("key ", ShownKey(key.key_id()), " is not registered, so it cannot be revoked"));
  }
  RegisteredKey& registered = found->second;
  // A key that was merely superseded may turn out to be compromised.
  const bool is_news = registered.state == v1::Key::ADD ||
                       (registered.state == v1::Key::REVOKE_SUPERSEDED && key.action() == v1::Key::REVOKE_COMPROMISED);
  if (!is_news) {
    return Refuse(v1::Refusal::FIELD_INVALID, model::Concat("key ", ShownKey(key.key_id()), " is revoked already"));
  }
  registered.state = key.action();
  registered.revoked_at_position = position;
  if (key.action() == v1::Key::REVOKE_COMPROMISED)
    registered.compromised_since = model::ToTime(key.compromised_since());
  return absl::OkStatus();
}

absl::Status Registry::ApplyPortions(const model::ParsedReport& report, uint64_t position) {
  // Principals first: a key may be bound to one that comes later in the report.
  for (size_t i = 0; i < report.portions.size(); ++i) {
    const std::optional<v1::Portion>& portion = report.portions[i];
    if (!portion.has_value() || !portion->has_principal()) continue;
    const absl::Status status = AddPrincipal(portion->principal(), report.portion_ids[i]);
    if (!status.ok()) return model::WithContext(status, model::Concat("portion ", i));
  }
  for (size_t i = 0; i < report.portions.size(); ++i) {
    const std::optional<v1::Portion>& portion = report.portions[i];
    if (!portion.has_value() || !portion->has_key()) continue;
    const absl::Status status = portion->key().action() == v1::Key::ADD ? AddKey(portion->key(), report, position)
                                                                        : RevokeKey(portion->key(), position);
    if (!status.ok()) return model::WithContext(status, model::Concat("portion ", i));
  }
  return absl::OkStatus();
}

absl::Status Registry::CheckGenesis() const {
  const auto has_purpose = [this](v1::Key::Purpose purpose) {
    return std::any_of(keys_.begin(), keys_.end(),
                       [purpose](const auto& key) { return key.second.purpose == purpose; });
  };
  if (!has_purpose(v1::Key::LEDGER)) {
    return Refuse(v1::Refusal::FIELD_MISSING,
                  "entry 0 registers no key of purpose LEDGER; it must register the ledger's");
  }
  const bool has_first_author = std::any_of(keys_.begin(), keys_.end(), [this](const auto& key) {
    return key.second.purpose == v1::Key::AUTHOR && PrincipalHas(key.second, v1::Principal::REPORTER) &&
           PrincipalHas(key.second, v1::Principal::ADMIN);
  });
  if (!has_first_author) {
    return Refuse(
        v1::Refusal::FIELD_MISSING,
        "entry 0 registers no AUTHOR key of a principal with the roles REPORTER and ADMIN; it must register one");
  }
  return absl::OkStatus();
}

bool Registry::PrincipalHas(const RegisteredKey& key, v1::Principal::Role role) const {
  const RegisteredPrincipal* principal = FindPrincipal(key.principal);
  return principal != nullptr && principal->Has(role);
}

absl::Status Registry::Check(const model::ParsedReport& report, uint64_t position) const {
  if (position != 0) {
    if (!Concerns(report)) return absl::OkStatus();
    const RegisteredKey* author = FindKey(ToHash(report.header.author_key_id()));
    if (author == nullptr || !PrincipalHas(*author, v1::Principal::ADMIN)) {
      return Refuse(v1::Refusal::NOT_PERMITTED,
                    model::Concat("\"", AuthorName(ToHash(report.header.author_key_id())),
                                  "\" lacks the role ADMIN, which registering principals and keys takes"));
    }
  }
  Registry trial = *this;
  absl::Status applied = trial.ApplyPortions(report, position);
  if (!applied.ok()) return applied;
  return position == 0 ? trial.CheckGenesis() : absl::OkStatus();
}

absl::Status Registry::Apply(const model::ParsedReport& report, uint64_t position) {
  if (!Concerns(report)) return absl::OkStatus();
  Registry next = *this;
  absl::Status applied = next.ApplyPortions(report, position);
  if (!applied.ok()) return applied;
  *this = std::move(next);
  return absl::OkStatus();
}

const RegisteredKey* Registry::FindKey(const crypto::Hash& key_id) const {
  const auto found = keys_.find(key_id);
  return found == keys_.end() ? nullptr : &found->second;
}

const RegisteredPrincipal* Registry::FindPrincipal(std::string_view name) const {
  const auto found = principals_.find(model::ToAbsl(name));
  return found == principals_.end() ? nullptr : &found->second;
}

absl::Status Registry::CheckSigner(std::string_view key_id, SignerRule rule) const {
  const RegisteredKey* key = FindKey(ToHash(key_id));
  if (key == nullptr) {
    return Refuse(v1::Refusal::KEY_UNKNOWN,
                  model::Concat("key ", ShownKey(key_id), " is not registered in this ledger; have an admin add it"));
  }
  if (key->state != v1::Key::ADD) {
    return Refuse(v1::Refusal::KEY_REVOKED, model::Concat("key ", ShownKey(key_id), " of \"", key->principal,
                                                          "\" was revoked at position ", key->revoked_at_position));
  }
  if (rule == SignerRule::kAuthorsOnly && key->purpose != v1::Key::AUTHOR) {
    return Refuse(v1::Refusal::NOT_PERMITTED,
                  model::Concat("key ", ShownKey(key_id), " signs checkpoints; reports take an AUTHOR key"));
  }
  return absl::OkStatus();
}

absl::Status Registry::CheckSigners(const v1::Envelope& envelope, const model::ParsedReport& report,
                                    SignerRule rule) const {
  const std::string& author_key_id = report.header.author_key_id();
  bool signed_by_author = false;
  for (const v1::Signature& signature : envelope.signatures()) {
    absl::Status signer = CheckSigner(signature.key_id(), rule);
    if (!signer.ok()) return signer;
    signed_by_author |= signature.key_id() == author_key_id;
  }
  if (!signed_by_author) {
    return Refuse(v1::Refusal::UNSIGNED, model::Concat("no signature is by the author, key ", ShownKey(author_key_id)));
  }
  absl::Status author = CheckSigner(author_key_id, SignerRule::kAuthorsOnly);
  if (!author.ok()) return author;
  const RegisteredKey* key = FindKey(ToHash(author_key_id));
  if (!PrincipalHas(*key, v1::Principal::REPORTER)) {
    return Refuse(v1::Refusal::NOT_PERMITTED,
                  model::Concat("\"", key->principal, "\" lacks the role REPORTER, which recording reports takes"));
  }
  return absl::OkStatus();
}

absl::Status Registry::Authorise(const v1::Envelope& envelope, const model::ParsedReport& report,
                                 uint64_t position) const {
  if (position != 0) return CheckSigners(envelope, report, SignerRule::kAuthorsOnly);
  Registry registered;
  absl::Status applied = registered.ApplyPortions(report, position);
  if (!applied.ok()) return applied;
  return registered.CheckSigners(envelope, report, SignerRule::kAnyPurpose);
}

std::string Registry::AuthorName(const crypto::Hash& key_id) const {
  const RegisteredKey* key = FindKey(key_id);
  return key == nullptr ? crypto::ToHex(key_id) : key->principal;
}

}  // namespace sworn::access
