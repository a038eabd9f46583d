#include "ledger/views/provenance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "ledger/model/refusal.h"
#include "ledger/views/history.h"
#include "ledger/views/support_testing.h"
#include "ledger/views/testing.h"

namespace sworn::views {
namespace {

using crypto::Hash;
using crypto::ToHex;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::Not;
using testing::UnorderedElementsAre;

v1::Portion EvidencePortion(const std::string& title) {
  v1::Portion portion = MarkedPortion();
  portion.mutable_evidence()->set_title(title);
  portion.mutable_evidence()->set_sha256(std::string(crypto::AsBytes(crypto::Sha256(title))));
  return portion;
}

// Folds one report per position into the provenance view.
class ProvenanceTest : public testing::Test {
 protected:
  std::vector<Hash> Record(std::string_view author, const std::vector<v1::Portion>& portions) {
    journal_.Add(author, portions);
    return Fold(TestEvent(next_position_, author, portions));
  }
  // Of whose portions not all are there: none can be read again.
  std::vector<Hash> Record(const Event& event) {
    journal_.Add(event.author, {});
    return Fold(event);
  }
  std::vector<Hash> Fold(const Event& event) {
    rows_.Write(event.position, [&](RowWriter& rows) {
      const absl::Status applied = ProvenanceView().Apply(event, rows);
      ASSERT_TRUE(applied.ok()) << applied;
    });
    last_report_ = ToHex(event.report.report_id);
    ++next_position_;
    return event.report.portion_ids;
  }

  absl::StatusOr<v1::GetTraceResponse> TryTrace(const std::string& id) const {
    v1::GetTraceRequest request;
    request.set_id(id);
    return GetTrace(rows_.ViewAt(next_position_ - 1), request);
  }
  v1::GetTraceResponse TraceAt(uint64_t position, const std::string& id) const {
    v1::GetTraceRequest request;
    request.set_id(id);
    const auto response = GetTrace(rows_.ViewAt(position), request);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? *response : v1::GetTraceResponse();
  }
  v1::GetTraceResponse Trace(const std::string& id) const { return TraceAt(next_position_ - 1, id); }

  absl::StatusOr<v1::GetHistoryResponse> TryHistory(uint64_t position, const std::string& id, uint32_t page_size = 0,
                                                    const std::string& token = "") const {
    v1::GetHistoryRequest request;
    request.set_id(id);
    request.set_page_size(page_size);
    request.set_page_token(token);
    return GetHistory(rows_.ViewAt(position), {journal_, access::Registry()}, request);
  }
  v1::GetHistoryResponse HistoryAt(uint64_t position, const std::string& id) const {
    const auto response = TryHistory(position, id);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? *response : v1::GetHistoryResponse();
  }
  v1::GetHistoryResponse History(const std::string& id) const { return HistoryAt(next_position_ - 1, id); }

  TestRows rows_;
  FakeJournal journal_;
  uint64_t next_position_ = 0;
  std::string last_report_;
};

// "machine tools -ATTRIBUTED_TO TOLD-> European Pravda", by labels.
std::vector<std::string> EdgesOf(const v1::GetTraceResponse& trace) {
  std::vector<std::string> edges;
  for (const v1::TraceEdge& edge : trace.edges()) {
    const std::string mode =
        edge.mode() == v1::Hop::MODE_UNSPECIFIED ? "" : Concat(" ", v1::Hop::Mode_Name(edge.mode()));
    edges.push_back(Concat(trace.nodes(static_cast<int>(edge.from())).label(), " -",
                           v1::TraceEdge::Kind_Name(edge.kind()), mode, "-> ",
                           trace.nodes(static_cast<int>(edge.to())).label()));
  }
  return edges;
}

std::vector<std::string> OriginsOf(const v1::GetTraceResponse& trace) {
  std::vector<std::string> origins;
  for (const v1::TraceNode& node : trace.nodes()) {
    if (node.origin()) origins.push_back(node.label());
  }
  return origins;
}

std::vector<std::string> SummariesOf(const v1::GetHistoryResponse& history) {
  std::vector<std::string> summaries;
  for (const v1::HistoryEvent& event : history.events())
    summaries.push_back(Concat(event.position(), " ", event.summary()));
  return summaries;
}

std::vector<std::string> LabelsOf(const v1::GetTraceResponse& trace) {
  std::vector<std::string> labels;
  for (const v1::TraceNode& node : trace.nodes()) labels.push_back(node.label());
  return labels;
}

// The article of the design's example: officials told European Pravda, which the article cites.
class ExampleTest : public ProvenanceTest {
 protected:
  enum Index : uint32_t {
    kChina,
    kRussia,
    kGovernment,
    kOfficials,
    kPravda,
    kArticle,
    kText,
    kUnnamed,
    kMachineTools,
    kMicroelectronics,
    kDirect
  };
  void SetUp() override {
    v1::Portion officials = UnnamedPortion("two officials", ByIndex(kGovernment));
    officials.mutable_source()->set_head_count(2);
    v1::Portion machine_tools = AssertionBuilder(ByIndex(kChina), ByIndex(kRussia), "materiel/machine-tools")
                                    .Statement("machine tool exports are sharply up")
                                    .Chain({ByIndex(kOfficials), ByIndex(kPravda), ByIndex(kArticle)})
                                    .ExternalId("example:1", "")
                                    .Build();
    *machine_tools.mutable_assertion()->add_evidence() = ByIndex(kText);
    ids_ = Record("ann", {EntityPortion("China", {"iso3166:CN"}), EntityPortion("Russia", {"iso3166:RU"}),
                          SourcePortion("United States government", v1::Source::ORGANISATION), officials,
                          SourcePortion("European Pravda"), SourcePortion("The article", v1::Source::DOCUMENT),
                          EvidencePortion("text of the article"), UnnamedPortion(""), machine_tools,
                          AssertionBuilder(ByIndex(kChina), ByIndex(kRussia), "materiel/microelectronics")
                              .Statement("microelectronics")
                              .Chain({ByIndex(kUnnamed), ByIndex(kArticle)})
                              .Build(),
                          AssertionBuilder(ByIndex(kChina), ByIndex(kRussia), "military/direct")
                              .Polarity(v1::Assertion::FINDS_NO_EVIDENCE)
                              .Chain({ByIndex(kOfficials), ByIndex(kPravda), ByIndex(kArticle)})
                              .Build()});
    report_ = last_report_;
  }
  std::string Id(Index index) const { return ToHex(ids_[index]); }

  std::vector<Hash> ids_;
  std::string report_;
};

TEST_F(ExampleTest, TraceGoesBackToTheOrigins) {
  const v1::GetTraceResponse trace = Trace(Id(kMachineTools));
  ASSERT_GT(trace.nodes_size(), 0);
  EXPECT_EQ(trace.nodes(0).id(), Id(kMachineTools));
  EXPECT_EQ(trace.nodes(0).kind(), v1::TraceNode::ASSERTION);
  EXPECT_TRUE(trace.nodes(0).state().counted());
  EXPECT_EQ(trace.nodes(0).position(), 0);
  const std::string officials = "two officials (unnamed), of United States government";
  EXPECT_THAT(EdgesOf(trace),
              UnorderedElementsAre("machine tool exports are sharply up -ATTRIBUTED_TO PUBLISHED-> The article",
                                   "The article -CITES PUBLISHED-> European Pravda",
                                   Concat("European Pravda -CITES TOLD-> ", officials),
                                   Concat(officials, " -AFFILIATED_WITH-> United States government"),
                                   "machine tool exports are sharply up -EVIDENCED_BY-> text of the article",
                                   "machine tool exports are sharply up -ABOUT-> China",
                                   "machine tool exports are sharply up -ABOUT-> Russia"));
  EXPECT_THAT(OriginsOf(trace), ElementsAre(officials));
  EXPECT_THAT(OriginsOf(Trace(Id(kMicroelectronics))), ElementsAre("unnamed person"));
}

TEST_F(ExampleTest, LabelsSayWhatIsMeant) {
  EXPECT_EQ(Trace(Id(kDirect)).nodes(0).label(), "no evidence found: China supplies Russia");
  EXPECT_EQ(Trace(report_).nodes(0).label(), "report by ann of 11 portions");
}

TEST_F(ExampleTest, EveryPortionOfAReportIsTraced) {
  const v1::GetTraceResponse trace = Trace(report_);
  EXPECT_EQ(trace.nodes(0).kind(), v1::TraceNode::REPORT);
  std::set<std::string> contained;
  for (const v1::TraceEdge& edge : trace.edges()) {
    if (edge.kind() == v1::TraceEdge::CONTAINS) contained.insert(trace.nodes(static_cast<int>(edge.to())).id());
  }
  std::set<std::string> expected;
  for (const Hash& id : ids_) expected.insert(ToHex(id));
  EXPECT_EQ(contained, expected);
  EXPECT_THAT(EdgesOf(trace), IsSupersetOf({std::string("report by ann of 11 portions -AUTHORED_BY-> ann")}));
  // One source, however many assertions it stands behind.
  const std::vector<std::string> labels = LabelsOf(trace);
  EXPECT_EQ(std::count(labels.begin(), labels.end(), "European Pravda"), 1);
  const std::vector<std::string> edges = EdgesOf(trace);
  EXPECT_EQ(std::count(edges.begin(), edges.end(), "The article -CITES PUBLISHED-> European Pravda"), 1);
}

TEST_F(ExampleTest, StartsFromAnyName) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {Id(kMachineTools).substr(0, 7), Id(kMachineTools)},
      {Id(kMachineTools).substr(0, 8), Id(kMachineTools)},
      {"example:1", Id(kMachineTools)},
      {"china", Id(kChina)},
      {"iso3166:CN", Id(kChina)},
      {"European Pravda", Id(kPravda)},
      {report_.substr(0, 9), report_},
      {Id(kText), Id(kText)},
  };
  for (const auto& [text, id] : cases) {
    EXPECT_EQ(Trace(text).nodes(0).id(), id) << text;
    EXPECT_EQ(History(text).id(), id) << text;
  }
  for (const std::string& text :
       std::vector<std::string>{"", "nobody", "abc", "0123456789", std::string(64, '0'), "\n"}) {
    EXPECT_EQ(model::ReasonOf(TryTrace(text).status()), v1::Refusal::NOT_FOUND) << text;
    EXPECT_EQ(model::ReasonOf(TryHistory(0, text).status()), v1::Refusal::NOT_FOUND) << text;
  }
  Record("bob", {EntityPortion("European Pravda")});
  const absl::Status ambiguous = TryTrace("European Pravda").status();
  EXPECT_EQ(model::ReasonOf(ambiguous), v1::Refusal::AMBIGUOUS);
  EXPECT_THAT(std::string(ambiguous.message()), HasSubstr(Id(kPravda)));
}

TEST_F(ExampleTest, ConclusionsRestOnTheirBases) {
  const auto derived = Record("bob", {AssertionBuilder(ByExternalId("iso3166:CN"), ByExternalId("iso3166:RU"), "x")
                                          .Statement("a conclusion")
                                          .AuthorHop(v1::Hop::INFERRED)
                                          .DerivedFrom({ById(ids_[kMachineTools]), ById(crypto::Sha256("never seen"))})
                                          .Build()});
  const v1::GetTraceResponse trace = Trace(ToHex(derived[0]));
  EXPECT_THAT(EdgesOf(trace),
              IsSupersetOf({std::string("a conclusion -ATTRIBUTED_TO INFERRED-> bob"),
                            std::string("a conclusion -DERIVED_FROM-> machine tool exports are sharply up"),
                            std::string("a conclusion -DERIVED_FROM-> only its id is known here"),
                            std::string("a conclusion -ABOUT-> China")}));
  EXPECT_THAT(OriginsOf(trace), ElementsAre("two officials (unnamed), of United States government"));

  Record("ann", {JudgementPortion(v1::Judgement::RETRACT, {ById(ids_[kMachineTools])}, "mistaken")});
  const v1::ClaimState now = Trace(ToHex(derived[0])).nodes(0).state();
  EXPECT_TRUE(now.undermined());
  EXPECT_TRUE(now.counted()) << "what was never seen is taken to hold";
  const v1::ClaimState base = Trace(Id(kMachineTools)).nodes(0).state();
  EXPECT_TRUE(base.retracted());
  EXPECT_FALSE(base.counted());
  EXPECT_EQ(base.retracted_at_position(), 2);
  EXPECT_TRUE(TraceAt(1, Id(kMachineTools)).nodes(0).state().counted());
}

TEST_F(ExampleTest, AuthorIsAnOriginOnlyAsAWitness) {
  const auto ids = Record("bob", {AssertionBuilder(ByExternalId("x:1"), ByExternalId("x:2"), "x")
                                      .Statement("seen")
                                      .AuthorHop(v1::Hop::WITNESSED)
                                      .Build(),
                                  AssertionBuilder(ByExternalId("x:1"), ByExternalId("x:2"), "x")
                                      .Statement("inferred")
                                      .Hop(ById(ids_[kPravda]), v1::Hop::PUBLISHED)
                                      .AuthorHop(v1::Hop::INFERRED, {0})
                                      .Build(),
                                  AssertionBuilder(ByExternalId("x:1"), ByExternalId("x:2"), "x")
                                      .Statement("supposed")
                                      .AuthorHop(v1::Hop::INFERRED)
                                      .Build()});
  EXPECT_THAT(OriginsOf(Trace(ToHex(ids[2]))), IsEmpty());
  EXPECT_THAT(OriginsOf(Trace(ToHex(ids[0]))), ElementsAre("bob"));
  EXPECT_THAT(OriginsOf(Trace(ToHex(ids[1]))), ElementsAre("European Pravda"));
  EXPECT_THAT(EdgesOf(Trace(ToHex(ids[1]))), IsSupersetOf({std::string("inferred -ATTRIBUTED_TO INFERRED-> bob"),
                                                           std::string("bob -CITES PUBLISHED-> European Pravda"),
                                                           std::string("inferred -ABOUT-> x:1")}));
}

TEST_F(ExampleTest, JudgementsAreTracedToWhatTheyDecide) {
  const auto ids = Record("ann", {JudgementPortion(v1::Judgement::RETRACT, {ById(ids_[kMachineTools])},
                                                   "the officials corrected themselves")});
  const v1::GetTraceResponse trace = Trace(ToHex(ids[0]));
  EXPECT_EQ(trace.nodes(0).label(), "retracted: the officials corrected themselves");
  EXPECT_THAT(EdgesOf(trace),
              IsSupersetOf({std::string("retracted: the officials corrected themselves -DECIDES_ON-> machine tool "
                                        "exports are sharply up"),
                            std::string("retracted: the officials corrected themselves -AUTHORED_BY-> ann")}));
}

TEST_F(ExampleTest, HistoryTellsEverythingInOrder) {
  const auto derived = Record("bob", {AssertionBuilder(ByExternalId("iso3166:CN"), ByExternalId("iso3166:RU"), "x")
                                          .Statement("a conclusion")
                                          .AuthorHop(v1::Hop::INFERRED)
                                          .DerivedFrom({ById(ids_[kMachineTools])})
                                          .Build()});
  Record("ann", {JudgementPortion(v1::Judgement::RETRACT, {ById(ids_[kMachineTools])}, "mistaken")});
  Record("bob", {EntityPortion("People's Republic of China", {"iso3166:CN"}),
                 JudgementPortion(v1::Judgement::GRADE, {ById(ids_[kPravda])})});
  const v1::GetHistoryResponse assertion = History("example:1");
  EXPECT_EQ(assertion.label(), "machine tool exports are sharply up");
  EXPECT_THAT(SummariesOf(assertion), ElementsAre("0 recorded: machine tool exports are sharply up",
                                                  "1 concluded from it: a conclusion", "2 retracted: mistaken"));
  EXPECT_EQ(assertion.events(1).portion_id(), ToHex(derived[0]));
  EXPECT_EQ(assertion.events(1).author(), "bob");
  EXPECT_EQ(assertion.events(1).author_key_id(), ToHex(TestKeyId("bob")));
  EXPECT_EQ(model::ToTime(assertion.events(1).recorded_at()), TestTime(1));
  EXPECT_LT(model::ToTime(assertion.events(1).created_at()), TestTime(1));
  EXPECT_EQ(assertion.events(2).judgement(), v1::Judgement::RETRACT);
  EXPECT_THAT(SummariesOf(HistoryAt(1, "example:1")), testing::SizeIs(2)) << "as it was";

  EXPECT_THAT(
      SummariesOf(History("iso3166:CN")),
      ElementsAre("0 recorded: People's Republic of China", "0 asserted about it: machine tool exports are sharply up",
                  "0 asserted about it: microelectronics",
                  "0 asserted about it: no evidence found: People's Republic of China supplies Russia",
                  "1 asserted about it: a conclusion", "3 described again as: People's Republic of China"));
  EXPECT_THAT(SummariesOf(History("European Pravda")),
              ElementsAre("0 recorded: European Pravda", "0 cited for: machine tool exports are sharply up",
                          "0 cited for: no evidence found: People's Republic of China supplies Russia", "3 graded"));
  EXPECT_THAT(SummariesOf(History("United States government")),
              ElementsAre("0 recorded: United States government",
                          "0 named as the affiliation of: two officials (unnamed), of United States government"));
  EXPECT_THAT(SummariesOf(History(Id(kText))),
              ElementsAre("0 recorded: text of the article", "0 evidence for: machine tool exports are sharply up"));
  EXPECT_THAT(SummariesOf(History(report_)), ElementsAre("0 recorded"));
}

TEST_F(ExampleTest, ReplacementTakesThePlaceOfWhatWasSuperseded) {
  const auto better =
      Record("ann", {AssertionBuilder(ById(ids_[kChina]), ById(ids_[kRussia]), "x").Statement("corrected").Build()});
  v1::Portion supersede = JudgementPortion(v1::Judgement::SUPERSEDE, {ById(ids_[kMachineTools])}, "new figures");
  *supersede.mutable_judgement()->mutable_replacement() = ById(better[0]);
  Record("ann", {supersede});
  EXPECT_THAT(SummariesOf(History(ToHex(better[0]))),
              ElementsAre("1 recorded: corrected", "2 took the place of what was superseded: new figures"));
  EXPECT_THAT(SummariesOf(History(Id(kMachineTools))),
              ElementsAre("0 recorded: machine tool exports are sharply up", "2 superseded: new figures"));
}

TEST_F(ExampleTest, HistoryIsPaged) {
  for (int i = 0; i < 5; ++i) {
    Record("bob", {AssertionBuilder(ById(ids_[kChina]), ByExternalId("x:2"), "x").Statement(Concat("s", i)).Build()});
  }
  const std::vector<std::string> all = SummariesOf(History("China"));
  for (const uint32_t page_size : {1U, 2U, 3U, 100U}) {
    std::vector<std::string> paged;
    std::string token;
    do {
      const auto page = TryHistory(next_position_ - 1, "China", page_size, token);
      ASSERT_TRUE(page.ok()) << page.status();
      EXPECT_LE(page->events_size(), static_cast<int>(page_size));
      for (const std::string& summary : SummariesOf(*page)) paged.push_back(summary);
      token = page->next_page_token();
    } while (!token.empty());
    EXPECT_EQ(paged, all) << page_size;
  }
  const std::string token_of_china = TryHistory(next_position_ - 1, "China", 1)->next_page_token();
  for (const auto& [id, token] : std::vector<std::pair<std::string, std::string>>{
           {"China", "x"}, {"China", "00"}, {"Russia", token_of_china}, {"China", token_of_china + "0"}}) {
    EXPECT_EQ(model::ReasonOf(TryHistory(next_position_ - 1, id, 1, token).status()), v1::Refusal::FIELD_INVALID)
        << token;
  }
}

TEST_F(ExampleTest, MergedIdentitiesAreOneNodeFromThenOn) {
  v1::Portion other = SourcePortion("Evropeiska Pravda");
  other.mutable_source()->add_external_ids("wikidata:Q1");
  const auto described = Record("bob", {other, AssertionBuilder(ByExternalId("x:1"), ByExternalId("x:2"), "x")
                                                   .Statement("told by the other name")
                                                   .Chain({ByIndex(0)})
                                                   .Build()});
  v1::Portion again = SourcePortion("EuroPravda");
  again.mutable_source()->add_external_ids("wikidata:Q1");
  const auto later = Record("bob", {again});
  const v1::GetTraceResponse trace = Trace(ToHex(described[1]));
  EXPECT_THAT(LabelsOf(trace), ElementsAre("told by the other name", "EuroPravda", "x:1", "x:2"));
  EXPECT_EQ(Trace(ToHex(later[0])).nodes(0).id(), ToHex(described[0])) << "every portion of an identity means it";
  EXPECT_THAT(LabelsOf(TraceAt(1, ToHex(described[1]))), IsSupersetOf({std::string("Evropeiska Pravda")}));
}

TEST_F(ProvenanceTest, WithheldPortionsAreBare) {
  const std::vector<v1::Portion> portions = {SourcePortion("hidden"),
                                             AssertionBuilder(ByExternalId("x:1"), ByExternalId("x:2"), "x")
                                                 .Statement("rests on something withheld")
                                                 .Chain({ByIndex(0)})
                                                 .DerivedFrom({ByIndex(2)})
                                                 .Build(),
                                             EvidencePortion("hidden too")};
  Event event = TestEvent(0, "ann", portions);
  event.report.portions[0] = std::nullopt;
  event.report.portions[2] = std::nullopt;
  const std::vector<Hash> ids = Record(event);
  const v1::GetTraceResponse trace = Trace(ToHex(ids[1]));
  EXPECT_THAT(LabelsOf(trace),
              ElementsAre("rests on something withheld", ToHex(ids[0]), "only its id is known here", "x:1", "x:2"));
  EXPECT_EQ(trace.nodes(2).kind(), v1::TraceNode::BARE);
  EXPECT_EQ(trace.nodes(2).position(), 0);
  for (const std::string& label : LabelsOf(Trace(last_report_))) EXPECT_THAT(label, Not(HasSubstr("hidden")));
}

TEST_F(ProvenanceTest, PortionRecordedAgainStaysWhereItWasFirst) {
  const std::vector<v1::Portion> portions = {
      AssertionBuilder(ByExternalId("x:1"), ByExternalId("x:2"), "x").Statement("said once").Build()};
  const Event original = TestEvent(0, "ann", portions);
  Event copy = TestEvent(1, "bob", portions);
  copy.report.portion_ids = original.report.portion_ids;
  const std::string id = ToHex(Record(original)[0]);
  Record(copy);
  EXPECT_EQ(Trace(id).nodes(0).position(), 0);
  const v1::GetHistoryResponse history = History(id);
  EXPECT_THAT(SummariesOf(history), ElementsAre("0 recorded: said once", "1 recorded: said once"));
  EXPECT_EQ(history.events(0).author(), "ann");
  EXPECT_EQ(history.events(1).author(), "bob");
}

// Evidence that an assertion rests on, in a report of more portions than a page has nodes.
TEST_F(ProvenanceTest, LargeTracesComeInPages) {
  std::vector<v1::Portion> portions;
  v1::Portion assertion = AssertionBuilder(ByExternalId("x:1"), ByExternalId("x:2"), "x").Statement("s").Build();
  for (uint32_t i = 0; i < 4'999; ++i) *assertion.mutable_assertion()->add_evidence() = ByIndex(i + 1);
  portions.push_back(assertion);
  for (uint32_t i = 0; i < 9'999; ++i) portions.push_back(EvidencePortion("page"));
  Record("ann", portions);
  v1::GetTraceRequest request;
  request.set_id(last_report_);
  const ViewRead view = rows_.ViewAt(0);
  const absl::StatusOr<v1::GetTraceResponse> first = GetTrace(view, request);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->nodes_size(), 10'000);
  EXPECT_EQ(first->first_node(), 0U);
  request.set_page_token(first->next_page_token());
  const absl::StatusOr<v1::GetTraceResponse> second = GetTrace(view, request);
  ASSERT_TRUE(second.ok()) << second.status();
  // The report, its author, 10,000 portions and two entities.
  EXPECT_EQ(second->nodes_size(), 4);
  EXPECT_EQ(second->first_node(), 10'000U);
  EXPECT_EQ(second->next_page_token(), "");
  EXPECT_EQ(first->edges_size() + second->edges_size(), 1 + 10'000 + 4'999 + 2);
}

TEST_F(ExampleTest, PagesOfATraceAreTheTrace) {
  const v1::GetTraceResponse whole = Trace(report_);
  const ViewRead view = rows_.ViewAt(next_position_ - 1);
  for (const uint32_t page_size : {1U, 2U, 5U, 100U}) {
    v1::GetTraceResponse joined;
    v1::GetTraceRequest request;
    request.set_id(report_);
    request.set_page_size(page_size);
    do {
      const absl::StatusOr<v1::GetTraceResponse> page = GetTrace(view, request);
      ASSERT_TRUE(page.ok()) << page.status();
      EXPECT_EQ(page->first_node(), static_cast<uint32_t>(joined.nodes_size()));
      EXPECT_LE(page->nodes_size(), static_cast<int>(page_size));
      joined.mutable_nodes()->MergeFrom(page->nodes());
      for (const v1::TraceEdge& edge : page->edges()) {
        const auto later = static_cast<int>(std::max(edge.from(), edge.to()));
        EXPECT_GE(later, static_cast<int>(page->first_node()));
        EXPECT_LT(later, joined.nodes_size());
        *joined.add_edges() = edge;
      }
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    *joined.mutable_as_of() = whole.as_of();
    joined.set_scope(whole.scope());
    EXPECT_EQ(joined.DebugString(), whole.DebugString()) << page_size;
  }
}

TEST_F(ExampleTest, PageTokensOfATraceAreForItAndItsMoment) {
  v1::GetTraceRequest request;
  request.set_id(report_);
  request.set_page_size(2);
  const ViewRead view = rows_.ViewAt(0);
  const absl::StatusOr<v1::GetTraceResponse> page = GetTrace(view, request);
  ASSERT_TRUE(page.ok()) << page.status();
  request.set_page_token(page->next_page_token());
  EXPECT_TRUE(GetTrace(view, request).ok());
  EXPECT_EQ(model::ReasonOf(GetTrace(rows_.ViewAt(1), request).status()), v1::Refusal::FIELD_INVALID);
  request.set_id(Id(kMachineTools));
  EXPECT_EQ(model::ReasonOf(GetTrace(view, request).status()), v1::Refusal::FIELD_INVALID);
  request.set_page_token("0123");
  EXPECT_EQ(model::ReasonOf(GetTrace(view, request).status()), v1::Refusal::FIELD_INVALID);
}

// Two copies of the fold over the same entries leave the same rows, and every as-of answer is that of a shorter log.
TEST_F(ExampleTest, AnswersAsOfAPositionAreThoseOfAShorterLog) {
  Record("bob", {EntityPortion("PRC", {"iso3166:CN"})});
  Record("ann", {JudgementPortion(v1::Judgement::RETRACT, {ById(ids_[kMachineTools])})});
  const std::string before_trace = TraceAt(0, Id(kMachineTools)).SerializeAsString();
  const std::string before_history = HistoryAt(0, "China").SerializeAsString();
  ExampleTest::next_position_ = 0;
  rows_ = TestRows();
  SetUp();
  EXPECT_EQ(TraceAt(0, Id(kMachineTools)).SerializeAsString(), before_trace);
  EXPECT_EQ(HistoryAt(0, "China").SerializeAsString(), before_history);
}

}  // namespace
}  // namespace sworn::views
