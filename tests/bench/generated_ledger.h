// A ledger as large and as uneven as one of many years: reports of a hundred assertions about pairs of entities, of
// which few are spoken of often and most seldom, and one pair holds a tenth of everything. Sources stand behind each
// other in chains, assertions are denied, measured, concluded from one another and judged. At the end come trees: a
// thousand assertions that all rest on one and that one rests on.
//
// The same shape says the same things in the same order. Keys, salts and therefore ids are new each time.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "ledger/log/log.h"
#include "tests/bench/scratch_ledger.h"

namespace sworn::bench {

struct LedgerShape {
  uint64_t assertions = 1'000'000;
  uint64_t seed = 1;
};

inline constexpr uint64_t kMinGeneratedAssertions = 5'000;

// What a ledger must be opened with so that reports are recorded in the order in which they are generated.
log::LogOptions GeneratingOptions();

// Records all of it in a new ledger, and writes its progress to standard error. One that holds it already is left as it
// is; FailedPrecondition where it holds something else.
absl::Status Generate(const LedgerShape& shape, ScratchLedger& ledger);

// Subject and object, external ids of entities.
using EntityPair = std::pair<std::string, std::string>;

// Every pair, the most spoken of first: the first holds a tenth of the assertions.
std::vector<EntityPair> PairsOf(const LedgerShape& shape);
// One assertion in so many is about the first pair; the others are drawn by rank (Zipf) with this exponent.
inline constexpr uint64_t kHotEvery = 10;
inline constexpr double kPairExponent = 0.9;

// A tree is a report. All of it rests on its first portion, and its last portion rests on all of it.
std::vector<uint64_t> TreePositions(const LedgerShape& shape);
inline constexpr uint64_t kTreeAssertions = 960;

}  // namespace sworn::bench
