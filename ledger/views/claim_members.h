// Which assertions make one claim: those with the same words, and those that SAME_CLAIM judgements that stand join with
// them, transitively. They are held together and never merged.
//
// The same words are the same subject, predicate, object, category and valid period: an end is the same where it is the
// same identity or the same literal, a period where it covers the same days ("2023-Q4" is "2023-10" to "2023-12").
//
// The same words are looked for among the assertions between the same two entities (or, where one end is a literal, of
// the same entity), kClaimWindow at a time, the newest first: what a pair of entities with hundreds of thousands of
// assertions costs stays bounded, and what makes the same claim there further apart is held apart, unless a judgement
// joins it.
//
// Thread-safety: a ClaimFinder belongs to one thread.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "ledger/crypto/hash.h"
#include "ledger/views/assertion_reader.h"
#include "ledger/views/index_scan.h"
#include "ledger/views/view.h"

namespace sworn::views {

inline constexpr size_t kClaimWindow = 4'096;
// Assertions of one claim that are looked at.
inline constexpr size_t kMaxClaimMembers = 10'000;

struct ClaimMembers {
  std::vector<const StoredAssertion*> assertions;  // in the order in which they were recorded
  absl::btree_set<crypto::Hash> joined_by;         // judgements
};

class ClaimFinder {
 public:
  // Both must outlive the finder, which remembers the indexes it read. A smaller window is for tests.
  ClaimFinder(AssertionReader& assertions, const RowReader& rows, size_t window = kClaimWindow)
      : assertions_(assertions), rows_(rows), window_(window) {}

  // The claim that `assertion` belongs to. Valid as long as the reader.
  absl::StatusOr<ClaimMembers> Find(const StoredAssertion& assertion);

 private:
  // Subject, predicate, object, category, first and last day.
  using Words = std::tuple<std::string, std::string, std::string, std::string, absl::CivilDay, absl::CivilDay>;

  struct Window {
    std::vector<IndexScan::Found> found;  // until it is sorted
    std::string last_order;
    std::map<Words, std::vector<crypto::Hash>> by_words;
  };
  // What is known of the assertions between two ends.
  struct Ends {
    IndexScan scan;
    std::deque<Window> windows;
  };

  absl::StatusOr<const std::vector<crypto::Hash>*> WithSameWords(const StoredAssertion& assertion);
  absl::StatusOr<Ends*> EndsOf(const rows::v1::AssertionRow& row);
  absl::StatusOr<Window*> WindowAt(const std::string& order, Ends& ends);
  absl::Status SortByWords(Window& window);
  absl::StatusOr<Words> WordsOf(const rows::v1::AssertionRow& row);
  absl::StatusOr<std::string> TextOf(const rows::v1::TermRow& term);

  AssertionReader& assertions_;
  const RowReader& rows_;
  const size_t window_;
  std::map<std::vector<std::string>, Ends> ends_;  // by index prefixes
  std::map<std::string, std::string> canonical_;   // roots
};

}  // namespace sworn::views
