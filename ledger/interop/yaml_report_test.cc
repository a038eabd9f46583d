#include "ledger/interop/yaml_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "ledger/model/refusal.h"

namespace sworn::interop {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string Example(const std::string& name) { return ReadFile(SWORN_SOURCE_DIR "/deploy/examples/" + name); }

std::vector<v1::Assertion> Assertions(const YamlReport& report) {
  std::vector<v1::Assertion> assertions;
  for (const v1::Portion& portion : report.portions) {
    if (portion.has_assertion()) assertions.push_back(portion.assertion());
  }
  return assertions;
}

std::string SourceName(const YamlReport& report, const v1::Hop& hop) {
  return report.portions[hop.source().index()].source().name();
}

// What stands before the assertions in most tests: 10 lines.
constexpr std::string_view kHead = R"(report: Test
marking: (U//TLP:GREEN)
entities:
  China: {kind: country, ids: [iso3166:CN]}
  Russia: {kind: country}
  China Mobile: {kind: organisation}
sources:
  officials: {kind: person, unnamed: true, people: 2}
  Reuters: {kind: organisation}
assertions:
)";

std::string WithHead(const std::string& assertions) { return std::string(kHead) + assertions; }

// One assertion that is right, to which tests add lines 13 and on.
std::string WithLines(const std::string& lines) {
  return WithHead("- claim: China supplies Russia\n  category: materiel/machine-tools\n" + lines);
}

std::string ErrorOf(const std::string& yaml) {
  const auto report = ParseYamlReport(yaml, "f.yaml");
  return std::string(report.status().message());
}

TEST(YamlReport, ReadsTheTenAssertionsOfTheExample) {
  const auto report = ParseYamlReport(Example("beijing-moscow.yaml"), "beijing-moscow.yaml");
  ASSERT_TRUE(report.ok()) << report.status();
  const std::vector<v1::Assertion> assertions = Assertions(*report);
  std::vector<std::string> categories;
  for (const v1::Assertion& assertion : assertions) {
    categories.push_back(assertion.category());
    EXPECT_EQ(report->portions[assertion.subject().entity().index()].entity().name(), "China");
    EXPECT_EQ(report->portions[assertion.object().entity().index()].entity().name(), "Russia");
    EXPECT_EQ(SourceName(*report, assertion.attribution().rbegin()[0]), "the article");
    EXPECT_EQ(assertion.evidence_size(), 1);
    EXPECT_FALSE(assertion.statement().empty());
  }
  EXPECT_THAT(
      categories,
      ElementsAre("materiel/machine-tools", "materiel/microelectronics", "materiel/weapons-technology",
                  "production/drones", "materiel/nitrocellulose", "space/capability", "intelligence/satellite-imagery",
                  "assessment/long-term-threat", "military/direct", "dual-use/optics-propellants-space"));
  EXPECT_EQ(assertions[8].polarity(), v1::Assertion::FINDS_NO_EVIDENCE);
  EXPECT_EQ(assertions[7].derived_from_size(), 7);
  EXPECT_EQ(assertions[7].attribution(0).mode(), v1::Hop::INFERRED);
}

TEST(YamlReport, KeepsWhatTheExampleSaysOfMachineTools) {
  const auto report = ParseYamlReport(Example("beijing-moscow.yaml"), "beijing-moscow.yaml");
  ASSERT_TRUE(report.ok()) << report.status();
  const v1::Assertion assertion = Assertions(*report)[0];
  EXPECT_EQ(assertion.predicate(), "supplies");
  EXPECT_EQ(assertion.polarity(), v1::Assertion::AFFIRMS);
  EXPECT_EQ(assertion.valid().from(), "2023-Q4");
  EXPECT_EQ(assertion.valid().until(), "2023-Q4");
  ASSERT_EQ(assertion.quantities_size(), 2);
  EXPECT_EQ(assertion.quantities(0).value(), "70");
  EXPECT_EQ(assertion.quantities(0).unit(), "%");
  EXPECT_TRUE(assertion.quantities(0).approximate());
  EXPECT_EQ(assertion.quantities(1).value(), "900000000");
  EXPECT_EQ(assertion.quantities(1).unit(), "USD");
  ASSERT_EQ(assertion.attribution_size(), 5);
  const v1::Source officials = report->portions[assertion.attribution(0).source().index()].source();
  EXPECT_TRUE(officials.anonymous());
  EXPECT_EQ(officials.head_count(), 2);
  EXPECT_THAT(report->portions[officials.affiliation().index()].source().external_ids(),
              ElementsAre("wikidata:Q48525"));
  EXPECT_THAT(assertion.attribution(1).cites(), ElementsAre(0));
  EXPECT_THAT(assertion.attribution(2).cites(), ElementsAre(0));
  EXPECT_THAT(assertion.attribution(3).cites(), ElementsAre(1, 2));
  EXPECT_THAT(assertion.attribution(4).cites(), ElementsAre(3));
  EXPECT_EQ(assertion.attribution(4).said_at(), "2024-04-13");
}

TEST(YamlReport, ReadsReutersDirectly) {
  const auto report = ParseYamlReport(Example("reuters-direct.yaml"), "reuters-direct.yaml");
  ASSERT_TRUE(report.ok()) << report.status();
  const std::vector<v1::Assertion> assertions = Assertions(*report);
  ASSERT_EQ(assertions.size(), 1);
  ASSERT_EQ(assertions[0].attribution_size(), 2);
  const v1::Source officials = report->portions[assertions[0].attribution(0).source().index()].source();
  EXPECT_EQ(officials.affiliation().external_id(), "wikidata:Q48525");
}

TEST(YamlReport, ReadsEveryKeyOfAnAssertion) {
  const std::string id(64, 'a');
  const auto report =
      ParseYamlReport(WithLines("  says: Words\n"
                                "  label: first\n"
                                "  polarity: denies\n"
                                "  when: 2023 to 2024-Q1\n"
                                "  attribution: [{me: inferred}]\n"
                                "  grade: B2\n"
                                "  likelihood: very likely\n"
                                "  confidence: moderate\n"
                                "  assessor: wikidata:Q1\n"
                                "  explicitness: alleged\n"
                                "  ids: [a:b, c:d]\n"
                                "  marking: (S//REL TO GBR, USA)\n"
                                "- claim: [wikidata:Q2, has strength of, {value: 120, type: aircraft}]\n"
                                "  category: ucdp-esd-18.1:w\n"
                                "  when: since 2024-04\n"
                                "  derived from: [first, " +
                                id + "]\n"),
                      "f.yaml");
  ASSERT_TRUE(report.ok()) << report.status();
  const v1::Portion& portion = report->portions[5];
  EXPECT_EQ(portion.marking().level(), v1::Marking::S);
  const v1::Assertion& first = portion.assertion();
  EXPECT_EQ(first.statement(), "Words");
  EXPECT_EQ(first.polarity(), v1::Assertion::DENIES);
  EXPECT_EQ(first.valid().from(), "2023");
  EXPECT_EQ(first.valid().until(), "2024-Q1");
  EXPECT_FALSE(first.attribution(0).has_source());
  EXPECT_EQ(first.grade().reliability(), v1::Grade::B);
  EXPECT_EQ(first.grade().credibility(), v1::Grade::PROBABLY_TRUE);
  EXPECT_EQ(first.likelihood(), "very likely");
  EXPECT_EQ(first.confidence(), v1::Assertion::MODERATE);
  EXPECT_EQ(first.assessor().external_id(), "wikidata:Q1");
  EXPECT_EQ(first.explicitness(), v1::Assertion::ALLEGED);
  EXPECT_THAT(first.external_ids(), ElementsAre("a:b", "c:d"));
  const v1::Assertion& second = report->portions[6].assertion();
  EXPECT_EQ(second.subject().entity().external_id(), "wikidata:Q2");
  EXPECT_EQ(second.predicate(), "has-strength-of");
  EXPECT_EQ(second.object().literal().value(), "120");
  EXPECT_EQ(second.object().literal().type(), "aircraft");
  EXPECT_EQ(second.valid().from(), "2024-04");
  EXPECT_EQ(second.valid().until(), "");
  EXPECT_EQ(second.derived_from(0).index(), 5);
  EXPECT_EQ(second.derived_from(1).portion_id(), std::string(32, '\xaa'));
}

TEST(YamlReport, TakesTheLongestNameAtEitherEndOfAClaim) {
  const auto report = ParseYamlReport(WithHead("- claim: China Mobile does not own China Mobile\n"
                                               "  category: a/b\n"
                                               "  attribution: [{officials: told}]\n"),
                                      "f.yaml");
  ASSERT_TRUE(report.ok()) << report.status();
  const v1::Assertion assertion = Assertions(*report)[0];
  EXPECT_EQ(assertion.subject().entity().index(), 2);
  EXPECT_EQ(assertion.predicate(), "does-not-own");
  EXPECT_EQ(assertion.object().entity().index(), 2);
}

struct BadLine {
  std::string name;
  std::string yaml;
  std::string error;  // the beginning of the message
};

void PrintTo(const BadLine& bad, std::ostream* out) { *out << bad.name; }

class YamlReportErrors : public ::testing::TestWithParam<BadLine> {};

TEST_P(YamlReportErrors, NamePlaceFieldAndRemedy) {
  EXPECT_THAT(ErrorOf(GetParam().yaml), HasSubstr(GetParam().error));
  const auto report = ParseYamlReport(GetParam().yaml, "f.yaml");
  EXPECT_NE(model::ReasonOf(report.status()), v1::Refusal::REASON_UNSPECIFIED);
}

const std::string kTold = "  attribution: [{officials: told}]\n";

INSTANTIATE_TEST_SUITE_P(
    Fields, YamlReportErrors,
    ::testing::Values(
        BadLine{"Polarity", WithLines("  polarity: affrims\n" + kTold),
                "f.yaml:13:13: assertions[0].polarity: \"affrims\" is no polarity"},
        BadLine{"PolarityRemedy", WithLines("  polarity: affrims\n" + kTold), "did you mean \"affirms\"?"},
        BadLine{"UnknownKey", WithLines("  derived form: [a]\n" + kTold),
                "f.yaml:13:3: assertions[0]: 'derived form' is not a key here; did you mean 'derived from'?"},
        BadLine{"UnknownTopKey", "report: a\nmarkings: (U)\n",
                "f.yaml:2:1: 'markings' is not a key here; did you mean 'marking'?"},
        BadLine{"DuplicateKey", WithLines("  category: a/b\n"), "f.yaml:13:3: the key 'category' is given twice"},
        BadLine{"Category", WithHead("- claim: China supplies Russia\n  category: Machine Tools\n" + kTold),
                "f.yaml:12:13: assertions[0].category: "},
        BadLine{
            "Subject", WithHead("- claim: Chine supplies Russia\n  category: a\n" + kTold),
            "f.yaml:11:10: assertions[0].claim: 'Chine supplies Russia' begins with no entity of this file and no id; "
            "write 'SUBJECT predicate OBJECT'; did you mean 'China'?"},
        BadLine{"Object", WithHead("- claim: China supplies Rusia\n  category: a\n" + kTold),
                "f.yaml:11:10: assertions[0].claim: 'China supplies Rusia' ends with no entity of this file and no id; "
                "write 'SUBJECT predicate OBJECT'; did you mean 'Russia'?"},
        BadLine{"Predicate", WithHead("- claim: China Supplies Russia\n  category: a\n" + kTold),
                "f.yaml:11:10: assertions[0].claim: 'Supplies' is not a predicate"},
        BadLine{"MissingClaim", WithHead("- category: a\n" + kTold), "f.yaml:11:3: assertions[0]: 'claim' is missing"},
        BadLine{"MissingAttribution", WithLines(""), "f.yaml:11:3: assertions[0]: 'attribution' is missing"},
        BadLine{"Date", WithLines("  when: 2023-Q5\n" + kTold), "f.yaml:13:9: assertions[0].when: "},
        BadLine{"PeriodBackwards", WithLines("  when: 2024 to 2023\n" + kTold), "f.yaml:13:9: assertions[0].when: "},
        BadLine{"Amount", WithLines("  quantities: [{amount: lots}]\n" + kTold),
                "f.yaml:13:25: assertions[0].quantities[0].amount: 'lots' is not '[about] NUMBER [UNIT]'"},
        BadLine{
            "Source", WithLines("  attribution:\n  - oficials: told\n"),
            "f.yaml:14:5: assertions[0].attribution[0]: 'oficials' is neither a source of this file nor an id; did you "
            "mean 'officials'?"},
        BadLine{"Mode", WithLines("  attribution:\n  - officials: tolled\n"),
                "f.yaml:14:16: assertions[0].attribution[0].officials: \"tolled\" is no mode"},
        BadLine{"CitesLater",
                WithLines(
                    "  attribution:\n  - officials: told, citing Reuters\n  - Reuters: published, citing officials\n"),
                "f.yaml:14:16: assertions[0].attribution[0].officials: cites 'Reuters', which is not an earlier step"},
        BadLine{
            "CitesMisspelt",
            WithLines("  attribution:\n  - officials: told\n  - Reuters: published, citing official\n"),
            "f.yaml:15:14: assertions[0].attribution[1].Reuters: cites 'official', which is not an earlier step; did "
            "you mean 'officials'?"},
        BadLine{"NotCited", WithLines("  attribution:\n  - officials: told\n  - Reuters: published\n"),
                "f.yaml:14:5: assertions[0].attribution[0]: no later step cites 'officials'"},
        BadLine{"StepDate", WithLines("  attribution:\n  - officials: told on 2024-13\n"),
                "f.yaml:14:16: assertions[0].attribution[0].officials: "},
        BadLine{
            "AttributionName", WithLines("  attribution: oficials\nattributions:\n  officials: [{officials: told}]\n"),
            "f.yaml:13:16: assertions[0].attribution: 'oficials' is not one of the attributions of this file; did you "
            "mean 'officials'?"},
        BadLine{"DerivedFromItself", WithLines("  label: a\n  derived from: a\n"),
                "f.yaml:14:17: assertions[0].derived from: 'a' is neither the label of an earlier assertion"},
        BadLine{"Grade", WithLines("  grade: G9\n" + kTold), "f.yaml:13:10: assertions[0].grade: "},
        BadLine{"Likelihood", WithLines("  likelihood: verry likely\n" + kTold),
                "f.yaml:13:15: assertions[0].likelihood: "},
        BadLine{"LikelihoodWithoutAssessor", WithLines("  likelihood: likely\n  attribution: [{me: inferred}]\n"),
                "f.yaml:11:3: assertions[0]: "},
        BadLine{"Explicitness", WithLines("  explicitness: aleged\n" + kTold),
                "f.yaml:13:17: assertions[0].explicitness: 'aleged' is not an explicitness; did you mean 'alleged'?"},
        BadLine{"Marking", WithLines("  marking: (X)\n" + kTold), "f.yaml:13:12: assertions[0].marking: "},
        BadLine{"Empty", WithLines("  says:\n" + kTold), "assertions[0].says: is empty"},
        BadLine{"ListForText", WithLines("  says: [a]\n" + kTold), "f.yaml:13:9: assertions[0].says: expected a text"},
        BadLine{"Unmarked", "report: a\nentities:\n  China: {}\n", "f.yaml:3:10: entities.China: has no marking"},
        BadLine{"NoTitle", "marking: (U)\nentities: {China: {}}\n", "f.yaml:1:1: 'report: TITLE' is missing"},
        BadLine{"Nothing", "report: a\nmarking: (U)\n", "f.yaml:1:1: holds nothing to record"},
        BadLine{"EmptyFile", "", "f.yaml:1:1: expected 'key: value' lines"},
        BadLine{"SourceKind", "report: a\nmarking: (U)\nsources:\n  b: {kind: persn}\n",
                "f.yaml:4:13: sources.b.kind: "},
        BadLine{"PeopleNamed", "report: a\nmarking: (U)\nsources:\n  b: {kind: person, people: 2}\n",
                "f.yaml:4:29: sources.b.people: counts unnamed people"},
        BadLine{"PeopleCount", "report: a\nmarking: (U)\nsources:\n  b: {kind: person, unnamed: true, people: -2}\n",
                "f.yaml:4:44: sources.b.people: '-2' is not a whole number"},
        BadLine{"SourceNamedMe", "report: a\nmarking: (U)\nsources:\n  me: {kind: person}\n",
                "f.yaml:4:3: sources.me: 'me' is the author"},
        BadLine{"SourceWithComma", "report: a\nmarking: (U)\nsources:\n  a, b: {kind: person}\n",
                "f.yaml:4:3: sources.a, b: a source is cited by this name"},
        BadLine{"Sha256", "report: a\nmarking: (U)\nevidence:\n  b: {sha256: 12ab}\n",
                "f.yaml:4:15: evidence.b.sha256: expected the SHA-256"},
        BadLine{"Retrieved",
                "report: a\nmarking: (U)\nevidence:\n  b: {retrieved: 2024-04, sha256: " + std::string(64, 'a') + "}\n",
                "f.yaml:4:18: evidence.b.retrieved: '2024-04' is neither a day"},
        BadLine{"ExternalId", "report: a\nmarking: (U)\nentities:\n  b: {ids: [nonsense]}\n",
                "f.yaml:4:6: entities.b: "}),
    [](const auto& info) { return info.param.name; });

std::string Nested(size_t depth) { return "report: " + std::string(depth, '[') + std::string(depth, ']') + "\n"; }

std::string Repeat(const std::string& text, size_t times) {
  std::string result;
  for (size_t i = 0; i < times; ++i) result += text;
  return result;
}

INSTANTIATE_TEST_SUITE_P(
    Documents, YamlReportErrors,
    ::testing::Values(BadLine{"Anchor", "report: &a lol\n", "f.yaml:1:9: anchors ('&a') are refused"},
                      BadLine{"Alias", "report: [*a]\n", "f.yaml:1:"},
                      BadLine{"Bomb", "a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n",
                              "f.yaml:1:4: anchors ('&a') are refused"},
                      BadLine{"AnchorOnMap", "report: &a {b: c}\n", "anchors ('&a') are refused"},
                      BadLine{"MergeKey", "report: &a {b: c}\nd:\n  <<: *a\n", "anchors ('&a') are refused"},
                      BadLine{"Tag", "report: !!python/object:os.system x\n", "f.yaml:1:9: tags"},
                      BadLine{"TwoDocuments", "report: a\n---\nreport: b\n", "a second document begins here"},
                      BadLine{"Deep", Nested(40), "f.yaml:1:40: nested deeper than 32 levels"},
                      BadLine{"VeryDeep", Nested(100'000), "nested deeper than 32 levels"},
                      BadLine{"DeepMaps", "report: " + Repeat("{a: ", 100'000) + "\n", "nested deeper than 32 levels"},
                      BadLine{"NotUtf8", "report: a\nmarking: \xff\n", "f.yaml:2:1: this line is not UTF-8"},
                      BadLine{"Overlong", "report: \xc0\xaf\n", "f.yaml:1:1: this line is not UTF-8"},
                      BadLine{"Utf16", std::string("r\0e\0", 4), "holds a zero byte"},
                      BadLine{"TooLong", std::string(kMaxYamlBytes + 1, ' '), "bytes long"},
                      BadLine{"TooMany", "report: [" + std::string(2 * kMaxYamlNodes + 2, ',') + "]\n", "f.yaml:"},
                      BadLine{"Unclosed", "report: [a\n", "is not YAML"},
                      BadLine{"MapAsKey", "? {a: b}\n: c\n", "a key is plain text"},
                      BadLine{"EmptyKey", ": c\n", "a key is missing"},
                      BadLine{"Tab", "report: a\n\tmarking: (U)\n", "is not YAML"}),
    [](const auto& info) { return info.param.name; });

TEST(YamlReport, ReportsManyErrorsAtOnceInTheOrderOfTheFile) {
  const std::string error = ErrorOf(WithLines("  polarity: x\n  grade: y\n  when: z\n" + kTold));
  const size_t polarity = error.find("f.yaml:13:13:");
  const size_t grade = error.find("f.yaml:14:10:");
  const size_t when = error.find("f.yaml:15:9:");
  ASSERT_NE(when, std::string::npos) << error;
  EXPECT_LT(polarity, grade);
  EXPECT_LT(grade, when);
}

TEST(YamlReport, StopsListingErrorsAtTheLimit) {
  std::string lines;
  for (int i = 0; i < 50; ++i) lines += "  key" + std::to_string(i) + ": x\n";
  const std::string error = ErrorOf(WithLines(lines + kTold));
  EXPECT_EQ(std::count(error.begin(), error.end(), '\n'), kMaxYamlErrors);
  EXPECT_THAT(error, HasSubstr("\nand 30 more"));
}

TEST(YamlReport, ReportsAMistakeInADefaultOnce) {
  const std::string error = ErrorOf(
      "report: a\nmarking: (U)\ndefaults: {polarity: x, claim: a:b is c:d, category: a}\n"
      "sources: {s: {kind: person}}\n"
      "assertions:\n- attribution: [{s: told}]\n- attribution: [{s: told}]\n");
  EXPECT_THAT(error, HasSubstr("f.yaml:3:22: defaults.polarity: "));
  EXPECT_EQ(std::count(error.begin(), error.end(), '\n'), 0) << error;
}

TEST(YamlReport, RefusesMorePortionsThanAReportHolds) {
  std::string yaml = "report: a\nmarking: (U)\nentities:\n";
  for (int i = 0; i < 10'001; ++i) yaml += "  e" + std::to_string(i) + ": {}\n";
  EXPECT_THAT(ErrorOf(yaml), HasSubstr("holds 10001 portions; a report has at most 10000"));
}

// Whatever the bytes, an answer comes back, and what is wrong has a place.
TEST(YamlReport, AnswersDamagedText) {
  const std::string good = Example("beijing-moscow.yaml");
  std::minstd_rand random(1);
  for (int round = 0; round < 500; ++round) {
    std::string bad = good;
    for (int i = 0; i < 3; ++i) bad[random() % bad.size()] = "\t\n :-[]{}&*!|>'\"%#,?\xff"[random() % 21];
    bad.resize(bad.size() - random() % 100);
    const auto report = ParseYamlReport(bad, "f.yaml");
    EXPECT_TRUE(report.ok() || report.status().message().substr(0, 7) == "f.yaml:") << report.status();
  }
}

TEST(YamlReport, TheExampleInTheHeaderIsRight) {
  const std::string header = ReadFile(SWORN_SOURCE_DIR "/ledger/interop/yaml_report.h");
  const size_t begin = header.find("//   report: Machine tools");
  const size_t end = header.find("//\n// Thread-safety");
  ASSERT_NE(begin, std::string::npos);
  std::string yaml;
  std::istringstream lines(header.substr(begin, end - begin));
  for (std::string line; std::getline(lines, line);) yaml += line.substr(std::string("//   ").size()) + "\n";
  const auto report = ParseYamlReport(yaml, "header");
  ASSERT_TRUE(report.ok()) << report.status() << yaml;
  EXPECT_EQ(report->title, "Machine tools, 13 April 2024");
  EXPECT_EQ(report->portions.size(), 5);
}

}  // namespace
}  // namespace sworn::interop
