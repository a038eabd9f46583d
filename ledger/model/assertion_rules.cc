#include "ledger/model/assertion_rules.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "ledger/model/limits.h"
#include "ledger/model/period.h"
#include "ledger/model/text.h"
#include "ledger/model/vocabulary.h"

namespace sworn::model {
namespace {

void CheckTerm(bool is_set, const v1::Term& term, const FieldPath& path, FieldChecker& checker) {
  if (!is_set || term.term_case() == v1::Term::TERM_NOT_SET) {
    checker.Fail(v1::Refusal::FIELD_MISSING, path, "is missing; give an entity or a literal");
    return;
  }
  if (term.has_entity()) {
    checker.Reference(term.entity(), {v1::Portion::kEntity}, ExternalIds::kAllowed, path.Field("entity"));
    return;
  }
  const FieldPath literal = path.Field("literal");
  checker.RequiredText(term.literal().value(), kMaxTextBytes, literal.Field("value"));
  checker.Text(term.literal().type(), kMaxNameBytes, literal.Field("type"));
}

// "70", "-1.5": an optional minus, digits, and at most one point with digits on both sides.
bool IsDecimal(std::string_view text) {
  if (!text.empty() && text.front() == '-') text.remove_prefix(1);
  const size_t point = text.find('.');
  const auto is_digits = [](std::string_view digits) {
    return !digits.empty() && std::all_of(digits.begin(), digits.end(), absl::ascii_isdigit);
  };
  if (point == std::string_view::npos) return is_digits(text);
  return is_digits(text.substr(0, point)) && is_digits(text.substr(point + 1));
}

void CheckQuantity(const v1::Quantity& quantity, const FieldPath& path, FieldChecker& checker) {
  checker.Text(quantity.measure(), kMaxNameBytes, path.Field("measure"));
  checker.Text(quantity.unit(), kMaxNameBytes, path.Field("unit"));
  checker.Text(quantity.base(), kMaxNameBytes, path.Field("base"));
  const FieldPath value = path.Field("value");
  checker.RequiredText(quantity.value(), kMaxQuantityDigits, value);
  if (!IsDecimal(quantity.value())) {
    checker.Fail(v1::Refusal::FIELD_INVALID, value,
                 "is no decimal number; write digits, with a point where needed: 70 or -1.5");
  }
}

void CheckPeriod(const v1::Period& period, const FieldPath& path, FieldChecker& checker) {
  checker.Date(period.from(), path.Field("from"));
  checker.Date(period.until(), path.Field("until"));
  checker.FailWith(ValidatePeriod(period), v1::Refusal::FIELD_INVALID, path);
}

// Hops are few enough for one bit each.
static_assert(kMaxHops <= 64);

void CheckCites(const v1::Hop& hop, size_t own_index, const FieldPath& path, FieldChecker& checker) {
  uint64_t cited = 0;
  for (int i = 0; i < hop.cites_size(); ++i) {
    const FieldPath cite = path.Item("cites", static_cast<size_t>(i));
    const uint32_t index = hop.cites(i);
    if (index >= own_index) {
      checker.Fail(v1::Refusal::CYCLE, cite, Concat("is ", index, "; a hop cites earlier hops only"));
      return;
    }
    if (((cited >> index) & 1U) != 0) {
      checker.Fail(v1::Refusal::FIELD_INVALID, cite, Concat("is ", index, ", which this hop cites already"));
    }
    cited |= uint64_t{1} << index;
  }
}

void CheckHop(const v1::Hop& hop, size_t own_index, const FieldPath& path, FieldChecker& checker) {
  checker.RequiredEnum(hop.mode(), path.Field("mode"));
  checker.Date(hop.said_at(), path.Field("said_at"));
  CheckCites(hop, own_index, path, checker);
  const FieldPath source = path.Field("source");
  if (hop.has_source()) {
    checker.Reference(hop.source(), {v1::Portion::kSource}, ExternalIds::kAllowed, source);
  } else if (hop.mode() != v1::Hop::WITNESSED && hop.mode() != v1::Hop::INFERRED) {
    checker.Fail(v1::Refusal::FIELD_MISSING, source,
                 "is missing; the author stands in for a source only where the mode is WITNESSED or INFERRED");
  }
}

void CheckAttribution(const v1::Assertion& assertion, const FieldPath& path, FieldChecker& checker) {
  const FieldPath attribution = path.Field("attribution");
  if (assertion.attribution().empty() && assertion.derived_from().empty()) {
    checker.Fail(v1::Refusal::FIELD_MISSING, attribution,
                 "is missing; say where the assertion comes from (attribution), or what it was concluded from "
                 "(derived_from)");
  }
  const auto hops = static_cast<size_t>(assertion.attribution_size());
  checker.AtMost(hops, kMaxHops, attribution);
  for (size_t i = 0; i < std::min(hops, kMaxHops); ++i) {
    CheckHop(assertion.attribution(static_cast<int>(i)), i, path.Item("attribution", i), checker);
  }
}

// Likelihood and confidence are somebody's assessment, never a measure of the assertion itself.
void CheckAssessment(const v1::Assertion& assertion, const FieldPath& path, FieldChecker& checker) {
  const FieldPath assessor = path.Field("assessor");
  const FieldPath likelihood = path.Field("likelihood");
  checker.KnownEnum(assertion.confidence(), path.Field("confidence"));
  if (assertion.has_assessor()) {
    checker.Reference(assertion.assessor(), {v1::Portion::kSource}, ExternalIds::kAllowed, assessor);
  }
  if (!assertion.likelihood().empty()) {
    const absl::Span<const std::string_view> terms = LikelihoodTerms();
    if (std::find(terms.begin(), terms.end(), assertion.likelihood()) == terms.end()) {
      checker.Fail(v1::Refusal::FIELD_INVALID, likelihood, "is no term of ICD 203, such as \"likely\"");
    }
  }
  if (assertion.likelihood().empty() && assertion.confidence() == v1::Assertion::CONFIDENCE_UNSPECIFIED) return;
  const FieldPath assessed = assertion.likelihood().empty() ? path.Field("confidence") : likelihood;
  if (!assertion.has_assessor()) {
    checker.Fail(v1::Refusal::FIELD_MISSING, assessor, "is missing; likelihood and confidence need one");
  }
  const bool is_inferred = std::any_of(assertion.attribution().begin(), assertion.attribution().end(),
                                       [](const v1::Hop& hop) { return hop.mode() == v1::Hop::INFERRED; });
  if (!is_inferred) {
    checker.Fail(v1::Refusal::FIELD_INVALID, assessed, "is set, but no hop of the attribution is INFERRED");
  }
}

void CheckReferenceList(const google::protobuf::RepeatedPtrField<v1::Reference>& references,
                        v1::Portion::ContentCase kind, const FieldPath& path, std::string_view name,
                        FieldChecker& checker) {
  checker.AtMost(static_cast<size_t>(references.size()), kMaxReferencesPerField, path.Field(name));
  for (int i = 0; i < references.size(); ++i) {
    checker.Reference(references[i], {kind}, ExternalIds::kRefused, path.Item(name, static_cast<size_t>(i)));
  }
}

}  // namespace

void CheckGrade(const v1::Grade& grade, const FieldPath& path, FieldChecker& checker) {
  checker.KnownEnum(grade.reliability(), path.Field("reliability"));
  checker.KnownEnum(grade.credibility(), path.Field("credibility"));
}

void CheckAssertion(const v1::Assertion& assertion, const FieldPath& path, FieldChecker& checker) {
  CheckTerm(assertion.has_subject(), assertion.subject(), path.Field("subject"), checker);
  checker.HyphenatedWords(assertion.predicate(), path.Field("predicate"));
  CheckTerm(assertion.has_object(), assertion.object(), path.Field("object"), checker);
  checker.Category(assertion.category(), path.Field("category"));
  checker.Text(assertion.statement(), kMaxTextBytes, path.Field("statement"));
  checker.RequiredEnum(assertion.polarity(), path.Field("polarity"));
  checker.KnownEnum(assertion.explicitness(), path.Field("explicitness"));
  checker.AtMost(static_cast<size_t>(assertion.quantities_size()), kMaxQuantities, path.Field("quantities"));
  for (int i = 0; i < assertion.quantities_size(); ++i) {
    CheckQuantity(assertion.quantities(i), path.Item("quantities", static_cast<size_t>(i)), checker);
  }
  CheckPeriod(assertion.valid(), path.Field("valid"), checker);
  CheckAttribution(assertion, path, checker);
  CheckReferenceList(assertion.derived_from(), v1::Portion::kAssertion, path, "derived_from", checker);
  CheckReferenceList(assertion.evidence(), v1::Portion::kEvidence, path, "evidence", checker);
  CheckGrade(assertion.grade(), path.Field("grade"), checker);
  CheckAssessment(assertion, path, checker);
  checker.ExternalIdList(assertion.external_ids(), path, "external_ids");
  checker.Text(assertion.external_version(), kMaxNameBytes, path.Field("external_version"));
}

}  // namespace sworn::model
