// How the journal's database is laid out and opened. Included only within this folder.
//
// Thread-safety: safe to call from any thread; a JournalDatabase as rocksdb::DB.
#pragma once

#include <rocksdb/db.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sworn::journal {

// Column families, in the order of their handles. Keys of entries, portions, nodes and registry positions ascend with
// the log, so that their files never overlap and large values are not rewritten by compaction. The first three hold
// what is signed, the others what is derived from it.
enum Family : size_t {
  kMeta,      // "checkpoint" -> note; the default family
  kEntries,   // position -> entry record
  kPortions,  // position, index -> portion record
  kNodes,     // position of the last leaf below, level -> hash
  kIds,       // id, position, portion index + 1 (0 for the report) -> nothing
  kRequests,  // author key id, request id -> position
  kRegistry,  // position -> nothing
  kFamilyCount,
};
inline constexpr size_t kSignedFamilyCount = kNodes;
inline constexpr const char* kCheckpointKey = "checkpoint";

enum class DatabaseMode {
  kCreate,
  kWrite,
  kReadOnly,
  kSignedReadOnly,   // the signed families alone: files of the others are not looked at
  kSignedRemainder,  // as that, and goes on where files are damaged or gone
};

class JournalDatabase {
 public:
  static absl::StatusOr<JournalDatabase> Open(const std::string& directory, DatabaseMode mode);
  ~JournalDatabase();
  JournalDatabase(const JournalDatabase&) = delete;
  JournalDatabase& operator=(const JournalDatabase&) = delete;
  JournalDatabase(JournalDatabase&&) = default;
  JournalDatabase& operator=(JournalDatabase&&) = delete;

  rocksdb::DB* get() const { return database_.get(); }
  rocksdb::DB* operator->() const { return database_.get(); }
  rocksdb::ColumnFamilyHandle* operator[](Family family) const { return families_[family]; }

  // One past the last entry.
  absl::StatusOr<uint64_t> StoredSize() const;

 private:
  JournalDatabase(std::unique_ptr<rocksdb::DB> database, std::vector<rocksdb::ColumnFamilyHandle*> families)
      : database_(std::move(database)), families_(std::move(families)) {}

  std::unique_ptr<rocksdb::DB> database_;
  std::vector<rocksdb::ColumnFamilyHandle*> families_;
};

// DataLoss (DAMAGED).
absl::Status DamagedInStorage(const std::string& what);

// DataLoss naming `what`, whether it could not be read or is not there although it must be.
absl::Status ReadError(const rocksdb::Status& status, const std::string& what);

}  // namespace sworn::journal
