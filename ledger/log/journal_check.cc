#include "ledger/log/journal_check.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>
#include <utility>

#include "ledger/access/registry.h"
#include "ledger/log/stored_report.h"
#include "ledger/merkle/tree.h"
#include "ledger/merkle/tree_hash.h"
#include "ledger/model/portion.h"
#include "ledger/model/refusal.h"
#include "ledger/model/text.h"
#include "ledger/model/validate.h"

namespace sworn::log {
namespace {

using journal::Location;
using model::Concat;
using model::MessageOf;

constexpr uint64_t kProgressEveryEntries = 256;

// A set of rows, whatever their order: how many, and the sum of their hashes.
class RowSet {
 public:
  void Add(std::string_view row) {
    const crypto::Hash hash = crypto::Sha256(row);
    std::array<uint64_t, sizeof(crypto::Hash) / sizeof(uint64_t)> words{};
    std::memcpy(words.data(), hash.data(), hash.size());
    for (size_t i = 0; i < words.size(); ++i) sums_[i] += words[i];
    ++count_;
  }
  void Add(const Location& location) {
    Add(Concat(crypto::AsBytes(location.id), location.position, "/",
               location.kind == Location::Kind::kReport ? 0 : location.portion_index + 1));
  }
  uint64_t count() const { return count_; }
  bool operator==(const RowSet&) const = default;

 private:
  uint64_t count_ = 0;
  std::array<uint64_t, sizeof(crypto::Hash) / sizeof(uint64_t)> sums_{};
};

std::vector<Location> LocationsOf(const journal::StoredEntry& entry) {
  std::vector<Location> locations = {{Location::Kind::kReport, entry.report_id, entry.position, 0}};
  for (uint32_t index = 0; index < entry.portions.size(); ++index) {
    locations.push_back({Location::Kind::kPortion, entry.portions[index].id, entry.position, index});
  }
  return locations;
}

struct SignedCheckpoint {
  std::string note;
  merkle::Checkpoint checkpoint;
  std::string name;
  bool fits = false;
};

class Checker {
 public:
  Checker(const journal::Journal& journal, const merkle::VerifierKey& verifier_key, DerivedPart derived)
      : journal_(journal), verifier_key_(verifier_key), derived_(derived) {}

  JournalCheck Run(std::string_view guard_note, const CheckProgress& progress);

 private:
  void AddSigned(std::string part, std::optional<uint64_t> position, std::string detail) {
    check_.damages.Add({Damage::Of::kSigned, std::move(part), position, std::move(detail)});
  }
  void AddDerived(std::string part, std::optional<uint64_t> position, std::string detail) {
    check_.damages.Add({Damage::Of::kDerived, std::move(part), position, std::move(detail)});
  }

  void OpenCheckpoint(const std::string& part, const std::string& name, std::string_view note);
  void CompareCheckpoints();
  void CheckEntry(uint64_t position);
  // The entry with everything derived; nothing where it or a portion is lost.
  std::optional<journal::StoredEntry> ReadEntry(uint64_t position);
  void CheckRecord(const journal::StoredEntry& stored, const journal::StoredEntry& derived);
  void ExtendTree(uint64_t position);
  void JudgeTree();

  void CompareIndexes();
  bool CompareIds();
  bool CompareRequests();
  void CompareRegistry();
  void NameMissingRows(bool ids, bool requests);

  const journal::Journal& journal_;
  const merkle::VerifierKey& verifier_key_;
  const DerivedPart derived_;
  JournalCheck check_;
  std::vector<SignedCheckpoint> signed_;
  // Of the entries' own hashes; of kept leaves where the entry is lost. Nothing once neither could be read.
  std::optional<merkle::Tree> tree_ = merkle::Tree();
  // Kept leaves and nodes that differ from what the entries hash to: who is right is told by the signed checkpoint.
  std::vector<Damage> differing_leaves_;
  std::vector<Damage> differing_nodes_;
  bool all_read_ = true;
  RowSet ids_;
  RowSet requests_;
  std::vector<uint64_t> registry_positions_;
};

void Checker::OpenCheckpoint(const std::string& part, const std::string& name, std::string_view note) {
  if (note.empty()) return;
  absl::StatusOr<merkle::Checkpoint> checkpoint = merkle::OpenCheckpoint(note, verifier_key_);
  if (!checkpoint.ok()) {
    return AddSigned(part, std::nullopt, Concat(name, " does not verify: ", MessageOf(checkpoint.status())));
  }
  const uint64_t size = journal_.Size();
  if (checkpoint->size > size) {
    return AddSigned("journal", size,
                     Concat("positions ", size, " to ", checkpoint->size - 1, " are lost: ", name, " covers ",
                            checkpoint->size, " entries, the journal has ", size));
  }
  signed_.push_back({std::string(note), *std::move(checkpoint), name});
}

// With the tree as it stands.
void Checker::CompareCheckpoints() {
  if (!tree_.has_value()) return;
  for (SignedCheckpoint& expected : signed_) {
    if (expected.checkpoint.size == tree_->size()) expected.fits = expected.checkpoint.root == tree_->Root();
  }
}

JournalCheck Checker::Run(std::string_view guard_note, const CheckProgress& progress) {
  const uint64_t size = journal_.Size();
  const absl::StatusOr<std::string> kept = journal_.LoadCheckpoint();
  if (!kept.ok()) AddSigned("checkpoint", std::nullopt, std::string(MessageOf(kept.status())));
  OpenCheckpoint("checkpoint", "the journal's checkpoint", kept.value_or(""));
  OpenCheckpoint("guard", "the last published checkpoint", guard_note);
  CompareCheckpoints();
  for (uint64_t position = 0; position < size; ++position) {
    if (progress != nullptr && position % kProgressEveryEntries == 0) progress(position, size);
    CheckEntry(position);
    CompareCheckpoints();
  }
  if (progress != nullptr) progress(size, size);
  JudgeTree();
  if (derived_ == DerivedPart::kCompare) CompareIndexes();
  if (tree_.has_value()) check_.checkpoint = {verifier_key_.name(), tree_->size(), tree_->Root()};
  return std::move(check_);
}

void Checker::CheckEntry(uint64_t position) {
  const std::optional<journal::StoredEntry> entry = ReadEntry(position);
  ExtendTree(position);
  if (!entry.has_value()) {
    all_read_ = false;
    return;
  }
  ++check_.entries;
  check_.portions += entry->portions.size();
  for (const Location& location : LocationsOf(*entry)) ids_.Add(location);
  requests_.Add(Concat(entry->request_key, "/", position));
  if (entry->concerns_registry) registry_positions_.push_back(position);
}

std::optional<journal::StoredEntry> Checker::ReadEntry(uint64_t position) {
  absl::StatusOr<journal::StoredEntry> stored = journal_.Read(position);
  if (!stored.ok()) {
    AddSigned(journal_.ReadEntry(position).ok() ? "portion" : "entry", position,
              Concat(MessageOf(stored.status()), "; it is lost here"));
    return std::nullopt;
  }
  absl::StatusOr<journal::StoredEntry> derived = DeriveRecord(*stored);
  if (!derived.ok()) {
    AddSigned(model::Contains(model::FromAbsl(derived.status().message()), "portion") ? "portion" : "entry", position,
              std::string(MessageOf(derived.status())));
    return std::nullopt;
  }
  CheckRecord(*stored, *derived);
  return *std::move(derived);
}

void Checker::CheckRecord(const journal::StoredEntry& stored, const journal::StoredEntry& derived) {
  if (stored.report_id != derived.report_id) {
    AddDerived("entry record", derived.position,
               Concat("report ", crypto::ToHex(derived.report_id), " is stored as ", crypto::ToHex(stored.report_id)));
  }
  if (stored.request_key != derived.request_key) {
    AddDerived("entry record", derived.position, "it is stored under another author or request id than it has");
  }
  if (stored.concerns_registry != derived.concerns_registry) {
    AddDerived("entry record", derived.position, "its mark for the registry is wrong");
  }
}

void Checker::ExtendTree(uint64_t position) {
  if (!tree_.has_value()) return;
  const absl::StatusOr<std::string> entry = journal_.ReadEntry(position);
  absl::StatusOr<crypto::Hash> kept = absl::UnavailableError("");
  if (derived_ == DerivedPart::kCompare) kept = journal_.ReadNode({0, position});
  if (!entry.ok() && !kept.ok()) {
    tree_.reset();
    return;
  }
  std::vector<merkle::Node> completed;
  tree_->Append(entry.ok() ? merkle::LeafHash(*entry) : *kept, completed);
  if (derived_ == DerivedPart::kNotOpened) return;
  for (const merkle::Node& node : completed) {
    ++check_.nodes;
    const absl::StatusOr<crypto::Hash> stored = journal_.ReadNode(node.id);
    if (stored.ok() && *stored == node.hash) continue;
    const std::string name = node.id.level == 0 ? std::string("its leaf of the tree")
                                                : Concat("node ", node.id.index, " of level ", node.id.level);
    std::vector<Damage>& differing = node.id.level == 0 ? differing_leaves_ : differing_nodes_;
    if (differing.size() > kMaxDamages) continue;
    differing.push_back({Damage::Of::kDerived, "node", position,
                         stored.ok() ? Concat(name, " is ", crypto::ToHex(*stored), ", what lies below hashes to ",
                                              crypto::ToHex(node.hash))
                                     : std::string(MessageOf(stored.status()))});
  }
}

// Who is right where the kept leaves differ from the entries: entries are, as far as a signed checkpoint bears them
// out.
void Checker::JudgeTree() {
  if (!tree_.has_value()) return;
  uint64_t borne_out = 0;
  bool denied = false;
  for (const SignedCheckpoint& expected : signed_) {
    denied = denied || !expected.fits;
    if (!expected.fits || expected.checkpoint.size < borne_out) continue;
    borne_out = expected.checkpoint.size;
    check_.signed_note = expected.note;
  }
  const bool any_leaf_differs = !differing_leaves_.empty();
  for (Damage& leaf : differing_leaves_) {
    if (leaf.position >= borne_out) {
      leaf.of = Damage::Of::kSigned;
      leaf.part = "entry";
      leaf.detail += ", and no signed checkpoint bears the entry out";
    }
    check_.damages.Add(std::move(leaf));
  }
  for (const SignedCheckpoint& expected : signed_) {
    if (expected.fits) continue;
    AddSigned("checkpoint", std::nullopt,
              Concat("the first ", expected.checkpoint.size, " entries do not hash to the root of ", expected.name,
                     any_leaf_differs ? "" : ": which of them was changed cannot be told"));
  }
  if (denied) return;
  for (Damage& node : differing_nodes_) check_.damages.Add(std::move(node));
  if (derived_ == DerivedPart::kNotOpened && journal_.Size() > borne_out) {
    AddSigned("entry", borne_out,
              Concat("positions ", borne_out, " to ", journal_.Size() - 1,
                     " are under no signed checkpoint, and their leaves of the tree cannot be ",
                     "read: nothing vouches for them"));
  }
}

void Checker::CompareIndexes() {
  if (!all_read_) return;
  const bool ids = CompareIds();
  const bool requests = CompareRequests();
  if (!ids || !requests) NameMissingRows(!ids, !requests);
  CompareRegistry();
}

// True where nothing remains to be named.
bool Checker::CompareIds() {
  RowSet found;
  const absl::Status scanned = journal_.ScanIds([&found](const Location& location) {
    found.Add(location);
    return true;
  });
  check_.index_rows += found.count();
  if (scanned.ok()) return found == ids_;
  AddDerived("id index", std::nullopt, std::string(MessageOf(scanned)));
  return true;
}

bool Checker::CompareRequests() {
  RowSet found;
  const absl::Status scanned = journal_.ScanRequests([&found](std::string_view request_key, uint64_t position) {
    found.Add(Concat(request_key, "/", position));
    return true;
  });
  check_.index_rows += found.count();
  if (scanned.ok()) return found == requests_;
  AddDerived("request index", std::nullopt, std::string(MessageOf(scanned)));
  return true;
}

void Checker::NameMissingRows(bool ids, bool requests) {
  bool named_id = !ids;
  bool named_request = !requests;
  for (uint64_t position = 0; position < journal_.Size(); ++position) {
    const std::optional<journal::StoredEntry> entry = [&]() -> std::optional<journal::StoredEntry> {
      absl::StatusOr<journal::StoredEntry> stored = journal_.Read(position);
      if (stored.ok()) stored = DeriveRecord(*std::move(stored));
      return stored.ok() ? std::optional(*std::move(stored)) : std::nullopt;
    }();
    if (!entry.has_value()) continue;
    for (const Location& location : ids ? LocationsOf(*entry) : std::vector<Location>()) {
      const absl::StatusOr<std::optional<Location>> found = journal_.Find(location.id);
      // The same portion may be carried by several reports, and is found at the first.
      if (found.ok() && found->has_value() && (*found)->kind == location.kind && (*found)->position <= position) {
        continue;
      }
      AddDerived("id index", position, Concat(crypto::ToHex(location.id), " is not found here"));
      named_id = true;
    }
    const absl::StatusOr<std::optional<uint64_t>> request = journal_.FindRequest(entry->request_key);
    if (requests && (!request.ok() || request->value_or(position + 1) != position)) {
      AddDerived("request index", position, "its author and request id are not found here");
      named_request = true;
    }
  }
  if (!named_id) AddDerived("id index", std::nullopt, "some of its rows are of no entry, or of another");
  if (!named_request) AddDerived("request index", std::nullopt, "some of its rows are of no entry");
}

void Checker::CompareRegistry() {
  const absl::StatusOr<std::vector<uint64_t>> kept = journal_.RegistryPositions();
  if (!kept.ok()) return AddDerived("registry index", std::nullopt, std::string(MessageOf(kept.status())));
  check_.index_rows += kept->size();
  std::vector<uint64_t> differing;
  std::set_symmetric_difference(kept->begin(), kept->end(), registry_positions_.begin(), registry_positions_.end(),
                                std::back_inserter(differing));
  for (const uint64_t position : differing) {
    AddDerived("registry index", position, "the index of registry entries is wrong about this position");
  }
}

}  // namespace

void Damages::Add(Damage damage) {
  ++(damage.of == Damage::Of::kSigned ? signed_count_ : derived_count_);
  if (list_.size() < kMaxDamages) list_.push_back(std::move(damage));
}

void Damages::Add(const Damages& more) {
  signed_count_ += more.signed_count_;
  derived_count_ += more.derived_count_;
  const size_t room = kMaxDamages - list_.size();
  list_.insert(list_.end(), more.list_.begin(),
               more.list_.begin() + static_cast<std::ptrdiff_t>(std::min(room, more.list_.size())));
}

absl::StatusOr<journal::StoredEntry> DeriveRecord(journal::StoredEntry stored) {
  const absl::StatusOr<v1::Entry> entry = ParseEntry(stored.position, stored.entry);
  if (!entry.ok()) return entry.status();
  const absl::StatusOr<v1::ReportHeader> header = ParseHeader(stored.position, entry->envelope());
  if (!header.ok()) return header.status();
  stored.report_id = model::ReportId(entry->envelope());
  stored.request_key = RequestKey(*header);
  if (absl::Status status = CheckStored(stored, merkle::LeafHash(stored.entry)); !status.ok()) return status;
  const absl::StatusOr<v1::Report> report = ToReport(stored);
  if (!report.ok()) return report.status();
  // What was recorded although it is not valid is for an audit to tell; it concerns what it was held to concern.
  const absl::StatusOr<model::ParsedReport> parsed = model::ParseAndValidate(*report);
  if (parsed.ok()) stored.concerns_registry = access::Registry::Concerns(*parsed);
  return stored;
}

JournalCheck CheckJournal(const journal::Journal& journal, const merkle::VerifierKey& verifier_key,
                          std::string_view guard_note, DerivedPart derived, const CheckProgress& progress) {
  return Checker(journal, verifier_key, derived).Run(guard_note, progress);
}

}  // namespace sworn::log
