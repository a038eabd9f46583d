// Checkpoints: the text, and the signed note around it.
#include "ledger/merkle/checkpoint.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/small_ledger.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sworn;
  using fuzz::Require;
  const std::string_view input = fuzz::AsText(data, size);
  merkle::OpenCheckpoint(input, fuzz::LedgerVerifierKey()).IgnoreError();
  const absl::StatusOr<merkle::Checkpoint> checkpoint = merkle::ParseCheckpoint(input);
  const absl::StatusOr<std::string> note = merkle::SignNote(input, fuzz::LedgerVerifierKey(), fuzz::LedgerKey());
  if (note.ok() && note->size() <= merkle::kMaxNoteBytes) {
    const absl::StatusOr<merkle::Checkpoint> opened = merkle::OpenCheckpoint(*note, fuzz::LedgerVerifierKey());
    Require(opened.ok() == (checkpoint.ok() && checkpoint->origin == fuzz::kOrigin),
            "a signed checkpoint opens where its text is one, of that log");
  }
  if (!checkpoint.ok()) return 0;
  const std::string formatted = merkle::FormatCheckpoint(*checkpoint);
  Require(input.starts_with(formatted), "a checkpoint formats back to its first three lines");
  const absl::StatusOr<merkle::Checkpoint> again = merkle::ParseCheckpoint(formatted);
  Require(again.ok() && again->size == checkpoint->size && again->root == checkpoint->root,
          "extension lines say nothing");
  return 0;
}
