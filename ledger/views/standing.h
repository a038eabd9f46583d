// Whether an assertion counts: the retraction cascade.
//
// A RETRACT or SUPERSEDE by the author of its target, or by an admin who states a reason, takes the target back;
// anybody else's has no effect. A RETRACT of that judgement undoes it. A judgement can only be taken back by a later
// one. An assertion derived from others is undermined once one of them no longer counts, and no longer counts itself
// once none does. What was never recorded here, or is withheld, is taken to count.
//
// Each view keeps standing under its own rows, so that each can be rebuilt alone.
//
// Thread-safety: a Standings object is immutable; calls are as safe as the rows they are given.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "ledger/crypto/hash.h"
#include "ledger/views/view.h"

namespace sworn::views {

// Of an assertion, or of a judgement (which is never undermined).
struct Standing {
  bool counted = true;
  bool retracted = false;  // or superseded
  bool undermined = false;
  std::optional<uint64_t> retracted_at_position;  // of the earliest judgement that took it back and stands
  bool operator==(const Standing&) const = default;
};

class Standings {
 public:
  // Rows are kept under `prefix`.
  explicit Standings(std::string prefix) : prefix_(std::move(prefix)) {}

  // Folds the assertions and judgements of a report. Answers the ids of the portions whose standing is no longer what
  // Read said before, sorted.
  absl::StatusOr<std::vector<crypto::Hash>> Apply(const Event& event, RowWriter& rows) const;

  // A portion that was never recorded counts.
  absl::StatusOr<Standing> Read(const crypto::Hash& portion_id, const RowReader& rows) const;

 private:
  std::string prefix_;
};

// Id of the portion a reference names: nothing for external ids and for indexes outside the report.
std::optional<crypto::Hash> PortionIdOf(const v1::Reference& reference, const std::vector<crypto::Hash>& portion_ids);

}  // namespace sworn::views
