#include "cli/options.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "cli/commands.h"
#include "cli/moment.h"
#include "cli/program.h"

namespace sworn::cli {
namespace {

// Parses without running anything.
struct Parsed {
  explicit Parsed(std::vector<const char*> arguments) {
    unsetenv("SWORN_LEDGER");
    unsetenv("SWORN_SERVER");
    unsetenv("SWORN_KEY");
    AddSupportCommand(program);
    AddKeyCommands(program);
    AddShowCommand(program);
    AddHistoryCommand(program);
    AddLogCommand(program);
    arguments.insert(arguments.begin(), "sworn");
    try {
      program.app.parse(static_cast<int>(arguments.size()), arguments.data());
    } catch (const CLI::ParseError& parse_error) {
      error = parse_error.what();
    }
  }
  Program program;
  std::string error;
};

TEST(Options, AreAcceptedBeforeAndAfterTheCommand) {
  const std::vector<std::vector<const char*>> orders = {
      {"--ledger", "dir", "--format", "json", "support", "--from", "A", "--to", "B"},
      {"support", "--from", "A", "--to", "B", "--ledger", "dir", "--format", "json"},
      {"--format", "json", "support", "--ledger", "dir", "--from", "A", "--to", "B"},
      {"--ledger=dir", "key", "list", "--format=json"},
      {"key", "--ledger", "dir", "list", "--format", "json"},
      {"key", "list", "--ledger", "dir", "--format", "json"},
  };
  for (const std::vector<const char*>& order : orders) {
    const Parsed parsed(order);
    EXPECT_EQ(parsed.error, "");
    EXPECT_EQ(parsed.program.options.ledger, "dir");
    EXPECT_EQ(parsed.program.options.format, Format::kJson);
  }
}

TEST(Options, WordsThatAreCommandsMayBeArguments) {
  EXPECT_EQ(Parsed({"history", "support"}).error, "");
  EXPECT_EQ(Parsed({"show", "trace"}).error, "");
}

TEST(Options, FaultsAreNamed) {
  const std::vector<std::vector<const char*>> faults = {
      {},
      {"suport"},
      {"support", "--from", "A", "--to", "B", "--lense", "x"},
      {"support", "--from", "A", "--to", "B", "--format", "yaml"},
      {"support", "--from", "A", "--to", "B", "--timeout", "-1"},
      {"show"},
      {"show", "a", "b"},
      {"key"},
  };
  for (const std::vector<const char*>& fault : faults) EXPECT_NE(Parsed(fault).error, "");
}

TEST(Options, LedgerAndServerExcludeEachOther) {
  GlobalOptions both;
  both.ledger = "dir";
  both.server = "127.0.0.1:1";
  EXPECT_TRUE(absl::IsInvalidArgument(ApplyEnvironment(both)));
}

TEST(Options, TheEnvironmentIsTheDefault) {
  ASSERT_EQ(setenv("SWORN_LEDGER", "from-environment", 1), 0);
  GlobalOptions none;
  ASSERT_TRUE(ApplyEnvironment(none).ok());
  EXPECT_EQ(none.ledger, "from-environment");
  GlobalOptions server;
  server.server = "127.0.0.1:1";
  ASSERT_TRUE(ApplyEnvironment(server).ok());
  EXPECT_EQ(server.ledger, "") << "what was given on the command line is all that counts";
  ASSERT_EQ(unsetenv("SWORN_LEDGER"), 0);
}

TEST(Options, AppendsWaitLongerUnlessToldOtherwise) {
  GlobalOptions options;
  EXPECT_EQ(options.read_timeout(), absl::Seconds(30));
  EXPECT_EQ(options.append_timeout(), absl::Seconds(60));
  options.timeout_s = 5;
  EXPECT_EQ(options.read_timeout(), absl::Seconds(5));
  EXPECT_EQ(options.append_timeout(), absl::Seconds(5));
}

TEST(AsOf, IsAPositionADayOrATime) {
  EXPECT_EQ(ParseAsOf("")->moment_case(), v1::AsOf::MOMENT_NOT_SET);
  EXPECT_EQ(ParseAsOf("12")->position(), 12U);
  EXPECT_EQ(ParseAsOf("1970-01-02T00:00:00Z")->recorded_at().seconds(), 86'400);
  EXPECT_EQ(ParseAsOf("1970-01-02T01:00:00+01:00")->recorded_at().seconds(), 86'400);
  EXPECT_EQ(ParseAsOf("1970-01-01")->recorded_at().seconds(), 86'399) << "a day counts to its end";
  EXPECT_EQ(ParseAsOf("1970-01-01")->recorded_at().nanos(), 999'999'999);
  for (const char* bad : {"yesterday", "-1", "2024-13-01", "99999999999999999999", "2024-04-13T25:00:00Z"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ParseAsOf(bad).status())) << bad;
  }
}

}  // namespace
}  // namespace sworn::cli
