#include "ledger/log/journal_copy.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "ledger/journal/rocksdb/rocksdb_journal.h"
#include "ledger/log/entries_file.h"
#include "ledger/log/stored_report.h"
#include "ledger/merkle/tree_hash.h"
#include "ledger/model/portion.h"
#include "ledger/model/text.h"

namespace sworn::log {
namespace {

using model::Concat;
using model::MessageOf;

constexpr size_t kMaxGroupEntries = 1'024;
constexpr size_t kMaxGroupBytes = size_t{16} << 20U;
constexpr uint64_t kMaxMissing = 100'000;
constexpr size_t kMaxFindings = 1'000;

bool ConcernsRegistry(const v1::CarriedPortion& carried) {
  v1::Portion portion;
  return portion.ParseFromString(carried.content()) && (portion.has_principal() || portion.has_key());
}

// As the log would store it, as far as the bytes allow: an audit says what is wrong with them.
journal::StoredEntry ToStoredEntry(uint64_t position, v1::RecordedEntry recorded) {
  journal::StoredEntry stored;
  stored.position = position;
  v1::Entry entry;
  v1::ReportHeader header;
  if (entry.ParseFromString(recorded.entry()) && header.ParseFromString(entry.envelope().payload())) {
    stored.request_key = RequestKey(header);
  }
  stored.report_id = model::ReportId(entry.envelope());
  stored.entry = std::move(*recorded.mutable_entry());
  for (v1::CarriedPortion& carried : *recorded.mutable_portions()) {
    stored.concerns_registry = stored.concerns_registry || ConcernsRegistry(carried);
    const absl::StatusOr<crypto::Hash> id = model::IdOf(carried);
    stored.portions.push_back(
        {id.value_or(crypto::Hash{}), std::move(*carried.mutable_salt()), std::move(*carried.mutable_content())});
  }
  return stored;
}

// The entry, at the position it states.
absl::StatusOr<v1::RecordedEntry> Parse(uint64_t expected, std::string_view bytes) {
  absl::StatusOr<v1::RecordedEntry> parsed = ParseRecordedEntry(expected, bytes);
  if (parsed.ok()) return parsed;
  v1::RecordedEntry elsewhere;
  const bool parses =
      bytes.size() <= kMaxRecordedEntryBytes && elsewhere.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  if (!parses || elsewhere.position() == expected) return parsed;
  return ParseRecordedEntry(elsewhere.position(), bytes);
}

}  // namespace

class JournalCopy::IncompleteJournal final : public journal::Journal {
 public:
  explicit IncompleteJournal(std::unique_ptr<journal::Journal> journal) : journal_(std::move(journal)) {}

  void AddMissing(uint64_t position) { missing_.insert(position); }

  uint64_t Size() const override { return journal_->Size(); }
  absl::Status Append(uint64_t expected_size, const journal::Group& group) override {
    return journal_->Append(expected_size, group);
  }
  absl::StatusOr<std::string> ReadEntry(uint64_t position) const override {
    if (missing_.contains(position)) return Missing(position);
    return journal_->ReadEntry(position);
  }
  absl::StatusOr<journal::StoredEntry> Read(uint64_t position) const override {
    if (missing_.contains(position)) return Missing(position);
    return journal_->Read(position);
  }
  absl::StatusOr<std::vector<journal::StoredEntry>> ReadRange(uint64_t first, size_t max_entries,
                                                              size_t max_bytes) const override {
    const auto next_missing = missing_.lower_bound(first);
    if (next_missing != missing_.end() && *next_missing - first < max_entries) return Missing(*next_missing);
    return journal_->ReadRange(first, max_entries, max_bytes);
  }
  absl::StatusOr<journal::StoredPortion> ReadPortion(uint64_t position, uint32_t portion_index) const override {
    return journal_->ReadPortion(position, portion_index);
  }
  absl::StatusOr<std::optional<journal::Location>> Find(const crypto::Hash& id) const override {
    return journal_->Find(id);
  }
  absl::StatusOr<std::vector<journal::Location>> FindByPrefix(std::string_view hex_prefix,
                                                              size_t limit) const override {
    return journal_->FindByPrefix(hex_prefix, limit);
  }
  absl::StatusOr<std::optional<uint64_t>> FindRequest(std::string_view request_key) const override {
    return journal_->FindRequest(request_key);
  }
  absl::StatusOr<std::vector<uint64_t>> RegistryPositions() const override { return journal_->RegistryPositions(); }
  absl::Status ScanIds(const std::function<bool(const journal::Location&)>& visit) const override {
    return journal_->ScanIds(visit);
  }
  absl::Status ScanRequests(const std::function<bool(std::string_view, uint64_t)>& visit) const override {
    return journal_->ScanRequests(visit);
  }
  absl::StatusOr<crypto::Hash> ReadNode(merkle::NodeId id) const override { return journal_->ReadNode(id); }
  absl::StatusOr<std::vector<merkle::Node>> ReadNodesCompletedBy(uint64_t first, uint64_t end) const override {
    return journal_->ReadNodesCompletedBy(first, end);
  }
  absl::Status StoreCheckpoint(std::string_view note) override { return journal_->StoreCheckpoint(note); }
  absl::StatusOr<std::string> LoadCheckpoint() const override { return journal_->LoadCheckpoint(); }

 private:
  static absl::Status Missing(uint64_t position) {
    return absl::NotFoundError(Concat("entry ", position, " is missing from what was handed over"));
  }

  std::unique_ptr<journal::Journal> journal_;
  std::set<uint64_t> missing_;
};

JournalCopy::JournalCopy(std::unique_ptr<IncompleteJournal> journal, PublishedLeaf published_leaf)
    : journal_(std::move(journal)), published_leaf_(std::move(published_leaf)) {}

JournalCopy::~JournalCopy() = default;

absl::StatusOr<std::unique_ptr<JournalCopy>> JournalCopy::Create(const std::string& directory,
                                                                 PublishedLeaf published_leaf) {
  absl::StatusOr<std::unique_ptr<journal::Journal>> journal =
      journal::OpenRocksDbJournal(directory, journal::OpenMode::kCreate);
  if (!journal.ok()) return journal.status();
  return std::unique_ptr<JournalCopy>(
      new JournalCopy(std::make_unique<IncompleteJournal>(*std::move(journal)), std::move(published_leaf)));
}

const journal::Journal& JournalCopy::journal() const { return *journal_; }

void JournalCopy::AddFinding(uint64_t position, std::string detail) {
  if (findings_.size() < kMaxFindings) findings_.push_back({"entry", position, std::move(detail)});
}

absl::Status JournalCopy::Add(std::string_view recorded_entry) {
  absl::StatusOr<v1::RecordedEntry> recorded = Parse(size(), recorded_entry);
  if (!recorded.ok()) {
    AddFinding(size(), std::string(recorded.status().message()));
    return AddMissing();
  }
  if (recorded->position() < size()) {
    AddFinding(recorded->position(), Concat("it comes again, or too late: behind entry ", size() - 1));
    return absl::OkStatus();
  }
  if (recorded->position() - size() > kMaxMissing - missing_) {
    return absl::DataLossError(Concat("entry ", recorded->position(), " comes where entry ", size(),
                                      " must; more are missing than can be told one by one"));
  }
  while (size() < recorded->position()) {
    if (absl::Status added = AddMissing(); !added.ok()) return added;
  }
  const crypto::Hash leaf = merkle::LeafHash(recorded->entry());
  return Append(ToStoredEntry(size(), *std::move(recorded)), leaf);
}

// Keeps the place of the entry that is due, under the leaf that was published for it.
absl::Status JournalCopy::AddMissing() {
  const uint64_t position = size();
  if (++missing_ > kMaxMissing) return absl::DataLossError(Concat("more than ", kMaxMissing, " entries are missing"));
  journal_->AddMissing(position);
  journal::StoredEntry stored;
  stored.position = position;
  const absl::StatusOr<crypto::Hash> leaf =
      published_leaf_ == nullptr ? absl::StatusOr<crypto::Hash>(absl::NotFoundError("")) : published_leaf_(position);
  if (!leaf.ok()) {
    AddFinding(position, Concat("no leaf is published for it either (", MessageOf(leaf.status()),
                                "): the tree cannot be that of the checkpoint from here on"));
  }
  return Append(std::move(stored), leaf.value_or(crypto::Hash{}));
}

absl::Status JournalCopy::Append(journal::StoredEntry stored, const crypto::Hash& leaf) {
  waiting_bytes_ += journal::StoredBytesOf(stored);
  tree_.Append(leaf, waiting_.nodes);
  waiting_.entries.push_back(std::move(stored));
  if (waiting_.entries.size() < kMaxGroupEntries && waiting_bytes_ < kMaxGroupBytes) return absl::OkStatus();
  return Finish();
}

absl::Status JournalCopy::Finish() {
  if (waiting_.entries.empty()) return absl::OkStatus();
  const absl::Status appended = journal_->Append(journal_->Size(), waiting_);
  waiting_ = {};
  waiting_bytes_ = 0;
  return appended;
}

}  // namespace sworn::log
