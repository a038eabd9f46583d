#include "cli/moment.h"

#include <optional>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "ledger/model/text.h"
#include "ledger/model/timestamp.h"

namespace sworn::cli {
namespace {

// Nothing where the text is neither a day nor a time.
std::optional<absl::Time> ToTime(std::string_view text, DayEnd end) {
  absl::Time time;
  absl::CivilDay day;
  std::string error;
  if (absl::ParseCivilTime(model::ToAbsl(text), &day)) {
    return end == DayEnd::kFirst
               ? absl::FromCivil(absl::CivilSecond(day), absl::UTCTimeZone())
               : absl::FromCivil(absl::CivilSecond(day + 1), absl::UTCTimeZone()) - absl::Nanoseconds(1);
  }
  if (absl::ParseTime(absl::RFC3339_full, model::ToAbsl(text), &time, &error)) return time;
  return std::nullopt;
}

}  // namespace

absl::StatusOr<v1::AsOf> ParseAsOf(std::string_view text) {
  v1::AsOf as_of;
  if (text.empty()) return as_of;
  if (text.find_first_not_of("0123456789") == std::string_view::npos) {
    uint64_t position = 0;
    if (!absl::SimpleAtoi(model::ToAbsl(text), &position)) {
      return absl::InvalidArgumentError(model::Concat("--as-of: '", text, "' is too large for a position"));
    }
    as_of.set_position(position);
    return as_of;
  }
  const std::optional<absl::Time> time = ToTime(text, DayEnd::kLast);
  if (!time.has_value()) {
    return absl::InvalidArgumentError(model::Concat("--as-of: '", text,
                                                    "' is neither a position (12), a day (2024-04-13) nor a time "
                                                    "(2024-04-13T12:00:00Z)"));
  }
  *as_of.mutable_recorded_at() = model::ToTimestamp(*time);
  return as_of;
}

absl::StatusOr<google::protobuf::Timestamp> ParseTime(std::string_view option, std::string_view text, DayEnd end) {
  const std::optional<absl::Time> time = ToTime(text, end);
  if (time.has_value()) return model::ToTimestamp(*time);
  return absl::InvalidArgumentError(
      model::Concat(option, ": '", text, "' is neither a day (2024-04-13) nor a time (2024-04-13T12:00:00Z)"));
}

}  // namespace sworn::cli
