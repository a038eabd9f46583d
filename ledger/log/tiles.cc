#include "ledger/log/tiles.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "ledger/log/stored_report.h"
#include "ledger/merkle/tree_hash.h"
#include "ledger/model/marking.h"
#include "ledger/model/refusal.h"
#include "ledger/model/text.h"

namespace sworn::log {
namespace {

using merkle::TileId;
using model::Concat;

absl::Status CheckCovered(uint64_t signed_size, const TileId& tile, TileId::Kind kind) {
  if (tile.kind == kind && merkle::TreeCoversTile(signed_size, tile)) return absl::OkStatus();
  return model::Refuse(v1::Refusal::NOT_FOUND,
                       Concat("a log of ", signed_size, " entries has no ", merkle::TilePath(tile)));
}

// An entry whose bytes are those of its leaf.
absl::StatusOr<std::string> ReadCheckedLeaf(const journal::Journal& journal, uint64_t position) {
  absl::StatusOr<std::string> entry = journal.ReadEntry(position);
  if (!entry.ok()) return entry.status();
  const absl::StatusOr<crypto::Hash> leaf = journal.ReadNode({0, position});
  if (!leaf.ok()) return leaf.status();
  if (merkle::LeafHash(*entry) == *leaf) return entry;
  return model::Refuse(v1::Refusal::DAMAGED,
                       Concat("entry ", position, ": its bytes do not hash to its leaf of the tree"));
}

// That the hashes of a tile are those the nodes above them were made from: each of its complete subtrees has its root
// in the journal too.
absl::Status CheckTile(const journal::Journal& journal, const TileId& tile, std::string_view bytes) {
  constexpr unsigned kLevelsPerTile = 8;
  uint64_t first = 0;
  for (unsigned height = kLevelsPerTile + 1; height-- > 0;) {
    const uint64_t count = uint64_t{1} << height;
    if ((tile.width & count) == 0) continue;
    std::vector<crypto::Hash> hashes(count);
    for (uint64_t i = 0; i < count; ++i) {
      std::copy_n(bytes.data() + (first + i) * sizeof(crypto::Hash), sizeof(crypto::Hash), hashes[i].begin());
    }
    const auto level = static_cast<uint8_t>(tile.level * kLevelsPerTile + height);
    const absl::StatusOr<crypto::Hash> node =
        journal.ReadNode({level, (tile.index * merkle::kTileWidth + first) >> height});
    if (!node.ok()) return node.status();
    if (merkle::RootOfLeaves(hashes) != *node) {
      return model::Refuse(v1::Refusal::DAMAGED,
                           Concat(merkle::TilePath(tile), ": its hashes do not lead to the nodes above them"));
    }
    first += count;
  }
  return absl::OkStatus();
}

}  // namespace

v1::Marking PublicClearance() {
  v1::Marking clearance;
  clearance.set_level(v1::Marking::U);
  clearance.set_tlp(v1::Marking::CLEAR);
  return clearance;
}

bool IsCleared(const v1::Marking& clearance, const v1::Marking& banner) {
  if (banner.level() == v1::Marking::LEVEL_UNSPECIFIED) return false;
  // To Dominates a classified banner without a list is as narrow as any list; of readers without a list nobody knows
  // whether they are on one.
  const bool readers_are_known = !clearance.rel_to().empty() || clearance.originator_only();
  // NOLINTNEXTLINE(readability-suspicious-call-argument): here it is the clearance that must be the higher one.
  return model::Dominates(clearance, banner) && (banner.rel_to().empty() || readers_are_known);
}

absl::Status CheckEntryCleared(const v1::Marking& clearance, uint64_t position, const std::string& entry) {
  const absl::StatusOr<v1::Entry> parsed = ParseEntry(position, entry);
  if (!parsed.ok()) return parsed.status();
  const absl::StatusOr<v1::ReportHeader> header = ParseHeader(position, parsed->envelope());
  if (!header.ok()) return header.status();
  if (IsCleared(clearance, header->banner())) return absl::OkStatus();
  return model::Refuse(v1::Refusal::NOT_PERMITTED,
                       Concat("entry ", position, " is marked ", model::FormatMarking(header->banner()),
                              ", which the clearance ", model::FormatMarking(clearance), " does not allow to read"));
}

absl::StatusOr<std::string> ReadHashTile(const journal::Journal& journal, uint64_t signed_size, const TileId& tile) {
  if (absl::Status covered = CheckCovered(signed_size, tile, TileId::Kind::kHashes); !covered.ok()) return covered;
  absl::StatusOr<std::string> bytes =
      merkle::ReadTile(tile, [&journal](merkle::NodeId id) { return journal.ReadNode(id); });
  if (!bytes.ok()) return bytes.status();
  if (absl::Status checked = CheckTile(journal, tile, *bytes); !checked.ok()) return checked;
  return bytes;
}

absl::StatusOr<std::string> ReadEntryBundle(const journal::Journal& journal, uint64_t signed_size, const TileId& tile,
                                            const v1::Marking& clearance) {
  if (absl::Status covered = CheckCovered(signed_size, tile, TileId::Kind::kEntries); !covered.ok()) return covered;
  std::vector<std::string> entries;
  entries.reserve(tile.width);
  for (uint64_t i = 0; i < tile.width; ++i) {
    const uint64_t position = tile.index * merkle::kTileWidth + i;
    absl::StatusOr<std::string> entry = ReadCheckedLeaf(journal, position);
    if (!entry.ok()) return entry.status();
    if (absl::Status cleared = CheckEntryCleared(clearance, position, *entry); !cleared.ok()) return cleared;
    entries.push_back(*std::move(entry));
  }
  return merkle::FormatEntryBundle(entries);
}

}  // namespace sworn::log
