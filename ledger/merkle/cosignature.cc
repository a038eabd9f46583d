#include "ledger/merkle/cosignature.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "ledger/merkle/big_endian.h"

namespace sworn::merkle {
namespace {

constexpr size_t kTimestampBytes = 8;
constexpr size_t kMaxNameBytes = 255;
constexpr std::string_view kSubtreeLabel("subtree/v1\n\0", 12);

absl::Status Wrong(std::string_view witness_name, const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat("the cosignature by ", std::string(witness_name), " ", what));
}

// opaque name<1..2^8-1>: a byte of length and the bytes.
absl::Status AppendName(std::string_view name, std::string& message) {
  if (name.empty() || name.size() > kMaxNameBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("an ML-DSA-44 cosignature covers names of 1 to 255 bytes, not of ", name.size()));
  }
  message.append(EncodeBigEndian(name.size(), 1)).append(name);
  return absl::OkStatus();
}

absl::StatusOr<std::string> SignedMessage(std::string_view checkpoint_text, const VerifierKey& witness,
                                          uint64_t timestamp) {
  // Also what is signed as text must be a checkpoint: a cosignature says nothing about any other note.
  const absl::StatusOr<Checkpoint> checkpoint = ParseCheckpoint(checkpoint_text);
  if (!checkpoint.ok()) return checkpoint.status();
  switch (witness.type()) {
    case VerifierKey::Type::kEd25519Cosignature:
      return CosignatureMessage(checkpoint_text, timestamp);
    case VerifierKey::Type::kMlDsa44Cosignature:
      return SubtreeCosignatureMessage(witness.name(), *checkpoint, timestamp);
    case VerifierKey::Type::kEd25519:
      break;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("the key ", witness.ToString(), " signs notes (type 0x01), not cosignatures (0x04 or 0x06)"));
}

}  // namespace

std::string CosignatureMessage(std::string_view checkpoint_text, uint64_t timestamp) {
  return absl::StrCat("cosignature/v1\ntime ", timestamp, "\n", std::string(checkpoint_text));
}

absl::StatusOr<std::string> SubtreeCosignatureMessage(std::string_view witness_name, const Checkpoint& checkpoint,
                                                      uint64_t timestamp) {
  std::string message(kSubtreeLabel);
  if (absl::Status status = AppendName(witness_name, message); !status.ok()) return status;
  message.append(EncodeBigEndian(timestamp, kTimestampBytes));
  if (absl::Status status = AppendName(checkpoint.origin, message); !status.ok()) return status;
  message.append(EncodeBigEndian(0, sizeof(uint64_t)));  // start
  message.append(EncodeBigEndian(checkpoint.size, sizeof(uint64_t)));
  message.append(crypto::AsBytes(checkpoint.root));
  return message;
}

absl::StatusOr<std::string> AddCosignature(std::string_view note, const VerifierKey& witness,
                                           const crypto::PrivateKey& key, uint64_t timestamp) {
  if (witness.type() == VerifierKey::Type::kMlDsa44Cosignature) {
    return absl::UnimplementedError("cosignatures with ML-DSA-44 are checked, but not made");
  }
  if (key.public_key().key_id() != witness.key().key_id()) return Wrong(witness.name(), "needs that witness's own key");
  if (timestamp > kMaxCosignatureTimestamp) return Wrong(witness.name(), "cannot have a time past 2^63 - 1");
  const absl::StatusOr<Note> parsed = ParseNote(note);
  if (!parsed.ok()) return parsed.status();
  if (parsed->signatures.size() >= kMaxNoteSignatures) return Wrong(witness.name(), "would be one too many");
  const absl::StatusOr<std::string> message = SignedMessage(parsed->text, witness, timestamp);
  if (!message.ok()) return message.status();
  const absl::StatusOr<std::string> signature = key.Sign(*message);
  if (!signature.ok()) return signature.status();
  const std::string blob = EncodeBigEndian(timestamp, kTimestampBytes) + *signature;
  return std::string(note) + FormatSignatureLine({witness.name(), witness.key_hash(), blob});
}

absl::StatusOr<Cosignature> VerifyCosignature(std::string_view checkpoint_text, const NoteSignature& signature,
                                              const VerifierKey& witness) {
  if (signature.name != witness.name() || signature.key_hash != witness.key_hash()) {
    return Wrong(signature.name, absl::StrCat("is not by the key ", witness.ToString()));
  }
  const std::string_view blob = signature.signature;
  if (blob.size() <= kTimestampBytes) return Wrong(witness.name(), "is cut off");
  const uint64_t timestamp = DecodeBigEndian(blob.substr(0, kTimestampBytes));
  if (timestamp > kMaxCosignatureTimestamp) return Wrong(witness.name(), "has a time past 2^63 - 1");
  const absl::StatusOr<std::string> message = SignedMessage(checkpoint_text, witness, timestamp);
  if (!message.ok()) return message.status();
  const absl::Status verified = witness.Verify(*message, blob.substr(kTimestampBytes));
  if (absl::IsUnimplemented(verified)) return verified;
  if (!verified.ok()) return Wrong(witness.name(), "is wrong: it is not by that key over this checkpoint and time");
  return Cosignature{witness.name(), timestamp};
}

}  // namespace sworn::merkle
