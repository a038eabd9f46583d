// Time stamps (RFC 3161) of checkpoints that this ledger signed, each in two files that any tool can check
// (`openssl ts -verify -data X.note -in X.tsr -CAfile …`):
//
//   DIR/timestamps/<size>-<time>-<id>.note   the checkpoint, a signed note, verbatim
//   DIR/timestamps/<size>-<time>-<id>.tsr    TimeStampResp in DER, over the SHA-256 of the note
//
// <size>: number of entries under the checkpoint, in 20 digits. <time>: what the stamp states, as 20240413T120000Z.
// <id>: the first 16 hex digits of the SHA-256 of the .tsr. So names sort by what they cover, then by time. The .tsr is
// written last: a .note alone was never finished.
//
// Who may be trusted to tell the time is for each reader to say: the signature of an authority is not checked here.
//
// Thread-safety: all members may be called from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "ledger/merkle/checkpoint.h"
#include "ledger/merkle/note.h"
#include "ledger/merkle/tree.h"
#include "sworn/v1/proof.pb.h"

namespace sworn::log {

// One every hour for eleven years.
inline constexpr size_t kMaxTimestamps = 100'000;
// Of a note that is stamped: a checkpoint with room for cosignatures.
inline constexpr size_t kMaxStampedNoteBytes = size_t{64} << 10U;

class Timestamps {
 public:
  // `directory` need not exist: then there are none, and it is made when the first one is added. Files with other names
  // are left alone.
  static absl::StatusOr<std::unique_ptr<Timestamps>> Open(std::string directory, merkle::VerifierKey verifier_key);

  // Durable when this returns; adding one again changes nothing. Answers the checkpoint's size. Refused: MALFORMED or
  // FIELD_INVALID where the note is not a checkpoint that this ledger signed for a prefix of its log of `size` entries,
  // or where the time stamp does not parse, was not granted, or is over something else; TOO_LARGE.
  absl::StatusOr<uint64_t> Add(const v1::CheckpointTimestamp& timestamp, uint64_t size,
                               const merkle::NodeReader& read_node);

  size_t count() const;
  // The one at `index` in order of size, then of time. NotFound beyond the last; DataLoss (DAMAGED) where the files are
  // not what was added.
  absl::StatusOr<v1::CheckpointTimestamp> Read(size_t index) const;
  // The one that covers the entry at `position` with the smallest checkpoint; nothing where there is none. Damaged ones
  // are passed over: a proof does not depend on them.
  absl::StatusOr<std::optional<v1::CheckpointTimestamp>> FirstCovering(uint64_t position) const;

 private:
  Timestamps(std::string directory, merkle::VerifierKey verifier_key, std::set<std::string> names)
      : directory_(std::move(directory)), verifier_key_(std::move(verifier_key)), names_(std::move(names)) {}

  absl::StatusOr<merkle::Checkpoint> CheckNote(const std::string& note, uint64_t size,
                                               const merkle::NodeReader& read_node) const;
  absl::Status Write(const std::string& name, const v1::CheckpointTimestamp& timestamp) const;
  absl::StatusOr<v1::CheckpointTimestamp> ReadFiles(const std::string& name) const;

  bool Holds(const std::string& name) const;

  const std::string directory_;
  const merkle::VerifierKey verifier_key_;
  // Held by one Add at a time, so that nobody who reads waits for a disk.
  absl::Mutex write_mutex_ ABSL_ACQUIRED_BEFORE(mutex_);
  mutable absl::Mutex mutex_;
  // File names without their endings.
  std::set<std::string> names_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sworn::log
