#include "ledger/log/proofs.h"

#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ledger/log/recovery.h"
#include "ledger/log/stored_report.h"
#include "ledger/merkle/proof_file.h"
#include "ledger/merkle/tree_hash.h"
#include "ledger/model/refusal.h"

namespace sworn::log {
namespace {

merkle::NodeReader NodesOf(const journal::Journal& journal) {
  return [&journal](merkle::NodeId id) { return journal.ReadNode(id); };
}

// The inclusion path of an entry under the checkpoint, verified.
absl::StatusOr<std::vector<crypto::Hash>> PathOf(uint64_t position, const std::string& entry, const Head& head,
                                                 const merkle::NodeReader& read_node) {
  absl::StatusOr<std::vector<crypto::Hash>> path = merkle::InclusionPath(position, head.size, read_node);
  if (!path.ok()) {
    return path;
  }
  if (absl::Status status =
          merkle::VerifyInclusion(position, head.size, merkle::LeafHash(entry), *path, head.checkpoint.root);
      !status.ok()) {
    return model::Refuse(v1::Refusal::DAMAGED, absl::StrCat("entry ", position, " is not under the signed checkpoint ",
                                                            "of ", head.size, " entries: ", status.message()));
  }
  return path;
}

void AddHashes(const std::vector<crypto::Hash>& hashes, google::protobuf::RepeatedPtrField<std::string>& out) {
  for (const crypto::Hash& hash : hashes) {
    out.Add(std::string(crypto::AsBytes(hash)));
  }
}

v1::PortionProof ProvePortionOf(const journal::StoredEntry& entry, uint32_t index) {
  std::vector<crypto::Hash> ids;
  ids.reserve(entry.portions.size());
  for (const journal::StoredPortion& portion : entry.portions) {
    ids.push_back(portion.id);
  }
  v1::PortionProof proof;
  *proof.mutable_portion() = ToCarried(entry.portions[index]);
  proof.set_index(index);
  AddHashes(merkle::InclusionPathOfLeaves(index, ids), *proof.mutable_path());
  return proof;
}

// Index of the portion that added the key; nothing where there is none.
std::optional<uint32_t> FindKeyPortion(const journal::StoredEntry& entry, const std::string& key_id) {
  for (uint32_t index = 0; index < entry.portions.size(); ++index) {
    v1::Portion portion;
    if (portion.ParseFromString(entry.portions[index].content) && portion.has_key() &&
        portion.key().key_id() == key_id && portion.key().action() == v1::Key::ADD) {
      return index;
    }
  }
  return std::nullopt;
}

absl::StatusOr<v1::KeyProof> ProveKey(const std::string& key_id, const Head& head, const journal::Journal& journal) {
  const absl::StatusOr<crypto::Hash> id = crypto::HashFromBytes(key_id);
  const access::RegisteredKey* const key = id.ok() ? head.registry->FindKey(*id) : nullptr;
  if (key == nullptr) {
    return model::Refuse(v1::Refusal::KEY_UNKNOWN,
                         absl::StrCat("the signing key ", crypto::ToHex(key_id), " is not in the registry"));
  }
  const uint64_t position = key->added_at_position;
  const absl::StatusOr<journal::StoredEntry> entry = ReadCheckedEntry(journal, position);
  if (!entry.ok()) {
    return entry.status();
  }
  const std::optional<uint32_t> index = FindKeyPortion(*entry, key_id);
  if (!index.has_value()) {
    return model::Refuse(v1::Refusal::DAMAGED, absl::StrCat("entry ", position, " does not add the key ",
                                                            crypto::ToHex(key_id), " as the registry says"));
  }
  const absl::StatusOr<std::vector<crypto::Hash>> path = PathOf(position, entry->entry, head, NodesOf(journal));
  if (!path.ok()) {
    return path.status();
  }
  v1::KeyProof proof;
  *proof.mutable_key() = ProvePortionOf(*entry, *index);
  proof.set_position(position);
  proof.set_entry(entry->entry);
  AddHashes(*path, *proof.mutable_inclusion_path());
  return proof;
}

// One for each key that signed the entry.
absl::Status ProveKeys(const v1::Envelope& envelope, const Head& head, const journal::Journal& journal,
                       v1::ProofExtra& extra) {
  std::set<std::string> proved;
  for (const v1::Signature& signature : envelope.signatures()) {
    if (!proved.insert(signature.key_id()).second) {
      continue;
    }
    absl::StatusOr<v1::KeyProof> proof = ProveKey(signature.key_id(), head, journal);
    if (!proof.ok()) {
      return proof.status();
    }
    *extra.add_keys() = *std::move(proof);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::Receipt> MakeReceipt(const crypto::Hash& report_id, uint64_t position, std::string entry,
                                        const Head& head, const merkle::NodeReader& read_node) {
  const absl::StatusOr<v1::Entry> parsed = ParseEntry(position, entry);
  if (!parsed.ok()) {
    return parsed.status();
  }
  const absl::StatusOr<std::vector<crypto::Hash>> path = PathOf(position, entry, head, read_node);
  if (!path.ok()) {
    return path.status();
  }
  v1::Receipt receipt;
  receipt.set_report_id(std::string(crypto::AsBytes(report_id)));
  receipt.set_position(position);
  *receipt.mutable_recorded_at() = parsed->recorded_at();
  receipt.set_entry(std::move(entry));
  receipt.set_checkpoint(head.note);
  AddHashes(*path, *receipt.mutable_inclusion_path());
  return receipt;
}

absl::StatusOr<v1::Receipt> ReadReceipt(const crypto::Hash& report_id, uint64_t position, const Head& head,
                                        const journal::Journal& journal) {
  absl::StatusOr<std::string> entry = journal.ReadEntry(position);
  if (!entry.ok()) {
    return entry.status();
  }
  return MakeReceipt(report_id, position, *std::move(entry), head, NodesOf(journal));
}

absl::StatusOr<std::string> FormatPortionProof(const journal::Location& portion, const Head& head,
                                               const journal::Journal& journal) {
  const std::string name = crypto::ToHex(portion.id);
  if (portion.kind != journal::Location::Kind::kPortion) {
    return model::Refuse(v1::Refusal::FIELD_INVALID, absl::StrCat(name, " is a report; name one of its portions"));
  }
  if (portion.position >= head.size) {
    return model::Refuse(v1::Refusal::NOT_FOUND, absl::StrCat(name, " is not under a signed checkpoint yet"));
  }
  const absl::StatusOr<journal::StoredEntry> stored = ReadCheckedEntry(journal, portion.position);
  if (!stored.ok()) {
    return stored.status();
  }
  if (portion.portion_index >= stored->portions.size()) {
    return model::Refuse(v1::Refusal::NOT_FOUND,
                         absl::StrCat("entry ", portion.position, " has no portion ", portion.portion_index));
  }
  absl::StatusOr<std::vector<crypto::Hash>> path = PathOf(portion.position, stored->entry, head, NodesOf(journal));
  if (!path.ok()) {
    return path.status();
  }
  const absl::StatusOr<v1::Entry> entry = ParseEntry(portion.position, stored->entry);
  if (!entry.ok()) {
    return entry.status();
  }
  v1::ProofExtra extra;
  extra.set_entry(stored->entry);
  *extra.mutable_portion() = ProvePortionOf(*stored, portion.portion_index);
  if (absl::Status status = ProveKeys(entry->envelope(), head, journal, extra); !status.ok()) {
    return status;
  }
  return merkle::FormatProofFile({extra.SerializeAsString(), portion.position, *std::move(path), head.note});
}

}  // namespace sworn::log
