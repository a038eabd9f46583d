#include "ledger/views/claim_groups.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_set.h"
#include "ledger/model/vocabulary.h"
#include "ledger/views/assertion_reader.h"
#include "ledger/views/claim_ends.h"
#include "ledger/views/claim_members.h"
#include "ledger/views/index_scan.h"
#include "ledger/views/page_token.h"
#include "ledger/views/quantity_disagreements.h"
#include "ledger/views/scope.h"
#include "ledger/views/source_reader.h"
#include "ledger/views/support_rows.h"
#include "ledger/views/support_table.h"

namespace sworn::views {
namespace {

using crypto::Hash;

// Assertions after which a page ends.
constexpr size_t kMaxRead = 10'000;
constexpr uint32_t kCorroborated = 2;

// What a request asks for.
struct GroupFilter {
  std::vector<std::string> from;  // any of these roots; empty: any at all
  std::vector<std::string> to;
  std::string category;
  std::optional<model::DayRange> valid_at;
  bool contradicted = false;

  bool Matches(const StoredAssertion& assertion) const;
};

bool FitsEnd(const std::vector<std::string>& roots, const rows::v1::TermRow& term) {
  return roots.empty() || std::find(roots.begin(), roots.end(), term.root()) != roots.end();
}

bool GroupFilter::Matches(const StoredAssertion& assertion) const {
  return FitsEnd(from, assertion.row.subject()) && FitsEnd(to, assertion.row.object()) &&
         (category.empty() || model::CategoryIsWithin(assertion.row.category(), category)) &&
         HoldsAt(assertion, valid_at);
}

absl::StatusOr<GroupFilter> ReadFilter(const v1::ListClaimGroupsRequest& request, const RowReader& rows) {
  GroupFilter filter;
  filter.category = request.category();
  filter.contradicted = request.contradicted();
  absl::StatusOr<std::optional<model::DayRange>> valid_at = ParseValidAt(request.valid_at());
  if (!valid_at.ok()) return valid_at.status();
  filter.valid_at = *valid_at;
  absl::StatusOr<std::vector<std::string>> from = FindRoots(request.from(), "from", support_rows::Entities(), rows);
  if (!from.ok()) return from.status();
  filter.from = *std::move(from);
  absl::StatusOr<std::vector<std::string>> to = FindRoots(request.to(), "to", support_rows::Entities(), rows);
  if (!to.ok()) return to.status();
  filter.to = *std::move(to);
  return filter;
}

// The author saw it or holds the document: what he holds is his own, and rests on nothing else.
bool IsFirstHand(const rows::v1::AssertionRow& row) {
  if (row.attribution().empty() || !row.bases().empty()) return false;
  const rows::v1::HopRow& last = *row.attribution().rbegin();
  return last.source_root().empty() && last.cites().empty() &&
         (last.mode() == v1::Hop::WITNESSED || last.mode() == v1::Hop::DOCUMENTED);
}

// Turns the members of a claim into what is shown.
class GroupWriter {
 public:
  GroupWriter(AssertionReader& assertions, const RowReader& rows)
      : assertions_(assertions), rows_(rows), sources_(rows) {}

  // `members` without those that the request leaves out; at least one.
  absl::StatusOr<v1::ClaimGroup> Write(const ClaimMembers& members);

 private:
  absl::Status AddWords(const rows::v1::AssertionRow& row, v1::ClaimGroup& group);
  absl::Status AddBacking(CategoryRow row, v1::ClaimGroup& group);

  AssertionReader& assertions_;
  const RowReader& rows_;
  SourceReader sources_;
};

void AddHands(const std::vector<const StoredAssertion*>& affirming, v1::ClaimGroup& group) {
  const auto first_hand =
      static_cast<uint32_t>(std::count_if(affirming.begin(), affirming.end(), [](const StoredAssertion* assertion) {
        return IsFirstHand(assertion->row);
      }));
  group.set_first_hand(first_hand);
  group.set_hearsay(static_cast<uint32_t>(affirming.size()) - first_hand);
}

absl::StatusOr<v1::ClaimGroup> GroupWriter::Write(const ClaimMembers& members) {
  v1::ClaimGroup group;
  const StoredAssertion& first = *members.assertions.front();
  group.set_id(crypto::ToHex(first.id));
  if (absl::Status status = AddWords(first.row, group); !status.ok()) return status;
  CategoryRow row;
  std::vector<const StoredAssertion*> affirming;
  for (const StoredAssertion* assertion : members.assertions) {
    if (!assertion->standing.counted) {
      group.add_uncounted_ids(crypto::ToHex(assertion->id));
      continue;
    }
    row.assertions.push_back(assertion);
    ++row.counts[assertion->row.polarity()];
    if (assertion->row.polarity() == v1::Assertion::AFFIRMS) affirming.push_back(assertion);
  }
  AddHands(affirming, group);
  for (v1::QuantityDisagreement& disagreement : FindDisagreements(affirming)) {
    *group.add_disagreements() = std::move(disagreement);
  }
  if (absl::Status status = AddBacking(std::move(row), group); !status.ok()) return status;
  group.set_contradicted(group.status() == v1::Support::CONTESTED || !group.disagreements().empty());
  for (const Hash& judgement : members.joined_by) group.add_joined_by(crypto::ToHex(judgement));
  return group;
}

absl::Status GroupWriter::AddWords(const rows::v1::AssertionRow& row, v1::ClaimGroup& group) {
  absl::StatusOr<std::string> subject = NameOf(row.subject(), rows_);
  if (!subject.ok()) return subject.status();
  group.set_subject(*std::move(subject));
  absl::StatusOr<std::string> object = NameOf(row.object(), rows_);
  if (!object.ok()) return object.status();
  group.set_object(*std::move(object));
  group.set_predicate(row.predicate());
  group.set_category(row.category());
  if (row.has_valid()) *group.mutable_valid() = row.valid();
  group.set_statement(row.statement());
  return absl::OkStatus();
}

// A claim is shown as support shows a category.
absl::Status GroupWriter::AddBacking(CategoryRow row, v1::ClaimGroup& group) {
  group.set_status(StatusOf(row.counts));
  if (row.assertions.empty()) return absl::OkStatus();
  if (absl::Status status = AddBackings(row, assertions_, sources_, rows_); !status.ok()) return status;
  v1::SupportRow shown = ToSupportRow(row);
  group.set_affirms(shown.affirms());
  group.set_denies(shown.denies());
  group.set_finds_no_evidence(shown.finds_no_evidence());
  group.mutable_origins()->Swap(shown.mutable_origins());
  group.mutable_independent_origins()->Swap(shown.mutable_independent_origins());
  group.mutable_hinges()->Swap(shown.mutable_hinges());
  group.mutable_hinge_ids()->Swap(shown.mutable_hinge_ids());
  group.set_best_grade(shown.best_grade());
  group.mutable_assertion_ids()->Swap(shown.mutable_assertion_ids());
  const bool graded_confirmed =
      std::any_of(row.assertions.begin(), row.assertions.end(), [&row](const StoredAssertion* assertion) {
        return assertion->row.polarity() == row.shown_polarity() &&
               assertion->grade.credibility() == v1::Grade::CONFIRMED;
      });
  group.set_credibility_unsupported(graded_confirmed && group.independent_origins().min() < kCorroborated);
  return absl::OkStatus();
}

// Walks over assertions and meets each claim at the newest of its assertions that is asked for.
class GroupWalk {
 public:
  GroupWalk(const GroupFilter& filter, const RowReader& rows)
      : filter_(filter), assertions_(rows), finder_(assertions_, rows), writer_(assertions_, rows) {}

  // The claim to be shown at the assertion, if any.
  absl::StatusOr<std::optional<v1::ClaimGroup>> Visit(std::string_view id_bytes);

  bool has_read_enough() const { return assertions_.read().size() >= kMaxRead; }

 private:
  const GroupFilter& filter_;
  AssertionReader assertions_;
  ClaimFinder finder_;
  GroupWriter writer_;
  absl::btree_set<Hash> settled_;  // members of claims that were met
};

absl::StatusOr<std::optional<v1::ClaimGroup>> GroupWalk::Visit(std::string_view id_bytes) {
  const absl::StatusOr<const StoredAssertion*> assertion = assertions_.ReadIndexed(id_bytes);
  if (!assertion.ok()) return assertion.status();
  if (settled_.contains((*assertion)->id) || !filter_.Matches(**assertion)) return std::nullopt;
  absl::StatusOr<ClaimMembers> members = finder_.Find(**assertion);
  if (!members.ok()) return members.status();
  const StoredAssertion* newest = *assertion;
  for (const StoredAssertion* member : members->assertions) {
    settled_.insert(member->id);
    if (filter_.Matches(*member) && IsRecordedBefore(*newest, *member)) newest = member;
  }
  if (newest != *assertion) return std::nullopt;  // It was on an earlier page.
  std::erase_if(members->assertions,
                [this](const StoredAssertion* member) { return !HoldsAt(*member, filter_.valid_at); });
  absl::StatusOr<v1::ClaimGroup> group = writer_.Write(*members);
  if (!group.ok()) return group.status();
  if (filter_.contradicted && !group->contradicted()) return std::nullopt;
  return *std::move(group);
}

}  // namespace

absl::StatusOr<v1::ListClaimGroupsResponse> ListClaimGroups(const ViewRead& view,
                                                            const v1::ListClaimGroupsRequest& request) {
  const std::string filters = FiltersOf(request);
  absl::StatusOr<std::string> start = ParsePageToken(filters, request.page_token());
  if (!start.ok()) return start.status();
  const absl::StatusOr<GroupFilter> filter = ReadFilter(request, *view.rows);
  if (!filter.ok()) return filter.status();
  v1::ListClaimGroupsResponse response;
  *response.mutable_as_of() = view.as_of;
  response.set_scope(std::string(kWholeLedger));
  const size_t page_size = BoundedPageSize(request.page_size());
  IndexScan scan(EndsPrefixes(filter->from, filter->to), *std::move(start), *view.rows);
  GroupWalk walk(*filter, *view.rows);
  while (true) {
    const absl::StatusOr<IndexScan::Found> found = scan.Next();
    if (!found.ok()) return found.status();
    if (found->order.empty()) return response;
    // Every page gets on: what it begins with is always visited.
    if (walk.has_read_enough()) {
      response.set_next_page_token(MakePageToken(filters, found->order));
      return response;
    }
    absl::StatusOr<std::optional<v1::ClaimGroup>> group = walk.Visit(found->assertion_id);
    if (!group.ok()) return group.status();
    if (!group->has_value()) continue;
    if (static_cast<size_t>(response.groups_size()) == page_size) {
      response.set_next_page_token(MakePageToken(filters, found->order));
      return response;
    }
    *response.add_groups() = **std::move(group);
  }
}

}  // namespace sworn::views
