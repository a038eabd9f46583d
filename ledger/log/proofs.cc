#include "ledger/log/proofs.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ledger/log/stored_report.h"
#include "ledger/merkle/tree_hash.h"
#include "ledger/model/refusal.h"

namespace sworn::log {
namespace {

// The inclusion path of an entry under the checkpoint, verified.
absl::StatusOr<std::vector<crypto::Hash>> PathOf(uint64_t position, const std::string& entry, const Head& head,
                                                 const merkle::NodeReader& read_node) {
  absl::StatusOr<std::vector<crypto::Hash>> path = merkle::InclusionPath(position, head.size, read_node);
  if (!path.ok()) {
    return path;
  }
  if (absl::Status status =
          merkle::VerifyInclusion(position, head.size, merkle::LeafHash(entry), *path, head.checkpoint.root);
      !status.ok()) {
    return model::Refuse(v1::Refusal::DAMAGED, absl::StrCat("entry ", position, " is not under the signed checkpoint ",
                                                            "of ", head.size, " entries: ", status.message()));
  }
  return path;
}

void AddHashes(const std::vector<crypto::Hash>& hashes, google::protobuf::RepeatedPtrField<std::string>& out) {
  for (const crypto::Hash& hash : hashes) {
    out.Add(std::string(crypto::AsBytes(hash)));
  }
}

}  // namespace

absl::StatusOr<v1::Receipt> MakeReceipt(const crypto::Hash& report_id, uint64_t position, std::string entry,
                                        const Head& head, const merkle::NodeReader& read_node) {
  const absl::StatusOr<v1::Entry> parsed = ParseEntry(position, entry);
  if (!parsed.ok()) {
    return parsed.status();
  }
  const absl::StatusOr<std::vector<crypto::Hash>> path = PathOf(position, entry, head, read_node);
  if (!path.ok()) {
    return path.status();
  }
  v1::Receipt receipt;
  receipt.set_report_id(std::string(crypto::AsBytes(report_id)));
  receipt.set_position(position);
  *receipt.mutable_recorded_at() = parsed->recorded_at();
  receipt.set_entry(std::move(entry));
  receipt.set_checkpoint(head.note);
  AddHashes(*path, *receipt.mutable_inclusion_path());
  return receipt;
}

absl::StatusOr<v1::Receipt> ReadReceipt(const crypto::Hash& report_id, uint64_t position, const Head& head,
                                        const journal::Journal& journal) {
  absl::StatusOr<std::string> entry = journal.ReadEntry(position);
  if (!entry.ok()) {
    return entry.status();
  }
  const absl::StatusOr<std::vector<merkle::NodeId>> ids = merkle::NodesOfInclusionPath(position, head.size);
  if (!ids.ok()) {
    return ids.status();
  }
  const absl::StatusOr<std::vector<crypto::Hash>> nodes = journal.ReadNodes(*ids);
  if (!nodes.ok()) {
    return nodes.status();
  }
  const merkle::NodeReader next_node =
      [&nodes, next = size_t{0}](merkle::NodeId) mutable -> absl::StatusOr<crypto::Hash> { return (*nodes)[next++]; };
  return MakeReceipt(report_id, position, *std::move(entry), head, next_node);
}

}  // namespace sworn::log
