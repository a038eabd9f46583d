#include "ledger/merkle/note.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "ledger/merkle/text.h"

namespace sworn::merkle {
namespace {

constexpr char kEd25519Type = '\x01';
constexpr size_t kKeyHashBytes = 4;
constexpr std::string_view kSignaturePrefix = "\u2014 ";  // em dash, space

absl::Status MalformedNote(const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat("not a signed note: ", what));
}

absl::Status MalformedKey(const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat("not a verifier key (name+hash+key): ", what));
}

uint32_t ReadBigEndian(std::string_view bytes) {
  uint32_t number = 0;
  for (const char byte : bytes.substr(0, kKeyHashBytes)) number = number << 8U | static_cast<unsigned char>(byte);
  return number;
}

std::string WriteBigEndian(uint32_t number) {
  std::string bytes;
  for (const unsigned shift : {24U, 16U, 8U, 0U}) bytes.push_back(static_cast<char>(number >> shift & 0xFFU));
  return bytes;
}

// SHA-256(name || "\n" || type || public key)[:4].
uint32_t KeyHash(std::string_view name, std::string_view typed_key) {
  std::string hashed(name);
  hashed.push_back('\n');
  hashed.append(typed_key);
  const crypto::Hash hash = crypto::Sha256(hashed);
  return ReadBigEndian(crypto::AsBytes(hash));
}

absl::StatusOr<NoteSignature> ParseSignatureLine(std::string_view line) {
  if (!line.starts_with(kSignaturePrefix)) return MalformedNote("a signature line does not begin with an em dash");
  line.remove_prefix(kSignaturePrefix.size());
  const size_t space = line.find(' ');
  if (space == std::string_view::npos) return MalformedNote("a signature line has no signature");
  const std::string_view name = line.substr(0, space);
  if (!IsKeyName(name)) return MalformedNote("a signature line has no valid key name");
  const std::optional<std::string> bytes = DecodeBase64(line.substr(space + 1));
  if (!bytes.has_value() || bytes->size() <= kKeyHashBytes) {
    return MalformedNote(absl::StrCat("the signature of ", std::string(name), " is not base64 of 5 or more bytes"));
  }
  return NoteSignature{std::string(name), ReadBigEndian(*bytes), bytes->substr(kKeyHashBytes)};
}

// Nothing where no known key has the signature's name and hash.
std::optional<bool> VerifySignature(const Note& note, const NoteSignature& signature,
                                    absl::Span<const VerifierKey> known_keys) {
  std::optional<bool> verified;
  for (const VerifierKey& key : known_keys) {
    if (key.name() != signature.name || key.key_hash() != signature.key_hash) continue;
    verified = verified.value_or(false) || key.key().Verify(note.text, signature.signature).ok();
  }
  return verified;
}

}  // namespace

absl::StatusOr<VerifierKey> VerifierKey::Parse(std::string_view text) {
  const size_t first = text.find('+');
  const size_t second = first == std::string_view::npos ? first : text.find('+', first + 1);
  if (second == std::string_view::npos) return MalformedKey("it must have three parts joined by \"+\"");
  const std::string_view name = text.substr(0, first);
  const std::optional<std::string> typed_key = DecodeBase64(text.substr(second + 1));
  if (!typed_key.has_value() || typed_key->empty()) return MalformedKey("the key is not base64");
  if (typed_key->front() != kEd25519Type) return MalformedKey("only Ed25519 keys (type 0x01) are known");
  const absl::StatusOr<crypto::PublicKey> public_key =
      crypto::PublicKey::FromEd25519Bytes(std::string_view(*typed_key).substr(1));
  if (!public_key.ok()) return MalformedKey(std::string(public_key.status().message()));
  absl::StatusOr<VerifierKey> key = Make(name, *public_key);
  if (!key.ok()) return key;
  if (crypto::ToHex(WriteBigEndian(key->key_hash_)) != text.substr(first + 1, second - first - 1)) {
    return MalformedKey("the hash does not belong to this name and key");
  }
  return key;
}

absl::StatusOr<VerifierKey> VerifierKey::Make(std::string_view name, const crypto::PublicKey& key) {
  if (!IsKeyName(name)) {
    return MalformedKey("a name must be UTF-8 text that is not empty and has no spaces, control characters or \"+\"");
  }
  const absl::StatusOr<std::string> raw = key.Ed25519Bytes();
  if (!raw.ok()) return MalformedKey(std::string(raw.status().message()));
  return VerifierKey(std::string(name), KeyHash(name, kEd25519Type + *raw), key);
}

std::string VerifierKey::ToString() const {
  const std::string raw = key_.Ed25519Bytes().value_or("");  // Make has seen to it that there is one
  return absl::StrCat(name_, "+", crypto::ToHex(WriteBigEndian(key_hash_)), "+", EncodeBase64(kEd25519Type + raw));
}

absl::StatusOr<Note> ParseNote(std::string_view note) {
  if (note.size() > kMaxNoteBytes) return MalformedNote("it is longer than 1,000,000 bytes");
  if (!IsNoteText(note)) return MalformedNote("it is not UTF-8 or has control characters");
  const size_t end_of_text = note.rfind("\n\n");
  if (end_of_text == std::string_view::npos) return MalformedNote("no blank line before the signatures");
  Note parsed{std::string(note.substr(0, end_of_text + 1)), {}};
  std::string_view left = note.substr(end_of_text + 2);
  if (!left.ends_with('\n')) return MalformedNote("it has no signature lines that end in a newline");
  while (!left.empty()) {
    if (parsed.signatures.size() == kMaxNoteSignatures) return MalformedNote("it has more than 64 signatures");
    absl::StatusOr<NoteSignature> signature = ParseSignatureLine(TakeLine(left).value_or(""));
    if (!signature.ok()) return signature.status();
    parsed.signatures.push_back(*std::move(signature));
  }
  return parsed;
}

absl::StatusOr<Note> OpenNote(std::string_view note, absl::Span<const VerifierKey> known_keys) {
  absl::StatusOr<Note> parsed = ParseNote(note);
  if (!parsed.ok()) return parsed;
  std::vector<NoteSignature> verified;
  for (const NoteSignature& signature : parsed->signatures) {
    const std::optional<bool> good = VerifySignature(*parsed, signature, known_keys);
    if (!good.has_value()) continue;
    if (!*good)
      return absl::InvalidArgumentError(absl::StrCat("the note's signature by ", signature.name, " is wrong"));
    verified.push_back(signature);
  }
  if (verified.empty()) return absl::InvalidArgumentError("the note is signed by none of the trusted keys");
  parsed->signatures = std::move(verified);
  return parsed;
}

absl::StatusOr<std::string> SignNote(std::string_view text, const VerifierKey& verifier_key,
                                     const crypto::PrivateKey& key) {
  if (!text.ends_with('\n') || !IsNoteText(text)) {
    return absl::InvalidArgumentError("a note must be UTF-8 text that ends in a newline, without control characters");
  }
  if (key.public_key().key_id() != verifier_key.key().key_id()) {
    return absl::InvalidArgumentError(absl::StrCat("the signing key is not the one of ", verifier_key.ToString()));
  }
  const absl::StatusOr<std::string> signature = key.Sign(text);
  if (!signature.ok()) return signature.status();
  std::string note(text);
  absl::StrAppend(&note, "\n", std::string(kSignaturePrefix), verifier_key.name(), " ",
                  EncodeBase64(WriteBigEndian(verifier_key.key_hash()) + *signature), "\n");
  return note;
}

}  // namespace sworn::merkle
