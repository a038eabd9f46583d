// Signed notes: what parses is what its parts format to, and nothing unsigned opens.
#include <string>

#include "ledger/merkle/note.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/small_ledger.h"

namespace sworn::fuzz {
namespace {

std::string Format(const merkle::Note& note) {
  std::string text = note.text + "\n";
  for (const merkle::NoteSignature& signature : note.signatures) text += merkle::FormatSignatureLine(signature);
  return text;
}

// Signs `text` where it may be signed, and opens what comes out.
void SignAndOpen(std::string_view text) {
  const absl::StatusOr<std::string> signed_note = merkle::SignNote(text, LedgerVerifierKey(), LedgerKey());
  if (!signed_note.ok()) return;
  const absl::StatusOr<merkle::Note> opened = merkle::OpenNote(*signed_note, {&LedgerVerifierKey(), 1});
  if (signed_note->size() > merkle::kMaxNoteBytes) return;
  Require(opened.ok() && opened->text == text, "a note that was signed opens to its text");
  Require(opened->signatures.size() == 1, "only the signatures of known keys are answered");
}

}  // namespace
}  // namespace sworn::fuzz

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sworn;
  const std::string_view input = fuzz::AsText(data, size);
  fuzz::SignAndOpen(input);
  const absl::StatusOr<merkle::Note> note = merkle::ParseNote(input);
  const absl::StatusOr<merkle::Note> opened = merkle::OpenNote(input, {&fuzz::LedgerVerifierKey(), 1});
  if (!note.ok()) {
    fuzz::Require(!opened.ok(), "what is no note does not open");
    return 0;
  }
  fuzz::Require(fuzz::Format(*note) == input, "a note formats back to its bytes");
  if (!opened.ok()) return 0;
  fuzz::Require(opened->text == note->text, "opening a note does not change its text");
  fuzz::Require(!opened->signatures.empty(), "an opened note is signed by a known key");
  return 0;
}
