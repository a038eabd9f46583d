// Proof files for one portion or a dossier of them (ProofExtra in proof.proto), under a signed checkpoint. What is
// answered was read back, hashed again and found to lead to that checkpoint's root.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "ledger/journal/journal.h"
#include "ledger/log/log.h"
#include "ledger/log/proofs.h"
#include "ledger/log/still_wanted.h"
#include "ledger/log/timestamps.h"

namespace sworn::log {

// `timestamps` may be null. A portion named twice is proved once. Refused: FIELD_INVALID where one of `portions` is a
// report, or there are none or too many; NOT_FOUND; TOO_LARGE where the proof file would be. DataLoss (DAMAGED).
absl::StatusOr<std::string> FormatDossier(absl::Span<const journal::Location> portions, const Head& head,
                                          const journal::Journal& journal, const Timestamps* timestamps,
                                          const StillWanted& still_wanted);

}  // namespace sworn::log
