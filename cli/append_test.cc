#include "cli/append.h"

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "api/status.h"
#include "cli/exit_code.h"
#include "ledger/crypto/key_file.h"
#include "ledger/merkle/note.h"
#include "ledger/model/refusal.h"

namespace sworn::cli {
namespace {

// A ledger that takes reports and then answers as told.
class FakeLedger final : public v1::LedgerService::Service {
 public:
  explicit FakeLedger(std::string verifier_key) : verifier_key_(std::move(verifier_key)) {}

  grpc::Status GetLedger(grpc::ServerContext*, const v1::GetLedgerRequest*, v1::GetLedgerResponse* response) override {
    response->set_verifier_key(verifier_key_);
    return grpc::Status::OK;
  }
  grpc::Status GetReceipt(grpc::ServerContext*, const v1::GetReceiptRequest*,
                          v1::GetReceiptResponse* response) override {
    if (!recorded) return api::ToGrpcStatus(model::Refuse(v1::Refusal::NOT_FOUND, "no such report"));
    response->mutable_receipt()->set_position(41);
    return grpc::Status::OK;
  }
  grpc::Status AppendReport(grpc::ServerContext*, const v1::AppendReportRequest* request,
                            v1::AppendReportResponse*) override {
    sent.push_back(request->SerializeAsString());
    return answer;
  }

  bool recorded = false;
  grpc::Status answer;
  std::vector<std::string> sent;

 private:
  std::string verifier_key_;
};

class AppendTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "append.XXXXXX";
    directory_ = mkdtemp(pattern.data());
    setenv("XDG_STATE_HOME", directory_.c_str(), 1);
    const auto key = crypto::PrivateKey::Generate(v1::Signature::ED25519);
    ASSERT_TRUE(key.ok()) << key.status();
    options_.key_file = directory_ + "/key.pem";
    options_.server = "unix:" + directory_ + "/fake.sock";
    ASSERT_TRUE(crypto::WriteKeyFile(*key, options_.key_file, crypto::Secret()).ok());
    const auto verifier_key = merkle::VerifierKey::Make("test.example", key->public_key());
    ASSERT_TRUE(verifier_key.ok()) << verifier_key.status();
    ledger_ = std::make_unique<FakeLedger>(verifier_key->ToString());
    grpc::ServerBuilder builder;
    builder.AddListeningPort(options_.server, grpc::InsecureServerCredentials());
    builder.RegisterService(ledger_.get());
    server_ = builder.BuildAndStart();
    ASSERT_NE(server_, nullptr);
    portion_.mutable_marking()->set_level(v1::Marking::U);
    portion_.mutable_entity()->set_name("China");
    portion_.mutable_entity()->set_kind("country");
  }
  void TearDown() override {
    server_.reset();
    std::filesystem::remove_all(directory_);
  }

  // As one run of the program: a connection and an appender of its own.
  absl::StatusOr<v1::AppendReportResponse> Append(Repeat repeat) {
    const auto connection = Connection::Open(options_);
    if (!connection.ok()) return connection.status();
    const auto appender = Appender::Open(options_, **connection);
    if (!appender.ok()) return appender.status();
    return appender->Append({portion_}, "sixteen bytes id", repeat);
  }
  size_t KeptReports() const {
    const std::string outbox = directory_ + "/sworn/outbox";
    if (!std::filesystem::exists(outbox)) return 0;
    return std::distance(std::filesystem::directory_iterator(outbox), std::filesystem::directory_iterator());
  }

  std::string directory_;
  GlobalOptions options_;
  std::unique_ptr<FakeLedger> ledger_;
  std::unique_ptr<grpc::Server> server_;
  v1::Portion portion_;
};

TEST_F(AppendTest, WithoutAnAnswerTheSameReportIsSentAgain) {
  for (const Repeat repeat : {Repeat::kOnce, Repeat::kAgain}) {
    ledger_->sent.clear();
    ledger_->answer = grpc::Status(grpc::StatusCode::UNAVAILABLE, "connection lost");
    EXPECT_EQ(ExitCodeOf(Append(repeat).status()), ExitCode::kOutcomeUnknown);
    EXPECT_EQ(KeptReports(), 1U);
    EXPECT_EQ(ExitCodeOf(Append(repeat).status()), ExitCode::kOutcomeUnknown);
    ledger_->answer = api::ToGrpcStatus(model::Refuse(v1::Refusal::KEY_UNKNOWN, "who is that?"));
    EXPECT_EQ(ExitCodeOf(Append(repeat).status()), ExitCode::kRefused);
    ASSERT_EQ(ledger_->sent.size(), 3U);
    EXPECT_EQ(ledger_->sent[0], ledger_->sent[1]);
    EXPECT_EQ(ledger_->sent[0], ledger_->sent[2]);
    EXPECT_EQ(KeptReports(), 0U) << "a refusal is a definite answer";
  }
}

TEST_F(AppendTest, WhatWasRecordedMeanwhileIsNotSentAgain) {
  ledger_->answer = grpc::Status(grpc::StatusCode::DEADLINE_EXCEEDED, "too late");
  EXPECT_EQ(ExitCodeOf(Append(Repeat::kOnce).status()), ExitCode::kOutcomeUnknown);
  ledger_->recorded = true;
  const auto response = Append(Repeat::kOnce);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_TRUE(response->already_recorded());
  EXPECT_EQ(response->receipt().position(), 41U);
  EXPECT_EQ(ledger_->sent.size(), 1U);
  EXPECT_EQ(KeptReports(), 0U);
}

TEST_F(AppendTest, AReceiptThatDoesNotVerifyIsAFailedVerification) {
  ledger_->answer = grpc::Status::OK;
  EXPECT_EQ(ExitCodeOf(Append(Repeat::kOnce).status()), ExitCode::kVerificationFailed);
}

TEST_F(AppendTest, NothingIsKeptWhereTheLedgerCannotBeReached) {
  server_.reset();
  absl::Status status = Append(Repeat::kOnce).status();
  EXPECT_EQ(ExitCodeOf(status), ExitCode::kUnreachable);
  EXPECT_NE(status.message().find(options_.server), absl::string_view::npos) << status;
  EXPECT_EQ(KeptReports(), 0U);
}

}  // namespace
}  // namespace sworn::cli
