#include "ledger/proof/verify_proof.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/crypto/dsse.h"
#include "ledger/log/stored_report.h"
#include "ledger/log/test_ledger.h"
#include "ledger/merkle/proof_file.h"
#include "ledger/merkle/tree_hash.h"
#include "ledger/model/portion.h"

namespace sworn::proof {
namespace {

using log::Appended;
using log::BuildGenesis;
using log::EntityPortion;
using log::KeyPortion;
using log::Log;
using log::NewKey;
using log::PrincipalPortion;
using log::SerializeEntry;
using log::TestLedger;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kOrigin = "example.org/ledger";

// A log whose author of entries may do what no ledger would record.
class Proofs : public testing::Test {
 protected:
  Proofs() {
    reports_.push_back(*BuildGenesis(verifier_, ledger_key_, "alice", alice_, {}, kTime));
    reports_.push_back(
        Sign({PrincipalPortion("bob", v1::Principal::REPORTER), KeyPortion(bob_.public_key(), 0)}, {&alice_}));
    reports_.push_back(
        Sign({EntityPortion("China"), EntityPortion("Russia"), EntityPortion("Iran")}, {&alice_, &bob_}));
    reports_.push_back(Sign({EntityPortion("Belarus")}, {&bob_}));
    reports_.push_back(
        Sign({PrincipalPortion("carol", v1::Principal::REPORTER), KeyPortion(carol_.public_key(), 0)}, {&alice_}));
  }

  v1::Report Sign(const std::vector<v1::Portion>& portions, const std::vector<const crypto::PrivateKey*>& keys) const {
    model::ReportBuilder builder;
    for (const v1::Portion& portion : portions) builder.Add(portion);
    return builder.Sign(keys, kTime).value();
  }
  // Signs the report's header again after a change.
  static void SignAgain(v1::Report& report, const v1::ReportHeader& header,
                        const std::vector<const crypto::PrivateKey*>& keys) {
    report.mutable_envelope()->set_payload(header.SerializeAsString());
    report.mutable_envelope()->clear_signatures();
    for (const crypto::PrivateKey* key : keys) ASSERT_TRUE(crypto::SignEnvelope(*key, *report.mutable_envelope()).ok());
  }
  // Puts a portion, valid or not, in the place of another and signs as alice.
  void SwapPortion(v1::Report& report, int index, const v1::Portion& portion) const {
    *report.mutable_portions(index) = model::Carry(portion);
    v1::ReportHeader header = HeaderOf(report);
    header.set_portions_root(std::string(crypto::AsBytes(*model::PortionsRoot(report.portions()))));
    SignAgain(report, header, {&alice_});
  }
  static v1::ReportHeader HeaderOf(const v1::Report& report) {
    v1::ReportHeader header;
    EXPECT_TRUE(header.ParseFromString(report.envelope().payload()));
    return header;
  }

  std::string EntryAt(size_t position) const {
    return SerializeEntry(reports_[position].envelope(), kTime + absl::Seconds(static_cast<int64_t>(position)));
  }
  std::vector<crypto::Hash> Leaves() const {
    std::vector<crypto::Hash> leaves;
    for (size_t position = 0; position < reports_.size(); ++position) {
      leaves.push_back(merkle::LeafHash(EntryAt(position)));
    }
    return leaves;
  }
  std::vector<crypto::Hash> PathTo(size_t position) const { return merkle::InclusionPathOfLeaves(position, Leaves()); }

  v1::PortionProof PortionOf(size_t position, uint32_t index) const {
    const v1::Report& report = reports_[position];
    std::vector<crypto::Hash> ids;
    for (const v1::CarriedPortion& portion : report.portions()) ids.push_back(*model::IdOf(portion));
    v1::PortionProof proof;
    *proof.mutable_portion() = report.portions(static_cast<int>(index));
    proof.set_index(index);
    for (const crypto::Hash& hash : merkle::InclusionPathOfLeaves(index, ids)) {
      proof.add_path(std::string(crypto::AsBytes(hash)));
    }
    return proof;
  }
  v1::KeyProof KeyOf(size_t position, uint32_t index) const {
    v1::KeyProof proof;
    *proof.mutable_key() = PortionOf(position, index);
    proof.set_position(position);
    proof.set_entry(EntryAt(position));
    for (const crypto::Hash& hash : PathTo(position)) proof.add_inclusion_path(std::string(crypto::AsBytes(hash)));
    return proof;
  }
  v1::KeyProof AlicesKey() const { return KeyOf(0, 3); }
  v1::KeyProof LedgersKey() const { return KeyOf(0, 2); }
  v1::KeyProof BobsKey() const { return KeyOf(1, 1); }

  v1::ProofExtra Extra(size_t position, uint32_t index, const std::vector<v1::KeyProof>& keys) const {
    v1::ProofExtra extra;
    extra.set_entry(EntryAt(position));
    *extra.mutable_portion() = PortionOf(position, index);
    for (const v1::KeyProof& key : keys) *extra.add_keys() = key;
    return extra;
  }
  // The proof of portion 1 of entry 2.
  v1::ProofExtra Extra() const { return Extra(2, 1, {AlicesKey(), BobsKey()}); }
  std::string Checkpoint() const {
    return merkle::SignCheckpoint({kOrigin, reports_.size(), merkle::RootOfLeaves(Leaves())}, verifier_, ledger_key_)
        .value();
  }
  merkle::ProofFile File(const v1::ProofExtra& extra, size_t position) const {
    return {extra.SerializeAsString(), position, PathTo(position), Checkpoint()};
  }
  ProofVerification Verify(const v1::ProofExtra& extra, size_t position = 2) const {
    return VerifyProof(merkle::FormatProofFile(File(extra, position)), {verifier_});
  }

  const absl::Time kTime = TestLedger::Noon();
  const crypto::PrivateKey ledger_key_ = NewKey();
  const merkle::VerifierKey verifier_ = *merkle::VerifierKey::Make(kOrigin, ledger_key_.public_key());
  const crypto::PrivateKey alice_ = NewKey();
  const crypto::PrivateKey bob_ = NewKey(v1::Signature::ECDSA_P256_SHA256);
  const crypto::PrivateKey carol_ = NewKey();
  std::vector<v1::Report> reports_;
};

std::vector<std::string> Steps(const ProofVerification& verification) {
  std::vector<std::string> names;
  for (const VerifiedStep& step : verification.steps) names.push_back(step.passed ? step.name : "! " + step.name);
  return names;
}

// The step that failed, and why.
std::string Failure(const ProofVerification& verification) {
  if (verification.passed || verification.steps.empty() || verification.steps.back().passed) return "none";
  const auto failed = std::count_if(verification.steps.begin(), verification.steps.end(),
                                    [](const VerifiedStep& step) { return !step.passed; });
  EXPECT_EQ(failed, 1);
  return absl::StrCat(verification.steps.back().name, ": ", verification.steps.back().detail);
}

TEST_F(Proofs, AGoodOneShowsEveryStep) {
  const ProofVerification verification = Verify(Extra());
  EXPECT_TRUE(verification.passed) << Failure(verification);
  EXPECT_THAT(Steps(verification), ElementsAre("proof file", "checkpoint", "inclusion", "entry", "portion",
                                               "author key", "co-signer key", "author signature", "co-signature"));
  EXPECT_EQ(verification.position, 2U);
  EXPECT_EQ(verification.checkpoint.size, 5U);
  EXPECT_EQ(verification.checkpoint.origin, kOrigin);
  EXPECT_EQ(verification.report_id, model::ReportId(reports_[2].envelope()));
  EXPECT_EQ(verification.portion_id, *model::IdOf(reports_[2].portions(1)));
  EXPECT_EQ(verification.portion.entity().name(), "Russia");
  EXPECT_EQ(verification.recorded_at, kTime + absl::Seconds(2));
  EXPECT_EQ(verification.header.author_key_id(), crypto::AsBytes(alice_.public_key().key_id()));
}

TEST_F(Proofs, TheFirstEntryIsSignedByTheKeysItRegisters) {
  const ProofVerification verification = Verify(Extra(0, 1, {AlicesKey(), LedgersKey()}), 0);
  EXPECT_TRUE(verification.passed) << Failure(verification);
}

TEST_F(Proofs, KeysMayComeInAnyOrder) { EXPECT_TRUE(Verify(Extra(2, 0, {BobsKey(), AlicesKey()})).passed); }

TEST_F(Proofs, AWithheldPortionIsProvedByItsId) {
  v1::ProofExtra extra = Extra();
  v1::CarriedPortion& portion = *extra.mutable_portion()->mutable_portion();
  const crypto::Hash id = *model::IdOf(portion);
  portion.Clear();
  portion.set_id(std::string(crypto::AsBytes(id)));
  const ProofVerification verification = Verify(extra);
  EXPECT_TRUE(verification.passed) << Failure(verification);
  EXPECT_EQ(verification.portion_id, id);
  EXPECT_EQ(verification.portion.content_case(), v1::Portion::CONTENT_NOT_SET);
}

void FlipLastBit(std::string& bytes) {
  bytes.back() = static_cast<char>(static_cast<unsigned char>(bytes.back()) ^ 1U);
}

struct Damage {
  std::string what;
  std::function<void(v1::ProofExtra&)> damage;
  std::string failure;  // begins like this
};

TEST_F(Proofs, EachFailureIsItsNamedStep) {
  const v1::KeyProof carols = KeyOf(4, 1);
  const std::vector<Damage> damages = {
      {"entry changed", [](v1::ProofExtra& extra) { FlipLastBit(*extra.mutable_entry()); }, "inclusion: "},
      {"entry missing", [](v1::ProofExtra& extra) { extra.clear_entry(); }, "inclusion: "},
      {"portion missing", [](v1::ProofExtra& extra) { extra.clear_portion(); }, "portion: "},
      {"portion changed",
       [](v1::ProofExtra& extra) { FlipLastBit(*extra.mutable_portion()->mutable_portion()->mutable_content()); },
       "portion: "},
      {"salt changed",
       [](v1::ProofExtra& extra) { FlipLastBit(*extra.mutable_portion()->mutable_portion()->mutable_salt()); },
       "portion: "},
      {"salt too short",
       [](v1::ProofExtra& extra) { extra.mutable_portion()->mutable_portion()->mutable_salt()->pop_back(); },
       "portion: "},
      {"other index", [](v1::ProofExtra& extra) { extra.mutable_portion()->set_index(0); }, "portion: "},
      {"index outside", [](v1::ProofExtra& extra) { extra.mutable_portion()->set_index(3); }, "portion: "},
      {"path changed", [](v1::ProofExtra& extra) { FlipLastBit(*extra.mutable_portion()->mutable_path(0)); },
       "portion: "},
      {"path of wrong hashes", [](v1::ProofExtra& extra) { extra.mutable_portion()->set_path(0, "short"); },
       "portion: "},
      {"author's key missing", [](v1::ProofExtra& extra) { extra.mutable_keys()->DeleteSubrange(0, 1); },
       "author key: the file does not prove key"},
      {"co-signer's key missing", [](v1::ProofExtra& extra) { extra.mutable_keys()->RemoveLast(); },
       "co-signer key: the file does not prove key"},
      {"no keys", [](v1::ProofExtra& extra) { extra.clear_keys(); }, "author key: "},
      {"key twice", [](v1::ProofExtra& extra) { *extra.add_keys() = extra.keys(0); }, "author key: key"},
      {"key changed",
       [](v1::ProofExtra& extra) {
         FlipLastBit(*extra.mutable_keys(0)->mutable_key()->mutable_portion()->mutable_salt());
       },
       "author key: portion"},
      {"key's entry changed", [](v1::ProofExtra& extra) { FlipLastBit(*extra.mutable_keys(1)->mutable_entry()); },
       "co-signer key: the entry that registers the key is not under the checkpoint"},
      {"key's entry at another position", [](v1::ProofExtra& extra) { extra.mutable_keys(1)->set_position(0); },
       "co-signer key: the entry that registers the key is not under the checkpoint"},
      {"key's position after the entry", [](v1::ProofExtra& extra) { extra.mutable_keys(1)->set_position(3); },
       "co-signer key: the key was registered at position 3, not before the entry"},
      {"key's path changed",
       [](v1::ProofExtra& extra) { FlipLastBit(*extra.mutable_keys(0)->mutable_inclusion_path(0)); }, "author key: "},
      {"another portion for the key", [this](v1::ProofExtra& extra) { *extra.mutable_keys(0) = KeyOf(0, 1); },
       "signing key: the proved portion is no key"},
      {"key withheld",
       [](v1::ProofExtra& extra) {
         v1::CarriedPortion& portion = *extra.mutable_keys(0)->mutable_key()->mutable_portion();
         const crypto::Hash id = *model::IdOf(portion);
         portion.Clear();
         portion.set_id(std::string(crypto::AsBytes(id)));
       },
       "signing key: the proved portion is no key"},
      {"key of nobody who signed", [this](v1::ProofExtra& extra) { *extra.add_keys() = LedgersKey(); },
       "signing key: key"},
      {"key registered later", [&](v1::ProofExtra& extra) { *extra.mutable_keys(1) = carols; },
       "signing key: the key was registered at position 4, not before the entry"},
  };
  for (const Damage& damage : damages) {
    v1::ProofExtra extra = Extra();
    damage.damage(extra);
    EXPECT_THAT(Failure(Verify(extra)), testing::StartsWith(damage.failure)) << damage.what;
  }
}

TEST_F(Proofs, CheckpointMustBeTheTrustedLogs) {
  const std::string good = merkle::FormatProofFile(File(Extra(), 2));
  const auto other = *merkle::VerifierKey::Make(kOrigin, NewKey().public_key());
  EXPECT_THAT(Failure(VerifyProof(good, {})), HasSubstr("checkpoint: "));
  EXPECT_THAT(Failure(VerifyProof(good, {other})), HasSubstr("checkpoint: "));
  EXPECT_TRUE(VerifyProof(good, {other, verifier_}).passed);

  // A trusted key that signs in another log's name.
  const auto witness = *merkle::VerifierKey::Make("example.org/witness", ledger_key_.public_key());
  merkle::ProofFile file = File(Extra(), 2);
  file.checkpoint =
      merkle::SignNote(merkle::FormatCheckpoint({kOrigin, reports_.size(), merkle::RootOfLeaves(Leaves())}), witness,
                       ledger_key_)
          .value();
  EXPECT_THAT(Failure(VerifyProof(merkle::FormatProofFile(file), {witness, verifier_})),
              HasSubstr("checkpoint: no trusted key has the name of the log"));

  file.checkpoint =
      merkle::SignCheckpoint({kOrigin, 4, merkle::RootOfLeaves(Leaves())}, verifier_, ledger_key_).value();
  EXPECT_THAT(Failure(VerifyProof(merkle::FormatProofFile(file), {verifier_})), HasSubstr("inclusion: "));
  file.checkpoint = merkle::SignNote("no checkpoint\n", verifier_, ledger_key_).value();
  EXPECT_THAT(Failure(VerifyProof(merkle::FormatProofFile(file), {verifier_})), HasSubstr("checkpoint: "));
}

TEST_F(Proofs, InclusionMustFit) {
  merkle::ProofFile file = File(Extra(), 2);
  file.index = 3;
  EXPECT_THAT(Failure(VerifyProof(merkle::FormatProofFile(file), {verifier_})), HasSubstr("inclusion: "));
  file = File(Extra(), 2);
  file.inclusion_path.pop_back();
  EXPECT_THAT(Failure(VerifyProof(merkle::FormatProofFile(file), {verifier_})), HasSubstr("inclusion: "));
}

TEST_F(Proofs, FileMustParse) {
  EXPECT_THAT(Failure(VerifyProof("", {verifier_})), HasSubstr("proof file: "));
  merkle::ProofFile file = File(Extra(), 2);
  file.extra = "\xff\xff\xff";
  EXPECT_THAT(Failure(VerifyProof(merkle::FormatProofFile(file), {verifier_})), HasSubstr("proof file: "));
  file.extra.clear();
  EXPECT_THAT(Failure(VerifyProof(merkle::FormatProofFile(file), {verifier_})), HasSubstr("inclusion: "));
}

// What a log would do that records anything and signs it.
TEST_F(Proofs, LogThatRecordsWrongThingsIsSeenThrough) {
  const auto failure_of = [&](const std::function<void(v1::Report&)>& change) {
    const v1::Report was = reports_[2];
    change(reports_[2]);
    std::string failure = Failure(Verify(Extra()));
    reports_[2] = was;
    return failure;
  };
  EXPECT_EQ(failure_of([](v1::Report&) {}), "none");
  EXPECT_THAT(failure_of([](v1::Report& report) {
                FlipLastBit(*report.mutable_envelope()->mutable_signatures(0)->mutable_signature());
              }),
              HasSubstr("author signature: "));
  EXPECT_THAT(failure_of([](v1::Report& report) {
                FlipLastBit(*report.mutable_envelope()->mutable_signatures(1)->mutable_signature());
              }),
              HasSubstr("co-signature: "));
  EXPECT_THAT(failure_of([](v1::Report& report) {
                report.mutable_envelope()->mutable_signatures(0)->set_algorithm(v1::Signature::ECDSA_P256_SHA256);
              }),
              HasSubstr("author signature: "));
  EXPECT_THAT(failure_of([](v1::Report& report) { report.mutable_envelope()->clear_signatures(); }),
              HasSubstr("entry: "));
  EXPECT_THAT(failure_of([](v1::Report& report) { report.mutable_envelope()->set_payload_type("text/plain"); }),
              HasSubstr("entry: "));
  EXPECT_THAT(failure_of([](v1::Report& report) { report.mutable_envelope()->set_payload("\xff"); }),
              HasSubstr("entry: "));
  EXPECT_THAT(failure_of([&](v1::Report& report) {
                v1::ReportHeader header = HeaderOf(report);
                header.set_author_key_id(std::string(crypto::AsBytes(carol_.public_key().key_id())));
                SignAgain(report, header, {&alice_, &bob_});
              }),
              HasSubstr("author signature: the author, key"));
  EXPECT_THAT(failure_of([&](v1::Report& report) {
                v1::ReportHeader header = HeaderOf(report);
                header.set_portions_root("short");
                SignAgain(report, header, {&alice_, &bob_});
              }),
              HasSubstr("portion: the header's portions root"));
}

TEST_F(Proofs, KeyMustBeThereToSignReports) {
  // The ledger's key as the author of an entry.
  reports_[3] = Sign({EntityPortion("Belarus")}, {&ledger_key_});
  EXPECT_THAT(Failure(Verify(Extra(3, 0, {LedgersKey()}), 3)), HasSubstr("is not registered to sign reports"));
  // A portion that revokes the key, as if it registered it.
  v1::Portion revocation = KeyPortion(carol_.public_key(), 0);
  revocation.mutable_key()->set_action(v1::Key::REVOKE_SUPERSEDED);
  SwapPortion(reports_[1], 1, revocation);
  reports_[3] = Sign({EntityPortion("Belarus")}, {&carol_});
  EXPECT_THAT(Failure(Verify(Extra(3, 0, {KeyOf(1, 1)}), 3)), HasSubstr("does not register key"));
  // An entry that registers the key it is signed with.
  reports_[3] = Sign({PrincipalPortion("eve", v1::Principal::ADMIN), KeyPortion(carol_.public_key(), 0)}, {&carol_});
  EXPECT_THAT(Failure(Verify(Extra(3, 0, {KeyOf(3, 1)}), 3)), HasSubstr("not before the entry"));
  // A key portion that names another key than it holds.
  v1::Portion wrong = KeyPortion(carol_.public_key(), 0);
  wrong.mutable_key()->set_public_key(ledger_key_.public_key().der());
  SwapPortion(reports_[1], 1, wrong);
  reports_[3] = Sign({EntityPortion("Belarus")}, {&carol_});
  EXPECT_THAT(Failure(Verify(Extra(3, 0, {KeyOf(1, 1)}), 3)), HasSubstr("is not the id of its key"));
}

TEST_F(Proofs, AnyFlippedBitOfTheFileIsSeen) {
  const std::string good = merkle::FormatProofFile(File(Extra(), 2));
  ASSERT_TRUE(VerifyProof(good, {verifier_}).passed);
  for (size_t at = 0; at < good.size(); at += 7) {
    std::string changed = good;
    changed[at] = static_cast<char>(static_cast<unsigned char>(changed[at]) ^ (1U << at % 8));
    EXPECT_NE(Failure(VerifyProof(changed, {verifier_})), "none") << "byte " << at;
    EXPECT_NE(Failure(VerifyProof(good.substr(0, at), {verifier_})), "none") << "cut at " << at;
  }
}

TEST_F(Proofs, NoiseIsAFailedStep) {
  EXPECT_TRUE(rc::check("noise", [this](const std::string& noise) {
    RC_ASSERT(!VerifyProof(noise, {verifier_}).passed);
    merkle::ProofFile file = File(Extra(), 2);
    file.extra = noise;
    RC_ASSERT(!VerifyProof(merkle::FormatProofFile(file), {verifier_}).passed);
  }));
}

TEST(ProofOfALog, Verifies) {
  TestLedger ledger;
  const std::unique_ptr<Log> log = ledger.Open();
  const crypto::PrivateKey bob = ledger.Register(*log, "bob", v1::Principal::REPORTER);
  const v1::Report report = TestLedger::Report({EntityPortion("China"), EntityPortion("Russia")}, bob);
  const absl::StatusOr<Appended> appended = log->AppendAndWait(report);
  ASSERT_TRUE(appended.ok()) << appended.status();
  const crypto::Hash id = *model::IdOf(report.portions(1));
  const absl::StatusOr<std::string> proof = log->ProvePortion(*log->Resolve(crypto::ToHex(id)));
  ASSERT_TRUE(proof.ok()) << proof.status();
  const ProofVerification verification = VerifyProof(*proof, {ledger.directory().verifier_key()});
  EXPECT_TRUE(verification.passed) << Failure(verification);
  EXPECT_EQ(verification.portion.entity().name(), "Russia");
}

TEST(Receipts, AreTheLedgersForThisReport) {
  TestLedger ledger;
  const std::unique_ptr<Log> log = ledger.Open();
  const v1::Report report = ledger.Report({EntityPortion("China")});
  const absl::StatusOr<Appended> appended = log->AppendAndWait(report);
  ASSERT_TRUE(appended.ok()) << appended.status();
  const v1::Receipt& good = appended->receipt;
  const merkle::VerifierKey& verifier = ledger.directory().verifier_key();
  ASSERT_TRUE(VerifyReceipt(good, report, verifier).ok()) << VerifyReceipt(good, report, verifier);

  EXPECT_FALSE(VerifyReceipt(good, ledger.Report({EntityPortion("China")}), verifier).ok()) << "another report";
  v1::Report resigned = report;
  FlipLastBit(*resigned.mutable_envelope()->mutable_signatures(0)->mutable_signature());
  EXPECT_FALSE(VerifyReceipt(good, resigned, verifier).ok()) << "another signature";
  const auto other = *merkle::VerifierKey::Make(verifier.name(), NewKey().public_key());
  EXPECT_FALSE(VerifyReceipt(good, report, other).ok()) << "another ledger";

  const std::vector<std::pair<std::string, std::function<void(v1::Receipt&)>>> changes = {
      {"empty", [](v1::Receipt& receipt) { receipt.Clear(); }},
      {"report id", [](v1::Receipt& receipt) { FlipLastBit(*receipt.mutable_report_id()); }},
      {"position", [](v1::Receipt& receipt) { receipt.set_position(0); }},
      {"recorded at", [](v1::Receipt& receipt) { receipt.mutable_recorded_at()->set_seconds(1); }},
      {"entry", [](v1::Receipt& receipt) { FlipLastBit(*receipt.mutable_entry()); }},
      {"checkpoint", [](v1::Receipt& receipt) { receipt.set_checkpoint("none"); }},
      {"path", [](v1::Receipt& receipt) { FlipLastBit(*receipt.mutable_inclusion_path(0)); }},
      {"path of wrong hashes", [](v1::Receipt& receipt) { receipt.set_inclusion_path(0, "short"); }},
      {"no path", [](v1::Receipt& receipt) { receipt.clear_inclusion_path(); }},
  };
  for (const auto& [what, change] : changes) {
    v1::Receipt changed = good;
    change(changed);
    EXPECT_EQ(VerifyReceipt(changed, report, verifier).code(), absl::StatusCode::kInvalidArgument) << what;
  }
}

}  // namespace
}  // namespace sworn::proof
