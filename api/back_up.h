// What BackUpLedger answers.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "api/unary_call.h"
#include "ledger/log/ledger_directory.h"
#include "ledger/log/log.h"
#include "sworn/v1/ledger_service.pb.h"

namespace sworn::api {

// Whether a gRPC peer is this process, or another on this machine.
bool IsLocalPeer(std::string_view peer);

// Refused with NOT_PERMITTED unless `peer` is local: the backup is written where the ledger is, with its rights.
absl::StatusOr<v1::BackUpLedgerResponse> AnswerBackUp(const log::Log& log, const log::LedgerDirectory& directory,
                                                      const v1::BackUpLedgerRequest& request, const std::string& peer,
                                                      const UnaryCall& call);

}  // namespace sworn::api
