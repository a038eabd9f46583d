// Whatever is recorded in whatever order: the support view as of a position is what a replay of the log up to there
// gives, and what counts does not depend on the order in which reports arrived.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <numeric>

#include "ledger/views/any_support_testing.h"
#include "ledger/views/fold.h"
#include "ledger/views/pick_testing.h"
#include "ledger/views/support_testing.h"

namespace sworn::views {
namespace {

// Reports on top of Basis: assertions, some derived from earlier ones, some taken back, some judged.
std::vector<Event> AnyEvents(uint64_t first_position) {
  std::vector<Event> events;
  std::vector<crypto::Hash> assertions;
  const auto count = 1 + Pick<uint64_t>(8);
  for (uint64_t i = 0; i < count; ++i) {
    const auto choice = assertions.empty() ? 9 : Pick(10);
    std::string author = *rc::gen::elementOf(std::vector<std::string>{"alice", "bob"});
    v1::Portion portion;
    if (choice < 2) {
      portion = JudgementPortion(v1::Judgement::RETRACT, {ById(*rc::gen::elementOf(assertions))});
    } else if (choice < 5) {
      portion = AnyJudgement(assertions);
      author = Concat("judge ", i);  // of each one's grades the last counts
    } else {
      portion = AnyAssertion(assertions);
    }
    events.push_back(TestEvent(first_position + i, author, {portion}));
    if (portion.has_assertion()) {
      assertions.push_back(events.back().report.portion_ids.front());
    }
  }
  return events;
}

// Records the events in the given order, each at the position it then has.
void RecordAll(const std::vector<Event>& events, const std::vector<size_t>& order, SupportLedger& ledger) {
  ledger.Record("alice", Basis());
  for (const size_t i : order) {
    Event event = events[i];
    event.position = ledger.last_position() + 1;
    event.recorded_at = TestTime(event.position);
    ledger.Record(event);
  }
}

std::vector<size_t> InOrder(size_t count) {
  std::vector<size_t> order(count);
  std::iota(order.begin(), order.end(), 0);
  return order;
}

// The answer without what tells in which order things were recorded.
v1::GetSupportResponse WithoutOrder(v1::GetSupportResponse response) {
  response.clear_as_of();
  for (v1::SupportSide* side :
       {response.mutable_direct(), response.mutable_indirect(), response.mutable_unassigned()}) {
    for (v1::SupportRow& row : *side->mutable_rows()) {
      row.clear_first_recorded_at();
      row.clear_last_recorded_at();
      std::sort(row.mutable_assertion_ids()->begin(), row.mutable_assertion_ids()->end());
      std::sort(row.mutable_undermined_ids()->begin(), row.mutable_undermined_ids()->end());
    }
  }
  std::sort(response.mutable_would_change()->begin(), response.mutable_would_change()->end(),
            [](const v1::WouldChange& left, const v1::WouldChange& right) {
              return left.SerializeAsString() < right.SerializeAsString();
            });
  return response;
}

TEST(SupportProperty, AsOfIsAReplayOfThePrefix) {
  ASSERT_TRUE(rc::check("as of a position, rows and answer are those of a replay up to there", [] {
    const std::vector<Event> events = AnyEvents(2);
    SupportLedger whole;
    RecordAll(events, InOrder(events.size()), whole);
    for (size_t count = 0; count <= events.size(); ++count) {
      SupportLedger prefix;
      RecordAll(events, InOrder(count), prefix);
      const uint64_t position = prefix.last_position();
      const absl::StatusOr<crypto::Hash> digest = DigestOf(*whole.ViewAt(position).rows);
      const absl::StatusOr<crypto::Hash> expected = DigestOf(*prefix.View().rows);
      RC_ASSERT(digest.ok() && expected.ok() && *digest == *expected);
      RC_ASSERT(whole.SupportAt(position, "A", "B").SerializeAsString() ==
                prefix.Support("A", "B").SerializeAsString());
    }
  }));
}

TEST(SupportProperty, OrderOfArrivalDoesNotMatter) {
  ASSERT_TRUE(rc::check("the answer is the same in whatever order reports arrive", [] {
    const std::vector<Event> events = AnyEvents(2);
    SupportLedger in_order;
    RecordAll(events, InOrder(events.size()), in_order);
    std::vector<size_t> order = InOrder(events.size());
    for (size_t i = 1; i < order.size(); ++i) {
      std::swap(order[i], order[Pick<size_t>(i + 1)]);
    }
    SupportLedger reordered;
    RecordAll(events, order, reordered);
    RC_ASSERT(WithoutOrder(in_order.Support("A", "B")).DebugString() ==
              WithoutOrder(reordered.Support("A", "B")).DebugString());
  }));
}

}  // namespace
}  // namespace sworn::views
