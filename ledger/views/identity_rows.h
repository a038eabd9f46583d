// The rows of identities of one domain: their keys, and how they are looked up
// (proto/sworn/rows/v1/identity_rows.proto).
//
//   counts                            IdentityCountsRow
//   root/<root>                       IdentityRow
//   portion/<hex portion id>          root, where the portion is none itself
//   external/<external id>            root
//   name/<folded name or alias>\0<root>    root
//   listed/<folded name>\0<root>      root; only canonical ones, under the name they go by
//   join/<judgement id>               JoinRow
//   edge/<root><judgement id>         empty: a join that stands names the identity that had this root then
//   waiting/<id><judgement id>        empty: a join that stands names what is not known yet
//   waiting                           how many of those there are; no row for none
//   joined/<canonical root><rank>     root; the other identities that are joined to it
//
// All keys begin with the prefix of the domain. Judgement ids are raw bytes; roots and ids before something are
// preceded by their length.
//
// Thread-safety: as the rows given.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/crypto/hash.h"
#include "ledger/views/view.h"
#include "sworn/rows/v1/identity_rows.pb.h"

namespace sworn::views::identity_rows {

inline constexpr std::string_view kCounts = "counts";
inline constexpr std::string_view kRoots = "root/";
inline constexpr std::string_view kPortions = "portion/";
inline constexpr std::string_view kExternalIds = "external/";
inline constexpr std::string_view kNames = "name/";
inline constexpr std::string_view kListed = "listed/";
inline constexpr std::string_view kJoins = "join/";
inline constexpr std::string_view kEdges = "edge/";
inline constexpr std::string_view kWaiting = "waiting/";
inline constexpr std::string_view kWaitingCount = "waiting";
inline constexpr std::string_view kJoined = "joined/";

inline constexpr size_t kMaxCandidates = 10;  // looked at to tell what is meant

std::string NameKey(std::string_view folded_name, std::string_view root);
// `text` behind its length.
std::string Sized(std::string_view text);
// Sorts the roots of an identity: the first described, else the first known.
std::string RankOf(const rows::v1::IdentityRow& row);
bool IsHex(std::string_view text);
absl::Status Damaged(std::string_view what, std::string_view root);
absl::Status NoSuchRoot(std::string_view root);

// What is one by its portions alone: an own root and its row.
using Own = std::pair<std::string, rows::v1::IdentityRow>;

// Reads of one domain's rows. `prefix` and `rows` must outlive it.
class IdentityReader {
 public:
  IdentityReader(std::string_view prefix, const RowReader& rows) : prefix_(prefix), rows_(rows) {}

  std::string Key(std::string_view family, std::string_view rest = "") const;
  const RowReader& rows() const { return rows_; }

  absl::StatusOr<std::optional<rows::v1::IdentityRow>> FindRow(std::string_view root) const;
  absl::StatusOr<rows::v1::IdentityRow> ReadRow(std::string_view root) const;

  // The own root that `root` was merged into for good; nothing where it was never seen.
  absl::StatusOr<std::optional<Own>> FindOwn(std::string root) const;
  // The own root of a portion, an external id, or either.
  absl::StatusOr<std::optional<std::string>> OwnRootOfPortion(const std::string& hex_id) const;
  absl::StatusOr<std::optional<std::string>> OwnRootOfExternalId(std::string_view external_id) const;
  absl::StatusOr<std::optional<std::string>> OwnRootOf(const std::string& id) const;

  // The first own root of all that are joined with it.
  absl::StatusOr<Own> CanonicalOf(Own own) const;
  // The same of any root; NotFound where it was never seen.
  absl::StatusOr<Own> ReadCanonical(std::string_view root) const;
  absl::StatusOr<std::string> CanonicalRoot(std::string_view root) const;
  // All that are joined to a canonical one, itself first, in order of rank.
  absl::StatusOr<std::vector<Own>> ReadGroup(Own canonical) const;

  // Canonical roots of every identity that has or had this name.
  absl::Status FindByName(std::string_view text, absl::btree_set<std::string>& found) const;
  // Canonical roots of every identity with a portion whose id begins so, as far as needed to tell what is meant.
  absl::Status FindByIdPrefix(std::string_view hex_prefix, absl::btree_set<std::string>& found) const;

 private:
  absl::StatusOr<std::optional<std::string>> OwnRoot(std::string root) const;
  absl::StatusOr<std::optional<std::string>> OwnRootUnder(std::string_view family, std::string_view id) const;
  absl::Status AddCanonical(const std::vector<std::string>& roots, absl::btree_set<std::string>& found) const;

  std::string_view prefix_;
  const RowReader& rows_;
};

// The name a group goes by: as last described.
const std::string& NameOf(const std::vector<Own>& group);

}  // namespace sworn::views::identity_rows
