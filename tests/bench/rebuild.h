// The replay of every view from nothing, measured.
//
// Thread-safety: safe to call from any thread; figures are of the whole process.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "absl/status/statusor.h"

namespace sworn::bench {

// Folds the log of the ledger into a row store of `rows_directory`, which must not exist, by all views at once as a
// server does. Answers the seconds it took, each view's too, the processor time of all threads, and the peak of
// resident memory of this process.
absl::StatusOr<nlohmann::ordered_json> MeasureRebuild(const std::string& ledger_directory,
                                                      const std::string& rows_directory);

// Of all files below.
double BytesOf(const std::string& directory);

}  // namespace sworn::bench
