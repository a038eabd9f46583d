#include "api/entry_summary.h"

#include <gtest/gtest.h>

#include "ledger/crypto/hash.h"
#include "ledger/model/refusal.h"
#include "sworn/v1/report.pb.h"

namespace sworn::api {
namespace {

using Kind = v1::Portion::ContentCase;

TEST(EntrySummaryTest, CountsEachKindInTheOrderOfTheContract) {
  struct Case {
    std::vector<Kind> kinds;
    std::string text;
  };
  const std::vector<Case> cases = {
      {{}, ""},
      {{Kind::kAssertion}, "1 assertion"},
      {{Kind::kSource, Kind::kAssertion, Kind::kAssertion}, "2 assertions, 1 source"},
      {{Kind::kEntity, Kind::kEntity, Kind::kEvidence, Kind::kLens}, "2 entities, 1 evidence item, 1 lens"},
      {{Kind::CONTENT_NOT_SET, Kind::kKey, Kind::CONTENT_NOT_SET}, "1 key, 2 erased"},
  };
  for (const auto& c : cases) EXPECT_EQ(DescribeContents(c.kinds), c.text);
}

journal::StoredEntry Stored() {
  v1::ReportHeader header;
  header.set_author_key_id(std::string(32, 'k'));
  header.mutable_created_at()->set_seconds(1'700'000'000);
  header.mutable_banner()->set_level(v1::Marking::U);
  header.set_portion_count(2);
  v1::Entry entry;
  entry.mutable_recorded_at()->set_seconds(1'700'000'001);
  entry.mutable_envelope()->set_payload(header.SerializeAsString());
  v1::Portion portion;
  portion.mutable_entity()->set_name("Norway");
  journal::StoredEntry stored;
  stored.position = 7;
  stored.entry = entry.SerializeAsString();
  stored.report_id = crypto::Sha256(entry.envelope().payload());
  stored.portions.push_back({.id = {}, .salt = "", .content = ""});
  stored.portions.push_back({.id = {}, .salt = std::string(16, 's'), .content = portion.SerializeAsString()});
  return stored;
}

TEST(EntrySummaryTest, SummarisesAnEntryPartOfWhichWasErased) {
  const journal::StoredEntry stored = Stored();
  absl::StatusOr<v1::EntrySummary> summary = SummariseEntry(stored, access::Registry());
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_EQ(summary->position(), 7U);
  EXPECT_EQ(summary->report_id(), crypto::ToHex(stored.report_id));
  EXPECT_EQ(summary->recorded_at().seconds(), 1'700'000'001);
  EXPECT_EQ(summary->created_at().seconds(), 1'700'000'000);
  EXPECT_EQ(summary->author_key_id(), crypto::ToHex(std::string(32, 'k')));
  EXPECT_EQ(summary->author(), crypto::ToHex(std::string(32, 'k')));  // registered nowhere
  EXPECT_EQ(summary->banner(), "(U)");
  EXPECT_EQ(summary->portion_count(), 2U);
  EXPECT_EQ(summary->contents(), "1 entity, 1 erased");
}

TEST(EntrySummaryTest, ErasedPortionsKeepTheirPlace) {
  const journal::StoredEntry stored = Stored();
  absl::StatusOr<v1::PortionRecord> erased = PortionRecordOf(stored, 0);
  ASSERT_TRUE(erased.ok());
  EXPECT_FALSE(erased->has_portion());
  absl::StatusOr<v1::PortionRecord> whole = PortionRecordOf(stored, 1);
  ASSERT_TRUE(whole.ok());
  EXPECT_EQ(whole->index(), 1U);
  EXPECT_EQ(whole->portion().entity().name(), "Norway");
}

TEST(EntrySummaryTest, BytesThatDoNotParseAreDamage) {
  journal::StoredEntry no_entry = Stored();
  no_entry.entry = "\xff";
  EXPECT_EQ(model::ReasonOf(SummariseEntry(no_entry, access::Registry()).status()), v1::Refusal::DAMAGED);

  journal::StoredEntry no_header = Stored();
  v1::Entry entry;
  entry.mutable_envelope()->set_payload("\xff");
  no_header.entry = entry.SerializeAsString();
  EXPECT_EQ(model::ReasonOf(SummariseEntry(no_header, access::Registry()).status()), v1::Refusal::DAMAGED);

  journal::StoredEntry no_portion = Stored();
  no_portion.portions[1].content = "\xff";
  EXPECT_EQ(model::ReasonOf(SummariseEntry(no_portion, access::Registry()).status()), v1::Refusal::DAMAGED);
  EXPECT_EQ(model::ReasonOf(PortionRecordOf(no_portion, 1).status()), v1::Refusal::DAMAGED);
  EXPECT_EQ(model::ReasonOf(PortionRecordOf(no_portion, 2).status()), v1::Refusal::DAMAGED);
}

}  // namespace
}  // namespace sworn::api
