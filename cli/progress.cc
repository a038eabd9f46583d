#include "cli/progress.h"

#include <iostream>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "cli/output.h"

namespace sworn::cli {
namespace {

constexpr absl::Duration kPause = absl::Milliseconds(500);

}  // namespace

std::function<void(uint64_t done, uint64_t total)> ProgressOn(const std::string& doing) {
  if (!StandardErrorIsTerminal()) return [](uint64_t, uint64_t) {};
  return [doing, last = absl::Now()](uint64_t done, uint64_t total) mutable {
    if (absl::Now() - last < kPause && done != total) return;
    last = absl::Now();
    std::cerr << "\r\x1b[K";
    if (done != total) std::cerr << doing << " " << done << " of " << total;
    std::cerr << std::flush;
  };
}

}  // namespace sworn::cli
