#include "ledger/views/source_reader.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "ledger/views/support_rows.h"
#include "sworn/rows/v1/support_rows.pb.h"

namespace sworn::views {
namespace {

// What to call a source: its name, else where it was published, else what it is.
std::string LabelOf(const Identity& identity) {
  if (!identity.name.empty()) {
    return identity.name;
  }
  const v1::Source& source = identity.described_by->source();
  if (!source.url().empty()) {
    return source.url();
  }
  return "unnamed " + absl::AsciiStrToLower(v1::Source::Kind_Name(source.kind()));
}

}  // namespace

absl::StatusOr<SourceDescription> SourceReader::Read(const std::string& root) {
  if (const auto known = read_.find(root); known != read_.end()) {
    return known->second;
  }
  absl::StatusOr<SourceDescription> source = ReadRows(root);
  if (source.ok()) {
    read_.emplace(root, *source);
  }
  return source;
}

absl::StatusOr<SourceDescription> SourceReader::ReadRows(const std::string& root) const {
  const absl::StatusOr<Identity> identity = support_rows::Sources().Read(root, rows_);
  if (!identity.ok()) {
    return identity.status();
  }
  SourceDescription source;
  source.root = identity->root;
  source.label = identity->root;
  if (identity->described_by.has_value()) {
    source.label = LabelOf(*identity);
    source.named = !identity->described_by->source().anonymous() && !identity->described_by->source().name().empty();
  }
  absl::StatusOr<std::string> affiliation = ReadAffiliation(identity->root);
  if (!affiliation.ok()) {
    return affiliation.status();
  }
  source.affiliation = *std::move(affiliation);
  return source;
}

// The affiliation last stated under any of the source's roots.
absl::StatusOr<std::string> SourceReader::ReadAffiliation(const std::string& root) const {
  const absl::StatusOr<std::vector<std::string>> members = support_rows::Sources().Members(root, rows_);
  if (!members.ok()) {
    return members.status();
  }
  std::optional<rows::v1::AffiliationRow> latest;
  for (const std::string& member : *members) {
    absl::StatusOr<std::optional<rows::v1::AffiliationRow>> row =
        support_rows::Get<rows::v1::AffiliationRow>(rows_, support_rows::AffiliationKey(member));
    if (!row.ok()) {
      return row.status();
    }
    if (row->has_value() && (!latest.has_value() || latest->position() < (*row)->position())) {
      latest = *std::move(*row);
    }
  }
  return latest.has_value() ? support_rows::Sources().Canonical(latest->root(), rows_) : std::string();
}

}  // namespace sworn::views
