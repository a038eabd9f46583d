// All that rests on an id, and what of it would fall with it.
//
// Resting on it are: assertions derived from it, to any depth; assertions whose attribution goes back to it as a
// source, last or cited; assertions evidenced by it or about it; judgements on it or on any of these; and the reports
// that hold it itself. On a report rests what it contains, its sources and entities excepted: others speak of them too.
// A source does not rest on the one it belongs to. A RETRACT that undoes another judgement holds up what that one took
// back.
//
// What falls: if an assertion, a judgement or all that a report holds of both were retracted, whatever would then no
// longer count. If a source were withdrawn, every assertion in whose attribution it lies on each way from a hop that
// cites nothing to the last hop, and what is derived from those alone. Nothing falls with an entity or evidence: they
// are what is spoken of and shown, and cannot be retracted.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include "absl/status/statusor.h"
#include "ledger/views/engine.h"
#include "sworn/v1/view_service.pb.h"

namespace sworn::views {

// Of the provenance view. What was asked about is a node, `lost` where it counts, and not among the assertions counted.
// Refused: NOT_FOUND, AMBIGUOUS, TOO_LARGE beyond the bounds of SubjectGraph.
absl::StatusOr<v1::GetImpactResponse> GetImpact(const ViewRead& view, const v1::GetImpactRequest& request);

}  // namespace sworn::views
