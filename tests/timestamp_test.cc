// Checkpoints stamped by a time-stamping authority (RFC 3161), as `sworn checkpoint` does it: over HTTP and by file.
#include <httplib.h>

#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "ledger/crypto/test_authority.h"
#include "tests/command_line.h"

namespace sworn {
namespace {

using nlohmann::json;

// An HTTP server on a port of its own that answers every POST to /tsr.
class AuthorityServer {
 public:
  using Handler = std::function<void(const httplib::Request& request, httplib::Response& response)>;

  explicit AuthorityServer(Handler handler) {
    server_.Post("/tsr", std::move(handler));
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::yield();
  }
  ~AuthorityServer() {
    server_.stop();
    thread_.join();
  }
  AuthorityServer(const AuthorityServer&) = delete;
  AuthorityServer& operator=(const AuthorityServer&) = delete;
  AuthorityServer(AuthorityServer&&) = delete;
  AuthorityServer& operator=(AuthorityServer&&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/tsr"; }

 private:
  httplib::Server server_;
  int port_ = 0;
  std::thread thread_;
};

class TimestampTest : public CommandLine {
 protected:
  void SetUp() override {
    CommandLine::SetUp();
    for (const char* name : {"/authority", "/stranger"}) std::filesystem::create_directory(directory_ + name);
    authority_ = std::make_unique<crypto::TestAuthority>(directory_ + "/authority");
    ledger_ = MakeExampleLedger();
  }

  Outcome Checkpoint(Arguments arguments) {
    arguments.insert(arguments.begin(), {"checkpoint", "--ledger", ledger_});
    return Run(arguments);
  }
  std::string ExpectCheckpoint(const Arguments& arguments) {
    const Outcome outcome = Checkpoint(arguments);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return outcome.out;
  }
  json Stamps(const Arguments& arguments = {}) {
    Arguments all = {"--timestamps", "--format", "json"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return json::parse(Checkpoint(all).out)["timestamps"];
  }

  // Answers as the authority does.
  AuthorityServer::Handler Answering() {
    return [this](const httplib::Request& request, httplib::Response& response) {
      EXPECT_EQ(request.get_header_value("Content-Type"), "application/timestamp-query");
      response.set_content(authority_->Answer(request.body), "application/timestamp-reply");
    };
  }
  static AuthorityServer::Handler Saying(const std::string& body, int status) {
    return [body, status](const httplib::Request&, httplib::Response& response) {
      response.status = status;
      response.set_header("Location", "http://127.0.0.1:1/elsewhere");
      response.set_content(body, "application/timestamp-reply");
    };
  }

  std::string AnswerFile(const std::string& name, const std::string& answer) {
    WriteAll(directory_ + "/" + name, answer);
    return directory_ + "/" + name;
  }

  std::unique_ptr<crypto::TestAuthority> authority_;
  std::string ledger_;
};

TEST_F(TimestampTest, AnAuthorityStampsOverHttpAndTheStampIsListed) {
  const AuthorityServer server(Answering());
  EXPECT_TRUE(Stamps().empty());
  const std::string stamped = ExpectCheckpoint({"--timestamp", server.url(), "--tsa-cert", authority_->roots_file()});
  for (const char* words : {"test.example/ledger, 2 entries", "CN=Test Clock", "1.3.6.1.4.1.13762.3"}) {
    EXPECT_NE(stamped.find(words), std::string::npos) << stamped;
  }
  ExpectRun({"report", kExample, "--again", "--ledger", ledger_});
  const json second = json::parse(
      ExpectCheckpoint({"--timestamp", server.url(), "--tsa-cert", authority_->roots_file(), "--format", "json"}));
  EXPECT_EQ(second["size"], 3);
  EXPECT_EQ(second["verified"], true);

  const json claimed = Stamps();
  ASSERT_EQ(claimed.size(), 2U);
  EXPECT_EQ(claimed[0]["size"], 2);
  EXPECT_EQ(claimed[1]["timestamp"], second["timestamp"]);
  EXPECT_TRUE(claimed[0]["verified"].is_null()) << "without roots it is what the authority claims";
  const std::string table = ExpectCheckpoint({"--timestamps", "--tsa-cert", authority_->roots_file()});
  EXPECT_NE(table.find("verified"), std::string::npos) << table;
  const crypto::TestAuthority stranger(directory_ + "/stranger");
  const Outcome untrusted = Checkpoint({"--timestamps", "--tsa-cert", stranger.roots_file(), "--format", "ndjson"});
  EXPECT_EQ(untrusted.exit_code, 6) << untrusted.err;
  EXPECT_EQ(json::parse(untrusted.out.substr(0, untrusted.out.find('\n')))["verified"], false);
}

TEST_F(TimestampTest, AnotherToolVerifiesTheStoredFiles) {
  const AuthorityServer server(Answering());
  ExpectCheckpoint({"--timestamp", server.url(), "--tsa-cert", authority_->roots_file()});
  std::string note;
  std::string stamp;
  for (const auto& file : std::filesystem::directory_iterator(ledger_ + "/timestamps")) {
    (file.path().extension() == ".tsr" ? stamp : note) = file.path().string();
  }
  EXPECT_EQ(ReadAll(note), ExpectCheckpoint({}));
  const Outcome verified =
      RunProgram("openssl", {"ts", "-verify", "-data", note, "-in", stamp, "-CAfile", authority_->roots_file()});
  EXPECT_EQ(verified.exit_code, 0) << verified.out << verified.err;
}

TEST_F(TimestampTest, WhatAnAuthorityMayAnswerWithIsRefused) {
  const std::string other = authority_->Query("-sha256 -digest " + std::string(64, '0'));
  const crypto::TestAuthority stranger(directory_ + "/stranger");
  struct Case {
    std::string name;
    int exit_code;
    std::string why;
    std::string roots;
    AuthorityServer::Handler handler;
  };
  const std::vector<Case> cases = {
      {"untrusted root", 6, "does not verify", stranger.roots_file(), Answering()},
      {"another digest", 6, "of something else", authority_->roots_file(), Saying(authority_->Answer(other), 200)},
      {"not granted", 6, "not granted", authority_->roots_file(),
       Saying(authority_->Answer(authority_->Query("-sha1 -digest " + std::string(40, '0'))), 200)},
      {"no answer in DER", 6, "does not parse", authority_->roots_file(), Saying("<html>", 200)},
      {"too long", 1, "more than", authority_->roots_file(), Saying(std::string(1U << 20U, 'x'), 200)},
      {"an HTTP error", 1, "HTTP status 500", authority_->roots_file(), Saying("", 500)},
      {"a redirect", 1, "elsewhere", authority_->roots_file(), Saying("", 302)},
  };
  for (const Case& test : cases) {
    const AuthorityServer server(test.handler);
    const Outcome outcome = Checkpoint({"--timestamp", server.url(), "--tsa-cert", test.roots});
    EXPECT_EQ(outcome.exit_code, test.exit_code) << test.name << ": " << outcome.err;
    EXPECT_NE(outcome.err.find(test.why), std::string::npos) << test.name << ": " << outcome.err;
    EXPECT_EQ(outcome.out, "") << test.name;
  }
  EXPECT_FALSE(std::filesystem::exists(ledger_ + "/timestamps")) << "nothing was stored";
}

TEST_F(TimestampTest, AStampMayBeCarriedByHand) {
  const std::string request = directory_ + "/request.tsq";
  const Arguments roots = {"--tsa-cert", authority_->roots_file()};
  const std::string note = ExpectCheckpoint({});
  ExpectCheckpoint({"--tsq", request});
  EXPECT_EQ(ReadAll(request + ".note"), note);
  EXPECT_EQ(Checkpoint({"--tsq", request}).exit_code, 5) << "its answer may be on the way";
  // The log goes on meanwhile.
  ExpectRun({"report", kExample, "--again", "--ledger", ledger_});

  const std::string answer = AnswerFile("answer.tsr", authority_->Answer(ReadAll(request)));
  const std::string second_request = directory_ + "/second.tsq";
  ExpectCheckpoint({"--tsq", second_request});
  const Outcome swapped =
      Checkpoint({"--tsq", second_request, "--tsr", answer, "--tsa-cert", authority_->roots_file()});
  EXPECT_EQ(swapped.exit_code, 6) << swapped.err;
  EXPECT_NE(swapped.err.find("of something else"), std::string::npos) << swapped.err;
  const std::string again = directory_ + "/again.tsq";
  ExpectCheckpoint({"--tsq", again});
  const std::string replayed = AnswerFile("replayed.tsr", authority_->Answer(ReadAll(second_request)));
  const Outcome replay = Checkpoint({"--tsq", again, "--tsr", replayed, "--tsa-cert", authority_->roots_file()});
  EXPECT_EQ(replay.exit_code, 6) << replay.err;
  EXPECT_NE(replay.err.find("nonce"), std::string::npos) << replay.err;
  EXPECT_TRUE(Stamps().empty());

  ExpectCheckpoint({"--tsq", request, "--tsr", answer, "--tsa-cert", authority_->roots_file()});
  ExpectCheckpoint({"--tsq", request, "--tsr", answer, "--tsa-cert", authority_->roots_file()});
  ASSERT_EQ(Stamps().size(), 1U) << "taken twice, kept once";
  EXPECT_EQ(Stamps()[0]["checkpoint"], note);
}

TEST_F(TimestampTest, AStampOfAnotherLedgersNoteIsNotTaken) {
  const std::string request = directory_ + "/request.tsq";
  const std::string other = MakeExampleLedger("other");
  ExpectRun({"checkpoint", "--ledger", other, "--tsq", request});
  const std::string answer = AnswerFile("answer.tsr", authority_->Answer(ReadAll(request)));
  const Outcome outcome = Checkpoint({"--tsq", request, "--tsr", answer, "--tsa-cert", authority_->roots_file()});
  EXPECT_EQ(outcome.exit_code, 4) << outcome.err;
  EXPECT_NE(outcome.err.find("not one of this ledger"), std::string::npos) << outcome.err;
}

TEST_F(TimestampTest, ExitCodesTellWhatIsMissing) {
  const std::vector<std::pair<int, Arguments>> cases = {
      {2, {"--timestamp", "http://127.0.0.1:1/"}},
      {2, {"--tsr", "answer"}},
      {2, {"--timestamp", "ftp://127.0.0.1/", "--tsa-cert", authority_->roots_file()}},
      {2, {"--timestamp", "http://user:word@127.0.0.1/", "--tsa-cert", authority_->roots_file()}},
      {2, {"--timestamp", "http:///tsr", "--tsa-cert", authority_->roots_file()}},
      {2, {"--timestamp", "http://127.0.0.1/ HTTP/1.1", "--tsa-cert", authority_->roots_file()}},
      {2, {"--timestamps", "--tsq", directory_ + "/request"}},
      {3, {"--tsq", directory_ + "/none", "--tsr", directory_ + "/none", "--tsa-cert", authority_->roots_file()}},
      {7, {"--timestamp", "http://127.0.0.1:1/", "--tsa-cert", authority_->roots_file()}},
      {7, {"--timestamp", "https://127.0.0.1:1/", "--tsa-cert", authority_->roots_file()}},
  };
  for (const auto& [expected, arguments] : cases) {
    const Outcome outcome = Checkpoint(arguments);
    EXPECT_EQ(outcome.exit_code, expected) << arguments[1 % arguments.size()] << ": " << outcome.err;
    EXPECT_EQ(outcome.out, "");
  }
}

TEST_F(TimestampTest, ProofFilesCarryTheOldestStampThatCoversThem) {
  const AuthorityServer server(Answering());
  ExpectCheckpoint({"--timestamp", server.url(), "--tsa-cert", authority_->roots_file()});
  ExpectRun({"report", kExample, "--again", "--ledger", ledger_});
  const std::string id = ExpectJson({"claims", "--ledger", ledger_})["claims"].back()["id"];
  const std::string proof = directory_ + "/claim.tlog-proof";
  ExpectRun({"prove", id, "-o", proof, "--ledger", ledger_});
  const std::string vkey = ExpectCheckpoint({"--vkey"});
  const std::string trust = vkey.substr(0, vkey.find('\n'));
  const Arguments verify = {"verify", proof, "--trust", trust, "--tsa-cert"};
  Arguments trusted = verify;
  trusted.push_back(authority_->roots_file());
  const json verification = ExpectJson(trusted);
  EXPECT_TRUE(verification["passed"]);
  EXPECT_NE(verification.dump().find("Test Clock"), std::string::npos) << verification;
  Arguments untrusted = verify;
  untrusted.push_back(crypto::TestAuthority(directory_ + "/stranger").roots_file());
  EXPECT_EQ(Run(untrusted).exit_code, 6);
}

}  // namespace
}  // namespace sworn
