#include "ledger/views/identity_groups.h"

#include <algorithm>
#include <utility>

#include "ledger/model/text.h"
#include "ledger/views/text.h"

namespace sworn::views {

using identity_rows::IdentityReader;
using identity_rows::Own;
using rows::v1::IdentityRow;
using rows::v1::JoinRow;

void GroupUpdate::AddDerived(const Group& group, Derived& derived) const {
  const std::string& canonical = group.front().first;
  const std::string listed_as = identity_rows::NameKey(model::ToLower(identity_rows::NameOf(group)), canonical);
  derived[reader_.Key(identity_rows::kListed, listed_as)] = canonical;
  for (size_t i = 1; i < group.size(); ++i) {
    const std::string place = Concat(identity_rows::Sized(canonical), identity_rows::RankOf(group[i].second));
    derived[reader_.Key(identity_rows::kJoined, place)] = group[i].first;
  }
}

absl::Status GroupUpdate::Include(const std::string& root) {
  if (!included_.insert(root).second) return absl::OkStatus();
  absl::StatusOr<std::optional<Own>> own = reader_.FindOwn(root);
  if (!own.ok() || !own->has_value()) return own.status();
  absl::StatusOr<Own> canonical = reader_.CanonicalOf(**std::move(own));
  if (!canonical.ok()) return canonical.status();
  const absl::StatusOr<Group> group = reader_.ReadGroup(*std::move(canonical));
  if (!group.ok()) return group.status();
  for (const auto& [member, row] : *group) included_.insert(member);
  AddDerived(*group, before_);
  return absl::OkStatus();
}

absl::Status GroupUpdate::Finish() {
  const std::vector<std::string> roots(included_.begin(), included_.end());
  for (const std::string& root : roots) {
    Group group;
    if (absl::Status status = FindGroup(root, group); !status.ok()) return status;
    if (group.empty()) continue;
    if (absl::Status status = WriteGroup(group); !status.ok()) return status;
  }
  return WriteDerived();
}

// Everything that is joined with `root`; nothing where that was found before.
absl::Status GroupUpdate::FindGroup(const std::string& root, Group& group) {
  std::vector<std::string> open = {root};
  while (!open.empty()) {
    absl::StatusOr<std::optional<Own>> own = reader_.FindOwn(std::move(open.back()));
    open.pop_back();
    if (!own.ok()) return own.status();
    if (!own->has_value() || !grouped_.insert((*own)->first).second) continue;
    // Joined with what the change did not touch: that group goes on in this one.
    if (absl::Status status = Include((*own)->first); !status.ok()) return status;
    if (absl::Status status = FollowJoins(**own, open); !status.ok()) return status;
    group.push_back(**std::move(own));
  }
  std::sort(group.begin(), group.end(), [](const Own& left, const Own& right) {
    return identity_rows::RankOf(left.second) < identity_rows::RankOf(right.second);
  });
  return absl::OkStatus();
}

absl::Status GroupUpdate::FollowJoins(const Own& own, std::vector<std::string>& open) {
  const auto& [root, row] = own;
  if (!row.has_joined() && row.joined_to().empty()) return absl::OkStatus();
  std::vector<std::string> members = {root};
  members.insert(members.end(), row.merged_roots().begin(), row.merged_roots().end());
  std::vector<std::string> joins;
  for (const std::string& member : members) {
    const std::string prefix = reader_.Key(identity_rows::kEdges, identity_rows::Sized(member));
    absl::Status scanned = rows_.Scan(prefix, [&](std::string_view key, std::string_view) {
      joins.emplace_back(key.substr(prefix.size()));
      return true;
    });
    if (!scanned.ok()) return scanned;
  }
  for (const std::string& join : joins) {
    if (!followed_.insert(join).second) continue;
    absl::Status status = FollowJoin(reader_.Key(identity_rows::kJoins, join), open);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status GroupUpdate::FollowJoin(const std::string& join_key, std::vector<std::string>& open) const {
  const absl::StatusOr<std::optional<std::string>> bytes = rows_.Get(join_key);
  if (!bytes.ok()) return bytes.status();
  JoinRow join;
  if (!bytes->has_value() || !join.ParseFromString(**bytes)) {
    return identity_rows::Damaged("a join", crypto::ToHex(join_key));
  }
  for (const std::string& id : join.ids()) {
    absl::StatusOr<std::optional<std::string>> root = reader_.OwnRootOf(id);
    if (!root.ok()) return root.status();
    if (root->has_value() && !grouped_.contains(**root)) open.push_back(**std::move(root));
  }
  return absl::OkStatus();
}

absl::Status GroupUpdate::WriteGroup(Group& group) {
  const std::string canonical = group.front().first;
  for (auto& [root, row] : group) {
    const bool is_canonical = root == canonical;
    const bool has_joined = is_canonical && group.size() > 1;
    const std::string joined_to = is_canonical ? "" : canonical;
    if (row.has_joined() == has_joined && row.joined_to() == joined_to) continue;
    row.set_has_joined(has_joined);
    row.set_joined_to(joined_to);
    absl::Status status = rows_.Put(reader_.Key(identity_rows::kRoots, root), row.SerializeAsString());
    if (!status.ok()) return status;
  }
  AddDerived(group, after_);
  return absl::OkStatus();
}

absl::Status GroupUpdate::WriteDerived() {
  for (const auto& [key, root] : before_) {
    if (after_.contains(key)) continue;
    if (absl::Status status = rows_.Delete(key); !status.ok()) return status;
  }
  for (const auto& [key, root] : after_) {
    const auto former = before_.find(key);
    if (former != before_.end() && former->second == root) continue;
    if (absl::Status status = rows_.Put(key, root); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace sworn::views
