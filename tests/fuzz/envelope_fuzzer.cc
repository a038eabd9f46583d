// Envelopes: what is signed verifies, and nothing that was changed since.
#include "ledger/crypto/dsse.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/small_ledger.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sworn;
  using fuzz::Require;
  std::optional<v1::Envelope> read = fuzz::ReadMessage<v1::Envelope>(fuzz::AsText(data, size));
  if (!read.has_value()) return 0;
  v1::Envelope& envelope = *read;
  const crypto::PublicKey& key = fuzz::AuthorKey().public_key();
  for (const v1::Signature& signature : envelope.signatures()) {
    crypto::VerifyEnvelopeSignature(envelope, signature, key).IgnoreError();
  }
  if (!crypto::SignEnvelope(fuzz::AuthorKey(), envelope).ok()) return 0;
  const v1::Signature signature = *envelope.signatures().rbegin();
  Require(crypto::VerifyEnvelopeSignature(envelope, signature, key).ok(), "what was signed verifies");
  v1::Envelope changed = envelope;
  changed.mutable_payload()->push_back('\0');
  Require(!crypto::VerifyEnvelopeSignature(changed, signature, key).ok(), "a longer payload does not verify");
  changed = envelope;
  changed.mutable_payload_type()->push_back(' ');
  Require(!crypto::VerifyEnvelopeSignature(changed, signature, key).ok(), "another type does not verify");
  v1::Signature other = signature;
  other.set_algorithm(v1::Signature::ECDSA_P256_SHA256);
  Require(!crypto::VerifyEnvelopeSignature(envelope, other, key).ok(), "the algorithm is the key's");
  return 0;
}
