#include "ledger/views/entry_changes.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "ledger/model/refusal.h"
#include "ledger/views/support.h"
#include "ledger/views/testing.h"

namespace sworn::views {
namespace {

using Portions = std::vector<v1::Portion>;

void Refer(const std::string& external_id, v1::Reference& reference) { reference.set_external_id(external_id); }

v1::Portion Claim(const std::string& from, const std::string& to, const std::string& statement) {
  v1::Portion portion;
  v1::Assertion& assertion = *portion.mutable_assertion();
  Refer(from, *assertion.mutable_subject()->mutable_entity());
  Refer(to, *assertion.mutable_object()->mutable_entity());
  assertion.set_predicate("supplies");
  assertion.set_category("materiel/optics");
  assertion.set_polarity(v1::Assertion::AFFIRMS);
  assertion.set_statement(statement);
  return portion;
}

v1::Portion Judge(v1::Judgement::Kind kind, const crypto::Hash& target) {
  v1::Portion portion;
  portion.mutable_judgement()->set_kind(kind);
  portion.mutable_judgement()->add_targets()->set_portion_id(std::string(crypto::AsBytes(target)));
  return portion;
}

// The support view of a small log.
class EntryChangesTest : public testing::Test {
 protected:
  // Answers the ids of the portions.
  std::vector<crypto::Hash> Record(const Portions& portions, const std::string& author = "ann") {
    events_.push_back(TestEvent(events_.size(), author, portions));
    rows_.Write(events_.size() - 1, [&](RowWriter& rows) {
      const absl::Status folded = SupportView().Apply(events_.back(), rows);
      ASSERT_TRUE(folded.ok()) << folded;
    });
    return events_.back().report.portion_ids;
  }

  v1::EntryChanges ChangesAt(uint64_t position, const WatchedEnds& ends = {}) {
    const auto changes = FindEntryChanges(events_[position], ends, *rows_.ReadAt(events_.size() - 1));
    EXPECT_TRUE(changes.ok()) << changes.status();
    return changes.ok() ? *changes : v1::EntryChanges();
  }

  // "statement: counted before > counted after".
  static std::vector<std::string> Texts(const v1::EntryChanges& changes) {
    std::vector<std::string> texts;
    for (const v1::AssertionChange& change : changes.assertions()) {
      const std::string before = !change.has_before() ? "new" : change.before().counted() ? "counted" : "lost";
      texts.push_back(Concat(change.claim().statement(), ": ", before, " > ",
                             change.claim().state().counted() ? "counted" : "lost"));
    }
    return texts;
  }

  TestRows rows_;
  std::vector<Event> events_;
};

TEST_F(EntryChangesTest, TellsWhatWasRecordedAndWhatFellHoweverFarAway) {
  const crypto::Hash first = Record({Claim("CN", "RU", "first")})[0];
  v1::Portion derived = Claim("CN", "RU", "derived");
  derived.mutable_assertion()->add_derived_from()->set_portion_id(std::string(crypto::AsBytes(first)));
  const crypto::Hash second = Record({derived, Claim("IR", "RU", "beside")})[0];
  v1::Portion far = Claim("IR", "RU", "far");
  far.mutable_assertion()->add_derived_from()->set_portion_id(std::string(crypto::AsBytes(second)));
  Record({far});
  const crypto::Hash retraction = Record({Judge(v1::Judgement::RETRACT, first)})[0];
  Record({Judge(v1::Judgement::RETRACT, retraction), Claim("CN", "RU", "last")});
  Record({Judge(v1::Judgement::DISPUTE, first)}, "bob");

  using Lines = std::vector<std::string>;
  EXPECT_EQ(Texts(ChangesAt(0)), (Lines{"first: new > counted"}));
  EXPECT_EQ(Texts(ChangesAt(1)), (Lines{"derived: new > counted", "beside: new > counted"}));
  EXPECT_EQ(Texts(ChangesAt(3)), (Lines{"first: counted > lost", "derived: counted > lost", "far: counted > lost"}));
  EXPECT_EQ(Texts(ChangesAt(4)),
            (Lines{"last: new > counted", "first: lost > counted", "derived: lost > counted", "far: lost > counted"}));
  EXPECT_EQ(Texts(ChangesAt(5)), (Lines{"first: counted > counted"})) << "judged, and counted all the same";
  EXPECT_EQ(ChangesAt(5).author(), "bob");
  EXPECT_EQ(ChangesAt(5).position(), 5);
  EXPECT_EQ(ChangesAt(5).report_id(), crypto::ToHex(events_[5].report.report_id));
}

TEST_F(EntryChangesTest, LooksAtTheEntitiesThatAreWatched) {
  v1::Portion china;
  china.mutable_entity()->set_name("China");
  china.mutable_entity()->add_external_ids("CN");
  v1::Portion russia;
  russia.mutable_entity()->set_name("Russia");
  russia.mutable_entity()->add_external_ids("RU");
  Record({china, russia, Claim("CN", "RU", "there"), Claim("RU", "CN", "back")});
  v1::WatchRequest request;
  const auto watch = [&](const std::string& from, const std::string& to) {
    request.set_from(from);
    request.set_to(to);
    const auto ends = FindWatchedEnds(request, *rows_.ReadAt(0));
    EXPECT_TRUE(ends.ok()) << ends.status();
    return Texts(ChangesAt(0, ends.ok() ? *ends : WatchedEnds()));
  };
  using Lines = std::vector<std::string>;
  EXPECT_EQ(watch("China", ""), (Lines{"there: new > counted"}));
  EXPECT_EQ(watch("", "CN"), (Lines{"back: new > counted"}));
  EXPECT_EQ(watch("China", "Russia"), (Lines{"there: new > counted"}));
  EXPECT_EQ(watch("China", "China"), Lines{});
  EXPECT_EQ(watch("group:China,Russia", "").size(), 2U);
  request.set_from("Nowhere");
  EXPECT_EQ(model::ReasonOf(FindWatchedEnds(request, *rows_.ReadAt(0)).status()), v1::Refusal::NOT_FOUND);
}

TEST_F(EntryChangesTest, SaysWhereItToldOnlySome) {
  Portions many;
  for (int i = 0; i < kMaxAssertionChanges + 1; ++i) many.push_back(Claim("CN", "RU", Concat(i)));
  Record(many);
  EXPECT_EQ(ChangesAt(0).assertions_size(), kMaxAssertionChanges);
  EXPECT_TRUE(ChangesAt(0).more());
  many.pop_back();
  Record(many);
  EXPECT_EQ(ChangesAt(1).assertions_size(), kMaxAssertionChanges);
  EXPECT_FALSE(ChangesAt(1).more());
}

}  // namespace
}  // namespace sworn::views
