// Proof files as `sworn prove` writes them and as `sworn verify` and `sworn-verify` check them.
#include <filesystem>
#include <regex>

#include "ledger/crypto/key.h"
#include "ledger/crypto/test_authority.h"
#include "ledger/merkle/cosignature.h"
#include "ledger/merkle/note.h"
#include "ledger/merkle/proof_file.h"
#include "tests/command_line.h"

namespace sworn {
namespace {

using nlohmann::json;

class ProofCommandTest : public CommandLine {
 protected:
  void SetUp() override {
    CommandLine::SetUp();
    ledger_ = MakeExampleLedger();
    vkey_file_ = directory_ + "/ledger.vkey";
    WriteAll(vkey_file_, ExpectRun({"checkpoint", "--vkey", "--ledger", ledger_}));
  }

  // Ids of the portions of the example.
  std::vector<std::string> Ids() {
    std::vector<std::string> ids;
    const json entries = ExpectJson({"log", "--ledger", ledger_});
    const json report = ExpectJson({"show", entries["entries"][1]["report_id"], "--ledger", ledger_});
    for (const json& portion : report["portions"]) ids.push_back(portion["id"]);
    return ids;
  }
  std::string Prove(const std::vector<std::string>& ids) {
    std::string file = directory_ + "/claims.tlog-proof";
    Arguments arguments = {"prove", "--ledger", ledger_, "-o", file};
    arguments.insert(arguments.end(), ids.begin(), ids.end());
    ExpectRun(arguments);
    return file;
  }
  Outcome Verify(const std::string& file, const Arguments& more = {}) {
    Arguments arguments = {"verify", file, "--trust", vkey_file_};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Run(arguments);
  }
  Outcome RunStatic(const Arguments& arguments) { return RunProgram(SWORN_VERIFY_BINARY, arguments); }

  std::string ledger_;
  std::string vkey_file_;
};

std::vector<std::string> FailedSteps(const json& verification) {
  std::vector<std::string> names;
  for (const json& step : verification["steps"]) {
    if (step["passed"] == false) names.push_back(step["name"]);
  }
  return names;
}

TEST_F(ProofCommandTest, APortionIsProvedAndVerified) {
  const std::string id = Ids().at(3);
  const std::string file = Prove({id});
  const Outcome outcome = Verify(file, {"--format", "json"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const json verification = json::parse(outcome.out);
  EXPECT_EQ(verification["passed"], true);
  EXPECT_EQ(verification["portion_id"], id);
  EXPECT_EQ(verification["position"], 1);
  for (const char* field :
       {"failed_step", "steps", "origin", "tree_size", "recorded_at", "report_id", "author_key_id", "portion"}) {
    EXPECT_TRUE(verification.contains(field)) << field;
  }
  EXPECT_FALSE(verification.contains("portions"));
}

TEST_F(ProofCommandTest, ADossierIsProvedAndVerified) {
  const std::vector<std::string> ids = Ids();
  ASSERT_GT(ids.size(), 10U);
  // Portions of the example in another order than theirs, and one of the first entry.
  std::vector<std::string> asked(ids.rbegin(), ids.rend());
  const json genesis =
      ExpectJson({"show", ExpectJson({"log", "--ledger", ledger_})["entries"][0]["report_id"], "--ledger", ledger_});
  asked.push_back(genesis["portions"][0]["id"]);
  const std::string file = Prove(asked);
  const Outcome outcome = Verify(file, {"--format", "json"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const json verification = json::parse(outcome.out);
  ASSERT_EQ(verification["portions"].size(), asked.size());
  for (size_t i = 0; i < asked.size(); ++i) EXPECT_EQ(verification["portions"][i]["portion_id"], asked[i]);
  EXPECT_EQ(verification["portions"][0]["steps"].size(), 4U) << "entry, portion, author key, author signature";
  const Outcome table = Verify(file);
  EXPECT_EQ(table.exit_code, 0);
  EXPECT_NE(table.out.find("position 1\n"), std::string::npos) << table.out;
  EXPECT_NE(table.out.find("position 0\n"), std::string::npos) << table.out;
  EXPECT_LT(std::filesystem::file_size(file), 2 * ids.size() * 1'000) << "what portions share is in the file once";
}

TEST_F(ProofCommandTest, TheFirstStepThatFailsIsNamed) {
  const std::string file = Prove({Ids().at(3), Ids().at(4)});
  std::string changed = ReadAll(file);
  const size_t checkpoint = changed.find("\n\n");
  changed[checkpoint - 10] = changed[checkpoint - 10] == 'A' ? 'B' : 'A';
  WriteAll(file, changed);
  const Outcome outcome = Verify(file, {"--format", "json"});
  EXPECT_EQ(outcome.exit_code, 6);
  EXPECT_NE(outcome.err.find("verification failed at 'inclusion'"), std::string::npos) << outcome.err;
  const json verification = json::parse(outcome.out);
  EXPECT_EQ(verification["failed_step"], "inclusion");
  EXPECT_EQ(FailedSteps(verification), std::vector<std::string>{"inclusion"});
}

TEST_F(ProofCommandTest, APolicySaysWhoIsTrusted) {
  const std::string file = Prove({Ids().at(3)});
  std::string vkey = ReadAll(vkey_file_);
  vkey.pop_back();
  const std::string policy = directory_ + "/policy";
  WriteAll(policy, "log " + vkey + "\nquorum none\n");
  EXPECT_EQ(Run({"verify", file, "--trust", policy}).exit_code, 0);
  EXPECT_EQ(Run({"verify", file, "--trust", policy, "--trust", vkey}).exit_code, 2) << "a policy stands alone";
  // A witness that has not cosigned, and then has.
  const auto key = crypto::PrivateKey::Generate(v1::Signature::ED25519).value();
  const auto witness = merkle::VerifierKey::Make("witness.example/w", merkle::VerifierKey::Type::kEd25519Cosignature,
                                                 key.public_key().Ed25519Bytes().value())
                           .value();
  WriteAll(policy, "log " + vkey + "\nwitness w " + witness.ToString() + "\nquorum w\n");
  const Outcome outcome = Run({"verify", file, "--trust", policy});
  EXPECT_EQ(outcome.exit_code, 6);
  EXPECT_NE(outcome.err.find("verification failed at 'cosignatures'"), std::string::npos) << outcome.err;
  merkle::ProofFile proof = merkle::ParseProofFile(ReadAll(file)).value();
  proof.checkpoint = merkle::AddCosignature(proof.checkpoint, witness, key, 1'700'000'000).value();
  WriteAll(file, merkle::FormatProofFile(proof));
  const json steps = ExpectJson({"verify", file, "--trust", policy})["steps"];
  EXPECT_EQ(steps[2]["name"], "cosignatures");
  EXPECT_EQ(steps[2]["detail"], "by witness.example/w at 2023-11-14T22:13:20Z; the quorum of the policy, w, is met");
  WriteAll(policy, "log " + vkey + "\nquorum nobody\n");
  EXPECT_EQ(Run({"verify", file, "--trust", policy}).exit_code, 2);
}

TEST_F(ProofCommandTest, ATimeStampIsCheckedWhereAnAuthorityIsTrusted) {
  std::filesystem::create_directory(directory_ + "/authority");
  crypto::TestAuthority authority(directory_ + "/authority");
  const std::string request = directory_ + "/request.tsq";
  const std::string answer = directory_ + "/answer.tsr";
  ExpectRun({"checkpoint", "--ledger", ledger_, "--tsq", request});
  WriteAll(answer, authority.Answer(ReadAll(request)));
  ExpectRun(
      {"checkpoint", "--ledger", ledger_, "--tsq", request, "--tsr", answer, "--tsa-cert", authority.roots_file()});
  const std::string file = Prove({Ids().at(3)});
  const auto time_step = [&](const Arguments& more) {
    const Outcome outcome = Verify(file, more);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    const json verification = json::parse(outcome.out, nullptr, false);
    return verification.is_discarded() ? json() : verification["steps"].back();
  };
  EXPECT_EQ(time_step({"--format", "json"})["name"], "time stamp");
  EXPECT_EQ(time_step({"--format", "json"})["passed"], nullptr);
  const json checked = time_step({"--format", "json", "--tsa-cert", authority.roots_file()});
  EXPECT_EQ(checked["passed"], true);
  EXPECT_NE(checked["detail"].get<std::string>().find("Test Clock"), std::string::npos) << checked;

  std::filesystem::create_directory(directory_ + "/stranger");
  const crypto::TestAuthority stranger(directory_ + "/stranger");
  const Outcome refused = Verify(file, {"--tsa-cert", stranger.roots_file()});
  EXPECT_EQ(refused.exit_code, 6);
  EXPECT_NE(refused.err.find("verification failed at 'time stamp'"), std::string::npos) << refused.err;
  EXPECT_EQ(Verify(file, {"--tsa-cert", vkey_file_}).exit_code, 2) << "no certificate";
}

TEST_F(ProofCommandTest, TheProgramOfItsOwnSaysTheSame) {
  const std::string file = Prove({Ids().at(3), Ids().at(4)});
  for (const Arguments& format : std::vector<Arguments>{{}, {"--format", "json"}, {"--format", "ndjson"}}) {
    Arguments arguments = {file, "--trust", vkey_file_};
    arguments.insert(arguments.end(), format.begin(), format.end());
    const Outcome of_its_own = RunStatic(arguments);
    EXPECT_EQ(of_its_own.exit_code, 0) << of_its_own.err;
    EXPECT_EQ(of_its_own.out, Verify(file, format).out);
  }
  WriteAll(file, ReadAll(file).substr(1));
  EXPECT_EQ(RunStatic({file, "--trust", vkey_file_}).exit_code, 6);
  EXPECT_EQ(RunStatic({file, "--trust", "none"}).exit_code, 3);
  EXPECT_EQ(RunStatic({file}).exit_code, 2);
  EXPECT_EQ(RunStatic({"--help"}).exit_code, 0);
}

// The paths a trace of openat shows, but for those that were not there.
std::vector<std::string> OpenedFiles(const std::string& trace) {
  const std::regex opened("open(?:at)?\\([^\"]*\"([^\"]*)\".*= [0-9]+\n");
  std::vector<std::string> paths;
  for (std::sregex_iterator found(trace.begin(), trace.end(), opened), end; found != end; ++found) {
    paths.push_back((*found)[1]);
  }
  return paths;
}

TEST_F(ProofCommandTest, TheProgramOfItsOwnIsStaticAndOpensNoSocket) {
  if (!SWORN_VERIFY_IS_STATIC) GTEST_SKIP() << "built with sanitizers, which have no static form";
  EXPECT_NE(RunProgram("ldd", {SWORN_VERIFY_BINARY}).exit_code, 0) << "it needs no shared library";
  const std::string file = Prove({Ids().at(3), Ids().at(4)});
  const std::string trace = directory_ + "/trace";
  if (RunProgram("strace", {"-o", trace, "true"}).exit_code != 0) GTEST_SKIP() << "strace is missing or may not trace";
  const Arguments verify = {SWORN_VERIFY_BINARY, file, "--trust", vkey_file_};
  Arguments network = {"-f", "-o", trace, "-e", "trace=%network"};
  network.insert(network.end(), verify.begin(), verify.end());
  EXPECT_EQ(RunProgram("strace", network).exit_code, 0);
  const std::string calls = ReadAll(trace);
  EXPECT_NE(calls.find("+++ exited with 0 +++"), std::string::npos) << calls;
  EXPECT_EQ(calls.find('('), std::string::npos) << calls;

  Arguments files = {"-f", "-o", trace, "-e", "trace=open,openat,connect,execve"};
  files.insert(files.end(), verify.begin(), verify.end());
  EXPECT_EQ(RunProgram("strace", files).exit_code, 0);
  EXPECT_EQ(OpenedFiles(ReadAll(trace)), (std::vector<std::string>{vkey_file_, file})) << ReadAll(trace);
}

}  // namespace
}  // namespace sworn
