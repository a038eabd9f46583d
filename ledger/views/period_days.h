// The days of a valid period, so that periods written in different forms compare.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include "ledger/model/period.h"
#include "sworn/v1/portion.pb.h"

namespace sworn::views {

// An open end is the first or the last day there is; so is one that is no date, which none recorded is.
inline model::DayRange DaysOf(const v1::Period& period) {
  const absl::StatusOr<model::DayRange> from = model::ParseDate(period.from());
  const absl::StatusOr<model::DayRange> until = model::ParseDate(period.until());
  return {from.ok() ? from->first : (absl::CivilDay::min)(), until.ok() ? until->last : (absl::CivilDay::max)()};
}

}  // namespace sworn::views
