#include "ledger/views/support_ends.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>
#include <vector>

#include "ledger/model/limits.h"
#include "ledger/model/refusal.h"
#include "ledger/views/any_support_testing.h"
#include "ledger/views/support_testing.h"

namespace sworn::views {
namespace {

using testing::ElementsAre;

v1::Portion Labelled(std::string_view name, const std::vector<std::string>& labels) {
  v1::Portion portion = EntityPortion(name, {Concat("x:", name)});
  portion.mutable_entity()->mutable_labels()->Assign(labels.begin(), labels.end());
  return portion;
}

std::vector<std::string> MembersOf(const std::string& text, const ViewRead& view) {
  const absl::StatusOr<SupportEnd> end = FindSupportEnd(text, "from", *view.rows);
  EXPECT_TRUE(end.ok()) << end.status();
  return end.ok() ? end->members : std::vector<std::string>();
}

model::Reason WhyRefused(const std::string& text, const ViewRead& view) {
  return model::ReasonOf(FindSupportEnd(text, "from", *view.rows).status());
}

TEST(SupportEnds, AGroupIsWhoBearsTheLabelAsLastDescribed) {
  SupportLedger ledger;
  ledger.Record("alice", {Labelled("Iran", {"Axis"}), Labelled("China", {"axis", "P5"}), Labelled("France", {"P5"})});
  ledger.Record("alice", {Labelled("China", {"P5"})});
  EXPECT_THAT(MembersOf("group:axis", ledger.ViewAt(1)), ElementsAre("China", "Iran"));
  EXPECT_THAT(MembersOf("group:AXIS", ledger.View()), ElementsAre("Iran"));
  EXPECT_THAT(MembersOf("group:P5", ledger.View()), ElementsAre("China", "France"));
}

TEST(SupportEnds, AGroupIsWhoIsNamedEachOnce) {
  SupportLedger ledger;
  ledger.Record("alice", {Labelled("Iran", {}), Labelled("China", {})});
  EXPECT_THAT(MembersOf("group:Iran, china,x:China", ledger.View()), ElementsAre("China", "Iran"));
  EXPECT_THAT(MembersOf("group:Iran", ledger.View()), ElementsAre("Iran"));
  EXPECT_THAT(MembersOf("Iran", ledger.View()), ElementsAre());
}

TEST(SupportEnds, RefusesWhatIsNoGroup) {
  SupportLedger ledger;
  ledger.Record("alice", {Labelled("Iran", {}), EntityPortion("Korea", {"x:north"}), EntityPortion("Korea", {"x:s"})});
  for (const char* empty : {"group:", "group: ", "group:,,"}) {
    EXPECT_EQ(WhyRefused(empty, ledger.View()), v1::Refusal::FIELD_INVALID) << empty;
  }
  EXPECT_EQ(WhyRefused("group:Iran,Nobody", ledger.View()), v1::Refusal::NOT_FOUND);
  EXPECT_EQ(WhyRefused("group:Iran,Korea", ledger.View()), v1::Refusal::AMBIGUOUS);
}

TEST(SupportEnds, RefusesMoreMembersThanMayBe) {
  SupportLedger ledger;
  std::vector<v1::Portion> portions;
  std::string names = "group:";
  for (size_t i = 0; i < model::kMaxGroupMembers; ++i) {
    portions.push_back(Labelled(Concat("entity ", i), {"many"}));
    names += Concat("entity ", i, ",");
  }
  ledger.Record("alice", portions);
  EXPECT_EQ(MembersOf("group:many", ledger.View()).size(), model::kMaxGroupMembers);
  EXPECT_EQ(MembersOf(names, ledger.View()).size(), model::kMaxGroupMembers);
  ledger.Record("alice", {Labelled("one more", {"many"})});
  EXPECT_EQ(WhyRefused("group:many", ledger.View()), v1::Refusal::TOO_LARGE);
  EXPECT_EQ(WhyRefused(names + "one more", ledger.View()), v1::Refusal::TOO_LARGE);
}

// Reports of A and C about B, some derived from others.
void RecordAnything(SupportLedger& ledger) {
  ledger.Record("alice", Basis());
  std::vector<crypto::Hash> assertions;
  for (auto left = 1 + Pick(10); left > 0; --left) {
    v1::Portion portion = AnyAssertion(assertions);
    if (Pick(3) == 0) portion.mutable_assertion()->mutable_valid()->set_from("2024");
    assertions.push_back(ledger.Record("alice", {portion}).front());
  }
}

std::string SidesOf(const ViewRead& view, const std::string& from, const std::string& valid_at) {
  v1::GetSupportRequest request;
  request.set_from(from);
  request.set_to("x:b");
  request.set_valid_at(valid_at);
  absl::StatusOr<v1::GetSupportResponse> answer = GetSupport(view, request);
  RC_ASSERT(answer.ok());
  for (auto clear : {&v1::GetSupportResponse::clear_from, &v1::GetSupportResponse::clear_from_id,
                     &v1::GetSupportResponse::clear_from_members, &v1::GetSupportResponse::clear_as_of}) {
    ((*answer).*clear)();
  }
  return answer->DebugString();
}

TEST(SupportEndsProperty, AGroupIsAnsweredLikeOneEntity) {
  ASSERT_TRUE(rc::check("a group of one is the plain pair; a group is what its members are once joined", [] {
    SupportLedger ledger;
    RecordAnything(ledger);
    const std::string valid_at = *rc::gen::element<std::string>("", "2023");
    const std::string pair = SidesOf(ledger.View(), "x:a", valid_at);
    RC_ASSERT(SidesOf(ledger.View(), "group:x:a", valid_at) == pair);
    RC_ASSERT(SidesOf(ledger.View(), "group:x:a,A", valid_at) == pair);
    const std::string group = SidesOf(ledger.View(), "group:A,C", valid_at);
    ledger.Record("alice", {JudgementPortion(v1::Judgement::SAME_ENTITY, {ByExternalId("x:a"), ByExternalId("x:c")})});
    RC_ASSERT(SidesOf(ledger.View(), "x:a", valid_at) == group);
  }));
}

TEST(SupportEnds, ClaimsAreListedOfGroupsToo) {
  SupportLedger ledger;
  ledger.Record("alice", Basis());
  for (const char* from : {"x:a", "x:c", "x:b"}) {
    ledger.Record("alice", {AssertionBuilder(ByExternalId(from), ByExternalId("x:b"), "funding").Build()});
  }
  v1::ListClaimsRequest request;
  request.set_from("group:A,C");
  const absl::StatusOr<v1::ListClaimsResponse> claims = ListClaims(ledger.View(), request);
  ASSERT_TRUE(claims.ok()) << claims.status();
  ASSERT_EQ(claims->claims_size(), 2);
  EXPECT_EQ(claims->claims(0).subject(), "C");
  EXPECT_EQ(claims->claims(1).subject(), "A");
}

TEST(SupportEnds, AnAnswerNamesTheMembers) {
  SupportLedger ledger;
  ledger.Record("alice", Basis());
  const v1::GetSupportResponse answer = ledger.Support("group:C,A", "B");
  EXPECT_EQ(answer.from(), "group:C,A");
  EXPECT_EQ(answer.from_id(), "");
  EXPECT_THAT(answer.from_members(), ElementsAre("A", "C"));
  EXPECT_THAT(answer.to_members(), ElementsAre());
  EXPECT_NE(answer.to_id(), "");
}

}  // namespace
}  // namespace sworn::views
