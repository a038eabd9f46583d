// What of a log a relational database has to be told apart from the portions themselves, because there it is a column:
// from when on an assertion no longer counts, which sources are one, and numbers in the place of ids.
//
// It is found here by other means than in the views, so that answers that agree mean something.
//
// Thread-safety: a survey is immutable.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/crypto/hash.h"
#include "ledger/journal/journal.h"
#include "sworn/v1/portion.pb.h"

namespace sworn::bench {

// A portion where it is recorded. `portion_ids` are those of its report, which references by index mean.
struct RecordedPortion {
  uint64_t position = 0;
  uint32_t index = 0;
  v1::Portion portion;
  const std::vector<crypto::Hash>& portion_ids;

  const crypto::Hash& id() const { return portion_ids[index]; }
  // Id of what is referred to; all zeros for an external id.
  crypto::Hash IdOf(const v1::Reference& reference) const;
};

// Every portion of the log in order. The first error ends it.
absl::Status ForEachPortion(const journal::Journal& journal,
                            const std::function<absl::Status(const RecordedPortion&)>& visit);

class LedgerSurvey {
 public:
  static constexpr uint64_t kAlways = std::numeric_limits<uint64_t>::max();
  static constexpr uint32_t kNone = std::numeric_limits<uint32_t>::max();

  static absl::StatusOr<LedgerSurvey> Of(const journal::Journal& journal);

  // Numbers from 0, in the order of recording; kNone for what is not recorded.
  uint32_t AssertionOf(const crypto::Hash& id) const { return Find(assertions_, id); }
  uint32_t SourceOf(const crypto::Hash& id) const { return Find(sources_, id); }
  uint32_t EntityOf(const std::string& external_id) const;

  // Position from which on the assertion no longer counts, or kAlways.
  uint64_t CountsUntil(uint32_t assertion) const { return counts_until_[assertion]; }
  // The first of all sources that are one with this one.
  uint32_t RootOf(uint32_t source) const;
  // Of the root; kNone where there is none.
  uint32_t AffiliationOf(uint32_t source) const;
  // The same for origins that are counted as one: an unnamed source of an affiliation is whoever speaks for it.
  int64_t OriginOf(uint32_t source) const;

 private:
  using Numbers = absl::flat_hash_map<crypto::Hash, uint32_t>;
  static uint32_t Find(const Numbers& numbers, const crypto::Hash& id);
  absl::Status Add(const RecordedPortion& recorded);
  void AddAssertion(const RecordedPortion& recorded);
  void AddSource(const RecordedPortion& recorded);
  void AddJudgement(const RecordedPortion& recorded);
  void Join(uint32_t left, uint32_t right);
  void Settle();

  Numbers assertions_;
  Numbers sources_;
  absl::flat_hash_map<std::string, uint32_t> entities_;
  absl::flat_hash_map<std::string, uint32_t> source_by_external_id_;
  std::vector<std::vector<uint32_t>> bases_;
  std::vector<uint64_t> counts_until_;
  std::vector<uint32_t> joined_to_;       // an earlier source, or itself
  std::vector<uint32_t> last_described_;  // of roots: the latest description of all that are one
  std::vector<bool> unnamed_;
  std::vector<crypto::Hash> affiliations_;  // as recorded; all zeros where there is none
};

}  // namespace sworn::bench
