#include "ledger/journal/rocksdb/journal_damage.h"

#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/journal/rocksdb/journal_database.h"
#include "ledger/journal/rocksdb/rocksdb_status.h"

namespace sworn::journal {
namespace {

Family FamilyOf(JournalPart part) { return static_cast<Family>(part); }

struct Row {
  std::string key;
  std::string value;
};

absl::StatusOr<Row> FindRow(const JournalDatabase& database, Family family, size_t row) {
  rocksdb::ReadOptions options;
  options.total_order_seek = true;
  const std::unique_ptr<rocksdb::Iterator> rows(database->NewIterator(options, database[family]));
  rows->SeekToFirst();
  for (size_t i = 0; i < row && rows->Valid(); ++i) {
    rows->Next();
  }
  if (!rows->Valid()) {
    return absl::NotFoundError(absl::StrCat("there is no row ", row));
  }
  return Row{rows->key().ToString(), rows->value().ToString()};
}

}  // namespace

absl::StatusOr<size_t> CountRows(const std::string& directory, JournalPart part) {
  const absl::StatusOr<JournalDatabase> database = JournalDatabase::Open(directory, DatabaseMode::kReadOnly);
  if (!database.ok()) {
    return database.status();
  }
  rocksdb::ReadOptions options;
  options.total_order_seek = true;
  const std::unique_ptr<rocksdb::Iterator> rows((*database)->NewIterator(options, (*database)[FamilyOf(part)]));
  size_t count = 0;
  for (rows->SeekToFirst(); rows->Valid(); rows->Next()) {
    ++count;
  }
  return count;
}

absl::Status DeleteRow(const std::string& directory, JournalPart part, size_t row) {
  const absl::StatusOr<JournalDatabase> database = JournalDatabase::Open(directory, DatabaseMode::kWrite);
  if (!database.ok()) {
    return database.status();
  }
  const absl::StatusOr<Row> found = FindRow(*database, FamilyOf(part), row);
  if (!found.ok()) {
    return found.status();
  }
  return FromRocksDb((*database)->Delete(rocksdb::WriteOptions(), (*database)[FamilyOf(part)], found->key), "deleting");
}

absl::Status GarbleRow(const std::string& directory, JournalPart part, size_t row) {
  const absl::StatusOr<JournalDatabase> database = JournalDatabase::Open(directory, DatabaseMode::kWrite);
  if (!database.ok()) {
    return database.status();
  }
  absl::StatusOr<Row> found = FindRow(*database, FamilyOf(part), row);
  if (!found.ok()) {
    return found.status();
  }
  rocksdb::ColumnFamilyHandle* const family = (*database)[FamilyOf(part)];
  rocksdb::Status status;
  if (found->value.empty()) {
    status = (*database)->Delete(rocksdb::WriteOptions(), family, found->key);
  }
  char& garbled = found->value.empty() ? found->key.back() : found->value.back();
  garbled = static_cast<char>(~garbled);
  if (status.ok()) {
    status = (*database)->Put(rocksdb::WriteOptions(), family, found->key, found->value);
  }
  return FromRocksDb(status, "garbling");
}

absl::StatusOr<std::vector<std::string>> TableFilesOf(const std::string& directory, JournalPart part) {
  const absl::StatusOr<JournalDatabase> database = JournalDatabase::Open(directory, DatabaseMode::kWrite);
  if (!database.ok()) {
    return database.status();
  }
  std::vector<std::string> files;
  for (size_t family = 0; family < kFamilyCount; ++family) {
    const rocksdb::Status status =
        (*database)->Flush(rocksdb::FlushOptions(), (*database)[static_cast<Family>(family)]);
    if (!status.ok()) {
      return FromRocksDb(status, "flushing");
    }
  }
  rocksdb::ColumnFamilyMetaData meta;
  (*database)->GetColumnFamilyMetaData((*database)[FamilyOf(part)], &meta);
  for (const rocksdb::LevelMetaData& level : meta.levels) {
    for (const rocksdb::SstFileMetaData& file : level.files) {
      files.push_back(absl::StrCat(file.db_path, "/", file.relative_filename));
    }
  }
  return files;
}

}  // namespace sworn::journal
