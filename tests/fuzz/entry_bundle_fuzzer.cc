// Bundles of entries: each has one spelling.
#include "ledger/merkle/tile.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sworn::merkle;
  using sworn::fuzz::Require;
  const std::string_view input = sworn::fuzz::AsText(data, size);
  const absl::StatusOr<std::vector<std::string>> entries = ParseEntryBundle(input);
  if (!entries.ok()) return 0;
  const absl::StatusOr<std::string> bundle = FormatEntryBundle(*entries);
  Require(bundle.ok() && *bundle == input, "an entry bundle formats back to its bytes");
  return 0;
}
