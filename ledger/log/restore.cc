#include "ledger/log/restore.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "ledger/crypto/key_file.h"
#include "ledger/crypto/secret.h"
#include "ledger/journal/rocksdb/rocksdb_journal.h"
#include "ledger/log/copied_files.h"
#include "ledger/log/durable_file.h"
#include "ledger/log/ledger_directory.h"
#include "ledger/merkle/tree.h"
#include "ledger/model/refusal.h"
#include "ledger/model/text.h"

namespace sworn::log {
namespace {

using model::Concat;

constexpr size_t kMaxNamedFindings = 8;

absl::Status NeverAsked() { return absl::OkStatus(); }

absl::Status DoesNotVerify(const std::string& backup, std::string_view why) {
  return model::Refuse(v1::Refusal::DAMAGED, Concat("the backup ", backup, " does not verify: ", why));
}

absl::Status CheckPlaces(const RestoreOptions& options) {
  std::error_code error;
  if (std::filesystem::exists(std::filesystem::symlink_status(options.directory, error))) {
    return absl::AlreadyExistsError(
        Concat(options.directory, " is there already, and restoring overwrites nothing: move it aside (mv ",
               options.directory, " ", options.directory, ".before) and name the last checkpoint it signed with ",
               "--published ", options.directory, ".before/checkpoint"));
  }
  return absl::OkStatus();
}

// A published checkpoint, opened with the ledger's key.
struct Published {
  std::string name;
  merkle::Checkpoint checkpoint;
};

absl::StatusOr<std::vector<Published>> OpenPublished(const RestoreOptions& options, const LedgerDirectory& ledger) {
  std::vector<Published> opened;
  for (const PublishedCheckpoint& published : options.published) {
    absl::StatusOr<merkle::Checkpoint> checkpoint = merkle::OpenCheckpoint(published.note, ledger.verifier_key());
    if (!checkpoint.ok()) {
      return absl::InvalidArgumentError(Concat(published.name, " is no checkpoint of the ledger ", ledger.origin(),
                                               " in the backup: ", checkpoint.status().message()));
    }
    opened.push_back({published.name, *std::move(checkpoint)});
  }
  return opened;
}

// Published entries that the backup of `size` does not have.
absl::StatusOr<uint64_t> CheckRollback(const RestoreOptions& options, const std::vector<Published>& published,
                                       uint64_t size) {
  uint64_t missing = 0;
  for (const Published& known : published) {
    if (known.checkpoint.size <= size) continue;
    missing = std::max(missing, known.checkpoint.size - size);
    if (options.rollback == RestoreOptions::Rollback::kAccept) continue;
    return model::Refuse(
        v1::Refusal::FORKED,
        Concat("the backup ", options.backup, " has ", size, " entries, but ", known.name, " was published over ",
               known.checkpoint.size, ": positions ", size, " to ", known.checkpoint.size - 1,
               " would be lost, and whoever saw that checkpoint would refuse this log as forked from then on; restore ",
               "a newer backup, or give --accept-rollback where there is none"));
  }
  return missing;
}

// The log in the backup continues, or is continued by, what was published.
absl::Status CheckContinues(const journal::Journal& journal, const std::vector<Published>& published) {
  const merkle::NodeReader read_node = [&journal](merkle::NodeId id) { return journal.ReadNode(id); };
  for (const Published& known : published) {
    if (known.checkpoint.size > journal.Size()) continue;
    const absl::StatusOr<crypto::Hash> root = merkle::RootAt(known.checkpoint.size, read_node);
    if (!root.ok()) return root.status();
    if (*root == known.checkpoint.root) continue;
    return model::Refuse(v1::Refusal::FORKED,
                         Concat("the first ", known.checkpoint.size, " entries of the backup have the root ",
                                crypto::ToHex(*root), ", but ", known.name, " has ",
                                crypto::ToHex(known.checkpoint.root), ": this is another log under the same key"));
  }
  return absl::OkStatus();
}

absl::Status DescribeFindings(const std::string& backup, const std::vector<Finding>& findings) {
  std::string list;
  for (size_t i = 0; i < findings.size() && i < kMaxNamedFindings; ++i) {
    const Finding& finding = findings[i];
    const std::string where = finding.position.has_value() ? Concat(" at position ", *finding.position) : "";
    list += Concat(i == 0 ? "" : "; ", finding.check, where, ": ", finding.detail);
  }
  if (findings.size() > kMaxNamedFindings) list += Concat("; and ", findings.size() - kMaxNamedFindings, " more");
  return DoesNotVerify(backup, list);
}

// What can be said before anything is copied.
struct Outlook {
  merkle::Checkpoint checkpoint;  // as the backup states it
  std::string note;
  std::vector<Published> published;
  uint64_t missing_entries = 0;
};

absl::StatusOr<Outlook> LookAhead(const RestoreOptions& options) {
  const absl::StatusOr<LedgerDirectory> ledger = LedgerDirectory::Open(options.backup);
  if (!ledger.ok()) return DoesNotVerify(options.backup, model::FromAbsl(ledger.status().message()));
  if (options.ledger_key.has_value() &&
      options.ledger_key->public_key().key_id() != ledger->verifier_key().key().key_id()) {
    return absl::InvalidArgumentError(
        Concat("the key given is not that of the ledger ", ledger->origin(), " in the backup ", options.backup));
  }
  Outlook outlook;
  absl::StatusOr<std::string> note = ReadSmallFile(ledger->guard_path(), merkle::kMaxNoteBytes);
  if (!note.ok()) return DoesNotVerify(options.backup, model::FromAbsl(note.status().message()));
  outlook.note = *std::move(note);
  absl::StatusOr<merkle::Checkpoint> checkpoint = merkle::OpenCheckpoint(outlook.note, ledger->verifier_key());
  if (!checkpoint.ok()) return DoesNotVerify(options.backup, Concat("checkpoint: ", checkpoint.status().message()));
  outlook.checkpoint = *std::move(checkpoint);
  absl::StatusOr<std::vector<Published>> published = OpenPublished(options, *ledger);
  if (!published.ok()) return published.status();
  outlook.published = *std::move(published);
  const absl::StatusOr<uint64_t> missing = CheckRollback(options, outlook.published, outlook.checkpoint.size);
  if (!missing.ok()) return missing.status();
  outlook.missing_entries = *missing;
  return outlook;
}

// Everything the copy claims.
absl::Status AuditCopy(const RestoreOptions& options, const LedgerDirectory& copy, const Outlook& outlook) {
  const absl::StatusOr<std::unique_ptr<journal::Journal>> journal =
      journal::OpenRocksDbJournal(copy.journal_path(), journal::OpenMode::kReadOnly);
  if (!journal.ok()) return DoesNotVerify(options.backup, model::FromAbsl(journal.status().message()));
  if ((*journal)->Size() != outlook.checkpoint.size) {
    return DoesNotVerify(options.backup, Concat("its journal has ", (*journal)->Size(), " entries, its checkpoint ",
                                                outlook.checkpoint.size));
  }
  AuditOptions audit;
  audit.checkpoints.push_back({"the backup's checkpoint", outlook.note});
  audit.progress = options.progress;
  const AuditReport report = AuditJournal(**journal, copy.verifier_key(), audit);
  if (!report.findings.empty()) return DescribeFindings(options.backup, report.findings);
  return CheckContinues(**journal, outlook.published);
}

absl::Status WriteKey(const crypto::PrivateKey& key, const LedgerDirectory& copy) {
  const std::string keys = std::filesystem::path(copy.key_path()).parent_path().string();
  if (mkdir(keys.c_str(), 0700) != 0) {
    const int code = errno;
    return absl::ErrnoToStatus(code, Concat("cannot make the directory ", keys));
  }
  return crypto::WriteKeyFile(key, copy.key_path(), crypto::Secret());
}

absl::Status CopyBackup(const RestoreOptions& options, const BackupManifest& manifest, const std::string& partial) {
  absl::Status status = CopyFile(Concat(options.backup, "/ledger.json"), Concat(partial, "/ledger.json"));
  if (status.ok()) status = CopyFile(Concat(options.backup, "/checkpoint"), Concat(partial, "/checkpoint"));
  for (const char* const name : {"/journal", "/timestamps"}) {
    if (status.ok()) status = CopyFiles(Concat(options.backup, name), Concat(partial, name), NeverAsked);
  }
  // What the backup lacks is told by the manifest.
  if (!status.ok() && !absl::IsNotFound(status)) return status;
  const absl::StatusOr<BackupManifest> copied = MakeManifest(partial, NeverAsked);
  if (!copied.ok()) return copied.status();
  const absl::Status same = CompareManifests(manifest, *copied);
  return same.ok() ? same : DoesNotVerify(options.backup, model::FromAbsl(same.message()));
}

absl::Status Fill(const RestoreOptions& options, const BackupManifest& manifest, const Outlook& outlook,
                  const std::string& partial) {
  if (absl::Status status = CopyBackup(options, manifest, partial); !status.ok()) return status;
  const absl::StatusOr<LedgerDirectory> copy = LedgerDirectory::Open(partial);
  if (!copy.ok()) return DoesNotVerify(options.backup, model::FromAbsl(copy.status().message()));
  if (absl::Status status = AuditCopy(options, *copy, outlook); !status.ok()) return status;
  return options.ledger_key.has_value() ? WriteKey(*options.ledger_key, *copy) : absl::OkStatus();
}

}  // namespace

absl::StatusOr<Restored> Restore(const RestoreOptions& options) {
  if (absl::Status status = CheckPlaces(options); !status.ok()) return status;
  const absl::StatusOr<BackupManifest> manifest = ReadManifest(options.backup);
  if (!manifest.ok()) return manifest.status();
  const absl::StatusOr<Outlook> outlook = LookAhead(options);
  if (!outlook.ok()) return outlook.status();
  const absl::StatusOr<std::string> partial = MakePartialDirectory(options.directory, 0755);
  if (!partial.ok()) return partial.status();
  absl::Cleanup remove = [&partial] {
    std::error_code ignored;
    std::filesystem::remove_all(*partial, ignored);
  };
  if (absl::Status status = Fill(options, *manifest, *outlook, *partial); !status.ok()) return status;
  if (absl::Status status = FinishPartialDirectory(*partial, options.directory); !status.ok()) return status;
  std::move(remove).Cancel();
  return Restored{outlook->checkpoint, outlook->missing_entries};
}

}  // namespace sworn::log
