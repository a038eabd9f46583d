#include "ledger/log/guard.h"

#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/log/durable_file.h"
#include "ledger/merkle/note.h"
#include "ledger/model/refusal.h"

namespace sworn::log {

absl::StatusOr<std::optional<merkle::Checkpoint>> Guard::Load(const merkle::VerifierKey& verifier_key) const {
  const absl::StatusOr<std::string> note = ReadSmallFile(path_, merkle::kMaxNoteBytes);
  if (absl::IsNotFound(note.status())) {
    return std::nullopt;
  }
  if (!note.ok()) {
    return note.status();
  }
  absl::StatusOr<merkle::Checkpoint> checkpoint = merkle::OpenCheckpoint(*note, verifier_key);
  if (!checkpoint.ok()) {
    return model::Refuse(v1::Refusal::DAMAGED, absl::StrCat("the last signed checkpoint in ", path_,
                                                            " does not verify: ", checkpoint.status().message(),
                                                            "; restore the file from a published copy"));
  }
  return *std::move(checkpoint);
}

absl::Status Guard::Check(const merkle::VerifierKey& verifier_key, uint64_t size,
                          const merkle::NodeReader& read_node) const {
  const absl::StatusOr<std::optional<merkle::Checkpoint>> guarded = Load(verifier_key);
  if (!guarded.ok()) {
    return guarded.status();
  }
  if (!guarded->has_value()) {
    return absl::OkStatus();
  }
  const merkle::Checkpoint& checkpoint = **guarded;
  if (size < checkpoint.size) {
    return model::Refuse(
        v1::Refusal::FORKED,
        absl::StrCat("the log has ", size, " entries, but this ledger has signed a checkpoint of ", checkpoint.size,
                     " (", path_, "): it was restored from an older copy or lost its ",
                     "end; nothing is signed until the missing entries are restored"));
  }
  const absl::StatusOr<crypto::Hash> root = merkle::RootAt(checkpoint.size, read_node);
  if (!root.ok()) {
    return model::WithContext(root.status(), absl::StrCat("comparing the log with the checkpoint in ", path_));
  }
  if (*root != checkpoint.root) {
    return model::Refuse(
        v1::Refusal::FORKED,
        absl::StrCat("the first ", checkpoint.size, " entries of the log have the root ", crypto::ToHex(*root),
                     ", but this ledger has signed ", crypto::ToHex(checkpoint.root), " (", path_,
                     "): this is another log; restore ", "the one that was signed"));
  }
  return absl::OkStatus();
}

absl::Status Guard::Store(const std::string& note) const { return ReplaceFile(path_, note, FileDurability::kUnsynced); }

absl::Status Guard::Sync() const {
  if (absl::Status status = SyncPath(path_); !status.ok()) {
    return status;
  }
  const std::string directory = std::filesystem::path(path_).parent_path().string();
  return SyncPath(directory.empty() ? "." : directory);
}

}  // namespace sworn::log
