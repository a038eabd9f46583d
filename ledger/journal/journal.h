// The one storage seam of the log: entries with their portions, tree nodes, dedupe keys and the last signed checkpoint.
//
// Everything of one group becomes durable in one atomic, synced write. Nothing is ever overwritten.
//
// Thread-safety: Append by one thread at a time; everything else from any thread, also during an Append.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "ledger/crypto/hash.h"
#include "ledger/merkle/tree.h"

namespace sworn::journal {

using crypto::Hash;

// A portion as stored. `salt` and `content` are empty once the content was erased.
struct StoredPortion {
  Hash id{};
  std::string salt;
  std::string content;
};

// What one position holds.
struct StoredEntry {
  uint64_t position = 0;
  std::string entry;  // serialized v1::Entry, verbatim: the leaf data
  Hash report_id{};
  std::string request_key;  // author key id || request id
  bool concerns_registry = false;
  std::vector<StoredPortion> portions;
};

// Leaf data, salts and contents.
size_t StoredBytesOf(const StoredEntry& stored);

struct Group {
  std::vector<StoredEntry> entries;  // consecutive positions
  std::vector<merkle::Node> nodes;   // completed by these entries
};

// Where an id is recorded.
struct Location {
  enum class Kind { kReport, kPortion };
  Kind kind = Kind::kReport;
  Hash id{};
  uint64_t position = 0;
  uint32_t portion_index = 0;  // only for portions
};

class Journal {
 public:
  virtual ~Journal() = default;
  Journal() = default;
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;
  Journal(Journal&&) = delete;
  Journal& operator=(Journal&&) = delete;

  // Number of entries.
  virtual uint64_t Size() const = 0;

  // Appends the group durably. Aborted if `expected_size` is not the size: someone else wrote.
  virtual absl::Status Append(uint64_t expected_size, const Group& group) = 0;

  // The leaf data at a position. NotFound at or beyond the size; DataLoss where the storage is damaged.
  virtual absl::StatusOr<std::string> ReadEntry(uint64_t position) const = 0;

  // Entry and portions at a position.
  virtual absl::StatusOr<StoredEntry> Read(uint64_t position) const = 0;

  // Entries and portions from `first` on, in order: at most `max_entries`, and no more once they hold `max_bytes`, but
  // always one. An error is that of one of them; reading them one by one tells which.
  virtual absl::StatusOr<std::vector<StoredEntry>> ReadRange(uint64_t first, size_t max_entries,
                                                             size_t max_bytes) const;

  // One portion. NotFound; DataLoss.
  virtual absl::StatusOr<StoredPortion> ReadPortion(uint64_t position, uint32_t portion_index) const = 0;

  virtual absl::StatusOr<std::optional<Location>> Find(const Hash& id) const = 0;
  // Ids (of reports and portions) that begin with these hex digits, in order, at most `limit`.
  virtual absl::StatusOr<std::vector<Location>> FindByPrefix(std::string_view hex_prefix, size_t limit) const = 0;
  // Position of the report recorded under this author key id || request id.
  virtual absl::StatusOr<std::optional<uint64_t>> FindRequest(std::string_view request_key) const = 0;
  // Positions of the entries that concern the registry, in order.
  virtual absl::StatusOr<std::vector<uint64_t>> RegistryPositions() const = 0;

  // Every row of the index of ids in order, also the later ones of an id that was recorded again; false ends the scan.
  virtual absl::Status ScanIds(const std::function<bool(const Location&)>& visit) const = 0;
  // Every row of the index of requests in order; false ends the scan.
  virtual absl::Status ScanRequests(
      const std::function<bool(std::string_view request_key, uint64_t position)>& visit) const = 0;

  virtual absl::StatusOr<Hash> ReadNode(merkle::NodeId id) const = 0;
  // The hashes of `ids`, in their order. An error is that of one of them.
  virtual absl::StatusOr<std::vector<Hash>> ReadNodes(const std::vector<merkle::NodeId>& ids) const;
  // The nodes that the entries `first` to `end` - 1 complete, in the order a Tree completes them. An error is that of
  // one of them; reading them one by one tells which.
  virtual absl::StatusOr<std::vector<merkle::Node>> ReadNodesCompletedBy(uint64_t first, uint64_t end) const;

  // The last signed checkpoint, empty where none was stored. Stored without a sync of its own: it may be older than the
  // log after a power cut, never newer.
  virtual absl::Status StoreCheckpoint(std::string_view note) = 0;
  virtual absl::StatusOr<std::string> LoadCheckpoint() const = 0;

  // Makes a durable copy in `directory`, which must not exist and whose parent must: a journal of its own that holds
  // everything appended before this call, and perhaps some groups appended during it. On the same file system it shares
  // unchanging files with this journal by hard links. Unimplemented unless the storage has a way to do so.
  virtual absl::Status CopyTo(const std::string& directory) const;
};

}  // namespace sworn::journal
