#include "ledger/journal/rocksdb/row_changes.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "ledger/model/text.h"

namespace sworn::journal {
namespace {

constexpr size_t kBlockBytes = size_t{256} << 10U;
// So many keys and what they point at fit in a processor's own cache while they are sorted.
constexpr size_t kRunChanges = 4'096;

bool IsBefore(const RowChanges::Change& left, const RowChanges::Change& right) { return left.key < right.key; }

}  // namespace

void RowChanges::Clear() {
  index_by_key_.clear();
  values_.clear();
  newest_.clear();
  runs_.clear();
  blocks_.clear();
  bytes_ = 0;
}

const RowChanges::Value* RowChanges::Find(std::string_view key) const {
  const auto found = index_by_key_.find(model::ToAbsl(key));
  return found == index_by_key_.end() ? nullptr : &values_[found->second];
}

void RowChanges::Set(std::string_view key, Value value) {
  if (const auto found = index_by_key_.find(model::ToAbsl(key)); found != index_by_key_.end()) {
    values_[found->second] = value;
    return;
  }
  const Change change{Keep(key), values_.size()};
  index_by_key_.emplace(model::ToAbsl(change.key), change.index);
  values_.push_back(value);
  newest_.push_back(change);
  if (newest_.size() >= kRunChanges) SortNewest();
}

std::string_view RowChanges::Keep(std::string_view bytes) {
  if (blocks_.empty() || blocks_.back().capacity() - blocks_.back().size() < bytes.size()) {
    blocks_.emplace_back().reserve(std::max(kBlockBytes, bytes.size()));
  }
  std::string& block = blocks_.back();
  const size_t start = block.size();
  block.append(bytes);
  bytes_ += bytes.size();
  return std::string_view(block).substr(start);
}

void RowChanges::SortNewest() {
  if (newest_.empty()) return;
  std::sort(newest_.begin(), newest_.end(), &IsBefore);
  runs_.push_back(std::exchange(newest_, {}));
  while (runs_.size() > 1 && runs_[runs_.size() - 2].size() <= 2 * runs_.back().size()) MergeLastTwo();
}

void RowChanges::MergeLastTwo() {
  const Run last = std::move(runs_.back());
  runs_.pop_back();
  Run merged;
  merged.reserve(runs_.back().size() + last.size());
  std::merge(runs_.back().begin(), runs_.back().end(), last.begin(), last.end(), std::back_inserter(merged), &IsBefore);
  runs_.back() = std::move(merged);
}

std::vector<RowChanges::Change> RowChanges::Under(std::string_view prefix, std::string_view start) {
  SortNewest();
  Run changes;
  for (const Run& run : runs_) {
    auto change = std::lower_bound(run.begin(), run.end(), Change{std::max(prefix, start), 0}, &IsBefore);
    for (; change != run.end() && change->key.starts_with(prefix); ++change) changes.push_back(*change);
  }
  std::sort(changes.begin(), changes.end(), &IsBefore);
  return changes;
}

const std::vector<RowChanges::Change>& RowChanges::Sorted() {
  SortNewest();
  while (runs_.size() > 1) MergeLastTwo();
  if (runs_.empty()) runs_.emplace_back();
  return runs_.front();
}

}  // namespace sworn::journal
