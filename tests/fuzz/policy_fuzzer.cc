// Trust policies: read, and asked about a checkpoint that a known log signed and a known witness cosigned.
#include <algorithm>
#include <string>

#include "ledger/merkle/policy.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/small_ledger.h"

namespace sworn::fuzz {
namespace {

const std::string& CosignedNote() {
  static const std::string note = [] {
    SmallLog log;
    log.Append("entry");
    return *merkle::AddCosignature(log.Checkpoint(), WitnessVerifierKey(), WitnessKey(), kNoon);
  }();
  return note;
}

bool Trusts(const merkle::Policy& policy, const merkle::VerifierKey& log) {
  return std::any_of(policy.logs().begin(), policy.logs().end(),
                     [&](const merkle::VerifierKey& key) { return key.ToString() == log.ToString(); });
}

}  // namespace
}  // namespace sworn::fuzz

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sworn;
  using fuzz::Require;
  const std::string input(fuzz::AsText(data, size));
  const absl::StatusOr<merkle::Policy> policy = merkle::Policy::Parse(input);
  if (!policy.ok()) return 0;
  const absl::StatusOr<merkle::TrustedCheckpoint> trusted = policy->OpenCheckpoint(fuzz::CosignedNote());
  if (trusted.ok()) {
    Require(fuzz::Trusts(*policy, fuzz::LedgerVerifierKey()), "what a policy accepts was signed by one of its logs");
    Require(trusted->cosignatures.size() <= 1, "no witness counts that did not cosign");
    Require(policy->quorum() == "none" || trusted->cosignatures.size() == 1, "a quorum needs a cosignature");
  }
  const absl::StatusOr<merkle::Policy> commented = merkle::Policy::Parse("# comment\n\n" + input);
  if (!commented.ok()) return 0;  // it may be too long now
  Require(commented->OpenCheckpoint(fuzz::CosignedNote()).ok() == trusted.ok(), "comments and empty lines say nothing");
  return 0;
}
