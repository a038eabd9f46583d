#include "ledger/model/period.h"

#include <optional>

#include "absl/strings/numbers.h"
#include "ledger/model/text.h"

namespace sworn::model {
namespace {

// The number that `digits` spells; nothing unless all are digits.
std::optional<int> Number(std::string_view digits) {
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
  }
  int number = 0;
  if (!absl::SimpleAtoi(ToAbsl(digits), &number)) return std::nullopt;
  return number;
}

DayRange MonthsFrom(int year, int month, int count) {
  const absl::CivilMonth first(year, month);
  return {absl::CivilDay(first), absl::CivilDay(first + count) - 1};
}

std::optional<DayRange> Quarter(int year, std::string_view text) {
  if (text.size() != 2 || text[1] < '1' || text[1] > '4') return std::nullopt;
  return MonthsFrom(year, (text[1] - '1') * 3 + 1, 3);
}

std::optional<DayRange> MonthOrDay(int year, std::string_view text) {
  const std::optional<int> month = Number(text.substr(0, 2));
  if (!month.has_value() || *month < 1 || *month > 12) return std::nullopt;
  if (text.size() == 2) return MonthsFrom(year, *month, 1);
  if (text.size() != 5 || text[2] != '-') return std::nullopt;
  const std::optional<int> day = Number(text.substr(3));
  if (!day.has_value()) return std::nullopt;
  // CivilDay carries an impossible day over into the next month.
  const absl::CivilDay date(year, *month, *day);
  if (date.month() != *month || date.day() != *day) return std::nullopt;
  return DayRange{date, date};
}

std::optional<DayRange> Parse(std::string_view text) {
  if (text.size() < 4) return std::nullopt;
  const std::optional<int> year = Number(text.substr(0, 4));
  if (!year.has_value() || *year < 1) return std::nullopt;
  if (text.size() == 4) return MonthsFrom(*year, 1, 12);
  if (text.size() < 7 || text[4] != '-') return std::nullopt;
  if (text[5] == 'Q') return Quarter(*year, text.substr(5));
  return MonthOrDay(*year, text.substr(5));
}

}  // namespace

absl::StatusOr<DayRange> ParseDate(std::string_view text) {
  const std::optional<DayRange> range = Parse(text);
  if (range.has_value()) return *range;
  return absl::InvalidArgumentError(Concat("\"", Shown(text), "\" is no date; write a year, quarter, month or day: ",
                                           "2023, 2023-Q4, 2024-04 or 2024-04-13"));
}

absl::Status ValidatePeriod(const v1::Period& period) {
  std::optional<DayRange> from;
  if (!period.from().empty()) {
    const absl::StatusOr<DayRange> parsed = ParseDate(period.from());
    if (!parsed.ok()) return parsed.status();
    from = *parsed;
  }
  if (period.until().empty()) return absl::OkStatus();
  const absl::StatusOr<DayRange> until = ParseDate(period.until());
  if (!until.ok()) return until.status();
  if (from.has_value() && until->last < from->first) {
    return absl::InvalidArgumentError(
        Concat("the period ends (", period.until(), ") before it starts (", period.from(), ")"));
  }
  return absl::OkStatus();
}

bool HoldsAt(const v1::Period& period, const DayRange& date) {
  const std::optional<DayRange> from = Parse(period.from());
  if (from.has_value() && date.last < from->first) return false;
  const std::optional<DayRange> until = Parse(period.until());
  return !until.has_value() || date.first <= until->last;
}

}  // namespace sworn::model
