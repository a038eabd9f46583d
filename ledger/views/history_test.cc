#include "ledger/views/history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "ledger/crypto/key.h"
#include "ledger/model/refusal.h"
#include "ledger/views/provenance.h"
#include "ledger/views/registrant_history.h"
#include "ledger/views/support_testing.h"
#include "ledger/views/testing.h"

namespace sworn::views {
namespace {

using crypto::Hash;
using crypto::ToHex;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

v1::Portion Principal(const std::string& name, const std::vector<v1::Principal::Role>& roles) {
  v1::Portion portion = MarkedPortion();
  portion.mutable_principal()->set_name(name);
  for (const v1::Principal::Role role : roles) portion.mutable_principal()->add_roles(role);
  return portion;
}

v1::Portion KeyOf(const std::string& name, v1::Key::Action action) {
  v1::Portion portion = MarkedPortion();
  portion.mutable_key()->set_key_id(std::string(crypto::AsBytes(TestKeyId(name))));
  portion.mutable_key()->set_purpose(v1::Key::AUTHOR);
  portion.mutable_key()->set_action(action);
  return portion;
}

v1::Portion NewKeyOf(const std::string& name, const v1::Reference& principal) {
  v1::Portion portion = KeyOf(name, v1::Key::ADD);
  portion.mutable_key()->set_public_key(crypto::PrivateKey::Generate(v1::Signature::ED25519)->public_key().der());
  *portion.mutable_key()->mutable_principal() = principal;
  return portion;
}

// A provenance view over a journal, and the registry.
class HistoryTest : public testing::Test {
 protected:
  std::vector<Hash> Record(const std::string& author, const std::vector<v1::Portion>& portions) {
    const uint64_t position = journal_.Size();
    std::vector<Hash> ids = journal_.Add(author, portions);
    const Event event = TestEvent(position, author, portions);
    rows_.Write(position, [&](RowWriter& rows) {
      const absl::Status applied = ProvenanceView().Apply(event, rows);
      ASSERT_TRUE(applied.ok()) << applied;
    });
    const absl::Status registered = registry_.Apply(event.report, position);
    EXPECT_TRUE(registered.ok()) << registered;
    return ids;
  }

  static v1::GetHistoryRequest Request(const std::string& id, uint32_t page_size = 0, const std::string& token = "") {
    v1::GetHistoryRequest request;
    request.set_id(id);
    request.set_page_size(page_size);
    request.set_page_token(token);
    return request;
  }
  absl::StatusOr<v1::GetHistoryResponse> TryHistoryAt(uint64_t position, const v1::GetHistoryRequest& request) const {
    return GetHistory(rows_.ViewAt(position), {journal_, registry_}, request);
  }
  v1::GetHistoryResponse History(const std::string& id) const {
    const auto response = TryHistoryAt(journal_.Size() - 1, Request(id));
    EXPECT_TRUE(response.ok()) << response.status();
    return response.value_or(v1::GetHistoryResponse());
  }

  TestRows rows_;
  FakeJournal journal_;
  access::Registry registry_;
};

std::vector<std::string> ChangesOf(const v1::HistoryEvent& event) {
  std::vector<std::string> lines;
  for (const v1::FieldChange& change : event.changes()) {
    lines.push_back(Concat(change.field(), ": ", change.before(), " -> ", change.after()));
  }
  return lines;
}

std::vector<std::string> LinesOf(const v1::GetHistoryResponse& history) {
  std::vector<std::string> lines;
  for (const v1::HistoryEvent& event : history.events()) {
    lines.push_back(Concat(event.position(), " ", v1::HistoryEvent::Kind_Name(event.kind()), " ", event.summary()));
  }
  return lines;
}

v1::Portion Superseding(const Hash& target, const v1::Reference& replacement) {
  v1::Portion portion = JudgementPortion(v1::Judgement::SUPERSEDE, {ById(target)}, "corrected");
  *portion.mutable_judgement()->mutable_replacement() = replacement;
  return portion;
}

v1::Portion Share(const std::string& value, const v1::Reference& from, const v1::Reference& to) {
  v1::Portion portion = AssertionBuilder(from, to, "materiel/machine-tools").Build();
  v1::Quantity& quantity = *portion.mutable_assertion()->add_quantities();
  quantity.set_value(value);
  quantity.set_unit("%");
  return portion;
}

TEST_F(HistoryTest, WhatSupersedesSaysWhatItChanged) {
  const std::vector<Hash> first = Record("ann", {EntityPortion("China", {"iso3166:CN"}), EntityPortion("Russia"),
                                                 EntityPortion("Iran"), Share("70", ByIndex(0), ByIndex(1))});
  // The same entity by other means, and another one.
  const std::vector<Hash> second =
      Record("ann", {Share("75", ByExternalId("iso3166:CN"), ById(first[2])), Superseding(first[3], ByIndex(0))});
  const std::vector<std::string> changes = {Concat("object.entity: Russia (", ToHex(first[1]).substr(0, 12),
                                                   ") -> Iran (", ToHex(first[2]).substr(0, 12), ")"),
                                            "quantities[0].value: 70 -> 75"};

  const v1::GetHistoryResponse old_one = History(ToHex(first[3]));
  ASSERT_THAT(old_one.events(), SizeIs(2));
  EXPECT_THAT(ChangesOf(old_one.events(0)), IsEmpty());
  EXPECT_EQ(ChangesOf(old_one.events(1)), changes);
  EXPECT_EQ(old_one.events(1).compared_id(), ToHex(second[0]));
  EXPECT_EQ(old_one.events(1).portion_id(), ToHex(second[1]));

  const v1::GetHistoryResponse new_one = History(ToHex(second[0]));
  ASSERT_THAT(new_one.events(), SizeIs(2));
  EXPECT_EQ(ChangesOf(new_one.events(1)), changes) << "read from the other side";
  EXPECT_EQ(new_one.events(1).compared_id(), ToHex(first[3]));
  EXPECT_THAT(new_one.events(1).summary(), HasSubstr("took the place"));
}

TEST_F(HistoryTest, AnErasedPortionIsComparedWithNothing) {
  const std::vector<Hash> first = Record("ann", {EntityPortion("China"), Share("70", ByIndex(0), ByIndex(0))});
  Record("ann", {Share("75", ById(first[0]), ById(first[0])), Superseding(first[1], ByIndex(0))});
  journal::StoredEntry erased = *journal_.Read(0);
  erased.portions[1].content.clear();
  erased.portions[1].salt.clear();
  journal_.Replace(0, erased);
  const v1::GetHistoryResponse history = History(ToHex(first[1]));
  ASSERT_THAT(history.events(), SizeIs(2));
  EXPECT_THAT(history.events(1).changes(), IsEmpty());
  erased.portions[1].content = "other bytes";
  journal_.Replace(0, erased);
  EXPECT_EQ(model::ReasonOf(TryHistoryAt(1, Request(ToHex(first[1]))).status()), v1::Refusal::DAMAGED);
}

TEST_F(HistoryTest, ANewDescriptionSaysWhatItChanged) {
  Record("ann", {EntityPortion("China", {"iso3166:CN"}), SourcePortion("Pravda")});
  v1::Portion described = EntityPortion("People's Republic of China", {"iso3166:CN", "wikidata:Q148"});
  described.mutable_entity()->add_aliases("China");
  Record("bob", {described, SourcePortion("Pravda")});
  v1::GetHistoryResponse history = History("iso3166:CN");
  ASSERT_THAT(history.events(), SizeIs(2));
  EXPECT_EQ(history.events(1).kind(), v1::HistoryEvent::DESCRIBED);
  EXPECT_THAT(ChangesOf(history.events(1)), ElementsAre("name: China -> People's Republic of China",
                                                        "aliases[0]:  -> China", "external_ids[1]:  -> wikidata:Q148"));
  EXPECT_EQ(history.events(1).compared_id(), history.events(0).portion_id());
  // On a page of its own too.
  const auto first = TryHistoryAt(1, Request("iso3166:CN", 1));
  ASSERT_TRUE(first.ok()) << first.status();
  const auto second = TryHistoryAt(1, Request("iso3166:CN", 1, first->next_page_token()));
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_THAT(second->events(0).changes(), SizeIs(3));
}

TEST_F(HistoryTest, DescriptionsOfJoinedEntitiesAreComparedWithTheirOwn) {
  const std::vector<Hash> first =
      Record("ann", {EntityPortion("China", {"iso3166:CN"}), EntityPortion("PRC", {"x:1"})});
  Record("ann", {JudgementPortion(v1::Judgement::SAME_ENTITY, {ById(first[0]), ById(first[1])})});
  Record("ann", {EntityPortion("CHINA", {"iso3166:CN"})});
  Record("ann", {EntityPortion("P.R.C.", {"x:1"})});
  const v1::GetHistoryResponse history = History("iso3166:CN");
  ASSERT_THAT(history.events(), SizeIs(5));
  EXPECT_THAT(ChangesOf(history.events(3)), ElementsAre("name: China -> CHINA"));
  EXPECT_THAT(ChangesOf(history.events(4)), ElementsAre("name: PRC -> P.R.C."));
}

TEST_F(HistoryTest, UndoingAJudgementHappensToWhatItWasAbout) {
  const std::vector<Hash> first = Record("ann", {EntityPortion("China"), Share("70", ByIndex(0), ByIndex(0))});
  const std::vector<Hash> retraction =
      Record("ann", {JudgementPortion(v1::Judgement::RETRACT, {ById(first[1])}, "doubts")});
  const std::vector<Hash> undone =
      Record("ann", {JudgementPortion(v1::Judgement::RETRACT, {ById(retraction[0])}, "none left")});
  Record("ann", {JudgementPortion(v1::Judgement::RETRACT, {ById(undone[0])}, "some came back")});
  const auto short_id = [](const Hash& id) { return ToHex(id).substr(0, 12); };
  const std::vector<std::string> lines = LinesOf(History(ToHex(first[1])));
  ASSERT_THAT(lines, SizeIs(4));
  EXPECT_EQ(lines[1], "1 JUDGED retracted: doubts");
  EXPECT_EQ(lines[2], Concat("2 JUDGED judgement ", short_id(retraction[0]), " was retracted: none left"));
  EXPECT_EQ(lines[3], Concat("3 JUDGED judgement ", short_id(undone[0]), " was retracted: some came back"));
}

// 0: alice and her key; 1: bob and his; 2 – 4: reports; 5: bob's key is compromised.
class RegistrantHistoryTest : public HistoryTest {
 protected:
  void SetUp() override {
    Record("alice",
           {Principal("alice", {v1::Principal::REPORTER, v1::Principal::ADMIN}), NewKeyOf("alice", ByIndex(0))});
    Record("alice", {Principal("bob", {v1::Principal::REPORTER}), NewKeyOf("bob", ByIndex(0))});
    Record("bob", {EntityPortion("China")});
    Record("alice", {EntityPortion("Russia"), EntityPortion("Iran")});
    report_of_bob_ = Record("bob", {SourcePortion("Pravda"), SourcePortion("Reuters")});
    v1::Portion revoked = KeyOf("bob", v1::Key::REVOKE_COMPROMISED);
    *revoked.mutable_key()->mutable_compromised_since() = model::ToTimestamp(TestTime(2));
    Record("alice", {revoked});
  }
  static std::string KeyIdOf(const std::string& name) { return ToHex(TestKeyId(name)); }

  std::vector<Hash> report_of_bob_;
};

TEST_F(RegistrantHistoryTest, APrincipalIsRegisteredAuthorsAndIsRevoked) {
  const v1::GetHistoryResponse history = History("bob");
  EXPECT_EQ(history.id(), "principal:bob");
  const std::string key = KeyIdOf("bob").substr(0, 12);
  const std::vector<std::string> lines = LinesOf(history);
  ASSERT_THAT(lines, SizeIs(5));
  EXPECT_EQ(lines[0], "1 PRINCIPAL_REGISTERED registered as reporter");
  EXPECT_EQ(lines[1], Concat("1 KEY_REGISTERED key ", key, " of bob registered to sign reports"));
  EXPECT_THAT(lines[2], HasSubstr("2 AUTHORED authored report"));
  EXPECT_THAT(lines[3], HasSubstr("4 AUTHORED"));
  EXPECT_THAT(lines[3], HasSubstr("of 2 portions"));
  EXPECT_EQ(lines[4],
            Concat("5 KEY_REVOKED key ", key, " of bob revoked: compromised since ", model::FormatUtc(TestTime(2))));
  EXPECT_EQ(history.events(0).author(), "alice") << "who registered him";
  EXPECT_EQ(history.events(3).author(), "bob");
  EXPECT_EQ(history.events(3).portion_id(), ToHex(report_of_bob_[0]));
  EXPECT_EQ(LinesOf(History("principal:bob")), lines);
}

TEST_F(RegistrantHistoryTest, AKeyIsFoundByItsId) {
  const std::string key = KeyIdOf("bob");
  const std::vector<std::string> lines = LinesOf(History(key));
  ASSERT_THAT(lines, SizeIs(4));
  EXPECT_THAT(lines[0], HasSubstr("1 KEY_REGISTERED"));
  EXPECT_THAT(lines[3], HasSubstr("5 KEY_REVOKED"));
  for (const std::string& id : {key.substr(0, 6), "key:" + key, "key:" + key.substr(0, 10)}) {
    EXPECT_EQ(LinesOf(History(id)), lines) << id;
  }
  EXPECT_EQ(History(key).label(), "key of bob");
}

TEST_F(RegistrantHistoryTest, BeforeItsRegistrationThereIsNothing) {
  EXPECT_EQ(model::ReasonOf(TryHistoryAt(0, Request("bob")).status()), v1::Refusal::NOT_FOUND);
  EXPECT_THAT(TryHistoryAt(2, Request("bob"))->events(), SizeIs(3));
  for (const std::string id : {"principal:carol", "principal:", "key:", "key:0", "key:zzzzzz", "carol"}) {
    EXPECT_EQ(model::ReasonOf(TryHistoryAt(5, Request(id)).status()), v1::Refusal::NOT_FOUND) << id;
  }
}

TEST_F(RegistrantHistoryTest, ANameThatAlsoASourceBearsIsAmbiguous) {
  Record("alice", {SourcePortion("bob")});
  const absl::Status refused = TryHistoryAt(6, Request("bob")).status();
  EXPECT_EQ(model::ReasonOf(refused), v1::Refusal::AMBIGUOUS);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("principal:bob"));
  EXPECT_EQ(History("principal:bob").id(), "principal:bob");
}

TEST_F(RegistrantHistoryTest, PagesAddUpWhateverTheirBounds) {
  const std::vector<std::string> all = LinesOf(History("bob"));
  for (const uint32_t page_size : {1U, 2U, 3U}) {
    for (const size_t max_reports : {size_t{1}, size_t{2}, size_t{100}}) {
      std::vector<std::string> lines;
      std::string token;
      do {
        const auto page =
            RegistrantHistory(rows_.ViewAt(5), {journal_, registry_}, {Registrant::Kind::kPrincipal, "bob", ""},
                              Request("bob", page_size, token), max_reports);
        ASSERT_TRUE(page.ok()) << page.status();
        EXPECT_LE(page->events_size(), static_cast<int>(page_size));
        for (const std::string& line : LinesOf(*page)) lines.push_back(line);
        token = page->next_page_token();
      } while (!token.empty());
      EXPECT_EQ(lines, all) << page_size << ", " << max_reports;
    }
  }
}

}  // namespace
}  // namespace sworn::views
