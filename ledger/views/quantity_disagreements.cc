#include "ledger/views/quantity_disagreements.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "absl/strings/numbers.h"
#include "ledger/model/text.h"
#include "ledger/views/period_days.h"

namespace sworn::views {
namespace {

// How far approximate values may be apart, as a part of the larger.
constexpr double kTolerance = 0.1;

struct Stated {
  const StoredAssertion* assertion = nullptr;
  const v1::Quantity* quantity = nullptr;
  std::string digits;  // the one way to write the number
  double value = 0;
  model::DayRange days;
  bool disagrees = false;
};

// Without zeros that change nothing: "070.50" is "70.5", "-0.0" is "0". Recorded values are decimal numbers.
std::string Digits(std::string_view decimal) {
  const bool negative = decimal.starts_with('-');
  decimal.remove_prefix(std::min(decimal.find_first_not_of("+-"), decimal.size()));
  const size_t point = std::min(decimal.find('.'), decimal.size());
  std::string_view whole = decimal.substr(0, point);
  whole.remove_prefix(std::min(whole.find_first_not_of('0'), whole.size()));
  std::string_view fraction = decimal.substr(std::min(point + 1, decimal.size()));
  fraction = fraction.substr(0, fraction.find_last_not_of('0') + 1);
  if (whole.empty() && fraction.empty()) return "0";
  return model::Concat(negative ? "-" : "", whole, ".", fraction);
}

Stated ToStated(const StoredAssertion& assertion, const v1::Quantity& quantity) {
  Stated stated{&assertion, &quantity, Digits(quantity.value()), 0, DaysOf(assertion.row.valid())};
  if (!absl::SimpleAtod(quantity.value(), &stated.value)) stated.value = 0;
  return stated;
}

bool Agree(const Stated& left, const Stated& right) {
  if (left.digits == right.digits) return true;
  if (!left.quantity->approximate() && !right.quantity->approximate()) return false;
  const double larger = std::max(std::abs(left.value), std::abs(right.value));
  return std::abs(left.value - right.value) <= kTolerance * larger;
}

bool Overlap(const model::DayRange& left, const model::DayRange& right) {
  return left.first <= right.last && right.first <= left.last;
}

bool Disagree(const Stated& left, const Stated& right) {
  return left.assertion != right.assertion && !Agree(left, right) && Overlap(left.days, right.days);
}

bool MarkDisagreeing(std::vector<Stated>& stated) {
  bool any = false;
  for (size_t i = 0; i < stated.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (!Disagree(stated[i], stated[j])) continue;
      stated[i].disagrees = stated[j].disagrees = any = true;
    }
  }
  return any;
}

}  // namespace

std::vector<v1::QuantityDisagreement> FindDisagreements(const std::vector<const StoredAssertion*>& assertions) {
  std::map<std::tuple<std::string, std::string, std::string>, std::vector<Stated>> by_measure;
  for (const StoredAssertion* assertion : assertions) {
    for (const v1::Quantity& quantity : assertion->row.quantities()) {
      std::vector<Stated>& stated = by_measure[{quantity.measure(), quantity.unit(), quantity.base()}];
      if (stated.size() < kMaxComparedQuantities) stated.push_back(ToStated(*assertion, quantity));
    }
  }
  std::vector<v1::QuantityDisagreement> disagreements;
  for (auto& [measure, stated] : by_measure) {
    if (!MarkDisagreeing(stated)) continue;
    v1::QuantityDisagreement& disagreement = disagreements.emplace_back();
    disagreement.set_measure(std::get<0>(measure));
    disagreement.set_unit(std::get<1>(measure));
    for (const Stated& one : stated) {
      if (!one.disagrees) continue;
      v1::StatedQuantity& shown = *disagreement.add_stated();
      shown.set_assertion_id(crypto::ToHex(one.assertion->id));
      *shown.mutable_quantity() = *one.quantity;
    }
  }
  return disagreements;
}

}  // namespace sworn::views
