#include "cli/audit_source.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "cli/connection.h"
#include "cli/files.h"
#include "cli/trusted_key.h"
#include "ledger/journal/rocksdb/rocksdb_journal.h"
#include "ledger/log/entries_file.h"
#include "ledger/log/ledger_directory.h"
#include "ledger/log/view_digest.h"
#include "ledger/merkle/checkpoint.h"
#include "ledger/model/text.h"

namespace sworn::cli {
namespace {

using model::Concat;

constexpr uint64_t kProgressEveryEntries = 256;

void TrustOwnKey(const std::string& whose, AuditSource& source) {
  source.trust = whose;
  source.not_checked.push_back(
      Concat("that the ledger's key is the one you expect: it was taken from ", whose, "; give --trust VKEY"));
}

// The checkpoint that says how far entries are wanted. What is not signed by the key says nothing.
absl::StatusOr<merkle::Checkpoint> OpenPublished(const AuditSource& source, const std::string& where) {
  absl::StatusOr<merkle::Checkpoint> checkpoint = merkle::OpenCheckpoint(source.checkpoint, *source.verifier_key);
  if (checkpoint.ok()) return checkpoint;
  return absl::DataLossError(Concat("verification failed: the checkpoint of ", where, " is not signed by ",
                                    source.verifier_key->ToString(), ": ", checkpoint.status().message()));
}

absl::StatusOr<std::string> ReadGuard(const log::LedgerDirectory& directory) {
  absl::StatusOr<std::string> guard = ReadFile(directory.guard_path(), merkle::kMaxNoteBytes);
  if (absl::IsNotFound(guard.status())) return std::string();
  return guard;
}

absl::Status CopyEntriesFile(const std::string& path, uint64_t size, const ReadingProgress& progress,
                             AuditSource& source) {
  absl::StatusOr<log::EntriesFileReader> reader = log::EntriesFileReader::Open(path);
  if (!reader.ok()) return reader.status();
  if (reader->origin() != source.verifier_key->name()) {
    source.findings.push_back(
        {"entry", std::nullopt, Concat(path, " is of ", reader->origin(), ", not of ", source.verifier_key->name())});
  }
  while (source.copy->size() < size) {
    if (source.copy->size() % kProgressEveryEntries == 0) progress(source.copy->size(), size);
    const absl::StatusOr<std::optional<std::string>> bytes = reader->NextBytes();
    if (!bytes.ok()) {
      source.findings.push_back(
          {"entry", source.copy->size(), Concat(path, ": ", model::FromAbsl(bytes.status().message()))});
      break;
    }
    if (!bytes->has_value()) break;
    if (absl::Status added = source.copy->Add(**bytes); !added.ok()) {
      source.findings.push_back({"entry", source.copy->size(), std::string(added.message())});
      break;
    }
  }
  progress(size, size);
  return source.copy->Finish();
}

void TakeFindings(std::vector<log::Finding> found, AuditSource& source) {
  std::move(found.begin(), found.end(), std::back_inserter(source.findings));
}

// Reads entries one page at a time, and one by one around an entry that the server cannot hand over.
class EntryFetcher {
 public:
  EntryFetcher(Connection& connection, AuditSource& source) : connection_(connection), source_(source) {}

  absl::Status CopyUntil(uint64_t size, const ReadingProgress& progress) {
    while (position_ < size) {
      progress(position_, size);
      v1::ReadEntriesRequest request;
      request.set_from_position(position_);
      request.set_max_entries(one_by_one_ ? 1 : 0);
      const auto response = connection_.Call(connection_.ledger(), &v1::LedgerService::Stub::ReadEntries, request);
      if (absl::IsDataLoss(response.status())) {
        PassDamage(response.status());
        continue;
      }
      if (!response.ok()) return response.status();
      if (response->entries().empty()) break;
      for (const v1::RecordedEntry& entry : response->entries()) {
        if (source_.copy->size() >= size) break;
        if (absl::Status added = source_.copy->Add(entry.SerializeAsString()); !added.ok()) return added;
      }
      position_ = std::max(position_ + 1, source_.copy->size());
    }
    progress(size, size);
    return source_.copy->Finish();
  }

 private:
  void PassDamage(const absl::Status& damage) {
    if (one_by_one_) {
      source_.findings.push_back(
          {"storage", position_, Concat("the server says: ", model::FromAbsl(damage.message()))});
      ++position_;
    }
    one_by_one_ = !one_by_one_;
  }

  Connection& connection_;
  AuditSource& source_;
  uint64_t position_ = 0;
  bool one_by_one_ = false;
};

// What the server signs about its views as of the end of what is audited.
absl::Status AskForDigests(Connection& connection, uint64_t size, AuditSource& source) {
  if (size == 0) return absl::OkStatus();
  const auto listed = connection.Call(connection.views(), &v1::ViewService::Stub::ListViews, v1::ListViewsRequest());
  if (!listed.ok()) return listed.status();
  for (const v1::ViewStatus& view : listed->views()) {
    v1::SignViewDigestRequest request;
    request.set_view(view.name());
    request.set_position(size - 1);
    const auto response = connection.Call(connection.views(), &v1::ViewService::Stub::SignViewDigest, request);
    if (!response.ok()) {
      source.not_checked.push_back(
          Concat("the server's view ", view.name(), ": ", model::FromAbsl(response.status().message())));
      continue;
    }
    const absl::StatusOr<log::ViewDigest> digest = log::OpenViewDigest(response->note(), *source.verifier_key);
    if (!digest.ok()) {
      source.findings.push_back({"view digest", size - 1,
                                 Concat("the server's digest of view ", view.name(),
                                        " does not verify: ", model::FromAbsl(digest.status().message()))});
      continue;
    }
    source.digests.push_back(
        {"what the server signed now", digest->view, digest->version, digest->position, digest->digest});
  }
  return absl::OkStatus();
}

}  // namespace

// The guard and the views are opened before the journal, so that neither is ahead of it while a daemon writes.
absl::StatusOr<AuditSource> OpenDirectory(const std::string& path, const std::string& trust) {
  const absl::StatusOr<log::LedgerDirectory> directory = log::LedgerDirectory::Open(path);
  if (!directory.ok()) return directory.status();
  AuditSource source;
  source.description = Concat("directory ", path);
  source.verifier_key = directory->verifier_key();
  if (trust.empty()) {
    TrustOwnKey("the ledger's own directory", source);
  } else {
    absl::StatusOr<merkle::VerifierKey> key = ReadTrustedKey("--trust", trust);
    if (!key.ok()) return key.status();
    source.verifier_key = *std::move(key);
    source.trust = "--trust";
  }
  absl::StatusOr<std::string> guard = ReadGuard(*directory);
  if (!guard.ok()) return guard.status();
  source.checkpoint = *std::move(guard);
  absl::StatusOr<std::unique_ptr<journal::RowStore>> rows = journal::RowStore::OpenReadOnly(directory->views_path());
  if (rows.ok()) {
    source.rows = *std::move(rows);
  } else if (absl::IsNotFound(rows.status())) {
    source.not_checked.emplace_back("stored rows of views: there are none (they are rebuilt from the log)");
  } else {
    source.findings.push_back({"view", std::nullopt, std::string(rows.status().message())});
  }
  absl::StatusOr<std::unique_ptr<journal::Journal>> journal =
      journal::OpenRocksDbJournal(directory->journal_path(), journal::OpenMode::kReadOnly);
  if (journal.ok()) {
    source.own_journal = *std::move(journal);
  } else if (absl::IsDataLoss(journal.status())) {
    source.findings.push_back({"storage", std::nullopt, std::string(journal.status().message())});
    source.not_checked.emplace_back("everything else: the journal cannot be opened");
  } else {
    return journal.status();
  }
  return source;
}

absl::StatusOr<AuditSource> OpenTiles(const std::string& tiles, const std::string& entries, const std::string& trust,
                                      const ScratchDirectory& scratch, const ReadingProgress& progress) {
  if (trust.empty()) return absl::InvalidArgumentError("whose log is it? Give --trust VKEY with --tiles and --entries");
  AuditSource source;
  source.kind = AuditSource::Kind::kTiles;
  source.description = Concat("tiles in ", tiles, " with the entries in ", entries);
  absl::StatusOr<merkle::VerifierKey> key = ReadTrustedKey("--trust", trust);
  if (!key.ok()) return key.status();
  source.verifier_key = *std::move(key);
  source.trust = "--trust";
  absl::StatusOr<std::string> note = ReadFile(tiles + "/checkpoint", merkle::kMaxNoteBytes);
  if (!note.ok()) return note.status();
  source.checkpoint = *std::move(note);
  const absl::StatusOr<merkle::Checkpoint> checkpoint = OpenPublished(source, tiles);
  if (!checkpoint.ok()) return checkpoint.status();
  absl::StatusOr<std::unique_ptr<log::JournalCopy>> copy = log::JournalCopy::Create(
      scratch.path() + "/journal",
      [tiles, size = checkpoint->size](uint64_t position) { return log::ReadLeafOfTiles(tiles, size, position); });
  if (!copy.ok()) return copy.status();
  source.copy = *std::move(copy);
  if (absl::Status copied = CopyEntriesFile(entries, checkpoint->size, progress, source); !copied.ok()) return copied;
  TakeFindings(std::move(source.copy->findings()), source);
  source.tiles = log::CompareTiles(tiles, checkpoint->size, source.copy->journal());
  TakeFindings(std::move(source.tiles->findings), source);
  if (source.tiles->absent_bundles > 0) {
    source.not_checked.push_back(
        Concat(source.tiles->absent_bundles, " bundles of entries, which are not among the tiles (not for everybody)"));
  }
  source.not_checked.emplace_back("the ledger's own storage: nodes, indexes and stored rows of views");
  return source;
}

absl::StatusOr<AuditSource> OpenServer(const GlobalOptions& options, const std::string& trust,
                                       const ScratchDirectory& scratch, const ReadingProgress& progress) {
  const absl::StatusOr<std::unique_ptr<Connection>> connection = Connection::Open(options);
  if (!connection.ok()) return connection.status();
  AuditSource source;
  source.kind = AuditSource::Kind::kServer;
  source.description = Concat("server ", options.server);
  const auto answer =
      (*connection)->Call((*connection)->ledger(), &v1::LedgerService::Stub::GetCheckpoint, v1::GetCheckpointRequest());
  if (!answer.ok()) return answer.status();
  source.checkpoint = answer->checkpoint();
  if (trust.empty()) TrustOwnKey("the server itself", source);
  absl::StatusOr<merkle::VerifierKey> key =
      trust.empty() ? merkle::VerifierKey::Parse(answer->verifier_key()) : ReadTrustedKey("--trust", trust);
  if (!key.ok()) return key.status();
  source.verifier_key = *std::move(key);
  if (!trust.empty()) source.trust = "--trust";
  const absl::StatusOr<merkle::Checkpoint> checkpoint = OpenPublished(source, options.server);
  if (!checkpoint.ok()) return checkpoint.status();
  absl::StatusOr<std::unique_ptr<log::JournalCopy>> copy =
      log::JournalCopy::Create(scratch.path() + "/journal", nullptr);
  if (!copy.ok()) return copy.status();
  source.copy = *std::move(copy);
  absl::Status copied = EntryFetcher(**connection, source).CopyUntil(checkpoint->size, progress);
  if (!copied.ok()) return copied;
  TakeFindings(std::move(source.copy->findings()), source);
  if (absl::Status asked = AskForDigests(**connection, checkpoint->size, source); !asked.ok()) return asked;
  source.not_checked.emplace_back("the ledger's own storage: nodes, indexes and stored rows of views");
  return source;
}

}  // namespace sworn::cli
