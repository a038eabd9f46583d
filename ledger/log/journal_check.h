// Tells what is damaged in a journal, and whether it can be made again: what is signed (entries, portions, checkpoints)
// cannot, what is derived from it (nodes of the tree, indexes, fields of records) can.
//
// That the record was rightly made (signatures, rights, order) is for an audit to say (audit.h).
//
// Thread-safety: a check reads only, and calls back on the calling thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "ledger/journal/journal.h"
#include "ledger/merkle/checkpoint.h"
#include "ledger/merkle/note.h"

namespace sworn::log {

struct Damage {
  enum class Of { kSigned, kDerived };
  Of of = Of::kSigned;
  // Signed: "journal", "entry", "portion", "checkpoint", "guard", "timestamp". Derived: "storage", "entry record",
  // "node", "id index", "request index", "registry index", "guard", "leftover", "view".
  std::string part;
  std::optional<uint64_t> position;  // entry concerned
  std::string detail;
};

inline constexpr size_t kMaxDamages = 1'000;

// The first kMaxDamages, and how many there are.
class Damages {
 public:
  void Add(Damage damage);
  void Add(const Damages& more);
  const std::vector<Damage>& list() const { return list_; }
  uint64_t signed_count() const { return signed_count_; }
  uint64_t derived_count() const { return derived_count_; }

 private:
  std::vector<Damage> list_;
  uint64_t signed_count_ = 0;
  uint64_t derived_count_ = 0;
};

// Called now and then with the number of entries done.
using CheckProgress = std::function<void(uint64_t done, uint64_t total)>;

// Whether nodes and indexes are there to be compared.
enum class DerivedPart { kCompare, kNotOpened };

struct JournalCheck {
  uint64_t entries = 0;  // that could be read
  uint64_t portions = 0;
  uint64_t nodes = 0;
  uint64_t index_rows = 0;
  // Recomputed from the entries; of size 0 where one of them is lost.
  merkle::Checkpoint checkpoint;
  // The longest signed checkpoint that the entries bear out, and its note; empty where there is none.
  std::string signed_note;
  Damages damages;
};

// `guard_note` is the last checkpoint signed, as kept outside the journal; empty where there is none.
JournalCheck CheckJournal(const journal::Journal& journal, const merkle::VerifierKey& verifier_key,
                          std::string_view guard_note, DerivedPart derived, const CheckProgress& progress);

// `stored` with everything that is derived from its entry and portions computed again. DataLoss (DAMAGED) where these
// are not what its header was signed over.
absl::StatusOr<journal::StoredEntry> DeriveRecord(journal::StoredEntry stored);

}  // namespace sworn::log
