#include "ledger/views/claim_members.h"

#include <algorithm>
#include <utility>

#include "ledger/model/refusal.h"
#include "ledger/views/claim_ends.h"
#include "ledger/views/judgements.h"
#include "ledger/views/period_days.h"
#include "ledger/views/support_rows.h"
#include "ledger/views/text.h"

namespace sworn::views {
namespace {

using crypto::Hash;

// Every root of the entity at one end; nothing where that is a literal.
absl::StatusOr<std::vector<std::string>> RootsOf(const rows::v1::TermRow& term, const RowReader& rows) {
  if (term.has_literal()) return std::vector<std::string>();
  return support_rows::Entities().Members(term.root(), rows);
}

}  // namespace

absl::StatusOr<ClaimMembers> ClaimFinder::Find(const StoredAssertion& assertion) {
  ClaimMembers members;
  absl::btree_set<Hash> seen = {assertion.id};
  std::vector<Hash> open = {assertion.id};
  const auto add = [&](const std::vector<Hash>& ids) {
    for (const Hash& id : ids) {
      if (seen.size() < kMaxClaimMembers && seen.insert(id).second) open.push_back(id);
    }
  };
  absl::btree_set<const std::vector<Hash>*> added;
  absl::btree_set<Hash> judged;
  while (!open.empty()) {
    const Hash id = open.back();
    open.pop_back();
    const absl::StatusOr<const StoredAssertion*> member = assertions_.Find(id);
    if (!member.ok()) return member.status();
    if (*member == nullptr) continue;  // It was judged and never recorded here.
    members.assertions.push_back(*member);
    const absl::StatusOr<const std::vector<Hash>*> same_words = WithSameWords(**member);
    if (!same_words.ok()) return same_words.status();
    if (added.insert(*same_words).second) add(**same_words);
    if ((*member)->opinions.same_claims == 0 || judged.contains(id)) continue;
    const absl::StatusOr<SameClaim> same_claim = ReadSameClaim(id, rows_);
    if (!same_claim.ok()) return same_claim.status();
    judged.insert(same_claim->assertion_ids.begin(), same_claim->assertion_ids.end());
    members.joined_by.insert(same_claim->judgement_ids.begin(), same_claim->judgement_ids.end());
    add(same_claim->assertion_ids);
  }
  std::sort(members.assertions.begin(), members.assertions.end(),
            [](const auto* left, const auto* right) { return IsRecordedBefore(*left, *right); });
  return members;
}

absl::StatusOr<const std::vector<Hash>*> ClaimFinder::WithSameWords(const StoredAssertion& assertion) {
  const absl::StatusOr<Ends*> ends = EndsOf(assertion.row);
  if (!ends.ok()) return ends.status();
  const absl::StatusOr<Window*> window =
      WindowAt(support_rows::NewestFirst(assertion.row.position(), assertion.row.portion_index()), **ends);
  if (!window.ok()) return window.status();
  if (absl::Status status = SortByWords(**window); !status.ok()) return status;
  const absl::StatusOr<Words> words = WordsOf(assertion.row);
  if (!words.ok()) return words.status();
  return &(*window)->by_words[*words];
}

absl::StatusOr<ClaimFinder::Ends*> ClaimFinder::EndsOf(const rows::v1::AssertionRow& row) {
  const absl::StatusOr<std::vector<std::string>> from = RootsOf(row.subject(), rows_);
  if (!from.ok()) return from.status();
  const absl::StatusOr<std::vector<std::string>> to = RootsOf(row.object(), rows_);
  if (!to.ok()) return to.status();
  std::vector<std::string> prefixes = EndsPrefixes(*from, *to);
  const auto known = ends_.find(prefixes);
  if (known != ends_.end()) return &known->second;
  IndexScan scan(prefixes, "", rows_);
  return &ends_.emplace(std::move(prefixes), Ends{std::move(scan), {}}).first->second;
}

// Reads on, ids only, until the window that holds the order.
absl::StatusOr<ClaimFinder::Window*> ClaimFinder::WindowAt(const std::string& order, Ends& ends) {
  while (ends.windows.empty() || ends.windows.back().last_order < order) {
    Window window;
    while (window.found.size() < window_) {
      absl::StatusOr<IndexScan::Found> found = ends.scan.Next();
      if (!found.ok()) return found.status();
      if (found->order.empty()) break;
      window.found.push_back(*std::move(found));
    }
    if (window.found.empty()) {
      return model::Refuse(v1::Refusal::DAMAGED,
                           "an index of the support view lacks an assertion; delete the views to rebuild them");
    }
    window.last_order = window.found.back().order;
    ends.windows.push_back(std::move(window));
  }
  return &*std::lower_bound(ends.windows.begin(), ends.windows.end(), order,
                            [](const Window& window, const std::string& key) { return window.last_order < key; });
}

absl::Status ClaimFinder::SortByWords(Window& window) {
  for (const IndexScan::Found& found : std::exchange(window.found, {})) {
    const absl::StatusOr<const StoredAssertion*> assertion = assertions_.ReadIndexed(found.assertion_id);
    if (!assertion.ok()) return assertion.status();
    absl::StatusOr<Words> words = WordsOf((*assertion)->row);
    if (!words.ok()) return words.status();
    window.by_words[*std::move(words)].push_back((*assertion)->id);
  }
  return absl::OkStatus();
}

absl::StatusOr<ClaimFinder::Words> ClaimFinder::WordsOf(const rows::v1::AssertionRow& row) {
  absl::StatusOr<std::string> subject = TextOf(row.subject());
  if (!subject.ok()) return subject.status();
  absl::StatusOr<std::string> object = TextOf(row.object());
  if (!object.ok()) return object.status();
  const model::DayRange days = DaysOf(row.valid());
  return Words(*std::move(subject), row.predicate(), *std::move(object), row.category(), days.first, days.last);
}

absl::StatusOr<std::string> ClaimFinder::TextOf(const rows::v1::TermRow& term) {
  if (term.has_literal()) {
    return Concat("literal ", term.literal().type().size(), " ", term.literal().type(), term.literal().value());
  }
  const auto known = canonical_.find(term.root());
  if (known != canonical_.end()) return known->second;
  const absl::StatusOr<std::string> root = support_rows::Entities().Canonical(term.root(), rows_);
  if (!root.ok()) return root.status();
  return canonical_.emplace(term.root(), "entity " + *root).first->second;
}

}  // namespace sworn::views
