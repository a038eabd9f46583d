// `sworn lens`: lenses of one's own, from YAML to the answers that are seen through them.
#include <string>

#include "tests/command_line.h"

namespace sworn {
namespace {

using nlohmann::json;

class LensCommandTest : public CommandLine {
 protected:
  void SetUp() override {
    CommandLine::SetUp();
    ledger_ = MakeExampleLedger();
  }

  Outcome RunHere(Arguments arguments) {
    arguments.insert(arguments.end(), {"--ledger", ledger_});
    return Run(arguments);
  }
  json JsonHere(Arguments arguments) {
    arguments.insert(arguments.end(), {"--ledger", ledger_});
    return ExpectJson(arguments);
  }
  // Writes a lens file; answers its path.
  std::string Write(const std::string& rules, const std::string& name = "mine") {
    const std::string path = directory_ + "/lens.yaml";
    WriteAll(path, "name: " + name + "\nmarking: (U)\n" + rules);
    return path;
  }
  uint64_t LogSize() { return JsonHere({"log"})["entries"].size(); }
  json Support(const std::string& lens, const Arguments& more = {}) {
    Arguments arguments = {"support", "--from", "China", "--to", "Russia", "--lens", lens};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return JsonHere(arguments);
  }

  std::string ledger_;
};

bool Holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST_F(LensCommandTest, VersionsAreRecordedShownAndUsedAsOfTheirTime) {
  const Outcome first = RunHere({"lens", "add", Write("direct: materiel\notherwise: unassigned\n")});
  ASSERT_EQ(first.exit_code, 0) << first.err;
  EXPECT_TRUE(Holds(first.out, "recorded at position ")) << first.out;
  EXPECT_TRUE(Holds(first.out, "lens         mine v1\n")) << first.out;
  const std::string first_position = Support("mine")["as_of"]["position"];
  EXPECT_EQ(Support("mine")["direct"]["status"], "REPORTED");
  EXPECT_EQ(Support("mine")["indirect"]["rows"].size(), 0U);

  ASSERT_EQ(RunHere({"lens", "add", Write("indirect: materiel\notherwise: unassigned\n")}).exit_code, 0);
  EXPECT_EQ(Support("mine")["lens"]["version"], 2);
  EXPECT_EQ(Support("mine")["direct"]["status"], "UNREPORTED");
  EXPECT_EQ(Support("mine", {"--as-of", first_position})["lens"]["version"], 1);
  EXPECT_EQ(Support("mine", {"--as-of", first_position})["direct"]["status"], "REPORTED");
  EXPECT_EQ(Support("officials", {"--compare", "mine"})["compared_lens"]["version"], 2);
  EXPECT_EQ(RunHere({"support", "--from", "China", "--to", "Russia", "--lens", "mine", "--as-of", "1"}).exit_code, 3);

  const json versions = JsonHere({"lens", "list", "mine"})["lenses"];
  ASSERT_EQ(versions.size(), 2U);
  EXPECT_EQ(versions[0]["lens"]["version"], 2);
  EXPECT_EQ(versions[1]["position"], first_position);
  EXPECT_EQ(versions[0]["author"], "alice");
  EXPECT_EQ(JsonHere({"lens", "list"})["lenses"].size(), 3U) << "mine and the two that ship";
  EXPECT_EQ(JsonHere({"lens", "list", "--as-of", "0"})["lenses"].size(), 2U);
  EXPECT_EQ(JsonHere({"lens", "show", "mine", "--version", "1"})["content"]["rules"][0]["support_class"], "DIRECT");
  EXPECT_EQ(JsonHere({"lens", "show", "mine", "--as-of", first_position})["lens"]["version"], 1);
}

TEST_F(LensCommandTest, WhatIsShownCanBeAddedAndChangesNothing) {
  ASSERT_EQ(RunHere({"lens", "add", SWORN_EXAMPLES "/lens-fighting.yaml"}).exit_code, 0);
  const uint64_t size = LogSize();
  for (const std::string name : {"fighting", "officials", "ucdp-derived"}) {
    const std::string path = directory_ + "/shown.yaml";
    WriteAll(path, ExpectRun({"lens", "show", name, "--ledger", ledger_}));
    const Outcome again = RunHere({"lens", "add", path});
    EXPECT_EQ(again.exit_code, 0) << again.err;
    EXPECT_TRUE(Holds(again.err, "unchanged: version 1 says the same")) << again.err;
    EXPECT_EQ(again.out, "lens         " + name + " v1\n");
  }
  EXPECT_EQ(LogSize(), size);
}

TEST_F(LensCommandTest, ANewMarkingIsANewVersion) {
  ASSERT_EQ(RunHere({"lens", "add", Write("otherwise: direct\n")}).exit_code, 0);
  const std::string path = directory_ + "/marked.yaml";
  WriteAll(path, "name: mine\nmarking: (U//TLP:GREEN)\notherwise: direct\n");
  const Outcome outcome = RunHere({"lens", "add", path});
  EXPECT_TRUE(Holds(outcome.out, "mine v2")) << outcome.out << outcome.err;
  EXPECT_TRUE(Holds(ExpectRun({"lens", "show", "mine", "--ledger", ledger_}), "marking: (U//TLP:GREEN)\n"));
}

TEST_F(LensCommandTest, WhatIsNotTotalIsRefusedAndNothingIsRecorded) {
  const uint64_t size = LogSize();
  const Outcome missing = RunHere({"lens", "add", Write("direct: materiel\n")});
  EXPECT_EQ(missing.exit_code, 4) << missing.err;
  EXPECT_TRUE(Holds(missing.err, "lens.yaml:1:1: 'otherwise' is missing")) << missing.err;
  const Outcome twice = RunHere({"lens", "add", Write("otherwise: direct\ndirect: [a, b]\nindirect: b\n")});
  EXPECT_EQ(twice.exit_code, 4) << twice.err;
  EXPECT_TRUE(Holds(twice.err, "lens.yaml:5:11: indirect: 'b' has a class already, from line 4")) << twice.err;
  EXPECT_EQ(LogSize(), size);
}

TEST_F(LensCommandTest, AVersionThatIsNotAboveTheHighestIsRefusedHereAndIgnoredWhereAnotherClientRecordsIt) {
  ASSERT_EQ(RunHere({"lens", "add", Write("version: 5\notherwise: direct\n")}).exit_code, 0);
  for (const std::string version : {"4", "5"}) {
    const Outcome outcome = RunHere({"lens", "add", Write("version: " + version + "\notherwise: indirect\n")});
    EXPECT_EQ(outcome.exit_code, 5) << outcome.err;
    EXPECT_TRUE(Holds(outcome.err, "lens mine is at version 5, and " + version + " is not above it")) << outcome.err;
  }
  // A report does not look at what is recorded.
  const std::string path = directory_ + "/report.yaml";
  WriteAll(path, "report: R\nmarking: (U)\nlenses:\n  mine: {version: 4, otherwise: indirect}\n");
  ASSERT_EQ(RunHere({"report", path}).exit_code, 0);
  EXPECT_EQ(Support("mine")["lens"]["version"], 5);
  const json versions = JsonHere({"lens", "list", "mine"})["lenses"];
  ASSERT_EQ(versions.size(), 2U);
  EXPECT_EQ(versions[1]["lens"]["version"], 4);
  EXPECT_EQ(versions[1]["ignored_below"], 5);
  EXPECT_TRUE(Holds(ExpectRun({"lens", "list", "mine", "--ledger", ledger_}), "ignored: not above v5"));
  EXPECT_EQ(RunHere({"lens", "show", "mine", "--version", "4"}).exit_code, 3);
  // The next one goes on from what is in use.
  EXPECT_TRUE(Holds(RunHere({"lens", "add", Write("otherwise: unassigned\n")}).out, "mine v6"));
}

TEST_F(LensCommandTest, APreviewShowsTheCellsThatDifferAndRecordsNothing) {
  const uint64_t size = LogSize();
  const std::string example = SWORN_EXAMPLES "/lens-fighting.yaml";
  const Arguments preview = {"lens", "add", example, "--dry-run", "--from", "China", "--to", "Russia"};
  const json before = JsonHere(preview);
  EXPECT_EQ(before["lens"]["name"], "officials")
      << "a new lens is compared with the one that is used when none is named";
  EXPECT_EQ(LogSize(), size);
  EXPECT_TRUE(Holds(RunHere({"lens", "add", example, "--dry-run"}).out, "name: fighting\n"));
  EXPECT_TRUE(Holds(RunHere(preview).out, "space -> UNASSIGNED"));
  EXPECT_EQ(RunHere({"lens", "add", example, "--from", "China", "--to", "Russia"}).exit_code, 2);
  EXPECT_EQ(RunHere({"lens", "add", example, "--dry-run", "--from", "China"}).exit_code, 2);

  // The ledger says the same once the lens is recorded.
  ASSERT_EQ(RunHere({"lens", "add", example}).exit_code, 0);
  const json after = Support("officials", {"--compare", "fighting"});
  EXPECT_GT(after["lens_differences"].size(), 0U);
  EXPECT_EQ(after["lens_differences"], before["lens_differences"]);
  // A further version is compared with the one in use.
  const json further = JsonHere(
      {"lens", "add", Write("otherwise: direct\n", "fighting"), "--dry-run", "--from", "China", "--to", "Russia"});
  EXPECT_EQ(further["lens"]["name"], "fighting");
  EXPECT_EQ(further["compared_lens"]["version"], 2);
}

TEST_F(LensCommandTest, UnknownNamesAreNotFound) {
  const Outcome shown = RunHere({"lens", "show", "nobodys"});
  EXPECT_EQ(shown.exit_code, 3);
  EXPECT_TRUE(Holds(shown.err, "no lens is named \"nobodys\"; recorded here: officials, ucdp-derived")) << shown.err;
  EXPECT_EQ(RunHere({"lens", "list", "nobodys"}).exit_code, 3);
  EXPECT_EQ(RunHere({"lens", "show", "officials", "--version", "2"}).exit_code, 3);
}

}  // namespace
}  // namespace sworn
