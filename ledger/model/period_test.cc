#include "ledger/model/period.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>
#include <vector>

#include "absl/strings/str_format.h"

namespace sworn::model {
namespace {

using absl::CivilDay;

TEST(Date, CoversTheDaysOfItsPrecision) {
  struct Row {
    std::string text;
    CivilDay first;
    CivilDay last;
  };
  const std::vector<Row> rows = {
      {"2023", CivilDay(2023, 1, 1), CivilDay(2023, 12, 31)},
      {"2023-Q1", CivilDay(2023, 1, 1), CivilDay(2023, 3, 31)},
      {"2023-Q4", CivilDay(2023, 10, 1), CivilDay(2023, 12, 31)},
      {"2024-02", CivilDay(2024, 2, 1), CivilDay(2024, 2, 29)},
      {"2023-02", CivilDay(2023, 2, 1), CivilDay(2023, 2, 28)},
      {"2024-04-13", CivilDay(2024, 4, 13), CivilDay(2024, 4, 13)},
      {"0001", CivilDay(1, 1, 1), CivilDay(1, 12, 31)},
      {"9999-12-31", CivilDay(9999, 12, 31), CivilDay(9999, 12, 31)},
  };
  for (const Row& row : rows) {
    const absl::StatusOr<DayRange> range = ParseDate(row.text);
    ASSERT_TRUE(range.ok()) << range.status();
    EXPECT_EQ(range->first, row.first) << row.text;
    EXPECT_EQ(range->last, row.last) << row.text;
  }
}

TEST(Date, RefusesOtherForms) {
  const std::vector<std::string> rows = {
      "",           "23",          "0000",       "20233",       "2023-",       "2023-Q0",    "2023-Q5",    "2023-q4",
      "2023Q4",     "2023-Q44",    "2023-00",    "2023-13",     "2023-4",      "2023-02-29", "2024-04-31", "2024-4-1",
      "2024-04-1",  "2024-04-013", "2024/04/13", "2024-04-13Z", "+024",        "-024",       " 2024",      "2024 ",
      "2024-04-00", "april 2024",  "2024-+4",    "2024-04- 3",  "202\xd9\xa3",
  };
  for (const std::string& row : rows) EXPECT_TRUE(absl::IsInvalidArgument(ParseDate(row).status())) << row;
}

v1::Period Period(const std::string& from, const std::string& until) {
  v1::Period period;
  period.set_from(from);
  period.set_until(until);
  return period;
}

TEST(Period, ValidWhereItDoesNotEndBeforeItStarts) {
  EXPECT_TRUE(ValidatePeriod(Period("", "")).ok());
  EXPECT_TRUE(ValidatePeriod(Period("2023", "")).ok());
  EXPECT_TRUE(ValidatePeriod(Period("", "2023")).ok());
  EXPECT_TRUE(ValidatePeriod(Period("2023-05", "2023")).ok());
  EXPECT_TRUE(ValidatePeriod(Period("2023-Q4", "2023-Q4")).ok());
  EXPECT_FALSE(ValidatePeriod(Period("2024", "2023-12-31")).ok());
  EXPECT_FALSE(ValidatePeriod(Period("soon", "")).ok());
  EXPECT_FALSE(ValidatePeriod(Period("", "later")).ok());
}

TEST(Period, HoldsOnItsFirstAndLastDay) {
  const v1::Period period = Period("2023-Q4", "2024-01");
  EXPECT_FALSE(HoldsAt(period, *ParseDate("2023-09-30")));
  EXPECT_TRUE(HoldsAt(period, *ParseDate("2023-10-01")));
  EXPECT_TRUE(HoldsAt(period, *ParseDate("2024-01-31")));
  EXPECT_FALSE(HoldsAt(period, *ParseDate("2024-02")));
  EXPECT_TRUE(HoldsAt(period, *ParseDate("2023")));
  EXPECT_TRUE(HoldsAt(Period("", ""), *ParseDate("1900")));
  EXPECT_TRUE(HoldsAt(Period("2023", ""), *ParseDate("2050")));
  EXPECT_FALSE(HoldsAt(Period("", "2023"), *ParseDate("2024")));
}

TEST(DateProperty, PrecisionsNest) {
  EXPECT_TRUE(rc::check([] {
    const int year = *rc::gen::inRange(1, 10'000);
    const int month = *rc::gen::inRange(1, 13);
    const int day = *rc::gen::inRange(1, 29);
    const DayRange whole = *ParseDate(absl::StrFormat("%04d", year));
    const DayRange quarter = *ParseDate(absl::StrFormat("%04d-Q%d", year, (month + 2) / 3));
    const DayRange in_month = *ParseDate(absl::StrFormat("%04d-%02d", year, month));
    const DayRange on_day = *ParseDate(absl::StrFormat("%04d-%02d-%02d", year, month, day));
    RC_ASSERT(on_day.first == on_day.last);
    RC_ASSERT(in_month.first <= on_day.first && on_day.last <= in_month.last);
    RC_ASSERT(quarter.first <= in_month.first && in_month.last <= quarter.last);
    RC_ASSERT(whole.first <= quarter.first && quarter.last <= whole.last);
  }));
}

TEST(DateProperty, NoTextCrashesIt) {
  EXPECT_TRUE(rc::check([](const std::string& text) { ParseDate(text).status().IgnoreError(); }));
}

}  // namespace
}  // namespace sworn::model
