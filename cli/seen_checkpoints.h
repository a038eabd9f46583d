// What this user has seen of the ledgers whose key is pinned: for each origin the verifier key and the last checkpoint.
// A ledger that later offers something older or inconsistent is refused, and both notes are kept as evidence.
//
//   STATE/origins/ORIGIN/vkey              the pinned verifier key
//   STATE/origins/ORIGIN/checkpoint.note   the last checkpoint seen
//   STATE/origins/ORIGIN/lock              held while one process compares and remembers
//   STATE/evidence/ORIGIN-SEEN-OFFERED-HASH/
//     seen.note, offered.note, pinned.vkey, consistency-proof (base64 hashes, one a line)
//
// Nothing is pinned unless Pin is called, and where nothing is pinned nothing is remembered.
//
// Thread-safety: all members may be called from any thread, and from several processes.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/crypto/hash.h"
#include "ledger/merkle/checkpoint.h"
#include "ledger/merkle/note.h"

namespace sworn::cli {

// A checkpoint whose signature was verified.
struct SeenCheckpoint {
  std::string note;
  merkle::Checkpoint checkpoint;
};

struct PinnedOrigin {
  merkle::VerifierKey key;
  // Nothing before the first checkpoint was checked.
  std::optional<SeenCheckpoint> last;
};

// Fetches the consistency path between two sizes from the ledger.
using FetchConsistency = std::function<absl::StatusOr<std::vector<crypto::Hash>>(uint64_t old_size, uint64_t new_size)>;

class SeenCheckpoints {
 public:
  explicit SeenCheckpoints(std::string state_directory) : directory_(std::move(state_directory)) {}

  // Nothing where the origin is not pinned. DataLoss where what was kept is damaged.
  absl::StatusOr<std::optional<PinnedOrigin>> Recall(const std::string& origin) const;

  // Durable when this returns; pinning the same key again changes nothing. AlreadyExists where another one is pinned.
  absl::Status Pin(const merkle::VerifierKey& key) const;

  // Holds `offered` against what was seen, and remembers it where it is newer. `before` is what Recall said before the
  // ledger was asked: other processes may have seen more since. DataLoss where `offered` is not signed by the pinned
  // key, is older than `before`, or does not continue what was seen; evidence is kept and the message names it.
  absl::Status Check(const PinnedOrigin& before, const std::string& offered, const FetchConsistency& fetch) const;

  // Whether `offered` continues `seen`: DataLoss, with evidence, where `key` did not sign it, where it is older, or
  // where no proof shows it. Answers the checkpoint offered. Remembers nothing.
  absl::StatusOr<merkle::Checkpoint> CheckContinues(const SeenCheckpoint& seen, const std::string& offered,
                                                    const merkle::VerifierKey& key, const FetchConsistency& fetch,
                                                    std::vector<crypto::Hash>* path) const;

 private:
  struct Offer;

  std::string OriginDirectory(const std::string& origin) const;
  absl::Status CheckGrowth(const Offer& offer, const merkle::Checkpoint& earlier, const merkle::Checkpoint& later,
                           const FetchConsistency& fetch, std::vector<crypto::Hash>* path) const;
  absl::Status RefuseOffer(const Offer& offer, std::string_view why, const std::vector<crypto::Hash>& path) const;
  absl::StatusOr<std::string> KeepEvidence(const Offer& offer, const std::vector<crypto::Hash>& path) const;

  std::string directory_;
};

}  // namespace sworn::cli
