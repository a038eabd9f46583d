#include "ledger/views/judgement_words.h"

#include "ledger/views/text.h"

namespace sworn::views {
namespace {

std::string_view WordFor(v1::Judgement::Kind kind) {
  switch (kind) {
    case v1::Judgement::RETRACT:
      return "retracted";
    case v1::Judgement::SUPERSEDE:
      return "superseded";
    case v1::Judgement::DISPUTE:
      return "disputed";
    case v1::Judgement::CONFIRM:
      return "confirmed";
    case v1::Judgement::GRADE:
      return "graded";
    case v1::Judgement::SAME_ENTITY:
      return "said to be the same entity";
    case v1::Judgement::SAME_SOURCE:
      return "said to be the same source";
    case v1::Judgement::SAME_CLAIM:
      return "said to be the same claim";
    case v1::Judgement::INDEPENDENT:
      return "said to be independent";
    default:
      return "judged";
  }
}

}  // namespace

std::string JudgementInWords(v1::Judgement::Kind kind, std::string_view reason) {
  return reason.empty() ? std::string(WordFor(kind)) : Concat(WordFor(kind), ": ", reason);
}

}  // namespace sworn::views
