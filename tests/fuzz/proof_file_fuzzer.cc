// The text form of proofs: each has one spelling, and none that nobody signed passes.
#include "ledger/merkle/proof_file.h"
#include "ledger/proof/verify_proof.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/small_ledger.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sworn;
  using fuzz::Require;
  const std::string_view input = fuzz::AsText(data, size);
  const absl::StatusOr<merkle::ProofFile> file = merkle::ParseProofFile(input);
  const proof::ProofVerification verified = proof::VerifyProof(input, {&fuzz::LedgerVerifierKey(), 1});
  Require(!verified.steps.empty(), "a verification names the step that failed");
  if (!file.ok()) {
    Require(!verified.passed, "what is no proof file does not pass");
    return 0;
  }
  Require(merkle::FormatProofFile(*file) == input, "a proof file formats back to its bytes");
  return 0;
}
