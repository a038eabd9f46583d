#include "ledger/log/audit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/crypto/dsse.h"
#include "ledger/crypto/ml_dsa.h"
#include "ledger/crypto/ml_dsa_vector.h"
#include "ledger/log/stored_report.h"
#include "ledger/log/test_ledger.h"
#include "ledger/merkle/tree_hash.h"
#include "ledger/model/portion.h"

namespace sworn::log {
namespace {

using journal::Location;
using journal::StoredEntry;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Records whatever it is given, checks nothing, and can be damaged.
class MemoryJournal final : public journal::Journal {
 public:
  StoredEntry& Record(const v1::Report& report, absl::Time recorded_at) {
    v1::Report left = report;
    model::ParsedReport parsed;
    EXPECT_TRUE(parsed.header.ParseFromString(report.envelope().payload()));
    parsed.report_id = model::ReportId(report.envelope());
    for (const v1::CarriedPortion& portion : report.portions()) parsed.portion_ids.push_back(*model::IdOf(portion));
    StoredEntry entry = ToStored(left, parsed);
    entry.position = entries.size();
    entry.entry = SerializeEntry(report.envelope(), recorded_at);
    ids.emplace(entry.report_id, Location{Location::Kind::kReport, entry.report_id, entry.position, 0});
    for (uint32_t index = 0; index < entry.portions.size(); ++index) {
      const crypto::Hash& id = entry.portions[index].id;
      const Location location{Location::Kind::kPortion, id, entry.position, index};
      if (!ids.emplace(id, location).second) repeated_ids.emplace(id, location);
      v1::Portion portion;
      const bool parses = portion.ParseFromString(entry.portions[index].content);
      if (parses && (portion.has_key() || portion.has_principal())) registry_positions.insert(entry.position);
    }
    requests[entry.request_key] = entry.position;
    std::vector<merkle::Node> completed;
    tree.Append(merkle::LeafHash(entry.entry), completed);
    for (const merkle::Node& node : completed) nodes[{node.id.level, node.id.index}] = node.hash;
    entries.push_back(std::move(entry));
    return entries.back();
  }

  uint64_t Size() const override { return entries.size(); }
  absl::StatusOr<std::string> ReadEntry(uint64_t position) const override {
    if (position >= entries.size()) return absl::NotFoundError("beyond the log");
    if (lost_entries.contains(position)) return absl::DataLossError("the entry is damaged");
    return entries[position].entry;
  }
  absl::StatusOr<StoredEntry> Read(uint64_t position) const override {
    if (lost_portions.contains(position)) return absl::DataLossError("a portion is damaged");
    const absl::StatusOr<std::string> entry = ReadEntry(position);
    if (!entry.ok()) return entry.status();
    return entries[position];
  }
  absl::StatusOr<journal::StoredPortion> ReadPortion(uint64_t position, uint32_t index) const override {
    if (position >= entries.size() || index >= entries[position].portions.size()) return absl::NotFoundError("portion");
    return entries[position].portions[index];
  }
  absl::StatusOr<std::optional<Location>> Find(const crypto::Hash& id) const override {
    if (index_is_lost) return absl::DataLossError("the index is damaged");
    const auto found = ids.find(id);
    return found == ids.end() ? std::nullopt : std::optional<Location>(found->second);
  }
  absl::StatusOr<std::vector<Location>> FindByPrefix(std::string_view, size_t) const override { return NotUsed(); }
  absl::StatusOr<std::optional<uint64_t>> FindRequest(std::string_view request_key) const override {
    if (index_is_lost) return absl::DataLossError("the index is damaged");
    const auto found = requests.find(std::string(request_key));
    return found == requests.end() ? std::nullopt : std::optional<uint64_t>(found->second);
  }
  absl::StatusOr<std::vector<uint64_t>> RegistryPositions() const override {
    if (index_is_lost) return absl::DataLossError("the index is damaged");
    return std::vector<uint64_t>(registry_positions.begin(), registry_positions.end());
  }
  absl::Status ScanIds(const std::function<bool(const Location&)>& visit) const override {
    if (index_is_lost) return absl::DataLossError("the index is damaged");
    for (const auto& [id, location] : ids) {
      if (!visit(location)) break;
      const auto [first, end] = repeated_ids.equal_range(id);
      for (auto repeated = first; repeated != end; ++repeated) visit(repeated->second);
    }
    return absl::OkStatus();
  }
  absl::Status ScanRequests(const std::function<bool(std::string_view, uint64_t)>& visit) const override {
    if (index_is_lost) return absl::DataLossError("the index is damaged");
    for (const auto& [request_key, position] : requests) {
      if (!visit(request_key, position)) break;
    }
    return absl::OkStatus();
  }
  absl::StatusOr<crypto::Hash> ReadNode(merkle::NodeId id) const override {
    const auto found = nodes.find({id.level, id.index});
    if (found == nodes.end()) return absl::DataLossError(absl::StrCat("node ", id.level, "/", id.index, " is lost"));
    return found->second;
  }
  absl::StatusOr<std::string> LoadCheckpoint() const override {
    if (index_is_lost) return absl::DataLossError("the checkpoint is damaged");
    return checkpoint;
  }
  absl::Status Append(uint64_t, const journal::Group&) override { return NotUsed(); }
  absl::Status StoreCheckpoint(std::string_view) override { return NotUsed(); }

  std::vector<StoredEntry> entries;
  std::map<crypto::Hash, Location> ids;
  std::multimap<crypto::Hash, Location> repeated_ids;  // later places of the same portion
  std::map<std::string, uint64_t> requests;
  std::set<uint64_t> registry_positions;
  std::map<std::pair<uint8_t, uint64_t>, crypto::Hash> nodes;
  std::string checkpoint;
  merkle::Tree tree;
  std::set<uint64_t> lost_entries;
  std::set<uint64_t> lost_portions;
  bool index_is_lost = false;

 private:
  static absl::Status NotUsed() { return absl::UnimplementedError("an audit does not ask for this"); }
};

std::vector<std::string> ChecksOf(const AuditReport& report) {
  std::vector<std::string> checks;
  for (const Finding& finding : report.findings) {
    checks.push_back(finding.position.has_value() ? absl::StrCat(finding.check, " ", *finding.position)
                                                  : finding.check);
  }
  return checks;
}

// Entry 0 registers alice, entry 1 bob, entries 2 to 6 hold what they say.
class Audit : public testing::Test {
 protected:
  Audit() {
    Record(*BuildGenesis(verifier_, ledger_key_, "alice", alice_, {}, kStart));
    Record(Sign({PrincipalPortion("bob", v1::Principal::REPORTER), KeyPortion(bob_.public_key(), 0)}, alice_));
    for (int number = 0; number < 5; ++number) {
      Record(Sign({EntityPortion(absl::StrCat("one ", number)), EntityPortion(absl::StrCat("two ", number))},
                  number % 2 == 0 ? alice_ : bob_));
    }
    journal_.checkpoint = SignHead();
  }

  v1::Report Sign(const std::vector<v1::Portion>& portions, const crypto::PrivateKey& key) const {
    model::ReportBuilder builder;
    for (const v1::Portion& portion : portions) builder.Add(portion);
    return builder.Sign({&key}, kStart).value();
  }
  StoredEntry& Record(const v1::Report& report) {
    return journal_.Record(report, kStart + absl::Seconds(static_cast<int64_t>(journal_.entries.size())));
  }
  std::string SignHead() const {
    return merkle::SignCheckpoint({verifier_.name(), journal_.tree.size(), journal_.tree.Root()}, verifier_,
                                  ledger_key_)
        .value();
  }
  AuditReport Run(const std::string& signed_checkpoint) const {
    AuditOptions options;
    options.checkpoints = {{"the published checkpoint", signed_checkpoint}};
    options.threads = 3;
    return AuditJournal(journal_, verifier_, options);
  }
  AuditReport Run() const { return Run(published_); }
  std::vector<std::string> Checks() const { return ChecksOf(Run()); }

  const absl::Time kStart = absl::FromUnixSeconds(1'700'000'000);
  const crypto::PrivateKey ledger_key_ = NewKey();
  const merkle::VerifierKey verifier_ = *merkle::VerifierKey::Make("example.org/ledger", ledger_key_.public_key());
  const crypto::PrivateKey alice_ = NewKey();
  const crypto::PrivateKey bob_ = NewKey(v1::Signature::ECDSA_P256_SHA256);
  MemoryJournal journal_;
  std::string published_;
};

TEST_F(Audit, FindsNothingInAnIntactRecord) {
  published_ = SignHead();
  std::vector<std::pair<uint64_t, uint64_t>> progress;
  AuditOptions options;
  options.checkpoints = {{"the published checkpoint", published_}};
  options.progress = [&](uint64_t done, uint64_t total) { progress.emplace_back(done, total); };
  const AuditReport report = AuditJournal(journal_, verifier_, options);
  EXPECT_THAT(ChecksOf(report), IsEmpty());
  EXPECT_EQ(report.counts.entries, 7U);
  EXPECT_EQ(report.counts.portions, 4U + 2U + 5U * 2U);
  EXPECT_EQ(report.counts.signatures, 2U + 6U);
  EXPECT_EQ(report.counts.nodes, 7U + 3U + 1U);
  EXPECT_EQ(report.checkpoint.size, 7U);
  EXPECT_EQ(report.checkpoint.root, journal_.tree.Root());
  EXPECT_EQ(progress.back(), std::pair(uint64_t{7}, uint64_t{7}));
}

TEST_F(Audit, CountsSignaturesItCannotVerifyApart) {
  if (crypto::HasMlDsa44()) GTEST_SKIP() << crypto::OpensslVersion() << " has ML-DSA-44";
  const auto key = crypto::PublicKey::FromDer(*crypto::FromHex(crypto::ml_dsa_vector::kPublicKeyDer));
  Record(Sign({PrincipalPortion("carol", v1::Principal::REPORTER), KeyPortion(*key, 0)}, alice_));
  v1::Report report = Sign({EntityPortion("three")}, alice_);
  v1::Signature& signature = *report.mutable_envelope()->add_signatures();
  signature.set_key_id(std::string(crypto::AsBytes(key->key_id())));
  signature.set_algorithm(v1::Signature::ML_DSA_44);
  signature.set_signature(std::string(crypto::kMlDsa44SignatureBytes, 's'));
  Record(report);
  const AuditReport audited = Run(SignHead());
  EXPECT_THAT(ChecksOf(audited), IsEmpty());
  EXPECT_EQ(audited.counts.signatures, 2U + 6U + 2U);
  EXPECT_EQ(audited.counts.unchecked_signatures, 1U);
}

TEST_F(Audit, AnEmptyLogIsIntact) {
  const MemoryJournal empty;
  const AuditReport report = AuditJournal(empty, verifier_, {});
  EXPECT_THAT(report.findings, IsEmpty());
  EXPECT_EQ(report.checkpoint.root, merkle::EmptyRoot());
}

TEST_F(Audit, ErasedPortionsAreIntact) {
  journal_.entries[2].portions[1].salt.clear();
  journal_.entries[2].portions[1].content.clear();
  EXPECT_THAT(Checks(), IsEmpty());
}

TEST_F(Audit, TheSamePortionInTwoReportsIsIntact) {
  v1::Report report = Sign({EntityPortion("one")}, alice_);
  Record(report);
  v1::ReportHeader header;
  header.ParseFromString(report.envelope().payload());
  header.set_request_id("again");
  report.mutable_envelope()->set_payload(header.SerializeAsString());
  report.mutable_envelope()->clear_signatures();
  ASSERT_TRUE(crypto::SignEnvelope(alice_, *report.mutable_envelope()).ok());
  Record(report);
  EXPECT_THAT(Checks(), IsEmpty());
}

TEST_F(Audit, EveryFlippedBitOfAnEntryIsFound) {
  std::string& entry = journal_.entries[3].entry;
  for (size_t at = 0; at < entry.size(); ++at) {
    const char was = entry[at];
    entry[at] = static_cast<char>(static_cast<unsigned char>(was) ^ (1U << at % 8));
    const AuditReport report = Run();
    EXPECT_THAT(ChecksOf(report), testing::Contains("leaf 3")) << "byte " << at;
    for (const Finding& finding : report.findings) {
      // Entry 1 is not concerned, but entry 3 may seem to concern the registry or not to be found.
      EXPECT_EQ(finding.position, 3U) << finding.check << ": " << finding.detail;
    }
    entry[at] = was;
  }
}

TEST_F(Audit, EveryFlippedBitOfAPortionIsFound) {
  journal::StoredPortion& portion = journal_.entries[4].portions[1];
  for (std::string* bytes : {&portion.salt, &portion.content}) {
    for (char& byte : *bytes) {
      const char was = byte;
      byte = static_cast<char>(static_cast<unsigned char>(was) ^ 0x10U);
      const AuditReport report = Run();
      ASSERT_THAT(ChecksOf(report), ElementsAre("portion 4"));
      EXPECT_THAT(report.findings[0].detail, HasSubstr(crypto::ToHex(portion.id)));
      byte = was;
    }
  }
}

TEST_F(Audit, MixedUpPortionsAreFound) {
  std::swap(journal_.entries[4].portions[0], journal_.entries[4].portions[1]);
  EXPECT_THAT(Checks(), ElementsAre("portion root 4", "index 4", "index 4", "index 4", "index 4"))
      << "two rows are missing, two are too many";
  journal_.entries[4].portions.pop_back();
  EXPECT_THAT(Checks(), ElementsAre("portion root 4", "index 4", "index 4", "index 4"));
}

TEST_F(Audit, ReplacedEntryIsFoundEvenWithItsLeaf) {
  MemoryJournal other;
  for (int count = 0; count < 3; ++count) other.Record(Sign({EntityPortion("two")}, alice_), kStart);
  StoredEntry replaced = other.entries[2];
  replaced.position = 3;
  journal_.nodes[{0, 3}] = merkle::LeafHash(replaced.entry);
  journal_.ids.erase(journal_.entries[3].report_id);
  for (const journal::StoredPortion& portion : journal_.entries[3].portions) journal_.ids.erase(portion.id);
  journal_.requests.erase(journal_.entries[3].request_key);
  journal_.ids[replaced.report_id] = {Location::Kind::kReport, replaced.report_id, 3, 0};
  journal_.ids[replaced.portions[0].id] = {Location::Kind::kPortion, replaced.portions[0].id, 3, 0};
  journal_.requests[replaced.request_key] = 3;
  journal_.entries[3] = replaced;
  published_ = SignHead();
  // Recorded at the start, so the order is wrong too. Both checkpoints show it.
  EXPECT_THAT(Checks(), ElementsAre("node 3", "node 3", "order 3", "checkpoint", "checkpoint"));
}

TEST_F(Audit, WrongNodesAreFound) {
  journal_.nodes[{1, 2}][0] ^= 1U;
  EXPECT_THAT(Checks(), ElementsAre("node 5"));
  journal_.nodes.erase({1, 2});
  EXPECT_THAT(Checks(), ElementsAre("storage 5"));
}

TEST_F(Audit, GoesOnBehindWhatCannotBeRead) {
  journal_.lost_portions = {2};
  EXPECT_THAT(Checks(), ElementsAre("storage 2"));
  journal_.lost_entries = {2, 4};
  EXPECT_THAT(Checks(), ElementsAre("storage 2", "storage 4"));
  journal_.nodes.erase({0, 4});
  EXPECT_THAT(Checks(), ElementsAre("storage 2", "storage 4", "leaf 4"));
  EXPECT_EQ(Run().counts.entries, 5U);
  EXPECT_EQ(Run().checkpoint.size, 0U);
}

TEST_F(Audit, LostIndexesAreFound) {
  journal_.index_is_lost = true;
  const AuditReport report = Run();
  EXPECT_FALSE(report.findings.empty());
  for (const Finding& finding : report.findings) EXPECT_EQ(finding.check, "storage") << finding.detail;
}

TEST_F(Audit, WrongIndexesAreFound) {
  const StoredEntry& entry = journal_.entries[5];
  journal_.ids.erase(entry.report_id);
  EXPECT_THAT(Checks(), ElementsAre("index 5"));
  journal_.ids[entry.report_id] = {Location::Kind::kReport, entry.report_id, 4, 0};
  EXPECT_THAT(Checks(), ElementsAre("index 4", "index 5"));
  journal_.ids[entry.report_id] = {Location::Kind::kReport, entry.report_id, 5, 0};
  journal_.ids[entry.portions[0].id].position = 4;
  EXPECT_THAT(Checks(), ElementsAre("index 4", "index 5"));
  journal_.ids[entry.portions[0].id].position = 5;
  journal_.requests.erase(entry.request_key);
  EXPECT_THAT(Checks(), ElementsAre("index 5"));
  journal_.requests[entry.request_key] = 4;
  EXPECT_THAT(Checks(), ElementsAre("index 4", "index 5"));
  journal_.requests[entry.request_key] = 5;
  journal_.requests["nobody's"] = 6;
  EXPECT_THAT(Checks(), ElementsAre("index 6"));
  journal_.requests.erase("nobody's");
  journal_.registry_positions = {0, 5};
  EXPECT_THAT(Checks(), ElementsAre("index 1", "index 5"));
}

TEST_F(Audit, TimeThatRunsBackIsFound) {
  journal_.Record(Sign({EntityPortion("late")}, alice_), kStart + absl::Hours(1));
  journal_.Record(Sign({EntityPortion("early")}, alice_), kStart);
  journal_.Record(Sign({EntityPortion("late again")}, alice_), kStart + absl::Hours(1));
  EXPECT_THAT(Checks(), ElementsAre("order 8"));
}

TEST_F(Audit, WrongSignaturesAreFound) {
  v1::Report report = Sign({EntityPortion("one")}, alice_);
  std::string& signature = *report.mutable_envelope()->mutable_signatures(0)->mutable_signature();
  signature[10] = static_cast<char>(~signature[10]);
  const StoredEntry& entry = Record(report);
  const AuditReport audit = Run();
  ASSERT_THAT(ChecksOf(audit), ElementsAre("signature 7"));
  EXPECT_THAT(audit.findings[0].detail, HasSubstr(crypto::ToHex(entry.report_id)));
}

TEST_F(Audit, WrongSignatureOfTheFirstEntryIsFound) {
  MemoryJournal journal;
  v1::Report genesis = *BuildGenesis(verifier_, ledger_key_, "alice", alice_, {}, kStart);
  std::string& signature = *genesis.mutable_envelope()->mutable_signatures(0)->mutable_signature();
  signature[10] = static_cast<char>(~signature[10]);
  journal.Record(genesis, kStart);
  EXPECT_THAT(ChecksOf(AuditJournal(journal, verifier_, {})), ElementsAre("signature 0"));
}

TEST_F(Audit, LogOfAnotherLedgerIsFound) {
  const crypto::PrivateKey other = NewKey();
  const merkle::VerifierKey verifier = *merkle::VerifierKey::Make("example.org/ledger", other.public_key());
  EXPECT_THAT(ChecksOf(AuditJournal(journal_, verifier, {})), ElementsAre("authorisation 0", "checkpoint"));
}

TEST_F(Audit, UnauthorisedReportsAreFound) {
  // A key that is not registered; a reporter who registers a key; a reporter who retracts what alice said.
  const crypto::PrivateKey mallory = NewKey();
  Record(Sign({EntityPortion("stranger")}, mallory));
  Record(Sign({PrincipalPortion("mallory", v1::Principal::ADMIN), KeyPortion(mallory.public_key(), 0)}, bob_));
  Record(Sign({RetractPortion(ById(journal_.entries[2].portions[0].id), "no")}, bob_));
  Record(Sign({RetractPortion(ById(journal_.entries[3].portions[0].id), "mine")}, bob_));
  Record(Sign({EntityPortion("still a stranger")}, mallory));
  EXPECT_THAT(Checks(), ElementsAre("authorisation 7", "authorisation 8", "authorisation 9", "authorisation 11"));
}

TEST_F(Audit, RightsAreThoseOfTheirTime) {
  v1::Portion revocation = KeyPortion(bob_.public_key(), 0);
  revocation.mutable_key()->clear_public_key();
  revocation.mutable_key()->clear_principal();
  revocation.mutable_key()->clear_purpose();
  revocation.mutable_key()->set_action(v1::Key::REVOKE_SUPERSEDED);
  Record(Sign({revocation}, alice_));
  EXPECT_THAT(Checks(), IsEmpty()) << "what bob signed before stays good";
  Record(Sign({EntityPortion("too late")}, bob_));
  EXPECT_THAT(Checks(), ElementsAre("authorisation 8"));
}

TEST_F(Audit, MalformedReportsAreFound) {
  // Signed, but without a marking: no ledger takes that.
  v1::Portion unmarked = EntityPortion("one");
  unmarked.clear_marking();
  v1::Report report = Sign({EntityPortion("one")}, alice_);
  v1::ReportHeader header;
  header.ParseFromString(report.envelope().payload());
  report.mutable_portions(0)->set_content(unmarked.SerializeAsString());
  header.set_portions_root(std::string(crypto::AsBytes(*model::PortionsRoot(report.portions()))));
  report.mutable_envelope()->set_payload(header.SerializeAsString());
  report.mutable_envelope()->clear_signatures();
  ASSERT_TRUE(crypto::SignEnvelope(alice_, *report.mutable_envelope()).ok());
  Record(report);
  EXPECT_THAT(Checks(), ElementsAre("report 7"));
}

TEST_F(Audit, CheckpointsAreCompared) {
  const std::string before = SignHead();
  Record(Sign({EntityPortion("more")}, alice_));
  EXPECT_THAT(ChecksOf(Run(before)), IsEmpty()) << "the log continues it";
  const std::string after = SignHead();
  EXPECT_THAT(ChecksOf(Run(after)), IsEmpty());

  journal_.entries.pop_back();
  journal_.registry_positions = {0, 1};
  const AuditReport lost = Run(after);
  ASSERT_THAT(ChecksOf(lost), ElementsAre("index 7", "index 7", "index 7", "checkpoint"));
  EXPECT_THAT(lost.findings.back().detail, HasSubstr("over 8 entries, the log has only 7"));
  std::erase_if(journal_.ids, [](const auto& row) { return row.second.position == 7; });
  std::erase_if(journal_.requests, [](const auto& row) { return row.second == 7; });

  const auto sign = [&](uint64_t size, const crypto::Hash& root) {
    return merkle::SignCheckpoint({verifier_.name(), size, root}, verifier_, ledger_key_).value();
  };
  EXPECT_THAT(ChecksOf(Run(sign(5, merkle::LeafHash("other")))), ElementsAre("checkpoint"));
  EXPECT_THAT(ChecksOf(Run(sign(0, merkle::LeafHash("other")))), ElementsAre("checkpoint"));
  EXPECT_THAT(ChecksOf(Run(sign(0, merkle::EmptyRoot()))), IsEmpty());
  EXPECT_THAT(ChecksOf(Run("no note")), ElementsAre("checkpoint"));
  std::string forged = before;
  forged[forged.size() - 10] = forged[forged.size() - 10] == 'A' ? 'B' : 'A';
  EXPECT_THAT(ChecksOf(Run(forged)), ElementsAre("checkpoint"));
  journal_.checkpoint = "no note";
  EXPECT_THAT(Checks(), ElementsAre("checkpoint"));
}

TEST_F(Audit, FindingsDoNotDependOnTheNumberOfThreads) {
  for (int count = 0; count < 600; ++count) Record(Sign({EntityPortion(absl::StrCat("more ", count))}, alice_));
  journal_.checkpoint = SignHead();
  for (const uint64_t position : {300U, 9U, 601U}) journal_.entries[position].entry[20] ^= 1;
  journal_.entries[400].portions[0].content[5] ^= 1;
  journal_.nodes[{3, 40}][0] ^= 1U;
  journal_.ids.erase(journal_.entries[520].report_id);
  AuditOptions options;
  options.threads = 1;
  const AuditReport one = AuditJournal(journal_, verifier_, options);
  EXPECT_THAT(ChecksOf(one),
              testing::IsSupersetOf({"leaf 9", "leaf 300", "node 327", "portion 400", "index 520", "leaf 601"}));
  EXPECT_TRUE(std::is_sorted(one.findings.begin(), one.findings.end(),
                             [](const Finding& left, const Finding& right) { return left.position < right.position; }));
  for (const size_t threads : {2U, 3U, 8U}) {
    options.threads = threads;
    const AuditReport many = AuditJournal(journal_, verifier_, options);
    ASSERT_EQ(many.findings.size(), one.findings.size());
    for (size_t at = 0; at < one.findings.size(); ++at) EXPECT_EQ(many.findings[at].detail, one.findings[at].detail);
  }
}

// An audit that stopped after its first chunk, and its state.
class ResumedAudit : public Audit {
 protected:
  ResumedAudit() {
    for (int count = 0; count < 600; ++count) Record(Sign({EntityPortion(absl::StrCat("more ", count))}, alice_));
    journal_.checkpoint = SignHead();
    options_.checkpoints = {{"an early checkpoint", early_}, {"the published checkpoint", SignHead()}};
  }
  AuditState Stop() {
    AuditOptions options = options_;
    std::optional<AuditState> state;
    options.should_stop = [] { return true; };
    options.save_state = [&](const AuditState& saved) { state = saved; };
    const AuditReport stopped = AuditJournal(journal_, verifier_, options);
    EXPECT_TRUE(stopped.stopped);
    EXPECT_EQ(stopped.checkpoint.size, 256U);
    EXPECT_EQ(stopped.counts.entries, 256U);
    EXPECT_TRUE(state.has_value());
    return state.value_or(AuditState());
  }
  AuditReport Resume(const AuditState& state) {
    options_.resume_from = state;
    return AuditJournal(journal_, verifier_, options_);
  }
  const std::string early_ = SignHead();
  AuditOptions options_;
};

TEST_F(ResumedAudit, EndsAsOneThatWasNeverStopped) {
  journal_.entries[5].portions[0].content[5] ^= 1;
  journal_.entries[500].portions[0].content[5] ^= 1;
  journal_.ids.erase(journal_.entries[7].report_id);
  const AuditReport whole = AuditJournal(journal_, verifier_, options_);
  const AuditReport resumed = Resume(Stop());
  EXPECT_THAT(ChecksOf(whole), ElementsAre("portion 5", "index 7", "portion 500"));
  EXPECT_EQ(ChecksOf(resumed), ChecksOf(whole));
  EXPECT_EQ(resumed.resumed_from, 256U);
  EXPECT_EQ(resumed.checkpoint.root, whole.checkpoint.root);
  EXPECT_EQ(resumed.counts.entries, whole.counts.entries);
  EXPECT_EQ(resumed.counts.signatures, whole.counts.signatures);
  EXPECT_EQ(resumed.counts.index_rows, whole.counts.index_rows);
  EXPECT_EQ(resumed.counts.checkpoints, whole.counts.checkpoints);
}

TEST_F(ResumedAudit, StopsWhereTheJournalDoesNotBearTheStateOut) {
  const AuditState state = Stop();
  AuditState other = state;
  other.root[0] ^= 1U;
  EXPECT_THAT(ChecksOf(Resume(other)), ElementsAre("resume"));
  other = state;
  other.size = 1'000;
  EXPECT_THAT(ChecksOf(Resume(other)), ElementsAre("resume"));
  journal_.nodes[{8, 0}][0] ^= 1U;
  EXPECT_THAT(ChecksOf(Resume(state)), ElementsAre("resume"));
  journal_.nodes[{8, 0}][0] ^= 1U;
  journal_.entries[1].portions[0].content[5] ^= 1;
  EXPECT_THAT(ChecksOf(Resume(state)), ElementsAre("resume")) << "the registry is folded again";
}

TEST_F(Audit, ReceiptsAreHeldAgainstTheLog) {
  const merkle::NodeReader read_node = [this](merkle::NodeId id) { return journal_.ReadNode(id); };
  SavedReceipt saved{"saved", {}};
  saved.receipt.set_position(4);
  saved.receipt.set_report_id(std::string(crypto::AsBytes(journal_.entries[4].report_id)));
  saved.receipt.set_entry(journal_.entries[4].entry);
  saved.receipt.set_checkpoint(SignHead());
  const std::vector<crypto::Hash> path = merkle::InclusionPath(4, 7, read_node).value();
  for (const crypto::Hash& hash : path) {
    saved.receipt.add_inclusion_path(std::string(crypto::AsBytes(hash)));
  }
  const auto checks = [&](const v1::Receipt& receipt) {
    AuditOptions options;
    options.receipts = {{"saved", receipt}};
    return ChecksOf(AuditJournal(journal_, verifier_, options));
  };
  EXPECT_THAT(checks(saved.receipt), IsEmpty());
  v1::Receipt forged = saved.receipt;
  forged.set_position(5);
  EXPECT_THAT(checks(forged), ElementsAre("receipt 5"));
  forged = saved.receipt;
  forged.set_entry(journal_.entries[3].entry);
  EXPECT_THAT(checks(forged), ElementsAre("receipt 4"));
  forged = saved.receipt;
  forged.set_report_id(std::string(crypto::AsBytes(journal_.entries[3].report_id)));
  EXPECT_THAT(checks(forged), ElementsAre("receipt 4"));
  forged = saved.receipt;
  forged.mutable_checkpoint()->back() = 'x';
  EXPECT_THAT(checks(forged), ElementsAre("receipt 4"));

  // Another log under the same key, in which entry 4 was never recorded.
  MemoryJournal other;
  for (const StoredEntry& entry : journal_.entries) {
    if (entry.position != 4) other.Record(*ToReport(entry), kStart);
  }
  AuditOptions options;
  EXPECT_THAT(ChecksOf(AuditJournal(other, verifier_, options)), IsEmpty()) << "by itself it is sound";
  options.receipts = {saved};
  EXPECT_THAT(ChecksOf(AuditJournal(other, verifier_, options)), ElementsAre("receipt 4", "checkpoint"));
}

TEST_F(Audit, FindingsAreBounded) {
  for (int count = 0; count < 1'100; ++count) Record(Sign({EntityPortion("stranger")}, NewKey()));
  const AuditReport report = Run();
  EXPECT_EQ(report.findings.size(), 1'000U);
  EXPECT_EQ(report.findings.back().check, "limit");
  EXPECT_EQ(report.counts.entries, 1'107U);
}

TEST(AuditOfALog, FindsNothingInWhatTheLogRecorded) {
  TestLedger ledger;
  const std::unique_ptr<Log> log = ledger.Open();
  const crypto::PrivateKey bob = ledger.Register(*log, "bob", v1::Principal::REPORTER);
  for (int count = 0; count < 20; ++count) {
    const v1::Report report = count % 2 == 0 ? ledger.Report({EntityPortion(absl::StrCat(count))})
                                             : TestLedger::Report({EntityPortion(absl::StrCat(count))}, bob);
    ASSERT_TRUE(log->AppendAndWait(report).ok());
  }
  AuditOptions options;
  options.checkpoints = {{"the last checkpoint", log->checkpoint()}};
  const AuditReport report = AuditJournal(log->journal(), ledger.directory().verifier_key(), options);
  EXPECT_THAT(ChecksOf(report), IsEmpty());
  EXPECT_EQ(report.counts.entries, 22U);
  EXPECT_EQ(merkle::FormatCheckpoint(report.checkpoint),
            merkle::FormatCheckpoint(*merkle::OpenCheckpoint(log->checkpoint(), ledger.directory().verifier_key())));
}

}  // namespace
}  // namespace sworn::log
