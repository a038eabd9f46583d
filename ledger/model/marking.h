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

// "(S//REL TO GBR, USA//TLP:AMBER)", with or without the brackets, in any case: level first, then REL TO, NF or NOFORN,
// OC or ORCON, TLP and caveats in any order, separated by "//". A release list holds countries (ISO 3166-1 alpha-3) and
// organisations ("org:europol"); FVEY and ACGU are expanded, any other group of countries is refused. Any other
// component is a caveat: an opaque word of 1 to 64 printable ASCII characters without / ( ) " \ and comma.
absl::StatusOr<v1::Marking> ParseMarking(std::string_view text);

// The form that ParseMarking reads back, in brackets. Statements are not printed.
std::string FormatMarking(const v1::Marking& marking);

// Refused with UNMARKED where the level is missing and with MARKING_INVALID where a rule is broken.
absl::Status ValidateMarking(const v1::Marking& marking);

// Highest level, intersection of release lists, union of caveats, most restrictive TLP, NF and OC if any portion has
// them, union of statements. Nobody left in the intersection makes it originator only, and so does a classified portion
// without a list beside one with a list; an unclassified portion without a list changes nothing. The result depends
// neither on order nor on grouping. `markings` must not be empty.
v1::Marking RollUp(absl::Span<const v1::Marking> markings);

// Whether a banner is at least as restrictive as the portion's marking in every respect.
bool Dominates(const v1::Marking& banner, const v1::Marking& portion);

}  // namespace sworn::model
