// A trace or an impact as an indented tree: from the id asked for back to origins and evidence, or on to all that rests
// on it.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <string>

#include "sworn/v1/view_service.pb.h"

namespace sworn::cli {

// A node reached by several ways is unfolded once and referred to afterwards.
std::string FormatTrace(const v1::GetTraceResponse& response);
std::string FormatImpact(const v1::GetImpactResponse& response);

}  // namespace sworn::cli
