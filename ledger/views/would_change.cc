#include "ledger/views/would_change.h"

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <utility>

#include "absl/container/btree_set.h"

namespace sworn::views {
namespace {

using crypto::Hash;

constexpr size_t kMaxChanges = 1'000;
// Steps along derivations that are taken in all, so that long chains of them cannot hold up an answer.
constexpr size_t kMaxSteps = 1'000'000;

constexpr std::array<Polarity, 3> kPolarities = {v1::Assertion::AFFIRMS, v1::Assertion::DENIES,
                                                 v1::Assertion::FINDS_NO_EVIDENCE};

// What is lost of one row.
using Losses = std::map<std::string, PolarityCounts>;

class WouldChangeSearch {
 public:
  WouldChangeSearch(const SupportTable& table, const AssertionReader& assertions)
      : table_(table), assertions_(assertions) {
    for (const auto& [category, row] : table) {
      for (const StoredAssertion* assertion : row.assertions) {
        in_table_.insert(assertion->id);
      }
      side_counts_.try_emplace(row.side, CountsOf(table, row.side));
    }
    for (const auto& [id, assertion] : assertions.read()) {
      if (assertion.has_value() && assertion->standing.counted) {
        AddCounted(*assertion);
      }
    }
    std::sort(counted_.begin(), counted_.end(),
              [](const auto* left, const auto* right) { return IsRecordedBefore(*left, *right); });
  }

  std::vector<v1::WouldChange> Find() {
    for (const StoredAssertion* assertion : counted_) {
      v1::WouldChange change;
      change.set_loss(v1::WouldChange::ASSERTION_RETRACTED);
      change.set_id(crypto::ToHex(assertion->id));
      change.set_label(assertion->row.statement());
      AddFlips(LossesOfRetraction(*assertion), change);
    }
    for (const auto& [id, label] : Hinges()) {
      v1::WouldChange change;
      change.set_loss(v1::WouldChange::SOURCE_WITHDRAWN);
      change.set_id(id);
      change.set_label(label);
      AddFlips(LossesOfSource(id), change);
    }
    return std::move(changes_);
  }

 private:
  void AddCounted(const StoredAssertion& assertion);
  Losses LossesOfRetraction(const StoredAssertion& assertion);
  std::vector<std::pair<std::string, std::string>> Hinges() const;
  Losses LossesOfSource(const std::string& id) const;
  void AddFlips(const Losses& losses, v1::WouldChange change);
  void AddFlip(const PolarityCounts& now, const PolarityCounts& lost, v1::WouldChange change);

  const SupportTable& table_;
  const AssertionReader& assertions_;
  absl::btree_set<Hash> in_table_;
  std::map<v1::Lens::SupportClass, PolarityCounts> side_counts_;
  std::vector<const StoredAssertion*> counted_;                  // the table's, and what they were derived from
  std::map<Hash, std::vector<const StoredAssertion*>> derived_;  // from each of them
  std::map<Hash, size_t> bases_that_hold_;
  size_t steps_ = 0;
  std::vector<v1::WouldChange> changes_;
};

void WouldChangeSearch::AddCounted(const StoredAssertion& assertion) {
  counted_.push_back(&assertion);
  size_t& holding = bases_that_hold_[assertion.id];
  for (const std::string& base : assertion.row.bases()) {
    if (const absl::StatusOr<Hash> id = crypto::HashFromBytes(base); id.ok()) {
      derived_[*id].push_back(&assertion);
      // One that was never recorded is taken to count.
      const auto read = assertions_.read().find(*id);
      const bool is_recorded = read != assertions_.read().end() && read->second.has_value();
      holding += is_recorded && !read->second->standing.counted ? 0 : 1;
    }
  }
}

// The assertion, and all that would then no longer count.
Losses WouldChangeSearch::LossesOfRetraction(const StoredAssertion& assertion) {
  std::vector<const StoredAssertion*> lost = {&assertion};
  std::map<Hash, size_t> bases_lost;
  for (size_t i = 0; i < lost.size() && steps_ < kMaxSteps; ++i) {
    const auto derived = derived_.find(lost[i]->id);
    if (derived == derived_.end()) {
      continue;
    }
    for (const StoredAssertion* next : derived->second) {
      ++steps_;
      if (++bases_lost[next->id] == bases_that_hold_[next->id]) {
        lost.push_back(next);
      }
    }
  }
  Losses losses;
  for (const StoredAssertion* lost_assertion : lost) {
    if (in_table_.contains(lost_assertion->id)) {
      ++losses[lost_assertion->row.category()][lost_assertion->row.polarity()];
    }
  }
  return losses;
}

// Ids and labels of the sources that some row hinges on, each once.
std::vector<std::pair<std::string, std::string>> WouldChangeSearch::Hinges() const {
  std::vector<std::pair<std::string, std::string>> hinges;
  absl::btree_set<std::string> seen;
  for (const auto& [category, row] : table_) {
    for (const auto& [polarity, backing] : row.backing) {
      for (const uint32_t hinge : backing.independence.hinges) {
        const std::string& id = backing.attribution.graph.sources[hinge].id;
        if (seen.insert(id).second) {
          hinges.emplace_back(id, backing.attribution.labels[hinge]);
        }
      }
    }
  }
  return hinges;
}

// Statuses only ask whether anything is left: that is nothing where the source is a hinge of all there is.
Losses WouldChangeSearch::LossesOfSource(const std::string& id) const {
  Losses losses;
  for (const auto& [category, row] : table_) {
    for (const auto& [polarity, backing] : row.backing) {
      const std::vector<uint32_t>& hinges = backing.independence.hinges;
      const bool is_hinge = std::any_of(
          hinges.begin(), hinges.end(),
          [&, &graph = backing.attribution.graph](uint32_t hinge) { return graph.sources[hinge].id == id; });
      if (is_hinge && !backing.attribution.has_assertion_without_origin) {
        losses[category][polarity] = row.counts[polarity];
      }
    }
  }
  return losses;
}

void WouldChangeSearch::AddFlips(const Losses& losses, v1::WouldChange change) {
  std::map<v1::Lens::SupportClass, PolarityCounts> lost_of_side;
  for (const auto& [category, lost] : losses) {
    const CategoryRow& row = table_.at(category);
    for (const Polarity polarity : kPolarities) {
      lost_of_side[row.side][polarity] += lost[polarity];
    }
    change.set_category(category);
    change.set_side(row.side);
    AddFlip(row.counts, lost, change);
  }
  change.clear_category();
  for (const auto& [side, lost] : lost_of_side) {
    change.set_side(side);
    AddFlip(side_counts_[side], lost, change);
  }
}

void WouldChangeSearch::AddFlip(const PolarityCounts& now, const PolarityCounts& lost, v1::WouldChange change) {
  PolarityCounts then = now;
  for (const Polarity polarity : kPolarities) {
    then[polarity] -= lost[polarity];
  }
  change.set_status_now(StatusOf(now));
  change.set_status_then(StatusOf(then));
  if (change.status_now() != change.status_then() && changes_.size() < kMaxChanges) {
    changes_.push_back(std::move(change));
  }
}

}  // namespace

std::vector<v1::WouldChange> FindWouldChange(const SupportTable& table, const AssertionReader& assertions) {
  return WouldChangeSearch(table, assertions).Find();
}

}  // namespace sworn::views
