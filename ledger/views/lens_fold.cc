#include "ledger/views/lens_fold.h"

#include <optional>

#include "absl/status/statusor.h"
#include "ledger/model/refusal.h"
#include "ledger/model/timestamp.h"
#include "ledger/views/support_rows.h"
#include "ledger/views/text.h"
#include "sworn/rows/v1/support_rows.pb.h"

namespace sworn::views {
namespace {

// The version in use; nothing where there is no lens of the name.
absl::StatusOr<std::optional<rows::v1::LensRow>> InUse(const std::string& name, const RowReader& rows) {
  std::optional<rows::v1::LensRow> found;
  bool is_damaged = false;
  const absl::Status scanned = rows.Scan(support_rows::LensPrefix(name), [&](std::string_view, std::string_view value) {
    is_damaged = !found.emplace().ParseFromArray(value.data(), static_cast<int>(value.size()));
    return false;
  });
  if (!scanned.ok()) return scanned;
  if (is_damaged) {
    return model::Refuse(v1::Refusal::DAMAGED,
                         Concat("lens \"", name, "\" is damaged; delete the views to rebuild them"));
  }
  return found;
}

}  // namespace

std::string LensNameKey(std::string_view name) { return Concat(kLensNamePrefix, name); }
std::string IgnoredLensPrefix(std::string_view name) { return "ignored-" + support_rows::LensPrefix(name); }

absl::Status FoldLens(const Event& event, size_t index, RowWriter& rows) {
  const v1::Lens& lens = event.report.portions[index]->lens();
  rows::v1::LensRow row;
  row.set_portion_id(std::string(crypto::AsBytes(event.report.portion_ids[index])));
  *row.mutable_lens() = lens;
  row.set_position(event.position);
  *row.mutable_recorded_at() = model::ToTimestamp(event.recorded_at);
  row.set_author(event.author);
  const absl::StatusOr<std::optional<rows::v1::LensRow>> in_use = InUse(lens.name(), rows);
  if (!in_use.ok()) return in_use.status();
  if (in_use->has_value() && (*in_use)->lens().version() >= lens.version()) {
    if ((*in_use)->portion_id() == row.portion_id()) return absl::OkStatus();  // the same portion in another report
    row.set_ignored_below((*in_use)->lens().version());
    const std::string order = support_rows::NewestFirst(event.position, static_cast<uint32_t>(index));
    return rows.PutNew(IgnoredLensPrefix(lens.name()) + order, row.SerializeAsString());
  }
  if (!in_use->has_value()) {
    if (absl::Status status = rows.PutNew(LensNameKey(lens.name()), ""); !status.ok()) return status;
  }
  return rows.PutNew(support_rows::LensKey(lens.name(), lens.version()), row.SerializeAsString());
}

}  // namespace sworn::views
