// What an audit can be made of: the directory of a ledger, an exported tree of tiles with the file of its entries, or a
// live server. Tiles and servers hand over entries, from which a journal is made in a scratch directory, so that one
// auditor goes through all three.
//
// Thread-safety: belongs to one thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/options.h"
#include "cli/scratch_directory.h"
#include "ledger/journal/journal.h"
#include "ledger/journal/rocksdb/row_store.h"
#include "ledger/log/audit.h"
#include "ledger/log/audit_tiles.h"
#include "ledger/log/journal_copy.h"
#include "ledger/merkle/note.h"
#include "ledger/views/replay.h"

namespace sworn::cli {

struct AuditSource {
  enum class Kind { kDirectory, kTiles, kServer };
  Kind kind = Kind::kDirectory;
  std::string description;
  std::optional<merkle::VerifierKey> verifier_key;
  std::string trust;  // where the key is from

  // One of the two; neither where the journal of a directory cannot be opened, which is a finding.
  std::unique_ptr<journal::Journal> own_journal;
  std::unique_ptr<log::JournalCopy> copy;
  std::unique_ptr<journal::RowStore> rows;  // null where no rows of views are stored

  std::string checkpoint;  // signed note, as published; empty where there is none
  std::optional<log::TileComparison> tiles;
  std::vector<views::ExpectedDigest> digests;  // that the source signed when it was asked
  std::vector<log::Finding> findings;
  std::vector<std::string> not_checked;

  const journal::Journal* journal() const { return copy != nullptr ? &copy->journal() : own_journal.get(); }
};

// Called now and then with the number of entries read.
using ReadingProgress = std::function<void(uint64_t done, uint64_t total)>;

// `trust` is a verifier key or a file with one; empty: the key is taken from the source, which is then told.
absl::StatusOr<AuditSource> OpenDirectory(const std::string& path, const std::string& trust);
absl::StatusOr<AuditSource> OpenTiles(const std::string& tiles, const std::string& entries, const std::string& trust,
                                      const ScratchDirectory& scratch, const ReadingProgress& progress);
absl::StatusOr<AuditSource> OpenServer(const GlobalOptions& options, const std::string& trust,
                                       const ScratchDirectory& scratch, const ReadingProgress& progress);

}  // namespace sworn::cli
