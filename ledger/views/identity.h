// Which entity or source is meant. Entities (and sources) that share an external id are one, for good; those that a
// SAME_ENTITY (SAME_SOURCE) judgement names are one as long as it stands. Names alone never merge.
//
// An identity has an own root: the hex id of the first portion that described it, or its external id while nothing has.
// An own root that later turns out to be the same as another (a portion carries the external ids of both) points at the
// earlier one from that position on, a root that nothing described at the one that was. Rows are keyed by the own root
// as of then, whatever judgements say, and stay where they are.
//
// Judgements join identities on top of that, by anybody: they are signed, shown with their author, and undone like any
// other. The canonical root of all that are joined is the one described first. What a judgement names and nothing knows
// yet is joined once it becomes known. Joined and parted again, everything is as if it had never been joined, but for
// the rows of the judgement itself. Readers ask for Canonical(), and for Members() to find all rows of an identity.
//
// Names are compared with the letters A to Z folded to lower case; all other characters count as they are.
//
// Both views keep identities under their own rows ("identity.entity/…", "identity.source/…"), so that each can be
// rebuilt alone. A view describes the entities and sources of a report before it follows the report's references.
//
// Thread-safety: an Identities object is immutable; calls are as safe as the rows they are given.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "ledger/crypto/hash.h"
#include "ledger/views/view.h"
#include "sworn/v1/portion.pb.h"

namespace sworn::views {

// What is known of one identity: the latest description, and the union of names and external ids.
struct Identity {
  std::string root;
  std::string name;  // as last described (empty where it was unnamed); the root while nothing described it
  std::vector<std::string> aliases;
  std::vector<std::string> external_ids;
  // The last portion that described it; empty while none has.
  std::optional<v1::Portion> described_by;
};

// Whether a judgement that joins identities stands.
enum class JoinState { kStands, kUndone };

class Identities {
 public:
  enum class Domain { kEntity, kSource };
  explicit Identities(Domain domain);

  // A portion of this domain was recorded: answers its own root, after merging whatever its external ids join.
  absl::StatusOr<std::string> Describe(const crypto::Hash& portion_id, const v1::Portion& portion,
                                       RowWriter& rows) const;

  // The own root a reference points at; makes an identity known only by its id where there is none yet.
  // `portion_ids` are those of the report that holds the reference.
  absl::StatusOr<std::string> RootOf(const v1::Reference& reference, absl::Span<const crypto::Hash> portion_ids,
                                     RowWriter& rows) const;
  // The same of a hex portion id or an external id; nothing where it was never seen.
  absl::StatusOr<std::optional<std::string>> FindOwnRoot(const std::string& id, const RowReader& rows) const;
  // For readers: the canonical root a reference points at; nothing where it was never seen.
  absl::StatusOr<std::optional<std::string>> FindRoot(const v1::Reference& reference,
                                                      absl::Span<const crypto::Hash> portion_ids,
                                                      const RowReader& rows) const;

  // A SAME_ENTITY or SAME_SOURCE judgement was recorded, with these targets. Recorded again it says nothing new.
  absl::Status Join(const crypto::Hash& judgement_id, const google::protobuf::RepeatedPtrField<v1::Reference>& targets,
                    absl::Span<const crypto::Hash> portion_ids, RowWriter& rows) const;
  // The standing of a portion changed, where it is such a judgement.
  absl::Status SettleJoin(const crypto::Hash& portion_id, JoinState state, RowWriter& rows) const;

  // The first root of the identity that `root` belongs to as of these rows.
  absl::StatusOr<std::string> Canonical(std::string_view root, const RowReader& rows) const;
  // Every root of that identity and of all that are joined with it, the canonical one first.
  absl::StatusOr<std::vector<std::string>> Members(std::string_view root, const RowReader& rows) const;
  // NotFound where no such identity is known.
  absl::StatusOr<Identity> Read(std::string_view root, const RowReader& rows) const;

  // Canonical root by exact name or alias (any case), external id, or hex id prefix of at least 6 digits.
  // Refused: NOT_FOUND, or AMBIGUOUS with the candidates and their ids.
  absl::StatusOr<std::string> Find(std::string_view text, const RowReader& rows) const;

  // Canonical roots in order of name (any case), from `start` (`next` of an earlier call; FIELD_INVALID where it is
  // none), at most `limit`. `name_contains` is looked for in names and aliases, in any case.
  struct Page {
    std::vector<Identity> identities;
    std::string next;  // empty on the last page
  };
  absl::StatusOr<Page> List(std::string_view name_contains, std::string_view start, size_t limit,
                            const RowReader& rows) const;

 private:
  std::string prefix_;
};

}  // namespace sworn::views
