// Everything that ever happened to an id, an entity, a source, a principal or a key, in order, and what it changed.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include "absl/status/statusor.h"
#include "ledger/access/registry.h"
#include "ledger/journal/journal.h"
#include "ledger/views/engine.h"
#include "sworn/v1/view_service.pb.h"

namespace sworn::views {

// What a history takes beside the rows of the provenance view: the portions themselves, to compare, and who is
// registered. The registry may be newer than the rows.
struct HistorySources {
  const journal::Journal& journal;
  const access::Registry& registry;
};

// Refusals: NOT_FOUND, AMBIGUOUS, FIELD_INVALID (page_token), TOO_LARGE where more than 1,000,000 things happened to
// it. Pages end early where much had to be read for them.
absl::StatusOr<v1::GetHistoryResponse> GetHistory(const ViewRead& view, const HistorySources& sources,
                                                  const v1::GetHistoryRequest& request);

}  // namespace sworn::views
