// The provenance view: any id back to its origins and evidence, and everything that happened to it.
//
// Thread-safety: as View; the query functions are safe to call from any thread.
#pragma once

#include "absl/status/statusor.h"
#include "ledger/views/engine.h"
#include "ledger/views/view.h"
#include "sworn/v1/view_service.pb.h"

namespace sworn::views {

inline constexpr std::string_view kProvenanceView = "provenance";

class ProvenanceView : public View {
 public:
  std::string_view name() const override { return kProvenanceView; }
  uint32_t version() const override { return 3; }
  absl::Status Apply(const Event& event, RowWriter& rows) const override;
};

// Breadth first, in pages that are asked for as of the position of the first one. Refusals: NOT_FOUND, AMBIGUOUS,
// FIELD_INVALID (page_token), TOO_LARGE beyond the bounds of ledger/views/subject_graph.h.
absl::StatusOr<v1::GetTraceResponse> GetTrace(const ViewRead& view, const v1::GetTraceRequest& request);

}  // namespace sworn::views
