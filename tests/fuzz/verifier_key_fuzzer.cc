// Verifier keys: each has one spelling.
#include "ledger/merkle/note.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using sworn::fuzz::Require;
  using sworn::merkle::VerifierKey;
  const std::string_view input = sworn::fuzz::AsText(data, size);
  const absl::StatusOr<VerifierKey> key = VerifierKey::ParseAnyType(input);
  const absl::StatusOr<VerifierKey> note_key = VerifierKey::Parse(input);
  if (!key.ok()) {
    Require(!note_key.ok(), "a key that signs notes is a verifier key");
    return 0;
  }
  Require(key->ToString() == input, "a verifier key prints as it was written");
  Require(note_key.ok() == (key->type() == VerifierKey::Type::kEd25519), "a key that signs notes is of type 0x01");
  Require(!key->Verify(input, "").ok(), "no key signs with nothing");
  const absl::StatusOr<VerifierKey> again = VerifierKey::Make(key->name(), key->type(), key->raw_key());
  Require(again.ok() && again->key_hash() == key->key_hash(), "a key made of the parts of a key is that key");
  return 0;
}
