// Keys that stay in a token, as a user meets them: keygen, init, report, key add, the daemon. OpenSSL checks what the
// token signed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "ledger/crypto/dsse.h"
#include "ledger/crypto/test_token.h"
#include "sworn/v1/report.pb.h"
#include "tests/command_line.h"

namespace sworn {
namespace {

using crypto::TestToken;
using testing::HasSubstr;
using testing::Not;

class TokenTest : public CommandLine {
 protected:
  void SetUp() override {
    if (!TestToken::IsAvailable()) GTEST_SKIP() << "SoftHSM (softhsm2-util) is not installed";
    CommandLine::SetUp();
    token_.emplace(directory_);
    setenv("SWORN_PIN_FILE", token_->pin_file().c_str(), 1);
    ledger_ = directory_ + "/ledger";
  }
  void TearDown() override {
    unsetenv("SWORN_PIN_FILE");
    token_.reset();
    CommandLine::TearDown();
  }

  std::string Keygen(const std::string& label, const std::string& algorithm) {
    ExpectRun({"keygen", TestToken::Uri(label), "--algorithm", algorithm});
    return TestToken::Uri(label);
  }
  // The public key in PEM, as a file.
  std::string PublicKeyFile(const std::string& uri) {
    const std::string path = directory_ + "/public.pem";
    WriteAll(path, ExpectRun({"key", "show", uri}));
    return path;
  }
  // The envelope of the last entry, as a stranger reads it from the exported log.
  v1::Envelope LastEnvelope(size_t entries) {
    const std::string tiles = directory_ + "/tiles";
    ExpectRun({"export", "tiles", tiles, "--ledger", ledger_});
    const std::string bundle = ReadAll(tiles + "/tile/entries/000.p/" + std::to_string(entries));
    v1::Entry entry;
    for (size_t at = 0; at + 2 <= bundle.size();) {
      const auto size = static_cast<size_t>(static_cast<unsigned char>(bundle[at]) << 8U |
                                            static_cast<unsigned char>(bundle[at + 1]));
      EXPECT_TRUE(entry.ParseFromString(bundle.substr(at + 2, size)));
      at += 2 + size;
    }
    return entry.envelope();
  }
  // Runs `sworn` where there is no terminal to ask on.
  Outcome RunWithoutTerminal(Arguments arguments) {
    arguments.insert(arguments.begin(), {"--wait", SWORN_BINARY});
    return RunProgram("setsid", arguments);
  }

  std::optional<TestToken> token_;
  std::string ledger_;
};

TEST_F(TokenTest, AnAuthorSignsWithAKeyInTheToken) {
  ExpectRun({"init", ledger_, "--origin", "test.example/ledger", "--author", "alice"});
  const std::string bob = Keygen("bob", "p256");
  ExpectRun({"key", "add", bob, "--principal", "bob", "--ledger", ledger_});
  EXPECT_THAT(ExpectRun({"key", "list", "--ledger", ledger_}), HasSubstr("ECDSA_P256_SHA256"));
  ExpectRun({"report", kExample, "--ledger", ledger_, "--key", bob});
  EXPECT_THAT(ExpectRun({"log", "--ledger", ledger_}), HasSubstr("bob"));
  ExpectRun({"audit", ledger_});

  const v1::Envelope envelope = LastEnvelope(3);
  ASSERT_EQ(envelope.signatures_size(), 1);
  const std::string message = directory_ + "/message";
  const std::string signature = directory_ + "/signature";
  WriteAll(message, crypto::PreAuthenticationEncoding(envelope.payload_type(), envelope.payload()));
  WriteAll(signature, envelope.signatures(0).signature());
  const Arguments verify = {"dgst", "-sha256", "-verify", PublicKeyFile(bob), "-signature", signature, message};
  EXPECT_EQ(RunProgram("openssl", verify).exit_code, 0);
  WriteAll(message, "another");
  EXPECT_NE(RunProgram("openssl", verify).exit_code, 0);
}

TEST_F(TokenTest, TheFirstAuthorsKeyMayBeInTheTokenToo) {
  const std::string alice = Keygen("alice", "ed25519");
  ExpectRun({"init", ledger_, "--origin", "test.example/ledger", "--key", alice});
  EXPECT_FALSE(std::filesystem::exists(ledger_ + "/keys/author.pem"));
  ExpectRun({"report", kExample, "--ledger", ledger_, "--key", alice});
  const nlohmann::json support =
      ExpectJson({"support", "--from", "China", "--to", "Russia", "--lens", "officials", "--ledger", ledger_});
  const std::string assertion = support["indirect"]["rows"][0]["assertion_ids"][0];
  ExpectRun({"retract", assertion, "--reason", "a test", "--ledger", ledger_, "--key", alice});
  ExpectRun({"audit", ledger_});
}

TEST_F(TokenTest, CheckpointsAreSignedInTheToken) {
  const std::string key = Keygen("log", "ed25519");
  ExpectRun({"init", ledger_, "--origin", "test.example/ledger", "--ledger-key", key});
  EXPECT_FALSE(std::filesystem::exists(ledger_ + "/keys/ledger.pem"));
  EXPECT_THAT(ReadAll(ledger_ + "/ledger.json"), HasSubstr("\"ledger_key\": \"pkcs11:"));
  EXPECT_THAT(ReadAll(ledger_ + "/ledger.json"), Not(HasSubstr(TestToken::kPin)));
  // Every command opens the token anew.
  ExpectRun({"report", kExample, "--ledger", ledger_});
  ExpectRun({"audit", ledger_});

  const std::string note = ExpectRun({"checkpoint", "--ledger", ledger_});
  const size_t text_end = note.find("\n\n") + 1;
  const size_t encoded = note.find_last_of(' ') + 1;
  std::string blob;
  ASSERT_TRUE(absl::Base64Unescape(note.substr(encoded, note.size() - 1 - encoded), &blob)) << note;
  const std::string message = directory_ + "/message";
  const std::string signature = directory_ + "/signature";
  WriteAll(message, note.substr(0, text_end));
  WriteAll(signature, blob.substr(4));  // after the key id
  const Arguments verify = {"pkeyutl", "-verify", "-pubin", "-inkey",   PublicKeyFile(key),
                            "-rawin",  "-in",     message,  "-sigfile", signature};
  EXPECT_EQ(RunProgram("openssl", verify).exit_code, 0);
  WriteAll(message, "another");
  EXPECT_NE(RunProgram("openssl", verify).exit_code, 0);
}

TEST_F(TokenTest, ADaemonTakesThePinFromAFile) {
  ExpectRun({"init", ledger_, "--origin", "test.example/ledger", "--ledger-key", Keygen("log", "ed25519")});
  unsetenv("SWORN_PIN_FILE");
  const Outcome without = RunProgram(SWORND_BINARY, {"--ledger", ledger_});
  EXPECT_EQ(without.exit_code, 1);
  EXPECT_THAT(without.err, HasSubstr("give --pin-file FILE or set SWORN_PIN_FILE"));
  Daemon daemon({"--ledger", ledger_, "--pin-file", token_->pin_file()}, directory_, SWORND_BINARY);
  const std::string address = "unix:" + ledger_ + "/sworn.sock";
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (Run({"checkpoint", "--server", address}).exit_code != 0) {
    ASSERT_LT(std::chrono::steady_clock::now(), give_up) << ReadAll(directory_ + "/daemon-err");
  }
  // The daemon holds the ledger, so nobody else needs its PIN.
  ExpectRun({"report", kExample, "--ledger", ledger_, "--key", ledger_ + "/keys/author.pem"});
  EXPECT_EQ(daemon.Stop(SIGTERM), 0) << "the token is left in order";
}

TEST_F(TokenTest, SaysWhyAPinIsNotTaken) {
  ExpectRun({"init", ledger_, "--origin", "test.example/ledger", "--ledger-key", Keygen("log", "ed25519")});
  const Outcome wrong = Run({"log", "--ledger", ledger_, "--pin-file", token_->WriteSecret("wrong", "864202")});
  EXPECT_EQ(wrong.exit_code, 4);
  EXPECT_THAT(wrong.err, HasSubstr("the PIN of token \"sworn test\" is wrong"));
  const std::string open_to_all = token_->WriteSecret("open", TestToken::kPin);
  std::filesystem::permissions(open_to_all, std::filesystem::perms(0644));
  const Outcome readable = Run({"log", "--ledger", ledger_, "--pin-file", open_to_all});
  EXPECT_EQ(readable.exit_code, 4);
  EXPECT_THAT(readable.err, HasSubstr("chmod 600"));
  unsetenv("SWORN_PIN_FILE");
  const Outcome none = RunWithoutTerminal({"log", "--ledger", ledger_});
  EXPECT_EQ(none.exit_code, 1);
  EXPECT_THAT(none.err, HasSubstr("give --pin-file FILE"));
  const Outcome shown = Run({"key", "show", "pkcs11:object=log?pin-value=" + std::string(TestToken::kPin)});
  EXPECT_EQ(shown.exit_code, 2);
  EXPECT_THAT(shown.err, HasSubstr("a PIN must not stand in a pkcs11: URI"));
  EXPECT_THAT(shown.err, Not(HasSubstr(TestToken::kPin)));
}

TEST_F(TokenTest, RefusesWhatCannotSign) {
  const std::string p256 = Keygen("p256", "p256");
  const Arguments init = {"init", ledger_, "--origin", "test.example/ledger", "--ledger-key"};
  struct Case {
    std::string key;
    int exit_code;
    std::string says;
  };
  const std::vector<Case> cases = {
      {p256, 2, "a ledger signs its checkpoints with an Ed25519 key"},
      {TestToken::Uri("nobody"), 3, "no private key of token \"sworn test\" fits"},
      {"pkcs11:token=another;object=log", 3, "no token fits"},
      {"pkcs11:object=log?module-path=/no/such.so", 3, "cannot be loaded"},
      {"log.pem", 2, "--ledger-key takes a pkcs11: URI"},
  };
  for (const Case& bad : cases) {
    Arguments arguments = init;
    arguments.push_back(bad.key);
    const Outcome refused = Run(arguments);
    EXPECT_EQ(refused.exit_code, bad.exit_code) << bad.key;
    EXPECT_THAT(refused.err, HasSubstr(bad.says));
    EXPECT_FALSE(std::filesystem::exists(ledger_)) << "nothing is left behind";
  }
  EXPECT_EQ(Run({"keygen", p256}).exit_code, 5) << "a key is never overwritten";
  EXPECT_EQ(Run({"keygen", TestToken::Uri("new"), "--encrypt"}).exit_code, 2);
}

}  // namespace
}  // namespace sworn
