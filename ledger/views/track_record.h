// How what a source said has fared, counted from its assertions when it is asked for: so a merge of sources that is
// undone leaves nothing behind.
//
// Thread-safety: safe to call from any thread; as safe as the rows given.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "ledger/views/view.h"
#include "sworn/v1/view_service.pb.h"

namespace sworn::views {

// Of the source that `root` belongs to, and all that judgements made one with it, over its newest `max_assertions`
// assertions. Of the grades given to it, the last 1,000. Reads the support view.
absl::StatusOr<v1::TrackRecord> ReadTrackRecord(const std::string& root, size_t max_assertions, const RowReader& rows);

// Own roots of the other sources that judgements made one with the canonical `root`.
absl::StatusOr<std::vector<std::string>> JoinedSources(const std::string& root, const RowReader& rows);

}  // namespace sworn::views
