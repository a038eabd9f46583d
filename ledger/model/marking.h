// Markings: parse, print, validate, roll up (design of Sworn, section 6, and its vocabulary of marks).
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "sworn/v1/marking.pb.h"

namespace sworn::model {

// "(S//REL TO GBR, USA//TLP:AMBER)", with or without the brackets: level first, then REL TO, NF, OC, TLP and caveats
// in any order, separated by "//". Groups FVEY and ACGU are expanded; an unknown group of countries is refused.
absl::StatusOr<v1::Marking> ParseMarking(std::string_view text);

// The form that ParseMarking reads back, in brackets.
std::string FormatMarking(const v1::Marking& marking);

// Refused with UNMARKED where the level is missing and with MARKING_INVALID where a rule is broken.
absl::Status ValidateMarking(const v1::Marking& marking);

// Highest level, intersection of release lists (empty: originator only), union of caveats, most restrictive TLP,
// NF and OC if any portion has them, union of statements. `markings` must not be empty.
v1::Marking RollUp(absl::Span<const v1::Marking> markings);

// Whether a banner is at least as restrictive as the portion's marking in every respect.
bool Dominates(const v1::Marking& banner, const v1::Marking& portion);

}  // namespace sworn::model
