// The rows of the provenance view: their keys, and how they are read and written
// (proto/sworn/rows/v1/provenance_rows.proto).
//
//   portion/<id>                                     PortionRow; the first recording of a portion
//   entry/<position>                                 ReportRow
//   report/<id>                                      position of the report
//   external/<external id>                           id of the assertion that carried it last
//   affiliation/<root>                               StatedAffiliationRow
//   event/<subject><position><portion index><kind>   EventRow
//   standing/…                                       ledger/views/standing.h
//   identity.…                                       ledger/views/identity.h
//   search/…                                         ledger/views/search_rows.h
//
// Ids are 32 raw bytes, positions and indexes 64-bit big-endian.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/crypto/hash.h"
#include "ledger/model/refusal.h"
#include "ledger/views/identity.h"
#include "ledger/views/identity_joins.h"
#include "ledger/views/standing.h"
#include "ledger/views/text.h"
#include "ledger/views/view.h"
#include "sworn/rows/v1/provenance_rows.pb.h"

namespace sworn::views::provenance_rows {

// What things happen to, and what a trace goes through.
struct Subject {
  // The letters are part of keys.
  enum class Kind : char {
    kPortion = 'p',  // also what is known only by an id that nothing described
    kReport = 'r',
    kEntity = 'e',
    kSource = 's',
    kAuthor = 'a',
  };
  Kind kind = Kind::kPortion;
  std::string id;  // lower-case hex, an external id, or a principal's name
  // NOLINTNEXTLINE(modernize-use-nullptr): mistakes the 0 of a defaulted comparison for a pointer.
  auto operator<=>(const Subject&) const = default;
};

inline constexpr std::string_view kPortionPrefix = "portion/";
inline constexpr std::string_view kReportPrefix = "report/";

std::string PortionKey(const crypto::Hash& id);
std::string ReportKey(const crypto::Hash& id);
std::string EntryKey(uint64_t position);
std::string ExternalIdKey(std::string_view external_id);
std::string AffiliationKey(std::string_view root);
std::string EventPrefix(const Subject& subject);
// Sorts the events of a subject.
std::string EventOrder(uint64_t position, uint32_t portion_index, v1::HistoryEvent::Kind kind);

// The identities and the standing that the provenance view keeps.
const Identities& Entities();
const Identities& Sources();
const Standings& StandingOfPortions();
Joinable JoinableIdentities();

// The id of a reference as it prints.
std::string TextOf(const v1::Reference& reference, const std::vector<crypto::Hash>& portion_ids);

// Position of the report with that id; nothing where there is none.
absl::StatusOr<std::optional<uint64_t>> FindReport(const crypto::Hash& id, const RowReader& rows);
// The report at a position that a row names.
absl::StatusOr<rows::v1::ReportRow> ReadReport(uint64_t position, const RowReader& rows);
// Position in the order of an event.
uint64_t PositionOf(std::string_view event_order);

// A row that is a message; nothing where there is none.
template <typename Row>
absl::StatusOr<std::optional<Row>> Get(const RowReader& rows, std::string_view key) {
  const absl::StatusOr<std::optional<std::string>> bytes = rows.Get(key);
  if (!bytes.ok()) return bytes.status();
  if (!bytes->has_value()) return std::nullopt;
  Row row;
  if (!row.ParseFromString(**bytes)) {
    return model::Refuse(v1::Refusal::DAMAGED, Concat("provenance row ", crypto::ToHex(key),
                                                      " is damaged; delete the views to rebuild them"));
  }
  return row;
}

}  // namespace sworn::views::provenance_rows
