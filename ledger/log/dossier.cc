#include "ledger/log/dossier.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ledger/log/recovery.h"
#include "ledger/log/stored_report.h"
#include "ledger/merkle/checkpoint.h"
#include "ledger/merkle/note.h"
#include "ledger/merkle/proof_file.h"
#include "ledger/merkle/tree.h"
#include "ledger/merkle/tree_hash.h"
#include "ledger/model/limits.h"
#include "ledger/model/refusal.h"
#include "ledger/proof/multiproof.h"

namespace sworn::log {
namespace {

using proof::Leaf;
using proof::LeafRange;
using proof::SubtreeRoots;

absl::Status Damaged(const std::string& what) { return model::Refuse(v1::Refusal::DAMAGED, what); }

absl::Status TooLarge() {
  return model::Refuse(v1::Refusal::TOO_LARGE,
                       absl::StrCat("the proof file would have more than ", merkle::kMaxProofFileBytes,
                                    " bytes; ask for fewer portions at once"));
}

// Base64 makes four bytes of three.
constexpr size_t kMaxExtraBytes = merkle::kMaxProofFileBytes / 4 * 3;

class DossierBuilder {
 public:
  DossierBuilder(const Head& head, const journal::Journal& journal, const StillWanted& still_wanted)
      : head_(head), journal_(journal), still_wanted_(still_wanted) {}

  // Each step takes up what the one before has found.
  absl::Status Add(const journal::Location& portion);
  absl::Status AddSigningKeys();
  absl::Status ReadEntries();
  absl::Status ProveInclusion();
  absl::Status AddTimestamps(const Timestamps& timestamps);
  absl::StatusOr<std::string> Format() const;

 private:
  absl::Status AddKey(const std::string& key_id);
  // The portion of the entry that does with the key what `does` says.
  absl::Status AddKeyPortion(uint64_t position, const std::string& key_id, bool (*does)(v1::Key::Action));
  absl::Status ReadEntry(uint64_t position, const std::set<uint32_t>& indexes);
  // Adds the nodes that are not known yet to `nodes`.
  absl::StatusOr<merkle::Hash> RootOver(uint64_t size, absl::Span<const Leaf> leaves, std::string& nodes);
  absl::Status AddTimestamp(const v1::CheckpointTimestamp& timestamp, absl::Span<const Leaf>& leaves);

  merkle::NodeReader NodesOfJournal() const {
    return [this](merkle::NodeId id) { return journal_.ReadNode(id); };
  }

  const Head& head_;
  const journal::Journal& journal_;
  const StillWanted& still_wanted_;
  std::set<uint64_t> proved_;                        // positions of portions asked for
  std::map<uint64_t, std::set<uint32_t>> portions_;  // to be carried, by position
  std::vector<Leaf> leaves_;                         // of every entry, by position
  SubtreeRoots known_;
  std::vector<merkle::Hash> path_;  // of the first entry
  size_t bytes_ = 0;
  v1::ProofExtra extra_;
};

absl::Status DossierBuilder::Add(const journal::Location& portion) {
  const std::string name = crypto::ToHex(portion.id);
  if (portion.kind != journal::Location::Kind::kPortion) {
    return model::Refuse(v1::Refusal::FIELD_INVALID, absl::StrCat(name, " is a report; name one of its portions"));
  }
  if (portion.position >= head_.size) {
    return model::Refuse(v1::Refusal::NOT_FOUND, absl::StrCat(name, " is not under a signed checkpoint yet"));
  }
  if (!portions_[portion.position].insert(portion.portion_index).second) return absl::OkStatus();
  proved_.insert(portion.position);
  v1::PortionPlace& place = *extra_.add_portions();
  place.set_position(portion.position);
  place.set_index(portion.portion_index);
  return absl::OkStatus();
}

absl::Status DossierBuilder::AddSigningKeys() {
  std::set<std::string> key_ids;
  for (const uint64_t position : proved_) {
    if (absl::Status status = still_wanted_(); !status.ok()) return status;
    const absl::StatusOr<std::string> bytes = journal_.ReadEntry(position);
    if (!bytes.ok()) return bytes.status();
    const absl::StatusOr<v1::Entry> entry = ParseEntry(position, *bytes);
    if (!entry.ok()) return entry.status();
    for (const v1::Signature& signature : entry->envelope().signatures()) key_ids.insert(signature.key_id());
  }
  for (const std::string& key_id : key_ids) {
    if (absl::Status status = AddKey(key_id); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status DossierBuilder::AddKey(const std::string& key_id) {
  const absl::StatusOr<crypto::Hash> id = crypto::HashFromBytes(key_id);
  const access::RegisteredKey* const key = id.ok() ? head_.registry->FindKey(*id) : nullptr;
  if (key == nullptr) {
    return model::Refuse(v1::Refusal::KEY_UNKNOWN,
                         absl::StrCat("the signing key ", crypto::ToHex(key_id), " is not in the registry"));
  }
  absl::Status status =
      AddKeyPortion(key->added_at_position, key_id, [](v1::Key::Action action) { return action == v1::Key::ADD; });
  if (!status.ok() || key->state == v1::Key::ADD) return status;
  return AddKeyPortion(key->revoked_at_position, key_id, [](v1::Key::Action action) { return action != v1::Key::ADD; });
}

absl::Status DossierBuilder::AddKeyPortion(uint64_t position, const std::string& key_id,
                                           bool (*does)(v1::Key::Action)) {
  const absl::StatusOr<journal::StoredEntry> entry = journal_.Read(position);
  if (!entry.ok()) return entry.status();
  for (uint32_t index = 0; index < entry->portions.size(); ++index) {
    v1::Portion portion;
    if (portion.ParseFromString(entry->portions[index].content) && portion.has_key() &&
        portion.key().key_id() == key_id && does(portion.key().action())) {
      portions_[position].insert(index);
      return absl::OkStatus();
    }
  }
  return Damaged(
      absl::StrCat("entry ", position, " does not hold what the registry says of key ", crypto::ToHex(key_id)));
}

absl::Status DossierBuilder::ReadEntries() {
  for (const auto& [position, indexes] : portions_) {
    if (absl::Status status = still_wanted_(); !status.ok()) return status;
    if (absl::Status status = ReadEntry(position, indexes); !status.ok()) return status;
    if (bytes_ > kMaxExtraBytes) return TooLarge();
  }
  return absl::OkStatus();
}

absl::Status DossierBuilder::ReadEntry(uint64_t position, const std::set<uint32_t>& indexes) {
  const absl::StatusOr<journal::StoredEntry> stored = ReadCheckedEntry(journal_, position);
  if (!stored.ok()) return stored.status();
  if (*indexes.rbegin() >= stored->portions.size()) {
    return model::Refuse(v1::Refusal::NOT_FOUND,
                         absl::StrCat("entry ", position, " has no portion ", *indexes.rbegin()));
  }
  v1::ProvedEntry& entry = *extra_.add_entries();
  entry.set_position(position);
  entry.set_entry(stored->entry);
  std::vector<crypto::Hash> ids;
  for (const journal::StoredPortion& portion : stored->portions) ids.push_back(portion.id);
  std::vector<Leaf> leaves;
  for (const uint32_t index : indexes) {
    v1::PlacedPortion& portion = *entry.add_portions();
    portion.set_index(index);
    *portion.mutable_portion() = ToCarried(stored->portions[index]);
    leaves.push_back({index, ids[index]});
  }
  SubtreeRoots known;
  const auto read = [&](LeafRange range) -> absl::StatusOr<merkle::Hash> {
    const merkle::Hash root =
        merkle::RootOfLeaves(absl::MakeConstSpan(ids).subspan(range.begin, range.end - range.begin));
    entry.mutable_portion_nodes()->append(crypto::AsBytes(root));
    return root;
  };
  // ReadCheckedEntry compared the root of the ids with the header's.
  if (absl::Status status = proof::RootOver({0, ids.size()}, leaves, read, known).status(); !status.ok()) return status;
  leaves_.push_back({position, merkle::LeafHash(stored->entry)});
  bytes_ += entry.ByteSizeLong();
  return absl::OkStatus();
}

absl::StatusOr<merkle::Hash> DossierBuilder::RootOver(uint64_t size, absl::Span<const Leaf> leaves,
                                                      std::string& nodes) {
  const auto read = [&](LeafRange range) {
    absl::StatusOr<merkle::Hash> root = proof::SubtreeRoot(range, NodesOfJournal());
    if (root.ok()) nodes.append(crypto::AsBytes(*root));
    return root;
  };
  return proof::RootOver({0, size}, leaves, read, known_);
}

absl::Status DossierBuilder::ProveInclusion() {
  const uint64_t first = extra_.portions(0).position();
  absl::StatusOr<std::vector<merkle::Hash>> path = merkle::InclusionPath(first, head_.size, NodesOfJournal());
  if (!path.ok()) return path.status();
  path_ = *std::move(path);
  const std::vector<LeafRange> siblings = proof::SiblingsOf(first, head_.size);
  for (size_t i = 0; i < siblings.size(); ++i) known_.emplace(siblings[i], path_[i]);
  const absl::StatusOr<merkle::Hash> root = RootOver(head_.size, leaves_, *extra_.mutable_nodes());
  if (!root.ok()) return root.status();
  const auto leaf = std::find_if(leaves_.begin(), leaves_.end(), [first](const Leaf& l) { return l.index == first; });
  const absl::Status included = merkle::VerifyInclusion(first, head_.size, leaf->hash, path_, head_.checkpoint.root);
  if (included.ok() && *root == head_.checkpoint.root) return absl::OkStatus();
  return Damaged(absl::StrCat("an entry of the proof, the first at position ", first,
                              ", is not under the signed checkpoint of ", head_.size, " entries"));
}

absl::Status DossierBuilder::AddTimestamps(const Timestamps& timestamps) {
  std::vector<Leaf> proved;
  for (const Leaf& leaf : leaves_) {
    if (proved_.contains(leaf.index)) proved.push_back(leaf);
  }
  absl::Span<const Leaf> left = proved;
  while (!left.empty()) {
    if (absl::Status status = still_wanted_(); !status.ok()) return status;
    const absl::StatusOr<std::optional<v1::CheckpointTimestamp>> timestamp =
        timestamps.FirstCovering(left.front().index);
    if (!timestamp.ok()) return timestamp.status();
    // Later entries are covered by no earlier checkpoint.
    if (!timestamp->has_value()) return absl::OkStatus();
    if (absl::Status status = AddTimestamp(**timestamp, left); !status.ok()) return status;
    if (bytes_ > kMaxExtraBytes) return TooLarge();
  }
  return absl::OkStatus();
}

// Takes the leaves that it covers from the front of `leaves`.
absl::Status DossierBuilder::AddTimestamp(const v1::CheckpointTimestamp& timestamp, absl::Span<const Leaf>& leaves) {
  // Its signature was verified when the time stamp was added; here its root is compared with the log's.
  const absl::StatusOr<merkle::Note> note = merkle::ParseNote(timestamp.checkpoint());
  if (!note.ok()) return Damaged(absl::StrCat("a time-stamped checkpoint: ", note.status().message()));
  const absl::StatusOr<merkle::Checkpoint> checkpoint = merkle::ParseCheckpoint(note->text);
  if (!checkpoint.ok()) return Damaged(absl::StrCat("a time-stamped checkpoint: ", checkpoint.status().message()));
  const auto* const covered = std::partition_point(leaves.begin(), leaves.end(),
                                                   [&](const Leaf& leaf) { return leaf.index < checkpoint->size; });
  const auto count = static_cast<size_t>(covered - leaves.begin());
  v1::StampedEntries& stamped = *extra_.add_timestamps();
  *stamped.mutable_timestamp() = timestamp;
  const absl::StatusOr<merkle::Hash> root =
      RootOver(checkpoint->size, leaves.subspan(0, count), *stamped.mutable_nodes());
  if (!root.ok()) return root.status();
  if (count == 0 || *root != checkpoint->root) {
    return Damaged(
        absl::StrCat("the time-stamped checkpoint of ", checkpoint->size, " entries is not one of this log"));
  }
  leaves.remove_prefix(count);
  bytes_ += stamped.ByteSizeLong();
  return absl::OkStatus();
}

absl::StatusOr<std::string> DossierBuilder::Format() const {
  std::string file =
      merkle::FormatProofFile({extra_.SerializeAsString(), extra_.portions(0).position(), path_, head_.note});
  if (file.size() > merkle::kMaxProofFileBytes) return TooLarge();
  return file;
}

}  // namespace

absl::StatusOr<std::string> FormatDossier(absl::Span<const journal::Location> portions, const Head& head,
                                          const journal::Journal& journal, const Timestamps* timestamps,
                                          const StillWanted& still_wanted) {
  if (portions.empty() || portions.size() > model::kMaxProvedPortions) {
    return model::Refuse(v1::Refusal::FIELD_INVALID, absl::StrCat("a proof file takes 1 to ", model::kMaxProvedPortions,
                                                                  " portions, not ", portions.size()));
  }
  DossierBuilder builder(head, journal, still_wanted);
  for (const journal::Location& portion : portions) {
    if (absl::Status status = builder.Add(portion); !status.ok()) return status;
  }
  if (absl::Status status = builder.AddSigningKeys(); !status.ok()) return status;
  if (absl::Status status = builder.ReadEntries(); !status.ok()) return status;
  if (absl::Status status = builder.ProveInclusion(); !status.ok()) return status;
  if (timestamps != nullptr) {
    if (absl::Status status = builder.AddTimestamps(*timestamps); !status.ok()) return status;
  }
  return builder.Format();
}

}  // namespace sworn::log
