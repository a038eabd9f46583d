// What differs between two portions of one kind, field by field.
//
// Lists are compared after what they begin and end with alike, so that an item put in front does not change all others.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "absl/status/statusor.h"
#include "sworn/v1/portion.pb.h"
#include "sworn/v1/view_service.pb.h"

namespace sworn::views {

// What the references of a portion print as: the same for all that point at one thing.
using ReferencePrinter = std::function<absl::StatusOr<std::string>(const v1::Reference&)>;

struct ComparedPortion {
  const v1::Portion& portion;
  ReferencePrinter print_reference;
};

struct PortionDiff {
  // In the order of the fields; at most kMaxFieldChanges, each value shortened to kMaxChangeBytes.
  std::vector<v1::FieldChange> changes;
  // How many there are in all.
  size_t count = 0;
};

inline constexpr size_t kMaxFieldChanges = 100;
inline constexpr size_t kMaxChangeBytes = 300;

// An error is that of printing a reference.
absl::StatusOr<PortionDiff> DiffPortions(const ComparedPortion& before, const ComparedPortion& after);

}  // namespace sworn::views
