// Keys and values of the journal's column families. Integers are big-endian, so that keys sort by number.
// Included only within this folder.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ledger/journal/journal.h"
#include "ledger/merkle/tree.h"

namespace sworn::journal {

inline constexpr size_t kMaxRequestKeyBytes = 65'535;

// What is stored for an entry; its portions are stored one by one.
struct EntryRecord {
  bool concerns_registry = false;
  uint32_t portion_count = 0;
  Hash report_id{};
  std::string request_key;
  std::string entry;
};

std::string EncodePosition(uint64_t position);
std::optional<uint64_t> DecodePosition(std::string_view key);

std::string EncodePortionKey(uint64_t position, uint32_t portion_index);

// Position of the last leaf below a node. Nodes are keyed by it, then by level: in the order they are completed.
uint64_t LastLeafBelow(merkle::NodeId id);
std::string EncodeNodeKey(merkle::NodeId id);

// `ordinal` is 0 for the report and portion index + 1 for a portion.
std::string EncodeIdKey(const Hash& id, uint64_t position, uint32_t ordinal);
std::optional<Location> DecodeIdKey(std::string_view key);

std::string EncodeEntry(const StoredEntry& entry);
std::optional<EntryRecord> DecodeEntry(std::string_view value);
// Without its portions.
StoredEntry ToStoredEntry(uint64_t position, EntryRecord record);

std::string EncodePortion(const StoredPortion& portion);
std::optional<StoredPortion> DecodePortion(std::string_view value);

}  // namespace sworn::journal
