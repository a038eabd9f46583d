#include "ledger/proof/stamped_entries.h"

#include <algorithm>
#include <utility>

#include "absl/time/time.h"
#include "ledger/crypto/hash.h"
#include "ledger/crypto/timestamp.h"
#include "ledger/model/refusal.h"
#include "ledger/model/text.h"
#include "ledger/model/timestamp.h"

namespace sworn::proof {
namespace {

using model::Concat;

absl::Status Wrong(const std::string& what) { return absl::InvalidArgumentError(what); }

absl::Status CheckCoverage(const v1::StampedEntries& stamped, const merkle::Checkpoint& checkpoint,
                           absl::Span<const Leaf> leaves, SubtreeRoots& known) {
  if (leaves.empty()) return Wrong("it covers no entry of the file that an earlier one does not");
  HashReader reader(stamped.nodes());
  const absl::StatusOr<crypto::Hash> root = RootOver(
      {0, checkpoint.size}, leaves, [&reader](LeafRange) { return reader.Take(); }, known);
  if (!root.ok()) return root.status();
  if (!reader.AtEnd()) return Wrong("there are more tree nodes than it takes");
  if (*root == checkpoint.root) return absl::OkStatus();
  return Wrong("the entries are not shown to be under it");
}

absl::StatusOr<StampedTree> CheckStamp(const v1::CheckpointTimestamp& timestamp, uint64_t size, const Trust& trust) {
  const std::string covered = Concat("the checkpoint of ", size, " entries, which covers this one");
  if (trust.timestamp_roots.empty()) {
    return StampedTree{size, Concat("not checked: no trusted authority given; it is on ", covered),
                       StampedTree::Stamp::kNotChecked};
  }
  const absl::StatusOr<crypto::Timestamp> stamp =
      crypto::VerifyTimestamp(timestamp.timestamp(), crypto::Sha256(timestamp.checkpoint()), trust.timestamp_roots);
  if (!stamp.ok()) return stamp.status();
  const std::string time = model::FormatUtc(stamp->time);
  return StampedTree{size, Concat(stamp->authority, " had seen ", covered, ", by ", time),
                     StampedTree::Stamp::kChecked};
}

}  // namespace

absl::StatusOr<merkle::Checkpoint> OpenLogCheckpoint(std::string_view note,
                                                     const std::vector<merkle::VerifierKey>& logs) {
  const absl::StatusOr<merkle::Note> opened = merkle::OpenNote(note, logs);
  if (!opened.ok()) return opened.status();
  absl::StatusOr<merkle::Checkpoint> checkpoint = merkle::ParseCheckpoint(opened->text);
  if (!checkpoint.ok()) return checkpoint;
  const bool by_the_log =
      std::any_of(opened->signatures.begin(), opened->signatures.end(),
                  [&](const merkle::NoteSignature& signature) { return signature.name == checkpoint->origin; });
  if (!by_the_log) return Wrong(Concat("no trusted key has the name of the log, ", checkpoint->origin));
  return checkpoint;
}

absl::StatusOr<std::vector<StampedTree>> CheckStampedEntries(const v1::ProofExtra& extra, const Trust& trust,
                                                             const std::string& origin, absl::Span<const Leaf> leaves,
                                                             SubtreeRoots& known) {
  std::vector<StampedTree> trees;
  for (const v1::StampedEntries& stamped : extra.timestamps()) {
    const absl::StatusOr<merkle::Checkpoint> checkpoint =
        OpenLogCheckpoint(stamped.timestamp().checkpoint(), trust.logs);
    if (!checkpoint.ok()) return model::WithContext(checkpoint.status(), "time-stamped checkpoint");
    if (checkpoint->origin != origin) {
      return Wrong(Concat("the time-stamped checkpoint is one of another log, ", checkpoint->origin));
    }
    if (!trees.empty() && checkpoint->size <= trees.back().size) {
      return Wrong("the time-stamped checkpoints are not in order of size");
    }
    const auto* const end = std::partition_point(
        leaves.begin(), leaves.end(), [&checkpoint](const Leaf& leaf) { return leaf.index < checkpoint->size; });
    const auto count = static_cast<size_t>(end - leaves.begin());
    const std::string name = Concat("time-stamped checkpoint of ", checkpoint->size, " entries");
    absl::Status covers = CheckCoverage(stamped, *checkpoint, leaves.subspan(0, count), known);
    if (!covers.ok()) return model::WithContext(covers, name);
    leaves.remove_prefix(count);
    absl::StatusOr<StampedTree> tree = CheckStamp(stamped.timestamp(), checkpoint->size, trust);
    if (!tree.ok()) return model::WithContext(tree.status(), name);
    trees.push_back(*std::move(tree));
  }
  return trees;
}

}  // namespace sworn::proof
