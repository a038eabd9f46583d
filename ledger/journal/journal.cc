#include "ledger/journal/journal.h"

#include <utility>

namespace sworn::journal {

size_t StoredBytesOf(const StoredEntry& stored) {
  size_t bytes = stored.entry.size();
  for (const StoredPortion& portion : stored.portions) {
    bytes += portion.salt.size() + portion.content.size();
  }
  return bytes;
}

absl::StatusOr<std::vector<StoredEntry>> Journal::ReadRange(uint64_t first, size_t max_entries,
                                                            size_t max_bytes) const {
  std::vector<StoredEntry> entries;
  size_t bytes = 0;
  for (uint64_t position = first; position < Size() && entries.size() < max_entries; ++position) {
    if (!entries.empty() && bytes >= max_bytes) {
      break;
    }
    absl::StatusOr<StoredEntry> entry = Read(position);
    if (!entry.ok()) {
      return entry.status();
    }
    bytes += StoredBytesOf(*entry);
    entries.push_back(*std::move(entry));
  }
  return entries;
}

absl::StatusOr<std::vector<Hash>> Journal::ReadNodes(const std::vector<merkle::NodeId>& ids) const {
  std::vector<Hash> hashes;
  hashes.reserve(ids.size());
  for (const merkle::NodeId& id : ids) {
    const absl::StatusOr<Hash> hash = ReadNode(id);
    if (!hash.ok()) {
      return hash.status();
    }
    hashes.push_back(*hash);
  }
  return hashes;
}

absl::StatusOr<std::vector<merkle::Node>> Journal::ReadNodesCompletedBy(uint64_t first, uint64_t end) const {
  std::vector<merkle::Node> nodes;
  for (uint64_t position = first; position < end; ++position) {
    for (const merkle::NodeId& id : merkle::NodesCompletedBy(position)) {
      const absl::StatusOr<Hash> hash = ReadNode(id);
      if (!hash.ok()) {
        return hash.status();
      }
      nodes.push_back({id, *hash});
    }
  }
  return nodes;
}

absl::Status Journal::CopyTo(const std::string& /*directory*/) const {
  return absl::UnimplementedError("the storage of this journal cannot be copied while it is in use");
}

}  // namespace sworn::journal
