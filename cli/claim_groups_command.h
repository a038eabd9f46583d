// claims --grouped and contradictions: assertions that make one claim, held together.
//
// Thread-safety: as Program.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "cli/listing.h"
#include "cli/options.h"
#include "cli/program.h"

namespace sworn::cli {

struct ClaimGroupsArguments {
  std::string from;
  std::string to;
  std::string category;
  std::string as_of;
  std::string valid_at;
  // Only those that something contradicts.
  bool contradicted = false;
  uint64_t limit = kDefaultLimit;
};

absl::Status ListClaimGroups(const GlobalOptions& options, const ClaimGroupsArguments& arguments);

void AddContradictionsCommand(Program& program);

}  // namespace sworn::cli
