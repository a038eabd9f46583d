// Compares the indexes of ids and of requests with the entries: every row that must be there, and none else. Rows are
// collected from a run of entries, sorted, and compared in one scan each, which takes no look-up per portion.
//
// Thread-safety: belongs to one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "ledger/crypto/hash.h"
#include "ledger/journal/journal.h"
#include "ledger/log/audit.h"
#include "ledger/log/task_pool.h"

namespace sworn::log {

struct IdRow {
  crypto::Hash id{};
  uint64_t position = 0;
  uint32_t ordinal = 0;  // 0 for the report, portion index + 1 for a portion

  bool operator==(const IdRow&) const = default;
  bool operator<(const IdRow& other) const;
};

struct RequestRow {
  std::string request_key;
  uint64_t position = 0;
};

// What the indexes must hold about some entries.
struct IndexRows {
  std::vector<IdRow> ids;
  std::vector<RequestRow> requests;
  std::vector<uint64_t> unread;  // entries that could not be read: nothing is known about their rows

  void Add(const journal::StoredEntry& stored, const crypto::Hash& report_id);
  void Append(IndexRows&& other);
};

// Rows are compared once this many are collected: about 100 MB.
inline constexpr size_t kMaxCollectedIndexRows = 1'000'000;

// Compares the rows of the entries `first` to `end` - 1; where `end` is the size of the log, also those behind it.
// Findings come in order of position.
std::vector<Finding> CompareIndexes(const journal::Journal& journal, IndexRows rows, uint64_t first, uint64_t end,
                                    TaskPool& pool);

}  // namespace sworn::log
