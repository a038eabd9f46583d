#include "ledger/views/track_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <set>

#include "ledger/model/refusal.h"
#include "ledger/views/pick_testing.h"
#include "ledger/views/support_testing.h"

namespace sworn::views {
namespace {

using crypto::Hash;
using Judgement = v1::Judgement;
using testing::ElementsAre;
using testing::IsEmpty;

v1::Portion Graded(const v1::Reference& target, v1::Grade::Reliability reliability) {
  v1::Portion portion = JudgementPortion(Judgement::GRADE, {target}, "seen before");
  portion.mutable_judgement()->mutable_grade()->set_reliability(reliability);
  return portion;
}

v1::Portion NamedSource(const std::string& external_id) {
  v1::Portion portion = SourcePortion(external_id);
  portion.mutable_source()->add_external_ids(external_id);
  return portion;
}

v1::Portion Says(const std::vector<std::string>& sources, std::string_view statement) {
  std::vector<v1::Reference> chain;
  for (const std::string& source : sources) chain.push_back(ByExternalId(source));
  return AssertionBuilder(ByExternalId("x:a"), ByExternalId("x:b"), "funding")
      .Chain(chain)
      .Statement(statement)
      .Build();
}

absl::StatusOr<v1::ListSourcesResponse> Ask(const SupportLedger& ledger, uint64_t position, const std::string& source) {
  v1::ListSourcesRequest request;
  request.set_source(source);
  return ListSources(ledger.ViewAt(position), request);
}

v1::SourceSummary SummaryOf(const SupportLedger& ledger, uint64_t position, const std::string& source) {
  const absl::StatusOr<v1::ListSourcesResponse> response = Ask(ledger, position, source);
  EXPECT_TRUE(response.ok()) << response.status();
  return response.ok() ? response->sources(0) : v1::SourceSummary();
}

std::string CountsOf(const v1::TrackRecord& record) {
  return Concat(record.assertions(), " said, ", record.counted(), " counted, ", record.retracted(), " retracted, ",
                record.undermined(), " undermined, ", record.confirmed(), " confirmed, ", record.disputed(),
                " disputed");
}

TEST(TrackRecord, CountsWhatBecameOfEachAssertion) {
  SupportLedger ledger;
  ledger.Record("ann", {NamedSource("s:1"), NamedSource("s:2")});
  const std::vector<Hash> ids =
      ledger.Record("ann", {Says({"s:1"}, "one"), Says({"s:1", "s:2"}, "two"), Says({"s:2"}, "three")});
  v1::Portion derived = Says({"s:1"}, "four");
  *derived.mutable_assertion()->add_derived_from() = ById(ids[0]);
  ledger.Record("ann", {derived});
  ledger.Record("ann", {JudgementPortion(Judgement::RETRACT, {ById(ids[0])}),
                        JudgementPortion(Judgement::CONFIRM, {ById(ids[1])}),
                        JudgementPortion(Judgement::DISPUTE, {ById(ids[1]), ById(ids[2])})});
  const uint64_t last = ledger.last_position();
  EXPECT_EQ(CountsOf(SummaryOf(ledger, last, "s:1").track_record()),
            "3 said, 1 counted, 1 retracted, 1 undermined, 1 confirmed, 1 disputed");
  EXPECT_EQ(CountsOf(SummaryOf(ledger, last, "s:2").track_record()),
            "2 said, 2 counted, 0 retracted, 0 undermined, 1 confirmed, 2 disputed");
  EXPECT_EQ(CountsOf(SummaryOf(ledger, last - 1, "s:1").track_record()),
            "3 said, 3 counted, 0 retracted, 0 undermined, 0 confirmed, 0 disputed");
}

TEST(TrackRecord, ShowsWhoGradedItAndWhatWasUndone) {
  SupportLedger ledger;
  ledger.Record("ann", {NamedSource("s:1")});
  const std::vector<Hash> first = ledger.Record("ann", {Graded(ByExternalId("s:1"), v1::Grade::B)});
  ledger.Record("bob", {Graded(ByExternalId("s:1"), v1::Grade::D)});
  ledger.Record("ann", {JudgementPortion(Judgement::RETRACT, {ById(first[0])})});
  const v1::TrackRecord record = SummaryOf(ledger, ledger.last_position(), "s:1").track_record();
  ASSERT_EQ(record.grades_size(), 2);
  EXPECT_EQ(record.grades(0).author(), "ann");
  EXPECT_EQ(record.grades(0).grade().reliability(), v1::Grade::B);
  EXPECT_EQ(record.grades(0).judgement_id(), crypto::ToHex(first[0]));
  EXPECT_TRUE(record.grades(0).undone());
  EXPECT_EQ(record.grades(1).author(), "bob");
  EXPECT_FALSE(record.grades(1).undone());
  const v1::TrackRecord before = SummaryOf(ledger, ledger.last_position() - 1, "s:1").track_record();
  EXPECT_FALSE(before.grades(0).undone());
}

TEST(TrackRecord, OfMergedSourcesIsThatOfTheirUnionUntilUndone) {
  SupportLedger ledger;
  ledger.Record("ann", {NamedSource("s:1"), NamedSource("s:2"), NamedSource("s:3")});
  ledger.Record("ann", {Says({"s:1"}, "one"), Says({"s:1", "s:2"}, "two"), Says({"s:2"}, "three")});
  const uint64_t apart = ledger.last_position();
  const std::vector<Hash> join =
      ledger.Record("bob", {JudgementPortion(Judgement::SAME_SOURCE, {ByExternalId("s:1"), ByExternalId("s:2")})});
  const std::string first = SummaryOf(ledger, apart, "s:1").id();
  const std::string second = SummaryOf(ledger, apart, "s:2").id();
  for (const char* const asked : {"s:1", "s:2"}) {
    const v1::SourceSummary merged = SummaryOf(ledger, apart + 1, asked);
    EXPECT_EQ(merged.track_record().assertions(), 3);
    EXPECT_EQ(merged.id(), first);
    EXPECT_THAT(merged.same_as(), ElementsAre(second));
  }
  ledger.Record("bob", {JudgementPortion(Judgement::RETRACT, {ById(join[0])})});
  for (const char* const asked : {"s:1", "s:2", "s:3"}) {
    const v1::SourceSummary parted = SummaryOf(ledger, apart + 2, asked);
    EXPECT_EQ(parted.DebugString(), SummaryOf(ledger, apart, asked).DebugString());
    EXPECT_THAT(parted.same_as(), IsEmpty());
  }
}

TEST(TrackRecord, SaysWhereOnlyTheNewestWereLookedAt) {
  SupportLedger ledger;
  ledger.Record("ann", {NamedSource("s:1")});
  ledger.Record("ann", {Says({"s:1"}, "one"), Says({"s:1"}, "two")});
  const ViewRead view = ledger.View();
  const std::string root = SummaryOf(ledger, ledger.last_position(), "s:1").id();
  for (const auto& [max_assertions, counted, newest_only] :
       std::vector<std::tuple<size_t, uint64_t, bool>>{{1, 1, true}, {2, 2, false}, {3, 2, false}}) {
    const absl::StatusOr<v1::TrackRecord> record = ReadTrackRecord(root, max_assertions, *view.rows);
    ASSERT_TRUE(record.ok()) << record.status();
    EXPECT_EQ(record->assertions(), counted);
    EXPECT_EQ(record->newest_only(), newest_only);
  }
}

TEST(TrackRecord, OneSourceIsNamedWithoutGuessing) {
  SupportLedger ledger;
  ledger.Record("ann", {SourcePortion("Jon Smith"), SourcePortion("Jon Smith")});
  const absl::StatusOr<v1::ListSourcesResponse> ambiguous = Ask(ledger, 1, "Jon Smith");
  EXPECT_EQ(model::ReasonOf(ambiguous.status()), v1::Refusal::AMBIGUOUS);
  EXPECT_THAT(std::string(model::MessageOf(ambiguous.status())), testing::HasSubstr("fits 2: Jon Smith ("));
  EXPECT_EQ(model::ReasonOf(Ask(ledger, 1, "Jon Smyth").status()), v1::Refusal::NOT_FOUND);
  v1::ListSourcesRequest both;
  both.set_source("Jon Smith");
  both.set_name_contains("Jon");
  EXPECT_EQ(model::ReasonOf(ListSources(ledger.View(), both).status()), v1::Refusal::FIELD_INVALID);
}

// Everything that was recorded, by one author, so that every retraction counts.
struct Record {
  v1::Judgement::Kind kind = Judgement::KIND_UNSPECIFIED;  // unset for an assertion
  Hash id{};
  uint64_t position = 0;
  std::vector<Hash> targets;
  std::set<std::string> sources;  // that an assertion cites, or that a judgement is about
  std::vector<Hash> bases;
};

// Recounts from the records up to a position.
class Oracle {
 public:
  Oracle(const std::vector<Record>& records, uint64_t position) {
    for (const Record& record : records) {
      if (record.position <= position) records_.push_back(record);
    }
  }

  v1::TrackRecord RecordOf(const std::string& source) const {
    const std::set<std::string> group = GroupOf(source);
    v1::TrackRecord answer;
    for (const Record& record : records_) {
      if (!Touches(record.sources, group)) continue;
      if (record.kind == Judgement::GRADE) answer.add_grades()->set_undone(IsTakenBack(record.id));
      if (record.kind != Judgement::KIND_UNSPECIFIED) continue;
      answer.set_assertions(answer.assertions() + 1);
      answer.set_counted(answer.counted() + (Counts(record) ? 1 : 0));
      answer.set_retracted(answer.retracted() + (IsTakenBack(record.id) ? 1 : 0));
      answer.set_undermined(answer.undermined() + (IsUndermined(record) ? 1 : 0));
      answer.set_confirmed(answer.confirmed() + (IsJudged(record.id, Judgement::CONFIRM) ? 1 : 0));
      answer.set_disputed(answer.disputed() + (IsJudged(record.id, Judgement::DISPUTE) ? 1 : 0));
    }
    return answer;
  }

 private:
  static bool Touches(const std::set<std::string>& left, const std::set<std::string>& right) {
    return std::any_of(left.begin(), left.end(), [&](const std::string& source) { return right.count(source) > 0; });
  }
  bool IsJudged(const Hash& id, v1::Judgement::Kind kind) const {
    return std::any_of(records_.begin(), records_.end(), [&](const Record& record) {
      return record.kind == kind && std::count(record.targets.begin(), record.targets.end(), id) > 0 &&
             !IsTakenBack(record.id);
    });
  }
  bool IsTakenBack(const Hash& id) const { return IsJudged(id, Judgement::RETRACT); }
  bool BaseCounts(const Hash& id) const {
    return std::any_of(records_.begin(), records_.end(),
                       [&](const Record& record) { return record.id == id && Counts(record); });
  }
  bool Counts(const Record& record) const {
    const bool has_base = record.bases.empty() || std::any_of(record.bases.begin(), record.bases.end(),
                                                              [&](const Hash& id) { return BaseCounts(id); });
    return has_base && !IsTakenBack(record.id);
  }
  bool IsUndermined(const Record& record) const {
    return std::any_of(record.bases.begin(), record.bases.end(), [&](const Hash& id) { return !BaseCounts(id); });
  }
  std::set<std::string> GroupOf(const std::string& source) const {
    std::set<std::string> group = {source};
    for (size_t before = 0; before != group.size();) {
      before = group.size();
      for (const Record& record : records_) {
        const bool joins = record.kind == Judgement::SAME_SOURCE && !IsTakenBack(record.id);
        if (joins && Touches(record.sources, group)) group.insert(record.sources.begin(), record.sources.end());
      }
    }
    return group;
  }

  std::vector<Record> records_;
};

const std::vector<std::string>& SourceIds() {
  static const auto* const ids = new std::vector<std::string>{"s:0", "s:1", "s:2", "s:3"};
  return *ids;
}

std::vector<std::string> AnySources(size_t count) {
  std::vector<std::string> sources;
  for (size_t i = 0; i < count; ++i) sources.push_back(*rc::gen::elementOf(SourceIds()));
  return sources;
}

Hash AnyRecorded(const std::vector<Record>& records, bool judgement) {
  std::vector<Hash> ids;
  for (const Record& record : records) {
    if ((record.kind != Judgement::KIND_UNSPECIFIED) == judgement) ids.push_back(record.id);
  }
  return ids.empty() ? Hash{} : *rc::gen::elementOf(ids);
}

// Something about sources that are known; what it is like depends on what there is already.
v1::Portion AnyPortion(const std::vector<Record>& records, Record& record) {
  const auto choice = Pick(10);
  const Hash assertion = AnyRecorded(records, false);
  if (choice < 4 || assertion == Hash{}) {
    const std::vector<std::string> sources = AnySources(1 + Pick<size_t>(2));
    record.sources = {sources.begin(), sources.end()};
    v1::Portion portion = Says(sources, Concat(records.size()));
    if (assertion != Hash{} && Pick(3) == 0) {
      *portion.mutable_assertion()->add_derived_from() = ById(assertion);
      record.bases = {assertion};
    }
    return portion;
  }
  if (choice < 6) {
    record.kind = choice == 4 ? Judgement::SAME_SOURCE : Judgement::GRADE;
    const std::vector<std::string> sources = AnySources(choice == 4 ? 2 : 1);
    record.sources = {sources.begin(), sources.end()};
    if (record.kind == Judgement::GRADE) return Graded(ByExternalId(sources[0]), v1::Grade::C);
    return JudgementPortion(record.kind, {ByExternalId(sources[0]), ByExternalId(sources[1])}, Concat(records.size()));
  }
  const Hash judgement = AnyRecorded(records, true);
  const bool about_judgement = choice == 9 && judgement != Hash{};
  record.kind = choice == 6 ? Judgement::CONFIRM : choice == 7 ? Judgement::DISPUTE : Judgement::RETRACT;
  record.targets = {about_judgement ? judgement : assertion};
  return JudgementPortion(record.kind, {ById(record.targets[0])}, Concat(records.size()));
}

TEST(TrackRecordProperty, IsWhatRecountingEverythingGives) {
  ASSERT_TRUE(rc::check("as of any position, merged and parted as may be, a record is that of a recount", [] {
    SupportLedger ledger;
    std::vector<v1::Portion> sources;
    for (const std::string& id : SourceIds()) sources.push_back(NamedSource(id));
    ledger.Record("ann", sources);
    std::vector<Record> records;
    for (auto i = 2 + Pick(14); i > 0; --i) {
      Record record;
      const v1::Portion portion = AnyPortion(records, record);
      record.id = ledger.Record("ann", {portion}).front();
      record.position = ledger.last_position();
      records.push_back(record);
    }
    const uint64_t first = 1;
    for (uint64_t position = first; position <= ledger.last_position(); ++position) {
      const Oracle oracle(records, position);
      for (const std::string& id : SourceIds()) {
        const v1::TrackRecord found = SummaryOf(ledger, position, id).track_record();
        const v1::TrackRecord expected = oracle.RecordOf(id);
        RC_ASSERT(CountsOf(found) == CountsOf(expected));
        RC_ASSERT(found.grades_size() == expected.grades_size());
        for (int i = 0; i < found.grades_size(); ++i) {
          RC_ASSERT(found.grades(i).undone() == expected.grades(i).undone());
        }
      }
    }
  }));
}

}  // namespace
}  // namespace sworn::views
