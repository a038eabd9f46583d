// Verifies a proof file offline: needs the file and trusted keys, no server.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "ledger/crypto/hash.h"
#include "ledger/merkle/checkpoint.h"
#include "ledger/merkle/note.h"
#include "ledger/proof/trust.h"
#include "sworn/v1/portion.pb.h"
#include "sworn/v1/proof.pb.h"
#include "sworn/v1/report.pb.h"

namespace sworn::proof {

// One thing that was checked.
struct VerifiedStep {
  // kNotChecked: what it takes was not given; it shows nothing, and is no failure.
  enum class Outcome { kPassed, kFailed, kNotChecked };
  // Of the file: "proof file", "checkpoint", "cosignatures" (where there is a policy), "inclusion". Of each report:
  // "entry"; for each portion "portion"; for each signer "author key" or "co-signer key", then for each signature
  // "author signature" or "co-signature"; "time stamp" (where the file carries one, or an authority is trusted). At the
  // end, only where it fails: "signing key", for what the file carries beside that.
  std::string name;
  std::string detail;  // what it shows, or what failed
  Outcome outcome = Outcome::kFailed;
  // Index into ProofVerification::reports, and into the portions of that report; nothing where it is not about one.
  std::optional<size_t> report;
  std::optional<size_t> portion;
};

struct VerifiedPortion {
  crypto::Hash id{};
  uint32_t index = 0;  // in its report
  // Empty where the proof carries only the id of a withheld or erased portion.
  v1::Portion content;
};

struct VerifiedReport {
  uint64_t position = 0;
  crypto::Hash report_id{};
  absl::Time recorded_at;
  v1::ReportHeader header;
  std::vector<VerifiedPortion> portions;  // in the order asked for
};

struct ProofVerification {
  bool passed = false;
  // In the order they were made; the first that failed is the last.
  std::vector<VerifiedStep> steps;
  merkle::Checkpoint checkpoint;
  // In the order in which the file first names a portion of them; up to the one that failed.
  std::vector<VerifiedReport> reports;
};

// Never fails as a call: malformed input is a failed step.
ProofVerification VerifyProof(std::string_view proof_file, const Trust& trust);
// Where nothing but keys of logs is trusted.
ProofVerification VerifyProof(std::string_view proof_file, absl::Span<const merkle::VerifierKey> trusted);

// OK where the receipt is the ledger's for this report: its checkpoint is signed by `trusted`, and the entry under it
// holds exactly this envelope. InvalidArgument otherwise.
absl::Status VerifyReceipt(const v1::Receipt& receipt, const v1::Report& report, const merkle::VerifierKey& trusted);

}  // namespace sworn::proof
