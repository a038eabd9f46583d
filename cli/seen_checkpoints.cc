#include "cli/seen_checkpoints.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "absl/strings/ascii.h"
#include "cli/files.h"
#include "cli/state_directory.h"
#include "ledger/merkle/text.h"
#include "ledger/merkle/tree.h"
#include "ledger/model/refusal.h"
#include "ledger/model/text.h"

namespace sworn::cli {
namespace {

constexpr size_t kMaxVerifierKeyBytes = 4'096;
constexpr size_t kMaxNameBytes = 150;  // with its suffixes below the 255 bytes that file systems take

// A file name for an origin, another one for each: what is not plain is percent-encoded, and what is too long ends in
// its hash, behind a "+", which no origin holds.
std::string FileNameOf(const std::string& origin) {
  std::string name;
  for (const char byte : origin) {
    const bool plain = absl::ascii_isalnum(static_cast<unsigned char>(byte)) || byte == '-' || byte == '_' ||
                       (byte == '.' && !name.empty());
    if (plain) {
      name.push_back(byte);
    } else {
      name += model::Concat("%", crypto::ToHex(std::string_view(&byte, 1)));
    }
  }
  if (name.size() <= kMaxNameBytes) return name;
  const std::string hash = crypto::ToHex(crypto::Sha256(origin));
  return model::Concat(name.substr(0, kMaxNameBytes - hash.size() - 1), "+", hash);
}

// Held by one process, and one thread of it, at a time.
class FileLock {
 public:
  static absl::StatusOr<FileLock> Acquire(const std::string& path) {
    const int descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) return absl::ErrnoToStatus(errno, model::Concat("cannot open ", path));
    FileLock lock(descriptor);
    while (flock(descriptor, LOCK_EX) != 0) {
      if (errno != EINTR) return absl::ErrnoToStatus(errno, model::Concat("cannot lock ", path));
    }
    return lock;
  }
  ~FileLock() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileLock& operator=(FileLock&&) = delete;
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

absl::Status Damaged(const std::string& path, const absl::Status& what) {
  return absl::DataLossError(model::Concat(path, " is damaged: ", model::FromAbsl(what.message()),
                                           ". Restore it; or remove it to forget what was seen, and pin anew"));
}

// Whether the ledger could not be asked, which says nothing about what it would have answered.
bool IsUnreachable(const absl::Status& status) {
  return model::ReasonOf(status) == v1::Refusal::REASON_UNSPECIFIED ||
         model::ReasonOf(status) == v1::Refusal::OVERLOADED;
}

std::string EntriesOf(const merkle::Checkpoint& checkpoint) {
  return model::Concat(checkpoint.size, checkpoint.size == 1 ? " entry" : " entries");
}

std::string Older(const merkle::Checkpoint& offered, const merkle::Checkpoint& seen) {
  return model::Concat("it covers ", EntriesOf(offered), " and is older than the one of ", EntriesOf(seen),
                       " already seen");
}

std::string FormatPath(const std::vector<crypto::Hash>& path) {
  std::string text;
  for (const crypto::Hash& hash : path) text += merkle::EncodeBase64(crypto::AsBytes(hash)) + "\n";
  return text;
}

}  // namespace

// A note that a ledger offers, beside what was seen of it.
struct SeenCheckpoints::Offer {
  const merkle::VerifierKey& key;
  const std::string& note;
  // Null where nothing was seen yet.
  const SeenCheckpoint* seen;
};

std::string SeenCheckpoints::OriginDirectory(const std::string& origin) const {
  return model::Concat(directory_, "/origins/", FileNameOf(origin));
}

absl::StatusOr<std::optional<PinnedOrigin>> SeenCheckpoints::Recall(const std::string& origin) const {
  const std::string key_path = OriginDirectory(origin) + "/vkey";
  const absl::StatusOr<std::string> key_text = ReadFile(key_path, kMaxVerifierKeyBytes);
  if (absl::IsNotFound(key_text.status())) return std::optional<PinnedOrigin>();
  if (!key_text.ok()) return key_text.status();
  absl::StatusOr<merkle::VerifierKey> key = merkle::VerifierKey::Parse(model::Trim(*key_text));
  if (!key.ok()) return Damaged(key_path, key.status());
  if (key->name() != origin) {
    return Damaged(key_path, absl::DataLossError(model::Concat("it holds a key of ", key->name())));
  }
  PinnedOrigin pinned{*std::move(key), std::nullopt};
  const std::string note_path = OriginDirectory(origin) + "/checkpoint.note";
  absl::StatusOr<std::string> note = ReadFile(note_path, merkle::kMaxNoteBytes);
  if (absl::IsNotFound(note.status())) return std::make_optional(std::move(pinned));
  if (!note.ok()) return note.status();
  absl::StatusOr<merkle::Checkpoint> checkpoint = merkle::OpenCheckpoint(*note, pinned.key);
  if (!checkpoint.ok()) return Damaged(note_path, checkpoint.status());
  pinned.last = SeenCheckpoint{*std::move(note), *std::move(checkpoint)};
  return std::make_optional(std::move(pinned));
}

absl::Status SeenCheckpoints::Pin(const merkle::VerifierKey& key) const {
  const std::string directory = OriginDirectory(key.name());
  if (absl::Status made = MakePrivateDirectory(directory); !made.ok()) return made;
  const absl::StatusOr<FileLock> lock = FileLock::Acquire(directory + "/lock");
  if (!lock.ok()) return lock.status();
  const absl::StatusOr<std::optional<PinnedOrigin>> pinned = Recall(key.name());
  if (!pinned.ok()) return pinned.status();
  if (!pinned->has_value()) return WriteFile(directory + "/vkey", key.ToString() + "\n", Access::kOwner);
  if ((*pinned)->key.ToString() == key.ToString()) return absl::OkStatus();
  return absl::AlreadyExistsError(model::Concat(key.name(), " is pinned to another key, ", (*pinned)->key.ToString(),
                                                "; to forget it and what was seen of it, remove ", directory));
}

absl::Status SeenCheckpoints::Check(const PinnedOrigin& before, const std::string& offered,
                                    const FetchConsistency& fetch) const {
  const std::string& origin = before.key.name();
  const std::string directory = OriginDirectory(origin);
  const absl::StatusOr<FileLock> lock = FileLock::Acquire(directory + "/lock");
  if (!lock.ok()) return lock.status();
  const absl::StatusOr<std::optional<PinnedOrigin>> now = Recall(origin);
  if (!now.ok()) return now.status();
  const std::optional<SeenCheckpoint>& last = now->has_value() ? (*now)->last : before.last;
  const Offer offer{before.key, offered, last.has_value() ? &*last : nullptr};

  const absl::StatusOr<merkle::Checkpoint> checkpoint = merkle::OpenCheckpoint(offered, before.key);
  if (!checkpoint.ok()) {
    return RefuseOffer(offer,
                       model::Concat("it is not signed by the pinned key ", before.key.ToString(), ": ",
                                     model::FromAbsl(checkpoint.status().message())),
                       {});
  }
  if (before.last.has_value() && checkpoint->size < before.last->checkpoint.size) {
    return RefuseOffer(offer, Older(*checkpoint, before.last->checkpoint), {});
  }
  if (last.has_value()) {
    const bool grew = checkpoint->size >= last->checkpoint.size;
    absl::Status growth = grew ? CheckGrowth(offer, last->checkpoint, *checkpoint, fetch, nullptr)
                               : CheckGrowth(offer, *checkpoint, last->checkpoint, fetch, nullptr);
    if (!growth.ok()) return growth;
    if (checkpoint->size <= last->checkpoint.size) return absl::OkStatus();
  }
  return WriteFile(directory + "/checkpoint.note", offered, Access::kOwner);
}

absl::StatusOr<merkle::Checkpoint> SeenCheckpoints::CheckContinues(const SeenCheckpoint& seen,
                                                                   const std::string& offered,
                                                                   const merkle::VerifierKey& key,
                                                                   const FetchConsistency& fetch,
                                                                   std::vector<crypto::Hash>* path) const {
  const Offer offer{key, offered, &seen};
  absl::StatusOr<merkle::Checkpoint> checkpoint = merkle::OpenCheckpoint(offered, key);
  if (!checkpoint.ok()) {
    return RefuseOffer(offer,
                       model::Concat("it is not signed by the key ", key.ToString(), ": ",
                                     model::FromAbsl(checkpoint.status().message())),
                       {});
  }
  if (checkpoint->size < seen.checkpoint.size) {
    return RefuseOffer(offer, Older(*checkpoint, seen.checkpoint), {});
  }
  if (absl::Status growth = CheckGrowth(offer, seen.checkpoint, *checkpoint, fetch, path); !growth.ok()) return growth;
  return checkpoint;
}

absl::Status SeenCheckpoints::CheckGrowth(const Offer& offer, const merkle::Checkpoint& earlier,
                                          const merkle::Checkpoint& later, const FetchConsistency& fetch,
                                          std::vector<crypto::Hash>* path) const {
  if (earlier.size == later.size) {
    if (earlier.root == later.root) return absl::OkStatus();
    return RefuseOffer(offer,
                       model::Concat("it is of another log: two checkpoints of ", EntriesOf(later),
                                     ", signed by the same key, have different roots"),
                       {});
  }
  absl::StatusOr<std::vector<crypto::Hash>> fetched = fetch(earlier.size, later.size);
  if (!fetched.ok()) {
    if (IsUnreachable(fetched.status())) return fetched.status();
    return RefuseOffer(offer,
                       model::Concat("the ledger cannot show that its ", EntriesOf(later), " continue the first ",
                                     earlier.size, ": ", model::FromAbsl(fetched.status().message())),
                       {});
  }
  const absl::Status verified = merkle::VerifyConsistency(earlier.size, later.size, earlier.root, later.root, *fetched);
  if (!verified.ok()) {
    return RefuseOffer(offer,
                       model::Concat("it is of another log: ", EntriesOf(later), " do not continue the ",
                                     EntriesOf(earlier), " of the other note"),
                       *fetched);
  }
  if (path != nullptr) *path = *std::move(fetched);
  return absl::OkStatus();
}

absl::Status SeenCheckpoints::RefuseOffer(const Offer& offer, std::string_view why,
                                          const std::vector<crypto::Hash>& path) const {
  const std::string refused = model::Concat("the checkpoint of ", offer.key.name(), " is refused: ", why);
  const absl::StatusOr<std::string> kept = KeepEvidence(offer, path);
  if (!kept.ok()) {
    return absl::DataLossError(
        model::Concat(refused, "\nthe evidence could not be kept: ", model::FromAbsl(kept.status().message())));
  }
  return absl::DataLossError(
      offer.seen == nullptr
          ? model::Concat(refused, "\nkept as evidence: ", *kept, "/offered.note")
          : model::Concat(refused, "\nkept as evidence: ", *kept, "/seen.note and ", *kept, "/offered.note"));
}

absl::StatusOr<std::string> SeenCheckpoints::KeepEvidence(const Offer& offer,
                                                          const std::vector<crypto::Hash>& path) const {
  const absl::StatusOr<merkle::Note> note = merkle::ParseNote(offer.note);
  const absl::StatusOr<merkle::Checkpoint> claimed =
      note.ok() ? merkle::ParseCheckpoint(note->text) : absl::StatusOr<merkle::Checkpoint>(note.status());
  const std::string seen_size = offer.seen == nullptr ? "none" : model::Concat(offer.seen->checkpoint.size);
  crypto::Sha256Hasher hasher;
  if (offer.seen != nullptr) hasher.Update(offer.seen->note);
  const std::string hash = crypto::ToHex(hasher.Update(offer.note).Finish()).substr(0, 12);
  const std::string directory =
      model::Concat(directory_, "/evidence/", FileNameOf(offer.key.name()), "-", seen_size, "-",
                    claimed.ok() ? model::Concat(claimed->size) : "unreadable", "-", hash);
  if (absl::Status made = MakePrivateDirectory(directory); !made.ok()) return made;
  absl::Status status = WriteFile(directory + "/offered.note", offer.note, Access::kOwner);
  if (status.ok()) status = WriteFile(directory + "/pinned.vkey", offer.key.ToString() + "\n", Access::kOwner);
  if (status.ok() && offer.seen != nullptr) {
    status = WriteFile(directory + "/seen.note", offer.seen->note, Access::kOwner);
  }
  if (status.ok() && !path.empty()) {
    status = WriteFile(directory + "/consistency-proof", FormatPath(path), Access::kOwner);
  }
  if (!status.ok()) return status;
  return directory;
}

}  // namespace sworn::cli
