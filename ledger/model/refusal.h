// Refusals: a status that carries a reason code beside its message.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "sworn/v1/errors.pb.h"

namespace sworn::model {

using Reason = v1::Refusal::Reason;

// A status with the code that belongs to `reason` (MALFORMED..REFERENCE_INVALID: InvalidArgument, KEY_* and UNSIGNED,
// SIGNATURE_INVALID: Unauthenticated, NOT_PERMITTED: PermissionDenied, REQUEST_ID_REUSED: AlreadyExists, NOT_FOUND:
// NotFound, DAMAGED: DataLoss, FORKED: Aborted, OVERLOADED: ResourceExhausted, AMBIGUOUS: InvalidArgument,
// POSITION_UNAVAILABLE: FailedPrecondition (OutOfRange where it lies ahead), LEDGER_IN_USE: FailedPrecondition).
// `message` says what was wrong, where, and what to do.
absl::Status Refuse(Reason reason, std::string_view message);

// REASON_UNSPECIFIED where the status carries none.
Reason ReasonOf(const absl::Status& status);

// `status` with `context` and a colon in front of its message; code and reason are kept.
absl::Status WithContext(const absl::Status& status, std::string_view context);

}  // namespace sworn::model
