#include "ledger/views/versioned_rows.h"

#include <algorithm>
#include <utility>

#include "ledger/crypto/hash.h"
#include "ledger/model/refusal.h"
#include "ledger/views/text.h"

namespace sworn::views {
namespace {

constexpr size_t kNumberBytes = 8;
constexpr size_t kVersionHeadBytes = kNumberBytes + 1;
constexpr size_t kMaxKnownBytes = size_t{16} << 20U;

// One stored version of a row; views into the stored bytes.
struct Version {
  uint64_t position = 0;
  bool live = false;
  std::string_view value;
};

void EncodeVersion(uint64_t position, bool live, std::string_view value, std::string& bytes) {
  bytes = EncodeBigEndian(position);
  bytes.push_back(live ? '\1' : '\0');
  bytes.append(value);
}

absl::StatusOr<Version> DecodeVersion(std::string_view key, std::string_view bytes) {
  const bool whole = bytes.size() >= kVersionHeadBytes && (bytes[kNumberBytes] == '\0' || bytes[kNumberBytes] == '\1');
  if (!whole) {
    return model::Refuse(v1::Refusal::DAMAGED,
                         Concat("view row ", crypto::ToHex(key), " is damaged; delete the views to rebuild them"));
  }
  return Version{.position = DecodeBigEndian(bytes),
                 .live = bytes[kNumberBytes] == '\1',
                 .value = bytes.substr(kVersionHeadBytes)};
}

std::string CurrentKey(std::string_view row_space, std::string_view key) { return Concat(row_space, "c/", key); }

std::string HistoryPrefix(std::string_view row_space, std::string_view key) {
  std::string prefix = Concat(row_space, "h/");
  prefix.reserve(prefix.size() + key.size() + 2 + kNumberBytes);
  for (const char byte : key) {
    prefix.push_back(byte);
    if (byte == '\0') prefix.push_back('\xff');
  }
  prefix.push_back('\0');
  prefix.push_back('\1');
  return prefix;
}

// The value that `key` had at `position`, out of the versions before the current one.
absl::StatusOr<std::optional<std::string>> FindInHistory(const journal::RowSnapshot& snapshot,
                                                         std::string_view row_space, std::string_view key,
                                                         uint64_t position) {
  const std::string prefix = HistoryPrefix(row_space, key);
  std::optional<std::string> found;
  absl::Status damaged;
  absl::Status scanned = snapshot.Scan(prefix, Concat(prefix, EncodeBigEndian(~position)),
                                       [&](std::string_view stored_key, std::string_view bytes) {
                                         const absl::StatusOr<Version> version = DecodeVersion(stored_key, bytes);
                                         damaged = version.status();
                                         if (version.ok() && version->live) found = std::string(version->value);
                                         return false;
                                       });
  if (!scanned.ok()) return scanned;
  if (!damaged.ok()) return damaged;
  return found;
}

// Position of the last version before the current one that is not after `position`; nothing where there is none.
absl::StatusOr<std::optional<uint64_t>> FindPositionInHistory(const journal::RowSnapshot& snapshot,
                                                              std::string_view history_prefix, uint64_t position) {
  std::optional<uint64_t> found;
  absl::Status damaged;
  absl::Status scanned = snapshot.Scan(history_prefix, Concat(history_prefix, EncodeBigEndian(~position)),
                                       [&](std::string_view stored_key, std::string_view bytes) {
                                         const absl::StatusOr<Version> version = DecodeVersion(stored_key, bytes);
                                         damaged = version.status();
                                         if (version.ok()) found = version->position;
                                         return false;
                                       });
  if (!scanned.ok()) return scanned;
  if (!damaged.ok()) return damaged;
  return found;
}

}  // namespace

std::string RowSpaceOf(std::string_view view_name, uint32_t view_version) {
  return Concat(view_name, "/", view_version, "/");
}

std::string EncodeBigEndian(uint64_t number) {
  std::string bytes(kNumberBytes, '\0');
  for (size_t i = 0; i < kNumberBytes; ++i) bytes[i] = static_cast<char>(number >> (8 * (kNumberBytes - 1 - i)));
  return bytes;
}

uint64_t DecodeBigEndian(std::string_view bytes) {
  uint64_t number = 0;
  for (size_t i = 0; i < kNumberBytes; ++i) number = (number << 8U) | static_cast<uint8_t>(bytes[i]);
  return number;
}

VersionedReader::VersionedReader(std::shared_ptr<const journal::RowSnapshot> snapshot, std::string row_space,
                                 uint64_t position)
    : snapshot_(std::move(snapshot)), row_space_(std::move(row_space)), position_(position) {}

absl::StatusOr<std::optional<std::string>> VersionedReader::Get(std::string_view key) const {
  const std::string current_key = CurrentKey(row_space_, key);
  const absl::StatusOr<std::optional<std::string>> bytes = snapshot_->Get(current_key);
  if (!bytes.ok()) return bytes.status();
  if (!bytes->has_value()) return std::nullopt;
  const absl::StatusOr<Version> version = DecodeVersion(current_key, **bytes);
  if (!version.ok()) return version.status();
  if (version->position > position_) {
    if (absl::Status status = NoteLaterVersion(key, version->position); !status.ok()) return status;
    return FindInHistory(*snapshot_, row_space_, key, position_);
  }
  if (!version->live) return std::nullopt;
  return std::string(version->value);
}

std::unique_ptr<TrackingReader> VersionedReader::AsOf(uint64_t position) const {
  auto reader = std::make_unique<VersionedReader>(snapshot_, row_space_, std::min(position, position_));
  reader->notices_changes_ = true;
  return reader;
}

uint64_t VersionedReader::TakeNextChange() { return std::exchange(next_change_, kNever); }

// The first version after the position is looked for by bisection: a row may have very many.
absl::Status VersionedReader::NoteLaterVersion(std::string_view key, uint64_t current_position) const {
  if (!notices_changes_ || next_change_ == position_ + 1) return absl::OkStatus();
  const std::string prefix = HistoryPrefix(row_space_, key);
  uint64_t before = position_;
  uint64_t first = std::min(current_position, next_change_);
  uint64_t probe = first - 1;
  while (before + 1 < first) {
    const absl::StatusOr<std::optional<uint64_t>> found = FindPositionInHistory(*snapshot_, prefix, probe);
    if (!found.ok()) return found.status();
    if (found->has_value() && **found > position_) {
      first = **found;
    } else {
      before = probe;
    }
    probe = before + (first - before) / 2;
  }
  next_change_ = first;
  return absl::OkStatus();
}

absl::Status VersionedReader::Scan(std::string_view prefix, std::string_view start, const RowVisitor& visit) const {
  const std::string key_space = CurrentKey(row_space_, "");
  absl::Status failed;
  absl::Status scanned = snapshot_->Scan(Concat(key_space, prefix), start.empty() ? "" : Concat(key_space, start),
                                         [&](std::string_view stored_key, std::string_view bytes) {
                                           const std::string_view key = stored_key.substr(key_space.size());
                                           const absl::StatusOr<Version> version = DecodeVersion(stored_key, bytes);
                                           if (!version.ok()) {
                                             failed = version.status();
                                             return false;
                                           }
                                           if (version->position <= position_)
                                             return version->live ? visit(key, version->value) : true;
                                           failed = NoteLaterVersion(key, version->position);
                                           if (!failed.ok()) return false;
                                           const absl::StatusOr<std::optional<std::string>> earlier =
                                               FindInHistory(*snapshot_, row_space_, key, position_);
                                           if (!earlier.ok()) {
                                             failed = earlier.status();
                                             return false;
                                           }
                                           return earlier->has_value() ? visit(key, **earlier) : true;
                                         });
  return scanned.ok() ? failed : scanned;
}

VersionedWriter::VersionedWriter(journal::RowBatch& batch, std::string row_space)
    : batch_(batch),
      row_space_(std::move(row_space)),
      stored_key_(CurrentKey(row_space_, "")),
      key_space_bytes_(stored_key_.size()) {}

std::string_view VersionedWriter::StoredKey(std::string_view key) const {
  stored_key_.resize(key_space_bytes_);
  return stored_key_.append(key);
}

absl::StatusOr<VersionedWriter::StoredVersion*> VersionedWriter::ReadVersion(std::string_view key) const {
  if (const auto known = known_.find(model::ToAbsl(key)); known != known_.end()) return &known->second;
  absl::StatusOr<StoredVersion> bytes = batch_.Get(StoredKey(key));
  if (!bytes.ok()) return bytes.status();
  if (known_bytes_ > kMaxKnownBytes) {
    known_.clear();
    known_bytes_ = 0;
  }
  known_bytes_ += key.size() + (bytes->has_value() ? (*bytes)->size() : 0);
  return &known_.emplace(key, *std::move(bytes)).first->second;
}

absl::StatusOr<std::optional<std::string>> VersionedWriter::Get(std::string_view key) const {
  const absl::StatusOr<StoredVersion*> bytes = ReadVersion(key);
  if (!bytes.ok()) return bytes.status();
  if (!(*bytes)->has_value()) return std::nullopt;
  const absl::StatusOr<Version> version = DecodeVersion(key, ***bytes);
  if (!version.ok()) return version.status();
  if (!version->live) return std::nullopt;
  return std::string(version->value);
}

absl::Status VersionedWriter::Scan(std::string_view prefix, std::string_view start, const RowVisitor& visit) const {
  const std::string key_space = CurrentKey(row_space_, "");
  absl::Status failed;
  absl::Status scanned = batch_.Scan(Concat(key_space, prefix), start.empty() ? "" : Concat(key_space, start),
                                     [&](std::string_view stored_key, std::string_view bytes) {
                                       const absl::StatusOr<Version> version = DecodeVersion(stored_key, bytes);
                                       failed = version.status();
                                       if (!version.ok()) return false;
                                       if (!version->live) return true;
                                       return visit(stored_key.substr(key_space.size()), version->value);
                                     });
  return scanned.ok() ? failed : scanned;
}

absl::Status VersionedWriter::Put(std::string_view key, std::string_view value) {
  return Write(key, Liveness::kLive, value);
}

absl::Status VersionedWriter::PutNew(std::string_view key, std::string_view value) {
  EncodeVersion(position_, true, value, new_version_);
  batch_.Put(StoredKey(key), new_version_);
  // Found missing before, it is there now.
  if (const auto known = known_.find(model::ToAbsl(key)); known != known_.end()) {
    known_bytes_ += new_version_.size();
    known->second = new_version_;
  }
  return absl::OkStatus();
}

absl::Status VersionedWriter::Delete(std::string_view key) { return Write(key, Liveness::kDeleted, {}); }

absl::Status VersionedWriter::Write(std::string_view key, Liveness liveness, std::string_view value) {
  const absl::StatusOr<StoredVersion*> stored = ReadVersion(key);
  if (!stored.ok()) return stored.status();
  StoredVersion& bytes = **stored;
  const bool live = liveness == Liveness::kLive;
  if (!bytes.has_value() && !live) return absl::OkStatus();
  if (bytes.has_value()) {
    const absl::StatusOr<Version> former = DecodeVersion(key, *bytes);
    if (!former.ok()) return former.status();
    if (former->live == live && former->value == value) return absl::OkStatus();
    // Within one entry only the last write counts.
    if (former->position != position_) {
      batch_.Put(Concat(HistoryPrefix(row_space_, key), EncodeBigEndian(~former->position)), *bytes);
    }
  }
  EncodeVersion(position_, live, value, bytes.emplace());
  known_bytes_ += bytes->size();
  batch_.Put(StoredKey(key), *bytes);
  return absl::OkStatus();
}

}  // namespace sworn::views
