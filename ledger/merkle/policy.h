// Trust policies (c2sp.org/tlog-policy): which logs are known, which witnesses, and how many of them must have
// cosigned.
//
// Thread-safety: a Policy is immutable.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/merkle/checkpoint.h"
#include "ledger/merkle/cosignature.h"
#include "ledger/merkle/note.h"

namespace sworn::merkle {

inline constexpr size_t kMaxPolicyBytes = size_t{1} << 20U;
inline constexpr size_t kMaxPolicyLines = 4'096;

// A checkpoint that a policy accepts.
struct TrustedCheckpoint {
  Checkpoint checkpoint;
  std::vector<Cosignature> cosignatures;  // the latest that verified of each known witness, in the policy's order
};

class Policy {
 public:
  // InvalidArgument says which line is wrong. Logs sign with keys of type 0x01 or 0x06, witnesses with 0x04 or 0x06.
  static absl::StatusOr<Policy> Parse(std::string_view text);
  // These logs and nothing else ("quorum none").
  static Policy OfLogs(std::vector<VerifierKey> logs);

  // The checkpoint of a note that one of the logs signed and that enough witnesses cosigned. Unknown keys are ignored,
  // a known key with a bad signature rejects the note. What needs an ML-DSA-44 that OpenSSL lacks does not count, and
  // is named where it is missed. InvalidArgument where the note is none that a log signed; FailedPrecondition where
  // that is so, but the quorum is not met.
  absl::StatusOr<TrustedCheckpoint> OpenCheckpoint(std::string_view note) const;

  const std::vector<VerifierKey>& logs() const { return logs_; }
  // The name of a witness or group, or "none".
  const std::string& quorum() const { return quorum_; }

 private:
  class Parser;
  struct Witness {
    std::string name;
    VerifierKey key;
  };
  // Witnesses what at least `threshold` of its members do. These are defined before it.
  struct Group {
    std::string name;
    size_t threshold = 0;
    std::vector<std::string> members;
  };

  absl::Status CheckLogSignature(const Note& note, const Checkpoint& checkpoint) const;
  // `cosigned` holds names of witnesses.
  absl::Status CheckQuorum(const std::vector<std::string>& cosigned, const std::vector<std::string>& unchecked) const;

  std::vector<VerifierKey> logs_;
  std::vector<Witness> witnesses_;
  std::vector<Group> groups_;
  std::string quorum_ = "none";
};

}  // namespace sworn::merkle
