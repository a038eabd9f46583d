// Search: entities and sources by name, alias or external id, typing mistakes tolerated (search_text.h).
//
// Best first: what the text is exactly, what it begins, what has words that it begins (all of them, in any order), and
// what it would be but for typing mistakes, the fewest first; within these, what appears in most assertions. Mistakes
// are tolerated of whole texts, and of single words where one word is looked for.
//
// The work of one search is bounded: where a short text begins very many names, those first in order of letters are
// looked at.
//
// Thread-safety: safe to call from any thread; as safe as the rows given.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "ledger/views/engine.h"
#include "ledger/views/view.h"
#include "sworn/v1/view_service.pb.h"

namespace sworn::views {

// Reads the provenance view. Refused: FIELD_INVALID for an empty text or a kind other than ENTITY and SOURCE, TOO_LARGE
// for a text that no name could be.
absl::StatusOr<v1::SearchResponse> Search(const ViewRead& view, const v1::SearchRequest& request);

// For a request that was answered with NOT_FOUND: names that resemble the first name in its fields `from`, `to`,
// `source` and `id` that nothing has, at most 5, best first. Reads the provenance view.
absl::StatusOr<std::vector<std::string>> SuggestNames(const google::protobuf::Message& request, const RowReader& rows);

}  // namespace sworn::views
