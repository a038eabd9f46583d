#include "ledger/proof/signing_keys.h"

#include <utility>

#include "absl/time/time.h"
#include "ledger/crypto/hash.h"
#include "ledger/model/refusal.h"
#include "ledger/model/text.h"
#include "ledger/model/timestamp.h"

namespace sworn::proof {
namespace {

using model::Concat;

absl::Status Wrong(const std::string& what) { return absl::InvalidArgumentError(what); }

std::string ShownTime(const google::protobuf::Timestamp& time) { return model::FormatUtc(model::ToTime(time)); }

// What a revocation means for the report, in words; InvalidArgument where the key could not sign it.
absl::StatusOr<std::string> WeighRevocation(uint64_t position, const v1::Key& key, const OpenedEntry& report) {
  const std::string name = crypto::ToHex(key.key_id());
  if (position < report.position) {
    return Wrong(Concat("key ", name, " was revoked at position ", position, ", before this entry"));
  }
  if (key.action() == v1::Key::REVOKE_SUPERSEDED) {
    return Concat("superseded at position ", position, ", not before this entry");
  }
  const std::string since = ShownTime(key.compromised_since());
  if (model::ToTime(report.header.created_at()) >= model::ToTime(key.compromised_since())) {
    return Wrong(Concat("key ", name, " was compromised since ", since, ", says position ", position,
                        ", and the report was created at ", ShownTime(report.header.created_at())));
  }
  return Concat("compromised since ", since, ", says position ", position, "; the report says it was created before");
}

}  // namespace

SigningKeys::SigningKeys(const std::vector<OpenedEntry>& entries) {
  for (const OpenedEntry& entry : entries) {
    if (!entry.portions_status.ok() && unread_.ok()) {
      unread_ = model::WithContext(entry.portions_status, Concat("entry ", entry.position));
    }
    for (const OpenedPortion& portion : entry.portions) {
      if (!portion.content.has_value() || !portion.content->has_key()) continue;
      const v1::Key& key = portion.content->key();
      Statements& statements = statements_[key.key_id()];
      (key.action() == v1::Key::ADD ? statements.registrations : statements.revocations)
          .push_back({entry.position, &key});
    }
  }
}

absl::StatusOr<const SigningKeys::Statement*> SigningKeys::FindRegistration(const std::string& key_id) const {
  const auto found = statements_.find(key_id);
  if (found == statements_.end() || found->second.registrations.empty()) {
    const std::string missing = Concat("the file does not prove key ", crypto::ToHex(key_id));
    return Wrong(unread_.ok() ? missing : Concat(missing, ": ", unread_.message()));
  }
  if (found->second.registrations.size() > 1) return Wrong(Concat("key ", crypto::ToHex(key_id), " is proved twice"));
  return &found->second.registrations.front();
}

absl::Status SigningKeys::CheckRegistration(const Statement& registration, const OpenedEntry& report) {
  const v1::Key& key = *registration.key;
  const std::string name = crypto::ToHex(key.key_id());
  // The first entry registers the keys that sign it; any later one is signed by keys registered before it.
  const bool in_time = registration.position < report.position || (registration.position == 0 && report.position == 0);
  if (!in_time) {
    return Wrong(Concat("key ", name, " was registered at position ", registration.position, ", not before the entry"));
  }
  const bool is_author = key.key_id() == report.header.author_key_id();
  if (key.purpose() != v1::Key::AUTHOR && (is_author || key.purpose() != v1::Key::LEDGER)) {
    return Wrong(Concat("key ", name, " is not registered to sign reports"));
  }
  if (keys_.contains(key.key_id())) return absl::OkStatus();
  absl::StatusOr<crypto::PublicKey> public_key = crypto::PublicKey::FromDer(key.public_key());
  if (!public_key.ok()) return model::WithContext(public_key.status(), Concat("key ", name));
  if (crypto::AsBytes(public_key->key_id()) != key.key_id()) return Wrong(Concat(name, " is not the id of its key"));
  keys_.emplace(key.key_id(), *std::move(public_key));
  return absl::OkStatus();
}

absl::StatusOr<std::string> SigningKeys::Check(const std::string& key_id, const OpenedEntry& report) {
  const absl::StatusOr<const Statement*> registration = FindRegistration(key_id);
  if (!registration.ok()) return registration.status();
  if (absl::Status status = CheckRegistration(**registration, report); !status.ok()) return status;
  std::string shown = Concat("key ", crypto::ToHex(key_id), " was registered at position ", (*registration)->position);
  const std::vector<Statement>& revocations = statements_.at(key_id).revocations;
  for (const Statement& revocation : revocations) {
    const absl::StatusOr<std::string> weighed = WeighRevocation(revocation.position, *revocation.key, report);
    if (!weighed.ok()) return weighed.status();
    shown += Concat("; ", *weighed);
  }
  if (revocations.empty()) shown += "; the file carries no revocation of it";
  return shown;
}

}  // namespace sworn::proof
