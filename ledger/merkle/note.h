// Signed notes and verifier keys (c2sp.org/signed-note): Ed25519 signatures (type 0x01), and the keys of witnesses
// (types 0x04 and 0x06, c2sp.org/tlog-cosignature), whose signatures ledger/merkle/cosignature.h makes and checks.
//
// Thread-safety: safe to call from any thread; objects are immutable.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "ledger/crypto/key.h"

namespace sworn::merkle {

inline constexpr size_t kMaxNoteBytes = 1'000'000;
inline constexpr size_t kMaxNoteSignatures = 64;

// A name with the key that signs for it: "name+hex(key id)+base64(type || public key)".
class VerifierKey {
 public:
  // What the key signs, as the byte that stands before it.
  enum class Type : uint8_t {
    kEd25519 = 0x01,             // the text of a note
    kEd25519Cosignature = 0x04,  // a checkpoint, with the time
    kMlDsa44Cosignature = 0x06,  // a tree, with the time; the key is kept as bytes, whether or not OpenSSL knows it
  };

  // Reads a key that signs notes, as a ledger's does. InvalidArgument for every other type, so that key() can be used.
  static absl::StatusOr<VerifierKey> Parse(std::string_view text);
  // Reads a key of any of the types.
  static absl::StatusOr<VerifierKey> ParseAnyType(std::string_view text);
  // A key that signs notes. InvalidArgument if the name is empty or holds spaces or "+", or the key is not Ed25519.
  static absl::StatusOr<VerifierKey> Make(std::string_view name, const crypto::PublicKey& key);
  // A key of any type. `raw_key` has 32 bytes for Ed25519, 1,312 for ML-DSA-44.
  static absl::StatusOr<VerifierKey> Make(std::string_view name, Type type, std::string_view raw_key);

  const std::string& name() const { return name_; }
  Type type() const { return type_; }
  uint32_t key_hash() const { return key_hash_; }
  // The bytes of the public key. Keys with the same bytes are the same key, whatever their names and types.
  const std::string& raw_key() const { return raw_key_; }
  // Not for ML-DSA-44.
  const crypto::PublicKey& key() const { return *key_; }
  std::string ToString() const;

  // OK if `signature` is the key's over `message`, whatever the type says about what it signs; InvalidArgument
  // otherwise; Unimplemented for ML-DSA-44 where OpenSSL lacks it.
  absl::Status Verify(std::string_view message, std::string_view signature) const;

 private:
  VerifierKey(std::string name, Type type, std::string raw_key, std::optional<crypto::PublicKey> key);
  std::string name_;
  Type type_;
  std::string raw_key_;
  uint32_t key_hash_;
  std::optional<crypto::PublicKey> key_;  // nothing for ML-DSA-44
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
// known key must have signed. Answers the note with only the verified signatures. Keys of witnesses sign no notes: they
// count as unknown.
absl::StatusOr<Note> OpenNote(std::string_view note, absl::Span<const VerifierKey> known_keys);

// One line under a note, with its newline.
std::string FormatSignatureLine(const NoteSignature& signature);

// `text` must end in a newline and hold no control characters but newlines.
absl::StatusOr<std::string> SignNote(std::string_view text, const VerifierKey& verifier_key,
                                     const crypto::PrivateKey& key);

}  // namespace sworn::merkle
