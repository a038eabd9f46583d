#include "ledger/views/lens_list.h"

#include <string>
#include <utility>
#include <vector>

#include "ledger/model/refusal.h"
#include "ledger/views/lens_fold.h"
#include "ledger/views/lens_reader.h"
#include "ledger/views/page_token.h"
#include "ledger/views/scope.h"
#include "ledger/views/support_rows.h"
#include "ledger/views/text.h"
#include "sworn/rows/v1/support_rows.pb.h"

namespace sworn::views {
namespace {

struct KeyAndRow {
  std::string key;
  rows::v1::LensRow row;
};

v1::LensSummary Summarize(const rows::v1::LensRow& row) {
  v1::LensSummary summary;
  *summary.mutable_lens() = ToLensUsed(row);
  summary.set_description(row.lens().description());
  summary.set_rules(static_cast<uint32_t>(row.lens().rules_size()));
  summary.set_author(row.author());
  summary.set_position(row.position());
  *summary.mutable_recorded_at() = row.recorded_at();
  summary.set_ignored_below(row.ignored_below());
  return summary;
}

// The newest version of each name, from the key `start` on, at most `count`.
absl::StatusOr<std::vector<KeyAndRow>> ReadNewest(const std::string& start, size_t count, const RowReader& rows) {
  std::vector<KeyAndRow> found;
  absl::Status scanned = rows.Scan(kLensNamePrefix, start, [&](std::string_view key, std::string_view) {
    found.push_back({std::string(key), {}});
    return found.size() < count;
  });
  if (!scanned.ok()) return scanned;
  for (KeyAndRow& lens : found) {
    absl::StatusOr<rows::v1::LensRow> row = ReadLens(lens.key.substr(kLensNamePrefix.size()), rows);
    if (!row.ok()) return row.status();
    lens.row = *std::move(row);
  }
  return found;
}

// Adds rows under `prefix` until there are `count`.
absl::Status AddVersions(const std::string& prefix, const std::string& start, size_t count, const RowReader& rows,
                         std::vector<KeyAndRow>& found) {
  if (found.size() >= count) return absl::OkStatus();
  bool is_damaged = false;
  absl::Status scanned = rows.Scan(prefix, start, [&](std::string_view key, std::string_view value) {
    KeyAndRow& lens = found.emplace_back();
    lens.key = key;
    is_damaged = !lens.row.ParseFromArray(value.data(), static_cast<int>(value.size()));
    return !is_damaged && found.size() < count;
  });
  if (!scanned.ok() || !is_damaged) return scanned;
  return model::Refuse(v1::Refusal::DAMAGED, "a lens is damaged; delete the views to rebuild them");
}

// Every version of a name, then what was ignored, from the key `start` on, at most `count`.
absl::StatusOr<std::vector<KeyAndRow>> ReadVersions(const std::string& name, const std::string& start, size_t count,
                                                    const RowReader& rows) {
  if (const absl::Status known = ReadLens(name, rows).status(); !known.ok()) return known;
  std::vector<KeyAndRow> found;
  const std::string ignored_prefix = IgnoredLensPrefix(name);
  const bool starts_ignored = start.starts_with(ignored_prefix);
  if (!starts_ignored) {
    absl::Status added = AddVersions(support_rows::LensPrefix(name), start, count, rows, found);
    if (!added.ok()) return added;
  }
  absl::Status added = AddVersions(ignored_prefix, starts_ignored ? start : "", count, rows, found);
  if (!added.ok()) return added;
  return found;
}

}  // namespace

absl::StatusOr<v1::ListLensesResponse> ListLenses(const ViewRead& view, const v1::ListLensesRequest& request) {
  const std::string filters = FiltersOf(request);
  const absl::StatusOr<std::string> start = ParsePageToken(filters, request.page_token());
  if (!start.ok()) return start.status();
  // One more than the page holds is where the next one begins.
  const size_t page_size = BoundedPageSize(request.page_size());
  absl::StatusOr<std::vector<KeyAndRow>> found = request.name().empty()
                                                     ? ReadNewest(*start, page_size + 1, *view.rows)
                                                     : ReadVersions(request.name(), *start, page_size + 1, *view.rows);
  if (!found.ok()) return found.status();
  v1::ListLensesResponse response;
  *response.mutable_as_of() = view.as_of;
  response.set_scope(std::string(kWholeLedger));
  if (found->size() > page_size) {
    response.set_next_page_token(MakePageToken(filters, found->back().key));
    found->pop_back();
  }
  for (KeyAndRow& lens : *found) {
    v1::LensSummary& summary = *response.add_lenses();
    summary = Summarize(lens.row);
    if (!request.name().empty()) *summary.mutable_content() = std::move(*lens.row.mutable_lens());
  }
  return response;
}

}  // namespace sworn::views
