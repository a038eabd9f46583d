#include "ledger/views/identity.h"

#include <algorithm>
#include <utility>

#include "absl/container/btree_set.h"
#include "absl/strings/str_join.h"
#include "ledger/model/limits.h"
#include "ledger/model/refusal.h"
#include "ledger/views/identity_fold.h"
#include "ledger/views/identity_rows.h"
#include "ledger/views/standing.h"
#include "ledger/views/text.h"

namespace sworn::views {
namespace {

using crypto::Hash;
using identity_rows::IdentityReader;
using identity_rows::Own;
using rows::v1::IdentityRow;

void AddOnce(const std::string& text, std::vector<std::string>& strings) {
  if (!text.empty() && std::find(strings.begin(), strings.end(), text) == strings.end()) strings.push_back(text);
}

// What is known of all that are joined.
Identity ToIdentity(const std::vector<Own>& group) {
  Identity identity;
  identity.root = group.front().first;
  identity.name = identity_rows::NameOf(group);
  uint64_t described_ordinal = 0;
  for (const auto& [root, row] : group) {
    for (const std::string& alias : row.aliases()) AddOnce(alias, identity.aliases);
    if (row.has_described_by()) AddOnce(row.name(), identity.aliases);
    for (const std::string& external_id : row.external_ids()) AddOnce(external_id, identity.external_ids);
    if (row.described_ordinal() <= described_ordinal) continue;
    described_ordinal = row.described_ordinal();
    identity.described_by = row.described_by();
  }
  identity.aliases.erase(std::remove(identity.aliases.begin(), identity.aliases.end(), identity.name),
                         identity.aliases.end());
  return identity;
}

bool NameContains(const Identity& identity, std::string_view folded_part) {
  const auto contains = [&](const std::string& name) {
    return model::ToLower(name).find(folded_part) != std::string::npos;
  };
  return folded_part.empty() || contains(identity.name) ||
         std::any_of(identity.aliases.begin(), identity.aliases.end(), contains);
}

absl::StatusOr<Identity> ReadIdentity(std::string_view root, const IdentityReader& reader) {
  absl::StatusOr<Own> canonical = reader.ReadCanonical(root);
  if (!canonical.ok()) return canonical.status();
  const absl::StatusOr<std::vector<Own>> group = reader.ReadGroup(*std::move(canonical));
  if (!group.ok()) return group.status();
  return ToIdentity(*group);
}

absl::StatusOr<std::optional<std::string>> FindOwnRootOf(const v1::Reference& reference,
                                                         absl::Span<const Hash> portion_ids,
                                                         const IdentityReader& reader) {
  switch (reference.to_case()) {
    case v1::Reference::kExternalId:
      return reader.OwnRootOfExternalId(reference.external_id());
    case v1::Reference::kPortionId:
      return reader.OwnRootOfPortion(crypto::ToHex(reference.portion_id()));
    case v1::Reference::kIndex:
      if (reference.index() < portion_ids.size())
        return reader.OwnRootOfPortion(crypto::ToHex(portion_ids[reference.index()]));
      return model::Refuse(v1::Refusal::REFERENCE_INVALID, Concat("a reference points at portion ", reference.index(),
                                                                  " of a report of ", portion_ids.size(), " portions"));
    case v1::Reference::TO_NOT_SET:
      break;
  }
  return model::Refuse(v1::Refusal::REFERENCE_INVALID, "a reference points at nothing");
}

// Canonical roots that `text` may mean.
absl::StatusOr<absl::btree_set<std::string>> FindCandidates(std::string_view text, const IdentityReader& reader) {
  absl::btree_set<std::string> found;
  if (absl::Status status = reader.FindByName(text, found); !status.ok()) return status;
  const bool may_be_id =
      text.size() >= model::kMinIdPrefixDigits && text.size() <= kHexIdDigits && identity_rows::IsHex(text);
  if (!found.empty() || !may_be_id) return found;
  if (absl::Status status = reader.FindByIdPrefix(model::ToLower(text), found); !status.ok()) return status;
  return found;
}

absl::Status Ambiguous(std::string_view text, const absl::btree_set<std::string>& found, const IdentityReader& reader) {
  std::vector<std::string> candidates;
  for (const std::string& root : found) {
    if (candidates.size() == identity_rows::kMaxCandidates) break;
    const absl::StatusOr<Identity> identity = ReadIdentity(root, reader);
    if (!identity.ok()) return identity.status();
    candidates.push_back(Concat(identity->name, " (", root, ")"));
  }
  return model::Refuse(v1::Refusal::AMBIGUOUS, Concat("\"", model::Shown(text), "\" fits ", found.size(), ": ",
                                                      absl::StrJoin(candidates, ", "), "; give an id"));
}

}  // namespace

Identities::Identities(Domain domain) : prefix_(domain == Domain::kEntity ? "identity.entity/" : "identity.source/") {}

absl::StatusOr<std::string> Identities::Describe(const Hash& portion_id, const v1::Portion& portion,
                                                 RowWriter& rows) const {
  return IdentityFold(prefix_, rows).Describe(portion_id, portion);
}

absl::StatusOr<std::string> Identities::RootOf(const v1::Reference& reference, absl::Span<const Hash> portion_ids,
                                               RowWriter& rows) const {
  IdentityFold fold(prefix_, rows);
  absl::StatusOr<std::optional<std::string>> found = FindOwnRootOf(reference, portion_ids, fold.reader());
  if (!found.ok()) return found.status();
  if (found->has_value()) return **std::move(found);
  std::string id;
  if (reference.to_case() == v1::Reference::kExternalId) {
    id = reference.external_id();
    // A portion id may have been written where an external id belongs.
    absl::StatusOr<std::optional<Own>> own = fold.reader().FindOwn(id);
    if (!own.ok()) return own.status();
    if (own->has_value()) return std::move((*own)->first);
    if (absl::Status status = fold.AddKnownById(id, IdKind::kExternal); !status.ok()) return status;
    return id;
  }
  id = crypto::ToHex(reference.to_case() == v1::Reference::kIndex ? crypto::AsBytes(portion_ids[reference.index()])
                                                                  : std::string_view(reference.portion_id()));
  if (absl::Status status = fold.AddKnownById(id, IdKind::kPortion); !status.ok()) return status;
  return id;
}

absl::StatusOr<std::optional<std::string>> Identities::FindOwnRoot(const std::string& id, const RowReader& rows) const {
  return IdentityReader(prefix_, rows).OwnRootOf(id);
}

absl::StatusOr<std::optional<std::string>> Identities::FindRoot(const v1::Reference& reference,
                                                                absl::Span<const Hash> portion_ids,
                                                                const RowReader& rows) const {
  const IdentityReader reader(prefix_, rows);
  const absl::StatusOr<std::optional<std::string>> own = FindOwnRootOf(reference, portion_ids, reader);
  if (!own.ok() || !own->has_value()) return own;
  return reader.CanonicalRoot(**own);
}

absl::Status Identities::Join(const Hash& judgement_id,
                              const google::protobuf::RepeatedPtrField<v1::Reference>& targets,
                              absl::Span<const Hash> portion_ids, RowWriter& rows) const {
  const std::vector<Hash> report_ids(portion_ids.begin(), portion_ids.end());
  absl::btree_set<std::string> ids;
  for (const v1::Reference& target : targets) {
    const std::optional<Hash> id = PortionIdOf(target, report_ids);
    ids.insert(id.has_value() ? crypto::ToHex(*id) : target.external_id());
  }
  return IdentityFold(prefix_, rows).Join(judgement_id, ids);
}

absl::Status Identities::SettleJoin(const Hash& portion_id, JoinState state, RowWriter& rows) const {
  return IdentityFold(prefix_, rows).SettleJoin(portion_id, state);
}

absl::StatusOr<std::string> Identities::Canonical(std::string_view root, const RowReader& rows) const {
  return IdentityReader(prefix_, rows).CanonicalRoot(root);
}

absl::StatusOr<std::vector<std::string>> Identities::Members(std::string_view root, const RowReader& rows) const {
  const IdentityReader reader(prefix_, rows);
  absl::StatusOr<Own> canonical = reader.ReadCanonical(root);
  if (!canonical.ok()) return canonical.status();
  const absl::StatusOr<std::vector<Own>> group = reader.ReadGroup(*std::move(canonical));
  if (!group.ok()) return group.status();
  std::vector<std::string> members;
  for (const auto& [own_root, row] : *group) {
    members.push_back(own_root);
    members.insert(members.end(), row.merged_roots().begin(), row.merged_roots().end());
  }
  return members;
}

absl::StatusOr<Identity> Identities::Read(std::string_view root, const RowReader& rows) const {
  return ReadIdentity(root, IdentityReader(prefix_, rows));
}

absl::StatusOr<std::string> Identities::Find(std::string_view text, const RowReader& rows) const {
  const IdentityReader reader(prefix_, rows);
  const absl::StatusOr<std::optional<std::string>> exact = reader.OwnRootOfExternalId(text);
  if (!exact.ok()) return exact.status();
  if (exact->has_value()) return reader.CanonicalRoot(**exact);
  const absl::StatusOr<absl::btree_set<std::string>> found = FindCandidates(text, reader);
  if (!found.ok()) return found.status();
  if (found->size() == 1) return *found->begin();
  if (!found->empty()) return Ambiguous(text, *found, reader);
  return model::Refuse(v1::Refusal::NOT_FOUND, Concat("nothing is named \"", model::Shown(text),
                                                      "\", nor has it as an id; give a name, an external id, ",
                                                      "or at least ", model::kMinIdPrefixDigits, " digits of an id"));
}

absl::StatusOr<Identities::Page> Identities::List(std::string_view name_contains, std::string_view start, size_t limit,
                                                  const RowReader& rows) const {
  const absl::StatusOr<std::string> start_key = crypto::FromHex(start);
  if (!start_key.ok()) return model::Refuse(v1::Refusal::FIELD_INVALID, "the page token is none that this ledger gave");
  const IdentityReader reader(prefix_, rows);
  const std::string prefix = reader.Key(identity_rows::kListed);
  const std::string folded_part = model::ToLower(name_contains);
  Page page;
  absl::Status failed;
  absl::Status scanned =
      rows.Scan(prefix, Concat(prefix, *start_key), [&](std::string_view key, std::string_view root) {
        absl::StatusOr<Identity> identity = ReadIdentity(root, reader);
        failed = identity.status();
        if (!identity.ok()) return false;
        if (!NameContains(*identity, folded_part)) return true;
        if (page.identities.size() == limit) {
          page.next = crypto::ToHex(key.substr(prefix.size()));
          return false;
        }
        page.identities.push_back(*std::move(identity));
        return true;
      });
  if (!scanned.ok()) return scanned;
  if (!failed.ok()) return failed;
  return page;
}

}  // namespace sworn::views
