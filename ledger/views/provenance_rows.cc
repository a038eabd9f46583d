#include "ledger/views/provenance_rows.h"

#include "ledger/views/versioned_rows.h"

namespace sworn::views::provenance_rows {
namespace {

constexpr size_t kNumberBytes = 8;

absl::Status Damaged(std::string_view what) {
  return model::Refuse(v1::Refusal::DAMAGED, Concat(what, " is damaged; delete the views to rebuild them"));
}

}  // namespace

std::string PortionKey(const crypto::Hash& id) { return Concat(kPortionPrefix, crypto::AsBytes(id)); }

std::string ReportKey(const crypto::Hash& id) { return Concat(kReportPrefix, crypto::AsBytes(id)); }

std::string EntryKey(uint64_t position) { return Concat("entry/", EncodeBigEndian(position)); }

std::string ExternalIdKey(std::string_view external_id) { return Concat("external/", external_id); }

std::string AffiliationKey(std::string_view root) { return Concat("affiliation/", root); }

std::string EventPrefix(const Subject& subject) {
  return Concat("event/", std::string(1, static_cast<char>(subject.kind)), EncodeBigEndian(subject.id.size()),
                subject.id);
}

std::string EventOrder(uint64_t position, uint32_t portion_index, v1::HistoryEvent::Kind kind) {
  return Concat(EncodeBigEndian(position), EncodeBigEndian(portion_index), std::string(1, static_cast<char>(kind)));
}

const Identities& Entities() {
  static const Identities* const entities = new Identities(Identities::Domain::kEntity);
  return *entities;
}

const Identities& Sources() {
  static const Identities* const sources = new Identities(Identities::Domain::kSource);
  return *sources;
}

const Standings& StandingOfPortions() {
  static const Standings* const standings = new Standings("standing/");
  return *standings;
}

Joinable JoinableIdentities() { return {Entities(), Sources(), StandingOfPortions()}; }

std::string TextOf(const v1::Reference& reference, const std::vector<crypto::Hash>& portion_ids) {
  const std::optional<crypto::Hash> id = PortionIdOf(reference, portion_ids);
  return id.has_value() ? crypto::ToHex(*id) : reference.external_id();
}

absl::StatusOr<std::optional<uint64_t>> FindReport(const crypto::Hash& id, const RowReader& rows) {
  const absl::StatusOr<std::optional<std::string>> position = rows.Get(ReportKey(id));
  if (!position.ok()) return position.status();
  if (!position->has_value()) return std::nullopt;
  if ((*position)->size() != kNumberBytes) return Damaged(Concat("the position of report ", crypto::ToHex(id)));
  return DecodeBigEndian(**position);
}

absl::StatusOr<rows::v1::ReportRow> ReadReport(uint64_t position, const RowReader& rows) {
  absl::StatusOr<std::optional<rows::v1::ReportRow>> row = Get<rows::v1::ReportRow>(rows, EntryKey(position));
  if (!row.ok()) return row.status();
  if (!row->has_value()) return Damaged(Concat("the provenance row of entry ", position));
  return **std::move(row);
}

uint64_t PositionOf(std::string_view event_order) {
  return event_order.size() < kNumberBytes ? 0 : DecodeBigEndian(event_order);
}

}  // namespace sworn::views::provenance_rows
