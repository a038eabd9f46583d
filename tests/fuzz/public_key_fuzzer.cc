// Public keys in DER and PEM: what is kept is what was read.
#include "ledger/crypto/key.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using sworn::crypto::PublicKey;
  using sworn::fuzz::Require;
  const std::string_view input = sworn::fuzz::AsText(data, size);
  PublicKey::FromEd25519Bytes(input).status().IgnoreError();
  PublicKey::FromP256Point(input).status().IgnoreError();
  for (const absl::StatusOr<PublicKey>& key : {PublicKey::FromDer(input), PublicKey::FromPem(input)}) {
    if (!key.ok()) continue;
    const absl::StatusOr<PublicKey> again = PublicKey::FromPem(key->ToPem());
    Require(again.ok() && again->key_id() == key->key_id(), "a key reads back from the PEM it prints as");
    const absl::StatusOr<PublicKey> der = PublicKey::FromDer(key->der());
    Require(der.ok() && der->der() == key->der(), "a key reads back from its DER");
    Require(!key->Verify(input, input).ok(), "nothing signs itself");
  }
  const absl::StatusOr<PublicKey> key = PublicKey::FromDer(input);
  Require(!key.ok() || key->der() == input, "DER is kept as it was read");
  return 0;
}
