#include "ledger/views/lens_reader.h"

#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "ledger/model/refusal.h"
#include "ledger/views/lens_fold.h"
#include "ledger/views/support_rows.h"
#include "ledger/views/text.h"

namespace sworn::views {
namespace {

constexpr std::string_view kDefaultLens = "officials";
constexpr size_t kLensesNamed = 20;

// Names of recorded lenses, in order.
absl::StatusOr<std::vector<std::string>> LensNames(const RowReader& rows) {
  std::vector<std::string> names;
  const absl::Status scanned = rows.Scan(kLensNamePrefix, [&](std::string_view key, std::string_view) {
    names.emplace_back(key.substr(kLensNamePrefix.size()));
    return names.size() < kLensesNamed;
  });
  if (!scanned.ok()) return scanned;
  return names;
}

}  // namespace

absl::StatusOr<rows::v1::LensRow> ReadLens(std::string_view name, const RowReader& rows) {
  if (name.empty()) name = kDefaultLens;
  std::string bytes;
  const absl::Status scanned = rows.Scan(support_rows::LensPrefix(name), [&](std::string_view, std::string_view value) {
    bytes = value;
    return false;
  });
  if (!scanned.ok()) return scanned;
  rows::v1::LensRow row;
  if (bytes.empty()) {
    const absl::StatusOr<std::vector<std::string>> names = LensNames(rows);
    if (!names.ok()) return names.status();
    return model::Refuse(v1::Refusal::NOT_FOUND, Concat("no lens is named \"", model::Shown(name),
                                                        "\"; recorded here: ", absl::StrJoin(*names, ", ")));
  }
  if (!row.ParseFromString(bytes)) {
    return model::Refuse(v1::Refusal::DAMAGED,
                         Concat("lens \"", model::Shown(name), "\" is damaged; delete the views to rebuild them"));
  }
  return row;
}

v1::LensUsed ToLensUsed(const rows::v1::LensRow& row) {
  v1::LensUsed used;
  used.set_name(row.lens().name());
  used.set_version(row.lens().version());
  used.set_id(crypto::ToHex(row.portion_id()));
  return used;
}

}  // namespace sworn::views
