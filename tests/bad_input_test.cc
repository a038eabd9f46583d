// Bad input at the door of the log: each is refused with its reason, nothing is recorded, and good reports still go
// through.
#include <gmock/gmock.h>
#include <google/protobuf/stubs/logging.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ledger/log/test_ledger.h"
#include "ledger/model/limits.h"
#include "ledger/model/portion.h"
#include "ledger/model/refusal.h"
#include "ledger/model/sample_report.h"

namespace sworn {
namespace {

namespace sample = model::sample;
using log::Appended;
using log::Log;
using log::TestLedger;
using v1::Refusal;
using Portions = std::vector<v1::Portion>;

v1::Report Sign(const TestLedger& ledger, const Portions& portions, const sample::ChangeHeader& change = nullptr) {
  return sample::SignUnchecked(sample::Serialized(portions), ledger.author(), TestLedger::Noon(), change);
}

v1::Report GoodReport(const TestLedger& ledger) { return Sign(ledger, sample::GoodPortions()); }

std::string Name(model::Reason reason) { return Refusal::Reason_Name(reason); }

// That the log stands where it stood, and works.
void ExpectUntouched(const TestLedger& ledger, Log& log, uint64_t size, const std::string& checkpoint) {
  EXPECT_EQ(log.size(), size);
  EXPECT_EQ(log.journal().Size(), size);
  EXPECT_EQ(log.checkpoint(), checkpoint);
  const absl::StatusOr<Appended> good = log.AppendAndWait(GoodReport(ledger));
  ASSERT_TRUE(good.ok()) << good.status();
  EXPECT_EQ(good->receipt.position(), size);
  EXPECT_EQ(log.size(), size + 1);
}

struct BadInput {
  std::string name;
  std::function<v1::Report(const TestLedger&)> make;
  model::Reason reason;
};

class BadInputTest : public ::testing::TestWithParam<BadInput> {};

TEST_P(BadInputTest, IsRefusedAndLeavesNoTrace) {
  TestLedger ledger;
  const std::unique_ptr<Log> log = ledger.Open();
  const uint64_t size = log->size();
  const std::string checkpoint = log->checkpoint();
  const absl::StatusOr<Appended> appended = log->AppendAndWait(GetParam().make(ledger));
  ASSERT_FALSE(appended.ok());
  EXPECT_EQ(Name(model::ReasonOf(appended.status())), Name(GetParam().reason)) << appended.status();
  EXPECT_FALSE(appended.status().message().empty());
  ExpectUntouched(ledger, *log, size, checkpoint);
}

// Good portions, spoiled by `spoil` before they are signed.
std::function<v1::Report(const TestLedger&)> Portion(const std::function<void(Portions&)>& spoil) {
  return [spoil](const TestLedger& ledger) {
    Portions portions = sample::GoodPortions();
    spoil(portions);
    return Sign(ledger, portions);
  };
}

// A good report, spoiled by `spoil` after it was signed.
std::function<v1::Report(const TestLedger&)> Carriage(const std::function<void(v1::Report&)>& spoil) {
  return [spoil](const TestLedger& ledger) {
    v1::Report report = GoodReport(ledger);
    spoil(report);
    return report;
  };
}

v1::Assertion& Claim(Portions& portions) { return *portions[sample::kAssertion].mutable_assertion(); }

v1::Report WithContent(const TestLedger& ledger, const std::function<void(std::string&)>& spoil) {
  std::vector<std::string> contents = sample::Serialized(sample::GoodPortions());
  spoil(contents[sample::kAssertion]);
  return sample::SignUnchecked(contents, ledger.author(), TestLedger::Noon());
}

v1::Report SignedByAnother(const TestLedger& ledger) {
  v1::Report report = GoodReport(ledger);
  v1::Report other = report;
  other.mutable_envelope()->clear_signatures();
  EXPECT_TRUE(crypto::SignEnvelope(log::NewKey(), *other.mutable_envelope()).ok());
  // Another key's signature under the author's name.
  report.mutable_envelope()->mutable_signatures(0)->set_signature(other.envelope().signatures(0).signature());
  return report;
}

std::vector<BadInput> BadInputs() {
  return {
      {"Empty", [](const TestLedger&) { return v1::Report(); }, Refusal::FIELD_MISSING},
      {"HeaderTruncated", Carriage([](v1::Report& r) { r.mutable_envelope()->mutable_payload()->pop_back(); }),
       Refusal::MALFORMED},
      {"PortionTruncated",
       [](const TestLedger& ledger) { return WithContent(ledger, [](std::string& content) { content.pop_back(); }); },
       Refusal::MALFORMED},
      {"PortionTruncatedUnderWay",
       Carriage([](v1::Report& r) { r.mutable_portions(5)->mutable_content()->pop_back(); }),
       Refusal::PORTIONS_MISMATCH},
      {"ContentWithheldUnderWay", Carriage([](v1::Report& r) {
         v1::CarriedPortion& p = *r.mutable_portions(0);
         p.set_id(std::string(crypto::AsBytes(*model::IdOf(p))));
         p.clear_salt();
         p.clear_content();
       }),
       Refusal::FIELD_MISSING},
      {"PortionDropped", Carriage([](v1::Report& r) { r.mutable_portions()->RemoveLast(); }),
       Refusal::PORTIONS_MISMATCH},
      {"PortionTooLarge", Portion([](Portions& p) {
         p[sample::kChina].mutable_entity()->set_description(std::string(model::kMaxPortionBytes + 1, 'a'));
       }),
       Refusal::TOO_LARGE},
      {"TooManyPortions",
       Portion([](Portions& p) { p.resize(model::kMaxPortionsPerReport + 1, p[sample::kOfficials]); }),
       Refusal::TOO_LARGE},
      {"TooManyHops", Portion([](Portions& p) {
         while (static_cast<size_t>(Claim(p).attribution_size()) <= model::kMaxHops) {
           *Claim(p).add_attribution() = Claim(p).attribution(0);
         }
       }),
       Refusal::TOO_LARGE},
      {"HopsCiteInACircle", Portion([](Portions& p) { Claim(p).mutable_attribution(0)->add_cites(1); }),
       Refusal::CYCLE},
      {"DerivedFromItself", Portion([](Portions& p) { Claim(p).add_derived_from()->set_index(sample::kAssertion); }),
       Refusal::CYCLE},
      {"Unmarked", Portion([](Portions& p) { p[sample::kRussia].clear_marking(); }), Refusal::UNMARKED},
      {"MarkedAboveTheBanner",
       Portion([](Portions& p) { p[sample::kRussia].mutable_marking()->set_level(v1::Marking::TS); }),
       Refusal::MARKING_INVALID},
      {"EnumUnknown", Portion([](Portions& p) { Claim(p).set_polarity(static_cast<v1::Assertion::Polarity>(1'000)); }),
       Refusal::FIELD_INVALID},
      {"NotUtf8",
       [](const TestLedger& ledger) {
         return WithContent(ledger, [](std::string& content) { content[content.find("Exports")] = '\xff'; });
       },
       Refusal::NOT_UTF8},
      {"CreatedInTheFuture",
       [](const TestLedger& ledger) {
         return Sign(ledger, sample::GoodPortions(), [](v1::ReportHeader& header) {
           header.mutable_created_at()->set_seconds(header.created_at().seconds() + model::kMaxClockSkewSeconds + 1);
         });
       },
       Refusal::CREATED_IN_FUTURE},
      {"Unsigned", Carriage([](v1::Report& r) { r.mutable_envelope()->clear_signatures(); }), Refusal::UNSIGNED},
      {"SignedByAnotherKeyUnderTheAuthorsName", SignedByAnother, Refusal::SIGNATURE_INVALID},
      {"SignatureOfAnotherReport",
       [](const TestLedger& ledger) {
         v1::Report report = GoodReport(ledger);
         *report.mutable_envelope()->mutable_signatures() = GoodReport(ledger).envelope().signatures();
         return report;
       },
       Refusal::SIGNATURE_INVALID},
      {"SignedByAnUnknownKey",
       [](const TestLedger&) {
         return sample::SignUnchecked(sample::Serialized(sample::GoodPortions()), log::NewKey(), TestLedger::Noon());
       },
       Refusal::KEY_UNKNOWN},
      {"NotSignedByItsAuthor",
       [](const TestLedger& ledger) {
         return Sign(ledger, sample::GoodPortions(),
                     [](v1::ReportHeader& header) { header.set_author_key_id(std::string(32, 'x')); });
       },
       Refusal::UNSIGNED},
  };
}

INSTANTIATE_TEST_SUITE_P(Table, BadInputTest, ::testing::ValuesIn(BadInputs()),
                         [](const auto& row) { return row.param.name; });

TEST(BadInput, OtherContentUnderOneRequestIdIsRefused) {
  TestLedger ledger;
  const std::unique_ptr<Log> log = ledger.Open();
  const auto with_request_id = [](v1::ReportHeader& header) { header.set_request_id("request-1"); };
  ASSERT_TRUE(log->AppendAndWait(Sign(ledger, sample::GoodPortions(), with_request_id)).ok());
  const uint64_t size = log->size();
  const std::string checkpoint = log->checkpoint();
  const absl::StatusOr<Appended> second =
      log->AppendAndWait(Sign(ledger, {sample::Source("Reuters")}, with_request_id));
  EXPECT_EQ(Name(model::ReasonOf(second.status())), Name(Refusal::REQUEST_ID_REUSED)) << second.status();
  ExpectUntouched(ledger, *log, size, checkpoint);
}

TEST(BadInput, WhatIsJustWithinTheLimitsIsRecorded) {
  TestLedger ledger;
  const std::unique_ptr<Log> log = ledger.Open();
  const v1::Report at_skew = Sign(ledger, sample::GoodPortions(), [](v1::ReportHeader& header) {
    header.mutable_created_at()->set_seconds(header.created_at().seconds() + model::kMaxClockSkewSeconds);
  });
  EXPECT_TRUE(log->AppendAndWait(at_skew).ok());
  Portions portions = sample::GoodPortions();
  while (static_cast<size_t>(Claim(portions).attribution_size()) < model::kMaxHops) {
    *Claim(portions).add_attribution() = Claim(portions).attribution(0);
  }
  portions.resize(model::kMaxPortionsPerReport, portions[sample::kOfficials]);
  const absl::StatusOr<Appended> appended = log->AppendAndWait(Sign(ledger, portions));
  EXPECT_TRUE(appended.ok()) << appended.status();
}

// Sends what parses of `bytes`. Says what is wrong where it is neither refused without a trace nor the good report,
// word for word.
std::string ProblemOfSending(Log& log, const v1::Report& good, const std::string& bytes) {
  v1::Report report;
  if (!report.ParseFromString(bytes)) return "";
  const uint64_t size = log.size();
  const absl::StatusOr<Appended> appended = log.AppendAndWait(report);
  if (!appended.ok()) {
    if (model::ReasonOf(appended.status()) == Refusal::REASON_UNSPECIFIED) return appended.status().ToString();
    return log.size() == size ? "" : "refused, but recorded";
  }
  const absl::StatusOr<journal::StoredEntry> stored = log.ReadChecked(appended->receipt.position());
  if (!stored.ok()) return stored.status().ToString();
  v1::Entry entry;
  if (!entry.ParseFromString(stored->entry)) return "the entry does not parse";
  v1::Report recorded;
  *recorded.mutable_envelope() = entry.envelope();
  for (const journal::StoredPortion& portion : stored->portions) {
    v1::CarriedPortion& carried = *recorded.add_portions();
    carried.set_salt(portion.salt);
    carried.set_content(portion.content);
  }
  return recorded.SerializeAsString() == good.SerializeAsString() ? "" : "recorded with other content";
}

class SpoiledBytesTest : public ::testing::Test {
 protected:
  void TearDown() override {
    const absl::StatusOr<Appended> appended = log_->AppendAndWait(good_);
    EXPECT_TRUE(appended.ok()) << appended.status();
  }

  TestLedger ledger_;
  std::unique_ptr<Log> log_ = ledger_.Open();
  v1::Report good_ = GoodReport(ledger_);
  std::string bytes_ = good_.SerializeAsString();
  // Parsing a report's own frame, which is gRPC's work in a server, complains on stderr about the payload type.
  google::protobuf::LogSilencer silencer_;
};

TEST_F(SpoiledBytesTest, NoFlippedBitIsRecordedAsOtherContent) {
  for (size_t bit = 0; bit < bytes_.size() * 8; ++bit) {
    std::string bytes = bytes_;
    bytes[bit / 8] = static_cast<char>(static_cast<unsigned char>(bytes[bit / 8]) ^ (1U << (bit % 8)));
    ASSERT_EQ(ProblemOfSending(*log_, good_, bytes), "") << "bit " << bit % 8 << " of byte " << bit / 8;
  }
}

TEST_F(SpoiledBytesTest, NoTruncationIsRecordedAsOtherContent) {
  for (size_t size = 0; size < bytes_.size(); ++size) {
    ASSERT_EQ(ProblemOfSending(*log_, good_, bytes_.substr(0, size)), "") << "cut to " << size << " bytes";
  }
}

TEST_F(SpoiledBytesTest, NoSplicedBytesAreRecordedAsOtherContent) {
  EXPECT_TRUE(rc::check([this] {
    std::string bytes = bytes_;
    const auto from = *rc::gen::inRange<size_t>(0, bytes.size());
    const auto to = *rc::gen::inRange<size_t>(0, bytes.size());
    const auto length = *rc::gen::inRange<size_t>(1, 64);
    if (*rc::gen::arbitrary<bool>()) bytes.erase(to, length);
    bytes.insert(std::min(to, bytes.size()), bytes_.substr(from, length));
    RC_ASSERT(ProblemOfSending(*log_, good_, bytes) == "");
  }));
}

}  // namespace
}  // namespace sworn
