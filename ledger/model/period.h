// Dates of year, quarter, month or day precision ("2023", "2023-Q4", "2024-04", "2024-04-13") and periods between them.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "sworn/v1/portion.pb.h"

namespace sworn::model {

// The days a date covers, both inclusive.
struct DayRange {
  absl::CivilDay first;
  absl::CivilDay last;
};

// InvalidArgument where the text is none of the four forms or no such day exists. Years 1 to 9999.
absl::StatusOr<DayRange> ParseDate(std::string_view text);

// InvalidArgument where an end does not parse or the period ends before it starts.
absl::Status ValidatePeriod(const v1::Period& period);

// Whether the period (already validated) and the date share a day. A period open at both ends holds at every date.
bool HoldsAt(const v1::Period& period, const DayRange& date);

}  // namespace sworn::model
