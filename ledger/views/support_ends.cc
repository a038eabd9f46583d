#include "ledger/views/support_ends.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/container/btree_set.h"
#include "ledger/model/limits.h"
#include "ledger/model/refusal.h"
#include "ledger/views/claim_ends.h"
#include "ledger/views/support_rows.h"
#include "ledger/views/text.h"

namespace sworn::views {
namespace {

constexpr std::string_view kGroup = "group:";

bool Bears(const Identity& identity, std::string_view folded_label) {
  if (!identity.described_by.has_value()) return false;
  const auto& labels = identity.described_by->entity().labels();
  return std::any_of(labels.begin(), labels.end(),
                     [&](const std::string& label) { return model::ToLower(label) == folded_label; });
}

absl::Status TooLarge() {
  return model::Refuse(v1::Refusal::TOO_LARGE, Concat("the group has more than ", model::kMaxGroupMembers,
                                                      " members; ask about fewer at a time"));
}

// Canonical roots of the entities that bear the label. The rows tell who ever bore it.
absl::StatusOr<absl::btree_set<std::string>> FindBearers(std::string_view label, const RowReader& rows) {
  const std::string prefix = support_rows::LabelPrefix(label);
  const std::string folded_label = model::ToLower(label);
  absl::btree_set<std::string> bearers;
  absl::Status failed;
  absl::Status scanned = rows.Scan(prefix, [&](std::string_view key, std::string_view) {
    const absl::StatusOr<Identity> identity = support_rows::Entities().Read(key.substr(prefix.size()), rows);
    failed = identity.status();
    if (identity.ok() && Bears(*identity, folded_label)) bearers.insert(identity->root);
    if (bearers.size() > model::kMaxGroupMembers) failed = TooLarge();
    return failed.ok();
  });
  if (!scanned.ok()) return scanned;
  if (!failed.ok()) return failed;
  return bearers;
}

// Canonical roots of the entities that a list names.
absl::StatusOr<absl::btree_set<std::string>> FindNamed(std::string_view list, const RowReader& rows) {
  if (static_cast<size_t>(std::count(list.begin(), list.end(), ',')) > model::kMaxGroupMembers) return TooLarge();
  absl::btree_set<std::string> found;
  for (const std::string_view part : model::Split(list, ",")) {
    const std::string_view name = model::Trim(part);
    if (name.empty()) continue;
    absl::StatusOr<std::string> root = support_rows::Entities().Find(name, rows);
    if (!root.ok()) return root.status();
    found.insert(*std::move(root));
  }
  if (found.size() > model::kMaxGroupMembers) return TooLarge();
  return found;
}

absl::StatusOr<absl::btree_set<std::string>> FindMembers(std::string_view list, const RowReader& rows) {
  if (!model::Contains(list, ",")) {
    absl::StatusOr<absl::btree_set<std::string>> bearers = FindBearers(model::Trim(list), rows);
    if (!bearers.ok() || !bearers->empty()) return bearers;
  }
  absl::StatusOr<absl::btree_set<std::string>> named = FindNamed(list, rows);
  if (!named.ok() || !named->empty()) return named;
  return model::Refuse(v1::Refusal::FIELD_INVALID, "the group is empty; write group:LABEL or group:A,B,C");
}

absl::StatusOr<SupportEnd> FindGroup(const std::string& text, const RowReader& rows) {
  const absl::StatusOr<absl::btree_set<std::string>> found =
      FindMembers(std::string_view(text).substr(kGroup.size()), rows);
  if (!found.ok()) return found.status();
  std::multimap<std::string, std::string> by_name;
  for (const std::string& root : *found) {
    const absl::StatusOr<Identity> identity = support_rows::Entities().Read(root, rows);
    if (!identity.ok()) return identity.status();
    by_name.emplace(identity->name, root);
  }
  SupportEnd group;
  group.name = text;
  for (const auto& [name, root] : by_name) {
    group.members.push_back(name);
    group.entities.push_back(root);
  }
  return group;
}

absl::StatusOr<SupportEnd> FindEntity(const std::string& text, const RowReader& rows) {
  const absl::StatusOr<std::string> root = support_rows::Entities().Find(text, rows);
  if (!root.ok()) return root.status();
  absl::StatusOr<Identity> identity = support_rows::Entities().Read(*root, rows);
  if (!identity.ok()) return identity.status();
  SupportEnd end;
  end.name = std::move(identity->name);
  end.id = std::move(identity->root);
  end.entities = {end.id};
  return end;
}

}  // namespace

absl::StatusOr<SupportEnd> FindSupportEnd(const std::string& text, std::string_view field, const RowReader& rows) {
  absl::StatusOr<SupportEnd> end = text.starts_with(kGroup) ? FindGroup(text, rows) : FindEntity(text, rows);
  if (!end.ok()) return model::WithContext(end.status(), field);
  absl::StatusOr<std::vector<std::string>> roots = RootsOf(end->entities, rows);
  if (!roots.ok()) return roots.status();
  end->roots = *std::move(roots);
  return end;
}

absl::StatusOr<std::vector<std::string>> RootsOf(const std::vector<std::string>& entities, const RowReader& rows) {
  absl::btree_set<std::string> roots;
  for (const std::string& entity : entities) {
    const absl::StatusOr<std::vector<std::string>> members = support_rows::Entities().Members(entity, rows);
    if (members.ok()) {
      roots.insert(members->begin(), members->end());
    } else if (!absl::IsNotFound(members.status())) {
      return members.status();
    }
  }
  return std::vector<std::string>(roots.begin(), roots.end());
}

absl::StatusOr<std::vector<std::string>> ListPair(const std::vector<std::string>& from,
                                                  const std::vector<std::string>& to, const RowReader& rows) {
  std::vector<std::string> ids;
  if (from.empty() || to.empty()) return ids;
  for (const std::string& prefix : EndsPrefixes(from, to)) {
    absl::Status scanned = rows.Scan(prefix, [&ids](std::string_view, std::string_view id) {
      ids.emplace_back(id);
      return true;
    });
    if (!scanned.ok()) return scanned;
  }
  return ids;
}

}  // namespace sworn::views
