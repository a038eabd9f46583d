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
#include "absl/types/span.h"
#include "ledger/merkle/checkpoint.h"
#include "ledger/merkle/cosignature.h"
#include "ledger/merkle/note.h"

namespace sworn::merkle {

inline constexpr size_t kMaxPolicyBytes = size_t{1} << 20U;
inline constexpr size_t kMaxPolicyLines = 4'096;

// A checkpoint that a policy accepts.
struct TrustedCheckpoint {
  Checkpoint checkpoint;
  std::vector<Cosignature> cosignatures;  // those that verified, of known witnesses
};

class Policy {
 public:
  // InvalidArgument says which line is wrong.
  static absl::StatusOr<Policy> Parse(std::string_view text);
  // These logs and nothing else ("quorum none").
  static Policy OfLogs(std::vector<VerifierKey> logs);

  // The checkpoint of a note that one of the logs signed and that enough witnesses cosigned. Unknown keys are ignored,
  // a known key with a bad signature rejects the note.
  absl::StatusOr<TrustedCheckpoint> OpenCheckpoint(std::string_view note) const;

  const std::vector<VerifierKey>& logs() const { return logs_; }

 private:
  struct Witness {
    std::string name;
    VerifierKey key;
  };
  struct Group {
    std::string name;
    size_t threshold = 0;
    std::vector<std::string> members;
  };
  std::vector<VerifierKey> logs_;
  std::vector<Witness> witnesses_;
  std::vector<Group> groups_;
  std::string quorum_ = "none";
};

}  // namespace sworn::merkle
