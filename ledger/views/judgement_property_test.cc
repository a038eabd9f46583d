// Whatever is recorded and judged, in small worlds: both views as of a position are what a fold from nothing up to
// there gives, however the fold was cut into batches; and what was judged and undone answers as if it had never been
// judged.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ledger/views/fold.h"
#include "ledger/views/pick_testing.h"
#include "ledger/views/provenance.h"
#include "ledger/views/support_testing.h"

namespace sworn::views {
namespace {

using crypto::Hash;
using Judgement = v1::Judgement;

const std::vector<std::string>& EntityIds() {
  static const auto* const ids = new std::vector<std::string>{"x:a", "x:b", "x:c", "x:d"};
  return *ids;
}
const std::vector<std::string>& SourceIds() {
  static const auto* const ids = new std::vector<std::string>{"x:0", "x:1", "x:2", "x:3", "x:4"};
  return *ids;
}

v1::Reference AnyEntity() { return ByExternalId(*rc::gen::elementOf(EntityIds())); }
v1::Reference AnySource() { return ByExternalId(*rc::gen::elementOf(SourceIds())); }

// The last entity is referred to but never described here.
std::vector<v1::Portion> Basis() {
  std::vector<v1::Portion> portions = {LensPortion(ShippedLenses().front())};
  for (size_t i = 0; i + 1 < EntityIds().size(); ++i)
    portions.push_back(EntityPortion(EntityIds()[i], {EntityIds()[i]}));
  for (const std::string& id : SourceIds()) {
    portions.push_back(id == "x:0" ? UnnamedPortion("official", ByExternalId("x:1")) : SourcePortion(id));
    portions.back().mutable_source()->add_external_ids(id);
  }
  return portions;
}

v1::Portion AnyAssertion(const std::vector<Hash>& earlier) {
  AssertionBuilder assertion(AnyEntity(), AnyEntity(), *rc::gen::element<std::string>("military/weapons", "funding"));
  assertion.Polarity(static_cast<v1::Assertion::Polarity>(1 + Pick(3)));
  std::vector<v1::Reference> hops;
  for (auto i = Pick(3); i > 0; --i) hops.push_back(AnySource());
  assertion.Chain(hops);
  if (!earlier.empty() && *rc::gen::arbitrary<bool>()) assertion.DerivedFrom({ById(*rc::gen::elementOf(earlier))});
  return assertion.Build();
}

// A judgement that joins or tells apart, about what is known.
v1::Portion AnyJoin(const std::vector<Hash>& assertions) {
  switch (Pick(assertions.empty() ? 3 : 4)) {
    case 0:
      return JudgementPortion(Judgement::SAME_ENTITY, {AnyEntity(), AnyEntity(), AnyEntity()});
    case 1:
      return JudgementPortion(Judgement::SAME_SOURCE, {AnySource(), AnySource()});
    case 2:
      return JudgementPortion(Judgement::INDEPENDENT, {AnySource(), AnySource()});
    default:
      return JudgementPortion(Judgement::SAME_CLAIM,
                              {ById(*rc::gen::elementOf(assertions)), ById(*rc::gen::elementOf(assertions))});
  }
}

v1::Portion AnyOpinion(const Hash& target) {
  const auto kind = *rc::gen::element(Judgement::CONFIRM, Judgement::DISPUTE, Judgement::GRADE);
  v1::Portion portion = JudgementPortion(kind, {ById(target)});
  if (kind != Judgement::GRADE) return portion;
  portion.mutable_judgement()->mutable_grade()->set_reliability(static_cast<v1::Grade::Reliability>(1 + Pick(6)));
  return portion;
}

// A description that may show two entities, or two sources, to be one for good.
v1::Portion AnyDescription() {
  if (*rc::gen::arbitrary<bool>()) {
    v1::Portion portion = EntityPortion("E");
    for (int i = 0; i < 2; ++i) portion.mutable_entity()->add_external_ids(AnyEntity().external_id());
    return portion;
  }
  v1::Portion portion = SourcePortion("S");
  for (int i = 0; i < 2; ++i) portion.mutable_source()->add_external_ids(AnySource().external_id());
  return portion;
}

// What was recorded so far, for more to be about.
struct Recorded {
  std::vector<Hash> assertions;
  std::vector<Hash> judgements;
};

v1::Portion AnyPortion(const Recorded& recorded) {
  const auto choice = Pick(12);
  if (choice < 4 || recorded.assertions.empty()) return AnyAssertion(recorded.assertions);
  if (choice < 6) return AnyJoin(recorded.assertions);
  if (choice == 6) return AnyDescription();
  if (choice < 9) return AnyOpinion(*rc::gen::elementOf(recorded.assertions));
  const bool undoes = choice > 9 && !recorded.judgements.empty();
  return JudgementPortion(Judgement::RETRACT,
                          {ById(*rc::gen::elementOf(undoes ? recorded.judgements : recorded.assertions))});
}

std::vector<Event> AnyEvents(size_t count) {
  std::vector<Event> events = {TestEvent(0, "ledger", Basis())};
  Recorded recorded;
  while (events.size() < count) {
    const v1::Portion portion = AnyPortion(recorded);
    events.push_back(TestEvent(events.size(), *rc::gen::element<std::string>("ann", "bob"), {portion}));
    if (portion.has_assertion()) recorded.assertions.push_back(events.back().report.portion_ids[0]);
    if (portion.has_judgement()) recorded.judgements.push_back(events.back().report.portion_ids[0]);
  }
  return events;
}

// Both views of a log.
class BothViews {
 public:
  explicit BothViews(const std::vector<Event>& events) {
    for (const Event& event : events) Record(event);
  }
  void Record(const Event& event) {
    support_.Write(event.position, [&](RowWriter& rows) { RC_ASSERT(SupportView().Apply(event, rows).ok()); });
    provenance_.Write(event.position, [&](RowWriter& rows) { RC_ASSERT(ProvenanceView().Apply(event, rows).ok()); });
  }
  const TestRows& support() const { return support_; }
  const TestRows& provenance() const { return provenance_; }

 private:
  TestRows support_;
  TestRows provenance_;
};

Hash Digest(const RowReader& rows) {
  const absl::StatusOr<Hash> digest = DigestOf(rows);
  RC_ASSERT(digest.ok());
  return *digest;
}

TEST(JudgementProperty, AsOfIsAFoldOfThePrefix) {
  ASSERT_TRUE(rc::check("as of a position, the rows of both views are those folded from nothing up to there", [] {
    const std::vector<Event> events = AnyEvents(2 + Pick<size_t>(12));
    const BothViews whole(events);
    BothViews prefix({});
    for (const Event& event : events) {
      prefix.Record(event);
      RC_ASSERT(Digest(*whole.support().ReadAt(event.position)) == Digest(*prefix.support().ReadAt(event.position)));
      RC_ASSERT(Digest(*whole.provenance().ReadAt(event.position)) ==
                Digest(*prefix.provenance().ReadAt(event.position)));
    }
  }));
}

TEST(JudgementProperty, RebuiltInOneBatchIsFoldedStepByStep) {
  ASSERT_TRUE(rc::check("rows do not depend on how the log was cut into batches", [] {
    const std::vector<Event> events = AnyEvents(2 + Pick<size_t>(12));
    const BothViews stepwise(events);
    const absl::StatusOr<std::unique_ptr<journal::RowStore>> store = journal::RowStore::OpenInMemory();
    RC_ASSERT(store.ok());
    const std::unique_ptr<journal::RowBatch> batch = (*store)->NewBatch();
    VersionedWriter support(*batch, "support/1/");
    VersionedWriter provenance(*batch, "provenance/1/");
    for (const Event& event : events) {
      support.set_position(event.position);
      provenance.set_position(event.position);
      RC_ASSERT(SupportView().Apply(event, support).ok());
      RC_ASSERT(ProvenanceView().Apply(event, provenance).ok());
    }
    RC_ASSERT((*store)->Commit(*batch).ok());
    for (uint64_t position = 0; position < events.size(); ++position) {
      RC_ASSERT(Digest(VersionedReader((*store)->Snapshot(), "support/1/", position)) ==
                Digest(*stepwise.support().ReadAt(position)));
      RC_ASSERT(Digest(VersionedReader((*store)->Snapshot(), "provenance/1/", position)) ==
                Digest(*stepwise.provenance().ReadAt(position)));
    }
  }));
}

// Everything that is asked of a ledger, as text.
std::vector<std::string> Answers(const BothViews& views, uint64_t position, const std::vector<Event>& events) {
  std::vector<std::string> answers;
  const auto add = [&](const auto& response) {
    answers.push_back(response.ok() ? response->DebugString() : response.status().ToString());
  };
  const ViewRead support = views.support().ViewAt(position);
  for (const std::string& from : EntityIds()) {
    for (const std::string& to : EntityIds()) {
      v1::GetSupportRequest request;
      request.set_from(from);
      request.set_to(to);
      request.set_lens("officials");
      add(GetSupport(support, request));
    }
  }
  add(ListClaims(support, v1::ListClaimsRequest()));
  add(ListEntities(support, v1::ListEntitiesRequest()));
  add(ListSources(support, v1::ListSourcesRequest()));
  for (const Event& event : events) {
    if (!event.report.portions.front()->has_assertion()) continue;
    v1::GetTraceRequest request;
    request.set_id(crypto::ToHex(event.report.portion_ids.front()));
    add(GetTrace(views.provenance().ViewAt(position), request));
  }
  return answers;
}

// Live rows but for those that hold one of `judgements`, or lead to it.
std::map<std::string, std::string> RowsWithout(const std::vector<Hash>& judgements, const RowReader& rows) {
  std::map<std::string, std::string> all;
  const absl::Status scanned = rows.Scan("", [&](std::string_view key, std::string_view value) {
    const bool is_of_judgement = std::any_of(judgements.begin(), judgements.end(), [&](const Hash& id) {
      return key.find(crypto::AsBytes(id)) != std::string_view::npos || value == crypto::AsBytes(id);
    });
    if (!is_of_judgement) all.emplace(key, value);
    return true;
  });
  RC_ASSERT(scanned.ok());
  return all;
}

v1::Portion Filler(uint64_t position) {
  v1::Portion portion = MarkedPortion();
  portion.mutable_evidence()->set_title(Concat("nothing ", position));
  return portion;
}

TEST(JudgementProperty, JudgedAndUndoneIsNeverJudged) {
  ASSERT_TRUE(rc::check("what was judged and undone answers as if it had never been judged", [] {
    std::vector<Event> never = AnyEvents(4 + Pick<size_t>(10));
    std::vector<Hash> assertions;
    const auto judged_at = 1 + Pick(never.size() - 1);
    for (size_t i = 0; i < judged_at; ++i) {
      if (never[i].report.portions[0]->has_assertion()) assertions.push_back(never[i].report.portion_ids[0]);
    }
    const auto undone_at = judged_at + 1 + Pick(never.size() + 1 - judged_at);
    const v1::Portion judgement = *rc::gen::arbitrary<bool>() || assertions.empty()
                                      ? AnyJoin(assertions)
                                      : AnyOpinion(*rc::gen::elementOf(assertions));
    // Positions stay what they are: nothing else stands where the judgement and its end are.
    const auto insert = [&](std::vector<Event>& events, size_t place, const std::string& author,
                            const v1::Portion& portion) {
      events.insert(events.begin() + static_cast<std::ptrdiff_t>(place), TestEvent(1000 + place, author, {portion}));
      return events[place].report.portion_ids[0];
    };
    std::vector<Event> undone = never;
    const Hash judged = insert(undone, judged_at, "cat", judgement);
    const Hash end = insert(undone, undone_at, "cat", JudgementPortion(Judgement::RETRACT, {ById(judged)}));
    insert(never, judged_at, "cat", Filler(judged_at));
    insert(never, undone_at, "cat", Filler(undone_at));
    for (auto* events : {&undone, &never}) {
      for (size_t i = 0; i < events->size(); ++i) {
        (*events)[i].position = i;
        (*events)[i].recorded_at = TestTime(i);
      }
    }
    const BothViews with(undone);
    const BothViews without(never);
    const uint64_t last = never.size() - 1;
    RC_ASSERT(Answers(with, last, never) == Answers(without, last, never));
    RC_ASSERT(RowsWithout({judged, end}, *with.support().ReadAt(last)) ==
              RowsWithout({judged, end}, *without.support().ReadAt(last)));
  }));
}

}  // namespace
}  // namespace sworn::views
