// What the calls about checkpoints answer: consistency proofs and time stamps.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include "absl/status/statusor.h"
#include "ledger/log/log.h"
#include "sworn/v1/ledger_service.pb.h"

namespace sworn::api {

absl::StatusOr<v1::GetConsistencyProofResponse> AnswerConsistency(const log::Log& log,
                                                                  const v1::GetConsistencyProofRequest& request);

absl::StatusOr<v1::AddTimestampResponse> AnswerAddTimestamp(log::Log& log, const v1::AddTimestampRequest& request);

absl::StatusOr<v1::ListTimestampsResponse> AnswerListTimestamps(const log::Log& log,
                                                                const v1::ListTimestampsRequest& request);

}  // namespace sworn::api
