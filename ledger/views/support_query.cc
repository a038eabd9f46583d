// GetSupport: who supports whom with what (declared in support.h).
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/strings/str_join.h"
#include "ledger/views/assertion_reader.h"
#include "ledger/views/lens_comparison.h"
#include "ledger/views/scope.h"
#include "ledger/views/support.h"
#include "ledger/views/support_rows.h"
#include "ledger/views/support_table.h"
#include "ledger/views/would_change.h"
#include "sworn/rows/v1/support_rows.pb.h"

namespace sworn::views {
namespace {

constexpr std::string_view kDefaultLens = "officials";
constexpr size_t kLensesNamed = 20;

// Names of the recorded lenses, each once.
absl::StatusOr<std::vector<std::string>> LensNames(const RowReader& rows) {
  absl::btree_set<std::string> names;
  const absl::Status scanned = rows.Scan(support_rows::kLensPrefix, [&](std::string_view, std::string_view value) {
    rows::v1::LensRow row;
    if (row.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
      names.insert(row.lens().name());
    }
    return names.size() < kLensesNamed;
  });
  if (!scanned.ok()) {
    return scanned;
  }
  return std::vector<std::string>(names.begin(), names.end());
}

// The highest recorded version of the lens.
absl::StatusOr<rows::v1::LensRow> ReadLens(std::string name, const RowReader& rows) {
  if (name.empty()) {
    name = kDefaultLens;
  }
  std::string bytes;
  const absl::Status scanned = rows.Scan(support_rows::LensPrefix(name), [&](std::string_view, std::string_view value) {
    bytes = value;
    return false;
  });
  if (!scanned.ok()) {
    return scanned;
  }
  rows::v1::LensRow row;
  if (bytes.empty()) {
    const absl::StatusOr<std::vector<std::string>> names = LensNames(rows);
    if (!names.ok()) {
      return names.status();
    }
    return model::Refuse(v1::Refusal::NOT_FOUND,
                         "no lens is named \"" + name + "\"; recorded here: " + absl::StrJoin(*names, ", "));
  }
  if (!row.ParseFromString(bytes)) {
    return model::Refuse(v1::Refusal::DAMAGED, "lens \"" + name + "\" is damaged; delete the views to rebuild them");
  }
  return row;
}

// An entity and every root its assertions may be recorded under.
struct SupportEnd {
  Identity identity;
  std::vector<std::string> roots;
};

absl::StatusOr<SupportEnd> FindEnd(const std::string& text, std::string_view field, const RowReader& rows) {
  const Identities& entities = support_rows::Entities();
  const absl::StatusOr<std::string> root = entities.Find(text, rows);
  if (!root.ok()) {
    return model::WithContext(root.status(), field);
  }
  absl::StatusOr<Identity> identity = entities.Read(*root, rows);
  if (!identity.ok()) {
    return identity.status();
  }
  absl::StatusOr<std::vector<std::string>> roots = entities.Members(*root, rows);
  if (!roots.ok()) {
    return roots.status();
  }
  return SupportEnd{*std::move(identity), *std::move(roots)};
}

// Ids of the assertions about the pair.
absl::StatusOr<std::vector<std::string>> ListPair(const SupportEnd& from, const SupportEnd& to, const RowReader& rows) {
  std::vector<std::string> ids;
  for (const std::string& from_root : from.roots) {
    for (const std::string& to_root : to.roots) {
      const absl::Status scanned =
          rows.Scan(support_rows::PairPrefix(from_root, to_root), [&](std::string_view, std::string_view id) {
            ids.emplace_back(id);
            return true;
          });
      if (!scanned.ok()) {
        return scanned;
      }
    }
  }
  return ids;
}

// Those of the pair that count and hold at the date, in the order in which they were recorded.
absl::StatusOr<std::vector<const StoredAssertion*>> ReadCounted(const SupportEnd& from, const SupportEnd& to,
                                                                const std::optional<model::DayRange>& valid_at,
                                                                AssertionReader& assertions, const RowReader& rows) {
  const absl::StatusOr<std::vector<std::string>> ids = ListPair(from, to, rows);
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

v1::LensUsed ToLensUsed(const rows::v1::LensRow& row) {
  v1::LensUsed used;
  used.set_name(row.lens().name());
  used.set_version(row.lens().version());
  used.set_id(crypto::ToHex(row.portion_id()));
  return used;
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
  const absl::StatusOr<SupportEnd> from = FindEnd(request.from(), "from", rows);
  if (!from.ok()) {
    return from.status();
  }
  const absl::StatusOr<SupportEnd> to = FindEnd(request.to(), "to", rows);
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
  response.set_from(from->identity.name);
  response.set_from_id(from->identity.root);
  response.set_to(to->identity.name);
  response.set_to_id(to->identity.root);
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
