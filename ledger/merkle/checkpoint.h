// Checkpoints (c2sp.org/tlog-checkpoint): the signed tree head.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "ledger/crypto/hash.h"
#include "ledger/merkle/note.h"

namespace sworn::merkle {

struct Checkpoint {
  std::string origin;
  uint64_t size = 0;
  crypto::Hash root{};
};

// "origin\nsize\nbase64 root\n".
std::string FormatCheckpoint(const Checkpoint& checkpoint);

// The text of a note as a checkpoint. InvalidArgument on leading zeroes, a wrong hash length, a missing line; extension
// lines are accepted and ignored.
absl::StatusOr<Checkpoint> ParseCheckpoint(std::string_view text);

absl::StatusOr<std::string> SignCheckpoint(const Checkpoint& checkpoint, const VerifierKey& verifier_key,
                                           const crypto::PrivateKey& key);

// Opens the note with `log_key` and checks that the origin is the key's name.
absl::StatusOr<Checkpoint> OpenCheckpoint(std::string_view note, const VerifierKey& log_key);

}  // namespace sworn::merkle
