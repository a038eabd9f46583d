#include "ledger/log/fsck.h"

#include <fcntl.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "ledger/journal/rocksdb/rocksdb_journal.h"
#include "ledger/journal/rocksdb/signed_part.h"
#include "ledger/log/durable_file.h"
#include "ledger/log/guard.h"
#include "ledger/log/journal_rebuild.h"
#include "ledger/log/timestamps.h"
#include "ledger/model/refusal.h"
#include "ledger/model/text.h"

namespace sworn::log {
namespace {

using model::Concat;

// The journal as far as it can be opened, and what was damaged for that.
struct OpenedJournal {
  std::unique_ptr<journal::Journal> journal;  // null where it cannot be opened at all
  DerivedPart derived = DerivedPart::kCompare;
  std::optional<Damage> damage;
};

Damage DamageOf(Damage::Of of, std::string part, const absl::Status& status) {
  return {of, std::move(part), std::nullopt, std::string(status.message())};
}

// Entries there must be, as the guard tells.
uint64_t GuardedSize(const std::string& guard_note, const merkle::VerifierKey& verifier_key) {
  const absl::StatusOr<merkle::Checkpoint> checkpoint = merkle::OpenCheckpoint(guard_note, verifier_key);
  return checkpoint.ok() ? checkpoint->size : 0;
}

// All of it; else what is signed in it; else whatever is left of that.
absl::StatusOr<OpenedJournal> OpenAsFarAsPossible(const LedgerDirectory& directory, const std::string& guard_note) {
  const std::string path = directory.journal_path();
  absl::StatusOr<std::unique_ptr<journal::Journal>> whole =
      journal::OpenRocksDbJournal(path, journal::OpenMode::kReadOnly);
  if (whole.ok()) return OpenedJournal{*std::move(whole), DerivedPart::kCompare, std::nullopt};
  if (absl::IsNotFound(whole.status())) {
    return OpenedJournal{nullptr, DerivedPart::kNotOpened, DamageOf(Damage::Of::kSigned, "journal", whole.status())};
  }
  if (!absl::IsDataLoss(whole.status())) return whole.status();
  absl::StatusOr<std::unique_ptr<journal::Journal>> signed_part = journal::OpenSignedPart(path);
  if (signed_part.ok()) {
    return OpenedJournal{*std::move(signed_part), DerivedPart::kNotOpened,
                         DamageOf(Damage::Of::kDerived, "storage", whole.status())};
  }
  absl::StatusOr<std::unique_ptr<journal::Journal>> remainder =
      journal::OpenSignedRemainder(path, GuardedSize(guard_note, directory.verifier_key()));
  return OpenedJournal{remainder.ok() ? *std::move(remainder) : nullptr, DerivedPart::kNotOpened,
                       DamageOf(Damage::Of::kSigned, "journal", signed_part.status())};
}

absl::StatusOr<std::string> ReadGuard(const LedgerDirectory& directory) {
  absl::StatusOr<std::string> note = ReadSmallFile(directory.guard_path(), merkle::kMaxNoteBytes);
  if (absl::IsNotFound(note.status())) return std::string();
  return note;
}

absl::Status Exchange(const std::string& one, const std::string& other) {
  if (renameat2(AT_FDCWD, one.c_str(), AT_FDCWD, other.c_str(), RENAME_EXCHANGE) == 0) return absl::OkStatus();
  const int code = errno;
  return absl::ErrnoToStatus(code, Concat("cannot exchange ", one, " and ", other, " in one step; both are whole"));
}

absl::Status RemoveAll(const std::string& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (error) return absl::ErrnoToStatus(error.value(), Concat("cannot remove ", path));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Fsck>> Fsck::Begin(LedgerDirectory directory, FsckMode mode, CheckProgress progress) {
  auto fsck = std::unique_ptr<Fsck>(new Fsck(std::move(directory), std::move(progress)));
  std::error_code error;
  if (mode == FsckMode::kCheck || !std::filesystem::exists(fsck->directory_.journal_path(), error)) return fsck;
  absl::StatusOr<std::unique_ptr<journal::JournalLock>> lock =
      journal::JournalLock::Take(fsck->directory_.journal_path());
  if (!lock.ok()) return lock.status();
  fsck->lock_ = *std::move(lock);
  return fsck;
}

// The guard is read before the journal, so that it is not ahead of it while a daemon writes.
absl::StatusOr<FsckReport> Fsck::Check() const {
  const absl::StatusOr<std::string> guard_note = ReadGuard(directory_);
  if (!guard_note.ok()) return guard_note.status();
  const absl::StatusOr<OpenedJournal> opened = OpenAsFarAsPossible(directory_, *guard_note);
  if (!opened.ok()) return opened.status();
  FsckReport report;
  if (opened->damage.has_value()) report.damages.Add(*opened->damage);
  if (opened->journal != nullptr) {
    report.journal = CheckJournal(*opened->journal, directory_.verifier_key(), *guard_note, opened->derived, progress_);
    report.damages.Add(report.journal.damages);
  }
  // What was found so far is all of the journal.
  report.record_intact = report.damages.signed_count() == 0;
  report.must_rebuild_journal = report.damages.derived_count() > 0;
  if (guard_note->empty() && !report.journal.signed_note.empty()) {
    report.must_restore_guard = true;
    report.damages.Add({Damage::Of::kDerived, "guard", std::nullopt,
                        Concat(directory_.guard_path(), ", the last checkpoint signed, is missing")});
  }
  CheckFiles(report);
  return report;
}

void Fsck::CheckFiles(FsckReport& report) const {
  std::error_code error;
  if (std::filesystem::exists(rebuilding_path(), error)) {
    report.damages.Add({Damage::Of::kDerived, "leftover", std::nullopt,
                        Concat("a repair that was interrupted has left ", rebuilding_path())});
  }
  const absl::StatusOr<std::unique_ptr<Timestamps>> timestamps =
      Timestamps::Open(directory_.timestamps_path(), directory_.verifier_key());
  if (!timestamps.ok()) {
    return report.damages.Add(DamageOf(Damage::Of::kSigned, "timestamp", timestamps.status()));
  }
  for (size_t index = 0; index < (*timestamps)->count(); ++index) {
    const absl::Status read = (*timestamps)->Read(index).status();
    if (!read.ok()) report.damages.Add(DamageOf(Damage::Of::kSigned, "timestamp", read));
  }
}

absl::Status Fsck::Repair(const FsckReport& report) {
  if (lock_ == nullptr) return absl::FailedPreconditionError("nothing is repaired without holding the ledger");
  if (!report.record_intact) {
    return absl::FailedPreconditionError("what is signed is damaged: restore the ledger from a backup");
  }
  if (absl::Status status = RemoveAll(rebuilding_path()); !status.ok()) return status;
  if (report.must_rebuild_journal) {
    if (absl::Status status = ReplaceJournal(report); !status.ok()) return status;
  }
  if (!report.must_restore_guard) return absl::OkStatus();
  const Guard guard(directory_.guard_path());
  absl::Status stored = guard.Store(report.journal.signed_note);
  return stored.ok() ? guard.Sync() : stored;
}

absl::Status Fsck::ReplaceJournal(const FsckReport& report) {
  const std::string& note = report.journal.signed_note;
  {
    const absl::StatusOr<OpenedJournal> damaged = OpenAsFarAsPossible(directory_, note);
    if (!damaged.ok()) return damaged.status();
    if (absl::Status status = RebuildJournal(*damaged->journal, note, rebuilding_path(), progress_); !status.ok()) {
      return status;
    }
  }
  {
    const absl::StatusOr<std::unique_ptr<journal::Journal>> rebuilt =
        journal::OpenRocksDbJournal(rebuilding_path(), journal::OpenMode::kReadOnly);
    if (!rebuilt.ok()) return rebuilt.status();
    const JournalCheck check =
        CheckJournal(**rebuilt, directory_.verifier_key(), note, DerivedPart::kCompare, progress_);
    if (!check.damages.list().empty() || check.checkpoint.root != report.journal.checkpoint.root) {
      return absl::InternalError(
          Concat("the journal written anew in ", rebuilding_path(), " does not check: ",
                 check.damages.list().empty() ? "its root differs" : check.damages.list().front().detail));
    }
  }
  absl::StatusOr<std::unique_ptr<journal::JournalLock>> lock = journal::JournalLock::Take(rebuilding_path());
  if (!lock.ok()) return lock.status();
  absl::Status status = SyncPath(rebuilding_path());
  if (status.ok()) status = Exchange(rebuilding_path(), directory_.journal_path());
  if (status.ok()) status = SyncPath(directory_.path());
  if (!status.ok()) return status;
  rebuilt_lock_ = *std::move(lock);
  return RemoveAll(rebuilding_path());
}

}  // namespace sworn::log
