// Verifies a proof file offline: needs the file and a trusted verifier key, no server.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "ledger/crypto/hash.h"
#include "ledger/merkle/checkpoint.h"
#include "ledger/merkle/note.h"
#include "sworn/v1/portion.pb.h"
#include "sworn/v1/proof.pb.h"
#include "sworn/v1/report.pb.h"

namespace sworn::proof {

// One thing that was checked.
struct VerifiedStep {
  // "proof file", "checkpoint", "inclusion", "entry", "portion", then for each signer "author key" or "co-signer key"
  // ("signing key" where that is not known), then for each signature "author signature" or "co-signature".
  std::string name;
  std::string detail;  // what it shows, or what failed
  bool passed = false;
};

struct ProofVerification {
  bool passed = false;
  // In the order they were made; the first that failed is the last.
  std::vector<VerifiedStep> steps;
  merkle::Checkpoint checkpoint;
  uint64_t position = 0;
  crypto::Hash report_id{};
  crypto::Hash portion_id{};
  absl::Time recorded_at;
  v1::ReportHeader header;
  // Empty where the proof carries only the id of a withheld or erased portion.
  v1::Portion portion;
};

// Never fails as a call: malformed input is a failed step.
ProofVerification VerifyProof(std::string_view proof_file, absl::Span<const merkle::VerifierKey> trusted);

// OK where the receipt is the ledger's for this report: its checkpoint is signed by `trusted`, and the entry under it
// holds exactly this envelope. InvalidArgument otherwise.
absl::Status VerifyReceipt(const v1::Receipt& receipt, const v1::Report& report, const merkle::VerifierKey& trusted);

}  // namespace sworn::proof
