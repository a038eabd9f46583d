// The counted assertions between two entities, sorted by lens into sides and by category into rows.
//
// Thread-safety: belongs to one thread.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/views/assertion_reader.h"
#include "ledger/views/attribution.h"
#include "ledger/views/independence.h"
#include "ledger/views/source_reader.h"
#include "ledger/views/view.h"
#include "sworn/v1/view_service.pb.h"

namespace sworn::views {

using Polarity = v1::Assertion::Polarity;

// How many assertions count, by polarity.
class PolarityCounts {
 public:
  uint32_t& operator[](Polarity polarity) { return counts_.at(polarity); }
  uint32_t operator[](Polarity polarity) const { return counts_.at(polarity); }
  PolarityCounts& operator+=(const PolarityCounts& other);
  bool operator==(const PolarityCounts&) const = default;
  bool empty() const { return *this == PolarityCounts(); }

 private:
  std::array<uint32_t, v1::Assertion::Polarity_ARRAYSIZE> counts_{};
};

v1::Support::Status StatusOf(const PolarityCounts& counts);

// What stands behind the assertions of one polarity.
struct Backing {
  Attribution attribution;
  Independence independence;
};

// One category.
struct CategoryRow {
  std::string category;
  std::string code;  // of the lens rule
  v1::Lens::SupportClass side = v1::Lens::SUPPORT_CLASS_UNSPECIFIED;
  std::vector<const StoredAssertion*> assertions;  // in the order in which they were recorded
  PolarityCounts counts;
  std::map<Polarity, Backing> backing;  // of each polarity that somebody asserted

  // The polarity that origins, hinges, grade and quantities are those of: affirming where any affirms, denying where
  // any denies, else finding no evidence.
  Polarity shown_polarity() const;
};

// Rows in order of category.
using SupportTable = std::map<std::string, CategoryRow>;

// `counted`, in the order in which they were recorded, must outlive the table.
absl::StatusOr<SupportTable> BuildTable(const std::vector<const StoredAssertion*>& counted, const v1::Lens& lens,
                                        AssertionReader& assertions, const RowReader& rows);

// Finds what stands behind the row's assertions, which need not be of one category.
absl::Status AddBackings(CategoryRow& row, AssertionReader& assertions, SourceReader& sources, const RowReader& rows);

v1::SupportRow ToSupportRow(const CategoryRow& row);

// The rows of one side and what they amount to.
v1::SupportSide ToSupportSide(const SupportTable& table, v1::Lens::SupportClass side);
PolarityCounts CountsOf(const SupportTable& table, v1::Lens::SupportClass side);

}  // namespace sworn::views
