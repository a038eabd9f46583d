// Lenses: which categories count as direct, indirect or unassigned support.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sworn/v1/portion.pb.h"

namespace sworn::views {

// The lenses that ship as data: "officials" and "ucdp-derived" (ledger/views/lenses/*.textproto).
const std::vector<v1::Lens>& ShippedLenses();

struct Classified {
  v1::Lens::SupportClass support_class;
  std::string code;  // of the rule that matched, if any
  std::string rule;  // path of the rule that matched; empty for `otherwise`
};

// Class of a category: the rule with the longest matching path, else `otherwise`.
Classified Classify(const v1::Lens& lens, std::string_view category);

}  // namespace sworn::views
