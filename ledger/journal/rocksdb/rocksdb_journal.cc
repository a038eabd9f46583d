#include "ledger/journal/rocksdb/rocksdb_journal.h"

#include <rocksdb/db.h>
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
constexpr size_t kReadAheadBytes = size_t{256} << 10U;
constexpr int kMaxReadOnlyAttempts = 5;
constexpr std::string_view kCheckpointKey = "checkpoint";

// Column families, in the order of their handles. Keys of entries, portions, nodes and registry positions ascend with
// the log, so that their files never overlap and large values are not rewritten by compaction.
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
constexpr std::array<const char*, kFamilyCount> kFamilyNames = {"default", "entries",  "portions", "nodes",
                                                                "ids",     "requests", "registry"};

rocksdb::Slice ToSlice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }

std::string_view ToView(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

absl::Status Damaged(const std::string& what) {
  return model::Refuse(v1::Refusal::DAMAGED, absl::StrCat(what, " is damaged or missing in the journal's storage"));
}

// DataLoss naming `what`, whether it could not be read or is not there although it must be.
absl::Status ReadError(const rocksdb::Status& status, const std::string& what) {
  return status.IsNotFound() ? Damaged(what) : FromRocksDb(status, absl::StrCat("reading ", what));
}

StoredEntry ToStoredEntry(uint64_t position, EntryRecord record) {
  StoredEntry entry;
  entry.position = position;
  entry.entry = std::move(record.entry);
  entry.report_id = record.report_id;
  entry.request_key = std::move(record.request_key);
  entry.concerns_registry = record.concerns_registry;
  return entry;
}

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
      return Damaged(what);
    }
    entry.portions.push_back(*std::move(portion));
  }
  return absl::OkStatus();
}

class RocksDbJournal final : public Journal {
 public:
  RocksDbJournal(std::unique_ptr<rocksdb::DB> database, std::vector<rocksdb::ColumnFamilyHandle*> families)
      : database_(std::move(database)), families_(std::move(families)) {}

  ~RocksDbJournal() override {
    FlushBeforeClose(*database_, families_);
    for (rocksdb::ColumnFamilyHandle* const family : families_) {
      database_->DestroyColumnFamilyHandle(family);
    }
  }

  RocksDbJournal(const RocksDbJournal&) = delete;
  RocksDbJournal& operator=(const RocksDbJournal&) = delete;
  RocksDbJournal(RocksDbJournal&&) = delete;
  RocksDbJournal& operator=(RocksDbJournal&&) = delete;

  absl::Status LoadSize() {
    const absl::StatusOr<uint64_t> size = StoredSize();
    if (size.ok()) {
      size_.store(*size, std::memory_order_release);
    }
    return size.status();
  }

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
  absl::StatusOr<std::vector<merkle::Node>> ReadNodesCompletedBy(uint64_t first, uint64_t end) const override;
  absl::Status StoreCheckpoint(std::string_view note) override;
  absl::StatusOr<std::string> LoadCheckpoint() const override;

 private:
  absl::StatusOr<uint64_t> StoredSize() const;
  absl::Status CheckAppend(uint64_t expected_size, const Group& group) const;
  absl::StatusOr<EntryRecord> ReadRecord(uint64_t position) const;
  absl::Status CheckPosition(uint64_t position) const;
  absl::Status ReadPortions(uint32_t count, StoredEntry& entry) const;
  absl::StatusOr<std::vector<Location>> FindIds(const std::string& first, const std::string& hex_prefix,
                                                size_t limit) const;

  std::unique_ptr<rocksdb::DB> database_;
  std::vector<rocksdb::ColumnFamilyHandle*> families_;
  std::atomic<uint64_t> size_{0};
  // A write failed: whether it is on disk is unknown, so nothing may be written after it.
  std::atomic<bool> failed_{false};
};

// One past the last entry.
absl::StatusOr<uint64_t> RocksDbJournal::StoredSize() const {
  const std::unique_ptr<rocksdb::Iterator> entries(database_->NewIterator(rocksdb::ReadOptions(), families_[kEntries]));
  entries->SeekToLast();
  if (!entries->Valid()) {
    if (!entries->status().ok()) {
      return FromRocksDb(entries->status(), "reading the last entry");
    }
    return 0;
  }
  const std::optional<uint64_t> last = DecodePosition(ToView(entries->key()));
  if (!last.has_value()) {
    return Damaged("the key of the last entry");
  }
  return *last + 1;
}

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
  const absl::StatusOr<uint64_t> stored_size = StoredSize();
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
    batch.Put(families_[kEntries], position, EncodeEntry(entry));
    batch.Put(families_[kIds], EncodeIdKey(entry.report_id, entry.position, 0), rocksdb::Slice());
    batch.Put(families_[kRequests], entry.request_key, position);
    if (entry.concerns_registry) {
      batch.Put(families_[kRegistry], position, rocksdb::Slice());
    }
    for (uint32_t index = 0; index < entry.portions.size(); ++index) {
      const StoredPortion& portion = entry.portions[index];
      batch.Put(families_[kPortions], EncodePortionKey(entry.position, index), EncodePortion(portion));
      batch.Put(families_[kIds], EncodeIdKey(portion.id, entry.position, index + 1), rocksdb::Slice());
    }
  }
  for (const merkle::Node& node : group.nodes) {
    batch.Put(families_[kNodes], EncodeNodeKey(node.id), ToSlice(crypto::AsBytes(node.hash)));
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
      database_->Get(rocksdb::ReadOptions(), families_[kEntries], EncodePosition(position), &value);
  if (!status.ok()) {
    return ReadError(status, what);
  }
  std::optional<EntryRecord> record = DecodeEntry(value);
  if (!record.has_value()) {
    return Damaged(what);
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
  const std::string end_key = EncodePosition(end);
  const rocksdb::Slice upper_bound(end_key);
  rocksdb::ReadOptions options;
  options.iterate_upper_bound = &upper_bound;
  options.readahead_size = kReadAheadBytes;
  const std::unique_ptr<rocksdb::Iterator> records(database_->NewIterator(options, families_[kEntries]));
  const std::unique_ptr<rocksdb::Iterator> portions(database_->NewIterator(options, families_[kPortions]));
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
      return Damaged(what);
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
  const std::unique_ptr<rocksdb::Iterator> rows(database_->NewIterator(options, families_[kPortions]));
  rows->Seek(EncodePortionKey(entry.position, 0));
  return TakePortions(count, *rows, entry);
}

absl::StatusOr<StoredPortion> RocksDbJournal::ReadPortion(uint64_t position, uint32_t portion_index) const {
  const std::string what = absl::StrCat("portion ", portion_index, " of entry ", position);
  std::string value;
  const rocksdb::Status status =
      database_->Get(rocksdb::ReadOptions(), families_[kPortions], EncodePortionKey(position, portion_index), &value);
  if (status.IsNotFound()) {
    // Whether it is missing or was never there is said by the entry.
    const absl::StatusOr<EntryRecord> record = ReadRecord(position);
    if (record.ok() && portion_index >= record->portion_count) {
      return model::Refuse(v1::Refusal::NOT_FOUND, absl::StrCat("no portion ", portion_index, " at position ", position,
                                                                ": it has ", record->portion_count, " portions"));
    }
    return record.ok() ? Damaged(what) : record.status();
  }
  if (!status.ok()) {
    return ReadError(status, what);
  }
  std::optional<StoredPortion> portion = DecodePortion(value);
  if (!portion.has_value()) {
    return Damaged(what);
  }
  return *std::move(portion);
}

absl::StatusOr<std::vector<Location>> RocksDbJournal::FindIds(const std::string& first, const std::string& hex_prefix,
                                                              size_t limit) const {
  rocksdb::ReadOptions options;
  options.total_order_seek = first.size() < crypto::Hash().size();
  const std::unique_ptr<rocksdb::Iterator> rows(database_->NewIterator(options, families_[kIds]));
  std::vector<Location> found;
  for (rows->Seek(first); rows->Valid() && found.size() < limit; rows->Next()) {
    const std::optional<Location> location = DecodeIdKey(ToView(rows->key()));
    if (!location.has_value()) {
      return Damaged(absl::StrCat("the index entry of an id beginning with ", hex_prefix));
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
      database_->Get(rocksdb::ReadOptions(), families_[kRequests], ToSlice(request_key), &value);
  if (status.IsNotFound()) {
    return std::nullopt;
  }
  const std::string what = absl::StrCat("the index entry of request ", crypto::ToHex(request_key));
  if (!status.ok()) {
    return ReadError(status, what);
  }
  const std::optional<uint64_t> position = DecodePosition(value);
  if (!position.has_value()) {
    return Damaged(what);
  }
  return position;
}

absl::StatusOr<std::vector<uint64_t>> RocksDbJournal::RegistryPositions() const {
  const std::unique_ptr<rocksdb::Iterator> rows(database_->NewIterator(rocksdb::ReadOptions(), families_[kRegistry]));
  std::vector<uint64_t> positions;
  for (rows->SeekToFirst(); rows->Valid(); rows->Next()) {
    const std::optional<uint64_t> position = DecodePosition(ToView(rows->key()));
    if (!position.has_value()) {
      return Damaged("the index of entries that concern the registry");
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
  const std::unique_ptr<rocksdb::Iterator> rows(database_->NewIterator(options, families_[kIds]));
  for (rows->SeekToFirst(); rows->Valid(); rows->Next()) {
    const std::optional<Location> location = DecodeIdKey(ToView(rows->key()));
    if (!location.has_value()) {
      return Damaged(absl::StrCat("the row ", crypto::ToHex(ToView(rows->key())), " of the index of ids"));
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
  const std::unique_ptr<rocksdb::Iterator> rows(database_->NewIterator(options, families_[kRequests]));
  for (rows->SeekToFirst(); rows->Valid(); rows->Next()) {
    const std::optional<uint64_t> position = DecodePosition(ToView(rows->value()));
    if (!position.has_value()) {
      return Damaged(absl::StrCat("the index entry of request ", crypto::ToHex(ToView(rows->key()))));
    }
    if (!visit(ToView(rows->key()), *position)) {
      return absl::OkStatus();
    }
  }
  return FromRocksDb(rows->status(), "reading the index of requests");
}

absl::StatusOr<std::vector<merkle::Node>> RocksDbJournal::ReadNodesCompletedBy(uint64_t first, uint64_t end) const {
  const std::string end_key = EncodePosition(end);
  const rocksdb::Slice upper_bound(end_key);
  rocksdb::ReadOptions options;
  options.iterate_upper_bound = &upper_bound;
  options.readahead_size = kReadAheadBytes;
  const std::unique_ptr<rocksdb::Iterator> rows(database_->NewIterator(options, families_[kNodes]));
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
        return Damaged(what);
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
  const rocksdb::Status status = database_->Get(rocksdb::ReadOptions(), families_[kNodes], EncodeNodeKey(id), &value);
  if (status.IsNotFound() && LastLeafBelow(id) >= Size()) {
    return model::Refuse(v1::Refusal::NOT_FOUND, absl::StrCat(what, " is not complete yet"));
  }
  if (!status.ok()) {
    return ReadError(status, what);
  }
  const absl::StatusOr<Hash> hash = crypto::HashFromBytes(value);
  return hash.ok() ? hash : Damaged(what);
}

absl::Status RocksDbJournal::StoreCheckpoint(std::string_view note) {
  if (failed_.load()) {
    return absl::FailedPreconditionError("an earlier write to the journal failed; open the ledger again");
  }
  return FromRocksDb(database_->Put(rocksdb::WriteOptions(), families_[kMeta], ToSlice(kCheckpointKey), ToSlice(note)),
                     "storing the checkpoint");
}

absl::StatusOr<std::string> RocksDbJournal::LoadCheckpoint() const {
  std::string note;
  const rocksdb::Status status =
      database_->Get(rocksdb::ReadOptions(), families_[kMeta], ToSlice(kCheckpointKey), &note);
  if (status.IsNotFound()) {
    return std::string();
  }
  if (!status.ok()) {
    return ReadError(status, "the checkpoint");
  }
  return note;
}

rocksdb::DBOptions DatabaseOptions(OpenMode mode, std::shared_ptr<WarningCollector> warnings) {
  rocksdb::DBOptions options = BoundedDatabaseOptions(std::move(warnings));
  options.db_write_buffer_size = kAllWriteBufferBytes;
  options.max_total_wal_size = kMaxLogBytes;
  // A torn tail belongs to a group that was never acknowledged; anything else that does not verify is an error.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  options.create_if_missing = mode == OpenMode::kCreate;
  options.error_if_exists = mode == OpenMode::kCreate;
  options.create_missing_column_families = mode == OpenMode::kCreate;
  // A write-ahead log that is gone or has lost its end is an error too. On in every mode: RocksDB cannot open a
  // database read-only with this off once it was written with this on.
  options.track_and_verify_wals_in_manifest = true;
  if (mode == OpenMode::kReadOnly) {
    // Every file is opened at once, so that it stays readable when the writer deletes it.
    options.max_open_files = -1;
  }
  return options;
}

std::vector<rocksdb::ColumnFamilyDescriptor> FamilyDescriptors() {
  const std::shared_ptr<rocksdb::Cache> cache = rocksdb::NewLRUCache(kBlockCacheBytes);
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  for (size_t i = 0; i < kFamilyCount; ++i) {
    const bool large = i == kPortions || i == kIds || i == kEntries;
    const size_t write_buffer_bytes = size_t{large ? 16U : 4U} << 20U;
    const size_t prefix_bytes = i == kIds ? crypto::Hash().size() : 0;
    descriptors.emplace_back(kFamilyNames[i], BoundedFamilyOptions(cache, write_buffer_bytes, prefix_bytes));
  }
  return descriptors;
}

rocksdb::Status OpenDatabase(const rocksdb::DBOptions& options, const std::string& directory, OpenMode mode,
                             std::vector<rocksdb::ColumnFamilyHandle*>& families, rocksdb::DB*& database) {
  if (mode != OpenMode::kReadOnly) {
    return rocksdb::DB::Open(options, directory, FamilyDescriptors(), &families, &database);
  }
  rocksdb::Status status;
  for (int attempt = 0; attempt < kMaxReadOnlyAttempts; ++attempt) {
    // The writer may have just deleted a file that its manifest named a moment ago.
    status = rocksdb::DB::OpenForReadOnly(options, directory, FamilyDescriptors(), &families, &database);
    if (status.ok()) {
      break;
    }
  }
  return status;
}

absl::Status CheckPresence(const std::string& directory, OpenMode mode) {
  std::error_code error;
  const bool exists = std::filesystem::exists(std::filesystem::path(directory) / "CURRENT", error);
  if (mode == OpenMode::kCreate && exists) {
    return absl::AlreadyExistsError(absl::StrCat(directory, " already holds a journal"));
  }
  if (mode != OpenMode::kCreate && !exists) {
    return absl::NotFoundError(absl::StrCat(directory, " holds no journal"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Journal>> OpenRocksDbJournal(const std::string& directory, OpenMode mode) {
  if (absl::Status status = CheckPresence(directory, mode); !status.ok()) {
    return status;
  }
  const auto warnings = std::make_shared<WarningCollector>();
  std::vector<rocksdb::ColumnFamilyHandle*> families;
  rocksdb::DB* opened = nullptr;
  const rocksdb::Status status = OpenDatabase(DatabaseOptions(mode, warnings), directory, mode, families, opened);
  if (!status.ok()) {
    return OpenError(status, "the journal", directory, *warnings, "restore the ledger from a backup");
  }
  auto journal = std::make_unique<RocksDbJournal>(std::unique_ptr<rocksdb::DB>(opened), std::move(families));
  if (absl::Status size = journal->LoadSize(); !size.ok()) {
    return size;
  }
  return journal;
}

}  // namespace sworn::journal
