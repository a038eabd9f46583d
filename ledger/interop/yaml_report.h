// Reports as people write them: YAML to portions.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "sworn/v1/portion.pb.h"

namespace sworn::interop {

inline constexpr size_t kMaxYamlBytes = size_t{8} << 20U;
inline constexpr size_t kMaxYamlDepth = 32;

struct YamlReport {
  std::string title;
  // In an order in which references by index point at entities, sources and evidence first.
  std::vector<v1::Portion> portions;
};

// InvalidArgument names file, line, column, field, and the nearest valid word where one is close:
// "beijing.yaml:14:11: assertions[2].polarity: 'affrims' is not a polarity; did you mean 'affirms'?".
// Anchors and aliases are refused: notes do not need them, and they are how small files grow large.
absl::StatusOr<YamlReport> ParseYamlReport(std::string_view yaml, const std::string& file_name);

}  // namespace sworn::interop
