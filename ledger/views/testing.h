// What tests of views are made of: a journal in memory, events and rows without an engine.
//
// Thread-safety: FakeJournal as Journal; TestRows belongs to one thread.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "ledger/crypto/hash.h"
#include "ledger/journal/journal.h"
#include "ledger/journal/rocksdb/row_store.h"
#include "ledger/model/portion.h"
#include "ledger/model/timestamp.h"
#include "ledger/views/engine.h"
#include "ledger/views/text.h"
#include "ledger/views/versioned_rows.h"
#include "ledger/views/view.h"
#include "sworn/v1/portion.pb.h"
#include "sworn/v1/report.pb.h"

namespace sworn::views {

// Entry `position` is recorded this long after the epoch.
inline absl::Time TestTime(uint64_t position) {
  return absl::FromUnixSeconds(1'700'000'000) + absl::Seconds(10 * static_cast<int64_t>(position));
}

// Key id of the author `name`; unregistered, so that the author's name in events is its hex.
inline crypto::Hash TestKeyId(std::string_view name) { return crypto::Sha256(name); }

// The same portion at the same place always gets the same id.
inline crypto::Hash TestPortionId(uint64_t position, size_t index, const v1::Portion& portion) {
  const std::string salt = crypto::ToHex(crypto::Sha256(Concat(position, "/", index))).substr(0, 16);
  return model::PortionId(salt, portion.SerializeAsString());
}

// An entry without signatures: views leave those to the log.
inline journal::StoredEntry TestEntry(uint64_t position, std::string_view author,
                                      const std::vector<v1::Portion>& portions) {
  journal::StoredEntry stored;
  stored.position = position;
  v1::ReportHeader header;
  header.set_author_key_id(std::string(crypto::AsBytes(TestKeyId(author))));
  *header.mutable_created_at() = model::ToTimestamp(TestTime(position) - absl::Seconds(5));
  header.set_portion_count(static_cast<uint32_t>(portions.size()));
  for (size_t i = 0; i < portions.size(); ++i) {
    journal::StoredPortion portion;
    portion.salt = crypto::ToHex(crypto::Sha256(Concat(position, "/", i))).substr(0, 16);
    portion.content = portions[i].SerializeAsString();
    portion.id = model::PortionId(portion.salt, portion.content);
    stored.portions.push_back(std::move(portion));
    stored.concerns_registry = stored.concerns_registry || portions[i].has_principal() || portions[i].has_key();
  }
  header.set_request_id(Concat("request ", position));
  v1::Entry entry;
  *entry.mutable_recorded_at() = model::ToTimestamp(TestTime(position));
  entry.mutable_envelope()->set_payload(header.SerializeAsString());
  stored.report_id = model::ReportId(entry.envelope());
  stored.entry = entry.SerializeAsString();
  return stored;
}

class FakeJournal : public journal::Journal {
 public:
  // Answers the portion ids.
  std::vector<crypto::Hash> Add(std::string_view author, const std::vector<v1::Portion>& portions) {
    const absl::MutexLock lock(&mutex_);
    entries_.push_back(TestEntry(entries_.size(), author, portions));
    std::vector<crypto::Hash> ids;
    for (const journal::StoredPortion& portion : entries_.back().portions) ids.push_back(portion.id);
    return ids;
  }
  void Replace(uint64_t position, journal::StoredEntry entry) {
    const absl::MutexLock lock(&mutex_);
    entries_[position] = std::move(entry);
  }

  uint64_t Size() const override {
    const absl::MutexLock lock(&mutex_);
    return entries_.size();
  }
  absl::StatusOr<std::string> ReadEntry(uint64_t position) const override {
    absl::StatusOr<journal::StoredEntry> stored = Read(position);
    if (!stored.ok()) return stored.status();
    return stored->entry;
  }
  absl::StatusOr<journal::StoredEntry> Read(uint64_t position) const override {
    const absl::MutexLock lock(&mutex_);
    if (position >= entries_.size()) return absl::NotFoundError("beyond the log");
    return entries_[position];
  }
  absl::StatusOr<std::vector<uint64_t>> RegistryPositions() const override {
    const absl::MutexLock lock(&mutex_);
    std::vector<uint64_t> positions;
    for (const journal::StoredEntry& entry : entries_) {
      if (entry.concerns_registry) positions.push_back(entry.position);
    }
    return positions;
  }

  absl::StatusOr<journal::StoredPortion> ReadPortion(uint64_t position, uint32_t index) const override {
    absl::StatusOr<journal::StoredEntry> stored = Read(position);
    if (!stored.ok()) return stored.status();
    if (index >= stored->portions.size()) return absl::NotFoundError("beyond the report");
    return std::move(stored->portions[index]);
  }

  // Views ask for none of these.
  absl::Status Append(uint64_t, const journal::Group&) override { return Unused(); }
  absl::StatusOr<std::optional<journal::Location>> Find(const crypto::Hash&) const override { return Unused(); }
  absl::StatusOr<std::vector<journal::Location>> FindByPrefix(std::string_view, size_t) const override {
    return Unused();
  }
  absl::StatusOr<std::optional<uint64_t>> FindRequest(std::string_view) const override { return Unused(); }
  absl::Status ScanIds(const std::function<bool(const journal::Location&)>&) const override { return Unused(); }
  absl::Status ScanRequests(const std::function<bool(std::string_view, uint64_t)>&) const override { return Unused(); }
  absl::StatusOr<crypto::Hash> ReadNode(merkle::NodeId) const override { return Unused(); }
  absl::Status StoreCheckpoint(std::string_view) override { return Unused(); }
  absl::StatusOr<std::string> LoadCheckpoint() const override { return Unused(); }

 private:
  static absl::Status Unused() { return absl::UnimplementedError("not used by views"); }

  mutable absl::Mutex mutex_;
  std::vector<journal::StoredEntry> entries_ ABSL_GUARDED_BY(mutex_);
};

// Rows of one view without an engine, for folds that are tested alone.
class TestRows {
 public:
  TestRows() {
    absl::StatusOr<std::unique_ptr<journal::RowStore>> store = journal::RowStore::OpenInMemory();
    if (!store.ok()) ADD_FAILURE() << store.status();
    if (store.ok()) store_ = *std::move(store);
  }

  // Writes at a position, and commits.
  void Write(uint64_t position, const std::function<void(RowWriter&)>& write) {
    const std::unique_ptr<journal::RowBatch> batch = store_->NewBatch();
    VersionedWriter writer(*batch, std::string(kRowSpace));
    writer.set_position(position);
    write(writer);
    const absl::Status committed = store_->Commit(*batch);
    ASSERT_TRUE(committed.ok()) << committed;
  }

  std::unique_ptr<RowReader> ReadAt(uint64_t position) const {
    return std::make_unique<VersionedReader>(store_->Snapshot(), std::string(kRowSpace), position);
  }

  ViewRead ViewAt(uint64_t position) const {
    ViewRead read;
    read.rows = ReadAt(position);
    read.as_of.set_position(position);
    *read.as_of.mutable_recorded_at() = model::ToTimestamp(TestTime(position));
    return read;
  }

  journal::RowStore& store() { return *store_; }

 private:
  static constexpr std::string_view kRowSpace = "test/1/";
  std::unique_ptr<journal::RowStore> store_;
};

// The event of a report, as an engine would make it.
inline Event TestEvent(uint64_t position, std::string_view author, const std::vector<v1::Portion>& portions) {
  const journal::StoredEntry stored = TestEntry(position, author, portions);
  Event event;
  event.position = position;
  event.recorded_at = TestTime(position);
  event.author = std::string(author);
  event.report.report_id = stored.report_id;
  event.report.header.set_author_key_id(std::string(crypto::AsBytes(TestKeyId(author))));
  *event.report.header.mutable_created_at() = model::ToTimestamp(TestTime(position) - absl::Seconds(5));
  for (size_t i = 0; i < portions.size(); ++i) {
    event.report.portion_ids.push_back(stored.portions[i].id);
    event.report.portions.emplace_back(portions[i]);
  }
  return event;
}

}  // namespace sworn::views
