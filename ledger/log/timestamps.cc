#include "ledger/log/timestamps.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <iterator>
#include <limits>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "ledger/crypto/hash.h"
#include "ledger/crypto/timestamp.h"
#include "ledger/log/durable_file.h"
#include "ledger/model/refusal.h"

namespace sworn::log {
namespace {

constexpr const char* kNoteEnding = ".note";
constexpr const char* kStampEnding = ".tsr";
constexpr size_t kSizeDigits = 20;
constexpr size_t kTimeCharacters = 16;
constexpr size_t kIdDigits = 16;

std::string FormatSize(uint64_t size) {
  const std::string digits = std::to_string(size);
  return std::string(kSizeDigits - digits.size(), '0') + digits;
}

std::string NameOf(uint64_t size, absl::Time time, const std::string& stamp) {
  return absl::StrCat(FormatSize(size), "-", absl::FormatTime("%Y%m%dT%H%M%SZ", time, absl::UTCTimeZone()), "-",
                      crypto::ToHex(crypto::Sha256(stamp)).substr(0, kIdDigits));
}

bool AreDigits(std::string_view text) { return std::all_of(text.begin(), text.end(), absl::ascii_isdigit); }

bool IsName(std::string_view name) {
  constexpr size_t kTimeAt = kSizeDigits + 1;
  constexpr size_t kIdAt = kTimeAt + kTimeCharacters + 1;
  return name.size() == kIdAt + kIdDigits && AreDigits(name.substr(0, kSizeDigits)) && name[kTimeAt - 1] == '-' &&
         name[kIdAt - 1] == '-' && AreDigits(name.substr(kTimeAt, 8)) &&
         std::all_of(name.begin() + kIdAt, name.end(), absl::ascii_isxdigit);
}

absl::Status MakeDirectory(const std::string& directory) {
  constexpr mode_t kReadableByEveryone = 0755;
  if (mkdir(directory.c_str(), kReadableByEveryone) != 0) {
    const int code = errno;
    return code == EEXIST ? absl::OkStatus()
                          : absl::ErrnoToStatus(code, absl::StrCat("cannot make the directory ", directory));
  }
  return SyncPath(std::filesystem::path(directory).parent_path().string());
}

}  // namespace

absl::StatusOr<std::unique_ptr<Timestamps>> Timestamps::Open(std::string directory, merkle::VerifierKey verifier_key) {
  std::set<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator file(directory, error), end; !error && file != end; file.increment(error)) {
    const std::string name = file->path().stem().string();
    if (file->path().extension() == kStampEnding && IsName(name)) names.insert(name);
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    return absl::InternalError(absl::StrCat("cannot list ", directory, ": ", error.message()));
  }
  return std::unique_ptr<Timestamps>(new Timestamps(std::move(directory), std::move(verifier_key), std::move(names)));
}

absl::StatusOr<merkle::Checkpoint> Timestamps::CheckNote(const std::string& note, uint64_t size,
                                                         const merkle::NodeReader& read_node) const {
  if (note.size() > kMaxStampedNoteBytes) {
    return model::Refuse(v1::Refusal::TOO_LARGE,
                         absl::StrCat("checkpoint: longer than ", kMaxStampedNoteBytes, " bytes"));
  }
  absl::StatusOr<merkle::Checkpoint> checkpoint = merkle::OpenCheckpoint(note, verifier_key_);
  if (!checkpoint.ok()) {
    return model::Refuse(v1::Refusal::FIELD_INVALID,
                         absl::StrCat("checkpoint: not one of this ledger: ", checkpoint.status().message()));
  }
  if (checkpoint->size > size) {
    return model::Refuse(v1::Refusal::FIELD_INVALID,
                         absl::StrCat("checkpoint: of ", checkpoint->size, " entries, and the log has ", size));
  }
  const absl::StatusOr<crypto::Hash> root = merkle::RootAt(checkpoint->size, read_node);
  if (!root.ok()) {
    return root.status();
  }
  if (*root != checkpoint->root) {
    return model::Refuse(v1::Refusal::FORKED, absl::StrCat("checkpoint: its root of ", checkpoint->size,
                                                           " entries is not that of this log"));
  }
  return checkpoint;
}

absl::StatusOr<uint64_t> Timestamps::Add(const v1::CheckpointTimestamp& timestamp, uint64_t size,
                                         const merkle::NodeReader& read_node) {
  const absl::StatusOr<merkle::Checkpoint> checkpoint = CheckNote(timestamp.checkpoint(), size, read_node);
  if (!checkpoint.ok()) {
    return checkpoint.status();
  }
  const absl::StatusOr<crypto::Timestamp> stated =
      crypto::ReadTimestamp(timestamp.timestamp(), crypto::Sha256(timestamp.checkpoint()));
  if (!stated.ok()) {
    return model::Refuse(
        timestamp.timestamp().size() > crypto::kMaxTimestampBytes ? v1::Refusal::TOO_LARGE : v1::Refusal::MALFORMED,
        absl::StrCat("timestamp: ", stated.status().message()));
  }
  const std::string name = NameOf(checkpoint->size, stated->time, timestamp.timestamp());
  if (!IsName(name)) {
    return model::Refuse(v1::Refusal::MALFORMED, "timestamp: the year it states has no four digits");
  }
  const absl::MutexLock writing(&write_mutex_);
  if (Holds(name)) {
    return checkpoint->size;
  }
  if (count() >= kMaxTimestamps) {
    return model::Refuse(v1::Refusal::TOO_LARGE, absl::StrCat("this ledger holds ", kMaxTimestamps,
                                                              " time stamps already: remove some of ", directory_));
  }
  if (absl::Status status = Write(name, timestamp); !status.ok()) {
    return status;
  }
  const absl::MutexLock lock(&mutex_);
  names_.insert(name);
  return checkpoint->size;
}

bool Timestamps::Holds(const std::string& name) const {
  const absl::MutexLock lock(&mutex_);
  return names_.contains(name);
}

absl::Status Timestamps::Write(const std::string& name, const v1::CheckpointTimestamp& timestamp) const {
  if (absl::Status status = MakeDirectory(directory_); !status.ok()) {
    return status;
  }
  const std::string path = absl::StrCat(directory_, "/", name);
  if (absl::Status status = ReplaceFile(path + kNoteEnding, timestamp.checkpoint(), FileDurability::kSynced);
      !status.ok()) {
    return status;
  }
  return ReplaceFile(path + kStampEnding, timestamp.timestamp(), FileDurability::kSynced);
}

absl::StatusOr<v1::CheckpointTimestamp> Timestamps::ReadFiles(const std::string& name) const {
  const std::string path = absl::StrCat(directory_, "/", name);
  const auto damaged = [&path](const std::string& what) {
    return model::Refuse(v1::Refusal::DAMAGED, absl::StrCat("time stamp ", path, ": ", what));
  };
  const absl::StatusOr<std::string> note = ReadSmallFile(path + kNoteEnding, kMaxStampedNoteBytes);
  if (!note.ok()) {
    return damaged(std::string(note.status().message()));
  }
  const absl::StatusOr<std::string> stamp = ReadSmallFile(path + kStampEnding, crypto::kMaxTimestampBytes);
  if (!stamp.ok()) {
    return damaged(std::string(stamp.status().message()));
  }
  const absl::StatusOr<merkle::Checkpoint> checkpoint = merkle::OpenCheckpoint(*note, verifier_key_);
  if (!checkpoint.ok()) {
    return damaged(std::string(checkpoint.status().message()));
  }
  const absl::StatusOr<crypto::Timestamp> stated = crypto::ReadTimestamp(*stamp, crypto::Sha256(*note));
  if (!stated.ok()) {
    return damaged(std::string(stated.status().message()));
  }
  if (NameOf(checkpoint->size, stated->time, *stamp) != name) {
    return damaged("the files are not those that the name says");
  }
  v1::CheckpointTimestamp timestamp;
  timestamp.set_checkpoint(*note);
  timestamp.set_timestamp(*stamp);
  return timestamp;
}

size_t Timestamps::count() const {
  const absl::MutexLock lock(&mutex_);
  return names_.size();
}

absl::StatusOr<v1::CheckpointTimestamp> Timestamps::Read(size_t index) const {
  std::string name;
  {
    const absl::MutexLock lock(&mutex_);
    if (index >= names_.size()) {
      return model::Refuse(v1::Refusal::NOT_FOUND,
                           absl::StrCat("no time stamp ", index, ": there are ", names_.size()));
    }
    name = *std::next(names_.begin(), static_cast<std::ptrdiff_t>(index));
  }
  return ReadFiles(name);
}

absl::StatusOr<std::optional<v1::CheckpointTimestamp>> Timestamps::FirstCovering(uint64_t position) const {
  constexpr int kMaxDamaged = 8;
  std::vector<std::string> candidates;
  {
    const absl::MutexLock lock(&mutex_);
    const bool has_next = position < std::numeric_limits<uint64_t>::max();
    for (auto name = has_next ? names_.lower_bound(FormatSize(position + 1)) : names_.end(); name != names_.end();
         ++name) {
      if (candidates.size() == kMaxDamaged) break;
      candidates.push_back(*name);
    }
  }
  for (const std::string& name : candidates) {
    absl::StatusOr<v1::CheckpointTimestamp> timestamp = ReadFiles(name);
    if (timestamp.ok()) {
      return std::make_optional(*std::move(timestamp));
    }
  }
  return std::optional<v1::CheckpointTimestamp>();
}

}  // namespace sworn::log
