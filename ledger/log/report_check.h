// What the verifying threads do with a report: everything that does not depend on its place in the log.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ledger/access/registry.h"
#include "ledger/journal/journal.h"
#include "ledger/merkle/note.h"
#include "ledger/model/validate.h"
#include "sworn/v1/report.pb.h"

namespace sworn::log {

// A report whose form and signatures are good.
struct CheckedReport {
  v1::Envelope envelope;
  model::ParsedReport parsed;
  journal::StoredEntry stored;  // without position and leaf data
};

// Signatures are verified with the keys of `registry`; while that is empty, with the keys the report itself registers.
absl::StatusOr<CheckedReport> CheckReport(v1::Report report, const access::Registry& registry, absl::Time now);

// Refused unless the report adds the key that signs the ledger's checkpoints.
absl::Status CheckRegistersLedgerKey(const model::ParsedReport& report, const merkle::VerifierKey& verifier_key);

}  // namespace sworn::log
