// What a view is: a named, versioned, deterministic fold of the log into rows.
//
// Rows are versioned by log position: the current version of a row is kept under its key, earlier versions beside it,
// so that a read as of any position is a read and never a replay.
//
// Thread-safety: Apply is called by one thread; a RowReader may be used by one thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ledger/crypto/hash.h"
#include "ledger/model/validate.h"

namespace sworn::views {

// One entry of the log, as views see it.
struct Event {
  uint64_t position = 0;
  absl::Time recorded_at;
  model::ParsedReport report;
  // Principal of the author's key; its hex where the key is not registered.
  std::string author;
  bool author_is_admin = false;
};

// Called for each row in key order; false ends the scan.
using RowVisitor = std::function<bool(std::string_view key, std::string_view value)>;

class TrackingReader;

// Rows of one view as of one position.
class RowReader {
 public:
  virtual ~RowReader() = default;
  virtual absl::StatusOr<std::optional<std::string>> Get(std::string_view key) const = 0;
  virtual absl::Status Scan(std::string_view prefix, std::string_view start, const RowVisitor& visit) const = 0;
  absl::Status Scan(std::string_view prefix, const RowVisitor& visit) const { return Scan(prefix, {}, visit); }
  // The same rows as of a position that is not after this one's. Null for rows that keep no earlier versions.
  virtual std::unique_ptr<TrackingReader> AsOf(uint64_t /*position*/) const { return nullptr; }
};

// Rows as of one position that notice until when they stay as they were read.
class TrackingReader : public RowReader {
 public:
  // The first position at which anything read since the last call would be read differently, or a scan would meet
  // another row; the largest number there is where nothing changes in the rows that are known.
  virtual uint64_t TakeNextChange() = 0;
  // Goes on as of another position, which is not after that of the rows it was made from.
  virtual void MoveTo(uint64_t position) = 0;
};

// Rows of one view at the position being applied: reads see its own writes.
class RowWriter : public RowReader {
 public:
  virtual absl::Status Put(std::string_view key, std::string_view value) = 0;
  // The same for a key that was never written at an earlier position, which then need not be looked up.
  virtual absl::Status PutNew(std::string_view key, std::string_view value) { return Put(key, value); }
  virtual absl::Status Delete(std::string_view key) = 0;
};

class View {
 public:
  virtual ~View() = default;
  virtual std::string_view name() const = 0;
  // Raised whenever the rows of the same log would differ.
  virtual uint32_t version() const = 0;
  // The oldest version whose rows the queries of this program can read. Such rows answer while those of `version` are
  // built; rows of an older one answer nothing.
  virtual uint32_t oldest_readable_version() const { return version(); }
  // Deterministic: no clock, no randomness, no iteration over unordered containers. An error stops this view only.
  virtual absl::Status Apply(const Event& event, RowWriter& rows) const = 0;
};

}  // namespace sworn::views
