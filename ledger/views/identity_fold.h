// How identities of one domain come about: what is described, referred to, and joined (ledger/views/identity.h).
//
// Thread-safety: an IdentityFold belongs to one thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/crypto/hash.h"
#include "ledger/views/identity.h"
#include "ledger/views/identity_groups.h"
#include "ledger/views/identity_rows.h"
#include "ledger/views/view.h"

namespace sworn::views {

enum class IdKind { kPortion, kExternal };

class IdentityFold {
 public:
  // Both must outlive it.
  IdentityFold(std::string_view prefix, RowWriter& rows) : reader_(prefix, rows), rows_(rows) {}

  // As in Identities.
  absl::StatusOr<std::string> Describe(const crypto::Hash& portion_id, const v1::Portion& portion);
  absl::Status Join(const crypto::Hash& judgement_id, const absl::btree_set<std::string>& ids);
  absl::Status SettleJoin(const crypto::Hash& judgement_id, JoinState state);
  // Makes an identity that nothing describes yet, known by `id` alone.
  absl::Status AddKnownById(const std::string& id, IdKind kind);

  const identity_rows::IdentityReader& reader() const { return reader_; }

 private:
  absl::StatusOr<uint64_t> NextCount(uint64_t (rows::v1::IdentityCountsRow::*get)() const,
                                     void (rows::v1::IdentityCountsRow::*set)(uint64_t));
  absl::Status WriteRow(const std::string& root, const rows::v1::IdentityRow& row);
  absl::StatusOr<rows::v1::IdentityRow> AddRoot(const std::string& root, const std::string& name);
  absl::StatusOr<std::string> Merge(const std::string& left, const std::string& right);
  absl::Status MergeInto(identity_rows::Own earlier, identity_rows::Own later);
  absl::Status SetDescription(const std::string& root, const crypto::Hash& portion_id, const v1::Portion& portion);
  absl::Status AddNames(const std::string& root, const std::vector<std::string>& names);

  absl::Status ApplyJoin(const crypto::Hash& judgement_id, const rows::v1::JoinRow& join);
  absl::Status AddEdge(const std::string& root, std::string_view judgement);
  absl::Status RemoveEdges(const std::string& root, std::string_view judgement);
  // A join that names `id`, which nothing knows yet.
  absl::Status AddWaiting(const std::string& id, std::string_view judgement);
  absl::Status RemoveWaiting(const std::string& id, std::string_view judgement);
  absl::StatusOr<uint64_t> CountWaiting() const;
  absl::Status SetWaitingCount(uint64_t count);
  // Joins that waited for `id`, which is now known under the own root.
  absl::Status EndWaiting(const std::string& id, const std::string& root);

  identity_rows::IdentityReader reader_;
  RowWriter& rows_;
};

}  // namespace sworn::views
