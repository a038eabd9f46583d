#include "ledger/views/support_partners.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "ledger/model/refusal.h"
#include "ledger/views/any_support_testing.h"
#include "ledger/views/support_testing.h"

namespace sworn::views {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

enum class Given { kFrom, kTo };

v1::ListPartnersRequest PartnersRequest(Given given, const std::string& entity) {
  v1::ListPartnersRequest request;
  (given == Given::kFrom ? request.mutable_from() : request.mutable_to())->assign(entity);
  return request;
}

std::vector<v1::SupportPartner> Partners(const ViewRead& view, v1::ListPartnersRequest request,
                                         uint32_t page_size = 1'000) {
  std::vector<v1::SupportPartner> partners;
  request.set_page_size(page_size);
  while (true) {
    const absl::StatusOr<v1::ListPartnersResponse> page = ListPartners(view, request);
    EXPECT_TRUE(page.ok()) << page.status();
    if (!page.ok()) return partners;
    partners.insert(partners.end(), page->partners().begin(), page->partners().end());
    if (page->next_page_token().empty()) return partners;
    request.set_page_token(page->next_page_token());
  }
}

std::vector<std::string> Names(const std::vector<v1::SupportPartner>& partners) {
  std::vector<std::string> names;
  for (const v1::SupportPartner& partner : partners) names.push_back(partner.name());
  return names;
}

// The slow way: what the answer about the pair says. Each side must have one category at most.
v1::SupportPartner PartnerOf(const v1::GetSupportResponse& pair, Given given) {
  v1::SupportPartner partner;
  partner.set_id(given == Given::kFrom ? pair.to_id() : pair.from_id());
  partner.set_name(given == Given::kFrom ? pair.to() : pair.from());
  partner.set_direct(pair.direct().status());
  partner.set_indirect(pair.indirect().status());
  partner.set_unassigned(pair.unassigned().status());
  partner.mutable_independent_origins();
  bool is_best = true;
  for (const v1::SupportSide* side : {&pair.direct(), &pair.indirect(), &pair.unassigned()}) {
    for (const v1::SupportRow& row : side->rows()) {
      partner.set_assertions(partner.assertions() + static_cast<uint32_t>(row.assertion_ids_size()));
      if (partner.last_recorded_at().seconds() < row.last_recorded_at().seconds()) {
        *partner.mutable_last_recorded_at() = row.last_recorded_at();
      }
      if (is_best && row.affirms() > 0) {
        *partner.mutable_independent_origins() = row.independent_origins();
        is_best = false;
      }
    }
  }
  return partner;
}

size_t RankOf(const v1::SupportPartner& partner) {
  const std::array<v1::Support::Status, 3> sides = {partner.direct(), partner.indirect(), partner.unassigned()};
  const auto* affirmed = std::find_if(sides.begin(), sides.end(), [](v1::Support::Status status) {
    return status == v1::Support::REPORTED || status == v1::Support::CONTESTED;
  });
  return static_cast<size_t>(affirmed - sides.begin());
}

bool MayFollow(const v1::SupportPartner& first, const v1::SupportPartner& second) {
  if (RankOf(first) != RankOf(second)) return RankOf(first) < RankOf(second);
  const v1::CountRange& left = first.independent_origins();
  const v1::CountRange& right = second.independent_origins();
  if (left.min() != right.min()) return left.min() > right.min();
  if (left.max() != right.max()) return left.max() > right.max();
  if (first.assertions() != second.assertions()) return first.assertions() > second.assertions();
  return first.name() <= second.name();
}

// Reports of anybody about anybody, some taken back, some entities joined.
void RecordAnything(SupportLedger& ledger) {
  ledger.Record("alice", Basis());
  std::vector<crypto::Hash> assertions;
  const auto count = 1 + Pick<uint64_t>(15);
  for (uint64_t i = 0; i < count; ++i) {
    const auto choice = assertions.empty() ? 9 : Pick(10);
    v1::Portion portion;
    if (choice == 0) {
      portion = JudgementPortion(v1::Judgement::RETRACT, {ById(*rc::gen::elementOf(assertions))});
    } else if (choice == 1) {
      portion = AnyJudgement(assertions);
    } else {
      portion = AnyAssertion(assertions);
      *portion.mutable_assertion()->mutable_subject()->mutable_entity() = AnyEntity();
      *portion.mutable_assertion()->mutable_object()->mutable_entity() = AnyEntity();
      if (Pick(3) == 0) portion.mutable_assertion()->mutable_valid()->set_from("2024");
    }
    const std::vector<crypto::Hash> ids = ledger.Record("alice", {portion});
    if (portion.has_assertion()) assertions.push_back(ids.front());
  }
}

TEST(SupportPartnersProperty, EachPartnerIsWhatTheAnswerAboutThePairSays) {
  ASSERT_TRUE(rc::check("partners, at any moment, are the pairs of which anything counts, ranked", [] {
    SupportLedger ledger;
    RecordAnything(ledger);
    const uint64_t position = 1 + Pick<uint64_t>(ledger.last_position());
    const ViewRead view = ledger.ViewAt(position);
    const Given given = *rc::gen::arbitrary<bool>() ? Given::kFrom : Given::kTo;
    v1::ListPartnersRequest request = PartnersRequest(given, "A");
    if (*rc::gen::arbitrary<bool>()) request.set_valid_at("2023");
    const std::vector<v1::SupportPartner> partners = Partners(view, request, 1 + Pick<uint32_t>(3));
    for (size_t i = 1; i < partners.size(); ++i) RC_ASSERT(MayFollow(partners[i - 1], partners[i]));

    std::map<std::string, std::string> expected;
    for (const char* other : {"A", "B", "C"}) {
      v1::GetSupportRequest pair;
      pair.set_from(given == Given::kFrom ? "A" : other);
      pair.set_to(given == Given::kFrom ? other : "A");
      pair.set_valid_at(request.valid_at());
      const absl::StatusOr<v1::GetSupportResponse> answer = GetSupport(view, pair);
      RC_ASSERT(answer.ok());
      const v1::SupportPartner partner = PartnerOf(*answer, given);
      if (partner.assertions() > 0) expected[partner.id()] = partner.DebugString();
    }
    std::map<std::string, std::string> found;
    for (const v1::SupportPartner& partner : partners) found[partner.id()] = partner.DebugString();
    RC_ASSERT(found == expected);
    RC_ASSERT(found.size() == partners.size());
  }));
}

class SupportPartnersTest : public testing::Test {
 protected:
  SupportPartnersTest() {
    std::vector<v1::Portion> portions;
    for (const char* name : {"A", "B", "C", "D", "E", "F"}) {
      portions.push_back(EntityPortion(name, {Concat("x:", name)}));
    }
    for (const char* name : {"S", "T"}) {
      portions.push_back(SourcePortion(name));
      portions.back().mutable_source()->add_external_ids(Concat("x:", name));
    }
    ledger_.Record("alice", portions);
  }

  void Say(const std::string& to, std::string_view category, std::string_view source,
           v1::Assertion::Polarity polarity = v1::Assertion::AFFIRMS) {
    ledger_.Record("alice", {AssertionBuilder(ByExternalId("x:A"), ByExternalId("x:" + to), category)
                                 .Hop(ByExternalId(Concat("x:", source)), v1::Hop::TOLD)
                                 .Polarity(polarity)
                                 .Build()});
  }

  SupportLedger ledger_;
};

TEST_F(SupportPartnersTest, DirectSupportComesFirstThenIndependentOrigins) {
  Say("B", "military/weapons", "S", v1::Assertion::DENIES);
  Say("C", "funding", "S");
  Say("C", "funding", "S");
  Say("D", "funding", "S");
  Say("D", "training", "T");
  Say("E", "military/weapons", "S");
  Say("E", "military/weapons", "S", v1::Assertion::DENIES);
  const std::vector<v1::SupportPartner> partners = Partners(ledger_.View(), PartnersRequest(Given::kFrom, "A"), 2);
  ASSERT_THAT(Names(partners), ElementsAre("E", "D", "C", "B"));
  EXPECT_EQ(partners[0].direct(), v1::Support::CONTESTED);
  EXPECT_EQ(partners[0].indirect(), v1::Support::UNREPORTED);
  // Origins of a whole side, not of one of its categories.
  EXPECT_EQ(RangeText(partners[1].independent_origins()), "2-2");
  EXPECT_EQ(partners[2].assertions(), 2);
  EXPECT_EQ(partners[3].direct(), v1::Support::DENIED);
  EXPECT_EQ(RangeText(partners[3].independent_origins()), "0-0");
  EXPECT_THAT(Names(Partners(ledger_.View(), PartnersRequest(Given::kTo, "E"))), ElementsAre("A"));
  EXPECT_THAT(Partners(ledger_.ViewAt(1), PartnersRequest(Given::kTo, "E")), IsEmpty());
}

TEST_F(SupportPartnersTest, AnEndAndOnlyOneIsAskedFor) {
  v1::ListPartnersRequest request;
  EXPECT_EQ(model::ReasonOf(ListPartners(ledger_.View(), request).status()), v1::Refusal::FIELD_INVALID);
  request.set_from("A");
  request.set_to("B");
  EXPECT_EQ(model::ReasonOf(ListPartners(ledger_.View(), request).status()), v1::Refusal::FIELD_INVALID);
  EXPECT_EQ(model::ReasonOf(ListPartners(ledger_.View(), PartnersRequest(Given::kFrom, "Z")).status()),
            v1::Refusal::NOT_FOUND);
}

}  // namespace
}  // namespace sworn::views
