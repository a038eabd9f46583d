// Through any lens, at any moment, the support view shows each assertion that counts once, on the side that the lens in
// use then gives its category. The expected answer is worked out from the list of what was recorded.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "ledger/model/vocabulary.h"
#include "ledger/views/pick_testing.h"
#include "ledger/views/support_testing.h"

namespace sworn::views {
namespace {

using Side = v1::Lens::SupportClass;

const std::vector<std::string>& Categories() {
  static const std::vector<std::string> categories = {
      "military", "military/weapons", "military/weapons/artillery", "military-x", "funding", "ucdp:w", "ucdp:x"};
  return categories;
}

std::string AnyCategory() { return Categories()[Pick(Categories().size())]; }
Side AnySide() { return static_cast<Side>(v1::Lens::DIRECT + Pick(3)); }

v1::Lens AnyLens() {
  v1::Lens lens;
  lens.set_name("mine");
  lens.set_version(1 + Pick<uint32_t>(6));
  lens.set_otherwise(AnySide());
  for (const std::string& category : Categories()) {
    if (Pick(2) == 0) continue;
    v1::Lens::Rule& rule = *lens.add_rules();
    rule.set_category(category);
    rule.set_support_class(AnySide());
    if (Pick(2) == 0) rule.set_code("code of " + category);
  }
  return lens;
}

// Tries every rule.
std::tuple<Side, std::string> SideAndCode(const v1::Lens& lens, const std::string& category) {
  const v1::Lens::Rule* longest = nullptr;
  for (const v1::Lens::Rule& rule : lens.rules()) {
    const bool fits = model::CategoryIsWithin(category, rule.category());
    if (fits && (longest == nullptr || rule.category().size() > longest->category().size())) longest = &rule;
  }
  if (longest == nullptr) return {lens.otherwise(), ""};
  return {longest->support_class(), longest->code()};
}

// What a support view shows of a category: side, code, and how many affirm, deny and find no evidence.
using Cell = std::tuple<Side, std::string, uint32_t, uint32_t, uint32_t>;
using Cells = std::map<std::string, Cell>;

struct Said {
  uint64_t position = 0;
  std::string category;
  v1::Assertion::Polarity polarity = v1::Assertion::AFFIRMS;
  uint64_t retracted_at = UINT64_MAX;
};

// What was recorded, beside the ledger it was recorded in.
struct History {
  SupportLedger ledger;
  std::vector<Said> said;
  std::vector<crypto::Hash> said_ids;
  std::vector<std::pair<uint64_t, v1::Lens>> lenses;
};

void RecordAny(History& history) {
  const uint64_t position = history.ledger.last_position() + 1;
  const int choice = Pick(10);
  if (choice < 3) {
    history.lenses.emplace_back(position, AnyLens());
    history.ledger.Record("alice", {LensPortion(history.lenses.back().second)});
  } else if (choice < 4 && !history.said.empty()) {
    const size_t retracted = Pick(history.said.size());
    history.said[retracted].retracted_at = std::min(history.said[retracted].retracted_at, position);
    history.ledger.Record("alice",
                          {JudgementPortion(v1::Judgement::RETRACT, {ById(history.said_ids[retracted])}, "wrong")});
  } else {
    Said said;
    said.position = position;
    said.category = AnyCategory();
    said.polarity = static_cast<v1::Assertion::Polarity>(v1::Assertion::AFFIRMS + Pick(3));
    AssertionBuilder assertion(ByExternalId("x:a"), ByExternalId("x:b"), said.category);
    assertion.Polarity(said.polarity).AuthorHop(v1::Hop::WITNESSED);
    history.said_ids.push_back(history.ledger.Record("alice", {assertion.Build()}).front());
    history.said.push_back(said);
  }
}

// The lens in use: that of the first report with the highest version up to the position.
const v1::Lens* InUse(const History& history, uint64_t position) {
  const v1::Lens* in_use = nullptr;
  for (const auto& [recorded_at, lens] : history.lenses) {
    if (recorded_at <= position && (in_use == nullptr || lens.version() > in_use->version())) in_use = &lens;
  }
  return in_use;
}

Cells Expected(const History& history, const v1::Lens& lens, uint64_t position) {
  Cells cells;
  for (const Said& said : history.said) {
    if (said.position > position || said.retracted_at <= position) continue;
    Cell& cell = cells[said.category];
    std::tie(std::get<0>(cell), std::get<1>(cell)) = SideAndCode(lens, said.category);
    if (said.polarity == v1::Assertion::AFFIRMS) ++std::get<2>(cell);
    if (said.polarity == v1::Assertion::DENIES) ++std::get<3>(cell);
    if (said.polarity == v1::Assertion::FINDS_NO_EVIDENCE) ++std::get<4>(cell);
  }
  return cells;
}

void AddCells(const v1::SupportSide& side, Side support_class, Cells& cells) {
  for (const v1::SupportRow& row : side.rows()) {
    const Cell cell = {support_class, row.code(), row.affirms(), row.denies(), row.finds_no_evidence()};
    RC_ASSERT(cells.emplace(row.category(), cell).second);
  }
}

v1::Support::Status ExpectedStatus(const Cells& cells, Side side) {
  uint32_t affirms = 0;
  uint32_t denies = 0;
  uint32_t finds_no_evidence = 0;
  for (const auto& [category, cell] : cells) {
    if (std::get<0>(cell) != side) continue;
    affirms += std::get<2>(cell);
    denies += std::get<3>(cell);
    finds_no_evidence += std::get<4>(cell);
  }
  if (affirms > 0) return denies + finds_no_evidence > 0 ? v1::Support::CONTESTED : v1::Support::REPORTED;
  if (denies > 0) return v1::Support::DENIED;
  return finds_no_evidence > 0 ? v1::Support::NO_EVIDENCE_FOUND : v1::Support::UNREPORTED;
}

TEST(LensProperty, EachAssertionThatCountsIsOnTheSideOfTheLensThatWasInUse) {
  ASSERT_TRUE(rc::check("support through a lens is what the assertions amount to, sorted by hand", [] {
    History history;
    history.ledger.Record("alice", {EntityPortion("A", {"x:a"}), EntityPortion("B", {"x:b"})});
    for (int count = 1 + Pick(12); count > 0; --count) RecordAny(history);
    for (uint64_t position = 1; position <= history.ledger.last_position(); ++position) {
      const v1::Lens* lens = InUse(history, position);
      if (lens == nullptr) continue;
      const v1::GetSupportResponse support = history.ledger.SupportAt(position, "A", "B", "mine");
      RC_ASSERT(support.lens().version() == lens->version());
      Cells cells;
      AddCells(support.direct(), v1::Lens::DIRECT, cells);
      AddCells(support.indirect(), v1::Lens::INDIRECT, cells);
      AddCells(support.unassigned(), v1::Lens::UNASSIGNED, cells);
      const Cells expected = Expected(history, *lens, position);
      RC_ASSERT(cells == expected);
      RC_ASSERT(support.direct().status() == ExpectedStatus(expected, v1::Lens::DIRECT));
      RC_ASSERT(support.indirect().status() == ExpectedStatus(expected, v1::Lens::INDIRECT));
      RC_ASSERT(support.unassigned().status() == ExpectedStatus(expected, v1::Lens::UNASSIGNED));
    }
  }));
}

TEST(LensProperty, IsTotalAndEveryRuleDecidesSomething) {
  ASSERT_TRUE(rc::check("every category has a class, and each rule decides about its own", [] {
    const v1::Lens lens = AnyLens();
    std::string category = AnyCategory();
    for (int depth = Pick(3); depth > 0; --depth) category += "/below";
    const Classified classified = Classify(lens, category);
    RC_ASSERT(classified.support_class != v1::Lens::SUPPORT_CLASS_UNSPECIFIED);
    RC_ASSERT(std::tie(classified.support_class, classified.code) == SideAndCode(lens, category));
    for (const v1::Lens::Rule& rule : lens.rules()) {
      RC_ASSERT(Classify(lens, rule.category()).rule == rule.category());
    }
  }));
}

}  // namespace
}  // namespace sworn::views
