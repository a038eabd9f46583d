#include "ledger/views/portion_comparison.h"

#include <utility>

#include "ledger/views/event_reader.h"
#include "ledger/views/portion_diff.h"
#include "ledger/views/provenance_node.h"
#include "ledger/views/provenance_rows.h"
#include "ledger/views/text.h"

namespace sworn::views {
namespace {

using provenance_rows::Subject;

constexpr size_t kShownIdDigits = 12;

}  // namespace

absl::StatusOr<std::optional<PortionComparison::Recorded>> PortionComparison::Read(const crypto::Hash& id) {
  const auto row = provenance_rows::Get<rows::v1::PortionRow>(rows_, provenance_rows::PortionKey(id));
  if (!row.ok()) return row.status();
  if (!row->has_value()) return std::nullopt;
  const uint64_t position = (*row)->position();
  const absl::StatusOr<journal::StoredPortion> stored = journal_.ReadPortion(position, (*row)->portion_index());
  if (!stored.ok()) return stored.status();
  bytes_read_ += stored->content.size();
  absl::StatusOr<std::optional<v1::Portion>> portion = ParsePortion(position, *stored);
  if (!portion.ok()) return portion.status();
  if (!portion->has_value()) return std::nullopt;
  const absl::StatusOr<rows::v1::ReportRow> report = provenance_rows::ReadReport(position, rows_);
  if (!report.ok()) return report.status();
  Recorded recorded{**std::move(portion), {}};
  for (const std::string& bytes : report->portion_ids()) {
    const absl::StatusOr<crypto::Hash> portion_id = crypto::HashFromBytes(bytes);
    if (!portion_id.ok()) return portion_id.status();
    recorded.portion_ids.push_back(*portion_id);
  }
  return recorded;
}

absl::StatusOr<std::string> PortionComparison::Print(const std::string& reference) {
  if (const auto known = printed_.find(reference); known != printed_.end()) return known->second;
  const absl::StatusOr<Subject> subject = ResolveReference(reference, rows_);
  if (!subject.ok()) return subject.status();
  const absl::StatusOr<v1::TraceNode> node = DescribeSubject(*subject, rows_);
  if (!node.ok()) return node.status();
  const bool is_named = node->kind() != v1::TraceNode::BARE && !node->label().empty() && node->label() != node->id();
  const std::string id = ToPortionId(node->id()).has_value() ? node->id().substr(0, kShownIdDigits) : node->id();
  return printed_[reference] = is_named ? Concat(node->label(), " (", id, ")") : node->id();
}

absl::StatusOr<bool> PortionComparison::Compare(const crypto::Hash& before, const crypto::Hash& after,
                                                v1::HistoryEvent& event) {
  const absl::StatusOr<std::optional<Recorded>> old_portion = Read(before);
  if (!old_portion.ok()) return old_portion.status();
  const absl::StatusOr<std::optional<Recorded>> new_portion = Read(after);
  if (!new_portion.ok()) return new_portion.status();
  if (!old_portion->has_value() || !new_portion->has_value()) return false;
  const auto printer = [this](const Recorded& recorded) -> ReferencePrinter {
    return [this, &recorded](const v1::Reference& reference) {
      return Print(provenance_rows::TextOf(reference, recorded.portion_ids));
    };
  };
  absl::StatusOr<PortionDiff> diff = DiffPortions({(*old_portion)->portion, printer(**old_portion)},
                                                  {(*new_portion)->portion, printer(**new_portion)});
  if (!diff.ok()) return diff.status();
  for (v1::FieldChange& change : diff->changes) *event.add_changes() = std::move(change);
  if (diff->count > diff->changes.size()) {
    event.set_summary(
        Concat(event.summary(), " (", diff->count, " fields differ; the first ", diff->changes.size(), " are listed)"));
  }
  return true;
}

}  // namespace sworn::views
