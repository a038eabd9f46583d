#include "ledger/journal/rocksdb/rocksdb_journal.h"

#include <rocksdb/db.h>
#include <rocksdb/utilities/checkpoint.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <filesystem>
#include <functional>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "ledger/journal/rocksdb/journal_database.h"
#include "ledger/journal/rocksdb/record_encoding.h"
#include "ledger/journal/rocksdb/rocksdb_status.h"
#include "ledger/model/refusal.h"

namespace sworn::journal {
namespace {

constexpr size_t kReadAheadBytes = size_t{256} << 10U;

rocksdb::Slice ToSlice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }

std::string_view ToView(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

// Reads ahead through what is kept under positions before `end`.
class ScanBefore {
 public:
  explicit ScanBefore(uint64_t end) : end_key_(EncodePosition(end)), upper_bound_(end_key_) {
    options_.iterate_upper_bound = &upper_bound_;
    options_.readahead_size = kReadAheadBytes;
  }
  ~ScanBefore() = default;
  // The options point into it.
  ScanBefore(const ScanBefore&) = delete;
  ScanBefore& operator=(const ScanBefore&) = delete;
  ScanBefore(ScanBefore&&) = delete;
  ScanBefore& operator=(ScanBefore&&) = delete;

  const rocksdb::ReadOptions& options() const { return options_; }

 private:
  const std::string end_key_;
  const rocksdb::Slice upper_bound_;
  rocksdb::ReadOptions options_;
};

// Takes the `count` portions of the entry from where `rows` stands.
absl::Status TakePortions(uint32_t count, rocksdb::Iterator& rows, StoredEntry& entry) {
  // `count` was stored, so it is no reason to reserve memory for as many.
  for (uint32_t index = 0; index < count; ++index, rows.Next()) {
    const std::string what = absl::StrCat("portion ", index, " of entry ", entry.position);
    if (!rows.Valid()) {
      return ReadError(rows.status().ok() ? rocksdb::Status::NotFound() : rows.status(), what);
    }
    std::optional<StoredPortion> portion = DecodePortion(ToView(rows.value()));
    if (ToView(rows.key()) != EncodePortionKey(entry.position, index) || !portion.has_value()) {
      return DamagedInStorage(what);
    }
    entry.portions.push_back(*std::move(portion));
  }
  return absl::OkStatus();
}

class RocksDbJournal final : public Journal {
 public:
  RocksDbJournal(JournalDatabase database, uint64_t size) : database_(std::move(database)), size_(size) {}

  uint64_t Size() const override { return size_.load(std::memory_order_acquire); }

  absl::Status Append(uint64_t expected_size, const Group& group) override;
  absl::StatusOr<std::string> ReadEntry(uint64_t position) const override;
  absl::StatusOr<StoredEntry> Read(uint64_t position) const override;
  absl::StatusOr<std::vector<StoredEntry>> ReadRange(uint64_t first, size_t max_entries,
                                                     size_t max_bytes) const override;
  absl::StatusOr<StoredPortion> ReadPortion(uint64_t position, uint32_t portion_index) const override;
  absl::StatusOr<std::optional<Location>> Find(const Hash& id) const override;
  absl::StatusOr<std::vector<Location>> FindByPrefix(std::string_view hex_prefix, size_t limit) const override;
  absl::StatusOr<std::optional<uint64_t>> FindRequest(std::string_view request_key) const override;
  absl::StatusOr<std::vector<uint64_t>> RegistryPositions() const override;
  absl::Status ScanIds(const std::function<bool(const Location&)>& visit) const override;
  absl::Status ScanRequests(
      const std::function<bool(std::string_view request_key, uint64_t position)>& visit) const override;
  absl::StatusOr<Hash> ReadNode(merkle::NodeId id) const override;
  absl::StatusOr<std::vector<Hash>> ReadNodes(const std::vector<merkle::NodeId>& ids) const override;
  absl::StatusOr<std::vector<merkle::Node>> ReadNodesCompletedBy(uint64_t first, uint64_t end) const override;
  absl::Status StoreCheckpoint(std::string_view note) override;
  absl::StatusOr<std::string> LoadCheckpoint() const override;
  absl::Status CopyTo(const std::string& directory) const override;

 private:
  absl::Status CheckAppend(uint64_t expected_size, const Group& group) const;
  absl::StatusOr<EntryRecord> ReadRecord(uint64_t position) const;
  absl::Status CheckPosition(uint64_t position) const;
  absl::Status ReadPortions(uint32_t count, StoredEntry& entry) const;
  absl::StatusOr<std::vector<Location>> FindIds(const std::string& first, const std::string& hex_prefix,
                                                size_t limit) const;

  const JournalDatabase database_;
  std::atomic<uint64_t> size_;
  // A write failed: whether it is on disk is unknown, so nothing may be written after it.
  std::atomic<bool> failed_{false};
};

absl::Status RocksDbJournal::CheckAppend(uint64_t expected_size, const Group& group) const {
  if (failed_.load()) {
    return absl::FailedPreconditionError("an earlier write to the journal failed; open the ledger again");
  }
  if (group.entries.empty()) {
    return absl::InvalidArgumentError("a group without entries cannot be appended");
  }
  for (size_t i = 0; i < group.entries.size(); ++i) {
    const StoredEntry& entry = group.entries[i];
    if (entry.position != expected_size + i) {
      return absl::InvalidArgumentError(
          absl::StrCat("entry ", i, " of the group has position ", entry.position, ", expected ", expected_size + i));
    }
    if (entry.request_key.size() > kMaxRequestKeyBytes) {
      return absl::InvalidArgumentError(
          absl::StrCat("the request key of entry ", entry.position, " is longer than ", kMaxRequestKeyBytes, " bytes"));
    }
  }
  const absl::StatusOr<uint64_t> stored_size = database_.StoredSize();
  if (!stored_size.ok()) {
    return stored_size.status();
  }
  if (Size() != expected_size || *stored_size != expected_size) {
    return absl::AbortedError(absl::StrCat("someone else wrote to the journal: expected ", expected_size,
                                           " entries, it holds ", std::max(Size(), *stored_size)));
  }
  return absl::OkStatus();
}

absl::Status RocksDbJournal::Append(uint64_t expected_size, const Group& group) {
  if (absl::Status status = CheckAppend(expected_size, group); !status.ok()) {
    return status;
  }
  rocksdb::WriteBatch batch;
  for (const StoredEntry& entry : group.entries) {
    const std::string position = EncodePosition(entry.position);
    batch.Put(database_[kEntries], position, EncodeEntry(entry));
    batch.Put(database_[kIds], EncodeIdKey(entry.report_id, entry.position, 0), rocksdb::Slice());
    batch.Put(database_[kRequests], entry.request_key, position);
    if (entry.concerns_registry) {
      batch.Put(database_[kRegistry], position, rocksdb::Slice());
    }
    for (uint32_t index = 0; index < entry.portions.size(); ++index) {
      const StoredPortion& portion = entry.portions[index];
      batch.Put(database_[kPortions], EncodePortionKey(entry.position, index), EncodePortion(portion));
      batch.Put(database_[kIds], EncodeIdKey(portion.id, entry.position, index + 1), rocksdb::Slice());
    }
  }
  for (const merkle::Node& node : group.nodes) {
    batch.Put(database_[kNodes], EncodeNodeKey(node.id), ToSlice(crypto::AsBytes(node.hash)));
  }
  rocksdb::WriteOptions options;
  options.sync = true;
  const rocksdb::Status status = database_->Write(options, &batch);
  if (!status.ok()) {
    failed_.store(true);
    return FromRocksDb(status, absl::StrCat("writing entries from position ", expected_size));
  }
  size_.store(expected_size + group.entries.size(), std::memory_order_release);
  return absl::OkStatus();
}

absl::Status RocksDbJournal::CheckPosition(uint64_t position) const {
  if (position >= Size()) {
    return model::Refuse(v1::Refusal::NOT_FOUND,
                         absl::StrCat("no entry at position ", position, ": the log has ", Size(), " entries"));
  }
  return absl::OkStatus();
}

absl::StatusOr<EntryRecord> RocksDbJournal::ReadRecord(uint64_t position) const {
  if (absl::Status status = CheckPosition(position); !status.ok()) {
    return status;
  }
  const std::string what = absl::StrCat("entry ", position);
  std::string value;
  const rocksdb::Status status =
      database_->Get(rocksdb::ReadOptions(), database_[kEntries], EncodePosition(position), &value);
  if (!status.ok()) {
    return ReadError(status, what);
  }
  std::optional<EntryRecord> record = DecodeEntry(value);
  if (!record.has_value()) {
    return DamagedInStorage(what);
  }
  return *std::move(record);
}

absl::StatusOr<std::string> RocksDbJournal::ReadEntry(uint64_t position) const {
  absl::StatusOr<EntryRecord> record = ReadRecord(position);
  if (!record.ok()) {
    return record.status();
  }
  return std::move(record->entry);
}

absl::StatusOr<StoredEntry> RocksDbJournal::Read(uint64_t position) const {
  absl::StatusOr<EntryRecord> record = ReadRecord(position);
  if (!record.ok()) {
    return record.status();
  }
  const uint32_t portion_count = record->portion_count;
  StoredEntry entry = ToStoredEntry(position, *std::move(record));
  if (absl::Status status = ReadPortions(portion_count, entry); !status.ok()) {
    return status;
  }
  return entry;
}

absl::StatusOr<std::vector<StoredEntry>> RocksDbJournal::ReadRange(uint64_t first, size_t max_entries,
                                                                   size_t max_bytes) const {
  if (absl::Status status = CheckPosition(first); !status.ok()) {
    return status;
  }
  const uint64_t end = std::min<uint64_t>(Size(), first + max_entries);
  const ScanBefore scan(end);
  const std::unique_ptr<rocksdb::Iterator> records(database_->NewIterator(scan.options(), database_[kEntries]));
  const std::unique_ptr<rocksdb::Iterator> portions(database_->NewIterator(scan.options(), database_[kPortions]));
  records->Seek(EncodePosition(first));
  portions->Seek(EncodePortionKey(first, 0));
  std::vector<StoredEntry> entries;
  size_t bytes = 0;
  for (uint64_t position = first; position < end && (entries.empty() || bytes < max_bytes); ++position) {
    const std::string what = absl::StrCat("entry ", position);
    if (!records->Valid()) {
      return ReadError(records->status().ok() ? rocksdb::Status::NotFound() : records->status(), what);
    }
    std::optional<EntryRecord> record = DecodeEntry(ToView(records->value()));
    if (ToView(records->key()) != EncodePosition(position) || !record.has_value()) {
      return DamagedInStorage(what);
    }
    const uint32_t portion_count = record->portion_count;
    StoredEntry entry = ToStoredEntry(position, *std::move(record));
    if (absl::Status status = TakePortions(portion_count, *portions, entry); !status.ok()) {
      return status;
    }
    bytes += StoredBytesOf(entry);
    entries.push_back(std::move(entry));
    records->Next();
  }
  return entries;
}

absl::Status RocksDbJournal::ReadPortions(uint32_t count, StoredEntry& entry) const {
  const std::string end = EncodePosition(entry.position + 1);
  const rocksdb::Slice upper_bound(end);
  rocksdb::ReadOptions options;
  options.iterate_upper_bound = &upper_bound;
  options.readahead_size = count > 64 ? kReadAheadBytes : 0;
  const std::unique_ptr<rocksdb::Iterator> rows(database_->NewIterator(options, database_[kPortions]));
  rows->Seek(EncodePortionKey(entry.position, 0));
  return TakePortions(count, *rows, entry);
}

absl::StatusOr<StoredPortion> RocksDbJournal::ReadPortion(uint64_t position, uint32_t portion_index) const {
  const std::string what = absl::StrCat("portion ", portion_index, " of entry ", position);
  std::string value;
  const rocksdb::Status status =
      database_->Get(rocksdb::ReadOptions(), database_[kPortions], EncodePortionKey(position, portion_index), &value);
  if (status.IsNotFound()) {
    // Whether it is missing or was never there is said by the entry.
    const absl::StatusOr<EntryRecord> record = ReadRecord(position);
    if (record.ok() && portion_index >= record->portion_count) {
      return model::Refuse(v1::Refusal::NOT_FOUND, absl::StrCat("no portion ", portion_index, " at position ", position,
                                                                ": it has ", record->portion_count, " portions"));
    }
    return record.ok() ? DamagedInStorage(what) : record.status();
  }
  if (!status.ok()) {
    return ReadError(status, what);
  }
  std::optional<StoredPortion> portion = DecodePortion(value);
  if (!portion.has_value()) {
    return DamagedInStorage(what);
  }
  return *std::move(portion);
}

absl::StatusOr<std::vector<Location>> RocksDbJournal::FindIds(const std::string& first, const std::string& hex_prefix,
                                                              size_t limit) const {
  rocksdb::ReadOptions options;
  options.total_order_seek = first.size() < crypto::Hash().size();
  const std::unique_ptr<rocksdb::Iterator> rows(database_->NewIterator(options, database_[kIds]));
  std::vector<Location> found;
  for (rows->Seek(first); rows->Valid() && found.size() < limit; rows->Next()) {
    const std::optional<Location> location = DecodeIdKey(ToView(rows->key()));
    if (!location.has_value()) {
      return DamagedInStorage(absl::StrCat("the index entry of an id beginning with ", hex_prefix));
    }
    if (!absl::StartsWith(crypto::ToHex(location->id), hex_prefix)) {
      break;
    }
    // The same portion may be carried by several reports: the first one counts.
    if (found.empty() || found.back().id != location->id) {
      found.push_back(*location);
    }
  }
  if (!rows->status().ok()) {
    return FromRocksDb(rows->status(), absl::StrCat("looking up ids beginning with ", hex_prefix));
  }
  return found;
}

absl::StatusOr<std::optional<Location>> RocksDbJournal::Find(const Hash& id) const {
  const absl::StatusOr<std::vector<Location>> found = FindIds(std::string(crypto::AsBytes(id)), crypto::ToHex(id), 1);
  if (!found.ok()) {
    return found.status();
  }
  if (found->empty()) {
    return std::nullopt;
  }
  return found->front();
}

absl::StatusOr<std::vector<Location>> RocksDbJournal::FindByPrefix(std::string_view hex_prefix, size_t limit) const {
  const std::string prefix = absl::AsciiStrToLower(std::string(hex_prefix));
  const absl::StatusOr<std::string> first =
      crypto::FromHex(prefix.size() % 2 == 0 ? prefix : absl::StrCat(prefix, "0"));
  if (!first.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("'", std::string(hex_prefix),
                                                   "' is not the beginning of an id: ids are written "
                                                   "in hex digits"));
  }
  if (first->size() > crypto::Hash().size()) {
    return std::vector<Location>();
  }
  return FindIds(*first, prefix, limit);
}

absl::StatusOr<std::optional<uint64_t>> RocksDbJournal::FindRequest(std::string_view request_key) const {
  std::string value;
  const rocksdb::Status status =
      database_->Get(rocksdb::ReadOptions(), database_[kRequests], ToSlice(request_key), &value);
  if (status.IsNotFound()) {
    return std::nullopt;
  }
  const std::string what = absl::StrCat("the index entry of request ", crypto::ToHex(request_key));
  if (!status.ok()) {
    return ReadError(status, what);
  }
  const std::optional<uint64_t> position = DecodePosition(value);
  if (!position.has_value()) {
    return DamagedInStorage(what);
  }
  return position;
}

absl::StatusOr<std::vector<uint64_t>> RocksDbJournal::RegistryPositions() const {
  const std::unique_ptr<rocksdb::Iterator> rows(database_->NewIterator(rocksdb::ReadOptions(), database_[kRegistry]));
  std::vector<uint64_t> positions;
  for (rows->SeekToFirst(); rows->Valid(); rows->Next()) {
    const std::optional<uint64_t> position = DecodePosition(ToView(rows->key()));
    if (!position.has_value()) {
      return DamagedInStorage("the index of entries that concern the registry");
    }
    positions.push_back(*position);
  }
  if (!rows->status().ok()) {
    return FromRocksDb(rows->status(), "reading the index of entries that concern the registry");
  }
  return positions;
}

absl::Status RocksDbJournal::ScanIds(const std::function<bool(const Location&)>& visit) const {
  rocksdb::ReadOptions options;
  options.total_order_seek = true;
  options.readahead_size = kReadAheadBytes;
  options.fill_cache = false;
  const std::unique_ptr<rocksdb::Iterator> rows(database_->NewIterator(options, database_[kIds]));
  for (rows->SeekToFirst(); rows->Valid(); rows->Next()) {
    const std::optional<Location> location = DecodeIdKey(ToView(rows->key()));
    if (!location.has_value()) {
      return DamagedInStorage(absl::StrCat("the row ", crypto::ToHex(ToView(rows->key())), " of the index of ids"));
    }
    if (!visit(*location)) {
      return absl::OkStatus();
    }
  }
  return FromRocksDb(rows->status(), "reading the index of ids");
}

absl::Status RocksDbJournal::ScanRequests(
    const std::function<bool(std::string_view request_key, uint64_t position)>& visit) const {
  rocksdb::ReadOptions options;
  options.readahead_size = kReadAheadBytes;
  options.fill_cache = false;
  const std::unique_ptr<rocksdb::Iterator> rows(database_->NewIterator(options, database_[kRequests]));
  for (rows->SeekToFirst(); rows->Valid(); rows->Next()) {
    const std::optional<uint64_t> position = DecodePosition(ToView(rows->value()));
    if (!position.has_value()) {
      return DamagedInStorage(absl::StrCat("the index entry of request ", crypto::ToHex(ToView(rows->key()))));
    }
    if (!visit(ToView(rows->key()), *position)) {
      return absl::OkStatus();
    }
  }
  return FromRocksDb(rows->status(), "reading the index of requests");
}

absl::StatusOr<std::vector<merkle::Node>> RocksDbJournal::ReadNodesCompletedBy(uint64_t first, uint64_t end) const {
  const ScanBefore scan(end);
  const std::unique_ptr<rocksdb::Iterator> rows(database_->NewIterator(scan.options(), database_[kNodes]));
  rows->Seek(EncodePosition(first));
  std::vector<merkle::Node> nodes;
  for (uint64_t position = first; position < end; ++position) {
    for (const merkle::NodeId& id : merkle::NodesCompletedBy(position)) {
      const std::string what = absl::StrCat("node ", id.index, " of level ", id.level, " of the tree");
      if (!rows->Valid()) {
        return ReadError(rows->status().ok() ? rocksdb::Status::NotFound() : rows->status(), what);
      }
      const absl::StatusOr<Hash> hash = crypto::HashFromBytes(ToView(rows->value()));
      if (ToView(rows->key()) != EncodeNodeKey(id) || !hash.ok()) {
        return DamagedInStorage(what);
      }
      nodes.push_back({id, *hash});
      rows->Next();
    }
  }
  return nodes;
}

absl::StatusOr<Hash> RocksDbJournal::ReadNode(merkle::NodeId id) const {
  const std::string what = absl::StrCat("node ", id.index, " of level ", id.level, " of the tree");
  std::string value;
  const rocksdb::Status status = database_->Get(rocksdb::ReadOptions(), database_[kNodes], EncodeNodeKey(id), &value);
  if (status.IsNotFound() && LastLeafBelow(id) >= Size()) {
    return model::Refuse(v1::Refusal::NOT_FOUND, absl::StrCat(what, " is not complete yet"));
  }
  if (!status.ok()) {
    return ReadError(status, what);
  }
  const absl::StatusOr<Hash> hash = crypto::HashFromBytes(value);
  return hash.ok() ? hash : DamagedInStorage(what);
}

// In one call, which looks into each file and block once.
absl::StatusOr<std::vector<Hash>> RocksDbJournal::ReadNodes(const std::vector<merkle::NodeId>& ids) const {
  std::vector<std::string> keys;
  keys.reserve(ids.size());
  for (const merkle::NodeId& id : ids) {
    keys.push_back(EncodeNodeKey(id));
  }
  const std::vector<rocksdb::Slice> slices(keys.begin(), keys.end());
  std::vector<rocksdb::PinnableSlice> values(ids.size());
  std::vector<rocksdb::Status> statuses(ids.size());
  database_->MultiGet(rocksdb::ReadOptions(), database_[kNodes], ids.size(), slices.data(), values.data(),
                      statuses.data());
  std::vector<Hash> hashes;
  hashes.reserve(ids.size());
  for (size_t i = 0; i < ids.size(); ++i) {
    absl::StatusOr<Hash> hash = statuses[i].ok() ? crypto::HashFromBytes(ToView(values[i])) : absl::UnknownError("");
    if (!hash.ok()) {
      hash = ReadNode(ids[i]);  // says what is wrong
    }
    if (!hash.ok()) {
      return hash.status();
    }
    hashes.push_back(*hash);
  }
  return hashes;
}

absl::Status RocksDbJournal::StoreCheckpoint(std::string_view note) {
  if (failed_.load()) {
    return absl::FailedPreconditionError("an earlier write to the journal failed; open the ledger again");
  }
  return FromRocksDb(database_->Put(rocksdb::WriteOptions(), database_[kMeta], kCheckpointKey, ToSlice(note)),
                     "storing the checkpoint");
}

absl::StatusOr<std::string> RocksDbJournal::LoadCheckpoint() const {
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

absl::Status RocksDbJournal::CopyTo(const std::string& directory) const {
  const std::string what = absl::StrCat("copying the journal to ", directory);
  rocksdb::Checkpoint* made = nullptr;
  rocksdb::Status status = rocksdb::Checkpoint::Create(database_.get(), &made);
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
  if (status.ok()) {
    status = checkpoint->CreateCheckpoint(directory);
  }
  return FromRocksDb(status, what);
}

DatabaseMode DatabaseModeOf(OpenMode mode) {
  switch (mode) {
    case OpenMode::kCreate:
      return DatabaseMode::kCreate;
    case OpenMode::kWrite:
      return DatabaseMode::kWrite;
    case OpenMode::kReadOnly:
      break;
  }
  return DatabaseMode::kReadOnly;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Journal>> OpenRocksDbJournal(const std::string& directory, OpenMode mode) {
  absl::StatusOr<JournalDatabase> database = JournalDatabase::Open(directory, DatabaseModeOf(mode));
  if (!database.ok()) {
    return database.status();
  }
  const absl::StatusOr<uint64_t> size = database->StoredSize();
  if (!size.ok()) {
    return size.status();
  }
  return std::make_unique<RocksDbJournal>(*std::move(database), *size);
}

}  // namespace sworn::journal
