#include "ledger/access/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "ledger/model/refusal.h"
#include "ledger/model/sample_report.h"

namespace sworn::access {
namespace {

using ::testing::HasSubstr;
using v1::Principal;
using v1::Refusal;

const absl::Time kNow = absl::FromUnixSeconds(1'713'000'000);

crypto::PrivateKey NewKey() { return *crypto::PrivateKey::Generate(v1::Signature::ED25519); }

v1::Portion PrincipalPortion(const std::string& name, const std::vector<Principal::Role>& roles) {
  v1::Portion portion = model::sample::Marked();
  portion.mutable_principal()->set_name(name);
  for (const Principal::Role role : roles) portion.mutable_principal()->add_roles(role);
  return portion;
}

v1::Portion KeyPortion(const crypto::PrivateKey& key, v1::Key::Action action) {
  v1::Portion portion = model::sample::Marked();
  portion.mutable_key()->set_key_id(std::string(crypto::AsBytes(key.public_key().key_id())));
  portion.mutable_key()->set_action(action);
  return portion;
}

v1::Portion AddKeyPortion(const crypto::PrivateKey& key, v1::Key::Purpose purpose, uint32_t principal) {
  v1::Portion portion = KeyPortion(key, v1::Key::ADD);
  portion.mutable_key()->set_public_key(key.public_key().der());
  portion.mutable_key()->set_purpose(purpose);
  portion.mutable_key()->mutable_principal()->set_index(principal);
  return portion;
}

// A report and its parsed form.
struct Signed {
  v1::Report report;
  model::ParsedReport parsed;
};

Signed Sign(const std::vector<v1::Portion>& portions, const std::vector<const crypto::PrivateKey*>& keys) {
  Signed result;
  result.report = model::sample::SignUnchecked(model::sample::Serialized(portions), *keys.front(), kNow);
  for (size_t i = 1; i < keys.size(); ++i) {
    EXPECT_TRUE(crypto::SignEnvelope(*keys[i], *result.report.mutable_envelope()).ok());
  }
  const absl::StatusOr<model::ParsedReport> parsed = model::ParseAndValidate(result.report);
  EXPECT_TRUE(parsed.ok()) << parsed.status();
  if (parsed.ok()) result.parsed = *parsed;
  return result;
}

class RegistryTest : public ::testing::Test {
 protected:
  std::vector<v1::Portion> GenesisPortions() const {
    return {PrincipalPortion("ledger", {}), AddKeyPortion(ledger_, v1::Key::LEDGER, 0),
            PrincipalPortion("alice", {Principal::REPORTER, Principal::ADMIN}),
            AddKeyPortion(alice_, v1::Key::AUTHOR, 2)};
  }

  // A registry in which alice may do everything, and bob may only report.
  Registry Begun() const {
    Registry registry;
    EXPECT_TRUE(registry.Apply(Sign(GenesisPortions(), {&alice_, &ledger_}).parsed, 0).ok());
    const Signed second =
        Sign({PrincipalPortion("bob", {Principal::REPORTER}), AddKeyPortion(bob_, v1::Key::AUTHOR, 0)}, {&alice_});
    EXPECT_TRUE(registry.Check(second.parsed, 1).ok());
    EXPECT_TRUE(registry.Apply(second.parsed, 1).ok());
    return registry;
  }

  void ExpectGenesisRefused(const std::vector<v1::Portion>& portions, const std::string& message) const {
    const absl::Status status = Registry().Check(Sign(portions, {&alice_, &ledger_}).parsed, 0);
    EXPECT_EQ(model::ReasonOf(status), Refusal::FIELD_MISSING) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(message));
  }

  const crypto::PrivateKey ledger_ = NewKey();
  const crypto::PrivateKey alice_ = NewKey();
  const crypto::PrivateKey bob_ = NewKey();
};

TEST_F(RegistryTest, EntryZeroRegistersItself) {
  Registry registry;
  const Signed genesis = Sign(GenesisPortions(), {&alice_, &ledger_});
  EXPECT_TRUE(Registry::Concerns(genesis.parsed));
  EXPECT_TRUE(registry.Authorise(genesis.report.envelope(), genesis.parsed, 0).ok());
  EXPECT_TRUE(registry.Check(genesis.parsed, 0).ok());
  ASSERT_TRUE(registry.Apply(genesis.parsed, 0).ok());

  const RegisteredKey* key = registry.FindKey(alice_.public_key().key_id());
  ASSERT_NE(key, nullptr);
  EXPECT_EQ(key->principal, "alice");
  EXPECT_EQ(key->purpose, v1::Key::AUTHOR);
  EXPECT_EQ(key->added_at_position, 0);
  EXPECT_EQ(registry.AuthorName(alice_.public_key().key_id()), "alice");
  EXPECT_EQ(registry.AuthorName(bob_.public_key().key_id()), crypto::ToHex(bob_.public_key().key_id()));
  ASSERT_NE(registry.FindPrincipal("alice"), nullptr);
  EXPECT_TRUE(registry.FindPrincipal("alice")->Has(Principal::ADMIN));
  EXPECT_FALSE(registry.FindPrincipal("alice")->Has(Principal::AUDITOR));
  EXPECT_EQ(registry.FindPrincipal("bob"), nullptr);
}

TEST_F(RegistryTest, EntryZeroNeedsALedgerKeyAndAnAuthorWhoReportsAndAdministers) {
  std::vector<v1::Portion> portions = GenesisPortions();
  portions[1] = model::sample::Source("Reuters");
  ExpectGenesisRefused(portions, "no key of purpose LEDGER");
  portions = GenesisPortions();
  portions[3] = model::sample::Source("Reuters");
  ExpectGenesisRefused(portions, "no AUTHOR key of a principal with the roles REPORTER and ADMIN");
  portions = GenesisPortions();
  portions[2] = PrincipalPortion("alice", {Principal::REPORTER});
  ExpectGenesisRefused(portions, "no AUTHOR key of a principal");
}

TEST_F(RegistryTest, EntryZeroIsSignedByTheKeysItRegisters) {
  const Registry empty;
  const Signed by_stranger = Sign(GenesisPortions(), {&alice_, &bob_});
  EXPECT_EQ(model::ReasonOf(empty.Authorise(by_stranger.report.envelope(), by_stranger.parsed, 0)),
            Refusal::KEY_UNKNOWN);
  const Signed by_ledger_only = Sign(GenesisPortions(), {&ledger_});
  EXPECT_EQ(model::ReasonOf(empty.Authorise(by_ledger_only.report.envelope(), by_ledger_only.parsed, 0)),
            Refusal::NOT_PERMITTED);
}

TEST_F(RegistryTest, ReportersMayReport) {
  const Registry registry = Begun();
  const Signed report = Sign({model::sample::Source("Reuters")}, {&bob_, &alice_});
  EXPECT_FALSE(Registry::Concerns(report.parsed));
  EXPECT_TRUE(registry.Authorise(report.report.envelope(), report.parsed, 2).ok());
  EXPECT_TRUE(registry.Check(report.parsed, 2).ok());
}

TEST_F(RegistryTest, StrangersAndLedgerKeysMayNot) {
  const Registry registry = Begun();
  const crypto::PrivateKey stranger = NewKey();
  const std::vector<v1::Portion> portions = {model::sample::Source("Reuters")};
  const Signed by_stranger = Sign(portions, {&stranger});
  EXPECT_EQ(model::ReasonOf(registry.Authorise(by_stranger.report.envelope(), by_stranger.parsed, 2)),
            Refusal::KEY_UNKNOWN);
  const Signed with_stranger = Sign(portions, {&bob_, &stranger});
  EXPECT_EQ(model::ReasonOf(registry.Authorise(with_stranger.report.envelope(), with_stranger.parsed, 2)),
            Refusal::KEY_UNKNOWN);
  const Signed by_ledger = Sign(portions, {&ledger_});
  EXPECT_EQ(model::ReasonOf(registry.Authorise(by_ledger.report.envelope(), by_ledger.parsed, 2)),
            Refusal::NOT_PERMITTED);
}

TEST_F(RegistryTest, TheAuthorOfTheHeaderMustHaveSigned) {
  const Registry registry = Begun();
  Signed report = Sign({model::sample::Source("Reuters")}, {&bob_, &alice_});
  report.report.mutable_envelope()->mutable_signatures()->DeleteSubrange(0, 1);
  EXPECT_EQ(model::ReasonOf(registry.Authorise(report.report.envelope(), report.parsed, 2)), Refusal::UNSIGNED);
}

TEST_F(RegistryTest, ReportingTakesTheRole) {
  Registry registry = Begun();
  const crypto::PrivateKey carol = NewKey();
  const Signed added =
      Sign({PrincipalPortion("carol", {Principal::ANALYST}), AddKeyPortion(carol, v1::Key::AUTHOR, 0)}, {&alice_});
  ASSERT_TRUE(registry.Apply(added.parsed, 2).ok());
  const Signed report = Sign({model::sample::Source("Reuters")}, {&carol});
  EXPECT_EQ(model::ReasonOf(registry.Authorise(report.report.envelope(), report.parsed, 3)), Refusal::NOT_PERMITTED);
}

TEST_F(RegistryTest, RegisteringTakesAnAdmin) {
  const Registry registry = Begun();
  const Signed report = Sign({PrincipalPortion("carol", {Principal::ADMIN})}, {&bob_});
  const absl::Status status = registry.Check(report.parsed, 2);
  EXPECT_EQ(model::ReasonOf(status), Refusal::NOT_PERMITTED);
  EXPECT_THAT(std::string(status.message()), HasSubstr("\"bob\" lacks the role ADMIN"));
}

TEST_F(RegistryTest, NamesAndKeysAreRegisteredOnce) {
  const Registry registry = Begun();
  const Signed name = Sign({PrincipalPortion("bob", {})}, {&alice_});
  EXPECT_EQ(model::ReasonOf(registry.Check(name.parsed, 2)), Refusal::FIELD_INVALID);
  const Signed key = Sign({PrincipalPortion("carol", {}), AddKeyPortion(bob_, v1::Key::AUTHOR, 0)}, {&alice_});
  EXPECT_EQ(model::ReasonOf(registry.Check(key.parsed, 2)), Refusal::FIELD_INVALID);
  const Signed twice = Sign({PrincipalPortion("carol", {}), PrincipalPortion("carol", {})}, {&alice_});
  EXPECT_EQ(model::ReasonOf(registry.Check(twice.parsed, 2)), Refusal::FIELD_INVALID);
}

TEST_F(RegistryTest, AKeyIsBoundToARegisteredPrincipal) {
  const Registry registry = Begun();
  const crypto::PrivateKey second = NewKey();
  v1::Portion portion = AddKeyPortion(second, v1::Key::AUTHOR, 0);
  portion.mutable_key()->mutable_principal()->set_portion_id(std::string(32, 'x'));
  EXPECT_EQ(model::ReasonOf(registry.Check(Sign({portion}, {&alice_}).parsed, 2)), Refusal::REFERENCE_INVALID);
  // By portion id, to a principal of an earlier report.
  portion.mutable_key()->mutable_principal()->set_portion_id(
      std::string(crypto::AsBytes(registry.FindPrincipal("bob")->portion_id)));
  const Signed bound = Sign({portion}, {&alice_});
  ASSERT_TRUE(registry.Check(bound.parsed, 2).ok());
  Registry next = registry;
  ASSERT_TRUE(next.Apply(bound.parsed, 2).ok());
  EXPECT_EQ(next.AuthorName(second.public_key().key_id()), "bob");
}

TEST_F(RegistryTest, RevokedKeysSignNothingMore) {
  Registry registry = Begun();
  const Signed superseded = Sign({KeyPortion(bob_, v1::Key::REVOKE_SUPERSEDED)}, {&alice_});
  ASSERT_TRUE(registry.Check(superseded.parsed, 2).ok());
  ASSERT_TRUE(registry.Apply(superseded.parsed, 2).ok());
  const Signed report = Sign({model::sample::Source("Reuters")}, {&bob_});
  EXPECT_EQ(model::ReasonOf(registry.Authorise(report.report.envelope(), report.parsed, 3)), Refusal::KEY_REVOKED);
  EXPECT_EQ(registry.FindKey(bob_.public_key().key_id())->revoked_at_position, 2);

  EXPECT_EQ(model::ReasonOf(registry.Check(superseded.parsed, 3)), Refusal::FIELD_INVALID);
  v1::Portion compromised = KeyPortion(bob_, v1::Key::REVOKE_COMPROMISED);
  compromised.mutable_key()->mutable_compromised_since()->set_seconds(1'712'000'000);
  const Signed later = Sign({compromised}, {&alice_});
  ASSERT_TRUE(registry.Apply(later.parsed, 3).ok());
  EXPECT_EQ(registry.FindKey(bob_.public_key().key_id())->compromised_since, absl::FromUnixSeconds(1'712'000'000));
  EXPECT_EQ(model::ReasonOf(registry.Check(later.parsed, 4)), Refusal::FIELD_INVALID);
}

TEST_F(RegistryTest, UnknownKeysCannotBeRevoked) {
  const crypto::PrivateKey stranger = NewKey();
  const Signed report = Sign({KeyPortion(stranger, v1::Key::REVOKE_SUPERSEDED)}, {&alice_});
  EXPECT_EQ(model::ReasonOf(Begun().Check(report.parsed, 2)), Refusal::REFERENCE_INVALID);
}

TEST_F(RegistryTest, ARefusedReportLeavesTheRegistryAsItWas) {
  Registry registry = Begun();
  const Signed report = Sign({PrincipalPortion("carol", {}), PrincipalPortion("bob", {})}, {&alice_});
  EXPECT_FALSE(registry.Apply(report.parsed, 2).ok());
  EXPECT_EQ(registry.FindPrincipal("carol"), nullptr);
}

}  // namespace
}  // namespace sworn::access
