// The closed word lists of the field and the words that people write for them: modes, polarities, grades, likelihoods.
// Words are matched in any case, with spaces, hyphens and underscores alike.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "sworn/v1/portion.pb.h"

namespace sworn::model {

absl::StatusOr<v1::Assertion::Polarity> ParsePolarity(std::string_view word);
absl::StatusOr<v1::Hop::Mode> ParseMode(std::string_view word);
absl::StatusOr<v1::Source::Kind> ParseSourceKind(std::string_view word);
absl::StatusOr<v1::Assertion::Confidence> ParseConfidence(std::string_view word);
// What a lens makes of a category.
absl::StatusOr<v1::Lens::SupportClass> ParseSupportClass(std::string_view word);
// Admiralty code: "B2", "B", "2".
absl::StatusOr<v1::Grade> ParseGrade(std::string_view text);
// "B2"; "-" for an axis that was not graded; empty when neither was.
std::string FormatGrade(const v1::Grade& grade);
// The fourteen ICD 203 terms, in the form that is stored.
absl::Span<const std::string_view> LikelihoodTerms();
absl::StatusOr<std::string> ParseLikelihood(std::string_view term);
// Slash path or foreign code (portion.proto, Assertion.category).
absl::Status ValidateCategory(std::string_view category);
// Whether `category` is `ancestor` or lies below it.
bool CategoryIsWithin(std::string_view category, std::string_view ancestor);

// The candidate with the smallest edit distance, if that is at most a third of its length; else empty.
std::string_view NearestWord(std::string_view word, absl::Span<const std::string_view> candidates);

}  // namespace sworn::model
