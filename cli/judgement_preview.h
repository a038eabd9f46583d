// What a judgement would change, as people read it.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <string>

#include "sworn/v1/view_service.pb.h"

namespace sworn::cli {

// A table for each kind of change, or the reason why there is none.
std::string FormatPreview(const v1::PreviewJudgementResponse& preview);

}  // namespace sworn::cli
