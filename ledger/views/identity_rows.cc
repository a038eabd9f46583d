#include "ledger/views/identity_rows.h"

#include <google/protobuf/io/coded_stream.h>

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "ledger/model/refusal.h"
#include "ledger/views/text.h"
#include "ledger/views/versioned_rows.h"

namespace sworn::views::identity_rows {

using rows::v1::IdentityRow;

std::string NameKey(std::string_view folded_name, std::string_view root) {
  return Concat(folded_name, std::string_view("\0", 1), root);
}

std::string Sized(std::string_view text) { return Concat(EncodeBigEndian(text.size()), text); }

std::string RankOf(const IdentityRow& row) {
  const bool is_described = row.first_described_ordinal() != 0;
  return Concat(std::string_view(is_described ? "\0" : "\1", 1), EncodeBigEndian(row.first_described_ordinal()),
                EncodeBigEndian(row.ordinal()));
}

bool IsHex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return absl::ascii_isxdigit(static_cast<uint8_t>(c)); });
}

absl::Status Damaged(std::string_view what, std::string_view root) {
  return model::Refuse(v1::Refusal::DAMAGED,
                       Concat(what, " of identity ", root, " is damaged; delete the views to rebuild them"));
}

absl::Status NoSuchRoot(std::string_view root) {
  return model::Refuse(v1::Refusal::NOT_FOUND, Concat("no identity has the root \"", root, "\""));
}

namespace {

// The first field of the IdentityRow in `bytes`. Fields are written in the order of their numbers.
absl::StatusOr<std::string> MergedInto(const std::string& bytes, std::string_view root) {
  constexpr uint32_t kLengthDelimited = 2;
  constexpr uint32_t kTag = (uint32_t{IdentityRow::kMergedIntoFieldNumber} << 3U) | kLengthDelimited;
  google::protobuf::io::CodedInputStream input(reinterpret_cast<const uint8_t*>(bytes.data()),
                                               static_cast<int>(bytes.size()));
  std::string merged_into;
  if (input.ReadTag() != kTag) return merged_into;
  uint32_t size = 0;
  if (!input.ReadVarint32(&size) || !input.ReadString(&merged_into, static_cast<int>(size))) {
    return Damaged("the row", root);
  }
  return merged_into;
}

}  // namespace

std::string IdentityReader::Key(std::string_view family, std::string_view rest) const {
  return Concat(prefix_, family, rest);
}

absl::StatusOr<std::optional<IdentityRow>> IdentityReader::FindRow(std::string_view root) const {
  const absl::StatusOr<std::optional<std::string>> bytes = rows_.Get(Key(kRoots, root));
  if (!bytes.ok()) return bytes.status();
  if (!bytes->has_value()) return std::nullopt;
  IdentityRow row;
  if (!row.ParseFromString(**bytes)) return Damaged("the row", root);
  return row;
}

absl::StatusOr<IdentityRow> IdentityReader::ReadRow(std::string_view root) const {
  absl::StatusOr<std::optional<IdentityRow>> row = FindRow(root);
  if (!row.ok()) return row.status();
  if (!row->has_value()) return NoSuchRoot(root);
  return *std::move(*row);
}

absl::StatusOr<std::optional<Own>> IdentityReader::FindOwn(std::string root) const {
  absl::btree_set<std::string> seen;
  while (true) {
    absl::StatusOr<std::optional<IdentityRow>> row = FindRow(root);
    if (!row.ok()) return row.status();
    if (!row->has_value()) return std::nullopt;
    if ((*row)->merged_into().empty()) return Own(std::move(root), *std::move(*row));
    if (!seen.insert(root).second) return Damaged("the way to the canonical root", root);
    root = (*row)->merged_into();
  }
}

// Follows what roots were merged into without parsing the rest of their rows: a fold asks this for every reference.
absl::StatusOr<std::optional<std::string>> IdentityReader::OwnRoot(std::string root) const {
  absl::btree_set<std::string> seen;
  while (true) {
    const absl::StatusOr<std::optional<std::string>> bytes = rows_.Get(Key(kRoots, root));
    if (!bytes.ok()) return bytes.status();
    if (!bytes->has_value()) return std::nullopt;
    const absl::StatusOr<std::string> merged_into = MergedInto(**bytes, root);
    if (!merged_into.ok()) return merged_into.status();
    if (merged_into->empty()) return root;
    if (!seen.insert(root).second) return Damaged("the way to the canonical root", root);
    root = *merged_into;
  }
}

absl::StatusOr<std::optional<std::string>> IdentityReader::OwnRootUnder(std::string_view family,
                                                                        std::string_view id) const {
  const absl::StatusOr<std::optional<std::string>> root = rows_.Get(Key(family, id));
  if (!root.ok()) return root.status();
  if (!root->has_value()) return std::nullopt;
  return OwnRoot(**root);
}

absl::StatusOr<std::optional<std::string>> IdentityReader::OwnRootOfPortion(const std::string& hex_id) const {
  absl::StatusOr<std::optional<std::string>> root = OwnRoot(hex_id);
  if (!root.ok() || root->has_value()) return root;
  return OwnRootUnder(kPortions, hex_id);
}

absl::StatusOr<std::optional<std::string>> IdentityReader::OwnRootOfExternalId(std::string_view external_id) const {
  return OwnRootUnder(kExternalIds, external_id);
}

absl::StatusOr<std::optional<std::string>> IdentityReader::OwnRootOf(const std::string& id) const {
  absl::StatusOr<std::optional<std::string>> root = OwnRootOfPortion(id);
  if (!root.ok() || root->has_value()) return root;
  return OwnRootOfExternalId(id);
}

absl::StatusOr<Own> IdentityReader::ReadCanonical(std::string_view root) const {
  absl::StatusOr<std::optional<Own>> own = FindOwn(std::string(root));
  if (!own.ok()) return own.status();
  if (!own->has_value()) return NoSuchRoot(root);
  return CanonicalOf(**std::move(own));
}

absl::StatusOr<Own> IdentityReader::CanonicalOf(Own own) const {
  const std::string& joined_to = own.second.joined_to();
  if (joined_to.empty()) return own;
  absl::StatusOr<IdentityRow> row = ReadRow(joined_to);
  if (!row.ok()) return Damaged("the canonical root", own.first);
  return Own(joined_to, *std::move(row));
}

absl::StatusOr<std::string> IdentityReader::CanonicalRoot(std::string_view root) const {
  absl::StatusOr<Own> canonical = ReadCanonical(root);
  if (!canonical.ok()) return canonical.status();
  return std::move(canonical->first);
}

absl::StatusOr<std::vector<Own>> IdentityReader::ReadGroup(Own canonical) const {
  std::vector<std::string> joined;
  if (canonical.second.has_joined()) {
    absl::Status scanned =
        rows_.Scan(Key(kJoined, Sized(canonical.first)), [&](std::string_view, std::string_view root) {
          joined.emplace_back(root);
          return true;
        });
    if (!scanned.ok()) return scanned;
  }
  std::vector<Own> group;
  group.push_back(std::move(canonical));
  for (std::string& root : joined) {
    absl::StatusOr<IdentityRow> row = ReadRow(root);
    if (!row.ok()) return Damaged("what is joined to the root", group.front().first);
    group.emplace_back(std::move(root), *std::move(row));
  }
  return group;
}

absl::Status IdentityReader::FindByName(std::string_view text, absl::btree_set<std::string>& found) const {
  if (text.empty()) return absl::OkStatus();
  const std::string prefix = Key(kNames, NameKey(model::ToLower(text), ""));
  std::vector<std::string> roots;
  absl::Status scanned = rows_.Scan(prefix, [&](std::string_view key, std::string_view root) {
    if (key.substr(prefix.size()) == root) roots.emplace_back(root);
    return true;
  });
  return scanned.ok() ? AddCanonical(roots, found) : scanned;
}

absl::Status IdentityReader::FindByIdPrefix(std::string_view hex_prefix, absl::btree_set<std::string>& found) const {
  for (const std::string_view family : {kRoots, kPortions}) {
    std::vector<std::string> roots;
    const size_t family_size = Key(family).size();
    absl::Status scanned = rows_.Scan(Key(family, hex_prefix), [&](std::string_view key, std::string_view root) {
      const std::string_view id = key.substr(family_size);
      const bool is_portion_id = id.size() == kHexIdDigits && IsHex(id);
      if (is_portion_id) roots.emplace_back(family == kRoots ? id : root);
      return roots.size() <= kMaxCandidates;
    });
    if (!scanned.ok()) return scanned;
    if (absl::Status status = AddCanonical(roots, found); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status IdentityReader::AddCanonical(const std::vector<std::string>& roots,
                                          absl::btree_set<std::string>& found) const {
  for (const std::string& root : roots) {
    absl::StatusOr<std::string> canonical = CanonicalRoot(root);
    if (!canonical.ok()) return canonical.status();
    found.insert(*std::move(canonical));
  }
  return absl::OkStatus();
}

const std::string& NameOf(const std::vector<Own>& group) {
  return std::max_element(group.begin(), group.end(),
                          [](const Own& left, const Own& right) {
                            return left.second.described_ordinal() < right.second.described_ordinal();
                          })
      ->second.name();
}

}  // namespace sworn::views::identity_rows
