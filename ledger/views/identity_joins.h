// SAME_ENTITY and SAME_SOURCE judgements of a report, folded into the identities that a view keeps.
//
// Thread-safety: safe to call from any thread; as safe as the rows given.
#pragma once

#include <vector>

#include "absl/status/status.h"
#include "ledger/crypto/hash.h"
#include "ledger/views/identity.h"
#include "ledger/views/standing.h"
#include "ledger/views/view.h"

namespace sworn::views {

// Where a view keeps what a judgement joins, and whether it stands.
struct Joinable {
  const Identities& entities;
  const Identities& sources;
  const Standings& standings;
};

// Folds a portion that is a judgement. The identities of its report must have been described.
absl::Status FoldJoin(const Event& event, size_t portion_index, const Joinable& joinable, RowWriter& rows);

// Folds that the standing of these portions changed.
absl::Status SettleJoins(const std::vector<crypto::Hash>& changed, const Joinable& joinable, RowWriter& rows);

}  // namespace sworn::views
