// ListClaims: assertions, newest first (declared in support.h).
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ledger/model/vocabulary.h"
#include "ledger/views/assertion_reader.h"
#include "ledger/views/claim_ends.h"
#include "ledger/views/claim_writer.h"
#include "ledger/views/index_scan.h"
#include "ledger/views/page_token.h"
#include "ledger/views/scope.h"
#include "ledger/views/support.h"
#include "ledger/views/support_rows.h"

namespace sworn::views {
namespace {

bool Contains(const std::vector<std::string>& roots, const std::string& root) {
  return std::find(roots.begin(), roots.end(), root) != roots.end();
}

// What a request asks for.
struct ClaimFilter {
  std::vector<std::string> from;  // any of these roots; empty: any at all
  std::vector<std::string> to;
  std::vector<std::string> source;
  std::string category;
  v1::Assertion::Polarity polarity = v1::Assertion::POLARITY_UNSPECIFIED;
  std::optional<model::DayRange> valid_at;
  bool include_retracted = false;

  // Whether an assertion that the indexes hold is asked for.
  bool Matches(const StoredAssertion& assertion) const;
  // The narrowest indexes that hold all that matches, and nothing of another `from` or `to`.
  std::vector<std::string> IndexPrefixes() const;
};

bool ClaimFilter::Matches(const StoredAssertion& assertion) const {
  const rows::v1::AssertionRow& row = assertion.row;
  const auto is_from_source = [&](const rows::v1::HopRow& hop) { return Contains(source, hop.source_root()); };
  return (include_retracted || assertion.standing.counted) && HoldsAt(assertion, valid_at) &&
         (polarity == v1::Assertion::POLARITY_UNSPECIFIED || polarity == row.polarity()) &&
         (category.empty() || model::CategoryIsWithin(row.category(), category)) &&
         (source.empty() || std::any_of(row.attribution().begin(), row.attribution().end(), is_from_source));
}

std::vector<std::string> ClaimFilter::IndexPrefixes() const {
  if (!from.empty() || !to.empty() || source.empty()) {
    return EndsPrefixes(from, to);
  }
  std::vector<std::string> prefixes;
  std::transform(source.begin(), source.end(), std::back_inserter(prefixes), support_rows::SourcePrefix);
  return prefixes;
}

absl::StatusOr<ClaimFilter> ReadFilter(const v1::ListClaimsRequest& request, const RowReader& rows) {
  ClaimFilter filter;
  filter.category = request.category();
  filter.include_retracted = request.include_retracted();
  filter.polarity = request.polarity();
  if (!v1::Assertion::Polarity_IsValid(request.polarity())) {
    return model::Refuse(v1::Refusal::FIELD_INVALID, "polarity: unknown value " + std::to_string(request.polarity()));
  }
  absl::StatusOr<std::optional<model::DayRange>> valid_at = ParseValidAt(request.valid_at());
  if (!valid_at.ok()) {
    return valid_at.status();
  }
  filter.valid_at = *valid_at;
  absl::StatusOr<std::vector<std::string>> from = FindRoots(request.from(), "from", support_rows::Entities(), rows);
  if (!from.ok()) {
    return from.status();
  }
  filter.from = *std::move(from);
  absl::StatusOr<std::vector<std::string>> to = FindRoots(request.to(), "to", support_rows::Entities(), rows);
  if (!to.ok()) {
    return to.status();
  }
  filter.to = *std::move(to);
  absl::StatusOr<std::vector<std::string>> source =
      FindRoots(request.source(), "source", support_rows::Sources(), rows);
  if (!source.ok()) {
    return source.status();
  }
  filter.source = *std::move(source);
  return filter;
}

}  // namespace

absl::StatusOr<v1::ListClaimsResponse> ListClaims(const ViewRead& view, const v1::ListClaimsRequest& request) {
  const std::string filters = FiltersOf(request);
  absl::StatusOr<std::string> start = ParsePageToken(filters, request.page_token());
  if (!start.ok()) {
    return start.status();
  }
  const absl::StatusOr<ClaimFilter> filter = ReadFilter(request, *view.rows);
  if (!filter.ok()) {
    return filter.status();
  }
  v1::ListClaimsResponse response;
  *response.mutable_as_of() = view.as_of;
  response.set_scope(std::string(kWholeLedger));
  const size_t page_size = BoundedPageSize(request.page_size());
  IndexScan scan(filter->IndexPrefixes(), *std::move(start), *view.rows);
  ClaimWriter writer(*view.rows);
  while (true) {
    const absl::StatusOr<IndexScan::Found> found = scan.Next();
    if (!found.ok()) {
      return found.status();
    }
    if (found->order.empty()) {
      return response;
    }
    AssertionReader assertions(*view.rows);
    const absl::StatusOr<const StoredAssertion*> assertion = assertions.ReadIndexed(found->assertion_id);
    if (!assertion.ok()) {
      return assertion.status();
    }
    if (!filter->Matches(**assertion)) {
      continue;
    }
    if (static_cast<size_t>(response.claims_size()) == page_size) {
      response.set_next_page_token(MakePageToken(filters, found->order));
      return response;
    }
    absl::StatusOr<v1::Claim> claim = writer.Write(**assertion);
    if (!claim.ok()) {
      return claim.status();
    }
    *response.add_claims() = *std::move(claim);
  }
}

}  // namespace sworn::views
