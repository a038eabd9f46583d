// The support between two ends as of one position after another: goes to the next position at which anything that it
// rests on may have changed, computes anew only the categories concerned, and says what became different.
//
// Positions are found from the versions of the rows themselves: every row that was read is known to stay as it is until
// some position (TrackingReader), so that nothing is missed and nothing is replayed. It costs one reading of the pair's
// assertions to begin anywhere, and then what changes.
//
// Thread-safety: a SupportSweep belongs to one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/crypto/hash.h"
#include "ledger/model/period.h"
#include "ledger/views/distinct_attributions.h"
#include "ledger/views/independence.h"
#include "ledger/views/judgements.h"
#include "ledger/views/source_reader.h"
#include "ledger/views/support_table.h"
#include "ledger/views/versioned_rows.h"
#include "ledger/views/view.h"

namespace sworn::views {

// What a category amounts to; all zero where nothing counts.
struct SupportCell {
  PolarityCounts counts;
  // Of the polarity shown, as in a SupportRow.
  Range origins;
  Range independent_origins;
  bool operator==(const SupportCell&) const = default;
};

struct SupportQuestion {
  // Canonical roots of the ends as of the last position. Earlier they are whatever identity these roots then had.
  std::vector<std::string> from;
  std::vector<std::string> to;
  // A category and everything below it; empty for all.
  std::string category;
  std::optional<model::DayRange> valid_at;
  uint64_t last_position = 0;
};

class SupportSweep {
 public:
  // `rows` are as of the last position, keep earlier versions and must outlive the sweep.
  static absl::StatusOr<std::unique_ptr<SupportSweep>> Make(const RowReader& rows, SupportQuestion question);

  // Goes to a position at once. A sweep that was not told to begin anywhere begins before the first entry.
  absl::Status BeginAt(uint64_t position) { return MoveTo(position).status(); }

  struct Change {
    std::string category;
    SupportCell before;
    SupportCell after;
    // Portions of the entry that made it so: assertions it recorded, and judgements on what the category rests on.
    absl::btree_set<crypto::Hash> portion_ids;
  };
  struct Step {
    uint64_t position = 0;
    std::vector<Change> changes;  // in order of category; may be none
  };
  // The next position at which anything may have changed; nothing beyond the last one.
  absl::StatusOr<std::optional<Step>> Next();

  // Categories of which something counts.
  const std::map<std::string, SupportCell>& cells() const { return cells_; }

  // Grows with the effort that steps have taken.
  uint64_t work() const { return work_; }

 private:
  struct Indexed {
    std::string order;
    std::string id;
  };
  // An assertion between the ends that was recorded by now.
  struct Member {
    std::string id;
    std::string category;
    Polarity polarity = v1::Assertion::POLARITY_UNSPECIFIED;
    std::string attribution_kind;
    bool counted = false;
  };
  struct Category {
    PolarityCounts counts;
    std::map<Polarity, DistinctAttributions> attributions;
    uint64_t until = kNever;  // what stands behind it stays so
  };
  // Things that stay as they are until a position, the next to change first.
  template <typename Thing>
  using Expiries =
      std::priority_queue<std::pair<uint64_t, Thing>, std::vector<std::pair<uint64_t, Thing>>, std::greater<>>;

  SupportSweep(const RowReader& rows, std::unique_ptr<TrackingReader> reader, SupportQuestion question);

  uint64_t NextPosition() const;
  absl::StatusOr<Step> MoveTo(uint64_t position);
  absl::Status Update();
  absl::Status UpdateEnds();
  absl::Status ReadIndex();
  absl::Status UpdateSources();
  absl::Status UpdateStandings();
  absl::Status AddRecorded();
  absl::Status UpdateExpired();
  absl::Status Count(size_t member);
  absl::StatusOr<SupportCell> Compute(Category& category);
  absl::StatusOr<std::vector<Change>> ComputeTouched();

  absl::Status KnowSource(const std::string& root);
  void TouchAll();
  using Causes = absl::btree_set<crypto::Hash>;
  absl::Status AddCauses(const crypto::Hash& portion_id, Causes& causes);
  absl::Status AddCauses(const std::vector<RecordedJudgement>& judgements, Causes& causes);
  absl::Status AddCausesBehind(const StoredAssertion& assertion, Causes& causes);
  absl::Status AddCausesOfEnds(const std::vector<std::string>& entities);
  absl::Status AddCausesToAll(const std::vector<RecordedJudgement>& judgements);

  const RowReader& rows_;
  std::unique_ptr<TrackingReader> reader_;
  const SupportQuestion question_;
  uint64_t position_ = 0;
  uint64_t work_ = 0;

  uint64_t ends_until_ = 0;
  std::vector<std::string> from_roots_;
  std::vector<std::string> to_roots_;
  std::vector<Indexed> index_;  // in the order in which they were recorded
  size_t recorded_ = 0;         // how many of them by now

  std::vector<Member> members_;  // the first `recorded_` of the index that are asked about
  Expiries<size_t> standings_;   // of members
  std::map<std::string, Category> categories_;
  SourceReader sources_;
  std::map<std::string, SourceDescription> known_sources_;
  Expiries<std::string> source_expiries_;

  std::map<std::string, SupportCell> cells_;
  std::map<std::string, absl::btree_set<crypto::Hash>> touched_;  // categories to compute anew, with the causes
  size_t walks_ = 0;                                              // in search of causes, of this step
};

}  // namespace sworn::views
