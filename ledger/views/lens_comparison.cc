#include "ledger/views/lens_comparison.h"

#include <map>
#include <string>
#include <utility>

#include "ledger/views/lens.h"
#include "ledger/views/text.h"

namespace sworn::views {
namespace {

using Side = v1::Lens::SupportClass;

// "materiel -> INDIRECT", "otherwise -> UNASSIGNED".
std::string DescribeRule(const Classified& classified) {
  std::string text = Concat(classified.rule.empty() ? "otherwise" : classified.rule, " -> ",
                            v1::Lens::SupportClass_Name(classified.support_class));
  if (!classified.code.empty()) text += Concat(" (", classified.code, ")");
  return text;
}

// Counts of the sides as a lens makes them.
std::map<Side, PolarityCounts> CountSides(const SupportTable& table, const v1::Lens& lens) {
  std::map<Side, PolarityCounts> sides;
  for (const auto& [category, row] : table) {
    sides[Classify(lens, category).support_class] += row.counts;
  }
  return sides;
}

}  // namespace

std::vector<v1::LensDifference> CompareLenses(const SupportTable& table, const v1::Lens& lens,
                                              const v1::Lens& compared) {
  std::vector<v1::LensDifference> differences;
  std::map<Side, PolarityCounts> sides = CountSides(table, lens);
  std::map<Side, PolarityCounts> compared_sides = CountSides(table, compared);
  for (const Side side : {v1::Lens::DIRECT, v1::Lens::INDIRECT, v1::Lens::UNASSIGNED}) {
    const v1::Support::Status status = StatusOf(sides[side]);
    const v1::Support::Status compared_status = StatusOf(compared_sides[side]);
    if (status == compared_status) continue;
    v1::LensDifference& difference = differences.emplace_back();
    difference.set_whole_side(side);
    difference.set_status(status);
    difference.set_compared_status(compared_status);
  }
  for (const auto& [category, row] : table) {
    const Classified here = Classify(lens, category);
    const Classified there = Classify(compared, category);
    if (here.support_class == there.support_class) continue;
    v1::LensDifference& difference = differences.emplace_back();
    difference.set_category(category);
    difference.set_side(here.support_class);
    difference.set_compared_side(there.support_class);
    difference.set_rule(DescribeRule(here));
    difference.set_compared_rule(DescribeRule(there));
  }
  return differences;
}

}  // namespace sworn::views
