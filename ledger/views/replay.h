// Replays views from the log and compares: with the rows that are stored, and with digests that were signed.
//
// Every view is replayed once, by a thread of its own, into rows that are thrown away.
//
// Thread-safety: a comparison reads only, and runs until the calling thread gets its answer.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ledger/crypto/hash.h"
#include "ledger/journal/journal.h"
#include "ledger/journal/rocksdb/row_store.h"
#include "ledger/views/view.h"

namespace sworn::views {

// What the rows of a view are said to have been, by whoever is `source`.
struct ExpectedDigest {
  std::string source;
  std::string view;
  uint32_t version = 0;
  uint64_t position = 0;
  crypto::Hash digest{};
};

struct ViewDifference {
  enum class With { kStoredRows, kDigest, kReplay };  // kReplay: the view cannot be replayed that far
  With with = With::kStoredRows;
  std::string view;
  std::optional<uint64_t> position;
  std::string detail;
};

// How far a view was replayed.
struct ReplayedView {
  std::string name;
  uint32_t version = 0;
  uint64_t entries = 0;
  bool stored_rows_compared = false;
  uint64_t digests_compared = 0;
};

struct ViewComparison {
  std::vector<ReplayedView> views;
  std::vector<ViewDifference> findings;  // by view, then by position
};

// `stored` is null where there are no rows to compare with. Views without anything to compare are replayed to the end
// of the log all the same. `scratch_directory` holds the rows of the replay, each view in a directory below it; empty:
// in memory.
ViewComparison CompareViews(const journal::Journal& journal, const journal::RowStore* stored,
                            const std::vector<ExpectedDigest>& digests, const std::vector<std::unique_ptr<View>>& views,
                            const std::string& scratch_directory = {});

}  // namespace sworn::views
