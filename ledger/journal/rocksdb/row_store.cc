#include "ledger/journal/rocksdb/row_store.h"

#include <rocksdb/db.h>
#include <rocksdb/utilities/write_batch_with_index.h>

#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/journal/rocksdb/rocksdb_options.h"
#include "ledger/journal/rocksdb/rocksdb_status.h"

namespace sworn::journal {
namespace {

constexpr size_t kBlockCacheBytes = size_t{96} << 20U;
constexpr size_t kWriteBufferBytes = size_t{16} << 20U;
// A store opened beside its writer may find a file gone that the writer's compaction has just replaced.
constexpr int kMaxReadOnlyAttempts = 5;

using Database = std::shared_ptr<rocksdb::DB>;

rocksdb::Slice ToSlice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }

std::string_view ToView(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

absl::StatusOr<std::optional<std::string>> Found(const rocksdb::Status& status, std::string value) {
  if (status.IsNotFound()) {
    return std::nullopt;
  }
  if (!status.ok()) {
    return FromRocksDb(status, "reading a row of the views");
  }
  return value;
}

// Visits the rows of `prefix` from `start` on.
absl::Status Visit(rocksdb::Iterator& rows, std::string_view prefix, std::string_view start, const RowVisitor& visit) {
  const std::string_view first = start > prefix ? start : prefix;
  for (rows.Seek(ToSlice(first)); rows.Valid() && rows.key().starts_with(ToSlice(prefix)); rows.Next()) {
    if (!visit(ToView(rows.key()), ToView(rows.value()))) {
      return absl::OkStatus();
    }
  }
  return FromRocksDb(rows.status(), "scanning rows of the views");
}

rocksdb::Options StoreOptions(std::shared_ptr<WarningCollector> warnings) {
  rocksdb::Options options(BoundedDatabaseOptions(std::move(warnings)),
                           BoundedFamilyOptions(MakeBlockCache(kBlockCacheBytes), kWriteBufferBytes, 0));
  // Whatever of the unsynced tail a crash left is used up to the first gap: an earlier, consistent state.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  options.max_total_wal_size = 3 * kWriteBufferBytes;
  // Most keys that a fold looks up were never written.
  options.memtable_whole_key_filtering = true;
  options.memtable_prefix_bloom_size_ratio = 0.1;
  return options;
}

absl::Status StoreError(const rocksdb::Status& status, const std::string& directory, const WarningCollector& warnings) {
  return OpenError(status, "the rows of the views", directory, warnings,
                   "the directory may be deleted: the views are rebuilt from the log");
}

}  // namespace

struct RowSnapshot::State {
  Database database;
  const rocksdb::Snapshot* snapshot;
};

RowSnapshot::RowSnapshot(std::unique_ptr<State> state) : state_(std::move(state)) {}

RowSnapshot::~RowSnapshot() { state_->database->ReleaseSnapshot(state_->snapshot); }

absl::StatusOr<std::optional<std::string>> RowSnapshot::Get(std::string_view key) const {
  rocksdb::ReadOptions options;
  options.snapshot = state_->snapshot;
  std::string value;
  const rocksdb::Status status = state_->database->Get(options, ToSlice(key), &value);
  return Found(status, std::move(value));
}

absl::Status RowSnapshot::Scan(std::string_view prefix, std::string_view start, const RowVisitor& visit) const {
  const std::string end = EndOfPrefix(std::string(prefix));
  const rocksdb::Slice upper_bound(end);
  rocksdb::ReadOptions options;
  options.snapshot = state_->snapshot;
  options.iterate_upper_bound = end.empty() ? nullptr : &upper_bound;
  const std::unique_ptr<rocksdb::Iterator> rows(state_->database->NewIterator(options));
  return Visit(*rows, prefix, start, visit);
}

struct RowBatch::State {
  explicit State(Database database)
      : database(std::move(database)), writes(rocksdb::BytewiseComparator(), 0, /*overwrite_key=*/true) {}

  Database database;
  mutable rocksdb::WriteBatchWithIndex writes;
  // The first write that failed; the batch must not be committed without it.
  rocksdb::Status failure;
};

RowBatch::RowBatch(std::unique_ptr<State> state) : state_(std::move(state)) {}

RowBatch::~RowBatch() = default;

void RowBatch::Put(std::string_view key, std::string_view value) {
  const rocksdb::Status status = state_->writes.Put(ToSlice(key), ToSlice(value));
  if (!status.ok() && state_->failure.ok()) {
    state_->failure = status;
  }
}

void RowBatch::Delete(std::string_view key) {
  const rocksdb::Status status = state_->writes.Delete(ToSlice(key));
  if (!status.ok() && state_->failure.ok()) {
    state_->failure = status;
  }
}

absl::StatusOr<std::optional<std::string>> RowBatch::Get(std::string_view key) const {
  std::string value;
  const rocksdb::Status status =
      state_->writes.GetFromBatchAndDB(state_->database.get(), rocksdb::ReadOptions(), ToSlice(key), &value);
  return Found(status, std::move(value));
}

absl::Status RowBatch::Scan(std::string_view prefix, std::string_view start, const RowVisitor& visit) const {
  const std::string end = EndOfPrefix(std::string(prefix));
  const rocksdb::Slice upper_bound(end);
  rocksdb::ReadOptions options;
  options.iterate_upper_bound = end.empty() ? nullptr : &upper_bound;
  const std::unique_ptr<rocksdb::Iterator> rows(state_->writes.NewIteratorWithBase(
      state_->database->DefaultColumnFamily(), state_->database->NewIterator(options), &options));
  return Visit(*rows, prefix, start, visit);
}

size_t RowBatch::bytes() const { return state_->writes.GetWriteBatch()->GetDataSize(); }

namespace {

enum class Storage { kDisk, kReadOnlyDisk, kMemory };

// A database and the environment it lives in, which must outlive it.
struct DatabaseInMemory {
  std::unique_ptr<rocksdb::Env> environment;
  std::unique_ptr<rocksdb::DB> database;
};

}  // namespace

struct RowStore::State {
  Database database;
  Storage storage;
};

RowStore::RowStore(std::unique_ptr<State> state) : state_(std::move(state)) {}

RowStore::~RowStore() {
  if (state_->storage == Storage::kDisk) {
    FlushBeforeClose(*state_->database, {state_->database->DefaultColumnFamily()});
  }
}

absl::StatusOr<std::unique_ptr<RowStore>> RowStore::Open(const std::string& directory) {
  const auto warnings = std::make_shared<WarningCollector>();
  rocksdb::Options options = StoreOptions(warnings);
  options.create_if_missing = true;
  rocksdb::DB* database = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(options, directory, &database);
  if (!status.ok()) {
    return StoreError(status, directory, *warnings);
  }
  return std::unique_ptr<RowStore>(new RowStore(std::make_unique<State>(State{Database(database), Storage::kDisk})));
}

absl::StatusOr<std::unique_ptr<RowStore>> RowStore::OpenReadOnly(const std::string& directory) {
  std::error_code error;
  if (!std::filesystem::exists(directory, error)) {
    return absl::NotFoundError(absl::StrCat("no rows of views are stored in ", directory));
  }
  const auto warnings = std::make_shared<WarningCollector>();
  rocksdb::Options options = StoreOptions(warnings);
  // Every file is opened at once, so that it stays readable when the writer deletes it.
  options.max_open_files = -1;
  rocksdb::Status status;
  for (int attempt = 0; attempt < kMaxReadOnlyAttempts; ++attempt) {
    rocksdb::DB* database = nullptr;
    status = rocksdb::DB::OpenForReadOnly(options, directory, &database);
    if (status.ok()) {
      return std::unique_ptr<RowStore>(
          new RowStore(std::make_unique<State>(State{Database(database), Storage::kReadOnlyDisk})));
    }
  }
  return StoreError(status, directory, *warnings);
}

absl::StatusOr<std::unique_ptr<RowStore>> RowStore::OpenInMemory() {
  const auto warnings = std::make_shared<WarningCollector>();
  const auto memory = std::make_shared<DatabaseInMemory>();
  memory->environment.reset(rocksdb::NewMemEnv(rocksdb::Env::Default()));
  rocksdb::Options options = StoreOptions(warnings);
  options.env = memory->environment.get();
  options.create_if_missing = true;
  rocksdb::DB* opened = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(options, "/rows", &opened);
  if (!status.ok()) {
    return StoreError(status, "memory", *warnings);
  }
  memory->database.reset(opened);
  return std::unique_ptr<RowStore>(
      new RowStore(std::make_unique<State>(State{Database(memory, opened), Storage::kMemory})));
}

std::unique_ptr<RowSnapshot> RowStore::Snapshot() const {
  return std::unique_ptr<RowSnapshot>(new RowSnapshot(
      std::make_unique<RowSnapshot::State>(RowSnapshot::State{state_->database, state_->database->GetSnapshot()})));
}

std::unique_ptr<RowBatch> RowStore::NewBatch() const {
  return std::unique_ptr<RowBatch>(new RowBatch(std::make_unique<RowBatch::State>(state_->database)));
}

absl::Status RowStore::Commit(RowBatch& batch) {
  rocksdb::Status status = batch.state_->failure;
  if (status.ok()) {
    status = state_->database->Write(rocksdb::WriteOptions(), batch.state_->writes.GetWriteBatch());
  }
  batch.state_->writes.Clear();
  batch.state_->failure = rocksdb::Status::OK();
  return FromRocksDb(status, "writing rows of the views");
}

absl::Status RowStore::DeletePrefix(std::string_view prefix) {
  const std::string end = EndOfPrefix(std::string(prefix));
  rocksdb::WriteBatch writes;
  if (!end.empty()) {
    writes.DeleteRange(ToSlice(prefix), end);
  } else {
    const std::unique_ptr<rocksdb::Iterator> rows(state_->database->NewIterator(rocksdb::ReadOptions()));
    rows->SeekToLast();
    if (rows->Valid()) {
      writes.DeleteRange(ToSlice(prefix), rows->key());
      writes.Delete(rows->key());
    }
    if (!rows->status().ok()) {
      return FromRocksDb(rows->status(), "deleting rows of the views");
    }
  }
  return FromRocksDb(state_->database->Write(rocksdb::WriteOptions(), &writes), "deleting rows of the views");
}

}  // namespace sworn::journal
