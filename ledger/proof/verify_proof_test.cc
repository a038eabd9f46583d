#include "ledger/proof/verify_proof.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/crypto/dsse.h"
#include "ledger/crypto/ml_dsa.h"
#include "ledger/crypto/ml_dsa_vector.h"
#include "ledger/crypto/test_authority.h"
#include "ledger/crypto/timestamp.h"
#include "ledger/journal/test_directory.h"
#include "ledger/log/stored_report.h"
#include "ledger/log/test_ledger.h"
#include "ledger/merkle/proof_file.h"
#include "ledger/merkle/tree_hash.h"
#include "ledger/model/portion.h"
#include "ledger/model/timestamp.h"
#include "ledger/proof/multiproof.h"

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
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

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
  std::vector<crypto::Hash> Leaves(size_t size) const {
    std::vector<crypto::Hash> leaves;
    for (size_t position = 0; position < size; ++position) leaves.push_back(merkle::LeafHash(EntryAt(position)));
    return leaves;
  }
  std::vector<crypto::Hash> PathTo(size_t position) const {
    return merkle::InclusionPathOfLeaves(position, Leaves(reports_.size()));
  }

  // The entry at a position with some of its portions.
  v1::ProvedEntry Entry(size_t position, const std::set<uint32_t>& indexes) const {
    v1::ProvedEntry proved;
    proved.set_position(position);
    proved.set_entry(EntryAt(position));
    std::vector<crypto::Hash> ids;
    for (const v1::CarriedPortion& portion : reports_[position].portions()) ids.push_back(*model::IdOf(portion));
    std::vector<Leaf> leaves;
    for (const uint32_t index : indexes) {
      v1::PlacedPortion& portion = *proved.add_portions();
      portion.set_index(index);
      *portion.mutable_portion() = reports_[position].portions(static_cast<int>(index));
      leaves.push_back({index, ids[index]});
    }
    SubtreeRoots known;
    EXPECT_TRUE(RootOver({0, ids.size()}, leaves, Reader(ids, *proved.mutable_portion_nodes()), known).ok());
    return proved;
  }
  // Reads subtrees over `leaves`, and adds what is asked for to `nodes`.
  static SubtreeReader Reader(const std::vector<crypto::Hash>& leaves, std::string& nodes) {
    return [&leaves, &nodes](LeafRange range) -> absl::StatusOr<crypto::Hash> {
      const crypto::Hash root =
          merkle::RootOfLeaves(absl::MakeConstSpan(leaves).subspan(range.begin, range.end - range.begin));
      nodes.append(crypto::AsBytes(root));
      return root;
    };
  }

  using Place = std::pair<uint64_t, uint32_t>;
  static constexpr Place kAlicesKey = {0, 3};
  static constexpr Place kLedgersKey = {0, 2};
  static constexpr Place kBobsKey = {1, 1};

  // `asked` is proved, and the portions at `keys` are carried too.
  v1::ProofExtra Extra(const std::vector<Place>& asked, const std::vector<Place>& keys,
                       const std::vector<v1::CheckpointTimestamp>& stamps = {}) const {
    v1::ProofExtra extra;
    std::map<uint64_t, std::set<uint32_t>> carried;
    for (const auto& [position, index] : asked) {
      v1::PortionPlace& place = *extra.add_portions();
      place.set_position(position);
      place.set_index(index);
      carried[position].insert(index);
    }
    std::set<uint64_t> asked_positions;
    for (const Place& place : asked) asked_positions.insert(place.first);
    for (const auto& [position, index] : keys) carried[position].insert(index);
    for (const auto& [position, indexes] : carried) *extra.add_entries() = Entry(position, indexes);
    AddNodes(asked_positions, stamps, extra);
    return extra;
  }
  // Completes the extra after its entries were chosen.
  void AddNodes(const std::set<uint64_t>& asked_positions, const std::vector<v1::CheckpointTimestamp>& stamps,
                v1::ProofExtra& extra) const {
    const std::vector<crypto::Hash> all = Leaves(reports_.size());
    const uint64_t first = extra.portions(0).position();
    SubtreeRoots known;
    const std::vector<LeafRange> siblings = SiblingsOf(first, all.size());
    for (size_t i = 0; i < siblings.size(); ++i) known.emplace(siblings[i], PathTo(first)[i]);
    std::vector<Leaf> leaves;
    std::vector<Leaf> asked;
    for (const v1::ProvedEntry& entry : extra.entries()) {
      leaves.push_back({entry.position(), merkle::LeafHash(entry.entry())});
      if (asked_positions.contains(entry.position())) asked.push_back(leaves.back());
    }
    ASSERT_TRUE(RootOver({0, all.size()}, leaves, Reader(all, *extra.mutable_nodes()), known).ok());
    for (const v1::CheckpointTimestamp& stamp : stamps) {
      const uint64_t size = merkle::OpenCheckpoint(stamp.checkpoint(), verifier_).value().size;
      v1::StampedEntries& stamped = *extra.add_timestamps();
      *stamped.mutable_timestamp() = stamp;
      std::vector<Leaf> covered;
      while (!asked.empty() && asked.front().index < size) {
        covered.push_back(asked.front());
        asked.erase(asked.begin());
      }
      if (covered.empty()) continue;
      ASSERT_TRUE(RootOver({0, size}, covered, Reader(all, *stamped.mutable_nodes()), known).ok());
    }
  }
  // The proof of portion 1 of entry 2.
  v1::ProofExtra Extra() const { return Extra({{2, 1}}, {kAlicesKey, kBobsKey}); }
  // Portions of three reports.
  v1::ProofExtra Dossier(const std::vector<v1::CheckpointTimestamp>& stamps = {}) const {
    return Extra({{2, 2}, {3, 0}, {2, 0}, {4, 0}}, {kAlicesKey, kBobsKey}, stamps);
  }
  std::string Checkpoint(size_t size) const {
    return merkle::SignCheckpoint({kOrigin, size, merkle::RootOfLeaves(Leaves(size))}, verifier_, ledger_key_).value();
  }
  merkle::ProofFile File(const v1::ProofExtra& extra) const {
    const uint64_t position = extra.portions_size() == 0 ? 2 : extra.portions(0).position();
    return {extra.SerializeAsString(), position, PathTo(position), Checkpoint(reports_.size())};
  }
  ProofVerification Verify(const v1::ProofExtra& extra) const {
    return VerifyProof(merkle::FormatProofFile(File(extra)), {verifier_});
  }
  // A report of alice that revokes a key.
  void Revoke(const crypto::PrivateKey& key, v1::Key::Action action, absl::Time compromised_since = {}) {
    v1::Portion portion;
    portion.mutable_marking()->set_level(v1::Marking::U);
    portion.mutable_key()->set_key_id(std::string(crypto::AsBytes(key.public_key().key_id())));
    portion.mutable_key()->set_action(action);
    if (action == v1::Key::REVOKE_COMPROMISED) {
      *portion.mutable_key()->mutable_compromised_since() = model::ToTimestamp(compromised_since);
    }
    reports_.push_back(Sign({portion}, {&alice_}));
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
  for (const VerifiedStep& step : verification.steps) {
    const char* const mark = step.outcome == VerifiedStep::Outcome::kPassed       ? ""
                             : step.outcome == VerifiedStep::Outcome::kNotChecked ? "? "
                                                                                  : "! ";
    names.push_back(mark + step.name);
  }
  return names;
}

// The step that failed, and why.
std::string Failure(const ProofVerification& verification) {
  const auto failed = std::count_if(verification.steps.begin(), verification.steps.end(), [](const VerifiedStep& step) {
    return step.outcome == VerifiedStep::Outcome::kFailed;
  });
  EXPECT_EQ(failed, verification.passed ? 0 : 1);
  if (failed == 0) return "none";
  EXPECT_EQ(verification.steps.back().outcome, VerifiedStep::Outcome::kFailed);
  return absl::StrCat(verification.steps.back().name, ": ", verification.steps.back().detail);
}

// What the steps of this name show.
std::vector<std::string> DetailsOf(const ProofVerification& verification, const std::string& name) {
  std::vector<std::string> details;
  for (const VerifiedStep& step : verification.steps) {
    if (step.name == name) details.push_back(step.detail);
  }
  return details;
}

TEST_F(Proofs, AGoodOneShowsEveryStep) {
  const ProofVerification verification = Verify(Extra());
  EXPECT_TRUE(verification.passed) << Failure(verification);
  EXPECT_THAT(Steps(verification), ElementsAre("proof file", "checkpoint", "inclusion", "entry", "portion",
                                               "author key", "co-signer key", "author signature", "co-signature"));
  EXPECT_EQ(verification.checkpoint.size, 5U);
  EXPECT_EQ(verification.checkpoint.origin, kOrigin);
  ASSERT_EQ(verification.reports.size(), 1U);
  const VerifiedReport& report = verification.reports.front();
  EXPECT_EQ(report.position, 2U);
  EXPECT_EQ(report.report_id, model::ReportId(reports_[2].envelope()));
  EXPECT_EQ(report.recorded_at, kTime + absl::Seconds(2));
  EXPECT_EQ(report.header.author_key_id(), crypto::AsBytes(alice_.public_key().key_id()));
  ASSERT_EQ(report.portions.size(), 1U);
  EXPECT_EQ(report.portions[0].id, *model::IdOf(reports_[2].portions(1)));
  EXPECT_EQ(report.portions[0].index, 1U);
  EXPECT_EQ(report.portions[0].content.entity().name(), "Russia");
  EXPECT_THAT(DetailsOf(verification, "author key"),
              ElementsAre(HasSubstr("was registered at position 0; the file carries no revocation of it")));
}

TEST_F(Proofs, ADossierShowsEveryStepOfEachReport) {
  const ProofVerification verification = Verify(Dossier());
  EXPECT_TRUE(verification.passed) << Failure(verification);
  EXPECT_THAT(Steps(verification),
              ElementsAre("proof file", "checkpoint", "inclusion",  //
                          "entry", "portion", "portion", "author key", "co-signer key", "author signature",
                          "co-signature",                                        //
                          "entry", "portion", "author key", "author signature",  //
                          "entry", "portion", "author key", "author signature"));
  std::vector<std::string> places;
  for (const VerifiedReport& report : verification.reports) {
    for (const VerifiedPortion& portion : report.portions) {
      places.push_back(absl::StrCat(report.position, "/", portion.index));
    }
  }
  EXPECT_THAT(places, ElementsAre("2/2", "2/0", "3/0", "4/0"));
  EXPECT_EQ(verification.steps[5].report, 0U);
  EXPECT_EQ(verification.steps[5].portion, 1U);
  EXPECT_EQ(verification.steps.back().report, 2U);
  EXPECT_EQ(verification.steps[2].report, std::nullopt);
}

TEST_F(Proofs, NodesAreSharedAndCarriedOnce) {
  for (int i = 0; i < 60; ++i) reports_.push_back(Sign({EntityPortion("Iran")}, {&bob_}));
  std::vector<Place> asked;
  for (uint32_t position = 10; position < 60; position += 2) asked.emplace_back(position, 0);
  const v1::ProofExtra extra = Extra(asked, {kBobsKey});
  EXPECT_TRUE(Verify(extra).passed) << Failure(Verify(extra));
  std::set<std::string> nodes;
  for (size_t at = 0; at < extra.nodes().size(); at += 32) nodes.insert(extra.nodes().substr(at, 32));
  for (const crypto::Hash& hash : PathTo(10)) nodes.insert(std::string(crypto::AsBytes(hash)));
  EXPECT_EQ(nodes.size(), extra.nodes().size() / 32 + PathTo(10).size()) << "none is in the file twice";
  EXPECT_LT(nodes.size(), 2 * asked.size()) << "each alone would take six";
  EXPECT_EQ(extra.entries_size(), static_cast<int>(asked.size()) + 1);
}

TEST_F(Proofs, TheFirstEntryIsSignedByTheKeysItRegisters) {
  const ProofVerification verification = Verify(Extra({{0, 1}}, {kAlicesKey, kLedgersKey}));
  EXPECT_TRUE(verification.passed) << Failure(verification);
}

TEST_F(Proofs, AKeyMayBeWhatIsProved) {
  EXPECT_TRUE(Verify(Extra({{1, 1}, {3, 0}}, {kAlicesKey})).passed) << "bob's key, by which he signed";
  EXPECT_TRUE(Verify(Extra({{4, 1}}, {kAlicesKey})).passed) << "carol's key, which signed nothing";
}

TEST_F(Proofs, ACoSignatureOfAKindThatIsAbsentIsSaidToBeUnchecked) {
  if (crypto::HasMlDsa44()) GTEST_SKIP() << crypto::OpensslVersion() << " has ML-DSA-44";
  const auto key = crypto::PublicKey::FromDer(*crypto::FromHex(crypto::ml_dsa_vector::kPublicKeyDer));
  reports_.push_back(Sign({PrincipalPortion("dave", v1::Principal::REPORTER), KeyPortion(*key, 0)}, {&alice_}));
  reports_.push_back(Sign({EntityPortion("Cuba")}, {&alice_}));
  v1::Signature& signature = *reports_.back().mutable_envelope()->add_signatures();
  signature.set_key_id(std::string(crypto::AsBytes(key->key_id())));
  signature.set_algorithm(v1::Signature::ML_DSA_44);
  signature.set_signature(std::string(crypto::kMlDsa44SignatureBytes, 's'));
  const ProofVerification verification = Verify(Extra({{6, 0}}, {kAlicesKey, {5, 1}}));
  EXPECT_TRUE(verification.passed) << Failure(verification);
  EXPECT_EQ(verification.steps.back().outcome, VerifiedStep::Outcome::kNotChecked);
  EXPECT_THAT(DetailsOf(verification, "co-signature"),
              ElementsAre(AllOf(StartsWith("not checked"), HasSubstr("has no ML-DSA"))));

  // What cannot be checked never stands for the author.
  v1::ReportHeader header = HeaderOf(reports_.back());
  header.set_author_key_id(std::string(crypto::AsBytes(key->key_id())));
  reports_.back().mutable_envelope()->set_payload(header.SerializeAsString());
  EXPECT_THAT(Failure(Verify(Extra({{6, 0}}, {kAlicesKey, {5, 1}}))), HasSubstr("signature"));
}

TEST_F(Proofs, AWithheldPortionIsProvedByItsId) {
  v1::ProofExtra extra = Extra();
  v1::CarriedPortion& portion = *extra.mutable_entries(2)->mutable_portions(0)->mutable_portion();
  const crypto::Hash id = *model::IdOf(portion);
  portion.Clear();
  portion.set_id(std::string(crypto::AsBytes(id)));
  const ProofVerification verification = Verify(extra);
  EXPECT_TRUE(verification.passed) << Failure(verification);
  EXPECT_THAT(DetailsOf(verification, "portion"), ElementsAre(HasSubstr("its content was withheld or erased")));
  EXPECT_EQ(verification.reports[0].portions[0].id, id);
  EXPECT_EQ(verification.reports[0].portions[0].content.content_case(), v1::Portion::CONTENT_NOT_SET);
}

void FlipLastBit(std::string& bytes) {
  bytes.back() = static_cast<char>(static_cast<unsigned char>(bytes.back()) ^ 1U);
}

v1::CarriedPortion& PortionOf(v1::ProofExtra& extra, int entry) {
  return *extra.mutable_entries(entry)->mutable_portions(0)->mutable_portion();
}

void Withhold(v1::CarriedPortion& portion) {
  const crypto::Hash id = *model::IdOf(portion);
  portion.Clear();
  portion.set_id(std::string(crypto::AsBytes(id)));
}

struct Damage {
  std::string what;
  std::function<void(v1::ProofExtra&)> damage;
  std::string failure;  // begins like this
};

// Entries 0 and 1 of the extra hold the keys of alice and bob, entry 2 the proved portion.
TEST_F(Proofs, EachFailureIsItsNamedStep) {
  const std::vector<Damage> damages = {
      {"nothing asked", [](v1::ProofExtra& extra) { extra.clear_portions(); }, "proof file: extra: the file proves 0"},
      {"too much asked",
       [](v1::ProofExtra& extra) {
         for (uint32_t i = 0; i < 10'000; ++i) extra.add_portions()->set_index(i);
       },
       "proof file: extra: the file proves 10001 portions"},
      {"too many entries",
       [](v1::ProofExtra& extra) {
         for (uint64_t i = 0; i < 40'000; ++i) extra.add_entries()->set_position(i);
       },
       "proof file: extra: the file carries 40003 entries"},
      {"asked twice", [](v1::ProofExtra& extra) { *extra.add_portions() = extra.portions(0); },
       "proof file: extra: portion 1 of entry 2 is named twice"},
      {"asked of an entry that is not there", [](v1::ProofExtra& extra) { extra.add_portions()->set_position(3); },
       "proof file: extra: entry 3 is not carried"},
      {"asked of another entry first", [](v1::ProofExtra& extra) { extra.mutable_portions(0)->set_position(1); },
       "proof file: extra: the first portion is of entry 1"},
      {"asked for another portion", [](v1::ProofExtra& extra) { extra.mutable_portions(0)->set_index(0); },
       "portion: portion 0 is not carried"},
      {"asked for a key instead",
       [](v1::ProofExtra& extra) {
         extra.mutable_portions(0)->set_position(0);
         extra.mutable_portions(0)->set_index(3);
       },
       "proof file: extra: the first portion is of entry 0"},
      {"entry twice", [](v1::ProofExtra& extra) { *extra.add_entries() = extra.entries(2); },
       "proof file: extra: entry 2 is carried twice"},
      {"entries out of order", [](v1::ProofExtra& extra) { extra.mutable_entries()->SwapElements(0, 1); },
       "proof file: extra: entry 0 is carried twice or out of order"},
      {"entry changed", [](v1::ProofExtra& extra) { FlipLastBit(*extra.mutable_entries(2)->mutable_entry()); },
       "inclusion: "},
      {"entry missing", [](v1::ProofExtra& extra) { extra.mutable_entries(2)->clear_entry(); }, "inclusion: "},
      {"entry beyond the tree",
       [](v1::ProofExtra& extra) {
         *extra.add_entries() = extra.entries(1);
         extra.mutable_entries(3)->set_position(5);
       },
       "inclusion: entry 5 is not in a tree of 5 leaves"},
      {"node changed", [](v1::ProofExtra& extra) { FlipLastBit(*extra.mutable_entries(1)->mutable_entry()); },
       "inclusion: the entries and tree nodes of the file do not lead to the root"},
      {"node missing", [](v1::ProofExtra& extra) { extra.mutable_entries()->DeleteSubrange(0, 1); },
       "inclusion: tree nodes are missing"},
      {"node too many", [](v1::ProofExtra& extra) { extra.mutable_nodes()->append(32, 'x'); },
       "inclusion: the file carries more tree nodes"},
      {"half a node", [](v1::ProofExtra& extra) { extra.mutable_nodes()->append("x"); },
       "inclusion: the file carries more tree nodes"},
      {"portion missing", [](v1::ProofExtra& extra) { extra.mutable_entries(2)->clear_portions(); }, "portion: "},
      {"portion changed", [](v1::ProofExtra& extra) { FlipLastBit(*PortionOf(extra, 2).mutable_content()); },
       "portion: "},
      {"salt changed", [](v1::ProofExtra& extra) { FlipLastBit(*PortionOf(extra, 2).mutable_salt()); },
       "portion: portion "},
      {"salt too short", [](v1::ProofExtra& extra) { PortionOf(extra, 2).mutable_salt()->pop_back(); }, "portion: "},
      {"other index", [](v1::ProofExtra& extra) { extra.mutable_entries(2)->mutable_portions(0)->set_index(0); },
       "portion: "},
      {"index outside", [](v1::ProofExtra& extra) { extra.mutable_entries(2)->mutable_portions(0)->set_index(3); },
       "portion: there is no portion 3"},
      {"portion twice",
       [](v1::ProofExtra& extra) { *extra.mutable_entries(2)->add_portions() = extra.entries(2).portions(0); },
       "portion: portion 1 is carried twice"},
      {"portion node changed",
       [](v1::ProofExtra& extra) { FlipLastBit(*extra.mutable_entries(2)->mutable_portion_nodes()); }, "portion: "},
      {"portion node missing",
       [](v1::ProofExtra& extra) { extra.mutable_entries(2)->mutable_portion_nodes()->resize(32); },
       "portion: portion tree: tree nodes are missing"},
      {"portion node too many",
       [](v1::ProofExtra& extra) { extra.mutable_entries(2)->mutable_portion_nodes()->append(32, 'x'); },
       "portion: portion tree: there are more nodes"},
      {"key changed", [](v1::ProofExtra& extra) { FlipLastBit(*PortionOf(extra, 0).mutable_salt()); },
       "author key: the file does not prove key"},
      {"key withheld", [](v1::ProofExtra& extra) { Withhold(PortionOf(extra, 1)); },
       "co-signer key: the file does not prove key"},
  };
  for (const Damage& damage : damages) {
    v1::ProofExtra extra = Extra();
    merkle::ProofFile file = File(extra);
    damage.damage(extra);
    file.extra = extra.SerializeAsString();
    EXPECT_THAT(Failure(VerifyProof(merkle::FormatProofFile(file), {verifier_})), StartsWith(damage.failure))
        << damage.what;
  }
}

TEST_F(Proofs, KeysMustBeThereAndNothingElse) {
  const auto failure = [this](const std::vector<Place>& asked, const std::vector<Place>& keys) {
    return Failure(Verify(Extra(asked, keys)));
  };
  EXPECT_THAT(failure({{2, 1}}, {kBobsKey}), StartsWith("author key: the file does not prove key"));
  EXPECT_THAT(failure({{2, 1}}, {kAlicesKey}), StartsWith("co-signer key: the file does not prove key"));
  EXPECT_THAT(failure({{2, 1}}, {}), StartsWith("author key: "));
  EXPECT_THAT(failure({{2, 1}}, {kAlicesKey, kBobsKey, kLedgersKey}),
              StartsWith("signing key: portion 2 of entry 0 is about a key that signed no report"));
  EXPECT_THAT(failure({{2, 1}}, {kAlicesKey, kBobsKey, {0, 1}}),
              StartsWith("signing key: portion 1 of entry 0 is neither asked for nor a key"));
  EXPECT_THAT(failure({{2, 1}}, {kAlicesKey, kBobsKey, {4, 1}}),
              StartsWith("signing key: portion 1 of entry 4 is about a key that signed no report"));
  EXPECT_THAT(failure({{2, 1}}, {kAlicesKey, kBobsKey, {2, 0}}), StartsWith("signing key: portion 0 of entry 2"));
  // Bob's key, registered a second time after the entry.
  SwapPortion(reports_[4], 1, KeyPortion(bob_.public_key(), 0));
  EXPECT_THAT(failure({{3, 0}}, {kBobsKey, {4, 1}}), HasSubstr("is proved twice"));
  EXPECT_THAT(failure({{3, 0}}, {{4, 1}}), HasSubstr("was registered at position 4, not before the entry"));
  // An entry that nothing needs and that does not open.
  v1::ProofExtra extra = Extra({{3, 0}}, {kBobsKey, {4, 0}});
  FlipLastBit(*PortionOf(extra, 2).mutable_salt());
  EXPECT_THAT(Failure(Verify(extra)), StartsWith("signing key: entry 4: portion"));
}

TEST_F(Proofs, RevocationsAreWeighed) {
  const auto key_detail = [this](const std::vector<Place>& keys) {
    const ProofVerification verification = Verify(Extra({{3, 0}}, keys));
    EXPECT_TRUE(verification.passed) << Failure(verification);
    return DetailsOf(verification, "author key").at(0);
  };
  Revoke(bob_, v1::Key::REVOKE_SUPERSEDED);                             // 5
  Revoke(bob_, v1::Key::REVOKE_COMPROMISED, kTime + absl::Minutes(1));  // 6
  Revoke(bob_, v1::Key::REVOKE_COMPROMISED, kTime);                     // 7
  reports_.push_back(Sign({EntityPortion("Belarus")}, {&bob_}));        // 8
  EXPECT_THAT(key_detail({kBobsKey}), HasSubstr("the file carries no revocation of it"));
  EXPECT_THAT(key_detail({kBobsKey, {5, 0}}), HasSubstr("superseded at position 5, not before this entry"));
  EXPECT_THAT(key_detail({kBobsKey, {6, 0}}), HasSubstr("says position 6; the report says it was created before"));
  EXPECT_THAT(Failure(Verify(Extra({{3, 0}}, {kBobsKey, {7, 0}}))),
              AllOf(StartsWith("author key: key"), HasSubstr("was compromised since")));
  for (const uint32_t revocation : {5U, 6U}) {
    EXPECT_THAT(Failure(Verify(Extra({{8, 0}}, {kBobsKey, {revocation, 0}}))),
                AllOf(StartsWith("author key: key"), HasSubstr("before this entry")));
  }
}

TEST_F(Proofs, CheckpointMustBeTheTrustedLogs) {
  const std::string good = merkle::FormatProofFile(File(Extra()));
  const auto other = *merkle::VerifierKey::Make(kOrigin, NewKey().public_key());
  EXPECT_THAT(Failure(VerifyProof(good, absl::Span<const merkle::VerifierKey>())), HasSubstr("checkpoint: "));
  EXPECT_THAT(Failure(VerifyProof(good, {other})), HasSubstr("checkpoint: "));
  EXPECT_TRUE(VerifyProof(good, {other, verifier_}).passed);

  // A trusted key that signs in another log's name.
  const auto witness = *merkle::VerifierKey::Make("example.org/witness", ledger_key_.public_key());
  merkle::ProofFile file = File(Extra());
  const merkle::Checkpoint checkpoint{kOrigin, reports_.size(), merkle::RootOfLeaves(Leaves(reports_.size()))};
  file.checkpoint = merkle::SignNote(merkle::FormatCheckpoint(checkpoint), witness, ledger_key_).value();
  EXPECT_THAT(Failure(VerifyProof(merkle::FormatProofFile(file), {witness, verifier_})),
              HasSubstr("checkpoint: no trusted key has the name of the log"));

  file.checkpoint = merkle::SignCheckpoint({kOrigin, 4, checkpoint.root}, verifier_, ledger_key_).value();
  EXPECT_THAT(Failure(VerifyProof(merkle::FormatProofFile(file), {verifier_})), HasSubstr("inclusion: "));
  file.checkpoint = merkle::SignNote("no checkpoint\n", verifier_, ledger_key_).value();
  EXPECT_THAT(Failure(VerifyProof(merkle::FormatProofFile(file), {verifier_})), HasSubstr("checkpoint: "));
}

TEST_F(Proofs, InclusionMustFit) {
  merkle::ProofFile file = File(Extra());
  file.index = 3;
  EXPECT_THAT(Failure(VerifyProof(merkle::FormatProofFile(file), {verifier_})), HasSubstr("proof file: "));
  file = File(Extra());
  file.inclusion_path.pop_back();
  EXPECT_THAT(Failure(VerifyProof(merkle::FormatProofFile(file), {verifier_})), HasSubstr("inclusion: "));
}

TEST_F(Proofs, FileMustParse) {
  EXPECT_THAT(Failure(VerifyProof("", {verifier_})), HasSubstr("proof file: "));
  EXPECT_THAT(Failure(VerifyProof(std::string(merkle::kMaxProofFileBytes + 1, 'x'), {verifier_})),
              HasSubstr("proof file: the proof file is longer than"));
  merkle::ProofFile file = File(Extra());
  file.extra = "\xff\xff\xff";
  EXPECT_THAT(Failure(VerifyProof(merkle::FormatProofFile(file), {verifier_})), HasSubstr("proof file: "));
  file.extra.clear();
  EXPECT_THAT(Failure(VerifyProof(merkle::FormatProofFile(file), {verifier_})), HasSubstr("proof file: extra: "));
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
  EXPECT_THAT(Failure(Verify(Extra({{3, 0}}, {kLedgersKey}))), HasSubstr("is not registered to sign reports"));
  // A portion that revokes the key, as if it registered it.
  v1::Portion revocation = KeyPortion(carol_.public_key(), 0);
  revocation.mutable_key()->set_action(v1::Key::REVOKE_SUPERSEDED);
  SwapPortion(reports_[1], 1, revocation);
  reports_[3] = Sign({EntityPortion("Belarus")}, {&carol_});
  EXPECT_THAT(Failure(Verify(Extra({{3, 0}}, {{1, 1}}))), HasSubstr("the file does not prove key"));
  // An entry that registers the key it is signed with.
  reports_[3] = Sign({PrincipalPortion("eve", v1::Principal::ADMIN), KeyPortion(carol_.public_key(), 0)}, {&carol_});
  EXPECT_THAT(Failure(Verify(Extra({{3, 0}}, {{3, 1}}))), HasSubstr("not before the entry"));
  // A key portion that names another key than it holds.
  v1::Portion wrong = KeyPortion(carol_.public_key(), 0);
  wrong.mutable_key()->set_public_key(ledger_key_.public_key().der());
  SwapPortion(reports_[1], 1, wrong);
  reports_[3] = Sign({EntityPortion("Belarus")}, {&carol_});
  EXPECT_THAT(Failure(Verify(Extra({{3, 0}}, {{1, 1}}))), HasSubstr("is not the id of its key"));
}

// Signatures over the changed bytes do not exist, so what verifies says the same, or that it was withheld.
TEST_F(Proofs, EveryFlippedBitAndEveryCutOfADossierIsSeen) {
  const std::string good = merkle::FormatProofFile(File(Dossier()));
  ASSERT_TRUE(VerifyProof(good, {verifier_}).passed) << Failure(VerifyProof(good, {verifier_}));
  // What the base64 of the extra stands for is the next test's.
  const size_t extra_end = good.find("\nindex ");
  for (size_t at = 0; at < good.size(); at += at < extra_end ? 7 : 1) {
    EXPECT_NE(Failure(VerifyProof(good.substr(0, at), {verifier_})), "none") << "cut at " << at;
    for (unsigned bit = 0; bit < 8; ++bit) {
      std::string changed = good;
      changed[at] = static_cast<char>(static_cast<unsigned char>(changed[at]) ^ (1U << bit));
      EXPECT_NE(Failure(VerifyProof(changed, {verifier_})), "none") << "byte " << at << " bit " << bit;
    }
  }
}

// The extra is the part that no signature covers as it stands.
TEST_F(Proofs, EveryFlippedBitAndEveryCutOfTheExtraIsSeen) {
  merkle::ProofFile file = File(Dossier());
  const std::string good = file.extra;
  for (size_t at = 0; at < good.size(); ++at) {
    file.extra = good.substr(0, at);
    EXPECT_NE(Failure(VerifyProof(merkle::FormatProofFile(file), {verifier_})), "none") << "cut at " << at;
    for (unsigned bit = 0; bit < 8; ++bit) {
      file.extra = good;
      file.extra[at] = static_cast<char>(static_cast<unsigned char>(good[at]) ^ (1U << bit));
      EXPECT_NE(Failure(VerifyProof(merkle::FormatProofFile(file), {verifier_})), "none") << at << " bit " << bit;
    }
  }
}

TEST_F(Proofs, PolicyAsksForItsWitnesses) {
  const crypto::PrivateKey witness_key = NewKey();
  const auto witness = *merkle::VerifierKey::Make("example.org/witness", merkle::VerifierKey::Type::kEd25519Cosignature,
                                                  witness_key.public_key().Ed25519Bytes().value());
  const absl::StatusOr<merkle::Policy> policy = merkle::Policy::Parse(
      absl::StrCat("log ", verifier_.ToString(), "\nwitness w1 ", witness.ToString(), "\nquorum w1\n"));
  ASSERT_TRUE(policy.ok()) << policy.status();
  const Trust trust{policy->logs(), *policy, ""};
  merkle::ProofFile file = File(Extra());
  const ProofVerification alone = VerifyProof(merkle::FormatProofFile(file), trust);
  EXPECT_THAT(Failure(alone), StartsWith("cosignatures: "));
  EXPECT_THAT(Steps(alone), ElementsAre("proof file", "checkpoint", "! cosignatures"));
  file.checkpoint = merkle::AddCosignature(file.checkpoint, witness, witness_key, 1'700'000'000).value();
  const ProofVerification cosigned = VerifyProof(merkle::FormatProofFile(file), trust);
  EXPECT_TRUE(cosigned.passed) << Failure(cosigned);
  EXPECT_THAT(DetailsOf(cosigned, "cosignatures"),
              ElementsAre("by example.org/witness at 2023-11-14T22:13:20Z; the quorum of the policy, w1, is met"));
}

class StampedProofs : public Proofs {
 protected:
  v1::CheckpointTimestamp Stamp(const std::string& checkpoint) {
    v1::CheckpointTimestamp stamp;
    stamp.set_checkpoint(checkpoint);
    stamp.set_timestamp(authority_.Answer(*crypto::MakeTimestampRequest(crypto::Sha256(checkpoint))));
    return stamp;
  }
  ProofVerification VerifyStamped(const v1::ProofExtra& extra, const std::string& roots) const {
    return VerifyProof(merkle::FormatProofFile(File(extra)), Trust{{verifier_}, std::nullopt, roots});
  }

  journal::TestDirectory directory_;
  crypto::TestAuthority authority_{directory_.path()};
};

TEST_F(StampedProofs, SayWhenTheEntryWasThere) {
  // 3 entries cover entry 2; 5 cover entries 3 and 4.
  const v1::ProofExtra extra = Dossier({Stamp(Checkpoint(3)), Stamp(Checkpoint(5))});
  const ProofVerification verification = VerifyStamped(extra, authority_.roots());
  EXPECT_TRUE(verification.passed) << Failure(verification);
  EXPECT_THAT(DetailsOf(verification, "time stamp"),
              ElementsAre(HasSubstr("checkpoint of 3 entries"), HasSubstr("checkpoint of 5 entries"),
                          HasSubstr("checkpoint of 5 entries")));
  EXPECT_THAT(DetailsOf(verification, "time stamp")[0], HasSubstr("Test Clock"));

  const ProofVerification unchecked = VerifyStamped(extra, "");
  EXPECT_TRUE(unchecked.passed) << Failure(unchecked);
  EXPECT_EQ(Steps(unchecked).back(), "? time stamp");
  EXPECT_THAT(unchecked.steps.back().detail, HasSubstr("not checked: no trusted authority given"));
}

TEST_F(StampedProofs, SayWhereThereIsNone) {
  const ProofVerification none = VerifyStamped(Dossier(), authority_.roots());
  EXPECT_TRUE(none.passed) << Failure(none);
  EXPECT_EQ(Steps(none).back(), "? time stamp");
  EXPECT_THAT(none.steps.back().detail, HasSubstr("no time stamp that covers this entry"));
  const ProofVerification some = VerifyStamped(Dossier({Stamp(Checkpoint(3))}), authority_.roots());
  EXPECT_TRUE(some.passed) << Failure(some);
  EXPECT_EQ(Steps(some)[10], "time stamp");
  EXPECT_EQ(Steps(some).back(), "? time stamp");
}

TEST_F(StampedProofs, AreRefusedWhereTheyAreNotOfThisProof) {
  const v1::CheckpointTimestamp of_3 = Stamp(Checkpoint(3));
  const v1::CheckpointTimestamp of_5 = Stamp(Checkpoint(5));
  const auto failure = [&](const std::function<void(v1::ProofExtra&)>& change) {
    v1::ProofExtra extra = Dossier({of_3, of_5});
    change(extra);
    return Failure(VerifyStamped(extra, authority_.roots()));
  };
  EXPECT_EQ(failure([](v1::ProofExtra&) {}), "none");
  EXPECT_THAT(failure([&](v1::ProofExtra& extra) {
                extra.mutable_timestamps(0)->mutable_timestamp()->set_timestamp(of_5.timestamp());
              }),
              StartsWith("time stamp: time-stamped checkpoint of 3 entries: "))
      << "the stamp of another checkpoint";
  EXPECT_THAT(failure([&](v1::ProofExtra& extra) { extra.mutable_timestamps()->SwapElements(0, 1); }),
              StartsWith("time stamp: "));
  EXPECT_THAT(failure([&](v1::ProofExtra& extra) { *extra.add_timestamps() = extra.timestamps(1); }),
              StartsWith("time stamp: the time-stamped checkpoints are not in order"));
  EXPECT_THAT(failure([&](v1::ProofExtra& extra) { extra.mutable_timestamps(0)->mutable_nodes()->append(32, 'x'); }),
              StartsWith("time stamp: time-stamped checkpoint of 3 entries: there are more tree nodes"));
  EXPECT_THAT(failure([&](v1::ProofExtra& extra) {
                std::string& note = *extra.mutable_timestamps(0)->mutable_timestamp()->mutable_checkpoint();
                note[note.size() - 9] = note[note.size() - 9] == 'A' ? 'B' : 'A';
              }),
              StartsWith("time stamp: time-stamped checkpoint: "))
      << "the ledger did not sign it";
  // One that the ledger signed over another tree.
  const v1::CheckpointTimestamp forked =
      Stamp(merkle::SignCheckpoint({kOrigin, 3, merkle::LeafHash("other")}, verifier_, ledger_key_).value());
  EXPECT_THAT(failure([&](v1::ProofExtra& extra) { *extra.mutable_timestamps(0)->mutable_timestamp() = forked; }),
              HasSubstr("the entries are not shown to be under it"));
  // One that covers nothing new.
  v1::ProofExtra extra = Dossier({of_3});
  *extra.mutable_timestamps(0)->mutable_timestamp() = Stamp(Checkpoint(1));
  EXPECT_THAT(Failure(VerifyStamped(extra, "")), HasSubstr("covers no entry of the file"));
  // One of an authority that is not trusted.
  journal::TestDirectory elsewhere;
  const crypto::TestAuthority other(elsewhere.path());
  EXPECT_THAT(Failure(VerifyStamped(Dossier({of_3}), other.roots())), StartsWith("time stamp: "));
}

TEST_F(Proofs, NoiseIsAFailedStep) {
  EXPECT_TRUE(rc::check("noise", [this](const std::string& noise) {
    RC_ASSERT(!VerifyProof(noise, {verifier_}).passed);
    merkle::ProofFile file = File(Extra());
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
  EXPECT_EQ(verification.reports.at(0).portions.at(0).content.entity().name(), "Russia");
}

TEST(DossierOfALog, VerifiesWithWhatTheLedgerKnowsOfItsKeys) {
  TestLedger ledger;
  journal::TestDirectory files;
  crypto::TestAuthority authority(files.path());
  ledger.options().timestamps_path = files.path() + "/timestamps";
  const std::unique_ptr<Log> log = ledger.Open();
  const crypto::PrivateKey bob = ledger.Register(*log, "bob", v1::Principal::REPORTER);
  const std::vector<v1::Report> reports = {
      TestLedger::Report({EntityPortion("China"), EntityPortion("Russia"), EntityPortion("Iran")}, bob),
      TestLedger::Report({EntityPortion("Belarus")}, bob), ledger.Report({EntityPortion("Germany")})};
  for (const v1::Report& report : reports) ASSERT_TRUE(log->AppendAndWait(report).ok());
  v1::CheckpointTimestamp stamp;
  stamp.set_checkpoint(log->checkpoint());
  stamp.set_timestamp(authority.Answer(*crypto::MakeTimestampRequest(crypto::Sha256(log->checkpoint()))));
  ASSERT_TRUE(log->AddTimestamp(stamp).ok());
  v1::Portion revocation = KeyPortion(bob.public_key(), 0);
  revocation.mutable_key()->clear_public_key();
  revocation.mutable_key()->clear_principal();
  revocation.mutable_key()->clear_purpose();
  revocation.mutable_key()->set_action(v1::Key::REVOKE_SUPERSEDED);
  ASSERT_TRUE(log->AppendAndWait(ledger.Report({revocation})).ok());

  std::vector<journal::Location> locations;
  for (const auto& [report, index] : std::vector<std::pair<size_t, int>>{{2, 0}, {0, 2}, {0, 0}, {1, 0}, {0, 2}}) {
    locations.push_back(*log->Resolve(crypto::ToHex(*model::IdOf(reports[report].portions(index)))));
  }
  const absl::StatusOr<std::string> proof = log->ProveDossier(locations, [] { return absl::OkStatus(); });
  ASSERT_TRUE(proof.ok()) << proof.status();
  const ProofVerification verification =
      VerifyProof(*proof, Trust{{ledger.directory().verifier_key()}, std::nullopt, authority.roots()});
  ASSERT_TRUE(verification.passed) << Failure(verification);
  ASSERT_EQ(verification.reports.size(), 3U);
  EXPECT_EQ(verification.reports[0].portions.at(0).content.entity().name(), "Germany");
  ASSERT_EQ(verification.reports[1].portions.size(), 2U) << "one was named twice";
  EXPECT_EQ(verification.reports[1].portions[0].content.entity().name(), "Iran");
  EXPECT_EQ(verification.reports[1].portions[1].content.entity().name(), "China");
  EXPECT_THAT(DetailsOf(verification, "author key"),
              ElementsAre(HasSubstr("no revocation"), HasSubstr("superseded at position 5"),
                          HasSubstr("superseded at position 5")));
  EXPECT_THAT(DetailsOf(verification, "time stamp"), testing::Each(HasSubstr("checkpoint of 5 entries")));

  EXPECT_FALSE(log->ProveDossier({}, [] { return absl::OkStatus(); }).ok());
  EXPECT_TRUE(absl::IsCancelled(log->ProveDossier(locations, [] { return absl::CancelledError("gone"); }).status()));
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
