#include "ledger/log/consistency.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/log/proofs.h"
#include "ledger/merkle/tree.h"
#include "ledger/model/refusal.h"

namespace sworn::log {
namespace {

absl::Status CheckSizes(uint64_t old_size, uint64_t new_size, uint64_t head_size) {
  if (new_size > head_size) {
    return model::Refuse(v1::Refusal::POSITION_UNAVAILABLE,
                         absl::StrCat("new_size is ", new_size, ", but the last signed checkpoint covers ", head_size,
                                      " entries; ask again later, or for no more than that"));
  }
  if (old_size > new_size) {
    return model::Refuse(v1::Refusal::FIELD_INVALID,
                         absl::StrCat("old_size is ", old_size, ", which is more than the ", new_size,
                                      " entries of the later tree: a log does not shrink"));
  }
  return absl::OkStatus();
}

// The root of the first `size` entries; the signed one where the head is that long.
absl::StatusOr<crypto::Hash> RootOf(uint64_t size, const Head& head, const merkle::NodeReader& read_node) {
  absl::StatusOr<crypto::Hash> root = merkle::RootAt(size, read_node);
  if (root.ok() && size == head.size && *root != head.checkpoint.root) {
    return model::Refuse(v1::Refusal::DAMAGED, absl::StrCat("the nodes stored for ", size,
                                                            " entries do not lead to the root that was signed"));
  }
  return root;
}

}  // namespace

absl::StatusOr<ConsistencyProof> ProveConsistency(uint64_t old_size, uint64_t new_size, const Head& head,
                                                  const journal::Journal& journal) {
  const uint64_t later_size = new_size == 0 ? head.size : new_size;
  if (absl::Status status = CheckSizes(old_size, later_size, head.size); !status.ok()) {
    return status;
  }
  const merkle::NodeReader read_node = [&journal](merkle::NodeId id) { return journal.ReadNode(id); };
  const absl::StatusOr<crypto::Hash> old_root = RootOf(old_size, head, read_node);
  if (!old_root.ok()) {
    return old_root.status();
  }
  const absl::StatusOr<crypto::Hash> new_root = RootOf(later_size, head, read_node);
  if (!new_root.ok()) {
    return new_root.status();
  }
  absl::StatusOr<std::vector<crypto::Hash>> path = merkle::ConsistencyPath(old_size, later_size, read_node);
  if (!path.ok()) {
    return path.status();
  }
  if (absl::Status status = merkle::VerifyConsistency(old_size, later_size, *old_root, *new_root, *path);
      !status.ok()) {
    return model::Refuse(v1::Refusal::DAMAGED, absl::StrCat("the nodes stored between ", old_size, " and ", later_size,
                                                            " entries do not belong together: ", status.message()));
  }
  return ConsistencyProof{old_size, later_size, *std::move(path), later_size == head.size ? head.note : ""};
}

}  // namespace sworn::log
