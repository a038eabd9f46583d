// What happened to a subject of the provenance view, whichever of its roots it was recorded under.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "ledger/crypto/hash.h"
#include "ledger/views/provenance_rows.h"
#include "ledger/views/view.h"
#include "sworn/v1/view_service.pb.h"

namespace sworn::views {

struct SubjectEvent {
  uint64_t position = 0;
  uint64_t portion_index = 0;
  v1::HistoryEvent::Kind kind = v1::HistoryEvent::KIND_UNSPECIFIED;
  crypto::Hash through = {};  // the portion through which it happened
  // NOLINTNEXTLINE(modernize-use-nullptr): mistakes the 0 of a defaulted comparison for a pointer.
  auto operator<=>(const SubjectEvent&) const = default;
};

// Everything that events of the subject may be kept under.
absl::StatusOr<std::vector<provenance_rows::Subject>> EventSubjects(const provenance_rows::Subject& subject,
                                                                    const RowReader& rows);

// Those that happened through a portion, in order and each once. Refused with TOO_LARGE beyond `limit`.
absl::StatusOr<std::vector<SubjectEvent>> ReadSubjectEvents(const provenance_rows::Subject& subject, size_t limit,
                                                            const RowReader& rows);

}  // namespace sworn::views
