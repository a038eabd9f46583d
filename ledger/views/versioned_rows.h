// Rows that keep their earlier versions. All keys begin with the row space of their view and version, "support/1/":
//
//   c/<key>                                        current version: position (64-bit big-endian), live or deleted,
//   value h/<escaped key> 0x00 0x01 <inverted position>  an earlier version, newest first, in the same form
//
// A zero byte of a key is escaped as 0x00 0xff, so that no key's history is found under another's. A deleted row leaves
// a version that says so. Every key that ever was has a current version; reads of the latest state never touch history.
//
// Thread-safety: as RowReader and RowWriter.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/journal/rocksdb/row_store.h"
#include "ledger/views/view.h"

namespace sworn::views {

// "support/1/".
std::string RowSpaceOf(std::string_view view_name, uint32_t view_version);

// 64-bit big-endian, which sorts as the numbers do.
std::string EncodeBigEndian(uint64_t number);
// The first 8 bytes of `bytes`, which must have them.
uint64_t DecodeBigEndian(std::string_view bytes);

// No position.
inline constexpr uint64_t kNever = std::numeric_limits<uint64_t>::max();

// Rows of a snapshot as of a position.
class VersionedReader : public TrackingReader {
 public:
  VersionedReader(std::shared_ptr<const journal::RowSnapshot> snapshot, std::string row_space, uint64_t position);

  using RowReader::Scan;
  absl::StatusOr<std::optional<std::string>> Get(std::string_view key) const override;
  absl::Status Scan(std::string_view prefix, std::string_view start, const RowVisitor& visit) const override;
  std::unique_ptr<TrackingReader> AsOf(uint64_t position) const override;
  // Only readers made by AsOf notice changes.
  uint64_t TakeNextChange() override;
  void MoveTo(uint64_t position) override { position_ = position; }

 private:
  // A row that was read is written again at `current_position`, after this reader's position.
  absl::Status NoteLaterVersion(std::string_view key, uint64_t current_position) const;

  std::shared_ptr<const journal::RowSnapshot> snapshot_;
  std::string row_space_;
  uint64_t position_;
  bool notices_changes_ = false;
  mutable uint64_t next_change_ = kNever;
};

// Writes at a position, into a batch that nothing else writes to. Positions must not go backwards. A scan must not be
// written under: collect first.
class VersionedWriter : public RowWriter {
 public:
  // `batch` must outlive the writer.
  VersionedWriter(journal::RowBatch& batch, std::string row_space);

  void set_position(uint64_t position) { position_ = position; }

  using RowReader::Scan;
  absl::StatusOr<std::optional<std::string>> Get(std::string_view key) const override;
  absl::Status Scan(std::string_view prefix, std::string_view start, const RowVisitor& visit) const override;
  absl::Status Put(std::string_view key, std::string_view value) override;
  absl::Status PutNew(std::string_view key, std::string_view value) override;
  absl::Status Delete(std::string_view key) override;

 private:
  // As stored; nothing where the row never was.
  using StoredVersion = std::optional<std::string>;
  // The current version of a row, valid until the next call.
  absl::StatusOr<StoredVersion*> ReadVersion(std::string_view key) const;
  // Key of the current version, valid until the next call.
  std::string_view StoredKey(std::string_view key) const;
  enum class Liveness : char { kLive = 1, kDeleted = 0 };
  absl::Status Write(std::string_view key, Liveness liveness, std::string_view value);

  journal::RowBatch& batch_;
  std::string row_space_;
  uint64_t position_ = 0;
  // What was read or written lately: a fold comes back to the same rows, and every write has to know what was there.
  mutable absl::flat_hash_map<std::string, StoredVersion> known_;
  mutable size_t known_bytes_ = 0;
  // Used again and again, so that a write allocates nothing.
  mutable std::string stored_key_;
  size_t key_space_bytes_;
  std::string new_version_;
};

}  // namespace sworn::views
