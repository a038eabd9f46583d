// What Sworn publishes, checked by Go's own transparency log packages, which share no code with it (foreign/check.go).
#include <memory>

#include "ledger/crypto/key_file.h"
#include "ledger/journal/rocksdb/rocksdb_journal.h"
#include "ledger/log/ledger_directory.h"
#include "ledger/log/log.h"
#include "ledger/model/report_builder.h"
#include "tests/command_line.h"

namespace sworn {
namespace {

class ForeignTest : public CommandLine {
 protected:
  void SetUp() override {
    CommandLine::SetUp();
    if (RunProgram("go", {"version"}).exit_code != 0) GTEST_SKIP() << "Go is not installed";
    setenv("GO111MODULE", "off", 1);
    setenv("GOFLAGS", "", 1);
    setenv("GOPATH", "/usr/share/gocode", 1);
    setenv("GOCACHE", (directory_ + "/go-cache").c_str(), 1);
    check_ = directory_ + "/check";
    const Outcome built = RunProgram("go", {"build", "-o", check_, SWORN_FOREIGN "/check.go"});
    ASSERT_EQ(built.exit_code, 0) << built.err;
    ledger_ = MakeExampleLedger();
    verifier_key_ = ExpectRun({"checkpoint", "--vkey", "--ledger", ledger_});
    verifier_key_.pop_back();
    tree_ = directory_ + "/tree";
  }

  // Records reports of one entity each, without the command line's cost for every one of them.
  void Record(int reports) {
    const log::LedgerDirectory directory = *log::LedgerDirectory::Open(ledger_);
    const crypto::PrivateKey author = *crypto::ReadKeyFile(ledger_ + "/keys/author.pem", crypto::Secret());
    const auto log =
        log::Log::Open(*journal::OpenRocksDbJournal(directory.journal_path(), journal::OpenMode::kWrite),
                       directory.verifier_key(), *directory.ReadLedgerKey(), directory.guard_path(), log::LogOptions());
    ASSERT_TRUE(log.ok()) << log.status();
    for (int report = 0; report < reports; ++report) {
      v1::Portion portion;
      portion.mutable_marking()->set_level(v1::Marking::U);
      portion.mutable_marking()->set_tlp(v1::Marking::CLEAR);
      portion.mutable_entity()->set_name("entity " + std::to_string(report));
      portion.mutable_entity()->set_kind("organisation");
      model::ReportBuilder builder;
      builder.Add(portion);
      ASSERT_TRUE((*log)->AppendAndWait(*builder.Sign({&author}, absl::Now())).ok());
    }
  }

  Outcome Check(const Arguments& more) {
    Arguments arguments = {tree_, verifier_key_};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunProgram(check_, arguments);
  }

  std::string check_;
  std::string ledger_;
  std::string verifier_key_;
  std::string tree_;
};

TEST_F(ForeignTest, AcceptsTilesEntriesProofsAndGrowth) {
  const std::string old = directory_ + "/old.note";
  WriteAll(old, ExpectRun({"checkpoint", "--ledger", ledger_}));
  Record(600);
  const nlohmann::json claims = ExpectJson({"claims", "--limit", "3", "--ledger", ledger_});
  Arguments more = {old};
  for (const nlohmann::json& claim : claims["claims"]) {
    more.push_back(directory_ + "/" + claim["id"].get<std::string>() + ".tlog-proof");
    ExpectRun({"prove", claim["id"], "-o", more.back(), "--ledger", ledger_});
  }
  ASSERT_EQ(more.size(), 4U);
  ExpectRun({"export", "tiles", tree_, "--ledger", ledger_});

  const Outcome checked = Check(more);
  EXPECT_EQ(checked.exit_code, 0) << checked.err;
  EXPECT_NE(checked.out.find("entries: 602 under the checkpoint"), std::string::npos) << checked.out;
  EXPECT_NE(checked.out.find("consistency: 602 entries continue 2"), std::string::npos) << checked.out;
}

TEST_F(ForeignTest, RefusesWhatWasChanged) {
  ExpectRun({"export", "tiles", tree_, "--ledger", ledger_});
  EXPECT_EQ(Check({}).exit_code, 0);
  const std::string tile = tree_ + "/tile/0/000.p/2";
  std::string bytes = ReadAll(tile);
  ASSERT_EQ(bytes.size(), 64U);
  bytes[40] ^= 1;
  WriteAll(tile, bytes);
  EXPECT_EQ(Check({}).exit_code, 1);
}

}  // namespace
}  // namespace sworn
