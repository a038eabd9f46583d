#include "ledger/log/genesis.h"

#include <array>

#include "ledger/model/report_builder.h"

namespace sworn::log {
namespace {

// Who runs a ledger, its keys and its lenses are no secrets.
v1::Portion Unclassified() {
  v1::Portion portion;
  portion.mutable_marking()->set_level(v1::Marking::U);
  return portion;
}

v1::Portion PrincipalPortion(const std::string& name, absl::Span<const v1::Principal::Role> roles) {
  v1::Portion portion = Unclassified();
  portion.mutable_principal()->set_name(name);
  for (const v1::Principal::Role role : roles) {
    portion.mutable_principal()->add_roles(role);
  }
  return portion;
}

v1::Portion KeyPortion(const crypto::PublicKey& public_key, v1::Key::Purpose purpose, uint32_t principal_index) {
  v1::Portion portion = Unclassified();
  v1::Key& key = *portion.mutable_key();
  key.set_key_id(std::string(crypto::AsBytes(public_key.key_id())));
  key.set_public_key(public_key.der());
  key.mutable_principal()->set_index(principal_index);
  key.set_purpose(purpose);
  key.set_action(v1::Key::ADD);
  return portion;
}

}  // namespace

absl::StatusOr<v1::Report> BuildGenesis(const merkle::VerifierKey& verifier_key, const crypto::PrivateKey& ledger_key,
                                        const std::string& author_name, const crypto::PrivateKey& author_key,
                                        absl::Span<const v1::Lens> lenses, absl::Time created_at) {
  if (author_name == verifier_key.name()) {
    return absl::InvalidArgumentError("the first author and the ledger must have different names");
  }
  model::ReportBuilder report;
  const uint32_t ledger = report.Add(PrincipalPortion(verifier_key.name(), {}));
  const uint32_t author = report.Add(
      PrincipalPortion(author_name, {v1::Principal::REPORTER, v1::Principal::ANALYST, v1::Principal::ADMIN}));
  report.Add(KeyPortion(ledger_key.public_key(), v1::Key::LEDGER, ledger));
  report.Add(KeyPortion(author_key.public_key(), v1::Key::AUTHOR, author));
  for (const v1::Lens& lens : lenses) {
    v1::Portion portion = Unclassified();
    *portion.mutable_lens() = lens;
    report.Add(portion);
  }
  const std::array<const crypto::PrivateKey*, 2> signers = {&author_key, &ledger_key};
  return report.Sign(signers, created_at);
}

}  // namespace sworn::log
