// What judgements say about portions and identities, and whether they still stand.
//
// A judgement counts from the position it was recorded at until it is taken back (ledger/views/standing.h): by its
// author, or by an admin who states a reason. Whoever wrote it, it counts; readers are shown its author. It stays where
// it was found, as undone.
//
// What confirms, disputes, grades and says to be the same claim is an opinion: kept in counts per portion, so that what
// nobody judged costs one lookup. The effect of SAME_ENTITY and SAME_SOURCE is in ledger/views/identity.h, that of
// INDEPENDENT in ledger/views/attribution.h.
//
// These rows belong to the support view; its fold calls Add and Settle, queries read as of a position.
//
// Thread-safety: safe to call from any thread; as safe as the rows given.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ledger/crypto/hash.h"
#include "ledger/views/identity.h"
#include "ledger/views/view.h"
#include "sworn/v1/portion.pb.h"

namespace sworn::views {

struct RecordedJudgement {
  crypto::Hash id{};
  v1::Judgement::Kind kind = v1::Judgement::KIND_UNSPECIFIED;
  std::string author;
  uint64_t position = 0;
  uint32_t portion_index = 0;
  absl::Time recorded_at;
  std::string reason;
  std::optional<v1::Grade> grade;    // only of a GRADE
  std::vector<std::string> targets;  // all of them, as they print: hex portion ids and external ids
  std::string replacement;           // only of a SUPERSEDE
  bool undone = false;
  std::optional<uint64_t> undone_at_position;
};

// How many judgements that stand are about one portion.
struct Opinions {
  uint32_t confirms = 0;
  uint32_t disputes = 0;
  uint32_t grades = 0;
  uint32_t same_claims = 0;
  bool operator==(const Opinions&) const = default;
};

// Assertions that make one claim, whatever their words, because judgements that stand say so.
struct SameClaim {
  std::vector<crypto::Hash> assertion_ids;  // sorted, the one asked about among them
  std::vector<crypto::Hash> judgement_ids;  // sorted; empty where nothing is joined
};

// Nothing where no such judgement was recorded.
absl::StatusOr<std::optional<RecordedJudgement>> FindJudgement(const crypto::Hash& id, const RowReader& rows);

// Judgements about a portion, in the order in which they were recorded, undone ones among them. For entities and
// sources ask by root.
absl::StatusOr<std::vector<RecordedJudgement>> JudgementsOf(const crypto::Hash& portion_id, const RowReader& rows);
// Judgements about any description of the identity, or any of its ids, that `root` belongs to.
absl::StatusOr<std::vector<RecordedJudgement>> JudgementsOf(const Identities& identities, std::string_view root,
                                                            const RowReader& rows);

absl::StatusOr<Opinions> ReadOpinions(const crypto::Hash& portion_id, const RowReader& rows);

// What `assertion_id` is the same claim as, transitively.
absl::StatusOr<SameClaim> ReadSameClaim(const crypto::Hash& assertion_id, const RowReader& rows);

// The grade of an assertion: of each who graded it, the last grade that stands is taken, the one in the assertion being
// its author's first; of these the best on each axis. F and 6 mean unknown: they stand only where nothing is known.
absl::StatusOr<v1::Grade> ReadGrade(const crypto::Hash& assertion_id, std::string_view author, const v1::Grade& stated,
                                    const RowReader& rows);
// Takes from `grade` what is better than in `best`.
void TakeBetter(const v1::Grade& grade, v1::Grade& best);

// Folds a judgement of a report. One that was recorded before is left as it is.
absl::Status AddJudgement(const Event& event, size_t portion_index, RowWriter& rows);
// Folds that the standing of a portion changed, where it is a judgement.
absl::Status SettleJudgement(const crypto::Hash& portion_id, RowWriter& rows);

}  // namespace sworn::views
