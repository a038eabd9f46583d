#include "ledger/views/portion_diff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "ledger/views/support_testing.h"
#include "ledger/views/text.h"

namespace sworn::views {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Indexes print as letters, everything else as its external id.
absl::StatusOr<std::string> PrintReference(const v1::Reference& reference) {
  if (reference.has_index()) return std::string(1, static_cast<char>('A' + reference.index()));
  return reference.external_id();
}

std::vector<std::string> Diff(const v1::Portion& before, const v1::Portion& after) {
  const absl::StatusOr<PortionDiff> diff = DiffPortions({before, PrintReference}, {after, PrintReference});
  EXPECT_TRUE(diff.ok()) << diff.status();
  std::vector<std::string> lines;
  if (!diff.ok()) return lines;
  for (const v1::FieldChange& change : diff->changes) {
    lines.push_back(Concat(change.field(), ": ", change.before(), " -> ", change.after()));
  }
  return lines;
}

v1::Portion Assertion() {
  v1::Portion portion = MarkedPortion();
  v1::Assertion& assertion = *portion.mutable_assertion();
  *assertion.mutable_subject()->mutable_entity() = ByIndex(0);
  *assertion.mutable_object()->mutable_entity() = ByIndex(1);
  assertion.set_predicate("supplies");
  assertion.set_polarity(v1::Assertion::AFFIRMS);
  v1::Quantity& quantity = *assertion.add_quantities();
  quantity.set_value("70");
  quantity.set_unit("%");
  quantity.set_approximate(true);
  for (uint32_t i = 2; i < 4; ++i) {
    v1::Hop& hop = *assertion.add_attribution();
    *hop.mutable_source() = ByIndex(i);
    hop.set_mode(i == 2 ? v1::Hop::TOLD : v1::Hop::PUBLISHED);
    if (i == 3) hop.add_cites(0);
  }
  return portion;
}

v1::Portion Aliases(const std::vector<std::string>& aliases) {
  v1::Portion portion = EntityPortion("China");
  portion.mutable_entity()->mutable_aliases()->Assign(aliases.begin(), aliases.end());
  return portion;
}

v1::Quantity Quantity(const std::string& value) {
  v1::Quantity quantity;
  quantity.set_value(value);
  return quantity;
}

TEST(PortionDiffTest, EveryChangeIsNamedByItsFieldAndPrinted) {
  struct Case {
    std::string name;
    std::function<void(v1::Portion&)> change;
    std::vector<std::string> lines;
  };
  const auto assertion = [](v1::Portion& p) -> v1::Assertion& { return *p.mutable_assertion(); };
  const std::vector<Case> cases = {
      {"nothing", [](auto&) {}, {}},
      {"a text", [&](auto& p) { assertion(p).set_statement("sharply up"); }, {"statement:  -> sharply up"}},
      {"an enum", [&](auto& p) { assertion(p).set_polarity(v1::Assertion::DENIES); }, {"polarity: AFFIRMS -> DENIES"}},
      {"a quantity",
       [&](auto& p) { assertion(p).mutable_quantities(0)->set_value("75"); },
       {"quantities[0].value: 70 -> 75"}},
      {"a flag that is unset",
       [&](auto& p) { assertion(p).mutable_quantities(0)->clear_approximate(); },
       {"quantities[0].approximate: yes -> "}},
      {"a quantity in front of the others",
       [&](auto& p) {
         const v1::Quantity last = assertion(p).quantities(0);
         *assertion(p).mutable_quantities(0) = Quantity("90");
         *assertion(p).add_quantities() = last;
       },
       {"quantities[0].value:  -> 90"}},
      {"no quantity any more",
       [&](auto& p) { assertion(p).clear_quantities(); },
       {"quantities[0].value: 70 -> ", "quantities[0].unit: % -> ", "quantities[0].approximate: yes -> "}},
      {"an index that means another",
       [&](auto& p) { *assertion(p).mutable_object()->mutable_entity() = ByIndex(2); },
       {"object.entity: B -> C"}},
      {"a reference that means the same",
       [&](auto& p) { *assertion(p).mutable_object()->mutable_entity() = ByExternalId("B"); },
       {}},
      {"a literal in place of an entity",
       [&](auto& p) { assertion(p).mutable_object()->mutable_literal()->set_value("120"); },
       {"object.entity: B -> ", "object.literal.value:  -> 120"}},
      {"a citation of step 0",
       [&](auto& p) { assertion(p).mutable_attribution(1)->clear_cites(); },
       {"attribution[1].cites[0]: 0 -> "}},
      {"a period", [&](auto& p) { assertion(p).mutable_valid()->set_from("2023-Q4"); }, {"valid.from:  -> 2023-Q4"}},
      {"a grade",
       [&](auto& p) {
         assertion(p).mutable_grade()->set_reliability(v1::Grade::B);
         assertion(p).mutable_grade()->set_credibility(v1::Grade::PROBABLY_TRUE);
       },
       {"grade:  -> B2"}},
      {"a marking", [](auto& p) { p.mutable_marking()->set_level(v1::Marking::S); }, {"marking: (U) -> (S)"}},
      {"terms of use",
       [](auto& p) { p.mutable_marking()->add_statements("not to be sold"); },
       {"marking.statements[0]:  -> not to be sold"}},
      {"another kind", [](auto& p) { p.mutable_entity()->set_name("China"); }, {"kind: assertion -> entity"}},
      {"erased", [](auto& p) { p.clear_content(); }, {"kind: assertion -> "}},
  };
  for (const Case& test_case : cases) {
    v1::Portion changed = Assertion();
    test_case.change(changed);
    EXPECT_EQ(Diff(Assertion(), changed), test_case.lines) << test_case.name;
  }
}

TEST(PortionDiffTest, ListsAreComparedBetweenWhatTheyBeginAndEndWith) {
  EXPECT_THAT(Diff(Aliases({"a", "b", "c"}), Aliases({"b", "c"})), ElementsAre("aliases[0]: a -> "));
  EXPECT_THAT(Diff(Aliases({"a", "c"}), Aliases({"a", "b", "c"})), ElementsAre("aliases[1]:  -> b"));
  EXPECT_THAT(Diff(Aliases({"a", "a"}), Aliases({"a", "a", "a"})), ElementsAre("aliases[2]:  -> a"));
  EXPECT_THAT(Diff(Aliases({"a", "b", "d"}), Aliases({"a", "c", "d"})), ElementsAre("aliases[1]: b -> c"));
  EXPECT_THAT(Diff(Aliases({}), Aliases({})), IsEmpty());
}

TEST(PortionDiffTest, CountAndSizeAreBounded) {
  std::vector<std::string> many(kMaxFieldChanges + 23, "x");
  absl::StatusOr<PortionDiff> diff = DiffPortions({Aliases({}), PrintReference}, {Aliases(many), PrintReference});
  ASSERT_TRUE(diff.ok()) << diff.status();
  EXPECT_EQ(diff->changes.size(), kMaxFieldChanges);
  EXPECT_EQ(diff->count, many.size());
  diff = DiffPortions({Aliases({}), PrintReference}, {Aliases({std::string(10'000, 'x')}), PrintReference});
  ASSERT_TRUE(diff.ok()) << diff.status();
  ASSERT_EQ(diff->changes.size(), 1U);
  EXPECT_LE(diff->changes[0].after().size(), kMaxChangeBytes);
}

TEST(PortionDiffTest, AReferenceThatCannotBeLookedUpIsAnError) {
  const ReferencePrinter fails = [](const v1::Reference&) { return absl::DataLossError("damaged"); };
  EXPECT_TRUE(absl::IsDataLoss(DiffPortions({Assertion(), PrintReference}, {Assertion(), fails}).status()));
}

}  // namespace
}  // namespace sworn::views
