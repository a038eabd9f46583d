#include "ledger/interop/yaml_lens.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "ledger/interop/yaml_report.h"
#include "ledger/model/limits.h"
#include "ledger/model/marking.h"
#include "ledger/model/refusal.h"
#include "ledger/model/validate.h"
#include "ledger/model/vocabulary.h"

namespace sworn::interop {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using v1::Lens;
using v1::Refusal;

std::vector<std::string> Rules(const Lens& lens) {
  std::vector<std::string> rules;
  for (const Lens::Rule& rule : lens.rules()) {
    rules.push_back(
        model::Concat(rule.category(), " ", Lens::SupportClass_Name(rule.support_class()), " ", rule.code()));
  }
  return rules;
}

TEST(YamlLens, ReadsEveryKey) {
  const auto portion = ParseYamlLens(R"(name: troops-only
marking: (U//TLP:GREEN)
version: 3
description: Fighting is direct.
direct: military/troops
indirect: [military, materiel/machine-tools]
unassigned:
  - assessment
rules:
  - {category: "ucdp-esd-18.1:x", class: Direct, code: "ucdp-esd-18.1:x"}
  - {category: funding, class: indirect}
otherwise: unassigned
)",
                                     "f.yaml");
  ASSERT_TRUE(portion.ok()) << portion.status();
  EXPECT_EQ(model::FormatMarking(portion->marking()), "(U//TLP:GREEN)");
  const Lens& lens = portion->lens();
  EXPECT_EQ(lens.name(), "troops-only");
  EXPECT_EQ(lens.version(), 3);
  EXPECT_EQ(lens.description(), "Fighting is direct.");
  EXPECT_EQ(lens.otherwise(), Lens::UNASSIGNED);
  EXPECT_THAT(Rules(lens),
              ElementsAre("assessment UNASSIGNED ", "funding INDIRECT ", "materiel/machine-tools INDIRECT ",
                          "military INDIRECT ", "military/troops DIRECT ", "ucdp-esd-18.1:x DIRECT ucdp-esd-18.1:x"));
}

TEST(YamlLens, OtherwiseAloneIsTotal) {
  const auto portion = ParseYamlLens("name: all\nmarking: (U)\notherwise: direct\n", "f.yaml");
  ASSERT_TRUE(portion.ok()) << portion.status();
  EXPECT_EQ(portion->lens().version(), 0);
  EXPECT_EQ(portion->lens().rules_size(), 0);
}

struct BadLens {
  std::string yaml;
  std::string message;  // the whole of it where it is one line
  Refusal::Reason reason = Refusal::FIELD_INVALID;
};

TEST(YamlLens, WhatIsNotTotalOrNotClearIsRefusedWithItsLine) {
  const std::string head = "name: mine\nmarking: (U)\notherwise: direct\n";
  const std::vector<BadLens> cases = {
      {"name: mine\nmarking: (U)\ndirect: military\n",
       "f.yaml:1:1: 'otherwise' is missing: the class of every category that is not named here"},
      {"name: mine\nmarking: (U)\notherwise:\n", "f.yaml:3:1: otherwise: is empty; write a text or leave the key out"},
      {"name: mine\nmarking: (U)\notherwise: indirekt\n", "f.yaml:3:12: otherwise: \"indirekt\" is no class"},
      {"name: mine\nmarking: (U)\notherwise: 2\n",
       "f.yaml:3:12: otherwise: \"2\" is no class (direct, indirect, unassigned)"},
      {"marking: (U)\notherwise: direct\n", "f.yaml:1:1: 'name' is missing"},
      {"name: mine\notherwise: direct\n", "f.yaml:1:1: 'marking' is missing: 'marking: (U)'", Refusal::UNMARKED},
      {"name: My lens\nmarking: (U)\notherwise: direct\n",
       "lens.name is \"My lens\"; write lower-case words joined by hyphens"},
      {"name: a/b\nmarking: (U)\notherwise: direct\n", "lens.name is \"a/b\""},
      {"name: mine\nmarking: nonsense\notherwise: direct\n", "f.yaml:2:10: marking: "},
      // Each category has one class.
      {head + "direct: [a/b, c]\nindirect: [d, a/b]\n",
       "f.yaml:5:15: indirect[1]: 'a/b' has a class already, from line 4; give each category one"},
      {head + "direct: [a, a]\n", "f.yaml:4:13: direct[1]: 'a' has a class already, from line 4"},
      {head + "direct: a\nrules:\n- {category: a, class: direct}\n",
       "f.yaml:6:14: rules[0].category: 'a' has a class already"},
      // Paths that no category fits.
      {head + "direct: materiel/*\n", "f.yaml:4:9: direct: 'materiel/*' ends with more than a path"},
      {head + "direct: materiel/\n", "f.yaml:4:9: direct: 'materiel/' ends with more than a path"},
      {head + "direct: [/materiel]\n", "f.yaml:4:10: direct[0]: \"/materiel\" is no category"},
      {head + "direct: Materiel\n", "f.yaml:4:9: direct: \"Materiel\" is no category"},
      {head + "direct: a//b\n", "f.yaml:4:9: direct: \"a//b\" is no category"},
      {head + "direct: a b\n", "is no category"},
      {head + "direct: \"a\\0b\"\n", "is no category"},
      {head + "direct: a/b/c/d/e/f/g/h/i\n", "has 9 levels; it takes 8"},
      {head + "direct: \"ucdp:\"\n", "f.yaml:4:9: direct: \"ucdp:\" is no foreign code"},
      {head + "direct: " + std::string(257, 'a') + "\n", "it takes 256"},
      {head + "direct:\n", "f.yaml:4:1: direct: is empty; write a text or leave the key out"},
      {head + "direct: [[a]]\n", "f.yaml:4:10: direct[0]: expected a text"},
      {head + "direct: {a: b}\n", "f.yaml:4:9: direct: expected a text"},
      // Rules.
      {head + "rules: [a]\n", "f.yaml:4:9: rules[0]: expected 'key: value' lines"},
      {head + "rules:\n- {category: a}\n", "f.yaml:5:3: rules[0]: 'class' is missing"},
      {head + "rules:\n- {class: direct}\n", "f.yaml:5:3: rules[0]: 'category' is missing"},
      {head + "rules:\n- {category: a, class: neither}\n", "f.yaml:5:24: rules[0].class: \"neither\" is no class"},
      {head + "rules:\n- {category: a, class: direct, kode: x}\n", "'kode' is not a key here; did you mean 'code'?"},
      {head + "rules:\n- {category: a, class: direct, code: " + std::string(257, 'x') + "}\n", "lens.rules[0].code",
       Refusal::TOO_LARGE},
      // Versions.
      {head + "version: 0\n", "f.yaml:4:10: version: is no version; count from 1"},
      {head + "version: -1\n", "f.yaml:4:10: version: '-1' is not a whole number from 0 up"},
      {head + "version: 1.5\n", "'1.5' is not a whole number"},
      {head + "version: 4294967296\n", "'4294967296' is not a whole number"},
      {head + "version: 1000001\n", "at most 1000000 is recorded", Refusal::TOO_LARGE},
      // The rest.
      {head + "drect: a\n", "f.yaml:4:1: 'drect' is not a key here; did you mean 'direct'?"},
      {head + "otherwise: direct\n", "the key 'otherwise' is given twice"},
      {"report: x\nmarking: (U)\n", "'report' is not a key here"},
      {"- a\n", "f.yaml:1:1: expected 'key: value' lines"},
      {"", "expected 'key: value' lines"},
      {"name: [\n", "is not YAML", Refusal::MALFORMED},
      {"name: \xff\n", "is not UTF-8", Refusal::NOT_UTF8},
  };
  for (const BadLens& test : cases) {
    const auto portion = ParseYamlLens(test.yaml, "f.yaml");
    EXPECT_EQ(model::ReasonOf(portion.status()), test.reason) << test.yaml << portion.status();
    EXPECT_THAT(std::string(portion.status().message()), HasSubstr(test.message)) << test.yaml;
    EXPECT_THAT(std::string(portion.status().message()), HasSubstr("f.yaml:")) << test.yaml;
  }
}

TEST(YamlLens, TooManyRulesAreRefused) {
  std::string yaml = "name: mine\nmarking: (U)\notherwise: direct\ndirect:\n";
  for (size_t i = 0; i < model::kMaxListItems; ++i) yaml += model::Concat("- c", i, "\n");
  EXPECT_TRUE(ParseYamlLens(yaml, "f.yaml").ok());
  const auto portion = ParseYamlLens(yaml + "indirect: more\n", "f.yaml");
  EXPECT_THAT(std::string(portion.status().message()),
              HasSubstr("f.yaml:1:1: names 1001 categories; a lens names at most 1000"));
}

TEST(YamlLens, AReportHoldsLensesToo) {
  const auto report = ParseYamlReport(
      "report: Test\nmarking: (U)\nlenses:\n"
      "  mine: {version: 2, direct: military, otherwise: unassigned}\n"
      "  other: {version: 1, otherwise: indirect, marking: (U//TLP:RED)}\n",
      "f.yaml");
  ASSERT_TRUE(report.ok()) << report.status();
  ASSERT_EQ(report->portions.size(), 2);
  EXPECT_EQ(report->portions[0].lens().name(), "mine");
  EXPECT_EQ(report->portions[0].lens().version(), 2);
  EXPECT_THAT(Rules(report->portions[0].lens()), ElementsAre("military DIRECT "));
  EXPECT_EQ(model::FormatMarking(report->portions[1].marking()), "(U//TLP:RED)");
}

TEST(YamlLens, WhatIsWrongWithALensOfAReportIsSaidWithItsLine) {
  const std::string head = "report: Test\nmarking: (U)\nlenses:\n";
  const std::vector<BadLens> cases = {
      {"  mine: {otherwise: direct}\n", "f.yaml:4:9: lenses.mine: 'version' is missing; count from 1"},
      {"  mine: {version: 1}\n", "f.yaml:4:9: lenses.mine: 'otherwise' is missing"},
      {"  mine: {version: 1, otherwise: direct, direct: [a, b, a]}\n",
       "f.yaml:4:56: lenses.mine.direct[2]: 'a' has a class"},
      {"  mine: {version: 1, otherwise: direct, name: x}\n", "'name' is not a key here"},
      {"  My lens: {version: 1, otherwise: direct}\n", "lens.name is \"My lens\""},
      {"  mine: direct\n", "f.yaml:4:9: lenses.mine: expected 'key: value' lines"},
      {"  - mine\n", "f.yaml:4:3: lenses: expected 'name: {...}' lines"},
  };
  for (const BadLens& test : cases) {
    const auto report = ParseYamlReport(head + test.yaml, "f.yaml");
    EXPECT_FALSE(report.ok()) << test.yaml;
    EXPECT_THAT(std::string(report.status().message()), HasSubstr(test.message)) << test.yaml;
  }
}

Lens::SupportClass AnyClass() { return *rc::gen::element(Lens::DIRECT, Lens::INDIRECT, Lens::UNASSIGNED); }

// A word that a category may hold; some are words that mean something in YAML.
std::string AnyWord() {
  return *rc::gen::oneOf(
      rc::gen::element<std::string>("null", "true", "no", "y", "0x1f", "1e5", "12", "inf", "materiel", "military-x"),
      rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::elementOf(std::string("abcz019")))));
}

std::string AnyCategory() {
  if (*rc::gen::inRange(0, 5) == 0) return model::Concat(AnyWord(), ":", AnyWord());
  std::string category = AnyWord();
  for (int depth = *rc::gen::inRange(0, 4); depth > 0; --depth) category += "/" + AnyWord();
  return category.substr(0, model::kMaxCategoryBytes);
}

std::string AnyText(size_t max_bytes) {
  std::string text;
  const std::vector<std::string> pieces = {
      "a", " ", "\n", "\t", "\"", "'", "\\",     ":",    "#",      "- ",     "é",
      "€", "😀", "\r", "%",  "|",  "~", "\u2028", "\x01", "\u0085", "\uFEFF", std::string(1, '\0')};
  for (const std::string& piece : *rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(pieces))) {
    if (text.size() + piece.size() <= max_bytes) text += piece;
  }
  return text;
}

// A lens that a ledger records, its rules in order of category.
v1::Portion AnyLens() {
  v1::Portion portion;
  portion.mutable_marking()->set_level(*rc::gen::element(v1::Marking::U, v1::Marking::S));
  Lens& lens = *portion.mutable_lens();
  lens.set_name(AnyWord());
  lens.set_version(1);
  lens.set_description(AnyText(model::kMaxTextBytes));
  lens.set_otherwise(AnyClass());
  std::set<std::string> categories;
  for (int i = *rc::gen::inRange(0, 12); i > 0; --i) categories.insert(AnyCategory());
  for (const std::string& category : categories) {
    Lens::Rule& rule = *lens.add_rules();
    rule.set_category(category);
    rule.set_support_class(AnyClass());
    if (*rc::gen::arbitrary<bool>()) rule.set_code(AnyText(model::kMaxCategoryBytes));
  }
  return portion;
}

TEST(YamlLensProperty, WhatIsWrittenIsReadAgain) {
  EXPECT_TRUE(rc::check("a lens is the same after being written and read", [] {
    v1::Portion portion = AnyLens();
    RC_PRE(model::ValidatePortion(portion, 0, {v1::Portion::kLens}).ok());
    const std::string yaml = FormatYamlLens(portion);
    const auto read = ParseYamlLens(yaml, "f.yaml");
    if (!read.ok()) RC_FAIL(yaml + read.status().ToString());
    portion.mutable_lens()->clear_version();
    if (read->SerializeAsString() != portion.SerializeAsString()) RC_FAIL(yaml + read->DebugString());
  }));
}

TEST(YamlLensProperty, TheOrderOfTheRulesDoesNotMatter) {
  EXPECT_TRUE(rc::check("rules in any order are the same lens", [] {
    const v1::Portion portion = AnyLens();
    v1::Portion reversed = portion;
    std::reverse(reversed.mutable_lens()->mutable_rules()->begin(), reversed.mutable_lens()->mutable_rules()->end());
    RC_ASSERT(FormatYamlLens(portion) == FormatYamlLens(reversed));
  }));
}

}  // namespace
}  // namespace sworn::interop
