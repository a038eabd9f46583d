// The ledger's signed word on what the rows of a view were as of a position, for an auditor to replay and compare: a
// signed note (c2sp.org/signed-note) with the text
//
//   sworn/view-digest/v1\n
//   origin of the ledger\n
//   name of the view\n
//   version of the view, in decimal\n
//   position, in decimal: the last entry that counts\n
//   SHA-256 over the rows, in base64\n
//
// The first line of a checkpoint is the ledger's origin, so neither can be taken for the other; a ledger whose origin
// is this first line signs no digests.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "ledger/crypto/hash.h"
#include "ledger/crypto/key.h"
#include "ledger/merkle/note.h"

namespace sworn::log {

struct ViewDigest {
  std::string origin;
  std::string view;
  uint32_t version = 0;
  uint64_t position = 0;
  crypto::Hash digest{};
};

std::string FormatViewDigest(const ViewDigest& digest);
// The text of a note. InvalidArgument names the line that is wrong; there are no further lines.
absl::StatusOr<ViewDigest> ParseViewDigest(std::string_view text);

// InvalidArgument where the origin is not the key's name, or the name of the view has no place on a line.
absl::StatusOr<std::string> SignViewDigest(const ViewDigest& digest, const merkle::VerifierKey& verifier_key,
                                           const crypto::PrivateKey& key);
// Verifies, parses, and checks that the origin is the key's name.
absl::StatusOr<ViewDigest> OpenViewDigest(std::string_view note, const merkle::VerifierKey& verifier_key);

}  // namespace sworn::log
