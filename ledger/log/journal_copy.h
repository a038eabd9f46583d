// A journal made of entries that somebody else handed over, so that an audit can go through them: nodes and indexes are
// computed here, so whatever is wrong with the entries shows when the tree is compared with what was published.
//
// Thread-safety: belongs to one thread until it is finished; then as Journal.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/crypto/hash.h"
#include "ledger/journal/journal.h"
#include "ledger/log/audit.h"
#include "ledger/merkle/tree.h"

namespace sworn::log {

// The leaf that was published for a position. NotFound where none was.
using PublishedLeaf = std::function<absl::StatusOr<crypto::Hash>(uint64_t position)>;

class JournalCopy {
 public:
  // `directory` must not exist or be empty. `published_leaf` stands in for entries that are missing; may be null.
  static absl::StatusOr<std::unique_ptr<JournalCopy>> Create(const std::string& directory,
                                                             PublishedLeaf published_leaf);
  ~JournalCopy();
  JournalCopy(const JournalCopy&) = delete;
  JournalCopy& operator=(const JournalCopy&) = delete;

  // Takes a serialized v1::RecordedEntry. What does not parse, or is not at its position, is a finding ("entry"); an
  // error is one of the copy itself, or of entries that are too far apart.
  absl::Status Add(std::string_view recorded_entry);
  // Writes what waits.
  absl::Status Finish();

  // Entries added, missing ones included.
  uint64_t size() const { return tree_.size(); }
  std::vector<Finding>& findings() { return findings_; }
  // Reading an entry that is missing is an error (NotFound).
  const journal::Journal& journal() const;

 private:
  class IncompleteJournal;
  explicit JournalCopy(std::unique_ptr<IncompleteJournal> journal, PublishedLeaf published_leaf);

  void AddFinding(uint64_t position, std::string detail);
  absl::Status AddMissing();
  absl::Status Append(journal::StoredEntry stored, const crypto::Hash& leaf);

  std::unique_ptr<IncompleteJournal> journal_;
  PublishedLeaf published_leaf_;
  merkle::Tree tree_;
  journal::Group waiting_;
  size_t waiting_bytes_ = 0;
  uint64_t missing_ = 0;
  std::vector<Finding> findings_;
};

}  // namespace sworn::log
