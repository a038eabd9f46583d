// `sworn search`, and what other commands say of names that nothing or several have.
#include "tests/command_line.h"

namespace sworn {
namespace {

using nlohmann::json;

class SearchCommandTest : public CommandLine {
 protected:
  void SetUp() override {
    CommandLine::SetUp();
    ledger_ = MakeExampleLedger();
  }

  // Names found, best first.
  std::vector<std::string> Find(Arguments arguments) {
    arguments.insert(arguments.begin(), "search");
    arguments.insert(arguments.end(), {"--ledger", ledger_});
    const json found = ExpectJson(arguments);
    std::vector<std::string> names;
    for (const json& hit : found["hits"]) names.push_back(hit["name"]);
    return names;
  }

  std::string ledger_;
};

using Names = std::vector<std::string>;

TEST_F(SearchCommandTest, FindsByNameExternalIdAndInSpiteOfMistakes) {
  EXPECT_EQ(Find({"china"}), Names{"China"});
  EXPECT_EQ(Find({"wikidata:Q148"}).front(), "China");
  EXPECT_EQ(Find({"Eurpoean Pravad"}), Names{"European Pravda"});
  EXPECT_EQ(Find({"pravda"}), Names{"European Pravda"});
  EXPECT_EQ(Find({"Reutres", "--kind", "source"}), Names{"Reuters"});
  EXPECT_EQ(Find({"Reutres", "--kind", "entity"}), Names{});
  EXPECT_EQ(Find({"reuters", "--as-of", "0"}), Names{}) << "nothing but the ledger's own beginning";
}

TEST_F(SearchCommandTest, PrintsEachFormat) {
  const std::string table = ExpectRun({"search", "Reutres", "--ledger", ledger_});
  EXPECT_NE(table.find("Reuters"), std::string::npos) << table;
  EXPECT_NE(table.find("1 mistake"), std::string::npos) << table;
  const std::string lines = ExpectRun({"search", "united states", "--ledger", ledger_, "--format", "ndjson"});
  EXPECT_TRUE(json::accept(lines.substr(0, lines.find('\n')))) << lines;
}

TEST_F(SearchCommandTest, UnknownNamesAreAnsweredWithWhatResemblesThem) {
  const Outcome support = Run({"support", "--from", "Chnia", "--to", "Russia", "--ledger", ledger_});
  EXPECT_EQ(support.exit_code, 3) << support.err;
  EXPECT_NE(support.err.find("did you mean \"China\"?"), std::string::npos) << support.err;
  const Outcome claims = Run({"claims", "--source", "European Pravad", "--ledger", ledger_});
  EXPECT_EQ(claims.exit_code, 3) << claims.err;
  EXPECT_NE(claims.err.find("did you mean \"European Pravda\"?"), std::string::npos) << claims.err;
  const Outcome history = Run({"history", "Reutres", "--ledger", ledger_});
  EXPECT_EQ(history.exit_code, 3) << history.err;
  EXPECT_NE(history.err.find("did you mean \"Reuters\"?"), std::string::npos) << history.err;
  const Outcome nothing = Run({"support", "--from", "Xyzzyxyzzy", "--to", "Russia", "--ledger", ledger_});
  EXPECT_EQ(nothing.exit_code, 3);
  EXPECT_EQ(nothing.err.find("did you mean"), std::string::npos) << nothing.err;
}

TEST_F(SearchCommandTest, AmbiguousNamesAreAnsweredWithTheCandidates) {
  WriteAll(directory_ + "/two.yaml",
           "report: Two of one name\nmarking: (U//TLP:CLEAR)\n"
           "sources:\n  one: {kind: person, name: Jon Smith}\n  other: {kind: person, name: Jon Smith}\n");
  ExpectRun({"report", directory_ + "/two.yaml", "--ledger", ledger_});
  const Outcome claims = Run({"claims", "--source", "Jon Smith", "--ledger", ledger_});
  EXPECT_NE(claims.exit_code, 0);
  EXPECT_NE(claims.err.find("fits 2: Jon Smith ("), std::string::npos) << claims.err;
  EXPECT_EQ(Find({"jon smith"}), (Names{"Jon Smith", "Jon Smith"}));
}

TEST_F(SearchCommandTest, RefusesWhatCannotBeSearched) {
  EXPECT_EQ(Run({"search", "--ledger", ledger_}).exit_code, 2);
  EXPECT_EQ(Run({"search", "x", "--kind", "report", "--ledger", ledger_}).exit_code, 2);
  EXPECT_EQ(Run({"search", "x", "--limit", "101", "--ledger", ledger_}).exit_code, 2);
  EXPECT_NE(Run({"search", " ", "--ledger", ledger_}).exit_code, 0);
}

}  // namespace
}  // namespace sworn
