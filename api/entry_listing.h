// Entries in order of position, as lines of the log, with filters: a bounded page at a time.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "api/unary_call.h"
#include "ledger/log/log.h"
#include "sworn/v1/ledger_service.pb.h"

namespace sworn::api {

// How much is read for one page at most, whatever passes the filters: a report may hold 16 MiB.
struct ListingBounds {
  uint64_t entries = 10'000;
  size_t bytes = size_t{32} << 20U;
};

// Every entry read is checked against its leaf and its portions against what was signed. A page ends early at the
// bounds; its token says where to go on.
absl::StatusOr<v1::ListEntriesResponse> AnswerListEntries(const log::Log& log, const v1::ListEntriesRequest& request,
                                                          const UnaryCall& call, const ListingBounds& bounds = {});

}  // namespace sworn::api
