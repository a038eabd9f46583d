#include "ledger/log/audit_indexes.h"

#include <algorithm>
#include <cstring>
#include <future>
#include <iterator>
#include <limits>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

#include "ledger/model/text.h"

namespace sworn::log {
namespace {

using journal::Location;
using model::Concat;

// The positions whose rows are compared.
struct Range {
  uint64_t first = 0;
  uint64_t end = 0;
  std::vector<uint64_t> unread;  // sorted

  bool Concerns(uint64_t position) const {
    return position >= first && position < end && !std::binary_search(unread.begin(), unread.end(), position);
  }
};

// An index that is wrong throughout is told by its first rows.
constexpr size_t kMaxFindingsPerIndex = 1'000;

void AddBounded(std::vector<Finding>& findings, uint64_t position, std::string detail) {
  if (findings.size() < kMaxFindingsPerIndex) findings.push_back({"index", position, std::move(detail)});
}

std::string Name(const IdRow& row) { return Concat(row.ordinal == 0 ? "report " : "portion ", crypto::ToHex(row.id)); }

void AddScanError(const absl::Status& scanned, std::string_view index, std::vector<Finding>& findings) {
  if (scanned.ok()) return;
  findings.push_back(
      {"storage", std::nullopt, Concat("the index of ", index, ": ", model::FromAbsl(scanned.message()))});
}

// One step of a merge for each row of the index.
std::vector<Finding> CompareIds(const journal::Journal& journal, std::vector<IdRow> expected, const Range& range) {
  std::sort(expected.begin(), expected.end());
  std::vector<Finding> findings;
  auto next = expected.begin();
  const auto missing = [&] {
    AddBounded(findings, next->position, Concat(Name(*next), " is not found here"));
    ++next;
  };
  const absl::Status scanned = journal.ScanIds([&](const Location& location) {
    const IdRow row = {location.id, location.position,
                       location.kind == Location::Kind::kReport ? 0 : location.portion_index + 1};
    if (!range.Concerns(row.position)) return true;
    while (next != expected.end() && *next < row) missing();
    if (next != expected.end() && *next == row) {
      ++next;
    } else {
      AddBounded(findings, row.position, Concat("the index has ", Name(row), " here, the entry has not"));
    }
    return true;
  });
  AddScanError(scanned, "ids", findings);
  while (scanned.ok() && next != expected.end()) missing();
  return findings;
}

std::vector<Finding> CompareRequests(const journal::Journal& journal, std::vector<RequestRow> expected,
                                     const Range& range) {
  std::sort(expected.begin(), expected.end(), [](const RequestRow& left, const RequestRow& right) {
    return std::tie(left.request_key, left.position) < std::tie(right.request_key, right.position);
  });
  std::vector<Finding> findings;
  auto next = expected.begin();
  const auto missing = [&] {
    AddBounded(findings, next->position, "its author and request id are not found here");
    ++next;
  };
  const absl::Status scanned = journal.ScanRequests([&](std::string_view request_key, uint64_t position) {
    while (next != expected.end() && next->request_key < request_key) missing();
    // The same author and request id may seem to be used by several entries: the row is that of one of them.
    bool found = false;
    for (; next != expected.end() && next->request_key == request_key && !found; ++next) {
      found = next->position == position;
      if (!found) AddBounded(findings, next->position, "its author and request id are not found here");
    }
    if (!found && range.Concerns(position)) {
      AddBounded(findings, position,
                 Concat("the index has request ", crypto::ToHex(request_key), " here, the entry has not"));
    }
    return true;
  });
  AddScanError(scanned, "requests", findings);
  while (scanned.ok() && next != expected.end()) missing();
  return findings;
}

}  // namespace

bool IdRow::operator<(const IdRow& other) const {
  const int order = std::memcmp(id.data(), other.id.data(), id.size());
  if (order != 0) return order < 0;
  return position != other.position ? position < other.position : ordinal < other.ordinal;
}

void IndexRows::Add(const journal::StoredEntry& stored, const crypto::Hash& report_id) {
  ids.push_back({report_id, stored.position, 0});
  for (uint32_t index = 0; index < stored.portions.size(); ++index) {
    ids.push_back({stored.portions[index].id, stored.position, index + 1});
  }
  requests.push_back({stored.request_key, stored.position});
}

void IndexRows::Append(IndexRows&& other) {
  ids.insert(ids.end(), other.ids.begin(), other.ids.end());
  std::move(other.requests.begin(), other.requests.end(), std::back_inserter(requests));
  unread.insert(unread.end(), other.unread.begin(), other.unread.end());
}

std::vector<Finding> CompareIndexes(const journal::Journal& journal, IndexRows rows, uint64_t first, uint64_t end,
                                    TaskPool& pool) {
  Range range{first, end == journal.Size() ? std::numeric_limits<uint64_t>::max() : end, std::move(rows.unread)};
  std::sort(range.unread.begin(), range.unread.end());
  std::vector<Finding> findings;
  std::vector<Finding> of_requests;
  std::future<void> ids_compared = pool.Run([&] { findings = CompareIds(journal, std::move(rows.ids), range); });
  std::future<void> requests_compared =
      pool.Run([&] { of_requests = CompareRequests(journal, std::move(rows.requests), range); });
  ids_compared.get();
  requests_compared.get();
  std::move(of_requests.begin(), of_requests.end(), std::back_inserter(findings));
  std::stable_sort(findings.begin(), findings.end(), [](const Finding& left, const Finding& right) {
    return left.position.value_or(0) < right.position.value_or(0);
  });
  return findings;
}

}  // namespace sworn::log
