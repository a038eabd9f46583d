// Cosignatures: of whatever note, by a known witness.
#include <string>

#include "ledger/merkle/cosignature.h"
#include "ledger/merkle/note.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/small_ledger.h"

namespace sworn::fuzz {
namespace {

// Cosigns `note`, which parses, and checks what was added.
void CosignAndVerify(std::string_view note, uint64_t timestamp) {
  const absl::StatusOr<std::string> cosigned =
      merkle::AddCosignature(note, WitnessVerifierKey(), WitnessKey(), timestamp);
  if (!cosigned.ok() || cosigned->size() > merkle::kMaxNoteBytes) return;
  const absl::StatusOr<merkle::Note> parsed = merkle::ParseNote(*cosigned);
  Require(parsed.ok(), "a cosigned note is a note");
  merkle::NoteSignature added = parsed->signatures.back();
  const absl::StatusOr<merkle::Cosignature> verified =
      merkle::VerifyCosignature(parsed->text, added, WitnessVerifierKey());
  Require(verified.ok() && verified->timestamp == timestamp, "a cosignature that was made verifies, with its time");
  added.signature.back() = static_cast<char>(added.signature.back() ^ 1);
  Require(!merkle::VerifyCosignature(parsed->text, added, WitnessVerifierKey()).ok(), "a changed cosignature is none");
}

}  // namespace
}  // namespace sworn::fuzz

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sworn;
  const std::string_view input = fuzz::AsText(data, size);
  const absl::StatusOr<merkle::Note> note = merkle::ParseNote(input);
  if (!note.ok()) return 0;
  for (const merkle::NoteSignature& signature : note->signatures) {
    const absl::StatusOr<merkle::Cosignature> cosignature =
        merkle::VerifyCosignature(note->text, signature, fuzz::WitnessVerifierKey());
    fuzz::Require(!cosignature.ok() || merkle::ParseCheckpoint(note->text).ok(), "only checkpoints are cosigned");
    fuzz::Require(!cosignature.ok() || cosignature->timestamp <= merkle::kMaxCosignatureTimestamp,
                  "the time of a cosignature is within its bounds");
  }
  fuzz::CosignAndVerify(input, input.size());
  fuzz::CosignAndVerify(input, merkle::kMaxCosignatureTimestamp);
  return 0;
}
