#include "ledger/views/identity.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/container/btree_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_join.h"
#include "ledger/model/limits.h"
#include "ledger/model/refusal.h"
#include "ledger/views/text.h"
#include "sworn/rows/v1/identity_rows.pb.h"

namespace sworn::views {
namespace {

using crypto::Hash;
using rows::v1::IdentityCountsRow;
using rows::v1::IdentityRow;

constexpr std::string_view kCounts = "counts";
constexpr std::string_view kRoots = "root/";            // + root
constexpr std::string_view kPortions = "portion/";      // + hex portion id, where that is no root: its root
constexpr std::string_view kExternalIds = "external/";  // + external id: its root
constexpr std::string_view kNames = "name/";            // + folded name or alias, 0x00, root: its root
constexpr std::string_view kListed = "listed/";         // + folded name, 0x00, root: its root, canonical ones only

constexpr size_t kHexIdDigits = 64;
constexpr size_t kCandidatesShown = 10;

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

std::string NameKey(std::string_view folded_name, std::string_view root) {
  return Concat(folded_name, std::string_view("\0", 1), root);
}

absl::Status Damaged(std::string_view what, std::string_view root) {
  return model::Refuse(v1::Refusal::DAMAGED,
                       Concat(what, " of identity ", root, " is damaged; delete the views to rebuild them"));
}

bool IsHex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return absl::ascii_isxdigit(static_cast<uint8_t>(c)); });
}

// Reads of one domain's rows.
class IdentityReader {
 public:
  IdentityReader(std::string_view prefix, const RowReader& rows) : prefix_(prefix), rows_(rows) {}

  std::string Key(std::string_view family, std::string_view rest) const { return Concat(prefix_, family, rest); }

  absl::StatusOr<std::optional<IdentityRow>> FindRow(std::string_view root) const {
    const absl::StatusOr<std::optional<std::string>> bytes = rows_.Get(Key(kRoots, root));
    if (!bytes.ok()) return bytes.status();
    if (!bytes->has_value()) return std::nullopt;
    IdentityRow row;
    if (!row.ParseFromString(**bytes)) return Damaged("the row", root);
    return row;
  }

  absl::StatusOr<IdentityRow> ReadRow(std::string_view root) const {
    absl::StatusOr<std::optional<IdentityRow>> row = FindRow(root);
    if (!row.ok()) return row.status();
    if (row->has_value()) return *std::move(*row);
    return model::Refuse(v1::Refusal::NOT_FOUND, Concat("no identity has the root \"", root, "\""));
  }

  // The canonical root with its row; nothing where `root` was never seen.
  absl::StatusOr<std::optional<std::pair<std::string, IdentityRow>>> FindCanonical(std::string root) const {
    absl::btree_set<std::string> seen;
    while (true) {
      absl::StatusOr<std::optional<IdentityRow>> row = FindRow(root);
      if (!row.ok()) return row.status();
      if (!row->has_value()) return std::nullopt;
      if ((*row)->merged_into().empty()) return std::pair(std::move(root), *std::move(*row));
      if (!seen.insert(root).second) return Damaged("the way to the canonical root", root);
      root = (*row)->merged_into();
    }
  }

  absl::StatusOr<std::optional<std::string>> CanonicalOf(std::string_view family, std::string_view id) const {
    const absl::StatusOr<std::optional<std::string>> root = rows_.Get(Key(family, id));
    if (!root.ok()) return root.status();
    if (!root->has_value()) return std::nullopt;
    return CanonicalRoot(**root);
  }

  absl::StatusOr<std::optional<std::string>> CanonicalRoot(const std::string& root) const {
    absl::StatusOr<std::optional<std::pair<std::string, IdentityRow>>> canonical = FindCanonical(root);
    if (!canonical.ok()) return canonical.status();
    if (!canonical->has_value()) return std::nullopt;
    return (*canonical)->first;
  }

  absl::StatusOr<std::optional<std::string>> RootOfPortion(const std::string& hex_id) const {
    absl::StatusOr<std::optional<std::string>> root = CanonicalRoot(hex_id);
    if (!root.ok() || root->has_value()) return root;
    return CanonicalOf(kPortions, hex_id);
  }

  absl::StatusOr<std::optional<std::string>> RootOfExternalId(std::string_view external_id) const {
    return CanonicalOf(kExternalIds, external_id);
  }

  // Canonical roots of every identity that has or had this name.
  absl::Status FindByName(std::string_view text, absl::btree_set<std::string>& found) const {
    if (text.empty()) return absl::OkStatus();
    const std::string prefix = Key(kNames, NameKey(model::ToLower(text), ""));
    std::vector<std::string> roots;
    absl::Status scanned = rows_.Scan(prefix, [&](std::string_view key, std::string_view root) {
      if (key.substr(prefix.size()) == root) roots.emplace_back(root);
      return true;
    });
    return scanned.ok() ? AddCanonical(roots, found) : scanned;
  }

  // Canonical roots of every identity with a portion whose id begins so, as far as they are needed to tell what is
  // meant.
  absl::Status FindByIdPrefix(std::string_view hex_prefix, absl::btree_set<std::string>& found) const {
    for (const std::string_view family : {kRoots, kPortions}) {
      std::vector<std::string> roots;
      const size_t family_size = Key(family, "").size();
      absl::Status scanned = rows_.Scan(Key(family, hex_prefix), [&](std::string_view key, std::string_view root) {
        const std::string_view id = key.substr(family_size);
        const bool is_portion_id = id.size() == kHexIdDigits && IsHex(id);
        if (is_portion_id) roots.emplace_back(family == kRoots ? id : root);
        return roots.size() <= kCandidatesShown;
      });
      if (!scanned.ok()) return scanned;
      if (absl::Status status = AddCanonical(roots, found); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

 private:
  absl::Status AddCanonical(const std::vector<std::string>& roots, absl::btree_set<std::string>& found) const {
    for (const std::string& root : roots) {
      absl::StatusOr<std::optional<std::string>> canonical = CanonicalRoot(root);
      if (!canonical.ok()) return canonical.status();
      if (canonical->has_value()) found.insert(**std::move(canonical));
    }
    return absl::OkStatus();
  }

  std::string_view prefix_;
  const RowReader& rows_;
};

// Writes of one domain's rows.
class IdentityWriter {
 public:
  IdentityWriter(std::string_view prefix, RowWriter& rows) : reader_(prefix, rows), rows_(rows) {}

  const IdentityReader& reader() const { return reader_; }

  absl::Status WriteRow(const std::string& root, const IdentityRow& row) {
    return rows_.Put(reader_.Key(kRoots, root), row.SerializeAsString());
  }

  // A new root that nothing describes yet, under the name it is known by.
  absl::StatusOr<IdentityRow> AddRoot(const std::string& root, const std::string& name);
  // Makes `external_id` lead to `root`, where nothing has it yet.
  absl::Status AddExternalId(const std::string& external_id, const std::string& root);
  absl::StatusOr<std::string> Merge(std::string_view left, std::string_view right);
  absl::Status SetDescription(const std::string& root, const Hash& portion_id, const v1::Portion& portion);

 private:
  absl::StatusOr<uint64_t> NextCount(uint64_t (IdentityCountsRow::*get)() const,
                                     void (IdentityCountsRow::*set)(uint64_t));
  absl::Status Join(const std::string& later_root, IdentityRow later, const std::string& earlier_root,
                    IdentityRow earlier);
  absl::Status List(const std::string& root, const std::string& name) {
    return rows_.Put(reader_.Key(kListed, NameKey(model::ToLower(name), root)), root);
  }
  absl::Status Unlist(const std::string& root, const std::string& name) {
    return rows_.Delete(reader_.Key(kListed, NameKey(model::ToLower(name), root)));
  }

  IdentityReader reader_;
  RowWriter& rows_;
};

absl::StatusOr<uint64_t> IdentityWriter::NextCount(uint64_t (IdentityCountsRow::*get)() const,
                                                   void (IdentityCountsRow::*set)(uint64_t)) {
  const std::string key = reader_.Key(kCounts, "");
  const absl::StatusOr<std::optional<std::string>> bytes = rows_.Get(key);
  if (!bytes.ok()) return bytes.status();
  IdentityCountsRow counts;
  if (bytes->has_value() && !counts.ParseFromString(**bytes)) return Damaged("the count", "rows");
  const uint64_t next = (counts.*get)() + 1;
  (counts.*set)(next);
  if (absl::Status status = rows_.Put(key, counts.SerializeAsString()); !status.ok()) return status;
  return next;
}

absl::StatusOr<IdentityRow> IdentityWriter::AddRoot(const std::string& root, const std::string& name) {
  const absl::StatusOr<uint64_t> ordinal = NextCount(&IdentityCountsRow::roots, &IdentityCountsRow::set_roots);
  if (!ordinal.ok()) return ordinal.status();
  IdentityRow row;
  row.set_ordinal(*ordinal);
  row.set_name(name);
  if (absl::Status status = WriteRow(root, row); !status.ok()) return status;
  if (absl::Status status = List(root, name); !status.ok()) return status;
  return row;
}

absl::Status IdentityWriter::AddExternalId(const std::string& external_id, const std::string& root) {
  return rows_.Put(reader_.Key(kExternalIds, external_id), root);
}

absl::StatusOr<std::string> IdentityWriter::Merge(std::string_view left, std::string_view right) {
  absl::StatusOr<std::optional<std::pair<std::string, IdentityRow>>> first = reader_.FindCanonical(std::string(left));
  if (!first.ok()) return first.status();
  absl::StatusOr<std::optional<std::pair<std::string, IdentityRow>>> second = reader_.FindCanonical(std::string(right));
  if (!second.ok()) return second.status();
  if (!first->has_value() || !second->has_value()) {
    return model::Refuse(v1::Refusal::NOT_FOUND,
                         Concat("no identity has the root \"", first->has_value() ? right : left, "\""));
  }
  if ((*first)->first == (*second)->first) return (*first)->first;
  const auto precedence = [](const IdentityRow& row) {
    return std::tuple(row.first_described_ordinal() == 0, row.first_described_ordinal(), row.ordinal());
  };
  if (precedence((*second)->second) < precedence((*first)->second)) std::swap(*first, *second);
  std::string canonical = (*first)->first;
  if (absl::Status status = Join((*second)->first, (*second)->second, canonical, (*first)->second); !status.ok()) {
    return status;
  }
  return canonical;
}

absl::Status IdentityWriter::Join(const std::string& later_root, IdentityRow later, const std::string& earlier_root,
                                  IdentityRow earlier) {
  if (absl::Status status = Unlist(later_root, later.name()); !status.ok()) return status;
  if (absl::Status status = Unlist(earlier_root, earlier.name()); !status.ok()) return status;
  for (const std::string& external_id : later.external_ids()) AddOnce(external_id, *earlier.mutable_external_ids());
  for (const std::string& alias : later.aliases()) AddOnce(alias, *earlier.mutable_aliases());
  if (later.has_described_by()) {
    if (later.described_ordinal() > earlier.described_ordinal()) {
      AddOnce(earlier.name(), *earlier.mutable_aliases());
      earlier.set_name(later.name());
      *earlier.mutable_described_by() = later.described_by();
      earlier.set_described_ordinal(later.described_ordinal());
    } else {
      AddOnce(later.name(), *earlier.mutable_aliases());
    }
  }
  *earlier.add_merged_roots() = later_root;
  for (const std::string& root : later.merged_roots()) *earlier.add_merged_roots() = root;
  if (absl::Status status = WriteRow(earlier_root, earlier); !status.ok()) return status;
  if (absl::Status status = List(earlier_root, earlier.name()); !status.ok()) return status;
  // Every root points straight at the canonical one, so that ways stay short.
  for (const std::string& root : later.merged_roots()) {
    absl::StatusOr<IdentityRow> row = reader_.ReadRow(root);
    if (!row.ok()) return row.status();
    row->set_merged_into(earlier_root);
    if (absl::Status status = WriteRow(root, *row); !status.ok()) return status;
  }
  later.set_merged_into(earlier_root);
  later.clear_merged_roots();
  later.clear_described_by();
  return WriteRow(later_root, later);
}

absl::Status IdentityWriter::SetDescription(const std::string& root, const Hash& portion_id,
                                            const v1::Portion& portion) {
  absl::StatusOr<IdentityRow> row = reader_.ReadRow(root);
  if (!row.ok()) return row.status();
  const absl::StatusOr<uint64_t> ordinal =
      NextCount(&IdentityCountsRow::descriptions, &IdentityCountsRow::set_descriptions);
  if (!ordinal.ok()) return ordinal.status();
  if (absl::Status status = Unlist(root, row->name()); !status.ok()) return status;
  const Description description = DescriptionIn(portion);
  if (row->has_described_by() && row->name() != description.name) AddOnce(row->name(), *row->mutable_aliases());
  row->set_name(description.name);
  for (const std::string& alias : description.aliases) AddOnce(alias, *row->mutable_aliases());
  for (const std::string& external_id : description.external_ids) AddOnce(external_id, *row->mutable_external_ids());
  *row->mutable_described_by() = portion;
  row->set_described_ordinal(*ordinal);
  if (row->first_described_ordinal() == 0) row->set_first_described_ordinal(*ordinal);
  if (absl::Status status = WriteRow(root, *row); !status.ok()) return status;
  if (absl::Status status = List(root, description.name); !status.ok()) return status;
  std::vector<std::string> names = description.aliases;
  names.push_back(description.name);
  for (const std::string& name : names) {
    if (name.empty()) continue;
    const std::string key = reader_.Key(kNames, NameKey(model::ToLower(name), root));
    if (absl::Status status = rows_.Put(key, root); !status.ok()) return status;
  }
  const std::string hex_id = crypto::ToHex(portion_id);
  return hex_id == root ? absl::OkStatus() : rows_.Put(reader_.Key(kPortions, hex_id), root);
}

Identity ToIdentity(std::string root, const IdentityRow& row) {
  Identity identity;
  identity.root = std::move(root);
  identity.name = row.name();
  for (const std::string& alias : row.aliases()) {
    if (alias != row.name()) identity.aliases.push_back(alias);
  }
  identity.external_ids.assign(row.external_ids().begin(), row.external_ids().end());
  if (row.has_described_by()) identity.described_by = row.described_by();
  return identity;
}

bool NameContains(const IdentityRow& row, std::string_view folded_part) {
  const auto contains = [&](const std::string& name) {
    return model::ToLower(name).find(folded_part) != std::string::npos;
  };
  return folded_part.empty() || contains(row.name()) ||
         std::any_of(row.aliases().begin(), row.aliases().end(), contains);
}

// What a portion shows to be one identity.
struct Joined {
  std::vector<std::string> roots;  // canonical; that of the portion itself first, where it has one
  std::vector<std::string> new_external_ids;
  bool portion_known = false;
  bool described = false;  // something described one of the roots before
};

absl::StatusOr<Joined> FindJoined(const std::string& hex_id, const v1::Portion& portion, const IdentityReader& reader) {
  Joined joined;
  absl::StatusOr<std::optional<std::string>> known = reader.RootOfPortion(hex_id);
  if (!known.ok()) return known.status();
  joined.portion_known = known->has_value();
  if (known->has_value()) joined.roots.push_back(**std::move(known));
  for (const std::string& external_id : DescriptionIn(portion).external_ids) {
    absl::StatusOr<std::optional<std::string>> root = reader.RootOfExternalId(external_id);
    if (!root.ok()) return root.status();
    if (root->has_value()) {
      joined.roots.push_back(**std::move(root));
    } else {
      joined.new_external_ids.push_back(external_id);
    }
  }
  for (const std::string& root : joined.roots) {
    absl::StatusOr<IdentityRow> row = reader.ReadRow(root);
    if (!row.ok()) return row.status();
    joined.described = joined.described || row->has_described_by();
  }
  return joined;
}

}  // namespace

Identities::Identities(Domain domain) : prefix_(domain == Domain::kEntity ? "identity.entity/" : "identity.source/") {}

absl::StatusOr<std::string> Identities::Describe(const Hash& portion_id, const v1::Portion& portion,
                                                 RowWriter& rows) const {
  IdentityWriter writer(prefix_, rows);
  const std::string hex_id = crypto::ToHex(portion_id);
  absl::StatusOr<Joined> joined = FindJoined(hex_id, portion, writer.reader());
  if (!joined.ok()) return joined.status();
  if (joined->roots.empty() || (!joined->described && !joined->portion_known)) {
    // The first portion to describe an identity becomes its root.
    if (absl::Status status = writer.AddRoot(hex_id, "").status(); !status.ok()) return status;
    joined->roots.insert(joined->roots.begin(), hex_id);
  }
  // Described first, so that a root that something describes becomes the canonical one.
  if (!joined->described) {
    if (absl::Status status = writer.SetDescription(joined->roots.front(), portion_id, portion); !status.ok()) {
      return status;
    }
  }
  std::string canonical = joined->roots.front();
  for (const std::string& root : joined->roots) {
    absl::StatusOr<std::string> merged = writer.Merge(canonical, root);
    if (!merged.ok()) return merged.status();
    canonical = *std::move(merged);
  }
  if (joined->described) {
    if (absl::Status status = writer.SetDescription(canonical, portion_id, portion); !status.ok()) return status;
  }
  for (const std::string& external_id : joined->new_external_ids) {
    if (absl::Status status = writer.AddExternalId(external_id, canonical); !status.ok()) return status;
  }
  return canonical;
}

absl::StatusOr<std::string> Identities::RootOf(const v1::Reference& reference, absl::Span<const Hash> portion_ids,
                                               RowWriter& rows) const {
  absl::StatusOr<std::optional<std::string>> found = FindRoot(reference, portion_ids, rows);
  if (!found.ok()) return found.status();
  if (found->has_value()) return **std::move(found);
  IdentityWriter writer(prefix_, rows);
  if (reference.to_case() == v1::Reference::kExternalId) {
    const std::string& external_id = reference.external_id();
    // A portion id may have been written where an external id belongs.
    found = writer.reader().CanonicalRoot(external_id);
    if (!found.ok()) return found.status();
    if (found->has_value()) return **std::move(found);
    absl::StatusOr<IdentityRow> row = writer.AddRoot(external_id, external_id);
    if (!row.ok()) return row.status();
    row->add_external_ids(external_id);
    if (absl::Status status = writer.WriteRow(external_id, *row); !status.ok()) return status;
    if (absl::Status status = writer.AddExternalId(external_id, external_id); !status.ok()) return status;
    return external_id;
  }
  const std::string hex_id = reference.to_case() == v1::Reference::kIndex
                                 ? crypto::ToHex(portion_ids[reference.index()])
                                 : crypto::ToHex(reference.portion_id());
  if (absl::Status status = writer.AddRoot(hex_id, hex_id).status(); !status.ok()) return status;
  return hex_id;
}

absl::StatusOr<std::optional<std::string>> Identities::FindRoot(const v1::Reference& reference,
                                                                absl::Span<const Hash> portion_ids,
                                                                const RowReader& rows) const {
  const IdentityReader reader(prefix_, rows);
  switch (reference.to_case()) {
    case v1::Reference::kExternalId:
      return reader.RootOfExternalId(reference.external_id());
    case v1::Reference::kPortionId:
      return reader.RootOfPortion(crypto::ToHex(reference.portion_id()));
    case v1::Reference::kIndex:
      if (reference.index() < portion_ids.size())
        return reader.RootOfPortion(crypto::ToHex(portion_ids[reference.index()]));
      return model::Refuse(v1::Refusal::REFERENCE_INVALID, Concat("a reference points at portion ", reference.index(),
                                                                  " of a report of ", portion_ids.size(), " portions"));
    case v1::Reference::TO_NOT_SET:
      break;
  }
  return model::Refuse(v1::Refusal::REFERENCE_INVALID, "a reference points at nothing");
}

absl::StatusOr<std::string> Identities::Merge(std::string_view left_root, std::string_view right_root,
                                              RowWriter& rows) const {
  return IdentityWriter(prefix_, rows).Merge(left_root, right_root);
}

absl::StatusOr<std::string> Identities::Canonical(std::string_view root, const RowReader& rows) const {
  absl::StatusOr<std::optional<std::string>> canonical = IdentityReader(prefix_, rows).CanonicalRoot(std::string(root));
  if (!canonical.ok()) return canonical.status();
  if (canonical->has_value()) return **std::move(canonical);
  return model::Refuse(v1::Refusal::NOT_FOUND, Concat("no identity has the root \"", root, "\""));
}

absl::StatusOr<std::vector<std::string>> Identities::Members(std::string_view root, const RowReader& rows) const {
  absl::StatusOr<std::optional<std::pair<std::string, IdentityRow>>> canonical =
      IdentityReader(prefix_, rows).FindCanonical(std::string(root));
  if (!canonical.ok()) return canonical.status();
  if (!canonical->has_value()) {
    return model::Refuse(v1::Refusal::NOT_FOUND, Concat("no identity has the root \"", root, "\""));
  }
  std::vector<std::string> members = {(*canonical)->first};
  for (const std::string& merged : (*canonical)->second.merged_roots()) members.push_back(merged);
  return members;
}

absl::StatusOr<Identity> Identities::Read(std::string_view root, const RowReader& rows) const {
  absl::StatusOr<std::optional<std::pair<std::string, IdentityRow>>> canonical =
      IdentityReader(prefix_, rows).FindCanonical(std::string(root));
  if (!canonical.ok()) return canonical.status();
  if (!canonical->has_value()) {
    return model::Refuse(v1::Refusal::NOT_FOUND, Concat("no identity has the root \"", root, "\""));
  }
  return ToIdentity((*canonical)->first, (*canonical)->second);
}

absl::StatusOr<std::string> Identities::Find(std::string_view text, const RowReader& rows) const {
  const IdentityReader reader(prefix_, rows);
  absl::StatusOr<std::optional<std::string>> exact = reader.RootOfExternalId(text);
  if (!exact.ok()) return exact.status();
  if (exact->has_value()) return **std::move(exact);
  absl::btree_set<std::string> found;
  if (absl::Status status = reader.FindByName(text, found); !status.ok()) return status;
  const bool may_be_id = text.size() >= model::kMinIdPrefixDigits && text.size() <= kHexIdDigits && IsHex(text);
  if (found.empty() && may_be_id) {
    if (absl::Status status = reader.FindByIdPrefix(model::ToLower(text), found); !status.ok()) return status;
  }
  if (found.size() == 1) return *found.begin();
  if (found.empty()) {
    return model::Refuse(v1::Refusal::NOT_FOUND, Concat("nothing is named \"", model::Shown(text),
                                                        "\", nor has it as an id; give a name, an external id, ",
                                                        "or at least ", model::kMinIdPrefixDigits, " digits of an id"));
  }
  std::vector<std::string> candidates;
  for (const std::string& root : found) {
    if (candidates.size() == kCandidatesShown) break;
    const absl::StatusOr<Identity> identity = Read(root, rows);
    if (!identity.ok()) return identity.status();
    candidates.push_back(Concat(identity->name, " (", root, ")"));
  }
  return model::Refuse(v1::Refusal::AMBIGUOUS, Concat("\"", model::Shown(text), "\" fits ", found.size(), ": ",
                                                      absl::StrJoin(candidates, ", "), "; give an id"));
}

absl::StatusOr<Identities::Page> Identities::List(std::string_view name_contains, std::string_view start, size_t limit,
                                                  const RowReader& rows) const {
  const absl::StatusOr<std::string> start_key = crypto::FromHex(start);
  if (!start_key.ok()) return model::Refuse(v1::Refusal::FIELD_INVALID, "the page token is none that this ledger gave");
  const IdentityReader reader(prefix_, rows);
  const std::string prefix = reader.Key(kListed, "");
  const std::string folded_part = model::ToLower(name_contains);
  Page page;
  absl::Status failed;
  absl::Status scanned =
      rows.Scan(prefix, Concat(prefix, *start_key), [&](std::string_view key, std::string_view root) {
        const absl::StatusOr<IdentityRow> row = reader.ReadRow(root);
        failed = row.status();
        if (!row.ok()) return false;
        if (!NameContains(*row, folded_part)) return true;
        if (page.identities.size() == limit) {
          page.next = crypto::ToHex(key.substr(prefix.size()));
          return false;
        }
        page.identities.push_back(ToIdentity(std::string(root), *row));
        return true;
      });
  if (!scanned.ok()) return scanned;
  if (!failed.ok()) return failed;
  return page;
}

}  // namespace sworn::views
