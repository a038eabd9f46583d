#include "ledger/log/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <functional>
#include <future>
#include <map>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "ledger/crypto/dsse.h"
#include "ledger/log/test_ledger.h"
#include "ledger/merkle/checkpoint.h"
#include "ledger/merkle/proof_file.h"
#include "ledger/merkle/tree_hash.h"
#include "ledger/model/portion.h"
#include "ledger/model/refusal.h"

namespace sworn::log {
namespace {

using ::testing::HasSubstr;

// Lets threads through once it is opened.
class Gate {
 public:
  void Open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void Wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
};

// The answer of an append that is under way.
std::future<absl::StatusOr<Appended>> Send(Log& log, v1::Report report) {
  const auto answer = std::make_shared<std::promise<absl::StatusOr<Appended>>>();
  log.Append(std::move(report),
             [answer](absl::StatusOr<Appended> appended) { answer->set_value(std::move(appended)); });
  return answer->get_future();
}

// That the receipt ties the report to a checkpoint signed by the ledger.
void ExpectGoodReceipt(const Log& log, const v1::Report& report, const v1::Receipt& receipt) {
  EXPECT_EQ(receipt.report_id(), crypto::AsBytes(model::ReportId(report.envelope())));
  const absl::StatusOr<merkle::Checkpoint> checkpoint =
      merkle::OpenCheckpoint(receipt.checkpoint(), log.verifier_key());
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  std::vector<crypto::Hash> path;
  for (const std::string& hash : receipt.inclusion_path()) {
    path.push_back(crypto::HashFromBytes(hash).value());
  }
  const absl::Status included = merkle::VerifyInclusion(receipt.position(), checkpoint->size,
                                                        merkle::LeafHash(receipt.entry()), path, checkpoint->root);
  EXPECT_TRUE(included.ok()) << included;
  v1::Entry entry;
  ASSERT_TRUE(entry.ParseFromString(receipt.entry()));
  EXPECT_EQ(entry.envelope().SerializeAsString(), report.envelope().SerializeAsString());
  EXPECT_EQ(entry.recorded_at().seconds(), receipt.recorded_at().seconds());
}

model::Reason ReasonOf(const absl::StatusOr<Appended>& appended) { return model::ReasonOf(appended.status()); }

crypto::Hash FirstPortionId(const v1::Report& report) { return model::IdOf(report.portions(0)).value(); }

TEST(Log, AnswersWithReceiptsThatVerify) {
  TestLedger ledger;
  const std::unique_ptr<Log> log = ledger.Open();
  EXPECT_EQ(log->size(), 1U);
  for (int i = 0; i < 20; ++i) {
    const v1::Report report = ledger.Report({EntityPortion("China"), EntityPortion("Russia")});
    const absl::StatusOr<Appended> appended = log->AppendAndWait(report);
    ASSERT_TRUE(appended.ok()) << appended.status();
    EXPECT_FALSE(appended->already_recorded);
    EXPECT_EQ(appended->receipt.position(), static_cast<uint64_t>(i) + 1);
    ExpectGoodReceipt(*log, report, appended->receipt);
    const absl::StatusOr<v1::Receipt> later = log->ReceiptOf(model::ReportId(report.envelope()));
    ASSERT_TRUE(later.ok()) << later.status();
    ExpectGoodReceipt(*log, report, *later);
  }
  EXPECT_TRUE(absl::IsNotFound(log->ReceiptOf(crypto::Sha256("nothing")).status()));
}

TEST(Log, ManyThreadsShareOneWritePerGroup) {
  constexpr size_t kThreads = 8;
  constexpr size_t kReportsPerThread = 25;
  TestLedger ledger;
  std::vector<v1::Report> reports;
  reports.reserve(kThreads * kReportsPerThread);
  for (size_t i = 0; i < kThreads * kReportsPerThread; ++i) {
    reports.push_back(ledger.Report({EntityPortion("entity " + std::to_string(i))}));
  }
  const std::unique_ptr<Log> log = ledger.Open();
  std::vector<std::thread> threads;
  std::atomic<bool> reading{true};
  threads.emplace_back([&log, &reading] {
    while (reading.load()) {
      const uint64_t size = log->size();
      EXPECT_TRUE(log->ReadChecked(size - 1).ok());
      EXPECT_GE(merkle::OpenCheckpoint(log->checkpoint(), log->verifier_key())->size, size);
    }
  });
  for (size_t thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&log, &reports, thread] {
      for (size_t i = 0; i < kReportsPerThread; ++i) {
        const v1::Report& report = reports[thread * kReportsPerThread + i];
        const absl::StatusOr<Appended> appended = log->AppendAndWait(report);
        ASSERT_TRUE(appended.ok()) << appended.status();
        ExpectGoodReceipt(*log, report, appended->receipt);
      }
    });
  }
  for (size_t i = 1; i < threads.size(); ++i) {
    threads[i].join();
  }
  reading.store(false);
  threads[0].join();

  EXPECT_EQ(log->size(), 1U + reports.size());
  const LogCounters counters = log->counters();
  EXPECT_EQ(counters.reports, log->size());
  EXPECT_EQ(counters.groups, ledger.faults().group_sizes.size());
  EXPECT_EQ(std::accumulate(ledger.faults().group_sizes.begin(), ledger.faults().group_sizes.end(), size_t{0}),
            log->size());
}

TEST(Log, FillsTheNextGroupWhileOneIsWritten) {
  constexpr size_t kReports = 100;
  TestLedger ledger;
  std::vector<v1::Report> reports;
  reports.reserve(kReports);
  for (size_t i = 0; i < kReports; ++i) {
    reports.push_back(ledger.Report({EntityPortion("entity " + std::to_string(i))}));
  }
  // The clock is asked once for each report that is verified, and once for each group.
  std::promise<void> all_verified;
  std::atomic<size_t> asked{0};
  Gate gate;
  ledger.options().now = [&] {
    if (++asked == kReports + 1) {
      all_verified.set_value();
    }
    return TestLedger::Noon();
  };
  std::unique_ptr<Log> log = ledger.Open();
  asked = 0;
  ledger.faults().before_append = [&gate] {
    gate.Wait();
    return absl::OkStatus();
  };
  std::vector<std::future<absl::StatusOr<Appended>>> answers;
  answers.reserve(reports.size());
  for (const v1::Report& report : reports) {
    answers.push_back(Send(*log, report));
  }
  all_verified.get_future().wait();
  gate.Open();
  for (size_t i = 0; i < kReports; ++i) {
    const absl::StatusOr<Appended> appended = answers[i].get();
    ASSERT_TRUE(appended.ok()) << appended.status();
    ExpectGoodReceipt(*log, reports[i], appended->receipt);
  }
  // Entry 0, the group that waited, and what was verified meanwhile; the last of each verifying thread may come after.
  EXPECT_LE(log->counters().groups, 3 + ledger.options().verify_threads);
}

TEST(Log, TheSameReportAgainGetsTheFirstReceipt) {
  TestLedger ledger;
  const v1::Report report = ledger.Report({EntityPortion("China")}, "once");
  std::unique_ptr<Log> log = ledger.Open();
  std::vector<std::future<absl::StatusOr<Appended>>> answers;
  answers.reserve(10);
  for (int i = 0; i < 10; ++i) {
    answers.push_back(Send(*log, report));
  }
  int first_time = 0;
  for (std::future<absl::StatusOr<Appended>>& answer : answers) {
    const absl::StatusOr<Appended> appended = answer.get();
    ASSERT_TRUE(appended.ok()) << appended.status();
    EXPECT_EQ(appended->receipt.position(), 1U);
    ExpectGoodReceipt(*log, report, appended->receipt);
    first_time += appended->already_recorded ? 0 : 1;
  }
  EXPECT_EQ(first_time, 1);
  EXPECT_EQ(log->counters().already_recorded, 9U);
  ASSERT_TRUE(log->AppendAndWait(ledger.Report({EntityPortion("Russia")})).ok());

  log.reset();
  log = ledger.Open();
  const absl::StatusOr<Appended> again = log->AppendAndWait(report);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(again->already_recorded);
  EXPECT_EQ(again->receipt.position(), 1U);
  ExpectGoodReceipt(*log, report, again->receipt);
  EXPECT_EQ(log->size(), 3U);

  const std::string author_key_id(crypto::AsBytes(ledger.author().public_key().key_id()));
  const absl::StatusOr<v1::Receipt> by_request = log->ReceiptOfRequest(author_key_id, "once");
  ASSERT_TRUE(by_request.ok()) << by_request.status();
  ExpectGoodReceipt(*log, report, *by_request);
  EXPECT_TRUE(absl::IsNotFound(log->ReceiptOfRequest(author_key_id, "never").status()));
}

TEST(Log, OneContentPerAuthorAndRequestId) {
  TestLedger ledger;
  const std::unique_ptr<Log> log = ledger.Open();
  const crypto::PrivateKey bob = ledger.Register(*log, "bob", v1::Principal::REPORTER);
  std::future<absl::StatusOr<Appended>> first = Send(*log, ledger.Report({EntityPortion("China")}, "request"));
  std::future<absl::StatusOr<Appended>> second = Send(*log, ledger.Report({EntityPortion("Russia")}, "request"));
  const std::vector<absl::StatusOr<Appended>> appended = {first.get(), second.get()};
  ASSERT_NE(appended[0].ok(), appended[1].ok());
  EXPECT_EQ(ReasonOf(appended[appended[0].ok() ? 1 : 0]), v1::Refusal::REQUEST_ID_REUSED);
  EXPECT_EQ(ReasonOf(log->AppendAndWait(ledger.Report({EntityPortion("Iran")}, "request"))),
            v1::Refusal::REQUEST_ID_REUSED);
  EXPECT_TRUE(log->AppendAndWait(ledger.Report({EntityPortion("Iran")}, bob, "request")).ok());
}

TEST(Log, RefusesAndRecordsNothing) {
  TestLedger ledger;
  const std::unique_ptr<Log> log = ledger.Open();
  const crypto::PrivateKey bob = ledger.Register(*log, "bob", v1::Principal::REPORTER);
  const crypto::PrivateKey carol = ledger.Register(*log, "carol", v1::Principal::ANALYST);
  const crypto::PrivateKey stranger = NewKey();
  const v1::Report good = ledger.Report({EntityPortion("China")});

  struct Case {
    std::string name;
    v1::Report report;
    model::Reason reason;
  };
  std::vector<Case> cases;
  cases.push_back({"empty", v1::Report(), v1::Refusal::REASON_UNSPECIFIED});
  cases.push_back({"unsigned", good, v1::Refusal::UNSIGNED});
  cases.back().report.mutable_envelope()->clear_signatures();
  cases.push_back({"wrongly signed", good, v1::Refusal::SIGNATURE_INVALID});
  (*cases.back().report.mutable_envelope()->mutable_signatures(0)->mutable_signature())[10] ^= 1;
  cases.push_back(
      {"signed by an unknown key", TestLedger::Report({EntityPortion("China")}, stranger), v1::Refusal::KEY_UNKNOWN});
  cases.push_back({"signed for another author", good, v1::Refusal::UNSIGNED});
  cases.back().report.mutable_envelope()->clear_signatures();
  ASSERT_TRUE(crypto::SignEnvelope(bob, *cases.back().report.mutable_envelope()).ok());
  cases.push_back({"signed by the ledger's key",
                   TestLedger::Report({EntityPortion("China")}, *ledger.directory().ReadLedgerKey()),
                   v1::Refusal::NOT_PERMITTED});
  cases.push_back({"no reporter", TestLedger::Report({EntityPortion("China")}, carol), v1::Refusal::NOT_PERMITTED});
  cases.push_back({"registers without being admin",
                   TestLedger::Report({PrincipalPortion("dave", v1::Principal::REPORTER)}, bob),
                   v1::Refusal::NOT_PERMITTED});
  cases.push_back({"registers a name twice", ledger.Report({PrincipalPortion("bob", v1::Principal::REPORTER)}),
                   v1::Refusal::FIELD_INVALID});
  cases.push_back({"another portion", good, v1::Refusal::PORTIONS_MISMATCH});
  cases.back().report.mutable_portions(0)->set_content(EntityPortion("Chile").SerializeAsString());
  cases.push_back({"bytes that are no portion", good, v1::Refusal::REASON_UNSPECIFIED});
  cases.back().report.mutable_portions(0)->set_content("\xff\xff\xff");
  {
    model::ReportBuilder late;
    late.Add(EntityPortion("China"));
    cases.push_back({"created in the future",
                     late.Sign({&ledger.author()}, TestLedger::Noon() + absl::Minutes(6)).value(),
                     v1::Refusal::CREATED_IN_FUTURE});
  }
  const uint64_t size = log->size();
  for (const Case& bad : cases) {
    const absl::StatusOr<Appended> appended = log->AppendAndWait(bad.report);
    EXPECT_FALSE(appended.ok()) << bad.name;
    if (bad.reason != v1::Refusal::REASON_UNSPECIFIED) {
      EXPECT_EQ(ReasonOf(appended), bad.reason) << bad.name << ": " << appended.status();
    }
    EXPECT_EQ(log->size(), size) << bad.name;
  }
  EXPECT_EQ(log->counters().refused, cases.size());
  EXPECT_TRUE(log->AppendAndWait(good).ok());
}

TEST(Log, FirstReportRegistersTheLedgersKey) {
  TestLedger ledger;
  const absl::StatusOr<std::unique_ptr<Log>> log = ledger.TryOpen();
  ASSERT_TRUE(log.ok()) << log.status();
  EXPECT_EQ(merkle::OpenCheckpoint((*log)->checkpoint(), (*log)->verifier_key())->size, 0U);
  EXPECT_FALSE((*log)->AppendAndWait(ledger.Report({EntityPortion("China")})).ok());
  // Entry 0 of another ledger.
  TestLedger other;
  EXPECT_EQ(ReasonOf((*log)->AppendAndWait(other.Genesis())), v1::Refusal::NOT_PERMITTED);
  EXPECT_EQ((*log)->size(), 0U);
  EXPECT_TRUE((*log)->AppendAndWait(ledger.Genesis()).ok());
  EXPECT_EQ((*log)->registry()->AuthorName(ledger.author().public_key().key_id()), "alice");
  EXPECT_FALSE((*log)->AppendAndWait(ledger.Genesis()).ok());
}

TEST(Log, OnlyTheAuthorOrAnAdminWithAReasonRetracts) {
  TestLedger ledger;
  const std::unique_ptr<Log> log = ledger.Open();
  const crypto::PrivateKey bob = ledger.Register(*log, "bob", v1::Principal::REPORTER);
  const crypto::PrivateKey carol = ledger.Register(*log, "carol", v1::Principal::REPORTER);
  const v1::Report by_bob = TestLedger::Report({EntityPortion("China")}, bob);
  ASSERT_TRUE(log->AppendAndWait(by_bob).ok());
  const v1::Reference target = ById(FirstPortionId(by_bob));

  EXPECT_EQ(ReasonOf(log->AppendAndWait(ledger.Report({RetractPortion(target, "wrong")}, carol))),
            v1::Refusal::NOT_PERMITTED);
  EXPECT_EQ(ReasonOf(log->AppendAndWait(ledger.Report({RetractPortion(target, "")}))), v1::Refusal::NOT_PERMITTED);
  EXPECT_EQ(
      ReasonOf(log->AppendAndWait(ledger.Report({RetractPortion(ById(crypto::Sha256("nothing")), "wrong")}, bob))),
      v1::Refusal::NOT_PERMITTED);

  // A copy of somebody else's portion gives no right over it.
  v1::Report copy = TestLedger::Report({EntityPortion("China"), RetractPortion(target, "wrong")}, carol);
  *copy.mutable_portions(0) = by_bob.portions(0);
  v1::ReportHeader header;
  ASSERT_TRUE(header.ParseFromString(copy.envelope().payload()));
  header.set_portions_root(std::string(crypto::AsBytes(model::PortionsRoot(copy.portions()).value())));
  copy.mutable_envelope()->set_payload(header.SerializeAsString());
  copy.mutable_envelope()->clear_signatures();
  ASSERT_TRUE(crypto::SignEnvelope(carol, *copy.mutable_envelope()).ok());
  EXPECT_EQ(ReasonOf(log->AppendAndWait(copy)), v1::Refusal::NOT_PERMITTED);

  EXPECT_TRUE(log->AppendAndWait(ledger.Report({RetractPortion(target, "")}, bob)).ok());
  EXPECT_TRUE(log->AppendAndWait(ledger.Report({RetractPortion(target, "asked to by bob")})).ok());
  v1::Portion dispute = RetractPortion(target, "seen otherwise");
  dispute.mutable_judgement()->set_kind(v1::Judgement::DISPUTE);
  EXPECT_TRUE(log->AppendAndWait(ledger.Report({dispute}, carol)).ok());
  v1::Reference own;
  own.set_index(0);
  EXPECT_TRUE(log->AppendAndWait(ledger.Report({EntityPortion("Chine"), RetractPortion(own, "")}, carol)).ok());
}

TEST(Log, RetractsWhatIsStillInTheSameQueue) {
  TestLedger ledger;
  ledger.options().verify_threads = 1;
  const std::unique_ptr<Log> log = ledger.Open();
  Gate gate;
  ledger.faults().before_append = [&gate] {
    gate.Wait();
    return absl::OkStatus();
  };
  const v1::Report report = ledger.Report({EntityPortion("China")});
  std::vector<std::future<absl::StatusOr<Appended>>> answers;
  answers.push_back(Send(*log, ledger.Report({EntityPortion("first")})));
  answers.push_back(Send(*log, report));
  answers.push_back(Send(*log, ledger.Report({RetractPortion(ById(FirstPortionId(report)), "")})));
  gate.Open();
  for (std::future<absl::StatusOr<Appended>>& answer : answers) {
    const absl::StatusOr<Appended> appended = answer.get();
    EXPECT_TRUE(appended.ok()) << appended.status();
  }
}

TEST(Log, RefusesMoreThanItMayHold) {
  TestLedger ledger;
  ledger.options().max_waiting_reports = 3;
  const std::unique_ptr<Log> log = ledger.Open();
  Gate gate;
  std::promise<void> writing;
  std::atomic<bool> is_first{true};
  ledger.faults().before_append = [&gate, &writing, &is_first] {
    if (is_first.exchange(false)) {
      writing.set_value();
    }
    gate.Wait();
    return absl::OkStatus();
  };
  std::vector<std::future<absl::StatusOr<Appended>>> answers;
  answers.push_back(Send(*log, ledger.Report({EntityPortion("written")})));
  writing.get_future().wait();
  for (int i = 0; i < 3; ++i) {
    answers.push_back(Send(*log, ledger.Report({EntityPortion("waits")})));
  }
  EXPECT_EQ(ReasonOf(log->AppendAndWait(ledger.Report({EntityPortion("too many")}))), v1::Refusal::OVERLOADED);
  gate.Open();
  for (std::future<absl::StatusOr<Appended>>& answer : answers) {
    EXPECT_TRUE(answer.get().ok());
  }
}

TEST(Log, FinishesWhatItAcceptedBeforeItCloses) {
  TestLedger ledger;
  std::vector<std::future<absl::StatusOr<Appended>>> answers;
  {
    const std::unique_ptr<Log> log = ledger.Open();
    for (int i = 0; i < 50; ++i) {
      answers.push_back(Send(*log, ledger.Report({EntityPortion("entity")})));
    }
  }
  for (std::future<absl::StatusOr<Appended>>& answer : answers) {
    EXPECT_TRUE(answer.get().ok());
  }
  EXPECT_EQ(ledger.Open()->size(), 51U);
}

TEST(Log, RecordedTimeNeverRunsBack) {
  TestLedger ledger;
  std::unique_ptr<Log> log = ledger.Open();
  ledger.set_now(TestLedger::Noon() + absl::Seconds(10));
  ASSERT_TRUE(log->AppendAndWait(ledger.Report({EntityPortion("China")})).ok());
  log.reset();
  ledger.set_now(TestLedger::Noon());
  log = ledger.Open();
  const absl::StatusOr<Appended> appended = log->AppendAndWait(ledger.Report({EntityPortion("Russia")}));
  ASSERT_TRUE(appended.ok()) << appended.status();
  EXPECT_EQ(appended->receipt.recorded_at().seconds(), absl::ToUnixSeconds(TestLedger::Noon()) + 10);
}

TEST(Log, OpensAsItWasClosed) {
  TestLedger ledger;
  std::unique_ptr<Log> log = ledger.Open();
  const crypto::PrivateKey bob = ledger.Register(*log, "bob", v1::Principal::REPORTER);
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(log->AppendAndWait(ledger.Report({EntityPortion("entity")}, bob)).ok());
  }
  const std::string checkpoint = log->checkpoint();
  log.reset();
  log = ledger.Open();
  EXPECT_EQ(log->size(), 7U);
  EXPECT_EQ(log->checkpoint(), checkpoint);
  EXPECT_EQ(log->registry()->AuthorName(bob.public_key().key_id()), "bob");
  const v1::Report report = TestLedger::Report({EntityPortion("after")}, bob);
  const absl::StatusOr<Appended> appended = log->AppendAndWait(report);
  ASSERT_TRUE(appended.ok()) << appended.status();
  ExpectGoodReceipt(*log, report, appended->receipt);
}

TEST(Log, TellsSizesAfterTheyAreDurable) {
  TestLedger ledger;
  std::vector<uint64_t> sizes;
  ledger.options().on_recorded = [&sizes](uint64_t size) { sizes.push_back(size); };
  std::unique_ptr<Log> log = ledger.Open();
  ASSERT_TRUE(log->AppendAndWait(ledger.Report({EntityPortion("China")})).ok());
  log.reset();
  EXPECT_EQ(sizes, (std::vector<uint64_t>{1, 2}));
}

class ForkGuardTest : public ::testing::Test {
 protected:
  // A ledger with two more entries than the copy of its journal in `old_journal()`.
  void SetUp() override {
    std::unique_ptr<Log> log = ledger_.Open();
    ASSERT_TRUE(log->AppendAndWait(ledger_.Report({EntityPortion("China")})).ok());
    log.reset();
    Copy(journal(), old_journal());
    Copy(guard(), guard() + ".old");
    log = ledger_.Open();
    ASSERT_TRUE(log->AppendAndWait(ledger_.Report({EntityPortion("Russia")})).ok());
    ASSERT_TRUE(log->AppendAndWait(ledger_.Report({EntityPortion("Iran")})).ok());
  }

  static void Copy(const std::string& from, const std::string& to) {
    std::filesystem::remove_all(to);
    std::filesystem::copy(from, to, std::filesystem::copy_options::recursive);
  }

  std::string journal() const { return ledger_.directory().journal_path(); }
  std::string old_journal() const { return journal() + ".old"; }
  std::string guard() const { return ledger_.directory().guard_path(); }

  void ExpectForked() {
    const absl::Status status = ledger_.TryOpen().status();
    EXPECT_TRUE(absl::IsAborted(status)) << status;
    EXPECT_EQ(model::ReasonOf(status), v1::Refusal::FORKED);
  }

  TestLedger ledger_;
};

TEST_F(ForkGuardTest, RefusesAnOlderCopy) {
  Copy(old_journal(), journal());
  ExpectForked();
}

TEST_F(ForkGuardTest, RefusesAnEmptyJournal) {
  std::filesystem::remove_all(journal());
  ExpectForked();
}

TEST_F(ForkGuardTest, RefusesAnotherHistoryOfTheSameLength) {
  const std::string signed_guard = guard() + ".signed";
  Copy(guard(), signed_guard);
  // The old copy, with its own guard, goes another way.
  Copy(old_journal(), journal());
  Copy(guard() + ".old", guard());
  {
    const std::unique_ptr<Log> log = ledger_.Open();
    ASSERT_TRUE(log->AppendAndWait(ledger_.Report({EntityPortion("Chile")})).ok());
    ASSERT_TRUE(log->AppendAndWait(ledger_.Report({EntityPortion("Peru")})).ok());
    ASSERT_TRUE(log->AppendAndWait(ledger_.Report({EntityPortion("Cuba")})).ok());
  }
  Copy(signed_guard, guard());
  ExpectForked();
}

TEST_F(ForkGuardTest, RefusesAGuardThatDoesNotVerify) {
  journal::FlipByte(guard(), static_cast<std::streamoff>(std::filesystem::file_size(guard())) - 10);
  const absl::Status status = ledger_.TryOpen().status();
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
}

TEST_F(ForkGuardTest, TakesAnOlderGuard) {
  Copy(guard() + ".old", guard());
  EXPECT_EQ(ledger_.Open()->size(), 4U);
  std::filesystem::remove(guard());
  EXPECT_EQ(ledger_.Open()->size(), 4U);
  EXPECT_TRUE(std::filesystem::exists(guard()));
}

// A log whose last entries are durable and not under a checkpoint, as a crash leaves it.
class RecoveryTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::unique_ptr<Log> log = ledger_.Open();
    ASSERT_TRUE(log->AppendAndWait(ledger_.Report({EntityPortion("China")})).ok());
    std::filesystem::copy(ledger_.directory().guard_path(), ledger_.directory().path() + "/old-checkpoint");
    ledger_.faults().drop_checkpoints = true;
    ASSERT_TRUE(log->AppendAndWait(ledger_.Report({EntityPortion("Russia")})).ok());
    ASSERT_TRUE(log->AppendAndWait(ledger_.Report({EntityPortion("Iran")})).ok());
    checkpoint_ = log->checkpoint();
    log.reset();
    std::filesystem::copy(ledger_.directory().path() + "/old-checkpoint", ledger_.directory().guard_path(),
                          std::filesystem::copy_options::overwrite_existing);
    ledger_.faults().drop_checkpoints = false;
  }

  void ExpectDamaged(uint64_t position) {
    const absl::Status status = ledger_.TryOpen().status();
    EXPECT_TRUE(absl::IsDataLoss(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("entry " + std::to_string(position)));
  }

  TestLedger ledger_;
  std::string checkpoint_;
};

TEST_F(RecoveryTest, SignsWhatIsDurable) {
  const std::unique_ptr<Log> log = ledger_.Open();
  EXPECT_EQ(log->size(), 4U);
  EXPECT_EQ(log->checkpoint(), checkpoint_);
}

TEST_F(RecoveryTest, DoesNotSignOverAnEntryThatChanged) {
  ledger_.faults().on_read = [](journal::StoredEntry& entry) {
    if (entry.position == 3) {
      entry.entry[5] ^= 1;
    }
  };
  ExpectDamaged(3);
}

TEST_F(RecoveryTest, DoesNotSignOverAPortionThatChanged) {
  ledger_.faults().on_read = [](journal::StoredEntry& entry) {
    if (entry.position == 2) {
      entry.portions[0].content.back() ^= 1;
    }
  };
  ExpectDamaged(2);
}

TEST_F(RecoveryTest, DoesNotSignOverAPortionThatIsGone) {
  ledger_.faults().on_read = [](journal::StoredEntry& entry) {
    if (entry.position == 2) {
      entry.portions.clear();
    }
  };
  ExpectDamaged(2);
}

TEST(LogFailure, StopsWhenTheOutcomeOfAWriteIsUnknown) {
  TestLedger ledger;
  const std::unique_ptr<Log> log = ledger.Open();
  const std::string checkpoint = log->checkpoint();
  ledger.faults().before_append = [] { return absl::InternalError("the disk is gone"); };
  const absl::Status unknown = log->AppendAndWait(ledger.Report({EntityPortion("China")})).status();
  EXPECT_EQ(unknown.code(), absl::StatusCode::kUnknown) << unknown;
  EXPECT_THAT(std::string(unknown.message()), HasSubstr("the disk is gone"));
  ledger.faults().before_append = nullptr;
  const absl::Status stopped = log->AppendAndWait(ledger.Report({EntityPortion("Russia")})).status();
  EXPECT_TRUE(absl::IsUnavailable(stopped)) << stopped;
  EXPECT_EQ(log->checkpoint(), checkpoint);
  EXPECT_EQ(log->size(), 1U);
}

TEST(LogFailure, DoesNotSignWhatWasStoredWrongly) {
  TestLedger ledger;
  const std::unique_ptr<Log> log = ledger.Open();
  const std::string checkpoint = log->checkpoint();
  ledger.faults().on_read_entry = [](uint64_t, std::string& entry) { entry.back() ^= 1; };
  const absl::Status status = log->AppendAndWait(ledger.Report({EntityPortion("China")})).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnknown) << status;
  EXPECT_EQ(log->checkpoint(), checkpoint);
}

TEST(LogReads, ChecksEveryHash) {
  TestLedger ledger;
  const std::unique_ptr<Log> log = ledger.Open();
  ASSERT_TRUE(log->AppendAndWait(ledger.Report({EntityPortion("China"), EntityPortion("Russia")})).ok());
  ASSERT_TRUE(log->ReadChecked(1).ok());
  EXPECT_TRUE(absl::IsNotFound(log->ReadChecked(2).status()));
  const std::vector<std::function<void(journal::StoredEntry&)>> changes = {
      [](journal::StoredEntry& entry) { entry.entry[3] ^= 1; },
      [](journal::StoredEntry& entry) { entry.report_id[0] ^= 1; },
      [](journal::StoredEntry& entry) { entry.request_key[0] ^= 1; },
      [](journal::StoredEntry& entry) { entry.portions[1].content[0] ^= 1; },
      [](journal::StoredEntry& entry) { entry.portions[1].salt[0] ^= 1; },
      [](journal::StoredEntry& entry) { entry.portions[1].id[0] ^= 1; },
      [](journal::StoredEntry& entry) { std::swap(entry.portions[0], entry.portions[1]); },
      [](journal::StoredEntry& entry) { entry.portions.pop_back(); },
  };
  for (const auto& change : changes) {
    ledger.faults().on_read = change;
    const absl::Status status = log->ReadChecked(1).status();
    EXPECT_TRUE(absl::IsDataLoss(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("entry 1"));
  }
  // Content that was erased leaves its id.
  ledger.faults().on_read = [](journal::StoredEntry& entry) {
    entry.portions[1].salt.clear();
    entry.portions[1].content.clear();
  };
  EXPECT_TRUE(log->ReadChecked(1).ok());
}

TEST(LogReads, ResolvesPrefixes) {
  TestLedger ledger;
  const std::unique_ptr<Log> log = ledger.Open();
  const v1::Report report = ledger.Report({EntityPortion("China")});
  ASSERT_TRUE(log->AppendAndWait(report).ok());
  const std::string id = crypto::ToHex(FirstPortionId(report));
  for (const size_t digits : {7U, 12U, 64U}) {
    const absl::StatusOr<journal::Location> location = log->Resolve(id.substr(0, digits));
    ASSERT_TRUE(location.ok()) << location.status();
    EXPECT_EQ(crypto::ToHex(location->id), id);
    EXPECT_EQ(location->position, 1U);
  }
  EXPECT_EQ(model::ReasonOf(log->Resolve(id.substr(0, 5)).status()), v1::Refusal::FIELD_INVALID);
  EXPECT_EQ(model::ReasonOf(log->Resolve("not hex").status()), v1::Refusal::FIELD_INVALID);
  EXPECT_EQ(model::ReasonOf(log->Resolve(id + "00").status()), v1::Refusal::NOT_FOUND);
  EXPECT_EQ(model::ReasonOf(log->Resolve(std::string(64, '0')).status()), v1::Refusal::NOT_FOUND);
}

TEST(LogReads, AmbiguousPrefixNamesTheCandidates) {
  TestLedger ledger;
  const std::unique_ptr<Log> log = ledger.Open();
  // Ids are random: a report of many portions is made until two of them begin alike.
  const std::vector<v1::Portion> portions(10'000, EntityPortion("entity"));
  std::vector<std::string> alike;
  while (alike.empty()) {
    const v1::Report report = ledger.Report(portions);
    std::map<std::string, std::string> seen;
    for (const v1::CarriedPortion& portion : report.portions()) {
      const std::string id = crypto::ToHex(model::IdOf(portion).value());
      const auto [other, is_new] = seen.emplace(id.substr(0, 6), id);
      if (!is_new) {
        alike = {other->second, id};
      }
    }
    if (!alike.empty()) {
      ASSERT_TRUE(log->AppendAndWait(report).ok());
    }
  }
  const absl::Status status = log->Resolve(alike[0].substr(0, 6)).status();
  EXPECT_EQ(model::ReasonOf(status), v1::Refusal::AMBIGUOUS) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(alike[0]));
  EXPECT_THAT(std::string(status.message()), HasSubstr(alike[1]));
}

TEST(LogReads, ProofFilesHoldTheWholeChain) {
  TestLedger ledger;
  const std::unique_ptr<Log> log = ledger.Open();
  const crypto::PrivateKey bob = ledger.Register(*log, "bob", v1::Principal::REPORTER);
  model::ReportBuilder builder;
  for (const char* const name : {"China", "Russia", "Iran"}) {
    builder.Add(EntityPortion(name));
  }
  const v1::Report report = builder.Sign({&bob, &ledger.author()}, TestLedger::Noon()).value();
  ASSERT_TRUE(log->AppendAndWait(report).ok());
  ASSERT_TRUE(log->AppendAndWait(ledger.Report({EntityPortion("later")})).ok());

  const absl::StatusOr<journal::Location> location =
      log->Resolve(crypto::ToHex(model::IdOf(report.portions(2)).value()));
  ASSERT_TRUE(location.ok()) << location.status();
  const absl::StatusOr<std::string> text = log->ProvePortion(*location);
  ASSERT_TRUE(text.ok()) << text.status();
  const absl::StatusOr<merkle::ProofFile> file = merkle::ParseProofFile(*text);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->checkpoint, log->checkpoint());
  const merkle::Checkpoint checkpoint = merkle::OpenCheckpoint(file->checkpoint, log->verifier_key()).value();
  v1::ProofExtra extra;
  ASSERT_TRUE(extra.ParseFromString(file->extra));
  ASSERT_EQ(extra.entries_size(), 3);
  EXPECT_EQ(extra.entries(0).position(), 0U) << "the key of alice";
  EXPECT_EQ(extra.entries(1).position(), 1U) << "the key of bob";
  EXPECT_TRUE(merkle::VerifyInclusion(file->index, checkpoint.size, merkle::LeafHash(extra.entries(2).entry()),
                                      file->inclusion_path, checkpoint.root)
                  .ok());
  ASSERT_EQ(extra.portions_size(), 1);
  EXPECT_EQ(extra.portions(0).position(), file->index);
  EXPECT_EQ(extra.portions(0).index(), 2U);
  EXPECT_EQ(extra.entries(2).portions(0).portion().content(), report.portions(2).content());
  const absl::Status of_report =
      log->ProvePortion(log->Resolve(crypto::ToHex(model::ReportId(report.envelope()))).value()).status();
  EXPECT_TRUE(absl::IsInvalidArgument(of_report)) << of_report;
}

}  // namespace
}  // namespace sworn::log
