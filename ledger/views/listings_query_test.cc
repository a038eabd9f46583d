// ListClaims, ListEntities, ListSources and LookUpExternalIds.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger/model/refusal.h"
#include "ledger/views/page_token.h"
#include "ledger/views/support_testing.h"

namespace sworn::views {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class ListingsTest : public testing::Test {
 protected:
  ListingsTest() {
    v1::Portion daily = SourcePortion("daily");
    *daily.mutable_source()->mutable_affiliation() = ByIndex(4);
    ids_ = ledger_.Record(
        "alice", {EntityPortion("A", {"x:a"}), EntityPortion("B", {"x:b"}), EntityPortion("C"), daily,
                  SourcePortion("publisher", v1::Source::ORGANISATION), Says(0, 1, "funding/loans", "first"),
                  Says(1, 0, "funding", "second"), Says(0, 2, "fund", "third"), Says(0, 1, "territory", "fourth")});
    v1::Portion literal = Says(0, 1, "funding/loans", "fifth");
    literal.mutable_assertion()->mutable_subject()->mutable_entity()->set_external_id("x:a");
    literal.mutable_assertion()->mutable_object()->mutable_literal()->set_value("120");
    literal.mutable_assertion()->set_polarity(v1::Assertion::DENIES);
    *literal.mutable_assertion()->mutable_attribution(0)->mutable_source() = ById(ids_[3]);
    ledger_.Record("bob", {literal});
    ledger_.Record("alice", {JudgementPortion(v1::Judgement::RETRACT, {ById(ids_[8])})});
  }

  static v1::Portion Says(uint32_t from, uint32_t to, std::string_view category, std::string_view statement) {
    return AssertionBuilder(ByIndex(from), ByIndex(to), category)
        .Statement(statement)
        .Hop(ByIndex(3), v1::Hop::PUBLISHED)
        .ExternalId(Concat("stix:", statement), "2024-01-01")
        .Build();
  }

  std::vector<std::string> Statements(const v1::ListClaimsRequest& request) {
    const absl::StatusOr<v1::ListClaimsResponse> response = ListClaims(ledger_.View(), request);
    EXPECT_TRUE(response.ok()) << response.status();
    std::vector<std::string> statements;
    if (response.ok()) {
      for (const v1::Claim& claim : response->claims()) {
        statements.push_back(claim.statement());
      }
    }
    return statements;
  }

  SupportLedger ledger_;
  std::vector<crypto::Hash> ids_;
};

TEST_F(ListingsTest, ClaimsNewestFirst) {
  v1::ListClaimsRequest request;
  EXPECT_THAT(Statements(request), ElementsAre("fifth", "third", "second", "first"));
  request.set_include_retracted(true);
  EXPECT_THAT(Statements(request), ElementsAre("fifth", "fourth", "third", "second", "first"));
}

TEST_F(ListingsTest, ClaimsByFilter) {
  v1::ListClaimsRequest from;
  from.set_from("A");
  EXPECT_THAT(Statements(from), ElementsAre("fifth", "third", "first"));
  v1::ListClaimsRequest to;
  to.set_to("x:a");
  EXPECT_THAT(Statements(to), ElementsAre("second"));
  v1::ListClaimsRequest pair;
  pair.set_from("A");
  pair.set_to("B");
  EXPECT_THAT(Statements(pair), ElementsAre("first"));
  v1::ListClaimsRequest category;
  category.set_category("funding");
  EXPECT_THAT(Statements(category), ElementsAre("fifth", "second", "first"));
  v1::ListClaimsRequest polarity;
  polarity.set_polarity(v1::Assertion::DENIES);
  EXPECT_THAT(Statements(polarity), ElementsAre("fifth"));
  v1::ListClaimsRequest source;
  source.set_source("daily");
  EXPECT_THAT(Statements(source), ElementsAre("fifth", "third", "second", "first"));
  source.set_source("publisher");
  EXPECT_THAT(Statements(source), IsEmpty());
  source.set_from("A");
  EXPECT_THAT(Statements(source), IsEmpty());
}

TEST_F(ListingsTest, AClaimInFull) {
  v1::ListClaimsRequest request;
  request.set_include_retracted(true);
  const absl::StatusOr<v1::ListClaimsResponse> response = ListClaims(ledger_.View(), request);
  ASSERT_TRUE(response.ok()) << response.status();
  const v1::Claim& fifth = response->claims(0);
  EXPECT_EQ(fifth.subject(), "A");
  EXPECT_EQ(fifth.object(), "120");
  EXPECT_EQ(fifth.author(), "bob");
  EXPECT_EQ(fifth.position(), 2);
  EXPECT_EQ(fifth.marking(), "(U)");
  EXPECT_THAT(fifth.attribution(), ElementsAre("daily", "bob"));
  EXPECT_TRUE(fifth.state().counted());
  const v1::Claim& fourth = response->claims(1);
  EXPECT_EQ(fourth.id(), crypto::ToHex(ids_[8]));
  EXPECT_FALSE(fourth.state().counted());
  EXPECT_EQ(fourth.state().retracted_at_position(), 3);
}

TEST_F(ListingsTest, ClaimsInPages) {
  v1::ListClaimsRequest request;
  request.set_page_size(3);
  absl::StatusOr<v1::ListClaimsResponse> page = ListClaims(ledger_.View(), request);
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->claims_size(), 3);
  request.set_page_token(page->next_page_token());
  page = ListClaims(ledger_.View(), request);
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->claims_size(), 1);
  EXPECT_EQ(page->claims(0).statement(), "first");
  EXPECT_EQ(page->next_page_token(), "");
}

TEST_F(ListingsTest, ManyClaimsInPages) {
  std::vector<v1::Portion> portions = {EntityPortion("M", {"x:m"}), EntityPortion("N", {"x:n"}), EntityPortion("O"),
                                       SourcePortion("s")};
  for (int i = 0; i < 1'500; ++i) {
    portions.push_back(Says(i % 2 == 0 ? 0 : 1, 2, "funding", std::to_string(i)));
  }
  ledger_.Record("alice", portions);
  ledger_.Record("alice", {EntityPortion("M", {"x:m", "x:n"})});  // M and N are one: two indexes are read as one
  v1::ListClaimsRequest request;
  request.set_from("M");
  request.set_page_size(400);
  std::vector<std::string> statements;
  do {
    const absl::StatusOr<v1::ListClaimsResponse> page = ListClaims(ledger_.View(), request);
    ASSERT_TRUE(page.ok()) << page.status();
    for (const v1::Claim& claim : page->claims()) {
      statements.push_back(claim.statement());
    }
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  ASSERT_EQ(statements.size(), 1'500);
  for (size_t i = 0; i < statements.size(); ++i) {
    ASSERT_EQ(statements[i], std::to_string(1'499 - i));
  }
}

TEST_F(ListingsTest, RefusedRequests) {
  v1::ListClaimsRequest first;
  first.set_page_size(1);
  const std::string token = ListClaims(ledger_.View(), first)->next_page_token();
  for (const std::string& bad : {std::string("zz"), token + "0", token.substr(0, 16), std::string("00") + token}) {
    v1::ListClaimsRequest request;
    request.set_page_token(bad);
    EXPECT_EQ(model::ReasonOf(ListClaims(ledger_.View(), request).status()), v1::Refusal::FIELD_INVALID) << bad;
  }
  v1::ListClaimsRequest other_filters;
  other_filters.set_page_token(token);
  other_filters.set_category("funding");
  EXPECT_EQ(model::ReasonOf(ListClaims(ledger_.View(), other_filters).status()), v1::Refusal::FIELD_INVALID);
  v1::ListClaimsRequest bad_date;
  bad_date.set_valid_at("2024-13");
  EXPECT_EQ(model::ReasonOf(ListClaims(ledger_.View(), bad_date).status()), v1::Refusal::FIELD_INVALID);
  v1::ListClaimsRequest bad_polarity;
  bad_polarity.set_polarity(static_cast<v1::Assertion::Polarity>(99));
  EXPECT_EQ(model::ReasonOf(ListClaims(ledger_.View(), bad_polarity).status()), v1::Refusal::FIELD_INVALID);
  v1::ListClaimsRequest nobody;
  nobody.set_source("nobody");
  EXPECT_EQ(model::ReasonOf(ListClaims(ledger_.View(), nobody).status()), v1::Refusal::NOT_FOUND);
  v1::ListSourcesRequest sources;
  sources.set_page_token("00");
  EXPECT_EQ(model::ReasonOf(ListSources(ledger_.View(), sources).status()), v1::Refusal::FIELD_INVALID);
  v1::ListEntitiesRequest entities;
  entities.set_page_token(token);
  EXPECT_EQ(model::ReasonOf(ListEntities(ledger_.View(), entities).status()), v1::Refusal::FIELD_INVALID);
  v1::LookUpExternalIdsRequest look_up;
  for (int i = 0; i <= 10'000; ++i) {
    look_up.add_external_ids("x:a");
  }
  EXPECT_EQ(model::ReasonOf(LookUpExternalIds(ledger_.View(), look_up).status()), v1::Refusal::TOO_LARGE);
}

TEST(BoundedPageSize, IsBounded) {
  EXPECT_EQ(BoundedPageSize(0), 100);
  EXPECT_EQ(BoundedPageSize(7), 7);
  EXPECT_EQ(BoundedPageSize(1'000), 1'000);
  EXPECT_EQ(BoundedPageSize(UINT32_MAX), 1'000);
}

TEST_F(ListingsTest, Entities) {
  v1::ListEntitiesRequest request;
  request.set_page_size(2);
  absl::StatusOr<v1::ListEntitiesResponse> page = ListEntities(ledger_.View(), request);
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->entities_size(), 2);
  EXPECT_EQ(page->entities(0).name(), "A");
  EXPECT_EQ(page->entities(0).id(), crypto::ToHex(ids_[0]));
  EXPECT_EQ(page->entities(0).kind(), "country");
  EXPECT_THAT(page->entities(0).external_ids(), ElementsAre("x:a"));
  EXPECT_EQ(page->entities(0).assertions(), 5);
  EXPECT_EQ(page->entities(1).assertions(), 3);
  request.set_page_token(page->next_page_token());
  page = ListEntities(ledger_.View(), request);
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->entities_size(), 1);
  EXPECT_EQ(page->entities(0).name(), "C");
  EXPECT_EQ(page->next_page_token(), "");
  v1::ListEntitiesRequest other_kind;
  other_kind.set_kind("malware");
  EXPECT_EQ(ListEntities(ledger_.View(), other_kind)->entities_size(), 0);
}

TEST_F(ListingsTest, Sources) {
  const absl::StatusOr<v1::ListSourcesResponse> page = ListSources(ledger_.View(), {});
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->sources_size(), 2);
  EXPECT_EQ(page->sources(0).name(), "daily");
  EXPECT_EQ(page->sources(0).kind(), v1::Source::PUBLICATION);
  EXPECT_EQ(page->sources(0).affiliation(), "publisher");
  EXPECT_EQ(page->sources(0).assertions(), 5);
  EXPECT_EQ(page->sources(1).assertions(), 0);
}

TEST_F(ListingsTest, ExternalIds) {
  v1::LookUpExternalIdsRequest request;
  for (const char* id : {"stix:fourth", "x:nothing", "x:a", "stix:first"}) {
    request.add_external_ids(id);
  }
  const absl::StatusOr<v1::LookUpExternalIdsResponse> response = LookUpExternalIds(ledger_.View(), request);
  ASSERT_TRUE(response.ok()) << response.status();
  ASSERT_EQ(response->known_size(), 3);
  EXPECT_EQ(response->known(0).external_id(), "stix:fourth");
  EXPECT_EQ(response->known(0).external_version(), "2024-01-01");
  EXPECT_TRUE(response->known(0).state().retracted());
  EXPECT_EQ(response->known(1).portion_id(), crypto::ToHex(ids_[0]));
  EXPECT_FALSE(response->known(1).has_state());
  EXPECT_TRUE(response->known(2).state().counted());
  const absl::StatusOr<v1::LookUpExternalIdsResponse> before = LookUpExternalIds(ledger_.ViewAt(0), request);
  ASSERT_TRUE(before.ok()) << before.status();
  EXPECT_EQ(before->known_size(), 0);
}

}  // namespace
}  // namespace sworn::views
