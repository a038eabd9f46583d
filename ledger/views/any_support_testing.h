// Portions that any property about support must hold for: assertions between few entities, attributed to few sources,
// and judgements about them.
//
// Thread-safety: belongs to one thread.
#pragma once

#include <rapidcheck.h>

#include <cstdint>
#include <string>
#include <vector>

#include "ledger/views/pick_testing.h"
#include "ledger/views/support_testing.h"

namespace sworn::views {

inline constexpr uint32_t kSources = 7;

// Entities and sources that all reports refer to; three of the sources are unnamed.
inline std::vector<v1::Portion> Basis() {
  std::vector<v1::Portion> portions = {EntityPortion("A", {"x:a"}), EntityPortion("B", {"x:b"}),
                                       SourcePortion("US", v1::Source::ORGANISATION), EntityPortion("C", {"x:c"})};
  for (uint32_t i = 0; i < kSources; ++i) {
    portions.push_back(i < 2    ? UnnamedPortion("official", ByIndex(2))
                       : i == 2 ? UnnamedPortion("")
                                : SourcePortion(Concat("source ", i)));
    portions.back().mutable_source()->add_external_ids(Concat("x:source-", i));
  }
  *portions.back().mutable_source()->mutable_affiliation() = ByIndex(2);
  return portions;
}

inline v1::Reference AnySource() { return ByExternalId(Concat("x:source-", Pick<uint32_t>(kSources))); }

inline v1::Reference AnyEntity() { return ByExternalId(*rc::gen::element<std::string>("x:a", "x:b", "x:c")); }

inline v1::Portion AnyAssertion(const std::vector<crypto::Hash>& earlier) {
  const std::vector<std::string> categories = {"military/weapons", "funding", "assessment/x"};
  AssertionBuilder assertion(*rc::gen::arbitrary<bool>() ? ByExternalId("x:a") : AnyEntity(), ByExternalId("x:b"),
                             *rc::gen::elementOf(categories));
  assertion.Polarity(static_cast<v1::Assertion::Polarity>(1 + Pick(3)));
  const auto hops = Pick<uint32_t>(4);
  for (uint32_t hop = 0; hop < hops; ++hop) {
    std::vector<uint32_t> cites;
    for (uint32_t cited = 0; cited < hop; ++cited) {
      if (*rc::gen::arbitrary<bool>()) {
        cites.push_back(cited);
      }
    }
    if (Pick(5) == 0) {
      assertion.AuthorHop(*rc::gen::arbitrary<bool>() ? v1::Hop::WITNESSED : v1::Hop::INFERRED, cites);
    } else {
      assertion.Hop(AnySource(), v1::Hop::TOLD, cites);
    }
  }
  std::vector<v1::Reference> bases;
  for (uint32_t i = 0; !earlier.empty() && i < Pick<uint32_t>(3); ++i) {
    bases.push_back(ById(*rc::gen::elementOf(earlier)));
  }
  return assertion.DerivedFrom(bases).Build();
}

// A judgement whose effect does not depend on what was judged before.
inline v1::Portion AnyJudgement(const std::vector<crypto::Hash>& assertions) {
  switch (Pick(5)) {
    case 0:
      return JudgementPortion(v1::Judgement::INDEPENDENT, {AnySource(), AnySource()});
    case 1:
      return JudgementPortion(v1::Judgement::SAME_SOURCE, {AnySource(), AnySource()});
    case 2:
      return JudgementPortion(v1::Judgement::SAME_ENTITY, {AnyEntity(), AnyEntity()});
    case 3:
      return JudgementPortion(v1::Judgement::CONFIRM, {ById(*rc::gen::elementOf(assertions))});
    default: {
      v1::Portion portion = JudgementPortion(v1::Judgement::GRADE, {ById(*rc::gen::elementOf(assertions))});
      portion.mutable_judgement()->mutable_grade()->set_reliability(static_cast<v1::Grade::Reliability>(1 + Pick(6)));
      return portion;
    }
  }
}

}  // namespace sworn::views
