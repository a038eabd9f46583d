// How well something is supported, as people read it.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <string>

#include "cli/table.h"
#include "sworn/v1/view_service.pb.h"

namespace sworn::cli {

Style StyleOf(v1::Support::Status status);
Cell StatusCell(v1::Support::Status status);

// "2" or "0–1".
std::string FormatRange(const v1::CountRange& range);

}  // namespace sworn::cli
