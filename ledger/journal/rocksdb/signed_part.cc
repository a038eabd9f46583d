#include "ledger/journal/rocksdb/signed_part.h"

#include <rocksdb/options.h>
#include <rocksdb/sst_file_reader.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ledger/journal/rocksdb/journal_database.h"
#include "ledger/journal/rocksdb/record_encoding.h"
#include "ledger/model/refusal.h"

namespace sworn::journal {
namespace {

absl::Status NotOpened() {
  return model::Refuse(v1::Refusal::DAMAGED,
                       "the nodes and indexes derived from the entries were not opened, because they are damaged");
}

std::string_view ToView(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

// Reads the table files of a column family one by one: RocksDB answers nothing at all where one of the few newest files
// is gone, whatever is asked for.
class TableFiles {
 public:
  TableFiles(const JournalDatabase& database, Family family) {
    database->GetColumnFamilyMetaData(database[family], &meta_);
  }

  // The row from the files that can be read.
  std::optional<std::string> Find(const std::string& key) const {
    for (const rocksdb::LevelMetaData& level : meta_.levels) {
      for (const rocksdb::SstFileMetaData& file : level.files) {
        if (file.smallestkey > key || file.largestkey < key) {
          continue;
        }
        if (std::optional<std::string> value = FindIn(absl::StrCat(file.db_path, "/", file.relative_filename), key)) {
          return value;
        }
      }
    }
    return std::nullopt;
  }

 private:
  static std::optional<std::string> FindIn(const std::string& path, const std::string& key) {
    rocksdb::SstFileReader reader{rocksdb::Options()};
    if (!reader.Open(path).ok()) {
      return std::nullopt;
    }
    const std::unique_ptr<rocksdb::Iterator> rows(reader.NewIterator(rocksdb::ReadOptions()));
    rows->Seek(key);
    if (!rows->Valid() || ToView(rows->key()) != key) {
      return std::nullopt;
    }
    return rows->value().ToString();
  }

  rocksdb::ColumnFamilyMetaData meta_;
};

enum class Reading { kStrict, kWhateverIsLeft };

// Reads by key alone: a scan would stop at the first file that is gone.
class SignedPart final : public Journal {
 public:
  SignedPart(JournalDatabase database, uint64_t size, Reading reading) : database_(std::move(database)), size_(size) {
    if (reading == Reading::kWhateverIsLeft) {
      entry_files_.emplace(database_, kEntries);
      portion_files_.emplace(database_, kPortions);
    }
  }

  uint64_t Size() const override { return size_; }
  absl::Status Append(uint64_t /*expected_size*/, const Group& /*group*/) override { return ReadOnly(); }
  absl::StatusOr<std::string> ReadEntry(uint64_t position) const override;
  absl::StatusOr<StoredEntry> Read(uint64_t position) const override;
  absl::StatusOr<StoredPortion> ReadPortion(uint64_t position, uint32_t portion_index) const override;
  absl::StatusOr<std::optional<Location>> Find(const Hash& /*id*/) const override { return NotOpened(); }
  absl::StatusOr<std::vector<Location>> FindByPrefix(std::string_view /*hex_prefix*/, size_t /*limit*/) const override {
    return NotOpened();
  }
  absl::StatusOr<std::optional<uint64_t>> FindRequest(std::string_view /*request_key*/) const override {
    return NotOpened();
  }
  absl::StatusOr<std::vector<uint64_t>> RegistryPositions() const override { return NotOpened(); }
  absl::Status ScanIds(const std::function<bool(const Location&)>& /*visit*/) const override { return NotOpened(); }
  absl::Status ScanRequests(const std::function<bool(std::string_view, uint64_t)>& /*visit*/) const override {
    return NotOpened();
  }
  absl::StatusOr<Hash> ReadNode(merkle::NodeId /*id*/) const override { return NotOpened(); }
  absl::Status StoreCheckpoint(std::string_view /*note*/) override { return ReadOnly(); }
  absl::StatusOr<std::string> LoadCheckpoint() const override;

 private:
  static absl::Status ReadOnly() { return absl::FailedPreconditionError("the journal was opened read-only"); }
  absl::StatusOr<std::string> ReadRow(Family family, const std::string& key, const std::string& what) const;
  absl::StatusOr<EntryRecord> ReadRecord(uint64_t position) const;

  const JournalDatabase database_;
  const uint64_t size_;
  // Only where whatever is left is read.
  std::optional<TableFiles> entry_files_;
  std::optional<TableFiles> portion_files_;
};

absl::StatusOr<std::string> SignedPart::ReadRow(Family family, const std::string& key, const std::string& what) const {
  std::string value;
  const rocksdb::Status status = database_->Get(rocksdb::ReadOptions(), database_[family], key, &value);
  if (status.ok()) {
    return value;
  }
  const std::optional<TableFiles>& files = family == kEntries ? entry_files_ : portion_files_;
  std::optional<std::string> found = files.has_value() ? files->Find(key) : std::nullopt;
  if (!found.has_value()) {
    return ReadError(status, what);
  }
  return *std::move(found);
}

absl::StatusOr<EntryRecord> SignedPart::ReadRecord(uint64_t position) const {
  const std::string what = absl::StrCat("entry ", position);
  if (position >= size_) {
    return model::Refuse(v1::Refusal::NOT_FOUND, absl::StrCat("no ", what, ": the log has ", size_, " entries"));
  }
  const absl::StatusOr<std::string> value = ReadRow(kEntries, EncodePosition(position), what);
  if (!value.ok()) {
    return value.status();
  }
  std::optional<EntryRecord> record = DecodeEntry(*value);
  if (!record.has_value()) {
    return DamagedInStorage(what);
  }
  return *std::move(record);
}

absl::StatusOr<std::string> SignedPart::ReadEntry(uint64_t position) const {
  absl::StatusOr<EntryRecord> record = ReadRecord(position);
  if (!record.ok()) {
    return record.status();
  }
  return std::move(record->entry);
}

absl::StatusOr<StoredEntry> SignedPart::Read(uint64_t position) const {
  absl::StatusOr<EntryRecord> record = ReadRecord(position);
  if (!record.ok()) {
    return record.status();
  }
  const uint32_t portion_count = record->portion_count;
  StoredEntry entry = ToStoredEntry(position, *std::move(record));
  // The count was stored, so it is no reason to reserve memory for as many.
  for (uint32_t index = 0; index < portion_count; ++index) {
    absl::StatusOr<StoredPortion> portion = ReadPortion(position, index);
    if (!portion.ok()) {
      return portion.status();
    }
    entry.portions.push_back(*std::move(portion));
  }
  return entry;
}

absl::StatusOr<StoredPortion> SignedPart::ReadPortion(uint64_t position, uint32_t portion_index) const {
  const std::string what = absl::StrCat("portion ", portion_index, " of entry ", position);
  const absl::StatusOr<std::string> value = ReadRow(kPortions, EncodePortionKey(position, portion_index), what);
  if (!value.ok()) {
    return value.status();
  }
  std::optional<StoredPortion> portion = DecodePortion(*value);
  if (!portion.has_value()) {
    return DamagedInStorage(what);
  }
  return *std::move(portion);
}

absl::StatusOr<std::string> SignedPart::LoadCheckpoint() const {
  std::string note;
  const rocksdb::Status status = database_->Get(rocksdb::ReadOptions(), database_[kMeta], kCheckpointKey, &note);
  if (status.IsNotFound()) {
    return std::string();
  }
  if (!status.ok()) {
    return ReadError(status, "the checkpoint");
  }
  return note;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Journal>> OpenSignedPart(const std::string& directory) {
  absl::StatusOr<JournalDatabase> database = JournalDatabase::Open(directory, DatabaseMode::kSignedReadOnly);
  if (!database.ok()) {
    return database.status();
  }
  const absl::StatusOr<uint64_t> size = database->StoredSize();
  if (!size.ok()) {
    return size.status();
  }
  return std::make_unique<SignedPart>(*std::move(database), *size, Reading::kStrict);
}

absl::StatusOr<std::unique_ptr<Journal>> OpenSignedRemainder(const std::string& directory, uint64_t min_size) {
  absl::StatusOr<JournalDatabase> database = JournalDatabase::Open(directory, DatabaseMode::kSignedRemainder);
  if (!database.ok()) {
    return database.status();
  }
  const uint64_t size = std::max(database->StoredSize().value_or(0), min_size);
  return std::make_unique<SignedPart>(*std::move(database), size, Reading::kWhateverIsLeft);
}

}  // namespace sworn::journal
