#include "ledger/views/support_table.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

#include "absl/container/btree_set.h"
#include "ledger/model/vocabulary.h"
#include "ledger/views/lens.h"

namespace sworn::views {
namespace {

void SetRange(const Range& range, v1::CountRange& message) {
  message.set_min(range.min);
  message.set_max(range.max);
}

// The best of each axis on its own. F and 6 mean unknown: they stand only where nothing better is known.
std::string BestGrade(const CategoryRow& row) {
  v1::Grade best;
  for (const StoredAssertion* assertion : row.assertions) {
    if (assertion->row.polarity() == row.shown_polarity()) {
      TakeBetter(assertion->grade, best);
    }
  }
  return model::FormatGrade(best);
}

// Quantities of the shown polarity, each once, in the order in which they were recorded.
void AddQuantities(const CategoryRow& row, v1::SupportRow& message) {
  absl::btree_set<std::string> seen;
  for (const StoredAssertion* assertion : row.assertions) {
    for (const v1::Quantity& quantity : assertion->row.quantities()) {
      if (assertion->row.polarity() == row.shown_polarity() && seen.insert(quantity.SerializeAsString()).second) {
        *message.add_quantities() = quantity;
      }
    }
  }
}

// Widens `span` by a stated period. An end that any of them leaves open stays open.
class ValidSpan {
 public:
  void Add(const v1::Period& period) {
    if (period.from().empty() && period.until().empty()) {
      return;
    }
    Widen(period.from(), Side::kFrom, from_);
    Widen(period.until(), Side::kUntil, until_);
  }

  std::optional<v1::Period> Get() const {
    if (!from_.stated && !until_.stated) {
      return std::nullopt;
    }
    v1::Period span;
    span.set_from(from_.open ? "" : from_.text);
    span.set_until(until_.open ? "" : until_.text);
    return span;
  }

 private:
  enum class Side { kFrom, kUntil };
  struct End {
    bool stated = false;
    bool open = false;
    std::string text;
    absl::CivilDay day;
  };

  static void Widen(const std::string& text, Side side, End& end) {
    const absl::StatusOr<model::DayRange> date = model::ParseDate(text);
    if (!date.ok()) {
      end.open = true;  // Dates were validated when they were recorded: this one is empty.
      return;
    }
    const absl::CivilDay day = side == Side::kFrom ? date->first : date->last;
    if (!end.stated || (side == Side::kFrom ? day < end.day : day > end.day)) {
      end.text = text;
      end.day = day;
    }
    end.stated = true;
  }

  End from_;
  End until_;
};

void AddTimes(const CategoryRow& row, v1::SupportRow& message) {
  ValidSpan span;
  for (const StoredAssertion* assertion : row.assertions) {
    span.Add(assertion->row.valid());
  }
  *message.mutable_first_recorded_at() = row.assertions.front()->row.recorded_at();
  *message.mutable_last_recorded_at() = row.assertions.back()->row.recorded_at();
  if (const std::optional<v1::Period> period = span.Get()) {
    *message.mutable_valid() = *period;
  }
}

void AddBacking(const Backing& backing, v1::SupportRow& message) {
  SetRange(backing.independence.origins, *message.mutable_origins());
  SetRange(backing.independence.independent_origins, *message.mutable_independent_origins());
  for (const uint32_t hinge : backing.independence.hinges) {
    message.add_hinges(backing.attribution.labels[hinge]);
    message.add_hinge_ids(backing.attribution.graph.sources[hinge].id);
  }
}

}  // namespace

v1::Support::Status StatusOf(const PolarityCounts& counts) {
  const bool affirmed = counts[v1::Assertion::AFFIRMS] > 0;
  const bool denied = counts[v1::Assertion::DENIES] > 0;
  const bool found_nothing = counts[v1::Assertion::FINDS_NO_EVIDENCE] > 0;
  if (affirmed) {
    return denied || found_nothing ? v1::Support::CONTESTED : v1::Support::REPORTED;
  }
  if (denied) {
    return v1::Support::DENIED;
  }
  return found_nothing ? v1::Support::NO_EVIDENCE_FOUND : v1::Support::UNREPORTED;
}

Polarity CategoryRow::shown_polarity() const {
  if (counts[v1::Assertion::AFFIRMS] > 0) {
    return v1::Assertion::AFFIRMS;
  }
  return counts[v1::Assertion::DENIES] > 0 ? v1::Assertion::DENIES : v1::Assertion::FINDS_NO_EVIDENCE;
}

absl::StatusOr<SupportTable> BuildTable(const std::vector<const StoredAssertion*>& counted, const v1::Lens& lens,
                                        AssertionReader& assertions, const RowReader& rows) {
  SupportTable table;
  for (const StoredAssertion* assertion : counted) {
    const auto [entry, is_new] = table.try_emplace(assertion->row.category());
    CategoryRow& row = entry->second;
    if (is_new) {
      const Classified classified = Classify(lens, assertion->row.category());
      row.category = assertion->row.category();
      row.code = classified.code;
      row.side = classified.support_class;
    }
    row.assertions.push_back(assertion);
    ++row.counts[assertion->row.polarity()];
  }
  SourceReader sources(rows);
  for (auto& [category, row] : table) {
    if (absl::Status status = AddBackings(row, assertions, sources, rows); !status.ok()) {
      return status;
    }
  }
  return table;
}

absl::Status AddBackings(CategoryRow& row, AssertionReader& assertions, SourceReader& sources, const RowReader& rows) {
  std::map<Polarity, AttributionBuilder> builders;
  for (const StoredAssertion* assertion : row.assertions) {
    const auto builder = builders.try_emplace(assertion->row.polarity(), assertions, sources, rows).first;
    if (absl::Status status = builder->second.Add(*assertion); !status.ok()) {
      return status;
    }
  }
  for (auto& [polarity, builder] : builders) {
    absl::StatusOr<Attribution> attribution = builder.Finish();
    if (!attribution.ok()) {
      return attribution.status();
    }
    Backing& backing = row.backing[polarity];
    backing.attribution = *std::move(attribution);
    backing.independence = ComputeIndependence(backing.attribution.graph);
  }
  return absl::OkStatus();
}

v1::SupportRow ToSupportRow(const CategoryRow& row) {
  v1::SupportRow message;
  message.set_category(row.category);
  message.set_status(StatusOf(row.counts));
  message.set_affirms(row.counts[v1::Assertion::AFFIRMS]);
  message.set_denies(row.counts[v1::Assertion::DENIES]);
  message.set_finds_no_evidence(row.counts[v1::Assertion::FINDS_NO_EVIDENCE]);
  message.set_code(row.code);
  message.set_best_grade(BestGrade(row));
  AddBacking(row.backing.at(row.shown_polarity()), message);
  AddQuantities(row, message);
  AddTimes(row, message);
  for (const StoredAssertion* assertion : row.assertions) {
    message.add_assertion_ids(crypto::ToHex(assertion->id));
    if (assertion->standing.undermined) {
      message.add_undermined_ids(crypto::ToHex(assertion->id));
    }
  }
  return message;
}

PolarityCounts& PolarityCounts::operator+=(const PolarityCounts& other) {
  std::transform(counts_.begin(), counts_.end(), other.counts_.begin(), counts_.begin(), std::plus<>());
  return *this;
}

PolarityCounts CountsOf(const SupportTable& table, v1::Lens::SupportClass side) {
  PolarityCounts counts;
  for (const auto& [category, row] : table) {
    if (row.side == side) counts += row.counts;
  }
  return counts;
}

v1::SupportSide ToSupportSide(const SupportTable& table, v1::Lens::SupportClass side) {
  v1::SupportSide message;
  message.set_status(StatusOf(CountsOf(table, side)));
  for (const auto& [category, row] : table) {
    if (row.side == side) {
      *message.add_rows() = ToSupportRow(row);
    }
  }
  return message;
}

}  // namespace sworn::views
