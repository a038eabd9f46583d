// Lenses in YAML: what parses is written as what parses to the same.
#include "ledger/interop/yaml_lens.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sworn;
  using fuzz::Require;
  absl::StatusOr<v1::Portion> portion = interop::ParseYamlLens(fuzz::AsText(data, size), "fuzz.yaml");
  if (!portion.ok()) {
    Require(!portion.status().message().empty(), "an error says what is wrong");
    return 0;
  }
  const absl::StatusOr<v1::Portion> again = interop::ParseYamlLens(interop::FormatYamlLens(*portion), "again.yaml");
  if (!again.ok()) std::fprintf(stderr, "%s\n", again.status().ToString().c_str());
  Require(again.ok(), "what was written is read");
  portion->mutable_lens()->clear_version();
  Require(again->SerializeAsString() == portion->SerializeAsString(), "it is the same lens");
  return 0;
}
