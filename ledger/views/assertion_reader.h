// Assertions of the support view, with whether they count and how they were judged. What was read once is remembered.
//
// Thread-safety: an AssertionReader belongs to one thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>

#include "absl/status/statusor.h"
#include "ledger/crypto/hash.h"
#include "ledger/model/period.h"
#include "ledger/views/judgements.h"
#include "ledger/views/standing.h"
#include "ledger/views/view.h"
#include "sworn/rows/v1/support_rows.pb.h"
#include "sworn/v1/view_service.pb.h"

namespace sworn::views {

struct StoredAssertion {
  crypto::Hash id{};
  rows::v1::AssertionRow row;
  Standing standing;
  Opinions opinions;
  v1::Grade grade;  // the best that was given, by judgements too
};

// Whether `left` was recorded before `right`.
bool IsRecordedBefore(const StoredAssertion& left, const StoredAssertion& right);

// Whether it holds in the world at `date`; an assertion without a period always does.
bool HoldsAt(const StoredAssertion& assertion, const std::optional<model::DayRange>& date);

v1::ClaimState ToClaimState(const Standing& standing);

// The date of a request; nothing where it is empty. FIELD_INVALID where it is no date.
absl::StatusOr<std::optional<model::DayRange>> ParseValidAt(std::string_view text);

// The assertion that an index row holds, without what judgements say of it beyond whether it counts: for reading very
// many, each once. The row itself never changes; `standing` says as of when it is asked whether it counts.
absl::StatusOr<StoredAssertion> ReadUnjudged(std::string_view id_bytes, const RowReader& rows,
                                             const RowReader& standing);

class AssertionReader {
 public:
  explicit AssertionReader(const RowReader& rows) : rows_(rows) {}

  // Null where no such assertion was recorded. Valid as long as this reader.
  absl::StatusOr<const StoredAssertion*> Find(const crypto::Hash& id);
  // The same for the id that an index row holds, which must be there.
  absl::StatusOr<const StoredAssertion*> ReadIndexed(std::string_view id_bytes);

  // Everything read so far.
  const std::map<crypto::Hash, std::optional<StoredAssertion>>& read() const { return read_; }

 private:
  absl::StatusOr<std::optional<StoredAssertion>> Read(const crypto::Hash& id) const;

  const RowReader& rows_;

  std::map<crypto::Hash, std::optional<StoredAssertion>> read_;
};

}  // namespace sworn::views
