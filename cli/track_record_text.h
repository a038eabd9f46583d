// How the track record of a source is told.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <string>

#include "sworn/v1/view_service.pb.h"

namespace sworn::cli {

// Below this a sample is called small.
inline constexpr uint64_t kSmallSample = 30;

// "B2": the last grade that stands; empty where there is none.
std::string LastGrade(const v1::TrackRecord& record);

// What the counts are of: "12", "the newest 500".
std::string FormatSample(const v1::TrackRecord& record);

// A source and its record, whole.
std::string FormatSource(const v1::SourceSummary& source);

}  // namespace sworn::cli
