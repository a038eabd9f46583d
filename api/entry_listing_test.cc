#include "api/entry_listing.h"

#include <grpcpp/server_context.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ledger/log/test_ledger.h"
#include "ledger/model/limits.h"
#include "ledger/model/refusal.h"
#include "ledger/model/sample_report.h"
#include "ledger/model/timestamp.h"

namespace sworn::api {
namespace {

using Change = std::function<void(v1::ListEntriesRequest&)>;

// Entry N is recorded N times ten seconds after noon.
absl::Time RecordedAt(uint64_t position) {
  return log::TestLedger::Noon() + absl::Seconds(10) * static_cast<int64_t>(position);
}

// 0: genesis by alice; 1: China, by alice; 2: bob, registered by alice; 3: Russia, by bob; 4: bob takes that back;
// 5: a report of alice about what China supplies.
class EntryListingTest : public testing::Test {
 protected:
  void SetUp() override {
    Record(ledger_.Report({model::sample::Entity("China", "iso3166:CN")}));
    ledger_.set_now(RecordedAt(2));
    bob_ = std::make_unique<crypto::PrivateKey>(ledger_.Register(*log_, "bob", v1::Principal::REPORTER));
    v1::Portion russia = log::EntityPortion("Russia");
    russia.mutable_entity()->add_aliases("Russian Federation");
    Record(log::TestLedger::Report({russia}, *bob_));
    russia_ = PortionIdAt(3);
    const v1::Reference target = log::ById(*crypto::HashFromBytes(*crypto::FromHex(russia_)));
    Record(log::TestLedger::Report({log::RetractPortion(target, "the officials CORRECTED themselves")}, *bob_));
    v1::Portion assertion = model::sample::Assertion(0, 0, 0);
    v1::Assertion& content = *assertion.mutable_assertion();
    content.mutable_subject()->mutable_entity()->set_external_id("iso3166:CN");
    content.mutable_object()->mutable_entity()->set_external_id("iso3166:RU");
    Record(ledger_.Report({model::sample::Source("European Pravda"), assertion}));
    ASSERT_EQ(log_->size(), 6U);
  }

  void Record(const v1::Report& report) {
    ledger_.set_now(RecordedAt(log_->size()));
    const absl::StatusOr<log::Appended> appended = log_->AppendAndWait(report);
    ASSERT_TRUE(appended.ok()) << appended.status();
  }
  std::string PortionIdAt(uint64_t position) const {
    return crypto::ToHex(log_->ReadChecked(position)->portions[0].id);
  }

  absl::StatusOr<v1::ListEntriesResponse> List(const v1::ListEntriesRequest& request,
                                               const ListingBounds& bounds = {}) const {
    const grpc::CallbackServerContext context;
    return AnswerListEntries(*log_, request, UnaryCall(context, absl::Minutes(1)), bounds);
  }
  static v1::ListEntriesRequest Request(const Change& change) {
    v1::ListEntriesRequest request;
    change(request);
    return request;
  }
  std::vector<uint64_t> PositionsOf(const Change& change) const {
    const absl::StatusOr<v1::ListEntriesResponse> page = List(Request(change));
    EXPECT_TRUE(page.ok()) << page.status();
    std::vector<uint64_t> positions;
    if (!page.ok()) return positions;
    EXPECT_EQ(page->next_page_token(), "");
    for (const v1::EntrySummary& entry : page->entries()) positions.push_back(entry.position());
    return positions;
  }

  log::TestLedger ledger_;
  std::unique_ptr<log::Log> log_ = ledger_.Open();
  std::unique_ptr<crypto::PrivateKey> bob_;
  std::string russia_;
};

TEST_F(EntryListingTest, EveryFilterLetsThroughWhatItNames) {
  const std::string bobs_key = crypto::ToHex(bob_->public_key().key_id());
  struct Case {
    std::string name;
    Change change;
    std::vector<uint64_t> positions;
  };
  const std::vector<Case> cases = {
      {"none", [](auto&) {}, {0, 1, 2, 3, 4, 5}},
      {"from a position", [](auto& r) { r.set_from_position(4); }, {4, 5}},
      {"beyond the log", [](auto& r) { r.set_from_position(UINT64_MAX); }, {}},
      {"a principal", [](auto& r) { r.set_author("bob"); }, {3, 4}},
      {"a key", [&](auto& r) { r.set_author(bobs_key); }, {3, 4}},
      {"the beginning of a key id", [&](auto& r) { r.set_author(bobs_key.substr(0, 8)); }, {3, 4}},
      {"a kind", [](auto& r) { r.set_kind("judgement"); }, {4}},
      {"a kind in the plural", [](auto& r) { r.set_kind("Entities"); }, {1, 3}},
      {"a kind there is none of", [](auto& r) { r.set_kind("lens"); }, {}},
      {"since", [](auto& r) { *r.mutable_recorded_from() = model::ToTimestamp(RecordedAt(4)); }, {4, 5}},
      {"since just after",
       [](auto& r) { *r.mutable_recorded_from() = model::ToTimestamp(RecordedAt(4) + absl::Nanoseconds(1)); },
       {5}},
      {"until", [](auto& r) { *r.mutable_recorded_until() = model::ToTimestamp(RecordedAt(1)); }, {0, 1}},
      {"until long ago", [](auto& r) { *r.mutable_recorded_until() = model::ToTimestamp(absl::UnixEpoch()); }, {}},
      {"an external id, given and referred to", [](auto& r) { r.set_entity("iso3166:CN"); }, {1, 5}},
      {"an external id that is only referred to", [](auto& r) { r.set_entity("iso3166:RU"); }, {5}},
      {"part of an external id", [](auto& r) { r.set_entity("iso3166:C"); }, {}},
      {"a name in another case", [](auto& r) { r.set_entity("china"); }, {1}},
      {"an alias", [](auto& r) { r.set_entity("Russian Federation"); }, {3}},
      {"a source", [](auto& r) { r.set_entity("European Pravda"); }, {5}},
      {"a portion, and what refers to it", [&](auto& r) { r.set_entity(russia_); }, {3, 4}},
      {"the beginning of its id", [&](auto& r) { r.set_entity(russia_.substr(0, 6)); }, {3, 4}},
      {"too little of its id", [&](auto& r) { r.set_entity(russia_.substr(0, 5)); }, {}},
      {"a reason in another case", [](auto& r) { r.set_text("Corrected"); }, {4}},
      {"a statement", [](auto& r) { r.set_text("machine tools"); }, {5}},
      {"part of an alias", [](auto& r) { r.set_text("federation"); }, {3}},
      {"two that one entry passes",
       [](auto& r) {
         r.set_author("bob");
         r.set_text("russia");
       },
       {3}},
      {"two that no entry passes",
       [](auto& r) {
         r.set_author("alice");
         r.set_kind("judgement");
       },
       {}},
  };
  for (const Case& test_case : cases) EXPECT_EQ(PositionsOf(test_case.change), test_case.positions) << test_case.name;
}

TEST_F(EntryListingTest, BadFiltersAreRefused) {
  struct Case {
    std::string name;
    Change change;
    v1::Refusal::Reason reason;
  };
  const std::string long_text(model::kMaxNameBytes + 1, 'x');
  const std::vector<Case> cases = {
      {"nobody", [](auto& r) { r.set_author("carol"); }, v1::Refusal::NOT_FOUND},
      {"no key", [](auto& r) { r.set_author("ffffffffffff"); }, v1::Refusal::NOT_FOUND},
      {"an empty prefix of keys", [](auto& r) { r.set_author("0"); }, v1::Refusal::NOT_FOUND},
      {"no kind", [](auto& r) { r.set_kind("rumour"); }, v1::Refusal::FIELD_INVALID},
      {"long author", [&](auto& r) { r.set_author(long_text); }, v1::Refusal::TOO_LARGE},
      {"long entity", [&](auto& r) { r.set_entity(long_text); }, v1::Refusal::TOO_LARGE},
      {"long text", [&](auto& r) { r.set_text(long_text); }, v1::Refusal::TOO_LARGE},
      {"a time that is none", [](auto& r) { r.mutable_recorded_from()->set_nanos(-1); }, v1::Refusal::FIELD_INVALID},
      {"another", [](auto& r) { r.mutable_recorded_until()->set_nanos(1'000'000'000); }, v1::Refusal::FIELD_INVALID},
      {"until before since",
       [](auto& r) {
         *r.mutable_recorded_from() = model::ToTimestamp(RecordedAt(4));
         *r.mutable_recorded_until() = model::ToTimestamp(RecordedAt(3));
       },
       v1::Refusal::FIELD_INVALID},
      {"no token", [](auto& r) { r.set_page_token("x"); }, v1::Refusal::FIELD_INVALID},
  };
  for (const Case& test_case : cases) {
    const absl::StatusOr<v1::ListEntriesResponse> page = List(Request(test_case.change));
    EXPECT_EQ(model::ReasonOf(page.status()), test_case.reason) << test_case.name << ": " << page.status();
  }
}

TEST_F(EntryListingTest, AFilteredPageEndsAtItsBoundAndGoesOn) {
  v1::ListEntriesRequest request = Request([](auto& r) { r.set_text("machine tools"); });
  for (int page_number = 0; page_number < 2; ++page_number) {
    const absl::StatusOr<v1::ListEntriesResponse> page = List(request, {.entries = 2});
    ASSERT_TRUE(page.ok()) << page.status();
    EXPECT_EQ(page->entries_size(), 0);
    ASSERT_NE(page->next_page_token(), "");
    request.set_page_token(page->next_page_token());
  }
  const absl::StatusOr<v1::ListEntriesResponse> last = List(request, {.entries = 2});
  ASSERT_TRUE(last.ok()) << last.status();
  ASSERT_EQ(last->entries_size(), 1);
  EXPECT_EQ(last->entries(0).position(), 5U);
  EXPECT_EQ(last->next_page_token(), "");

  const absl::StatusOr<v1::ListEntriesResponse> few_bytes = List(Request([](auto&) {}), {.bytes = 1});
  ASSERT_TRUE(few_bytes.ok()) << few_bytes.status();
  EXPECT_EQ(few_bytes->entries_size(), 1) << "one is read, however large";
}

TEST_F(EntryListingTest, ATokenFitsItsOwnFiltersOnly) {
  v1::ListEntriesRequest request = Request([](auto& r) {
    r.set_author("alice");
    r.set_page_size(1);
  });
  const absl::StatusOr<v1::ListEntriesResponse> page = List(request);
  ASSERT_TRUE(page.ok()) << page.status();
  request.set_page_token(page->next_page_token());
  request.set_page_size(100);
  EXPECT_EQ(List(request)->entries_size(), 3) << "the page size may change";
  request.set_author("bob");
  EXPECT_EQ(model::ReasonOf(List(request).status()), v1::Refusal::FIELD_INVALID);
}

}  // namespace
}  // namespace sworn::api
