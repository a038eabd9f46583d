#include "ledger/views/identity_fold.h"

#include <algorithm>
#include <utility>

#include "ledger/views/text.h"
#include "ledger/views/versioned_rows.h"

namespace sworn::views {
namespace {

using crypto::Hash;
using identity_rows::IdentityReader;
using identity_rows::Own;
using rows::v1::IdentityCountsRow;
using rows::v1::IdentityRow;
using rows::v1::JoinRow;

// What a portion says about an identity, whichever kind it is.
struct Description {
  std::string name;
  std::vector<std::string> aliases;
  std::vector<std::string> external_ids;
};

Description DescriptionIn(const v1::Portion& portion) {
  if (portion.has_entity()) {
    const v1::Entity& entity = portion.entity();
    return {entity.name(),
            {entity.aliases().begin(), entity.aliases().end()},
            {entity.external_ids().begin(), entity.external_ids().end()}};
  }
  const v1::Source& source = portion.source();
  return {source.name(), {}, {source.external_ids().begin(), source.external_ids().end()}};
}

template <typename Strings>
void AddOnce(const std::string& text, Strings& strings) {
  if (!text.empty() && std::find(strings.begin(), strings.end(), text) == strings.end()) *strings.Add() = text;
}

// What a portion shows to be one identity.
struct Shared {
  std::vector<std::string> roots;  // own roots; that of the portion itself first, where it has one
  std::vector<std::string> new_external_ids;
  bool portion_known = false;
  bool described = false;  // something described one of the roots before
};

absl::StatusOr<Shared> FindShared(const std::string& hex_id, const v1::Portion& portion, const IdentityReader& reader) {
  Shared shared;
  absl::StatusOr<std::optional<std::string>> known = reader.OwnRootOfPortion(hex_id);
  if (!known.ok()) return known.status();
  shared.portion_known = known->has_value();
  if (known->has_value()) shared.roots.push_back(**std::move(known));
  for (const std::string& external_id : DescriptionIn(portion).external_ids) {
    absl::StatusOr<std::optional<std::string>> root = reader.OwnRootOfExternalId(external_id);
    if (!root.ok()) return root.status();
    if (root->has_value()) {
      shared.roots.push_back(**std::move(root));
    } else {
      shared.new_external_ids.push_back(external_id);
    }
  }
  for (const std::string& root : shared.roots) {
    absl::StatusOr<IdentityRow> row = reader.ReadRow(root);
    if (!row.ok()) return row.status();
    shared.described = shared.described || row->has_described_by();
  }
  return shared;
}

// Takes over what is known of an identity that turned out to be the same.
void TakeOver(const IdentityRow& later, IdentityRow& earlier) {
  for (const std::string& external_id : later.external_ids()) AddOnce(external_id, *earlier.mutable_external_ids());
  for (const std::string& alias : later.aliases()) AddOnce(alias, *earlier.mutable_aliases());
  if (!later.has_described_by()) return;
  if (later.described_ordinal() < earlier.described_ordinal()) {
    AddOnce(later.name(), *earlier.mutable_aliases());
    return;
  }
  AddOnce(earlier.name(), *earlier.mutable_aliases());
  earlier.set_name(later.name());
  *earlier.mutable_described_by() = later.described_by();
  earlier.set_described_ordinal(later.described_ordinal());
}

}  // namespace

absl::StatusOr<uint64_t> IdentityFold::NextCount(uint64_t (IdentityCountsRow::*get)() const,
                                                 void (IdentityCountsRow::*set)(uint64_t)) {
  const std::string key = reader_.Key(identity_rows::kCounts);
  const absl::StatusOr<std::optional<std::string>> bytes = rows_.Get(key);
  if (!bytes.ok()) return bytes.status();
  IdentityCountsRow counts;
  if (bytes->has_value() && !counts.ParseFromString(**bytes)) return identity_rows::Damaged("the count", "rows");
  const uint64_t next = (counts.*get)() + 1;
  (counts.*set)(next);
  if (absl::Status status = rows_.Put(key, counts.SerializeAsString()); !status.ok()) return status;
  return next;
}

absl::Status IdentityFold::WriteRow(const std::string& root, const IdentityRow& row) {
  return rows_.Put(reader_.Key(identity_rows::kRoots, root), row.SerializeAsString());
}

absl::StatusOr<IdentityRow> IdentityFold::AddRoot(const std::string& root, const std::string& name) {
  const absl::StatusOr<uint64_t> ordinal = NextCount(&IdentityCountsRow::roots, &IdentityCountsRow::set_roots);
  if (!ordinal.ok()) return ordinal.status();
  IdentityRow row;
  row.set_ordinal(*ordinal);
  row.set_name(name);
  if (absl::Status status = WriteRow(root, row); !status.ok()) return status;
  return row;
}

absl::StatusOr<std::string> IdentityFold::Describe(const Hash& portion_id, const v1::Portion& portion) {
  const std::string hex_id = crypto::ToHex(portion_id);
  absl::StatusOr<Shared> shared = FindShared(hex_id, portion, reader_);
  if (!shared.ok()) return shared.status();
  const bool is_new_root = shared->roots.empty() || (!shared->described && !shared->portion_known);
  // The first portion to describe an identity becomes its root.
  if (is_new_root) shared->roots.insert(shared->roots.begin(), hex_id);
  GroupUpdate groups(reader_, rows_);
  for (const std::string& root : shared->roots) {
    if (absl::Status status = groups.Include(root); !status.ok()) return status;
  }
  if (is_new_root) {
    if (absl::Status status = AddRoot(hex_id, "").status(); !status.ok()) return status;
  }
  // Described first, so that a root that something describes becomes the one that stays.
  std::string own = shared->roots.front();
  if (!shared->described) {
    if (absl::Status status = SetDescription(own, portion_id, portion); !status.ok()) return status;
  }
  for (const std::string& root : shared->roots) {
    absl::StatusOr<std::string> merged = Merge(own, root);
    if (!merged.ok()) return merged.status();
    own = *std::move(merged);
  }
  if (shared->described) {
    if (absl::Status status = SetDescription(own, portion_id, portion); !status.ok()) return status;
  }
  for (const std::string& external_id : shared->new_external_ids) {
    absl::Status status = rows_.Put(reader_.Key(identity_rows::kExternalIds, external_id), own);
    if (!status.ok()) return status;
    if (status = EndWaiting(external_id, own); !status.ok()) return status;
  }
  if (!shared->portion_known) {
    if (absl::Status status = EndWaiting(hex_id, own); !status.ok()) return status;
  }
  if (absl::Status status = groups.Finish(); !status.ok()) return status;
  return own;
}

absl::Status IdentityFold::AddKnownById(const std::string& id, IdKind kind) {
  GroupUpdate groups(reader_, rows_);
  if (absl::Status status = groups.Include(id); !status.ok()) return status;
  absl::StatusOr<IdentityRow> row = AddRoot(id, id);
  if (!row.ok()) return row.status();
  if (kind == IdKind::kExternal) {
    row->add_external_ids(id);
    if (absl::Status status = WriteRow(id, *row); !status.ok()) return status;
    absl::Status status = rows_.Put(reader_.Key(identity_rows::kExternalIds, id), id);
    if (!status.ok()) return status;
  }
  if (absl::Status status = EndWaiting(id, id); !status.ok()) return status;
  return groups.Finish();
}

// Makes two identities one for good; answers the own root that stays.
absl::StatusOr<std::string> IdentityFold::Merge(const std::string& left, const std::string& right) {
  absl::StatusOr<std::optional<Own>> first = reader_.FindOwn(left);
  if (!first.ok()) return first.status();
  absl::StatusOr<std::optional<Own>> second = reader_.FindOwn(right);
  if (!second.ok()) return second.status();
  if (!first->has_value() || !second->has_value()) return identity_rows::NoSuchRoot(first->has_value() ? right : left);
  if ((*first)->first == (*second)->first) return (*first)->first;
  if (identity_rows::RankOf((*second)->second) < identity_rows::RankOf((*first)->second)) std::swap(*first, *second);
  std::string own = (*first)->first;
  if (absl::Status status = MergeInto(**std::move(first), **std::move(second)); !status.ok()) return status;
  return own;
}

absl::Status IdentityFold::MergeInto(Own earlier, Own later) {
  TakeOver(later.second, earlier.second);
  *earlier.second.add_merged_roots() = later.first;
  for (const std::string& root : later.second.merged_roots()) *earlier.second.add_merged_roots() = root;
  // What the later one is joined with has to be found from the earlier one.
  if (later.second.has_joined() || !later.second.joined_to().empty()) earlier.second.set_has_joined(true);
  if (absl::Status status = WriteRow(earlier.first, earlier.second); !status.ok()) return status;
  // Every root points straight at the one that stays, so that ways stay short.
  for (const std::string& root : later.second.merged_roots()) {
    absl::StatusOr<IdentityRow> row = reader_.ReadRow(root);
    if (!row.ok()) return row.status();
    row->set_merged_into(earlier.first);
    if (absl::Status status = WriteRow(root, *row); !status.ok()) return status;
  }
  later.second.set_merged_into(earlier.first);
  later.second.clear_merged_roots();
  later.second.clear_described_by();
  later.second.clear_joined_to();
  later.second.clear_has_joined();
  return WriteRow(later.first, later.second);
}

absl::Status IdentityFold::SetDescription(const std::string& root, const Hash& portion_id, const v1::Portion& portion) {
  absl::StatusOr<IdentityRow> row = reader_.ReadRow(root);
  if (!row.ok()) return row.status();
  const absl::StatusOr<uint64_t> ordinal =
      NextCount(&IdentityCountsRow::descriptions, &IdentityCountsRow::set_descriptions);
  if (!ordinal.ok()) return ordinal.status();
  Description description = DescriptionIn(portion);
  if (row->has_described_by() && row->name() != description.name) AddOnce(row->name(), *row->mutable_aliases());
  row->set_name(description.name);
  for (const std::string& alias : description.aliases) AddOnce(alias, *row->mutable_aliases());
  for (const std::string& external_id : description.external_ids) AddOnce(external_id, *row->mutable_external_ids());
  *row->mutable_described_by() = portion;
  row->set_described_ordinal(*ordinal);
  if (row->first_described_ordinal() == 0) row->set_first_described_ordinal(*ordinal);
  if (absl::Status status = WriteRow(root, *row); !status.ok()) return status;
  description.aliases.push_back(description.name);
  if (absl::Status status = AddNames(root, description.aliases); !status.ok()) return status;
  const std::string hex_id = crypto::ToHex(portion_id);
  return hex_id == root ? absl::OkStatus() : rows_.Put(reader_.Key(identity_rows::kPortions, hex_id), root);
}

absl::Status IdentityFold::AddNames(const std::string& root, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (name.empty()) continue;
    const std::string key = reader_.Key(identity_rows::kNames, identity_rows::NameKey(model::ToLower(name), root));
    if (absl::Status status = rows_.Put(key, root); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status IdentityFold::Join(const Hash& judgement_id, const absl::btree_set<std::string>& ids) {
  const std::string key = reader_.Key(identity_rows::kJoins, crypto::AsBytes(judgement_id));
  const absl::StatusOr<std::optional<std::string>> recorded = rows_.Get(key);
  if (!recorded.ok() || recorded->has_value()) return recorded.status();
  JoinRow join;
  join.mutable_ids()->Assign(ids.begin(), ids.end());
  if (absl::Status status = rows_.Put(key, join.SerializeAsString()); !status.ok()) return status;
  return ApplyJoin(judgement_id, join);
}

absl::Status IdentityFold::SettleJoin(const Hash& judgement_id, JoinState state) {
  const std::string key = reader_.Key(identity_rows::kJoins, crypto::AsBytes(judgement_id));
  const absl::StatusOr<std::optional<std::string>> bytes = rows_.Get(key);
  if (!bytes.ok() || !bytes->has_value()) return bytes.status();
  JoinRow join;
  if (!join.ParseFromString(**bytes)) return identity_rows::Damaged("a join", crypto::ToHex(judgement_id));
  const bool is_undone = state == JoinState::kUndone;
  if (join.undone() == is_undone) return absl::OkStatus();
  join.set_undone(is_undone);
  if (absl::Status status = rows_.Put(key, join.SerializeAsString()); !status.ok()) return status;
  return ApplyJoin(judgement_id, join);
}

// Joins or parts what a judgement names, after whether it stands.
absl::Status IdentityFold::ApplyJoin(const Hash& judgement_id, const JoinRow& join) {
  const std::string_view judgement = crypto::AsBytes(judgement_id);
  GroupUpdate groups(reader_, rows_);
  for (const std::string& id : join.ids()) {
    const absl::StatusOr<std::optional<std::string>> root = reader_.OwnRootOf(id);
    if (!root.ok()) return root.status();
    absl::Status status;
    if (!root->has_value()) {
      status = join.undone() ? RemoveWaiting(id, judgement) : AddWaiting(id, judgement);
    } else if (status = groups.Include(**root); status.ok()) {
      status = join.undone() ? RemoveEdges(**root, judgement) : AddEdge(**root, judgement);
    }
    if (!status.ok()) return status;
  }
  return groups.Finish();
}

absl::Status IdentityFold::AddEdge(const std::string& root, std::string_view judgement) {
  absl::StatusOr<IdentityRow> row = reader_.ReadRow(root);
  if (!row.ok()) return row.status();
  row->set_has_joined(true);  // until the group is found
  if (absl::Status status = WriteRow(root, *row); !status.ok()) return status;
  return rows_.Put(reader_.Key(identity_rows::kEdges, Concat(identity_rows::Sized(root), judgement)), "");
}

// Under whichever root the judgement found the identity.
absl::Status IdentityFold::RemoveEdges(const std::string& root, std::string_view judgement) {
  const absl::StatusOr<IdentityRow> row = reader_.ReadRow(root);
  if (!row.ok()) return row.status();
  std::vector<std::string> members = {root};
  members.insert(members.end(), row->merged_roots().begin(), row->merged_roots().end());
  for (const std::string& member : members) {
    const std::string key = reader_.Key(identity_rows::kEdges, Concat(identity_rows::Sized(member), judgement));
    if (absl::Status status = rows_.Delete(key); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> IdentityFold::CountWaiting() const {
  const absl::StatusOr<std::optional<std::string>> bytes = rows_.Get(reader_.Key(identity_rows::kWaitingCount));
  if (!bytes.ok()) return bytes.status();
  if (!bytes->has_value()) return 0;
  if ((*bytes)->size() != sizeof(uint64_t)) return identity_rows::Damaged("the count of waiting joins", "rows");
  return DecodeBigEndian(**bytes);
}

absl::Status IdentityFold::SetWaitingCount(uint64_t count) {
  const std::string key = reader_.Key(identity_rows::kWaitingCount);
  return count == 0 ? rows_.Delete(key) : rows_.Put(key, EncodeBigEndian(count));
}

absl::Status IdentityFold::AddWaiting(const std::string& id, std::string_view judgement) {
  const absl::StatusOr<uint64_t> count = CountWaiting();
  if (!count.ok()) return count.status();
  const std::string key = reader_.Key(identity_rows::kWaiting, Concat(identity_rows::Sized(id), judgement));
  if (absl::Status status = rows_.Put(key, ""); !status.ok()) return status;
  return SetWaitingCount(*count + 1);
}

absl::Status IdentityFold::RemoveWaiting(const std::string& id, std::string_view judgement) {
  const absl::StatusOr<uint64_t> count = CountWaiting();
  if (!count.ok()) return count.status();
  const std::string key = reader_.Key(identity_rows::kWaiting, Concat(identity_rows::Sized(id), judgement));
  if (absl::Status status = rows_.Delete(key); !status.ok()) return status;
  return SetWaitingCount(*count - 1);
}

absl::Status IdentityFold::EndWaiting(const std::string& id, const std::string& root) {
  const absl::StatusOr<uint64_t> count = CountWaiting();
  if (!count.ok() || *count == 0) return count.status();
  const std::string prefix = reader_.Key(identity_rows::kWaiting, identity_rows::Sized(id));
  std::vector<std::string> judgements;
  absl::Status scanned = rows_.Scan(prefix, [&](std::string_view key, std::string_view) {
    judgements.emplace_back(key.substr(prefix.size()));
    return true;
  });
  if (!scanned.ok()) return scanned;
  for (const std::string& judgement : judgements) {
    if (absl::Status status = RemoveWaiting(id, judgement); !status.ok()) return status;
    if (absl::Status status = AddEdge(root, judgement); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace sworn::views
