// Moments as people write them on the command line.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "google/protobuf/timestamp.pb.h"
#include "sworn/v1/view_service.pb.h"

namespace sworn::cli {

// Digits are a log position; "2024-04-13T12:00:00Z" a time; "2024-04-13" the end of that day (UTC); empty the latest.
absl::StatusOr<v1::AsOf> ParseAsOf(std::string_view text);

// A time, or the first or last moment of a day (UTC), in the forms of ParseAsOf. InvalidArgument names `option`.
enum class DayEnd { kFirst, kLast };
absl::StatusOr<google::protobuf::Timestamp> ParseTime(std::string_view option, std::string_view text, DayEnd end);

}  // namespace sworn::cli
