// GetSupport: who supports whom with what (declared in support.h).
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "ledger/model/refusal.h"
#include "ledger/views/assertion_reader.h"
#include "ledger/views/lens_comparison.h"
#include "ledger/views/lens_reader.h"
#include "ledger/views/scope.h"
#include "ledger/views/support.h"
#include "ledger/views/support_ends.h"
#include "ledger/views/support_table.h"
#include "ledger/views/would_change.h"
#include "sworn/rows/v1/support_rows.pb.h"

namespace sworn::views {
namespace {

// Those of the pair that count and hold at the date, in the order in which they were recorded.
absl::StatusOr<std::vector<const StoredAssertion*>> ReadCounted(const SupportEnd& from, const SupportEnd& to,
                                                                const std::optional<model::DayRange>& valid_at,
                                                                AssertionReader& assertions, const RowReader& rows) {
  const absl::StatusOr<std::vector<std::string>> ids = ListPair(from.roots, to.roots, rows);
  if (!ids.ok()) {
    return ids.status();
  }
  std::vector<const StoredAssertion*> counted;
  for (const std::string& id : *ids) {
    const absl::StatusOr<const StoredAssertion*> assertion = assertions.ReadIndexed(id);
    if (!assertion.ok()) {
      return assertion.status();
    }
    if ((*assertion)->standing.counted && HoldsAt(**assertion, valid_at)) {
      counted.push_back(*assertion);
    }
  }
  std::sort(counted.begin(), counted.end(),
            [](const auto* left, const auto* right) { return IsRecordedBefore(*left, *right); });
  return counted;
}

// Where the lens named `compared` shows the table differently; nothing where none is named.
absl::Status AddComparison(const std::string& compared, const SupportTable& table, const v1::Lens& lens,
                           const RowReader& rows, v1::GetSupportResponse& response) {
  if (compared.empty()) {
    return absl::OkStatus();
  }
  const absl::StatusOr<rows::v1::LensRow> other = ReadLens(compared, rows);
  if (!other.ok()) {
    return model::WithContext(other.status(), "compare_lens");
  }
  *response.mutable_compared_lens() = ToLensUsed(*other);
  for (v1::LensDifference& difference : CompareLenses(table, lens, other->lens())) {
    *response.add_lens_differences() = std::move(difference);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::GetSupportResponse> GetSupport(const ViewRead& view, const v1::GetSupportRequest& request) {
  const RowReader& rows = *view.rows;
  const absl::StatusOr<std::optional<model::DayRange>> valid_at = ParseValidAt(request.valid_at());
  if (!valid_at.ok()) {
    return valid_at.status();
  }
  const absl::StatusOr<rows::v1::LensRow> lens = ReadLens(request.lens(), rows);
  if (!lens.ok()) {
    return lens.status();
  }
  const absl::StatusOr<SupportEnd> from = FindSupportEnd(request.from(), "from", rows);
  if (!from.ok()) {
    return from.status();
  }
  const absl::StatusOr<SupportEnd> to = FindSupportEnd(request.to(), "to", rows);
  if (!to.ok()) {
    return to.status();
  }
  AssertionReader assertions(rows);
  const absl::StatusOr<std::vector<const StoredAssertion*>> counted =
      ReadCounted(*from, *to, *valid_at, assertions, rows);
  if (!counted.ok()) {
    return counted.status();
  }
  const absl::StatusOr<SupportTable> table = BuildTable(*counted, lens->lens(), assertions, rows);
  if (!table.ok()) {
    return table.status();
  }

  v1::GetSupportResponse response;
  response.set_from(from->name);
  response.set_from_id(from->id);
  response.mutable_from_members()->Assign(from->members.begin(), from->members.end());
  response.set_to(to->name);
  response.set_to_id(to->id);
  response.mutable_to_members()->Assign(to->members.begin(), to->members.end());
  *response.mutable_lens() = ToLensUsed(*lens);
  *response.mutable_as_of() = view.as_of;
  response.set_scope(std::string(kWholeLedger));
  response.set_valid_at(request.valid_at());
  *response.mutable_direct() = ToSupportSide(*table, v1::Lens::DIRECT);
  *response.mutable_indirect() = ToSupportSide(*table, v1::Lens::INDIRECT);
  *response.mutable_unassigned() = ToSupportSide(*table, v1::Lens::UNASSIGNED);
  for (v1::WouldChange& change : FindWouldChange(*table, assertions)) {
    *response.add_would_change() = std::move(change);
  }
  if (absl::Status status = AddComparison(request.compare_lens(), *table, lens->lens(), rows, response); !status.ok()) {
    return status;
  }
  return response;
}

}  // namespace sworn::views
