// A writer killed at any moment loses no report that it acknowledged, and leaves a log that opens and audits clean.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <memory>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "ledger/crypto/key_file.h"
#include "ledger/log/audit.h"
#include "ledger/log/test_ledger.h"
#include "ledger/proof/verify_proof.h"

namespace sworn {
namespace {

using log::Log;
using log::TestLedger;

constexpr int kRounds = 32;
constexpr size_t kMaxAcknowledgements = 80;

struct Acknowledged {
  crypto::Hash report_id{};
  uint64_t position = 0;
};

// The writer (crash_writer.cc) in a process of its own.
class Writer {
 public:
  Writer(const std::string& directory, const std::string& key_file) {
    std::array<int, 2> ends{};
    EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
    output_ = ends[0];
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    std::vector<std::string> words = {CRASH_WRITER, directory, key_file};
    std::vector<char*> arguments;
    arguments.reserve(words.size() + 1);
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    EXPECT_EQ(posix_spawn(&process_, words[0].c_str(), &actions, nullptr, arguments.data(), environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
  }
  ~Writer() { close(output_); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  Writer(Writer&&) = delete;
  Writer& operator=(Writer&&) = delete;

  // Kills the writer once it has acknowledged `count` reports. Everything it acknowledged is returned, what it printed
  // in its last moment included.
  std::vector<Acknowledged> KillAfter(size_t count) {
    std::string printed;
    bool more = true;
    while (more && static_cast<size_t>(std::count(printed.begin(), printed.end(), '\n')) < count) {
      more = ReadSome(printed);
    }
    EXPECT_TRUE(more) << "the writer ended by itself";
    EXPECT_EQ(kill(process_, SIGKILL), 0);
    while (ReadSome(printed)) {
    }
    int status = 0;
    EXPECT_EQ(waitpid(process_, &status, 0), process_);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    return Parse(printed);
  }

 private:
  bool ReadSome(std::string& printed) const {
    std::array<char, 4'096> buffer{};
    const ssize_t bytes = read(output_, buffer.data(), buffer.size());
    if (bytes > 0) printed.append(buffer.data(), static_cast<size_t>(bytes));
    return bytes > 0;
  }

  static std::vector<Acknowledged> Parse(const std::string& printed) {
    std::vector<Acknowledged> acknowledged;
    std::istringstream lines(printed);
    std::string hex;
    uint64_t position = 0;
    while (lines >> hex >> position) {
      acknowledged.push_back({*crypto::HashFromBytes(*crypto::FromHex(hex)), position});
    }
    return acknowledged;
  }

  pid_t process_ = -1;
  int output_ = -1;
};

// That the log holds the report where its receipt said, and still gives a receipt that verifies.
void ExpectRecorded(const Log& log, const Acknowledged& acknowledged) {
  const absl::StatusOr<v1::Receipt> receipt = log.ReceiptOf(acknowledged.report_id);
  ASSERT_TRUE(receipt.ok()) << crypto::ToHex(acknowledged.report_id) << ": " << receipt.status();
  EXPECT_EQ(receipt->position(), acknowledged.position);
  const absl::StatusOr<journal::StoredEntry> stored = log.ReadChecked(acknowledged.position);
  ASSERT_TRUE(stored.ok()) << stored.status();
  EXPECT_EQ(stored->report_id, acknowledged.report_id);
  v1::Entry entry;
  ASSERT_TRUE(entry.ParseFromString(stored->entry));
  v1::Report report;
  report.mutable_envelope()->Swap(entry.mutable_envelope());
  EXPECT_TRUE(proof::VerifyReceipt(*receipt, report, log.verifier_key()).ok());
}

void ExpectAuditsClean(const Log& log) {
  log::AuditOptions options;
  options.checkpoints = {{"the last checkpoint", log.checkpoint()}};
  const log::AuditReport audit = log::AuditJournal(log.journal(), log.verifier_key(), options);
  EXPECT_EQ(audit.counts.entries, log.size());
  for (const log::Finding& finding : audit.findings) {
    ADD_FAILURE() << finding.check << " at " << finding.position.value_or(0) << ": " << finding.detail;
  }
}

TEST(Crash, AKilledWriterLosesNothingItAcknowledged) {
  const journal::TestDirectory files;
  TestLedger ledger;
  // The ledger's clock goes on where the writer's stopped.
  ledger.options().now = [] { return absl::Now(); };
  ASSERT_NE(ledger.Open(), nullptr);
  const std::string key_file = files.path() + "/author.pem";
  ASSERT_TRUE(crypto::WriteKeyFile(ledger.author(), key_file, crypto::Secret()).ok());

  // The same numbers in every run; what the writer has under way when it dies differs all the same.
  std::mt19937 random(20240413);  // NOLINT(cert-msc32-c,cert-msc51-cpp): repeatable on purpose
  std::vector<Acknowledged> all;
  for (int round = 0; round < kRounds; ++round) {
    // Every eighth writer dies while it starts.
    const size_t count = round % 8 == 7 ? 0 : random() % kMaxAcknowledgements + 1;
    Writer writer(ledger.directory().path(), key_file);
    const std::vector<Acknowledged> acknowledged = writer.KillAfter(count);
    EXPECT_GE(acknowledged.size(), count);

    const std::unique_ptr<Log> log = ledger.Open();
    ASSERT_NE(log, nullptr) << "round " << round;
    for (const Acknowledged& report : acknowledged) ExpectRecorded(*log, report);
    ExpectAuditsClean(*log);
    all.insert(all.end(), acknowledged.begin(), acknowledged.end());
    if (HasFailure()) FAIL() << "round " << round << " of " << kRounds;
  }
  const std::unique_ptr<Log> log = ledger.Open();
  for (const Acknowledged& report : all) ExpectRecorded(*log, report);
  EXPECT_GE(log->size(), all.size() + 1);
}

}  // namespace
}  // namespace sworn
