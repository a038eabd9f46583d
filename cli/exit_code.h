// What a run ended as, told by the exit code.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <string_view>

#include "absl/status/status.h"

namespace sworn::cli {

enum class ExitCode {
  kOk = 0,
  kFailed = 1,
  kUsage = 2,
  kNotFound = 3,
  kRefused = 4,
  kConflict = 5,
  kVerificationFailed = 6,
  kUnreachable = 7,
  kOutcomeUnknown = 8,
};

// By the reason the status carries (model::ReasonOf), else by its code.
ExitCode ExitCodeOf(const absl::Status& status);

// Whether a status that answers an append leaves open whether the report was recorded.
bool LeavesOutcomeOpen(const absl::Status& status);

// `status`, marked as the end of an append that may or may not have been recorded.
absl::Status OutcomeUnknown(const absl::Status& status, std::string_view advice);

}  // namespace sworn::cli
