#include "ledger/journal/rocksdb/journal_database.h"

#include <array>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/crypto/hash.h"
#include "ledger/journal/rocksdb/record_encoding.h"
#include "ledger/journal/rocksdb/rocksdb_options.h"
#include "ledger/journal/rocksdb/rocksdb_status.h"
#include "ledger/model/refusal.h"

namespace sworn::journal {
namespace {

constexpr size_t kBlockCacheBytes = size_t{64} << 20U;
constexpr size_t kAllWriteBufferBytes = size_t{32} << 20U;
// Replayed at the opening after a crash, which must not take long.
constexpr size_t kMaxLogBytes = size_t{24} << 20U;
constexpr int kMaxReadOnlyAttempts = 5;
constexpr std::array<const char*, kFamilyCount> kFamilyNames = {"default", "entries",  "portions", "nodes",
                                                                "ids",     "requests", "registry"};

bool Writes(DatabaseMode mode) { return mode == DatabaseMode::kCreate || mode == DatabaseMode::kWrite; }

bool OpensAllFamilies(DatabaseMode mode) { return Writes(mode) || mode == DatabaseMode::kReadOnly; }

rocksdb::DBOptions DatabaseOptions(DatabaseMode mode, std::shared_ptr<WarningCollector> warnings) {
  rocksdb::DBOptions options = BoundedDatabaseOptions(std::move(warnings));
  options.db_write_buffer_size = kAllWriteBufferBytes;
  options.max_total_wal_size = kMaxLogBytes;
  // A torn tail belongs to a group that was never acknowledged; anything else that does not verify is an error.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  options.create_if_missing = mode == DatabaseMode::kCreate;
  options.error_if_exists = mode == DatabaseMode::kCreate;
  options.create_missing_column_families = mode == DatabaseMode::kCreate;
  // A write-ahead log that is gone or has lost its end is an error too. On in every mode: RocksDB cannot open a
  // database read-only with this off once it was written with this on.
  options.track_and_verify_wals_in_manifest = true;
  if (mode == DatabaseMode::kSignedRemainder) {
    options.paranoid_checks = false;
    options.wal_recovery_mode = rocksdb::WALRecoveryMode::kSkipAnyCorruptedRecords;
  } else if (!Writes(mode)) {
    // Every file is opened at once, so that it stays readable when the writer deletes it.
    options.max_open_files = -1;
  }
  return options;
}

std::vector<rocksdb::ColumnFamilyDescriptor> FamilyDescriptors(size_t count) {
  const std::shared_ptr<rocksdb::Cache> cache = MakeBlockCache(kBlockCacheBytes);
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  for (size_t i = 0; i < count; ++i) {
    const bool large = i == kPortions || i == kIds || i == kEntries;
    const size_t write_buffer_bytes = size_t{large ? 16U : 4U} << 20U;
    const size_t prefix_bytes = i == kIds ? crypto::Hash().size() : 0;
    descriptors.emplace_back(kFamilyNames[i], BoundedFamilyOptions(cache, write_buffer_bytes, prefix_bytes));
    // Only nodes that are there are asked for: a filter would be read for nothing.
    if (i == kNodes) descriptors.back().options.optimize_filters_for_hits = true;
  }
  return descriptors;
}

rocksdb::Status OpenDatabase(const rocksdb::DBOptions& options, const std::string& directory, DatabaseMode mode,
                             std::vector<rocksdb::ColumnFamilyHandle*>& families, rocksdb::DB*& database) {
  const std::vector<rocksdb::ColumnFamilyDescriptor> descriptors =
      FamilyDescriptors(OpensAllFamilies(mode) ? kFamilyCount : kSignedFamilyCount);
  if (Writes(mode)) {
    return rocksdb::DB::Open(options, directory, descriptors, &families, &database);
  }
  rocksdb::Status status;
  for (int attempt = 0; attempt < kMaxReadOnlyAttempts; ++attempt) {
    // The writer may have just deleted a file that its manifest named a moment ago.
    status = rocksdb::DB::OpenForReadOnly(options, directory, descriptors, &families, &database);
    if (status.ok()) {
      break;
    }
  }
  return status;
}

absl::Status CheckPresence(const std::string& directory, DatabaseMode mode) {
  std::error_code error;
  const bool exists = std::filesystem::exists(std::filesystem::path(directory) / "CURRENT", error);
  if (mode == DatabaseMode::kCreate && exists) {
    return absl::AlreadyExistsError(absl::StrCat(directory, " already holds a journal"));
  }
  if (mode != DatabaseMode::kCreate && !exists) {
    return absl::NotFoundError(absl::StrCat(directory, " holds no journal"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status DamagedInStorage(const std::string& what) {
  return model::Refuse(v1::Refusal::DAMAGED, absl::StrCat(what, " is damaged or missing in the journal's storage"));
}

absl::Status ReadError(const rocksdb::Status& status, const std::string& what) {
  return status.IsNotFound() ? DamagedInStorage(what) : FromRocksDb(status, absl::StrCat("reading ", what));
}

absl::StatusOr<JournalDatabase> JournalDatabase::Open(const std::string& directory, DatabaseMode mode) {
  if (absl::Status status = CheckPresence(directory, mode); !status.ok()) {
    return status;
  }
  const auto warnings = std::make_shared<WarningCollector>();
  std::vector<rocksdb::ColumnFamilyHandle*> families;
  rocksdb::DB* opened = nullptr;
  const rocksdb::Status status = OpenDatabase(DatabaseOptions(mode, warnings), directory, mode, families, opened);
  if (!status.ok()) {
    return OpenError(status, "the journal", directory, *warnings,
                     "sworn fsck tells what can be rebuilt; what cannot is restored from a backup");
  }
  return JournalDatabase(std::unique_ptr<rocksdb::DB>(opened), std::move(families));
}

JournalDatabase::~JournalDatabase() {
  if (database_ == nullptr) {
    return;
  }
  FlushBeforeClose(*database_, families_);
  for (rocksdb::ColumnFamilyHandle* const family : families_) {
    database_->DestroyColumnFamilyHandle(family);
  }
}

absl::StatusOr<uint64_t> JournalDatabase::StoredSize() const {
  const std::unique_ptr<rocksdb::Iterator> entries(database_->NewIterator(rocksdb::ReadOptions(), families_[kEntries]));
  entries->SeekToLast();
  if (!entries->Valid()) {
    if (!entries->status().ok()) {
      return FromRocksDb(entries->status(), "reading the last entry");
    }
    return 0;
  }
  const std::string_view key(entries->key().data(), entries->key().size());
  const std::optional<uint64_t> last = DecodePosition(key);
  if (!last.has_value()) {
    return DamagedInStorage("the key of the last entry");
  }
  return *last + 1;
}

}  // namespace sworn::journal
