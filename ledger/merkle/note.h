// Signed notes and verifier keys (c2sp.org/signed-note), Ed25519 signatures (type 0x01).
//
// Thread-safety: safe to call from any thread; objects are immutable.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "ledger/crypto/key.h"

namespace sworn::merkle {

inline constexpr size_t kMaxNoteBytes = 1'000'000;
inline constexpr size_t kMaxNoteSignatures = 64;

// A name with the Ed25519 key that signs for it: "name+hex(key id)+base64(0x01 || public key)".
class VerifierKey {
 public:
  static absl::StatusOr<VerifierKey> Parse(std::string_view text);
  // InvalidArgument if the name is empty or holds spaces or "+", or the key is not Ed25519.
  static absl::StatusOr<VerifierKey> Make(std::string_view name, const crypto::PublicKey& key);

  const std::string& name() const { return name_; }
  uint32_t key_hash() const { return key_hash_; }
  const crypto::PublicKey& key() const { return key_; }
  std::string ToString() const;

 private:
  VerifierKey(std::string name, uint32_t key_hash, crypto::PublicKey key)
      : name_(std::move(name)), key_hash_(key_hash), key_(std::move(key)) {}
  std::string name_;
  uint32_t key_hash_;
  crypto::PublicKey key_;
};

struct NoteSignature {
  std::string name;
  uint32_t key_hash = 0;
  std::string signature;  // what follows the 4 bytes of key hash
};

struct Note {
  std::string text;  // ends in a newline
  std::vector<NoteSignature> signatures;
};

// InvalidArgument where the bytes are not a signed note.
absl::StatusOr<Note> ParseNote(std::string_view note);

// Parses and verifies. Unknown keys are ignored, a known key with a bad signature rejects the note, and at least one
// known key must have signed. Answers the note with only the verified signatures.
absl::StatusOr<Note> OpenNote(std::string_view note, absl::Span<const VerifierKey> known_keys);

// `text` must end in a newline and hold no control characters but newlines.
absl::StatusOr<std::string> SignNote(std::string_view text, const VerifierKey& verifier_key,
                                     const crypto::PrivateKey& key);

}  // namespace sworn::merkle
