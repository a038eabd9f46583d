// Entries with their portions, whole and verbatim, a bounded answer at a time.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include "absl/status/statusor.h"
#include "api/unary_call.h"
#include "ledger/log/log.h"
#include "sworn/v1/ledger_service.pb.h"

namespace sworn::api {

// Every entry is checked against its leaf and its portions against what was signed; one that does not fit ends the
// answer with DataLoss (DAMAGED). Empty at and beyond the size of the log.
absl::StatusOr<v1::ReadEntriesResponse> AnswerReadEntries(const log::Log& log, const v1::ReadEntriesRequest& request,
                                                          const UnaryCall& call);

}  // namespace sworn::api
