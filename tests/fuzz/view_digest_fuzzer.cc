// Digests of views, which the ledger signs.
#include "ledger/log/view_digest.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/small_ledger.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sworn;
  using fuzz::Require;
  const std::string_view input = fuzz::AsText(data, size);
  log::OpenViewDigest(input, fuzz::LedgerVerifierKey()).status().IgnoreError();
  const absl::StatusOr<log::ViewDigest> digest = log::ParseViewDigest(input);
  if (!digest.ok()) return 0;
  Require(log::FormatViewDigest(*digest) == input, "a view digest formats back to its bytes");
  const absl::StatusOr<std::string> note = log::SignViewDigest(*digest, fuzz::LedgerVerifierKey(), fuzz::LedgerKey());
  if (!note.ok()) return 0;
  const absl::StatusOr<log::ViewDigest> opened = log::OpenViewDigest(*note, fuzz::LedgerVerifierKey());
  Require(opened.ok() && log::FormatViewDigest(*opened) == input, "a signed view digest opens to its text");
  Require(!merkle::OpenCheckpoint(*note, fuzz::LedgerVerifierKey()).ok(), "a view digest is never a checkpoint");
  return 0;
}
