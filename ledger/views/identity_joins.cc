#include "ledger/views/identity_joins.h"

namespace sworn::views {

absl::Status FoldJoin(const Event& event, size_t portion_index, const Joinable& joinable, RowWriter& rows) {
  const v1::Judgement& judgement = event.report.portions[portion_index]->judgement();
  const crypto::Hash& id = event.report.portion_ids[portion_index];
  switch (judgement.kind()) {
    case v1::Judgement::SAME_ENTITY:
      return joinable.entities.Join(id, judgement.targets(), event.report.portion_ids, rows);
    case v1::Judgement::SAME_SOURCE:
      return joinable.sources.Join(id, judgement.targets(), event.report.portion_ids, rows);
    default:
      return absl::OkStatus();
  }
}

absl::Status SettleJoins(const std::vector<crypto::Hash>& changed, const Joinable& joinable, RowWriter& rows) {
  for (const crypto::Hash& id : changed) {
    const absl::StatusOr<Standing> standing = joinable.standings.Read(id, rows);
    if (!standing.ok()) return standing.status();
    const JoinState state = standing->retracted ? JoinState::kUndone : JoinState::kStands;
    for (const Identities* identities : {&joinable.entities, &joinable.sources}) {
      if (absl::Status status = identities->SettleJoin(id, state, rows); !status.ok()) return status;
    }
  }
  return absl::OkStatus();
}

}  // namespace sworn::views
