// The file that an audit reads beside a tree of tiles: the entries of a log with their portions, in order from
// position 0.
//
//   sworn-entries/v1\n
//   origin of the log\n
//   number of entries, in decimal\n
//   for each entry: its length (protobuf varint), then a serialized v1::RecordedEntry
//
// Nothing follows the last entry. The whole may be one gzip member; a reader tells by the first bytes.
//
// Thread-safety: a reader and a writer belong to one thread each; ParseRecordedEntry may be called from any.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/model/limits.h"
#include "sworn/v1/report.pb.h"

namespace sworn::log {

// A report's portions, its entry, and room for the fields around them.
inline constexpr size_t kMaxRecordedEntryBytes = model::kMaxReportBytes + (size_t{1} << 18U);

// Refused with MALFORMED or TOO_LARGE where the bytes are no RecordedEntry of `position` within its limits. Neither
// hashes nor signatures are checked.
absl::StatusOr<v1::RecordedEntry> ParseRecordedEntry(uint64_t position, std::string_view bytes);

class EntriesFileReader {
 public:
  // NotFound where there is no file; refused with MALFORMED where it does not begin as such a file does.
  static absl::StatusOr<EntriesFileReader> Open(const std::string& path);
  ~EntriesFileReader();
  EntriesFileReader(EntriesFileReader&&) noexcept;
  EntriesFileReader& operator=(EntriesFileReader&&) noexcept;
  EntriesFileReader(const EntriesFileReader&) = delete;
  EntriesFileReader& operator=(const EntriesFileReader&) = delete;

  const std::string& origin() const;
  // Number of entries, as the header states it; a file that holds fewer or more is refused at its end.
  uint64_t size() const;
  // Position of the entry that comes next.
  uint64_t position() const;

  // The next entry as it is in the file, for ParseRecordedEntry; nothing behind the last one. Refused with MALFORMED or
  // TOO_LARGE where the file ends early, goes on behind its last entry, or an entry is too long: the reader is then of
  // no more use. Holds no more than one entry in memory.
  absl::StatusOr<std::optional<std::string>> NextBytes();
  // The same, parsed.
  absl::StatusOr<std::optional<v1::RecordedEntry>> Next();
  // Passes over `count` entries without parsing them.
  absl::Status Skip(uint64_t count);

 private:
  class Impl;
  explicit EntriesFileReader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

class EntriesFileWriter {
 public:
  // Writes beside `path` until Finish, for the owner alone, as gzip where the name ends in ".gz".
  static absl::StatusOr<EntriesFileWriter> Create(const std::string& path, const std::string& origin, uint64_t size);
  // What was not finished is removed.
  ~EntriesFileWriter();
  EntriesFileWriter(EntriesFileWriter&&) noexcept;
  EntriesFileWriter& operator=(EntriesFileWriter&&) noexcept;
  EntriesFileWriter(const EntriesFileWriter&) = delete;
  EntriesFileWriter& operator=(const EntriesFileWriter&) = delete;

  // InvalidArgument unless the entries come in order, and are no more than stated.
  absl::Status Write(const v1::RecordedEntry& entry);
  // Puts the file in its place, synced. InvalidArgument where entries are missing.
  absl::Status Finish();

 private:
  class Impl;
  explicit EntriesFileWriter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sworn::log
