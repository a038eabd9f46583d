#include "cli/outbox.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "ledger/crypto/hash.h"

namespace sworn::cli {
namespace {

class OutboxTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "outbox.XXXXXX";
    directory_ = mkdtemp(pattern.data());
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  static v1::Report SomeReport() {
    v1::Report report;
    report.mutable_envelope()->set_payload("signed bytes");
    return report;
  }

  std::string directory_;
};

mode_t ModeOf(const std::string& path) {
  struct stat status {};
  EXPECT_EQ(stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 0777U;
}

TEST_F(OutboxTest, GivesBackTheVeryReportThatWasKept) {
  const Outbox outbox(directory_ + "/deep/outbox");
  ASSERT_TRUE(outbox.Keep("request", SomeReport()).ok());
  const absl::StatusOr<std::optional<v1::Report>> found = outbox.Find("request");
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_TRUE(found->has_value());
  EXPECT_EQ((*found)->SerializeAsString(), SomeReport().SerializeAsString());
}

TEST_F(OutboxTest, NobodyElseMayReadIt) {
  const Outbox outbox(directory_ + "/outbox");
  ASSERT_TRUE(outbox.Keep("request", SomeReport()).ok());
  EXPECT_EQ(ModeOf(outbox.directory()), 0700U);
  EXPECT_EQ(ModeOf(outbox.directory() + "/" + crypto::ToHex("request") + ".report"), 0600U);
}

TEST_F(OutboxTest, RemovedReportsAreGone) {
  const Outbox outbox(directory_ + "/outbox");
  ASSERT_TRUE(outbox.Keep("request", SomeReport()).ok());
  ASSERT_TRUE(outbox.Remove("request").ok());
  const absl::StatusOr<std::optional<v1::Report>> found = outbox.Find("request");
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_FALSE(found->has_value());
  EXPECT_TRUE(outbox.Remove("request").ok()) << "removing what is not there is no error";
}

TEST_F(OutboxTest, FindsReportsSentAgain) {
  const Outbox outbox(directory_ + "/outbox");
  EXPECT_EQ(*outbox.FindLonger("request"), "") << "there is no directory yet";
  ASSERT_TRUE(outbox.Keep("request", SomeReport()).ok());
  EXPECT_EQ(*outbox.FindLonger("request"), "");
  ASSERT_TRUE(outbox.Keep("request+random", SomeReport()).ok());
  EXPECT_EQ(*outbox.FindLonger("request"), "request+random");
}

TEST_F(OutboxTest, DamagedReportsAreNotSent) {
  const Outbox outbox(directory_ + "/outbox");
  ASSERT_TRUE(outbox.Keep("request", SomeReport()).ok());
  std::ofstream(outbox.directory() + "/" + crypto::ToHex("request") + ".report") << "\xFF\xFF";
  EXPECT_TRUE(absl::IsDataLoss(outbox.Find("request").status()));
}

TEST_F(OutboxTest, LivesInTheLedgerOrInTheStateOfTheUser) {
  GlobalOptions options;
  options.ledger = "/ledgers/one";
  EXPECT_EQ(Outbox::Open(options)->directory(), "/ledgers/one/outbox");
  options.ledger.clear();
  options.server = "127.0.0.1:7400";
  ASSERT_EQ(setenv("XDG_STATE_HOME", "/state", 1), 0);
  EXPECT_EQ(Outbox::Open(options)->directory(), "/state/sworn/outbox");
  ASSERT_EQ(unsetenv("XDG_STATE_HOME"), 0);
  ASSERT_EQ(setenv("HOME", "/home/alice", 1), 0);
  EXPECT_EQ(Outbox::Open(options)->directory(), "/home/alice/.local/state/sworn/outbox");
}

}  // namespace
}  // namespace sworn::cli
