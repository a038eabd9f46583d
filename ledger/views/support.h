// The support view: who supports whom with what, who says so, and how many independent origins stand behind it.
// Also serves the listings of claims, entities and sources.
//
// Thread-safety: as View; the query functions are safe to call from any thread.
#pragma once

#include "absl/status/statusor.h"
#include "ledger/views/engine.h"
#include "ledger/views/view.h"
#include "sworn/v1/view_service.pb.h"

namespace sworn::views {

inline constexpr std::string_view kSupportView = "support";

class SupportView : public View {
 public:
  std::string_view name() const override { return kSupportView; }
  uint32_t version() const override { return 3; }
  absl::Status Apply(const Event& event, RowWriter& rows) const override;
};

// Refusals: NOT_FOUND and AMBIGUOUS (with candidates) for entities, sources and lenses; FIELD_INVALID for bad dates.
absl::StatusOr<v1::GetSupportResponse> GetSupport(const ViewRead& view, const v1::GetSupportRequest& request);
absl::StatusOr<v1::ListClaimsResponse> ListClaims(const ViewRead& view, const v1::ListClaimsRequest& request);
absl::StatusOr<v1::ListEntitiesResponse> ListEntities(const ViewRead& view, const v1::ListEntitiesRequest& request);
absl::StatusOr<v1::ListSourcesResponse> ListSources(const ViewRead& view, const v1::ListSourcesRequest& request);
absl::StatusOr<v1::LookUpExternalIdsResponse> LookUpExternalIds(const ViewRead& view,
                                                                const v1::LookUpExternalIdsRequest& request);

}  // namespace sworn::views
