#include "ledger/log/journal_rebuild.h"

#include <memory>
#include <utility>
#include <vector>

#include "ledger/journal/rocksdb/rocksdb_journal.h"
#include "ledger/merkle/tree.h"
#include "ledger/merkle/tree_hash.h"

namespace sworn::log {
namespace {

constexpr size_t kMaxGroupEntries = 1'024;
constexpr size_t kMaxGroupBytes = size_t{8} << 20U;

// The next entries of `source` with the nodes they complete.
absl::StatusOr<journal::Group> NextGroup(const journal::Journal& source, merkle::Tree& tree) {
  journal::Group group;
  for (size_t bytes = 0;
       tree.size() < source.Size() && group.entries.size() < kMaxGroupEntries && bytes < kMaxGroupBytes;) {
    absl::StatusOr<journal::StoredEntry> entry = source.Read(tree.size());
    if (entry.ok()) entry = DeriveRecord(*std::move(entry));
    if (!entry.ok()) return entry.status();
    bytes += entry->entry.size();
    for (const journal::StoredPortion& portion : entry->portions) bytes += portion.content.size();
    tree.Append(merkle::LeafHash(entry->entry), group.nodes);
    group.entries.push_back(*std::move(entry));
  }
  return group;
}

}  // namespace

absl::Status RebuildJournal(const journal::Journal& source, std::string_view signed_note, const std::string& directory,
                            const CheckProgress& progress) {
  const absl::StatusOr<std::unique_ptr<journal::Journal>> rebuilt =
      journal::OpenRocksDbJournal(directory, journal::OpenMode::kCreate);
  if (!rebuilt.ok()) return rebuilt.status();
  merkle::Tree tree;
  while (tree.size() < source.Size()) {
    if (progress != nullptr) progress(tree.size(), source.Size());
    const uint64_t first = tree.size();
    const absl::StatusOr<journal::Group> group = NextGroup(source, tree);
    if (!group.ok()) return group.status();
    if (absl::Status status = (*rebuilt)->Append(first, *group); !status.ok()) return status;
  }
  if (signed_note.empty()) return absl::OkStatus();
  return (*rebuilt)->StoreCheckpoint(signed_note);
}

}  // namespace sworn::log
