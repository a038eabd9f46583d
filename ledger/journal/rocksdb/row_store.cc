#include "ledger/journal/rocksdb/row_store.h"

#include <rocksdb/db.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ledger/journal/rocksdb/rocksdb_options.h"
#include "ledger/journal/rocksdb/rocksdb_status.h"
#include "ledger/journal/rocksdb/row_changes.h"

namespace sworn::journal {
namespace {

constexpr size_t kBlockCacheBytes = size_t{96} << 20U;
constexpr size_t kWriteBufferBytes = size_t{16} << 20U;
// A store opened beside its writer may find a file gone that the writer's compaction has just replaced.
constexpr int kMaxReadOnlyAttempts = 5;
// A batch from this size on becomes a table at once, sorted as it is. Through the write-ahead log and the memory of
// recent writes each row would be written and sorted twice more.
constexpr size_t kMinTableBytes = size_t{4} << 20U;
constexpr size_t kBlockBytes = size_t{16} << 10U;
constexpr int kMaxSortedRuns = 8;
// A table on its way in has a name that RocksDB does not know.
constexpr absl::string_view kIncoming = "incoming-";

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
  // Nearly every key is written once: tables are merged with others of their size, few times each.
  options.compaction_style = rocksdb::kCompactionStyleUniversal;
  options.level0_file_num_compaction_trigger = kMaxSortedRuns;
  options.compression_opts.level = rocksdb::CompressionOptions::kDefaultCompressionLevel;
  options.bottommost_compression = SmallCompression();
  options.bottommost_compression_opts.enabled = true;
  options.bottommost_compression_opts.level = 1;
  // Rows of one kind lie side by side and name the same few roots.
  options.table_factory->GetOptions<rocksdb::BlockBasedTableOptions>()->block_size = kBlockBytes;
  return options;
}

// The rest of a crash.
void RemoveIncoming(const std::string& directory) {
  std::error_code ignored;
  for (const auto& file : std::filesystem::directory_iterator(directory, ignored)) {
    if (file.path().filename().string().starts_with(std::string(kIncoming)))
      std::filesystem::remove(file.path(), ignored);
  }
}

rocksdb::Status WriteTable(RowChanges& changes, const rocksdb::Options& options, const std::string& path) {
  constexpr bool kDropFromPageCache = false;  // the first merge reads it again soon
  rocksdb::SstFileWriter table(rocksdb::EnvOptions(), options, nullptr, kDropFromPageCache);
  rocksdb::Status status = table.Open(path);
  for (const RowChanges::Change& change : changes.Sorted()) {
    if (!status.ok()) return status;
    const RowChanges::Value& value = changes.ValueOf(change);
    status = value.has_value() ? table.Put(ToSlice(change.key), ToSlice(*value)) : table.Delete(ToSlice(change.key));
  }
  return status.ok() ? table.Finish() : status;
}

// All of it becomes visible together, and durable.
rocksdb::Status IngestTable(rocksdb::DB& database, RowChanges& changes, const std::string& path) {
  rocksdb::Options options = database.GetOptions();
  options.bottommost_compression = options.compression;  // it is merged soon
  rocksdb::Status status = WriteTable(changes, options, path);
  if (status.ok()) {
    rocksdb::IngestExternalFileOptions ingest;
    ingest.move_files = true;
    ingest.write_global_seqno = false;
    status = database.IngestExternalFile({path}, ingest);
  }
  if (!status.ok()) options.env->DeleteFile(path).PermitUncheckedError();
  return status;
}

rocksdb::Status WriteRows(rocksdb::DB& database, RowChanges& changes) {
  rocksdb::WriteBatch writes;
  rocksdb::Status status;
  for (const RowChanges::Change& change : changes.Sorted()) {
    if (!status.ok()) return status;
    const RowChanges::Value& value = changes.ValueOf(change);
    status = value.has_value() ? writes.Put(ToSlice(change.key), ToSlice(*value)) : writes.Delete(ToSlice(change.key));
  }
  return status.ok() ? database.Write(rocksdb::WriteOptions(), &writes) : status;
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
  Database database;
  RowChanges changes;
};

RowBatch::RowBatch(std::unique_ptr<State> state) : state_(std::move(state)) {}

RowBatch::~RowBatch() = default;

void RowBatch::Put(std::string_view key, std::string_view value) { state_->changes.Put(key, value); }

void RowBatch::Delete(std::string_view key) { state_->changes.Delete(key); }

absl::StatusOr<std::optional<std::string>> RowBatch::Get(std::string_view key) const {
  if (const RowChanges::Value* change = state_->changes.Find(key); change != nullptr) {
    return change->has_value() ? std::optional<std::string>(**change) : std::nullopt;
  }
  std::string value;
  const rocksdb::Status status = state_->database->Get(rocksdb::ReadOptions(), ToSlice(key), &value);
  return Found(status, std::move(value));
}

absl::Status RowBatch::Scan(std::string_view prefix, std::string_view start, const RowVisitor& visit) const {
  const std::vector<RowChanges::Change> changes = state_->changes.Under(prefix, start);
  auto change = changes.begin();
  bool go_on = true;
  const auto visit_change = [&] {
    const RowChanges::Value& value = state_->changes.ValueOf(*change);
    if (value.has_value()) go_on = visit(change->key, *value);
    ++change;
  };
  const std::string end = EndOfPrefix(std::string(prefix));
  const rocksdb::Slice upper_bound(end);
  rocksdb::ReadOptions options;
  options.iterate_upper_bound = end.empty() ? nullptr : &upper_bound;
  const std::unique_ptr<rocksdb::Iterator> rows(state_->database->NewIterator(options));
  absl::Status visited = Visit(*rows, prefix, start, [&](std::string_view key, std::string_view value) {
    while (go_on && change != changes.end() && change->key < key) visit_change();
    if (!go_on) return false;
    if (change != changes.end() && change->key == key) {
      visit_change();
    } else {
      go_on = visit(key, value);
    }
    return go_on;
  });
  if (!visited.ok()) return visited;
  while (go_on && change != changes.end()) visit_change();
  return absl::OkStatus();
}

size_t RowBatch::bytes() const { return state_->changes.bytes(); }

namespace {

enum class Storage { kDisk, kReadOnlyDisk, kMemory };

// A database and the environment it lives in, which must outlive it.
struct DatabaseInMemory {
  std::unique_ptr<rocksdb::Env> environment;
  std::unique_ptr<rocksdb::DB> database;
};

}  // namespace

struct RowStore::State {
  State(Database database, Storage storage) : database(std::move(database)), storage(storage) {}

  Database database;
  Storage storage;
  std::atomic<uint64_t> tables = 0;  // ever ingested
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
  // One that is half in has two names: it must be gone before another takes its place.
  RemoveIncoming(directory);
  return std::unique_ptr<RowStore>(new RowStore(std::make_unique<State>(Database(database), Storage::kDisk)));
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
          new RowStore(std::make_unique<State>(Database(database), Storage::kReadOnlyDisk)));
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
  return std::unique_ptr<RowStore>(new RowStore(std::make_unique<State>(Database(memory, opened), Storage::kMemory)));
}

std::unique_ptr<RowSnapshot> RowStore::Snapshot() const {
  return std::unique_ptr<RowSnapshot>(new RowSnapshot(
      std::make_unique<RowSnapshot::State>(RowSnapshot::State{state_->database, state_->database->GetSnapshot()})));
}

std::unique_ptr<RowBatch> RowStore::NewBatch() const {
  return std::unique_ptr<RowBatch>(
      new RowBatch(std::make_unique<RowBatch::State>(RowBatch::State{state_->database, {}})));
}

absl::Status RowStore::Commit(RowBatch& batch) {
  RowChanges& changes = batch.state_->changes;
  rocksdb::DB& database = *state_->database;
  const rocksdb::Status status =
      changes.bytes() < kMinTableBytes
          ? WriteRows(database, changes)
          : IngestTable(database, changes, absl::StrCat(database.GetName(), "/", kIncoming, ++state_->tables));
  changes.Clear();
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
