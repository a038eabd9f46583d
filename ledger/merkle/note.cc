#include "ledger/merkle/note.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "ledger/crypto/ml_dsa.h"
#include "ledger/merkle/big_endian.h"
#include "ledger/merkle/text.h"

namespace sworn::merkle {
namespace {

constexpr size_t kKeyHashBytes = 4;
constexpr std::string_view kSignaturePrefix = "\u2014 ";  // em dash, space

absl::Status MalformedNote(const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat("not a signed note: ", what));
}

absl::Status MalformedKey(const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat("not a verifier key (name+hash+key): ", what));
}

std::string_view NameOf(VerifierKey::Type type) {
  switch (type) {
    case VerifierKey::Type::kEd25519:
      return "Ed25519 (type 0x01)";
    case VerifierKey::Type::kEd25519Cosignature:
      return "an Ed25519 cosignature (type 0x04)";
    case VerifierKey::Type::kMlDsa44Cosignature:
      return "an ML-DSA-44 cosignature (type 0x06)";
  }
  return "";
}

std::optional<VerifierKey::Type> TypeOf(char byte) {
  for (const auto type :
       {VerifierKey::Type::kEd25519, VerifierKey::Type::kEd25519Cosignature, VerifierKey::Type::kMlDsa44Cosignature}) {
    if (byte == static_cast<char>(type)) return type;
  }
  return std::nullopt;
}

std::string KeyHashBytes(uint32_t key_hash) { return EncodeBigEndian(key_hash, kKeyHashBytes); }

uint32_t ReadKeyHash(std::string_view bytes) {
  return static_cast<uint32_t>(DecodeBigEndian(bytes.substr(0, kKeyHashBytes)));
}

// SHA-256(name || "\n" || type || public key)[:4].
uint32_t KeyHash(std::string_view name, std::string_view typed_key) {
  std::string hashed(name);
  hashed.push_back('\n');
  hashed.append(typed_key);
  const crypto::Hash hash = crypto::Sha256(hashed);
  return ReadKeyHash(crypto::AsBytes(hash));
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
  return NoteSignature{std::string(name), ReadKeyHash(*bytes), bytes->substr(kKeyHashBytes)};
}

// Nothing where no known key has the signature's name and hash.
std::optional<bool> VerifySignature(const Note& note, const NoteSignature& signature,
                                    absl::Span<const VerifierKey> known_keys) {
  std::optional<bool> verified;
  for (const VerifierKey& key : known_keys) {
    if (key.type() != VerifierKey::Type::kEd25519) continue;
    if (key.name() != signature.name || key.key_hash() != signature.key_hash) continue;
    verified = verified.value_or(false) || key.Verify(note.text, signature.signature).ok();
  }
  return verified;
}

}  // namespace

VerifierKey::VerifierKey(std::string name, Type type, std::string raw_key, std::optional<crypto::PublicKey> key)
    : name_(std::move(name)),
      type_(type),
      raw_key_(std::move(raw_key)),
      key_hash_(KeyHash(name_, static_cast<char>(type_) + raw_key_)),
      key_(std::move(key)) {}

absl::StatusOr<VerifierKey> VerifierKey::Parse(std::string_view text) {
  absl::StatusOr<VerifierKey> key = ParseAnyType(text);
  if (key.ok() && key->type() != Type::kEd25519) {
    return MalformedKey(absl::StrCat("one that signs notes with ", std::string(NameOf(Type::kEd25519)),
                                     " is needed, and this one is for ", std::string(NameOf(key->type()))));
  }
  return key;
}

absl::StatusOr<VerifierKey> VerifierKey::ParseAnyType(std::string_view text) {
  const size_t first = text.find('+');
  const size_t second = first == std::string_view::npos ? first : text.find('+', first + 1);
  if (second == std::string_view::npos) return MalformedKey("it must have three parts joined by \"+\"");
  const std::optional<std::string> typed_key = DecodeBase64(text.substr(second + 1));
  if (!typed_key.has_value() || typed_key->empty()) return MalformedKey("the key is not base64");
  const std::optional<Type> type = TypeOf(typed_key->front());
  if (!type.has_value()) {
    return MalformedKey(
        "only Ed25519 keys (type 0x01) and those of cosignatures with Ed25519 (0x04) or ML-DSA-44 (0x06) are known");
  }
  absl::StatusOr<VerifierKey> key = Make(text.substr(0, first), *type, std::string_view(*typed_key).substr(1));
  if (!key.ok()) return key;
  if (crypto::ToHex(KeyHashBytes(key->key_hash_)) != text.substr(first + 1, second - first - 1)) {
    return MalformedKey("the hash does not belong to this name and key");
  }
  return key;
}

absl::StatusOr<VerifierKey> VerifierKey::Make(std::string_view name, const crypto::PublicKey& key) {
  const absl::StatusOr<std::string> raw = key.Ed25519Bytes();
  if (!raw.ok()) return MalformedKey(std::string(raw.status().message()));
  return Make(name, Type::kEd25519, *raw);
}

absl::StatusOr<VerifierKey> VerifierKey::Make(std::string_view name, Type type, std::string_view raw_key) {
  if (!IsKeyName(name)) {
    return MalformedKey("a name must be UTF-8 text that is not empty and has no spaces, control characters or \"+\"");
  }
  if (type == Type::kMlDsa44Cosignature) {
    if (raw_key.size() != crypto::kMlDsa44PublicKeyBytes) {
      return MalformedKey(absl::StrCat("an ML-DSA-44 key must be 1312 bytes, got ", raw_key.size()));
    }
    return VerifierKey(std::string(name), type, std::string(raw_key), std::nullopt);
  }
  absl::StatusOr<crypto::PublicKey> key = crypto::PublicKey::FromEd25519Bytes(raw_key);
  if (!key.ok()) return MalformedKey(std::string(key.status().message()));
  return VerifierKey(std::string(name), type, std::string(raw_key), *std::move(key));
}

std::string VerifierKey::ToString() const {
  return absl::StrCat(name_, "+", crypto::ToHex(KeyHashBytes(key_hash_)), "+",
                      EncodeBase64(static_cast<char>(type_) + raw_key_));
}

absl::Status VerifierKey::Verify(std::string_view message, std::string_view signature) const {
  return key_.has_value() ? key_->Verify(message, signature) : crypto::VerifyMlDsa44(raw_key_, message, signature);
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

std::string FormatSignatureLine(const NoteSignature& signature) {
  return absl::StrCat(std::string(kSignaturePrefix), signature.name, " ",
                      EncodeBase64(KeyHashBytes(signature.key_hash) + signature.signature), "\n");
}

absl::StatusOr<std::string> SignNote(std::string_view text, const VerifierKey& verifier_key,
                                     const crypto::PrivateKey& key) {
  if (!text.ends_with('\n') || !IsNoteText(text)) {
    return absl::InvalidArgumentError("a note must be UTF-8 text that ends in a newline, without control characters");
  }
  if (verifier_key.type() != VerifierKey::Type::kEd25519) {
    return absl::InvalidArgumentError(absl::StrCat("the key ", verifier_key.ToString(), " is for ",
                                                   std::string(NameOf(verifier_key.type())), " and signs no notes"));
  }
  if (key.public_key().key_id() != verifier_key.key().key_id()) {
    return absl::InvalidArgumentError(absl::StrCat("the signing key is not the one of ", verifier_key.ToString()));
  }
  const absl::StatusOr<std::string> signature = key.Sign(text);
  if (!signature.ok()) return signature.status();
  return absl::StrCat(std::string(text), "\n",
                      FormatSignatureLine({verifier_key.name(), verifier_key.key_hash(), *signature}));
}

}  // namespace sworn::merkle
