#include "ledger/merkle/policy.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "ledger/crypto/ml_dsa.h"
#include "ledger/merkle/tree_hash.h"

namespace sworn::merkle {
namespace {

using Type = VerifierKey::Type;

constexpr const char* kOrigin = "sworn.example/ledger";
constexpr uint64_t kTime = 1'679'315'147;

struct Log {
  explicit Log(const std::string& name)
      : key(crypto::PrivateKey::Generate(v1::Signature::ED25519).value()),
        verifier(VerifierKey::Make(name, key.public_key()).value()) {}
  std::string Sign(const Checkpoint& checkpoint) const {
    return SignNote(FormatCheckpoint(checkpoint), verifier, key).value();
  }
  crypto::PrivateKey key;
  VerifierKey verifier;
};

struct Witness {
  explicit Witness(const std::string& name)
      : key(crypto::PrivateKey::Generate(v1::Signature::ED25519).value()),
        verifier(VerifierKey::Make(name, Type::kEd25519Cosignature, key.public_key().Ed25519Bytes().value()).value()) {}
  std::string Cosign(const std::string& note, uint64_t time = kTime) const {
    return AddCosignature(note, verifier, key, time).value();
  }
  std::string vkey() const { return verifier.ToString(); }
  crypto::PrivateKey key;
  VerifierKey verifier;
};

VerifierKey MlDsaKey(const std::string& name, char fill) {
  return VerifierKey::Make(name, Type::kMlDsa44Cosignature, std::string(crypto::kMlDsa44PublicKeyBytes, fill)).value();
}

// One log and six witnesses for all tests.
class PolicyTest : public testing::Test {
 public:
  static const Log& log() {
    static const Log log(kOrigin);
    return log;
  }
  static const std::vector<Witness>& witnesses() {
    static const std::vector<Witness> witnesses = {Witness("x1.example"), Witness("x2.example"), Witness("x3.example"),
                                                   Witness("y1.example"), Witness("y2.example"), Witness("y3.example")};
    return witnesses;
  }
  static Checkpoint checkpoint() { return {kOrigin, 12, LeafHash("root")}; }
  // The checkpoint with the cosignatures of some of the witnesses.
  static std::string Note(const std::vector<size_t>& cosigned = {}) {
    std::string note = log().Sign(checkpoint());
    for (const size_t witness : cosigned) note = witnesses()[witness].Cosign(note);
    return note;
  }
  // The example of the specification, with keys in place of "<vkey>".
  static std::string Example() {
    std::string text =
        "log <vkey>\n"
        "\n"
        "witness X1 <vkey>\n"
        "witness X2 <vkey>\n"
        "witness X3 <vkey>\n"
        "group X-witnesses 2 X1 X2 X3\n"
        "\n"
        "witness Y1 <vkey>\n"
        "witness Y2 <vkey>\n"
        "witness Y3 <vkey>\n"
        "group Y-witnesses any Y1 Y2 Y3\n"
        "\n"
        "group X-and-Y all X-witnesses Y-witnesses\n"
        "quorum X-and-Y\n";
    std::vector<std::string> keys = {log().verifier.ToString()};
    for (const Witness& witness : witnesses()) keys.push_back(witness.vkey());
    for (const std::string& key : keys) text.replace(text.find("<vkey>"), 6, key);
    return text;
  }
  // A log, witnesses "w0" to "w5", and what follows.
  static std::string WithWitnesses(const std::string& rest) {
    std::string text = absl::StrCat("log ", log().verifier.ToString(), "\n");
    for (size_t at = 0; at < witnesses().size(); ++at) {
      absl::StrAppend(&text, "witness w", at, " ", witnesses()[at].vkey(), "\n");
    }
    return absl::StrCat(text, rest);
  }
};

TEST_F(PolicyTest, TheSpecificationsExampleHolds) {
  const auto policy = Policy::Parse(Example());
  ASSERT_TRUE(policy.ok()) << policy.status();
  EXPECT_EQ(policy->logs().size(), 1U);
  EXPECT_EQ(policy->quorum(), "X-and-Y");
  // At least two of the X-witnesses (0 to 2), and at least one of the Y-witnesses (3 to 5).
  for (const std::vector<size_t>& enough :
       std::vector<std::vector<size_t>>{{0, 1, 3}, {1, 2, 5}, {4, 2, 0}, {0, 1, 2, 3}, {0, 1, 2, 3, 4, 5}}) {
    const auto trusted = policy->OpenCheckpoint(Note(enough));
    ASSERT_TRUE(trusted.ok()) << trusted.status();
    EXPECT_EQ(trusted->checkpoint.size, 12U);
    EXPECT_EQ(trusted->checkpoint.root, LeafHash("root"));
    EXPECT_EQ(trusted->cosignatures.size(), enough.size());
  }
  for (const std::vector<size_t>& too_few :
       std::vector<std::vector<size_t>>{{}, {0}, {3}, {0, 1}, {0, 1, 2}, {0, 3}, {2, 3, 4, 5}, {3, 4, 5}}) {
    EXPECT_EQ(policy->OpenCheckpoint(Note(too_few)).status().code(), absl::StatusCode::kFailedPrecondition);
  }
}

TEST_F(PolicyTest, SaysWhichCosignaturesAreMissed) {
  const Policy policy = Policy::Parse(Example()).value();
  const std::string message(policy.OpenCheckpoint(Note({2, 4})).status().message());
  for (const std::string part :
       {"the policy needs X-and-Y, and these have: X3, Y2;", "X-and-Y needs 2 of X-witnesses, Y-witnesses and has 1",
        "X-witnesses needs 2 of X1, X2, X3 and has 1"}) {
    EXPECT_TRUE(absl::StrContains(message, part)) << message;
  }
  EXPECT_FALSE(absl::StrContains(message, "Y-witnesses needs")) << message;
  EXPECT_TRUE(absl::StrContains(policy.OpenCheckpoint(Note()).status().message(), "these have: none;"));
}

TEST_F(PolicyTest, AQuorumIsNoneOrAWitnessOrAGroup) {
  EXPECT_TRUE(Policy::Parse(WithWitnesses("quorum none\n"))->OpenCheckpoint(Note()).ok());
  EXPECT_EQ(Policy::Parse(WithWitnesses("quorum none\n"))->OpenCheckpoint(Note({1}))->cosignatures.size(), 1U);
  const Policy one = Policy::Parse(WithWitnesses("quorum w1\n")).value();
  EXPECT_TRUE(one.OpenCheckpoint(Note({1})).ok());
  EXPECT_FALSE(one.OpenCheckpoint(Note({0, 2, 3, 4, 5})).ok());
  // A member of a group may be the quorum, and lines may follow it.
  const Policy member = Policy::Parse(WithWitnesses("group g all w0 w1\nquorum w1\ngroup h any g w2\n")).value();
  EXPECT_TRUE(member.OpenCheckpoint(Note({1})).ok());
}

TEST_F(PolicyTest, WhitespaceAndCommentsAreFree) {
  const std::string vkey = witnesses()[0].vkey();
  const auto policy = Policy::Parse(absl::StrCat("# a comment\n \t# \xff another, not in UTF-8\n\n \t \n#\n",  //
                                                 "\tlog \t", log().verifier.ToString(), "\thttps://sworn.example/\t\n",
                                                 "  witness  none-of-these \t", vkey, " https://\xc3\xa9.example \n",
                                                 "group\tg\t1\tnone-of-these\n", " quorum g \n", "# the end\n"));
  ASSERT_TRUE(policy.ok()) << policy.status();
  EXPECT_TRUE(policy->OpenCheckpoint(Note({0})).ok());
  EXPECT_FALSE(policy->OpenCheckpoint(Note({1})).ok());
}

TEST_F(PolicyTest, NamesAreOpaqueOctets) {
  // Not UTF-8; and a Kelvin sign is no K.
  const std::string text = absl::StrCat("witness K ", witnesses()[0].vkey(), "\nwitness \xe2\x84\xaa ",
                                        witnesses()[1].vkey(), "\nwitness \xff ", witnesses()[2].vkey(), "\n");
  EXPECT_TRUE(Policy::Parse(absl::StrCat(text, "group g 3 \xff \xe2\x84\xaa K\nquorum g\n")).ok());
  EXPECT_FALSE(Policy::Parse(absl::StrCat(text, "quorum k\n")).ok());
  const Policy policy =
      Policy::Parse(absl::StrCat("log ", log().verifier.ToString(), "\n", text, "quorum \xff\n")).value();
  EXPECT_TRUE(policy.OpenCheckpoint(Note({2})).ok());
  EXPECT_TRUE(absl::StrContains(policy.OpenCheckpoint(Note({1})).status().message(), "needs \\xff,"))
      << "shown as printable text";
}

struct BadPolicy {
  std::string text;
  std::string message;
};

TEST_F(PolicyTest, WhatIsWrongIsSaidWithItsLine) {
  const std::string log_key = log().verifier.ToString();
  const std::string key = witnesses()[0].vkey();
  const std::string renamed =
      VerifierKey::Make("other.example", Type::kEd25519Cosignature, witnesses()[0].verifier.raw_key())->ToString();
  const std::string renamed_log =
      VerifierKey::Make("other.example", Type::kEd25519, log().verifier.raw_key())->ToString();
  const std::string ml_dsa = MlDsaKey("m", 'm').ToString();
  const std::string other_ml_dsa = MlDsaKey("n", 'm').ToString();
  const std::vector<BadPolicy> bad = {
      {"", "has no quorum line"},
      {"# quorum none\n", "has no quorum line"},
      {"quorum none", "line 1 does not end in a newline"},
      {"quorum none\nquorum none\n", "line 2 is a second quorum"},
      {"quorum none\nquorum none2\n", "line 2 is a second quorum"},
      {"quorum\n", "line 1 must be \"quorum <name>\""},
      {"quorum none none\n", "line 1 must be \"quorum <name>\""},
      {"quorum w\n", "line 1 needs \"w\", which no line before it defines"},
      {absl::StrCat("quorum w\nwitness w ", key, "\n"), "line 1 needs \"w\", which no line before it defines"},
      {"quorum None\n", "line 1 needs \"None\""},
      {"Quorum none\n", "line 1 begins with \"Quorum\""},
      {"quorum none # no inline comments\n", "line 1 must be"},
      {"quorum none\r\n", "line 1 holds the control character \\r"},
      {"# a\rcomment\nquorum none\n", "line 1 holds the control character"},
      {"quorum none\n\x7f\n", "line 2 holds the control character \\x7f"},
      {std::string("quorum none\n\0\n", 14), "line 2 holds the control character \\x00"},
      {"quorum\vnone\n", "line 1 holds the control character"},
      {"quorum\u00a0none\n", R"(line 1 begins with "quorum\xc2\xa0none")"},
      {"\xef\xbb\xbfquorum none\n", "line 1 begins with"},
      {"log\n", "line 1 must be \"log <vkey> [<url>]\""},
      {absl::StrCat("log ", log_key, " url more\n"), "line 1 must be"},
      {"log key\n", "line 1 not a verifier key"},
      {absl::StrCat("log ", key, "\n"), "line 1 has a key of type 0x04"},
      {absl::StrCat("log ", log_key, "\n\nlog ", log_key, " url\n"), "line 3 has the same public key as another log"},
      {absl::StrCat("log ", log_key, "\nlog ", renamed_log, "\n"), "line 2 has the same public key as another log"},
      {absl::StrCat("log ", ml_dsa, "\nlog ", other_ml_dsa, "\n"), "line 2 has the same public key as another log"},
      {"witness w\n", "line 1 must be \"witness <name> <vkey> [<url>]\""},
      {absl::StrCat("witness w ", key, " url more\n"), "line 1 must be"},
      {"witness w key\n", "line 1 not a verifier key"},
      {absl::StrCat("witness ", key, " w\n"), "line 1 not a verifier key"},
      {absl::StrCat("witness w ", log_key, "\n"), "line 1 has a key of type 0x01"},
      {absl::StrCat("witness none ", key, "\n"), "line 1 defines \"none\""},
      {absl::StrCat("witness w ", key, "\nwitness v ", renamed, "\n"), "line 2 has the same public key as another wit"},
      {absl::StrCat("witness w ", ml_dsa, "\nwitness v ", other_ml_dsa, "\n"), "line 2 has the same public key"},
      {absl::StrCat("witness w ", key, "\nwitness w ", ml_dsa, "\n"), "line 2 defines \"w\" again"},
      {WithWitnesses("group w0 1 w1\n"), "line 8 defines \"w0\" again"},
      {WithWitnesses("group g 1 w1\ngroup g 1 w2\n"), "line 9 defines \"g\" again"},
      {WithWitnesses("group none 1 w1\n"), "line 8 defines \"none\""},
      {WithWitnesses("group g\n"), "line 8 must be \"group <name> all|any|<k> <name>...\""},
      {WithWitnesses("group g all\n"), "line 8 must be"},
      {WithWitnesses("group g w0\n"), "line 8 must be"},
      {WithWitnesses("group g w0 w1\n"), "line 8 must say all, any or a number from 1 to the 1 members"},
      {WithWitnesses("group g 0 w0\n"), "line 8 must say"},
      {WithWitnesses("group g 2 w0\n"), "line 8 must say"},
      {WithWitnesses("group g 4 w0 w1 w2\n"), "number from 1 to the 3 members"},
      {WithWitnesses("group g -1 w0\n"), "line 8 must say"},
      {WithWitnesses("group g +1 w0\n"), "line 8 must say"},
      {WithWitnesses("group g 01 w0\n"), "line 8 must say"},
      {WithWitnesses("group g 0x1 w0\n"), "line 8 must say"},
      {WithWitnesses("group g 18446744073709551617 w0\n"), "line 8 must say"},
      {WithWitnesses("group g ALL w0\n"), "line 8 must say"},
      {WithWitnesses("group g 1 w6\n"), "line 8 has the member \"w6\", which no line before it defines"},
      {WithWitnesses("group g any g\n"), "line 8 has the member \"g\", which no line before it defines"},
      {WithWitnesses("group g any h\ngroup h any w0\n"), "line 8 has the member \"h\", which no line before it"},
      {WithWitnesses("group g any none\n"), "line 8 has \"none\" as a member"},
      {WithWitnesses("group g any w0 w0\n"), "line 8 has the member \"w0\", which is already a member"},
      {WithWitnesses("group g any w0 w1\ngroup h any w2 w1\n"), "line 9 has the member \"w1\", which is already"},
      {WithWitnesses("group g any w0\ngroup h any g\ngroup i any g\n"),
       "line 10 has the member \"g\", which is already"},
      {"sentence none\n", "line 1 begins with \"sentence\""},
      {absl::StrCat(std::string(1'000, 'x'), "\n"), absl::StrCat("line 1 begins with \"", std::string(80, 'x'), "…\"")},
      {absl::StrCat(std::string(kMaxPolicyBytes, ' '), "\nquorum none\n"), "longer than 1 MiB"},
      {absl::StrCat(std::string(kMaxPolicyLines, '\n'), "quorum none\n"), "line 4097 is one too many"},
  };
  for (const BadPolicy& one : bad) {
    const absl::Status status = Policy::Parse(one.text).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << one.text;
    EXPECT_TRUE(absl::StrContains(status.message(), one.message)) << status << "\nnot: " << one.message;
  }
}

TEST_F(PolicyTest, ManyLogsWitnessesAndNestedGroupsAreFine) {
  std::string text;
  for (int count = 0; count < 32; ++count) {
    absl::StrAppend(&text, "log ", MlDsaKey(absl::StrCat("log", count), static_cast<char>(count)).ToString(), "\n");
  }
  absl::StrAppend(&text, "log ", log().verifier.ToString(), "\n");
  for (int count = 0; count < 32; ++count) {
    absl::StrAppend(&text, "witness w", count, " ",
                    MlDsaKey(absl::StrCat("w", count), static_cast<char>(count)).ToString(), "\n");
  }
  absl::StrAppend(&text, "witness last ", witnesses()[0].vkey(), "\ngroup g0 any last w0\n");
  for (int count = 1; count < 4'000; ++count) absl::StrAppend(&text, "group g", count, " all g", count - 1, "\n");
  const auto policy = Policy::Parse(absl::StrCat(text, "quorum g3999\n"));
  ASSERT_TRUE(policy.ok()) << policy.status();
  EXPECT_TRUE(policy->OpenCheckpoint(Note({0})).ok());
  const absl::Status status = policy->OpenCheckpoint(Note()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_LT(status.message().size(), 8'000U);
}

TEST_F(PolicyTest, ALogSpeaksForItsOwnOriginOnly) {
  const Log other("other.example/ledger");
  const Policy policy = Policy::OfLogs({log().verifier, other.verifier});
  EXPECT_TRUE(policy.OpenCheckpoint(log().Sign(checkpoint())).ok());
  EXPECT_TRUE(policy.OpenCheckpoint(other.Sign({"other.example/ledger", 1, Hash{}})).ok());
  EXPECT_FALSE(policy.OpenCheckpoint(other.Sign(checkpoint())).ok()) << "signed by another trusted log";
  EXPECT_FALSE(policy.OpenCheckpoint(Log(kOrigin).Sign(checkpoint())).ok()) << "signed by an unknown key";
  EXPECT_FALSE(Policy::OfLogs({}).OpenCheckpoint(Note()).ok()) << "no log is trusted";
  EXPECT_FALSE(Policy::Parse("quorum none\n")->OpenCheckpoint(Note()).ok()) << "no log is trusted";
  // Both have signed: the one that may speaks.
  const std::string foreign = other.Sign(checkpoint());
  EXPECT_TRUE(policy.OpenCheckpoint(absl::StrCat(Note(), foreign.substr(foreign.find("— ")))).ok());
}

TEST_F(PolicyTest, AKnownKeyWithABadSignatureRejectsTheNote) {
  const Policy policy = Policy::Parse(WithWitnesses("group g any w0 w1\nquorum g\n")).value();
  const auto line_of = [](const std::string& note) { return note.substr(note.rfind("— ")); };
  const Checkpoint other{kOrigin, 13, LeafHash("other")};
  const std::string wrong_cosignature = line_of(witnesses()[5].Cosign(log().Sign(other)));
  const std::string wrong_signature = line_of(log().Sign(other));
  const std::string unknown = line_of(Witness("w").Cosign(log().Sign(other)));
  ASSERT_TRUE(policy.OpenCheckpoint(absl::StrCat(Note({0}), unknown)).ok());
  for (const std::string& line : {wrong_cosignature, wrong_signature}) {
    const absl::Status status = policy.OpenCheckpoint(absl::StrCat(Note({0}), line)).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    EXPECT_TRUE(absl::StrContains(status.message(), "is wrong")) << status;
  }
  EXPECT_EQ(policy.OpenCheckpoint("").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_FALSE(policy.OpenCheckpoint(SignNote("text\n", log().verifier, log().key).value()).ok());
}

TEST_F(PolicyTest, AWitnessCountsOnceAndWithItsLatestTime) {
  const Policy policy = Policy::Parse(WithWitnesses("group g 2 w0 w1\nquorum g\n")).value();
  std::string note = Note();
  for (const uint64_t time : {5, 9, 7}) note = witnesses()[0].Cosign(note, time);
  EXPECT_EQ(policy.OpenCheckpoint(note).status().code(), absl::StatusCode::kFailedPrecondition);
  const auto trusted = policy.OpenCheckpoint(witnesses()[1].Cosign(note, 8));
  ASSERT_TRUE(trusted.ok()) << trusted.status();
  ASSERT_EQ(trusted->cosignatures.size(), 2U);
  EXPECT_EQ(trusted->cosignatures[0].name, "x1.example");
  EXPECT_EQ(trusted->cosignatures[0].timestamp, 9U);
}

TEST_F(PolicyTest, WhatNeedsAnotherOpenSslIsNamed) {
  if (crypto::HasMlDsa44()) GTEST_SKIP() << "this OpenSSL has ML-DSA-44";
  const VerifierKey witness = MlDsaKey("m", 'm');
  const VerifierKey ml_dsa_log = MlDsaKey(kOrigin, 'l');
  const std::string blob(8 + crypto::kMlDsa44SignatureBytes, '\1');
  const std::string cosignature = FormatSignatureLine({"m", witness.key_hash(), blob});
  const std::string keys = absl::StrCat("log ", log().verifier.ToString(), "\nwitness M ", witness.ToString(), "\n");

  EXPECT_TRUE(Policy::Parse(absl::StrCat(keys, "quorum none\n"))->OpenCheckpoint(Note() + cosignature).ok());
  const auto missed = Policy::Parse(absl::StrCat(keys, "quorum M\n"))->OpenCheckpoint(Note() + cosignature);
  EXPECT_EQ(missed.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(absl::StrContains(missed.status().message(), "not checked for want of ML-DSA-44: M")) << missed.status();

  const std::string signature = FormatSignatureLine({kOrigin, ml_dsa_log.key_hash(), blob});
  const auto unsigned_note = Policy::OfLogs({ml_dsa_log}).OpenCheckpoint(Note() + signature);
  EXPECT_EQ(unsigned_note.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(absl::StrContains(unsigned_note.status().message(), "OpenSSL 3.5")) << unsigned_note.status();
  EXPECT_TRUE(Policy::OfLogs({ml_dsa_log, log().verifier}).OpenCheckpoint(Note() + signature).ok());
}

// A quorum as a tree of groups, and what the specification says about it, said again as simply as can be.
struct Rule {
  size_t threshold = 0;
  std::vector<std::string> members;
};
using Rules = std::map<std::string, Rule>;

bool HasWitnessed(const std::string& name, const Rules& rules, const std::set<std::string>& cosigned) {
  if (name == "none" || cosigned.contains(name)) return true;
  const auto rule = rules.find(name);
  if (rule == rules.end()) return false;
  size_t count = 0;
  for (const std::string& member : rule->second.members) count += HasWitnessed(member, rules, cosigned) ? 1 : 0;
  return count >= rule->second.threshold;
}

// Takes some of the names that are free, at least one.
std::vector<std::string> TakeSome(std::vector<std::string>& free) {
  std::vector<std::string> taken;
  do {
    const auto at = *rc::gen::inRange<size_t>(0, free.size());
    taken.push_back(free[at]);
    free.erase(free.begin() + static_cast<std::ptrdiff_t>(at));
  } while (!free.empty() && *rc::gen::inRange(0, 3) > 0);
  return taken;
}

RC_GTEST_FIXTURE_PROP(PolicyTest, QuorumsAreMetWhereTheyShouldBe, ()) {
  std::vector<std::string> free = {"w0", "w1", "w2", "w3", "w4", "w5"};
  std::vector<std::string> names = free;
  names.emplace_back("none");
  Rules rules;
  std::string text;
  for (int count = *rc::gen::inRange(0, 8); count > 0; --count) {
    const std::string name = absl::StrCat("g", count);
    Rule rule{0, TakeSome(free)};
    rule.threshold = *rc::gen::inRange<size_t>(1, rule.members.size() + 1);
    const std::string written = rule.threshold == rule.members.size() && *rc::gen::arbitrary<bool>() ? "all"
                                : rule.threshold == 1 && *rc::gen::arbitrary<bool>()                 ? "any"
                                                                                     : absl::StrCat(rule.threshold);
    absl::StrAppend(&text, "group ", name, " ", written, " ", absl::StrJoin(rule.members, " "), "\n");
    rules[name] = rule;
    free.push_back(name);
    names.push_back(name);
  }
  const std::string quorum = *rc::gen::elementOf(names);
  const Policy policy = Policy::Parse(WithWitnesses(absl::StrCat(text, "quorum ", quorum, "\n"))).value();

  std::vector<size_t> cosigned;
  std::set<std::string> cosigned_names;
  for (size_t witness = 0; witness < witnesses().size(); ++witness) {
    if (!*rc::gen::arbitrary<bool>()) continue;
    cosigned.push_back(witness);
    cosigned_names.insert(absl::StrCat("w", witness));
  }
  const auto trusted = policy.OpenCheckpoint(Note(cosigned));
  RC_ASSERT(trusted.ok() == HasWitnessed(quorum, rules, cosigned_names));
  if (trusted.ok()) RC_ASSERT(trusted->cosignatures.size() == cosigned.size());
}

RC_GTEST_FIXTURE_PROP(PolicyTest, NoiseIsRefused, (const std::string& noise)) {
  RC_ASSERT(!Policy::Parse(noise).ok());
  RC_ASSERT(!Policy::OfLogs({log().verifier}).OpenCheckpoint(noise).ok());
  const std::string line = absl::StrReplaceAll(noise, {{"\n", ""}});
  RC_ASSERT(!Policy::Parse(absl::StrCat("log x", line, "\nquorum none\n")).ok());
}

}  // namespace
}  // namespace sworn::merkle
