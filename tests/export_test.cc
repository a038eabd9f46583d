// The log as others read it: exported for a static host, exported whole, and served over HTTP.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ledger/log/entries_file.h"
#include "ledger/log/tile_testing.h"
#include "ledger/merkle/checkpoint.h"
#include "tests/command_line.h"

namespace sworn {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

class ExportTest : public CommandLine {
 protected:
  void SetUp() override {
    CommandLine::SetUp();
    ledger_ = MakeExampleLedger();
    target_ = directory_ + "/www";
  }

  merkle::VerifierKey VerifierKeyOf(const std::string& ledger) {
    std::string key = ExpectRun({"checkpoint", "--vkey", "--ledger", ledger});
    return *merkle::VerifierKey::Parse(key.substr(0, key.size() - 1));
  }
  static log::FetchPath FetchFrom(const std::string& directory) {
    return [directory](const std::string& path) -> std::optional<std::string> {
      if (!std::filesystem::exists(directory + "/" + path)) return std::nullopt;
      return ReadAll(directory + "/" + path);
    };
  }
  // Checks an exported tree with nothing but the log's key; answers how many entries it has.
  uint64_t ExpectWholeTree(const std::string& directory, log::Bundles bundles = log::Bundles::kRead) {
    const absl::StatusOr<merkle::Checkpoint> checkpoint =
        merkle::OpenCheckpoint(ReadAll(directory + "/checkpoint"), VerifierKeyOf(ledger_));
    EXPECT_TRUE(checkpoint.ok()) << checkpoint.status();
    if (!checkpoint.ok()) return 0;
    EXPECT_EQ(log::RootOfTiles(checkpoint->size, FetchFrom(directory), bundles), checkpoint->root);
    return checkpoint->size;
  }
  void Record(const std::string& ledger, const std::string& marking, const std::string& name) {
    const std::string report = directory_ + "/" + name + ".yaml";
    WriteAll(report, "report: " + name + "\nmarking: " + marking + "\nentities:\n  " + name +
                         ": {kind: country, ids: [iso3166:XX]}\n");
    ExpectRun({"report", report, "--ledger", ledger, "--key", ledger_ + "/keys/author.pem"});
  }
  static std::map<std::string, std::string> AllFiles(const std::string& directory) {
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
      if (entry.is_regular_file()) files[entry.path().string()] = ReadAll(entry.path().string());
    }
    return files;
  }

  std::string ledger_;
  std::string target_;
};

TEST_F(ExportTest, AStrangerReadsTheExportedTree) {
  const json exported = ExpectJson({"export", "tiles", target_, "--ledger", ledger_});
  EXPECT_EQ(exported["origin"], "test.example/ledger");
  EXPECT_EQ(exported["entries"], 2);
  EXPECT_EQ(exported["new_entries"], 2);
  EXPECT_EQ(exported["bundles_withheld"], 0) << "the example is for everybody";
  EXPECT_EQ(ExpectWholeTree(target_), 2U);
  EXPECT_EQ(AllFiles(target_).size(), 3U) << "checkpoint, one tile, one bundle";
}

TEST_F(ExportTest, AnotherExportAddsWhatIsNew) {
  ExpectRun({"export", "tiles", target_, "--ledger", ledger_});
  EXPECT_EQ(ExpectJson({"export", "tiles", target_, "--ledger", ledger_})["new_entries"], 0);
  ExpectRun({"report", SWORN_EXAMPLES "/reuters-direct.yaml", "--ledger", ledger_});
  EXPECT_EQ(ExpectJson({"export", "tiles", target_, "--ledger", ledger_})["new_entries"], 1);
  EXPECT_EQ(ExpectWholeTree(target_), 3U);
  EXPECT_TRUE(std::filesystem::exists(target_ + "/tile/0/000.p/2")) << "what was published stays";
  const std::string table = ExpectRun({"export", "tiles", target_, "--ledger", ledger_});
  EXPECT_THAT(table, HasSubstr("new entries       0\n"));
}

TEST_F(ExportTest, ForksRollbacksAndOtherLogsAreRefused) {
  const std::string fork = directory_ + "/fork";
  std::filesystem::copy(ledger_, fork, std::filesystem::copy_options::recursive);
  Record(ledger_, "(U)", "one");
  Record(fork, "(U)", "two");
  ExpectRun({"export", "tiles", target_, "--ledger", ledger_});
  const auto before = AllFiles(target_);
  const Outcome forked = Run({"export", "tiles", target_, "--ledger", fork});
  EXPECT_EQ(forked.exit_code, 6) << forked.err;
  Record(fork, "(U)", "three");
  EXPECT_EQ(Run({"export", "tiles", target_, "--ledger", fork}).exit_code, 6) << "a longer fork";
  EXPECT_EQ(AllFiles(target_), before);
  EXPECT_EQ(ExpectWholeTree(target_), 3U);

  Record(ledger_, "(U)", "four");
  ExpectRun({"export", "tiles", target_, "--ledger", ledger_});
  Record(ledger_, "(U)", "five");
  const std::string newer = directory_ + "/newer";
  ExpectRun({"export", "tiles", newer, "--ledger", ledger_});
  const Outcome rolled_back = Run({"export", "tiles", newer, "--ledger", fork});
  EXPECT_EQ(rolled_back.exit_code, 6);
  EXPECT_THAT(rolled_back.err, HasSubstr("rolled back"));

  const std::string other = directory_ + "/other";
  ExpectRun({"init", other, "--origin", "other.example/ledger"});
  EXPECT_EQ(Run({"export", "tiles", target_, "--ledger", other}).exit_code, 5);
  EXPECT_EQ(Run({"export", "tiles", ledger_, "--ledger", other}).exit_code, 5) << "a directory in use";
}

TEST_F(ExportTest, WhatReadersMayNotReadIsLeftOut) {
  Record(ledger_, "(S)", "secret");
  const Outcome exported = Run({"export", "tiles", target_, "--ledger", ledger_, "--format", "json"});
  EXPECT_EQ(exported.exit_code, 0) << exported.err;
  EXPECT_THAT(exported.err, HasSubstr("entry 2 is marked (S)"));
  EXPECT_EQ(json::parse(exported.out)["bundles_withheld"], 1);
  EXPECT_FALSE(std::filesystem::exists(target_ + "/tile/entries"));
  EXPECT_EQ(ExpectWholeTree(target_, log::Bundles::kIgnore), 3U);
  ExpectRun({"export", "tiles", target_, "--ledger", ledger_, "--clearance", "(S//TLP:CLEAR)"});
  EXPECT_EQ(ExpectWholeTree(target_), 3U);
  EXPECT_EQ(Run({"export", "tiles", target_, "--ledger", ledger_, "--clearance", "SECRET-ISH"}).exit_code, 4);
}

TEST_F(ExportTest, APinnedLogIsHeldToWhatWasSeenOfIt) {
  const std::string older = directory_ + "/older";
  std::filesystem::copy(ledger_, older, std::filesystem::copy_options::recursive);
  Record(ledger_, "(U)", "one");
  ExpectRun({"checkpoint", "--pin", VerifierKeyOf(ledger_).ToString(), "--ledger", ledger_});
  ExpectRun({"export", "tiles", target_, "--ledger", ledger_});
  const std::string new_target = directory_ + "/new";
  EXPECT_EQ(Run({"export", "tiles", new_target, "--ledger", older}).exit_code, 6);
  EXPECT_EQ(Run({"export", "entries", directory_ + "/entries", "--ledger", older}).exit_code, 6);
  EXPECT_FALSE(std::filesystem::exists(new_target));
  EXPECT_FALSE(std::filesystem::exists(directory_ + "/entries"));
}

TEST_F(ExportTest, AllEntriesGoIntoOneFile) {
  Record(ledger_, "(S)", "secret");
  const merkle::Checkpoint checkpoint =
      *merkle::OpenCheckpoint(ExpectRun({"checkpoint", "--ledger", ledger_}), VerifierKeyOf(ledger_));
  for (const char* name : {"/entries", "/entries.gz"}) {
    const std::string path = directory_ + name;
    const json exported = ExpectJson({"export", "entries", path, "--ledger", ledger_});
    EXPECT_EQ(exported["entries"], 3);
    EXPECT_EQ(exported["root"], crypto::ToHex(checkpoint.root));
    absl::StatusOr<log::EntriesFileReader> reader = log::EntriesFileReader::Open(path);
    ASSERT_TRUE(reader.ok()) << reader.status();
    EXPECT_EQ(reader->origin(), "test.example/ledger");
    std::vector<crypto::Hash> leaves;
    int portions = 0;
    for (auto entry = reader->Next(); entry.ok() && entry->has_value(); entry = reader->Next()) {
      leaves.push_back(merkle::LeafHash((*entry)->entry()));
      portions += (*entry)->portions_size();
    }
    EXPECT_EQ(merkle::RootOfLeaves(leaves), checkpoint.root);
    EXPECT_GT(portions, 10);
    EXPECT_EQ(std::filesystem::status(path).permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  }
  EXPECT_LT(std::filesystem::file_size(directory_ + "/entries.gz"),
            std::filesystem::file_size(directory_ + "/entries"));
  EXPECT_EQ(ReadAll(directory_ + "/entries.gz").substr(0, 2), "\x1f\x8b");
  EXPECT_NE(Run({"export", "entries", directory_ + "/none/entries", "--ledger", ledger_}).exit_code, 0);
}

// A daemon that serves HTTP too, at a port of its own choice.
class HttpTest : public ExportTest {
 protected:
  void Serve(const Arguments& more = {}) {
    Arguments arguments = {"serve", "--ledger", ledger_, "--http", "127.0.0.1:0"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    daemon_.emplace(arguments, directory_);
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    const std::string mark = "on http://127.0.0.1:";
    while (true) {
      // Each attempt takes as long as a process does to start.
      ExpectRun({"version"});
      const std::string said = ReadAll(directory_ + "/daemon-err");
      const size_t at = said.find(mark);
      if (at != std::string::npos && said.find('\n', at) != std::string::npos) {
        port_ = std::stoi(said.substr(at + mark.size()));
        return;
      }
      ASSERT_LT(std::chrono::steady_clock::now(), give_up) << said;
    }
  }
  httplib::Result Get(const std::string& path) const { return httplib::Client("127.0.0.1", port_).Get(path); }

  std::optional<Daemon> daemon_;
  int port_ = 0;
};

TEST_F(HttpTest, TheExampleIsServedToEverybodyAsItIsExported) {
  Serve();
  ExpectRun({"export", "tiles", target_, "--server", "unix:" + ledger_ + "/sworn.sock"});
  EXPECT_EQ(ExpectWholeTree(target_), 2U);
  for (const auto& [file, content] : AllFiles(target_)) {
    const httplib::Result reply = Get(file.substr(target_.size()));
    ASSERT_TRUE(reply) << file;
    EXPECT_EQ(reply->status, 200) << file;
    EXPECT_EQ(reply->body, content) << file;
  }
  const httplib::Result compressed =
      httplib::Client("127.0.0.1", port_).Get("/tile/entries/000.p/2", httplib::Headers{{"Accept-Encoding", "gzip"}});
  ASSERT_TRUE(compressed);
  EXPECT_EQ(compressed->get_header_value("Content-Encoding"), "gzip");
  EXPECT_EQ(compressed->body, ReadAll(target_ + "/tile/entries/000.p/2")) << "a client unpacks it";
  EXPECT_EQ(daemon_->Stop(SIGTERM), 0) << ReadAll(directory_ + "/daemon-err");
}

TEST_F(HttpTest, TheClearanceOfReadersIsTheOperators) {
  Record(ledger_, "(S//REL TO USA)", "secret");
  Serve({"--http-clearance", "(S//TLP:CLEAR)"});
  EXPECT_EQ(Get("/tile/entries/000.p/3")->status, 403) << "nobody knows whether readers are on the list";
  EXPECT_EQ(Get("/tile/entries/000.p/2")->status, 200);
  EXPECT_EQ(daemon_->Stop(SIGTERM), 0);
  Serve({"--http-clearance", "(S//REL TO USA//TLP:CLEAR)"});
  EXPECT_EQ(Get("/tile/entries/000.p/3")->status, 200);
}

TEST_F(HttpTest, OnlyLoopbackIsServed) {
  for (const char* address : {"0.0.0.0:0", "[::]:0", "192.0.2.1:80", "unix:/tmp/http.sock", "127.0.0.1", ":80"}) {
    const Outcome outcome = Run({"serve", "--ledger", ledger_, "--http", address});
    EXPECT_NE(outcome.exit_code, 0) << address;
    EXPECT_THAT(outcome.err, Not(HasSubstr("serving"))) << address;
  }
  EXPECT_EQ(Run({"serve", "--ledger", ledger_, "--http-clearance", "(S)"}).exit_code, 2) << "without --http";
  EXPECT_NE(Run({"serve", "--ledger", ledger_, "--http", "127.0.0.1:0", "--http-clearance", "X"}).exit_code, 0);
}

}  // namespace
}  // namespace sworn
