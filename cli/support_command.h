// What the command `support` was asked for, and the answers it has beside that about one pair.
//
// Thread-safety: belongs to one thread.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "cli/listing.h"
#include "cli/options.h"

namespace sworn::cli {

struct SupportArguments {
  std::string from;
  std::string to;
  std::string lens;
  std::string compare;
  std::string as_of;
  std::string valid_at;
  bool timeline = false;
  std::string category;
  uint64_t limit = kDefaultLimit;
};

// How the support between the two came to be what it is.
absl::Status ShowSupportTimeline(const GlobalOptions& options, const SupportArguments& arguments);

// Everyone the one that is given supports, or is supported by.
absl::Status ListSupportPartners(const GlobalOptions& options, const SupportArguments& arguments);

}  // namespace sworn::cli
