// What the provenance view knows of a subject: what to call it, and what a name, an id or a reference means.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "ledger/views/provenance_rows.h"
#include "ledger/views/view.h"
#include "sworn/v1/view_service.pb.h"

namespace sworn::views {

// Entities and sources by the canonical root of their identity, whichever portion of theirs is named.
absl::StatusOr<provenance_rows::Subject> ResolveSubject(const provenance_rows::Subject& subject, const RowReader& rows);

// The canonical root of the source that a source was last said to belong to; empty where none was stated.
absl::StatusOr<std::string> AffiliationOf(const std::string& source_root, const RowReader& rows);

// What a reference, as the text it prints as, stands for; what was never recorded stands for itself.
absl::StatusOr<provenance_rows::Subject> ResolveReference(const std::string& text, const RowReader& rows);

// By id of a portion or report or a prefix of at least 6 digits, by external id, or by the exact name of an entity or
// source. Refused: NOT_FOUND, or AMBIGUOUS with the candidates.
absl::StatusOr<provenance_rows::Subject> FindSubject(std::string_view text, const RowReader& rows);

// Id, kind, label, state and position of a resolved subject. Whether it is an origin depends on the trace.
absl::StatusOr<v1::TraceNode> DescribeSubject(const provenance_rows::Subject& subject, const RowReader& rows);

}  // namespace sworn::views
