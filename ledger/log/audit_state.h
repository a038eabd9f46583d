// The file an audit keeps while it runs, to go on from when it was interrupted (AuditState in JSON).
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "ledger/log/audit.h"
#include "ledger/merkle/note.h"

namespace sworn::log {

inline constexpr size_t kMaxAuditStateBytes = size_t{64} << 20U;

std::string FormatAuditState(const AuditState& state, const merkle::VerifierKey& verifier_key);

// InvalidArgument where the text is no state, or that of another ledger.
absl::StatusOr<AuditState> ParseAuditState(std::string_view text, const merkle::VerifierKey& verifier_key);

}  // namespace sworn::log
