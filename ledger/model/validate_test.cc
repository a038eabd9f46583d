#include "ledger/model/validate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <functional>
#include <string>

#include "ledger/crypto/key.h"
#include "ledger/model/limits.h"
#include "ledger/model/refusal.h"
#include "ledger/model/sample_report.h"
#include "ledger/model/text.h"

namespace sworn::model {
namespace {

using ::testing::HasSubstr;
using v1::Refusal;

const absl::Time kNow = absl::FromUnixSeconds(1'713'000'000);

const crypto::PrivateKey& Key() {
  static const auto* const key = new crypto::PrivateKey(*crypto::PrivateKey::Generate(v1::Signature::ED25519));
  return *key;
}

v1::Report GoodReport() { return sample::SignUnchecked(sample::Serialized(sample::GoodPortions()), Key(), kNow); }

void ExpectRefused(const v1::Report& report, Reason reason, const std::string& message) {
  const absl::StatusOr<ParsedReport> parsed = ParseAndValidate(report);
  ASSERT_FALSE(parsed.ok());
  EXPECT_EQ(v1::Refusal::Reason_Name(ReasonOf(parsed.status())), v1::Refusal::Reason_Name(reason)) << parsed.status();
  EXPECT_THAT(std::string(parsed.status().message()), HasSubstr(message));
}

TEST(Validate, AcceptsAGoodReport) {
  const v1::Report report = GoodReport();
  const absl::StatusOr<ParsedReport> parsed = ParseAndValidate(report);
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->report_id, ReportId(report.envelope()));
  ASSERT_EQ(parsed->portions.size(), 6);
  EXPECT_EQ(parsed->portion_ids[0], PortionId(report.portions(0).salt(), report.portions(0).content()));
  EXPECT_EQ(parsed->portions[sample::kAssertion]->assertion().attribution_size(), 2);
}

TEST(Validate, AcceptsAWithheldPortionAndReferencesToIt) {
  v1::Report report = GoodReport();
  v1::CarriedPortion& source = *report.mutable_portions(sample::kOfficials);
  const crypto::Hash id = *IdOf(source);
  source.clear_salt();
  source.clear_content();
  source.set_id(std::string(crypto::AsBytes(id)));
  const absl::StatusOr<ParsedReport> parsed = ParseAndValidate(report);
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_FALSE(parsed->portions[sample::kOfficials].has_value());
  EXPECT_EQ(parsed->portion_ids[sample::kOfficials], id);
}

TEST(Validate, AcceptsLikelihoodOnAnInferredAssertion) {
  std::vector<v1::Portion> portions = sample::GoodPortions();
  v1::Assertion& assertion = *portions[sample::kAssertion].mutable_assertion();
  assertion.mutable_attribution(0)->set_mode(v1::Hop::INFERRED);
  assertion.mutable_assessor()->set_index(sample::kOfficials);
  assertion.set_likelihood("very likely");
  assertion.set_confidence(v1::Assertion::MODERATE);
  const absl::StatusOr<ParsedReport> parsed =
      ParseAndValidate(sample::SignUnchecked(sample::Serialized(portions), Key(), kNow));
  EXPECT_TRUE(parsed.ok()) << parsed.status();
}

// ---- What a portion may hold ----

struct BadPortion {
  std::string name;
  // Works on the good portions.
  std::function<void(std::vector<v1::Portion>&)> spoil;
  Reason reason;
  std::string message;
};

class BadPortionTest : public ::testing::TestWithParam<BadPortion> {};

TEST_P(BadPortionTest, IsRefused) {
  std::vector<v1::Portion> portions = sample::GoodPortions();
  GetParam().spoil(portions);
  ExpectRefused(sample::SignUnchecked(sample::Serialized(portions), Key(), kNow), GetParam().reason,
                GetParam().message);
}

v1::Assertion& Claim(std::vector<v1::Portion>& portions) { return *portions[sample::kAssertion].mutable_assertion(); }

// A portion of another kind, added behind the good ones.
v1::Portion& Added(std::vector<v1::Portion>& portions) { return portions.emplace_back(sample::Marked()); }

// A lens without rules, to which more can be added.
v1::Lens& SetLens(std::vector<v1::Portion>& portions) {
  v1::Lens& lens = *Added(portions).mutable_lens();
  lens.set_name("mine");
  lens.set_version(1);
  lens.set_otherwise(v1::Lens::UNASSIGNED);
  return lens;
}

using Portions = std::vector<v1::Portion>;

const std::vector<BadPortion>& BadPortions() {
  static const auto* const rows = new std::vector<BadPortion>{
      {"Unmarked", [](Portions& p) { p[0].clear_marking(); }, Refusal::UNMARKED,
       "portion 0: marking: carries no level"},
      {"LevelUnknown", [](Portions& p) { p[0].mutable_marking()->set_level(static_cast<v1::Marking::Level>(9)); },
       Refusal::FIELD_INVALID, "portion 0: marking"},
      {"MarkingBroken",
       [](Portions& p) {
         p[1].mutable_marking()->set_originator_only(true);
         p[1].mutable_marking()->add_rel_to("GBR");
       },
       Refusal::MARKING_INVALID, "portion 1: marking: has both NOFORN and REL TO"},
      {"AboveBanner", [](Portions& p) { p[2].mutable_marking()->set_level(v1::Marking::S); }, Refusal::MARKING_INVALID,
       "banner (U) is less restrictive than portion 2, which is marked (S)"},
      {"NoContent", [](Portions& p) { p[4].clear_content(); }, Refusal::FIELD_MISSING, "portion 4: content is missing"},

      {"SubjectMissing", [](Portions& p) { Claim(p).clear_subject(); }, Refusal::FIELD_MISSING,
       "portion 5: assertion.subject is missing"},
      {"SubjectEmpty", [](Portions& p) { Claim(p).mutable_subject()->clear_term(); }, Refusal::FIELD_MISSING,
       "assertion.subject is missing"},
      {"SubjectPointsNowhere", [](Portions& p) { Claim(p).mutable_subject()->mutable_entity()->clear_to(); },
       Refusal::FIELD_MISSING, "assertion.subject.entity points at nothing"},
      {"SubjectOutside", [](Portions& p) { Claim(p).mutable_subject()->mutable_entity()->set_index(6); },
       Refusal::REFERENCE_INVALID, "assertion.subject.entity points at portion 6 of a report of 6"},
      {"SubjectWrongKind", [](Portions& p) { Claim(p).mutable_subject()->mutable_entity()->set_index(0); },
       Refusal::REFERENCE_INVALID, "assertion.subject.entity points at portion 0, a portion of kind source"},
      {"ObjectMissing", [](Portions& p) { Claim(p).clear_object(); }, Refusal::FIELD_MISSING, "assertion.object"},
      {"ObjectIdShort", [](Portions& p) { Claim(p).mutable_object()->mutable_entity()->set_portion_id("short"); },
       Refusal::FIELD_INVALID, "assertion.object.entity.portion_id has 5 bytes; it takes 32"},
      {"ObjectExternalIdBad", [](Portions& p) { Claim(p).mutable_object()->mutable_entity()->set_external_id("CN"); },
       Refusal::FIELD_INVALID, "write scheme:value"},
      {"ObjectExternalIdLong",
       [](Portions& p) {
         Claim(p).mutable_object()->mutable_entity()->set_external_id("x:" + std::string(1'023, 'a'));
       },
       Refusal::TOO_LARGE, "external_id has 1025 bytes; it takes 1024"},
      {"ExternalIdControl", [](Portions& p) { Claim(p).add_external_ids("x:a\nb"); }, Refusal::FIELD_INVALID,
       R"(assertion.external_ids[1] is "x:a\nb")"},
      {"LiteralEmpty", [](Portions& p) { Claim(p).mutable_object()->mutable_literal(); }, Refusal::FIELD_MISSING,
       "assertion.object.literal.value is missing"},
      {"PredicateMissing", [](Portions& p) { Claim(p).clear_predicate(); }, Refusal::FIELD_MISSING,
       "assertion.predicate is missing"},
      {"PredicateUpper", [](Portions& p) { Claim(p).set_predicate("Supplies arms"); }, Refusal::FIELD_INVALID,
       "lower-case words joined by hyphens"},
      {"CategoryMissing", [](Portions& p) { Claim(p).clear_category(); }, Refusal::FIELD_MISSING, "assertion.category"},
      {"CategoryBad", [](Portions& p) { Claim(p).set_category("materiel//x"); }, Refusal::FIELD_INVALID,
       "assertion.category: \"materiel//x\" is no category"},
      {"CategoryDeep", [](Portions& p) { Claim(p).set_category("a/b/c/d/e/f/g/h/i"); }, Refusal::FIELD_INVALID,
       "has 9 levels; it takes 8"},
      {"StatementLong", [](Portions& p) { Claim(p).set_statement(std::string(kMaxTextBytes + 1, 'a')); },
       Refusal::TOO_LARGE, "assertion.statement has 262145 bytes"},
      {"PolarityMissing", [](Portions& p) { Claim(p).clear_polarity(); }, Refusal::FIELD_MISSING,
       "assertion.polarity is missing"},
      {"PolarityUnknown", [](Portions& p) { Claim(p).set_polarity(static_cast<v1::Assertion::Polarity>(9)); },
       Refusal::FIELD_INVALID, "assertion.polarity is 9, a value that is not known"},
      {"ExplicitnessUnknown",
       [](Portions& p) { Claim(p).set_explicitness(static_cast<v1::Assertion::Explicitness>(9)); },
       Refusal::FIELD_INVALID, "assertion.explicitness is 9"},
      {"QuantityNotDecimal", [](Portions& p) { Claim(p).mutable_quantities(0)->set_value("1e9"); },
       Refusal::FIELD_INVALID, "assertion.quantities[0].value is no decimal number"},
      {"QuantityMissing", [](Portions& p) { Claim(p).mutable_quantities(0)->clear_value(); }, Refusal::FIELD_MISSING,
       "assertion.quantities[0].value is missing"},
      {"QuantityLong", [](Portions& p) { Claim(p).mutable_quantities(0)->set_value(std::string(65, '1')); },
       Refusal::TOO_LARGE, "assertion.quantities[0].value has 65 bytes"},
      {"QuantitiesMany",
       [](Portions& p) {
         while (static_cast<size_t>(Claim(p).quantities_size()) <= kMaxQuantities) {
           *Claim(p).add_quantities() = Claim(p).quantities(0);
         }
       },
       Refusal::TOO_LARGE, "assertion.quantities holds 1001 items; it takes 1000"},
      {"ValidNoDate", [](Portions& p) { Claim(p).mutable_valid()->set_from("2023-02-30"); }, Refusal::FIELD_INVALID,
       "assertion.valid.from: \"2023-02-30\" is no date"},
      {"ValidReversed", [](Portions& p) { Claim(p).mutable_valid()->set_from("2024"); }, Refusal::FIELD_INVALID,
       "assertion.valid: the period ends (2023-Q4) before it starts (2024)"},
      {"AttributionMissing", [](Portions& p) { Claim(p).clear_attribution(); }, Refusal::FIELD_MISSING,
       "assertion.attribution is missing"},
      {"HopsMany",
       [](Portions& p) {
         while (static_cast<size_t>(Claim(p).attribution_size()) <= kMaxHops) {
           *Claim(p).add_attribution() = Claim(p).attribution(0);
         }
       },
       Refusal::TOO_LARGE, "assertion.attribution holds 65 items; it takes 64"},
      {"HopModeMissing", [](Portions& p) { Claim(p).mutable_attribution(1)->clear_mode(); }, Refusal::FIELD_MISSING,
       "assertion.attribution[1].mode is missing"},
      {"HopModeUnknown", [](Portions& p) { Claim(p).mutable_attribution(1)->set_mode(static_cast<v1::Hop::Mode>(77)); },
       Refusal::FIELD_INVALID, "assertion.attribution[1].mode is 77"},
      {"HopSourceMissing", [](Portions& p) { Claim(p).mutable_attribution(0)->clear_source(); }, Refusal::FIELD_MISSING,
       "assertion.attribution[0].source is missing"},
      {"HopSourceEntity", [](Portions& p) { Claim(p).mutable_attribution(0)->mutable_source()->set_index(2); },
       Refusal::REFERENCE_INVALID, "assertion.attribution[0].source points at portion 2, a portion of kind entity"},
      {"HopCitesItself", [](Portions& p) { Claim(p).mutable_attribution(1)->set_cites(0, 1); }, Refusal::CYCLE,
       "portion 5: assertion.attribution[1].cites[0] is 1; a hop cites earlier hops only"},
      {"HopCitesLater", [](Portions& p) { Claim(p).mutable_attribution(0)->add_cites(1); }, Refusal::CYCLE,
       "assertion.attribution[0].cites[0] is 1"},
      {"HopCitesHuge", [](Portions& p) { Claim(p).mutable_attribution(1)->set_cites(0, 0xFFFFFFFFU); }, Refusal::CYCLE,
       "assertion.attribution[1].cites[0] is 4294967295"},
      {"HopCitesTwice", [](Portions& p) { Claim(p).mutable_attribution(1)->add_cites(0); }, Refusal::FIELD_INVALID,
       "assertion.attribution[1].cites[1] is 0, which this hop cites already"},
      {"HopSaidAtBad", [](Portions& p) { Claim(p).mutable_attribution(1)->set_said_at("yesterday"); },
       Refusal::FIELD_INVALID, "assertion.attribution[1].said_at: \"yesterday\" is no date"},
      {"DerivedFromEntity", [](Portions& p) { Claim(p).add_derived_from()->set_index(2); }, Refusal::REFERENCE_INVALID,
       "assertion.derived_from[0] points at portion 2"},
      {"DerivedFromExternal", [](Portions& p) { Claim(p).add_derived_from()->set_external_id("a:b"); },
       Refusal::REFERENCE_INVALID, "assertion.derived_from[0] names an external id"},
      {"DerivedFromItself", [](Portions& p) { Claim(p).add_derived_from()->set_index(5); }, Refusal::CYCLE,
       "portion 5: lies on or behind a circle"},
      {"DerivedInACircle",
       [](Portions& p) {
         p.push_back(p[5]);
         p.push_back(p[5]);
         p[5].mutable_assertion()->add_derived_from()->set_index(6);
         p[6].mutable_assertion()->add_derived_from()->set_index(7);
         p[7].mutable_assertion()->add_derived_from()->set_index(5);
       },
       Refusal::CYCLE, "lies on or behind a circle"},
      {"AffiliatedInACircle",
       [](Portions& p) {
         p[0].mutable_source()->mutable_affiliation()->set_index(1);
         p[1].mutable_source()->mutable_affiliation()->set_index(0);
       },
       Refusal::CYCLE, "portion 0: lies on or behind a circle"},
      {"GradeUnknown",
       [](Portions& p) { Claim(p).mutable_grade()->set_reliability(static_cast<v1::Grade::Reliability>(7)); },
       Refusal::FIELD_INVALID, "assertion.grade.reliability is 7"},
      {"LikelihoodNotInferred",
       [](Portions& p) {
         Claim(p).set_likelihood("likely");
         Claim(p).mutable_assessor()->set_index(0);
       },
       Refusal::FIELD_INVALID, "assertion.likelihood is set, but no hop of the attribution is INFERRED"},
      {"ConfidenceNotInferred",
       [](Portions& p) {
         Claim(p).set_confidence(v1::Assertion::LOW);
         Claim(p).mutable_assessor()->set_index(0);
       },
       Refusal::FIELD_INVALID, "assertion.confidence is set"},
      {"LikelihoodWithoutAssessor",
       [](Portions& p) {
         Claim(p).set_likelihood("likely");
         Claim(p).mutable_attribution(0)->set_mode(v1::Hop::INFERRED);
       },
       Refusal::FIELD_MISSING, "assertion.assessor is missing"},
      {"LikelihoodNoTerm",
       [](Portions& p) {
         Claim(p).set_likelihood("70 %");
         Claim(p).mutable_assessor()->set_index(0);
         Claim(p).mutable_attribution(0)->set_mode(v1::Hop::INFERRED);
       },
       Refusal::FIELD_INVALID, "assertion.likelihood is no term of ICD 203"},
      {"ConfidenceUnknown", [](Portions& p) { Claim(p).set_confidence(static_cast<v1::Assertion::Confidence>(8)); },
       Refusal::FIELD_INVALID, "assertion.confidence is 8"},
      {"EvidenceWrongKind", [](Portions& p) { Claim(p).mutable_evidence(0)->set_index(0); }, Refusal::REFERENCE_INVALID,
       "assertion.evidence[0] points at portion 0"},

      {"SourceKindMissing", [](Portions& p) { p[0].mutable_source()->clear_kind(); }, Refusal::FIELD_MISSING,
       "portion 0: source.kind is missing"},
      {"SourceHeadCount", [](Portions& p) { p[0].mutable_source()->set_head_count(2); }, Refusal::FIELD_INVALID,
       "source.head_count is set, but the source is not anonymous"},
      {"SourceNameLong", [](Portions& p) { p[0].mutable_source()->set_name(std::string(kMaxNameBytes + 1, 'a')); },
       Refusal::TOO_LARGE, "source.name has 4097 bytes"},
      {"EntityNameMissing", [](Portions& p) { p[2].mutable_entity()->clear_name(); }, Refusal::FIELD_MISSING,
       "portion 2: entity.name is missing"},
      {"EntityKindBad", [](Portions& p) { p[2].mutable_entity()->set_kind("Country"); }, Refusal::FIELD_INVALID,
       "entity.kind is \"Country\""},
      {"EntityAliasesMany",
       [](Portions& p) {
         for (size_t i = 0; i <= kMaxListItems; ++i) p[2].mutable_entity()->add_aliases("a");
       },
       Refusal::TOO_LARGE, "entity.aliases holds 1001 items"},
      {"EvidenceHashMissing", [](Portions& p) { p[4].mutable_evidence()->clear_sha256(); }, Refusal::FIELD_MISSING,
       "portion 4: evidence.sha256 is missing"},
      {"EvidenceTimeBad", [](Portions& p) { p[4].mutable_evidence()->mutable_retrieved_at()->set_nanos(-1); },
       Refusal::FIELD_INVALID, "evidence.retrieved_at is no time"},

      {"JudgementKindMissing", [](Portions& p) { Added(p).mutable_judgement()->add_targets()->set_index(5); },
       Refusal::FIELD_MISSING, "portion 6: judgement.kind is missing"},
      {"JudgementWithoutTarget", [](Portions& p) { p.push_back(sample::Judgement(v1::Judgement::DISPUTE, {})); },
       Refusal::FIELD_MISSING, "judgement.targets are missing"},
      {"JudgementTooFewTargets", [](Portions& p) { p.push_back(sample::Judgement(v1::Judgement::SAME_ENTITY, {2})); },
       Refusal::FIELD_INVALID, "judgement.targets are 1; SAME_ENTITY takes at least 2"},
      {"JudgementTooManyTargets",
       [](Portions& p) {
         p.push_back(sample::Judgement(v1::Judgement::INDEPENDENT, {0, 1, 0}));
       },
       Refusal::FIELD_INVALID, "judgement.targets are 3; INDEPENDENT takes 2"},
      {"JudgementWrongKind",
       [](Portions& p) {
         p.push_back(sample::Judgement(v1::Judgement::SAME_SOURCE, {0, 2}));
       },
       Refusal::REFERENCE_INVALID, "judgement.targets[1] points at portion 2, a portion of kind entity"},
      {"JudgementOfItself", [](Portions& p) { p.push_back(sample::Judgement(v1::Judgement::RETRACT, {6})); },
       Refusal::CYCLE, "portion 6: lies on or behind a circle"},
      {"SupersedeWithoutReplacement",
       [](Portions& p) { p.push_back(sample::Judgement(v1::Judgement::SUPERSEDE, {5})); }, Refusal::FIELD_MISSING,
       "judgement.replacement is missing; SUPERSEDE needs it"},
      {"ReplacementForRetract",
       [](Portions& p) {
         p.push_back(sample::Judgement(v1::Judgement::RETRACT, {5}));
         p.back().mutable_judgement()->mutable_replacement()->set_index(5);
       },
       Refusal::FIELD_INVALID, "judgement.replacement is set; it is only for SUPERSEDE"},
      {"GradeForConfirm",
       [](Portions& p) {
         p.push_back(sample::Judgement(v1::Judgement::CONFIRM, {5}));
         p.back().mutable_judgement()->mutable_grade()->set_reliability(v1::Grade::A);
       },
       Refusal::FIELD_INVALID, "judgement.grade is set; it is only for GRADE"},
      {"GradeWithoutGrade", [](Portions& p) { p.push_back(sample::Judgement(v1::Judgement::GRADE, {5})); },
       Refusal::FIELD_MISSING, "judgement.grade is missing"},

      {"LensNameBad", [](Portions& p) { Added(p).mutable_lens()->set_name("My lens"); }, Refusal::FIELD_INVALID,
       "portion 6: lens.name is \"My lens\""},
      {"LensVersionMissing", [](Portions& p) { Added(p).mutable_lens()->set_name("mine"); }, Refusal::FIELD_MISSING,
       "lens.version is missing"},
      {"LensOtherwiseMissing",
       [](Portions& p) {
         Added(p).mutable_lens()->set_name("mine");
         p.back().mutable_lens()->set_version(1);
       },
       Refusal::FIELD_MISSING, "lens.otherwise is missing"},
      {"LensVersionTooHigh",
       [](Portions& p) {
         Added(p).mutable_lens()->set_name("mine");
         p.back().mutable_lens()->set_version(1'000'001);
       },
       Refusal::TOO_LARGE, "lens.version is 1000001; at most 1000000 is recorded"},
      {"LensOtherwiseUnknown",
       [](Portions& p) {
         Added(p).mutable_lens()->set_name("mine");
         p.back().mutable_lens()->set_version(1);
         p.back().mutable_lens()->set_otherwise(static_cast<v1::Lens::SupportClass>(4));
       },
       Refusal::FIELD_INVALID, "lens.otherwise is 4, a value that is not known"},
      {"LensRuleWithoutClass", [](Portions& p) { SetLens(p).add_rules()->set_category("military"); },
       Refusal::FIELD_MISSING, "lens.rules[0].support_class is missing"},
      {"LensRuleOfNoCategory",
       [](Portions& p) {
         v1::Lens::Rule& rule = *SetLens(p).add_rules();
         rule.set_category("military/*");
         rule.set_support_class(v1::Lens::DIRECT);
       },
       Refusal::FIELD_INVALID, "lens.rules[0].category: \"military/*\" is no category"},
      {"LensRuleWithoutCategory", [](Portions& p) { SetLens(p).add_rules()->set_support_class(v1::Lens::DIRECT); },
       Refusal::FIELD_MISSING, "lens.rules[0].category is missing"},
      {"LensRulesTooMany",
       [](Portions& p) {
         v1::Lens& lens = SetLens(p);
         for (size_t i = 0; i <= kMaxListItems; ++i) {
           v1::Lens::Rule& rule = *lens.add_rules();
           rule.set_category("military/x" + std::to_string(i));
           rule.set_support_class(v1::Lens::DIRECT);
         }
       },
       Refusal::TOO_LARGE, "lens.rules"},
      {"LensRuleTwice",
       [](Portions& p) {
         v1::Lens& lens = SetLens(p);
         for (int i = 0; i < 2; ++i) {
           lens.add_rules()->set_category("military");
           lens.mutable_rules(i)->set_support_class(v1::Lens::DIRECT);
         }
       },
       Refusal::FIELD_INVALID, "lens.rules[1].category has a rule already"},

      {"PrincipalNameMissing", [](Portions& p) { Added(p).mutable_principal(); }, Refusal::FIELD_MISSING,
       "portion 6: principal.name is missing"},
      {"PrincipalNameControl", [](Portions& p) { Added(p).mutable_principal()->set_name("a\x1b[31m"); },
       Refusal::FIELD_INVALID, "principal.name has control characters"},
      {"PrincipalRoleUnknown",
       [](Portions& p) {
         Added(p).mutable_principal()->set_name("alice");
         p.back().mutable_principal()->add_roles(static_cast<v1::Principal::Role>(99));
       },
       Refusal::FIELD_INVALID, "principal.roles[0] is 99"},
      {"KeyIdMissing", [](Portions& p) { Added(p).mutable_key()->set_action(v1::Key::ADD); }, Refusal::FIELD_MISSING,
       "portion 6: key.key_id is missing"},
      {"KeyDoesNotParse",
       [](Portions& p) {
         Added(p).mutable_principal()->set_name("alice");
         v1::Key& key = *Added(p).mutable_key();
         key.set_action(v1::Key::ADD);
         key.set_purpose(v1::Key::AUTHOR);
         key.set_public_key("not a key");
         key.set_key_id(std::string(crypto::AsBytes(crypto::Sha256("not a key"))));
         key.mutable_principal()->set_index(6);
       },
       Refusal::FIELD_INVALID, "portion 7: key.public_key"},
      {"KeyIdNotTheHash",
       [](Portions& p) {
         Added(p).mutable_principal()->set_name("alice");
         v1::Key& key = *Added(p).mutable_key();
         key.set_action(v1::Key::ADD);
         key.set_purpose(v1::Key::AUTHOR);
         key.set_public_key(Key().public_key().der());
         key.set_key_id(std::string(32, 'x'));
         key.mutable_principal()->set_index(6);
       },
       Refusal::FIELD_INVALID, "key.key_id is not the SHA-256 of public_key"},
      {"LedgerKeyNotEd25519",
       [](Portions& p) {
         const crypto::PrivateKey p256 = *crypto::PrivateKey::Generate(v1::Signature::ECDSA_P256_SHA256);
         Added(p).mutable_principal()->set_name("ledger");
         v1::Key& key = *Added(p).mutable_key();
         key.set_action(v1::Key::ADD);
         key.set_purpose(v1::Key::LEDGER);
         key.set_public_key(p256.public_key().der());
         key.set_key_id(std::string(crypto::AsBytes(p256.public_key().key_id())));
         key.mutable_principal()->set_index(6);
       },
       Refusal::FIELD_INVALID, "key.public_key is no Ed25519 key"},
      {"CompromisedSinceMissing",
       [](Portions& p) {
         v1::Key& key = *Added(p).mutable_key();
         key.set_key_id(std::string(32, 'x'));
         key.set_action(v1::Key::REVOKE_COMPROMISED);
       },
       Refusal::FIELD_MISSING, "key.compromised_since is missing"},
      {"ReleaseToNobody", [](Portions& p) { Added(p).mutable_release()->add_portions()->set_index(5); },
       Refusal::FIELD_MISSING, "portion 6: release.to is missing"},
      {"ReleaseToUnknownGroup",
       [](Portions& p) {
         Added(p).mutable_release()->add_portions()->set_index(5);
         p.back().mutable_release()->add_to("NATO");
       },
       Refusal::MARKING_INVALID, "release.to: \"NATO\" is neither a country"},
      {"ErasureWithoutReason", [](Portions& p) { Added(p).mutable_erasure()->add_portions()->set_index(5); },
       Refusal::FIELD_MISSING, "portion 6: erasure.reason is missing"},
  };
  return *rows;
}

INSTANTIATE_TEST_SUITE_P(Table, BadPortionTest, ::testing::ValuesIn(BadPortions()),
                         [](const auto& row) { return row.param.name; });

// ---- What the bytes of a portion may be ----

struct BadBytes {
  std::string name;
  std::function<std::string(std::string good_assertion)> spoil;
  Reason reason;
  std::string message;
};

class BadBytesTest : public ::testing::TestWithParam<BadBytes> {};

TEST_P(BadBytesTest, AreRefusedWithoutAWordOnStderr) {
  std::vector<std::string> contents = sample::Serialized(sample::GoodPortions());
  contents[sample::kAssertion] = GetParam().spoil(contents[sample::kAssertion]);
  const v1::Report report = sample::SignUnchecked(contents, Key(), kNow);
  ::testing::internal::CaptureStderr();
  ExpectRefused(report, GetParam().reason, GetParam().message);
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

// A field of a message, length-delimited.
std::string Field(int number, const std::string& value) {
  return std::string{static_cast<char>(number << 3 | 2), static_cast<char>(value.size())} + value;
}

const std::vector<BadBytes>& BadByteRows() {
  constexpr int kSourceField = 11;
  static const auto* const rows = new std::vector<BadBytes>{
      {"Truncated", [](const std::string& s) { return s.substr(0, s.size() - 1); }, Refusal::MALFORMED,
       "portion 5: does not parse, or ends early"},
      {"NotProto", [](const std::string&) { return std::string("\xff\xff\xff\xff"); }, Refusal::MALFORMED,
       "portion 5: does not parse"},
      {"UnknownField", [](const std::string& s) { return s + Field(9, "x"); }, Refusal::MALFORMED,
       "portion 5: has field number 9, which sworn.v1.Portion does not have"},
      {"KnownFieldInAnotherForm", [](const std::string& s) { return s + std::string("\x58\x01"); }, Refusal::MALFORMED,
       "portion 5: has field number 11"},
      {"TwoContents", [](const std::string& s) { return s + Field(kSourceField, ""); }, Refusal::MALFORMED,
       "portion 5: source occurs twice, or beside another choice"},
      {"MarkingTwice", [](const std::string& s) { return s + Field(1, "\x08\x01"); }, Refusal::MALFORMED,
       "portion 5: marking occurs twice"},
      {"NotUtf8",
       [](std::string s) {
         s[s.find("Exports")] = '\xe9';
         return s;
       },
       Refusal::NOT_UTF8, "portion 5: assertion.statement is not UTF-8"},
      {"NotUtf8Deep",
       [](std::string s) {
         s[s.find("share of")] = '\xc0';
         return s;
       },
       Refusal::NOT_UTF8, "portion 5: assertion.quantities.measure is not UTF-8"},
      {"GroupsNested", [](const std::string&) { return std::string(100'000, '\x0b'); }, Refusal::MALFORMED,
       "portion 5: has field number 1, which sworn.v1.Portion does not have in this form"},
      {"Empty", [](const std::string&) { return std::string(); }, Refusal::UNMARKED, "portion 5: marking"},
  };
  return *rows;
}

INSTANTIATE_TEST_SUITE_P(Table, BadBytesTest, ::testing::ValuesIn(BadByteRows()),
                         [](const auto& row) { return row.param.name; });

// ---- What the header may say ----

struct BadHeader {
  std::string name;
  sample::ChangeHeader spoil;
  Reason reason;
  std::string message;
};

class BadHeaderTest : public ::testing::TestWithParam<BadHeader> {};

TEST_P(BadHeaderTest, IsRefused) {
  ExpectRefused(sample::SignUnchecked(sample::Serialized(sample::GoodPortions()), Key(), kNow, GetParam().spoil),
                GetParam().reason, GetParam().message);
}

const std::vector<BadHeader>& BadHeaders() {
  static const auto* const rows = new std::vector<BadHeader>{
      {"AuthorMissing", [](v1::ReportHeader& h) { h.clear_author_key_id(); }, Refusal::FIELD_MISSING,
       "header: author_key_id is missing"},
      {"AuthorShort", [](v1::ReportHeader& h) { h.set_author_key_id("x"); }, Refusal::FIELD_INVALID,
       "header: author_key_id has 1 bytes"},
      {"CreatedMissing", [](v1::ReportHeader& h) { h.clear_created_at(); }, Refusal::FIELD_MISSING,
       "header: created_at is missing"},
      {"CreatedInvalid", [](v1::ReportHeader& h) { h.mutable_created_at()->set_seconds(INT64_MAX); },
       Refusal::FIELD_INVALID, "header: created_at is no time"},
      {"BannerMissing", [](v1::ReportHeader& h) { h.clear_banner(); }, Refusal::UNMARKED, "header: banner"},
      {"CountMissing", [](v1::ReportHeader& h) { h.clear_portion_count(); }, Refusal::FIELD_MISSING,
       "header: portion_count"},
      {"CountWrong", [](v1::ReportHeader& h) { h.set_portion_count(7); }, Refusal::PORTIONS_MISMATCH,
       "holds 6 portions, but the header says 7"},
      {"RootMissing", [](v1::ReportHeader& h) { h.clear_portions_root(); }, Refusal::FIELD_MISSING,
       "header: portions_root"},
      {"RootWrong", [](v1::ReportHeader& h) { h.set_portions_root(std::string(32, 'x')); }, Refusal::PORTIONS_MISMATCH,
       "do not hash to the header's portions_root"},
      {"RequestIdMissing", [](v1::ReportHeader& h) { h.clear_request_id(); }, Refusal::FIELD_MISSING,
       "header: request_id is missing"},
      {"RequestIdLong", [](v1::ReportHeader& h) { h.set_request_id(std::string(65, 'x')); }, Refusal::TOO_LARGE,
       "header: request_id has 65 bytes; it takes 64"},
      {"HeaderLarge",
       [](v1::ReportHeader& h) {
         for (int i = 0; i < 10; ++i) h.mutable_banner()->add_statements(std::string(kMaxNameBytes, 'a'));
       },
       Refusal::TOO_LARGE, "envelope: payload has"},
  };
  return *rows;
}

INSTANTIATE_TEST_SUITE_P(Table, BadHeaderTest, ::testing::ValuesIn(BadHeaders()),
                         [](const auto& row) { return row.param.name; });

// ---- How a report may be carried ----

struct BadReport {
  std::string name;
  std::function<void(v1::Report&)> spoil;
  Reason reason;
  std::string message;
};

class BadReportTest : public ::testing::TestWithParam<BadReport> {};

TEST_P(BadReportTest, IsRefused) {
  v1::Report report = GoodReport();
  GetParam().spoil(report);
  ExpectRefused(report, GetParam().reason, GetParam().message);
}

v1::Signature& FirstSignature(v1::Report& report) { return *report.mutable_envelope()->mutable_signatures(0); }

const std::vector<BadReport>& BadReports() {
  static const auto* const rows = new std::vector<BadReport>{
      {"Nothing", [](v1::Report& r) { r.Clear(); }, Refusal::FIELD_MISSING, "envelope: payload_type is missing"},
      {"PayloadTypeUnknown", [](v1::Report& r) { r.mutable_envelope()->set_payload_type("text/plain"); },
       Refusal::FIELD_INVALID, "envelope: payload_type is not known"},
      {"PayloadMissing", [](v1::Report& r) { r.mutable_envelope()->clear_payload(); }, Refusal::FIELD_MISSING,
       "envelope: payload is missing"},
      {"PayloadTruncated", [](v1::Report& r) { r.mutable_envelope()->mutable_payload()->pop_back(); },
       Refusal::MALFORMED, "header: does not parse"},
      {"Unsigned", [](v1::Report& r) { r.mutable_envelope()->clear_signatures(); }, Refusal::UNSIGNED,
       "envelope: signatures are missing"},
      {"SignaturesMany",
       [](v1::Report& r) {
         while (static_cast<size_t>(r.envelope().signatures_size()) <= kMaxSignatures) {
           *r.mutable_envelope()->add_signatures() = r.envelope().signatures(0);
         }
       },
       Refusal::TOO_LARGE, "envelope: signatures holds 17 items; it takes 16"},
      {"SignedTwice",
       [](v1::Report& r) {
         const v1::Signature first = r.envelope().signatures(0);
         *r.mutable_envelope()->add_signatures() = first;
       },
       Refusal::FIELD_INVALID, "envelope: signatures[1].key_id signed already"},
      {"SignerMissing", [](v1::Report& r) { FirstSignature(r).clear_key_id(); }, Refusal::FIELD_MISSING,
       "envelope: signatures[0].key_id is missing"},
      {"AlgorithmMissing", [](v1::Report& r) { FirstSignature(r).clear_algorithm(); }, Refusal::FIELD_MISSING,
       "envelope: signatures[0].algorithm is missing"},
      {"AlgorithmUnknown",
       [](v1::Report& r) { FirstSignature(r).set_algorithm(static_cast<v1::Signature::Algorithm>(9)); },
       Refusal::FIELD_INVALID, "envelope: signatures[0].algorithm is 9"},
      {"AuthorSignsWithMlDsa", [](v1::Report& r) { FirstSignature(r).set_algorithm(v1::Signature::ML_DSA_44); },
       Refusal::FIELD_INVALID, "envelope: signatures[0].algorithm is ML_DSA_44 and the key is the author's"},
      {"SignatureLarge",
       [](v1::Report& r) { FirstSignature(r).set_signature(std::string(kMaxSignatureBytes + 1, 'x')); },
       Refusal::TOO_LARGE, "envelope: signatures[0].signature has 8193 bytes"},
      {"EnvelopeLarge",
       [](v1::Report& r) {
         for (char c = 'a'; c < 'j'; ++c) {
           v1::Signature& signature = *r.mutable_envelope()->add_signatures();
           signature.set_key_id(std::string(32, c));
           signature.set_algorithm(v1::Signature::ED25519);
           signature.set_signature(std::string(kMaxSignatureBytes, c));
         }
       },
       Refusal::TOO_LARGE, "envelope: has"},
      {"PortionDropped", [](v1::Report& r) { r.mutable_portions()->RemoveLast(); }, Refusal::PORTIONS_MISMATCH,
       "holds 5 portions, but the header says 6"},
      {"PortionsSwapped", [](v1::Report& r) { r.mutable_portions()->SwapElements(0, 1); }, Refusal::PORTIONS_MISMATCH,
       "do not hash"},
      {"SaltShort", [](v1::Report& r) { r.mutable_portions(1)->set_salt("short"); }, Refusal::FIELD_INVALID,
       "portion 1: has a salt of 5 bytes; it takes 16"},
      {"ContentAndId", [](v1::Report& r) { r.mutable_portions(1)->set_id(std::string(32, 'x')); },
       Refusal::FIELD_INVALID, "portion 1: has both content and an id"},
      {"NeitherContentNorId", [](v1::Report& r) { r.mutable_portions(1)->Clear(); }, Refusal::FIELD_MISSING,
       "portion 1: has neither content nor an id"},
      {"IdShort",
       [](v1::Report& r) {
         r.mutable_portions(1)->Clear();
         r.mutable_portions(1)->set_id("short");
       },
       Refusal::FIELD_INVALID, "portion 1: has an id of 5 bytes; it takes 32"},
      {"PortionLarge",
       [](v1::Report& r) { r.mutable_portions(2)->set_content(std::string(kMaxPortionBytes + 1, 'x')); },
       Refusal::TOO_LARGE, "portion 2: has 1048577 bytes; a portion takes 1048576"},
      {"PortionsMany",
       [](v1::Report& r) {
         while (static_cast<size_t>(r.portions_size()) <= kMaxPortionsPerReport) *r.add_portions() = r.portions(0);
       },
       Refusal::TOO_LARGE, "report: portions are 10001; a report takes 10000"},
      {"ReportLarge",
       [](v1::Report& r) {
         for (int i = 0; i < 17; ++i) r.add_portions()->set_content(std::string(kMaxPortionBytes, 'x'));
       },
       Refusal::TOO_LARGE, "report: has"},
      {"UnknownFieldInReport",
       [](v1::Report& r) { v1::Report::GetReflection()->MutableUnknownFields(&r)->AddVarint(99, 1); },
       Refusal::MALFORMED, "report: has fields"},
      {"UnknownFieldInSignature",
       [](v1::Report& r) {
         v1::Signature::GetReflection()->MutableUnknownFields(&FirstSignature(r))->AddVarint(99, 1);
       },
       Refusal::MALFORMED, "report: has fields"},
  };
  return *rows;
}

INSTANTIATE_TEST_SUITE_P(Table, BadReportTest, ::testing::ValuesIn(BadReports()),
                         [](const auto& row) { return row.param.name; });

// ---- Properties ----

TEST(ValidateProperty, NoMutationOfAReportCrashesIt) {
  const std::string good = GoodReport().SerializeAsString();
  EXPECT_TRUE(rc::check([&good] {
    std::string bytes = good;
    const int changes = *rc::gen::inRange(1, 8);
    for (int i = 0; i < changes && !bytes.empty(); ++i) {
      const auto at = *rc::gen::inRange<size_t>(0, bytes.size());
      switch (*rc::gen::inRange(0, 4)) {
        case 0:
          bytes[at] = *rc::gen::arbitrary<char>();
          break;
        case 1:
          bytes.erase(at, *rc::gen::inRange<size_t>(1, 40));
          break;
        case 2:
          bytes.insert(at, *rc::gen::arbitrary<std::string>());
          break;
        default:
          bytes.insert(at, bytes.substr(*rc::gen::inRange<size_t>(0, bytes.size()), 40));
      }
    }
    v1::Report report;
    if (!report.ParsePartialFromString(bytes)) return;
    const absl::StatusOr<ParsedReport> parsed = ParseAndValidate(report);
    if (!parsed.ok()) RC_ASSERT(ReasonOf(parsed.status()) != v1::Refusal::REASON_UNSPECIFIED);
  }));
}

// The same, beneath the hash of the portions, so that the changes reach the rules of portions.
TEST(ValidateProperty, NoMutationOfAPortionCrashesIt) {
  const std::vector<std::string> good = sample::Serialized(sample::GoodPortions());
  EXPECT_TRUE(rc::check([&good] {
    std::vector<std::string> contents = good;
    std::string& content = contents[*rc::gen::inRange<size_t>(0, contents.size())];
    const int changes = *rc::gen::inRange(1, 4);
    for (int i = 0; i < changes; ++i) {
      content[*rc::gen::inRange<size_t>(0, content.size())] = *rc::gen::arbitrary<char>();
    }
    const absl::StatusOr<ParsedReport> parsed = ParseAndValidate(sample::SignUnchecked(contents, Key(), kNow));
    if (!parsed.ok()) RC_ASSERT(ReasonOf(parsed.status()) != v1::Refusal::REASON_UNSPECIFIED);
  }));
}

}  // namespace
}  // namespace sworn::model
