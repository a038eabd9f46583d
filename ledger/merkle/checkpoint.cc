#include "ledger/merkle/checkpoint.h"

#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "ledger/merkle/text.h"

namespace sworn::merkle {
namespace {

absl::Status Malformed(const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat("not a checkpoint: ", what));
}

// Lines after the third may hold anything, but not nothing.
absl::Status CheckExtensionLines(std::string_view lines) {
  while (!lines.empty()) {
    const std::optional<std::string_view> line = TakeLine(lines);
    if (!line.has_value()) return Malformed("the last line does not end in a newline");
    if (line->empty()) return Malformed("an extension line is empty");
  }
  return absl::OkStatus();
}

}  // namespace

std::string FormatCheckpoint(const Checkpoint& checkpoint) {
  return absl::StrCat(checkpoint.origin, "\n", checkpoint.size, "\n", EncodeBase64(crypto::AsBytes(checkpoint.root)),
                      "\n");
}

absl::StatusOr<Checkpoint> ParseCheckpoint(std::string_view text) {
  const std::optional<std::string_view> origin = TakeLine(text);
  if (!origin.has_value() || origin->empty()) return Malformed("line 1, the origin, is missing");
  const std::optional<std::string_view> size_line = TakeLine(text);
  const std::optional<uint64_t> size = ParseDecimal(size_line.value_or(""));
  if (!size.has_value()) return Malformed("line 2 is not a tree size in decimal without leading zeroes");
  const std::optional<std::string_view> root_line = TakeLine(text);
  const std::optional<crypto::Hash> root = DecodeBase64Hash(root_line.value_or(""));
  if (!root.has_value()) return Malformed("line 3 is not a root hash of 32 bytes in base64");
  if (absl::Status status = CheckExtensionLines(text); !status.ok()) return status;
  return Checkpoint{std::string(*origin), *size, *root};
}

absl::StatusOr<std::string> SignCheckpoint(const Checkpoint& checkpoint, const VerifierKey& verifier_key,
                                           const crypto::PrivateKey& key) {
  if (checkpoint.origin != verifier_key.name()) {
    return absl::InvalidArgumentError(absl::StrCat("the checkpoint's origin ", checkpoint.origin, " is not ",
                                                   verifier_key.name(), ", the name of the key that is to sign it"));
  }
  return SignNote(FormatCheckpoint(checkpoint), verifier_key, key);
}

absl::StatusOr<Checkpoint> OpenCheckpoint(std::string_view note, const VerifierKey& log_key) {
  const absl::StatusOr<Note> opened = OpenNote(note, {&log_key, 1});
  if (!opened.ok()) return opened.status();
  absl::StatusOr<Checkpoint> checkpoint = ParseCheckpoint(opened->text);
  if (checkpoint.ok() && checkpoint->origin != log_key.name()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the checkpoint is of ", checkpoint->origin, ", not of ", log_key.name()));
  }
  return checkpoint;
}

}  // namespace sworn::merkle
