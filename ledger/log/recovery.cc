#include "ledger/log/recovery.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/log/stored_report.h"
#include "ledger/merkle/checkpoint.h"
#include "ledger/model/refusal.h"
#include "ledger/model/validate.h"

namespace sworn::log {
namespace {

// Number of entries under the checkpoint that the journal keeps, which is compared with the journal.
absl::StatusOr<uint64_t> SignedSize(const journal::Journal& journal, const std::string& stored_note,
                                    const merkle::VerifierKey& verifier_key, const merkle::NodeReader& read_node) {
  if (stored_note.empty()) {
    return 0;
  }
  const absl::StatusOr<merkle::Checkpoint> checkpoint = merkle::OpenCheckpoint(stored_note, verifier_key);
  if (!checkpoint.ok()) {
    return model::Refuse(v1::Refusal::DAMAGED, absl::StrCat("the checkpoint in the journal does not verify: ",
                                                            checkpoint.status().message()));
  }
  if (checkpoint->size > journal.Size()) {
    return model::Refuse(v1::Refusal::FORKED, absl::StrCat("the log has ", journal.Size(),
                                                           " entries, but the checkpoint in the journal has ",
                                                           checkpoint->size, ": the log lost its end"));
  }
  const absl::StatusOr<crypto::Hash> root = merkle::RootAt(checkpoint->size, read_node);
  if (!root.ok()) {
    return root.status();
  }
  if (*root != checkpoint->root) {
    return model::Refuse(v1::Refusal::FORKED, absl::StrCat("the first ", checkpoint->size, " entries of the log are ",
                                                           "not those under the checkpoint in the journal"));
  }
  return checkpoint->size;
}

// Re-reads the entries from `signed_size` on and extends the tree with what they hash to.
absl::Status Extend(const journal::Journal& journal, const merkle::NodeReader& read_node, merkle::Tree& tree) {
  std::vector<merkle::Node> completed;
  while (tree.size() < journal.Size()) {
    const uint64_t position = tree.size();
    const absl::StatusOr<journal::StoredEntry> entry = ReadCheckedEntry(journal, position);
    if (!entry.ok()) {
      return entry.status();
    }
    completed.clear();
    tree.Append(merkle::LeafHash(entry->entry), completed);
    for (const merkle::Node& node : completed) {
      const absl::StatusOr<crypto::Hash> stored = read_node(node.id);
      if (!stored.ok()) {
        return stored.status();
      }
      if (*stored != node.hash) {
        return model::Refuse(v1::Refusal::DAMAGED,
                             absl::StrCat("entry ", position, ": node ", node.id.index, " of level ", node.id.level,
                                          " of the tree is not the hash of what lies below it"));
      }
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<access::Registry> FoldRegistry(const journal::Journal& journal) {
  const absl::StatusOr<std::vector<uint64_t>> positions = journal.RegistryPositions();
  if (!positions.ok()) {
    return positions.status();
  }
  access::Registry registry;
  for (const uint64_t position : *positions) {
    const absl::StatusOr<journal::StoredEntry> stored = ReadCheckedEntry(journal, position);
    if (!stored.ok()) {
      return stored.status();
    }
    const absl::StatusOr<v1::Report> report = ToReport(*stored);
    if (!report.ok()) {
      return report.status();
    }
    const absl::StatusOr<model::ParsedReport> parsed = model::ParseAndValidate(*report);
    const absl::Status status = parsed.ok() ? registry.Apply(*parsed, position) : parsed.status();
    if (!status.ok()) {
      return model::WithContext(status, absl::StrCat("folding the registry at position ", position));
    }
  }
  return registry;
}

absl::StatusOr<std::vector<merkle::Node>> RightEdge(uint64_t size, const merkle::NodeReader& read_node) {
  std::vector<merkle::Node> edge;
  for (uint8_t level = 0; (size >> level) > 0; ++level) {
    const merkle::NodeId id{level, (size >> level) - 1};
    const absl::StatusOr<crypto::Hash> hash = read_node(id);
    if (!hash.ok()) {
      return hash.status();
    }
    edge.push_back({id, *hash});
  }
  return edge;
}

absl::StatusOr<absl::Time> LastRecordedAt(const journal::Journal& journal) {
  if (journal.Size() == 0) {
    return absl::InfinitePast();
  }
  const uint64_t last = journal.Size() - 1;
  const absl::StatusOr<std::string> bytes = journal.ReadEntry(last);
  if (!bytes.ok()) {
    return bytes.status();
  }
  const absl::StatusOr<v1::Entry> entry = ParseEntry(last, *bytes);
  if (!entry.ok()) {
    return entry.status();
  }
  return RecordedAt(*entry);
}

}  // namespace

absl::StatusOr<RecoveredLog> RecoverLog(const journal::Journal& journal, const merkle::VerifierKey& verifier_key,
                                        const Guard& guard) {
  const uint64_t size = journal.Size();
  const merkle::NodeReader read_node = [&journal](merkle::NodeId id) { return journal.ReadNode(id); };
  if (absl::Status status = guard.Check(verifier_key, size, read_node); !status.ok()) {
    return status;
  }
  absl::StatusOr<std::string> note = journal.LoadCheckpoint();
  if (!note.ok()) {
    return note.status();
  }
  RecoveredLog recovered;
  recovered.stored_note = *std::move(note);
  const absl::StatusOr<uint64_t> signed_size = SignedSize(journal, recovered.stored_note, verifier_key, read_node);
  if (!signed_size.ok()) {
    return signed_size.status();
  }
  absl::StatusOr<merkle::Tree> tree = merkle::Tree::Restore(*signed_size, read_node);
  if (!tree.ok()) {
    return tree.status();
  }
  recovered.tree = *std::move(tree);
  if (absl::Status status = Extend(journal, read_node, recovered.tree); !status.ok()) {
    return status;
  }
  absl::StatusOr<access::Registry> registry = FoldRegistry(journal);
  if (!registry.ok()) {
    return registry.status();
  }
  recovered.registry = *std::move(registry);
  absl::StatusOr<std::vector<merkle::Node>> right_edge = RightEdge(size, read_node);
  if (!right_edge.ok()) {
    return right_edge.status();
  }
  recovered.right_edge = *std::move(right_edge);
  const absl::StatusOr<absl::Time> last_recorded_at = LastRecordedAt(journal);
  if (!last_recorded_at.ok()) {
    return last_recorded_at.status();
  }
  recovered.last_recorded_at = *last_recorded_at;
  return recovered;
}

absl::StatusOr<journal::StoredEntry> ReadCheckedEntry(const journal::Journal& journal, uint64_t position) {
  absl::StatusOr<journal::StoredEntry> stored = journal.Read(position);
  if (!stored.ok()) {
    return stored;
  }
  const absl::StatusOr<crypto::Hash> leaf = journal.ReadNode({0, position});
  if (!leaf.ok()) {
    return leaf.status();
  }
  if (absl::Status status = CheckStored(*stored, *leaf); !status.ok()) {
    return status;
  }
  return stored;
}

}  // namespace sworn::log
