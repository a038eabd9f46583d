// Cosignatures of checkpoints by witnesses (c2sp.org/tlog-cosignature): Ed25519 (type 0x04) and ML-DSA-44 (type 0x06).
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "ledger/crypto/key.h"
#include "ledger/merkle/checkpoint.h"
#include "ledger/merkle/note.h"

namespace sworn::merkle {

inline constexpr uint64_t kMaxCosignatureTimestamp = uint64_t{INT64_MAX};

// A cosignature that was verified.
struct Cosignature {
  std::string name;        // of the witness
  uint64_t timestamp = 0;  // seconds since 1970
};

// What a witness signs with Ed25519: "cosignature/v1\ntime N\n" and the text of the checkpoint.
std::string CosignatureMessage(std::string_view checkpoint_text, uint64_t timestamp);
// What a witness signs with ML-DSA-44: the structure cosigned_message for a whole tree. InvalidArgument where one of
// the names does not have 1 to 255 bytes.
absl::StatusOr<std::string> SubtreeCosignatureMessage(std::string_view witness_name, const Checkpoint& checkpoint,
                                                      uint64_t timestamp);

// The note with the witness's cosignature (type 0x04) added as a line. InvalidArgument where the note holds no
// checkpoint, the key is not the witness's, or the time is past 2^63 - 1. Whether the tree only grew is for the caller
// to know.
absl::StatusOr<std::string> AddCosignature(std::string_view note, const VerifierKey& witness,
                                           const crypto::PrivateKey& key, uint64_t timestamp);

// Checks the line of `signature` against the text of the checkpoint. InvalidArgument where it is not a good one of that
// witness; Unimplemented for ML-DSA-44 where OpenSSL lacks it.
absl::StatusOr<Cosignature> VerifyCosignature(std::string_view checkpoint_text, const NoteSignature& signature,
                                              const VerifierKey& witness);

}  // namespace sworn::merkle
