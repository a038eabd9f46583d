// Entry 0: registers the ledger's key and the first author, and records the shipped lenses.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "ledger/crypto/key.h"
#include "ledger/merkle/note.h"
#include "sworn/v1/portion.pb.h"
#include "sworn/v1/report.pb.h"

namespace sworn::log {

// Signed by the author and by the ledger. The author gets every role but PARTNER and AUDITOR. `lenses` are recorded in
// the same report.
absl::StatusOr<v1::Report> BuildGenesis(const merkle::VerifierKey& verifier_key, const crypto::PrivateKey& ledger_key,
                                        const std::string& author_name, const crypto::PrivateKey& author_key,
                                        absl::Span<const v1::Lens> lenses, absl::Time created_at);

}  // namespace sworn::log
