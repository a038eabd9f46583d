// A recorded portion as people read it: its fields in order, ids in hex, references as #index, id or external id.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "sworn/v1/ledger_service.pb.h"

namespace sworn::cli {

// "about 70 % share of machine-tool imports".
std::string FormatQuantity(const v1::Quantity& quantity);

// "2023-Q4", "2023 – 2024-04", "since 2023", "until 2024"; empty where nothing was stated.
std::string FormatPeriod(const v1::Period& period);

// What the portions of a report are called, by index.
using PortionNames = std::map<uint32_t, std::string>;
PortionNames NamesOf(const v1::GetRecordResponse& report);

// A head line with index, kind, id and marking; then a line for each field. References are shown with their names where
// `names` has them.
std::string FormatPortion(const v1::PortionRecord& record, const PortionNames& names);

}  // namespace sworn::cli
