// Watching a ledger, and looking after its views, as a user does.
#include <httplib.h>
#include <sys/stat.h>

#include "tests/command_line.h"

namespace sworn {
namespace {

using nlohmann::json;

class WatchTest : public CommandLine {
 protected:
  void SetUp() override {
    CommandLine::SetUp();
    ledger_ = MakeExampleLedger();
  }

  // Waits until the daemon says `mark`; answers what follows on that line.
  std::string AwaitDaemon(const std::string& mark) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (std::chrono::steady_clock::now() < give_up) {
      // Each attempt takes as long as a process does to start.
      ExpectRun({"version"});
      const std::string said = ReadAll(directory_ + "/daemon-err");
      const size_t at = said.find(mark);
      const size_t end = said.find('\n', at);
      if (at != std::string::npos && end != std::string::npos) return said.substr(at + mark.size(), end - at);
    }
    ADD_FAILURE() << "the daemon did not say " << mark;
    return "";
  }

  // Position of the last entry.
  uint64_t LastPosition() {
    return std::stoull(ExpectJson({"views", "status", "--ledger", ledger_})["log_size"].get<std::string>()) - 1;
  }
  json ViewsOf(Arguments arguments = {}) {
    arguments.insert(arguments.begin(), {"views", "status", "--ledger", ledger_});
    return ExpectJson(arguments)["views"];
  }
  // Id of the example's assertion on machine tools.
  std::string MachineTools() {
    return ExpectJson({"claims", "--category", "materiel/machine-tools", "--ledger", ledger_})["claims"][0]["id"];
  }

  std::string ledger_;
};

TEST_F(WatchTest, ShowsWhatWasRecordedAndWhatFell) {
  const uint64_t example = LastPosition();
  const std::string id = MachineTools();
  ExpectRun({"retract", id, "--reason", "the officials corrected themselves", "--ledger", ledger_});
  const Outcome all = Run({"watch", "--all", "--count", std::to_string(example + 2), "--ledger", ledger_});
  EXPECT_EQ(all.exit_code, 0) << all.err;
  EXPECT_NE(all.out.find("    recorded  " + id.substr(0, 12)), std::string::npos) << "as it was then: " << all.out;
  EXPECT_NE(all.out.find("    retracted  " + id.substr(0, 12)), std::string::npos) << all.out;
  EXPECT_NE(all.err.find("go on with: sworn watch --after " + std::to_string(example + 1)), std::string::npos)
      << all.err;

  const std::string lines = ExpectRun({"watch", "--after", std::to_string(example), "--from", "China", "--to", "Russia",
                                       "--count", "1", "--format", "ndjson", "--ledger", ledger_});
  const json change = json::parse(lines.substr(0, lines.find('\n')));
  EXPECT_EQ(change["next_position"], std::to_string(example + 2));
  ASSERT_EQ(change["changes"]["assertions"].size(), 2U) << change;
  EXPECT_EQ(change["changes"]["assertions"][1]["claim"]["state"]["undermined"], true) << "what was concluded from it";
  EXPECT_EQ(change["changes"]["assertions"][0]["before"]["counted"], true);
  EXPECT_EQ(change["changes"]["assertions"][0]["claim"]["state"]["counted"], false);
  EXPECT_EQ(change["changes"]["contents"], "1 judgement");
}

TEST_F(WatchTest, RefusesWhatItCannotWatch) {
  EXPECT_EQ(Run({"watch", "--from", "Atlantis", "--ledger", ledger_}).exit_code, 3);
  EXPECT_EQ(Run({"watch", "--format", "json", "--ledger", ledger_}).exit_code, 2);
  EXPECT_EQ(Run({"watch", "--all", "--after", "1", "--ledger", ledger_}).exit_code, 2);
  const Outcome ahead = Run({"watch", "--after", "1000", "--ledger", ledger_});
  EXPECT_EQ(ahead.exit_code, 4) << ahead.err;
  EXPECT_NE(ahead.err.find("ahead of the log"), std::string::npos) << ahead.err;
}

TEST_F(WatchTest, FollowsADaemonUntilInterrupted) {
  const std::string lines = directory_ + "/lines";
  const std::string err = directory_ + "/watch-err";
  ASSERT_EQ(mkfifo(lines.c_str(), 0600), 0);
  const uint64_t example = LastPosition();
  const std::string id = MachineTools();
  Daemon daemon({"serve", "--ledger", ledger_}, directory_);
  AwaitDaemon("serving ");
  const pid_t watch = Start(SWORN_BINARY, {"watch", "--format", "ndjson", "--ledger", ledger_}, lines, err);
  std::ifstream output(lines);
  std::string line;
  ASSERT_TRUE(std::getline(output, line));
  EXPECT_TRUE(json::parse(line).contains("caught_up")) << line;
  ExpectRun({"dispute", id, "--reason", "not so", "--ledger", ledger_});
  ASSERT_TRUE(std::getline(output, line));
  EXPECT_EQ(json::parse(line)["changes"]["assertions"][0]["claim"]["id"], id) << line;
  ASSERT_TRUE(std::getline(output, line));
  EXPECT_TRUE(json::parse(line).contains("caught_up")) << line;
  kill(watch, SIGINT);
  EXPECT_EQ(WaitFor(watch), 0) << ReadAll(err);
  EXPECT_NE(ReadAll(err).find("go on with: sworn watch --after " + std::to_string(example + 1)), std::string::npos)
      << ReadAll(err);

  // A daemon that is stopped says where to go on, and does not wait for its watchers.
  const pid_t left = Start(SWORN_BINARY, {"watch", "--all", "--format", "ndjson", "--ledger", ledger_}, lines, err);
  std::ifstream rest(lines);
  while (std::getline(rest, line) && !json::parse(line).contains("caught_up")) {
  }
  EXPECT_EQ(daemon.Stop(SIGTERM), 0);
  EXPECT_EQ(WaitFor(left), 7) << ReadAll(err);
  EXPECT_NE(ReadAll(err).find("the ledger is closing"), std::string::npos) << ReadAll(err);
  EXPECT_NE(ReadAll(err).find("go on with: sworn watch --after " + std::to_string(example + 1)), std::string::npos);
}

TEST_F(WatchTest, TellsPrometheusHowFarTheViewsAre) {
  const uint64_t last = LastPosition();
  const Daemon daemon({"serve", "--ledger", ledger_, "--http", "127.0.0.1:0"}, directory_);
  const std::string port = AwaitDaemon("on http://127.0.0.1:");
  ASSERT_NE(port, "");
  // Answered once the views have caught up.
  ExpectRun({"support", "--from", "China", "--to", "Russia", "--ledger", ledger_});
  ExpectRun({"history", "iso3166:CN", "--ledger", ledger_});
  const auto reply = httplib::Client("127.0.0.1", std::stoi(port)).Get("/metrics");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 200);
  EXPECT_EQ(reply->get_header_value("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
  const std::string size = std::to_string(last + 1);
  for (const std::string& line : {"sworn_log_entries " + size, "sworn_view_next_position{view=\"support\"} " + size,
                                  std::string("sworn_view_lag_entries{view=\"provenance\"} 0"),
                                  std::string("sworn_view_failures_total{view=\"support\"} 0")}) {
    EXPECT_NE(reply->body.find(line + "\n"), std::string::npos) << reply->body;
  }
  EXPECT_EQ(reply->body.find("alice"), std::string::npos);
}

TEST_F(WatchTest, RebuildsAViewBesideTheOneThatAnswers) {
  const std::string before = ExpectRun({"support", "--from", "China", "--to", "Russia", "--ledger", ledger_});
  const Outcome rebuilt = Run({"views", "rebuild", "support", "--ledger", ledger_});
  EXPECT_EQ(rebuilt.exit_code, 0) << rebuilt.err;
  EXPECT_NE(rebuilt.out.find("support"), std::string::npos);
  EXPECT_EQ(ExpectRun({"support", "--from", "China", "--to", "Russia", "--ledger", ledger_}), before);
  const json views = ViewsOf();
  ASSERT_EQ(views.size(), 2U);
  for (const json& view : views) {
    EXPECT_EQ(view["state"], "CURRENT") << view;
    EXPECT_EQ(view["serving_version"], view["version"]);
    EXPECT_EQ(view["lag_entries"], "0");
    EXPECT_EQ(view["failures"], "0");
  }
  const Outcome audit = Run({"audit", ledger_});
  EXPECT_EQ(audit.exit_code, 0) << audit.out << audit.err;
  EXPECT_EQ(Run({"views", "rebuild", "nosuch", "--ledger", ledger_}).exit_code, 3);
  const std::string status = ExpectRun({"views", "status", "--ledger", ledger_});
  EXPECT_NE(status.find("current"), std::string::npos) << status;
}

}  // namespace
}  // namespace sworn
