#include "api/server.h"

#include <gmock/gmock.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/byte_buffer.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/notification.h"
#include "api/create_ledger.h"
#include "api/status.h"
#include "ledger/crypto/hash.h"
#include "ledger/log/ledger_directory.h"
#include "ledger/model/limits.h"
#include "ledger/model/portion.h"
#include "ledger/model/refusal.h"
#include "ledger/model/report_builder.h"
#include "ledger/proof/verify_proof.h"
#include "sworn/v1/ledger_service.grpc.pb.h"
#include "sworn/v1/registry_service.grpc.pb.h"
#include "sworn/v1/view_service.grpc.pb.h"

namespace sworn::api {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

v1::Portion Unclassified() {
  v1::Portion portion;
  portion.mutable_marking()->set_level(v1::Marking::U);
  return portion;
}

uint32_t AddCountry(model::ReportBuilder& report, const std::string& name, const std::string& id) {
  v1::Portion portion = Unclassified();
  portion.mutable_entity()->set_name(name);
  portion.mutable_entity()->set_kind("country");
  portion.mutable_entity()->add_external_ids(id);
  return report.Add(portion);
}

// "Witness saw China supply Russia with machine tools": two entities, one source, one assertion (the last portion).
model::ReportBuilder MachineTools(const std::string& statement = "machine tools were delivered") {
  model::ReportBuilder report;
  const uint32_t china = AddCountry(report, "China", "iso3166:CN");
  const uint32_t russia = AddCountry(report, "Russia", "iso3166:RU");
  v1::Portion witness = Unclassified();
  witness.mutable_source()->set_name("Witness");
  witness.mutable_source()->set_kind(v1::Source::PERSON);
  const uint32_t source = report.Add(witness);
  v1::Portion portion = Unclassified();
  v1::Assertion& assertion = *portion.mutable_assertion();
  assertion.mutable_subject()->mutable_entity()->set_index(china);
  assertion.set_predicate("supplies");
  assertion.mutable_object()->mutable_entity()->set_index(russia);
  assertion.set_category("materiel/machine-tools");
  assertion.set_statement(statement);
  assertion.set_polarity(v1::Assertion::AFFIRMS);
  v1::Hop& hop = *assertion.add_attribution();
  hop.mutable_source()->set_index(source);
  hop.set_mode(v1::Hop::WITNESSED);
  report.Add(portion);
  return report;
}

std::string PortionIdOf(const v1::Report& report, int index) {
  const v1::CarriedPortion& portion = report.portions(index);
  return crypto::ToHex(model::PortionId(portion.salt(), portion.content()));
}

// A new ledger with one author, and a server over it.
class ServerTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "/serverXXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    root_ = name;
    ledger_ = root_ + "/ledger";
    absl::StatusOr<crypto::PrivateKey> key = crypto::PrivateKey::Generate(v1::Signature::ED25519);
    ASSERT_TRUE(key.ok()) << key.status();
    key_ = std::make_unique<crypto::PrivateKey>(*std::move(key));
    const absl::Status created = CreateLedger(ledger_, "example.org/test", "alice", *key_);
    ASSERT_TRUE(created.ok()) << created;
  }
  void TearDown() override {
    server_.reset();
    std::filesystem::remove_all(root_);
  }

  absl::Status StartServer(ServerOptions options = {}) {
    options.ledger_directory = ledger_;
    absl::StatusOr<std::unique_ptr<Server>> server = Server::Start(std::move(options));
    if (!server.ok()) return server.status();
    server_ = *std::move(server);
    Connect(server_->InProcessChannel());
    return absl::OkStatus();
  }
  absl::Status StartOnLedgerSocket() {
    ServerOptions options;
    options.ledger_socket = ServerOptions::LedgerSocket::kListen;
    return StartServer(std::move(options));
  }
  void Connect(const std::shared_ptr<grpc::Channel>& channel) {
    channel_ = channel;
    log_stub_ = v1::LedgerService::NewStub(channel);
    view_stub_ = v1::ViewService::NewStub(channel);
  }
  std::string SocketPath() const { return ledger_ + "/sworn.sock"; }

  v1::Report Sign(const model::ReportBuilder& builder) const {
    absl::StatusOr<v1::Report> report = builder.Sign({key_.get()}, absl::Now());
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? *std::move(report) : v1::Report();
  }
  absl::StatusOr<v1::AppendReportResponse> Append(const v1::Report& report) {
    grpc::ClientContext context;
    v1::AppendReportRequest request;
    *request.mutable_report() = report;
    v1::AppendReportResponse response;
    const grpc::Status status = log_stub_->AppendReport(&context, request, &response);
    if (!status.ok()) return FromGrpcStatus(status);
    return response;
  }
  absl::StatusOr<v1::GetSupportResponse> Support(uint64_t at_least_position) {
    grpc::ClientContext context;
    v1::GetSupportRequest request;
    request.set_from("China");
    request.set_to("iso3166:RU");
    request.mutable_as_of()->set_at_least_position(at_least_position);
    v1::GetSupportResponse response;
    const grpc::Status status = view_stub_->GetSupport(&context, request, &response);
    if (!status.ok()) return FromGrpcStatus(status);
    return response;
  }
  absl::StatusOr<v1::GetLedgerResponse> Ledger() {
    grpc::ClientContext context;
    context.set_wait_for_ready(true);
    v1::GetLedgerResponse response;
    const grpc::Status status = log_stub_->GetLedger(&context, {}, &response);
    if (!status.ok()) return FromGrpcStatus(status);
    return response;
  }
  absl::StatusOr<v1::GetRecordResponse> Record(const std::string& id) {
    grpc::ClientContext context;
    v1::GetRecordRequest request;
    request.set_id(id);
    v1::GetRecordResponse response;
    const grpc::Status status = log_stub_->GetRecord(&context, request, &response);
    if (!status.ok()) return FromGrpcStatus(status);
    return response;
  }
  absl::StatusOr<v1::ListEntriesResponse> Entries(uint32_t page_size, const std::string& page_token) {
    grpc::ClientContext context;
    v1::ListEntriesRequest request;
    request.set_page_size(page_size);
    request.set_page_token(page_token);
    v1::ListEntriesResponse response;
    const grpc::Status status = log_stub_->ListEntries(&context, request, &response);
    if (!status.ok()) return FromGrpcStatus(status);
    return response;
  }
  merkle::VerifierKey VerifierKey() const { return log::LedgerDirectory::Open(ledger_)->verifier_key(); }

  void ExpectARecordedReportIsReceiptedAndVisible();

  std::string root_;
  std::string ledger_;
  std::unique_ptr<crypto::PrivateKey> key_;
  std::unique_ptr<Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::LedgerService::Stub> log_stub_;
  std::unique_ptr<v1::ViewService::Stub> view_stub_;
};

void ServerTest::ExpectARecordedReportIsReceiptedAndVisible() {
  const v1::Report report = Sign(MachineTools());
  absl::StatusOr<v1::AppendReportResponse> appended = Append(report);
  ASSERT_TRUE(appended.ok()) << appended.status();
  EXPECT_FALSE(appended->already_recorded());
  EXPECT_EQ(appended->receipt().position(), 1U);
  const absl::Status verified = proof::VerifyReceipt(appended->receipt(), report, VerifierKey());
  EXPECT_TRUE(verified.ok()) << verified;

  absl::StatusOr<v1::GetSupportResponse> support = Support(appended->receipt().position());
  ASSERT_TRUE(support.ok()) << support.status();
  EXPECT_GE(support->as_of().position(), 1U);
  EXPECT_EQ(support->direct().status(), v1::Support::UNREPORTED);
  EXPECT_EQ(support->indirect().status(), v1::Support::REPORTED);
  ASSERT_EQ(support->indirect().rows_size(), 1);
  EXPECT_THAT(support->indirect().rows(0).assertion_ids(), ElementsAre(PortionIdOf(report, 3)));

  absl::StatusOr<v1::AppendReportResponse> again = Append(report);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(again->already_recorded());
  EXPECT_EQ(again->receipt().position(), 1U);
}

TEST_F(ServerTest, RecordsAndAnswersInProcess) {
  ASSERT_TRUE(StartServer().ok());
  ExpectARecordedReportIsReceiptedAndVisible();
}

TEST_F(ServerTest, RecordsAndAnswersOverTheLedgersSocket) {
  const absl::Status started = StartOnLedgerSocket();
  ASSERT_TRUE(started.ok()) << started;
  Connect(grpc::CreateChannel("unix:" + SocketPath(), grpc::InsecureChannelCredentials()));
  ExpectARecordedReportIsReceiptedAndVisible();
}

TEST_F(ServerTest, RecordsAndAnswersOverTcp) {
  ServerOptions options;
  options.listen_address = "127.0.0.1:0";
  ASSERT_TRUE(StartServer(std::move(options)).ok());
  ASSERT_GT(server_->port(), 0);
  Connect(grpc::CreateChannel(absl::StrCat("127.0.0.1:", server_->port()), grpc::InsecureChannelCredentials()));
  ExpectARecordedReportIsReceiptedAndVisible();
}

TEST_F(ServerTest, SaysWhoItIs) {
  ASSERT_TRUE(StartServer().ok());
  absl::StatusOr<v1::GetLedgerResponse> ledger = Ledger();
  ASSERT_TRUE(ledger.ok()) << ledger.status();
  EXPECT_EQ(ledger->origin(), "example.org/test");
  EXPECT_EQ(ledger->verifier_key(), VerifierKey().ToString());
  EXPECT_EQ(ledger->size(), 1U);
  EXPECT_EQ(ledger->software_version(), SWORN_VERSION);
}

TEST_F(ServerTest, ListsTheKeysOfTheFirstAuthorAndOfTheLedger) {
  ASSERT_TRUE(StartServer().ok());
  grpc::ClientContext context;
  v1::ListKeysResponse keys;
  ASSERT_TRUE(v1::RegistryService::NewStub(channel_)->ListKeys(&context, {}, &keys).ok());
  ASSERT_EQ(keys.keys_size(), 2);
  const auto author = std::find_if(keys.keys().begin(), keys.keys().end(),
                                   [](const v1::RegisteredKey& key) { return key.purpose() == v1::Key::AUTHOR; });
  ASSERT_NE(author, keys.keys().end());
  EXPECT_EQ(author->principal(), "alice");
  EXPECT_EQ(author->key_id(), crypto::ToHex(key_->public_key().key_id()));
  EXPECT_EQ(author->algorithm(), v1::Signature::ED25519);
  EXPECT_EQ(author->added_at_position(), 0U);
  EXPECT_FALSE(author->has_compromised_since());
  EXPECT_THAT(author->roles(), testing::Contains(v1::Principal::REPORTER));
}

TEST_F(ServerTest, ListsEntriesPageByPage) {
  ASSERT_TRUE(StartServer().ok());
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(Append(Sign(MachineTools(absl::StrCat("delivery ", i)))).ok());
  std::vector<uint64_t> positions;
  std::string token;
  int pages = 0;
  do {
    absl::StatusOr<v1::ListEntriesResponse> page = Entries(2, token);
    ASSERT_TRUE(page.ok()) << page.status();
    for (const v1::EntrySummary& entry : page->entries()) positions.push_back(entry.position());
    token = page->next_page_token();
    ++pages;
  } while (!token.empty());
  EXPECT_THAT(positions, ElementsAre(0, 1, 2, 3, 4));
  EXPECT_EQ(pages, 3);

  absl::StatusOr<v1::ListEntriesResponse> all = Entries(0, "");
  ASSERT_TRUE(all.ok());
  EXPECT_EQ(all->entries(1).author(), "alice");
  EXPECT_EQ(all->entries(1).banner(), "(U)");
  EXPECT_EQ(all->entries(1).contents(), "1 assertion, 1 source, 2 entities");
  EXPECT_EQ(model::ReasonOf(Entries(2, "made up").status()), v1::Refusal::FIELD_INVALID);
}

TEST_F(ServerTest, FindsRecordsByPrefixAndProvesPortions) {
  ASSERT_TRUE(StartServer().ok());
  const v1::Report report = Sign(MachineTools());
  ASSERT_TRUE(Append(report).ok());
  const std::string portion_id = PortionIdOf(report, 3);
  absl::StatusOr<v1::GetRecordResponse> portion = Record(portion_id.substr(0, 12));
  ASSERT_TRUE(portion.ok()) << portion.status();
  ASSERT_EQ(portion->portions_size(), 1);
  EXPECT_EQ(portion->portions(0).id(), portion_id);
  EXPECT_EQ(portion->portions(0).index(), 3U);
  EXPECT_EQ(portion->portions(0).portion().assertion().category(), "materiel/machine-tools");
  absl::StatusOr<v1::GetRecordResponse> whole = Record(crypto::ToHex(model::ReportId(report.envelope())));
  ASSERT_TRUE(whole.ok()) << whole.status();
  EXPECT_EQ(whole->portions_size(), 4);
  EXPECT_EQ(whole->entry().position(), 1U);

  grpc::ClientContext context;
  v1::ProvePortionRequest request;
  request.set_id(portion_id);
  v1::ProvePortionResponse proof;
  ASSERT_TRUE(log_stub_->ProvePortion(&context, request, &proof).ok());
  EXPECT_EQ(proof.portion_id(), portion_id);
  EXPECT_EQ(proof.position(), 1U);
  EXPECT_TRUE(proof::VerifyProof(proof.proof(), {VerifierKey()}).passed);
}

TEST_F(ServerTest, ProvesADossierOfPortions) {
  ASSERT_TRUE(StartServer().ok());
  const v1::Report report = Sign(MachineTools());
  ASSERT_TRUE(Append(report).ok());
  const auto prove = [this](const std::vector<std::string>& ids, v1::ProveDossierResponse& response) {
    grpc::ClientContext context;
    v1::ProveDossierRequest request;
    for (const std::string& id : ids) request.add_ids(id);
    return FromGrpcStatus(log_stub_->ProveDossier(&context, request, &response));
  };
  const std::vector<std::string> ids = {PortionIdOf(report, 3), PortionIdOf(report, 0)};
  v1::ProveDossierResponse response;
  ASSERT_TRUE(prove({ids[0], ids[1].substr(0, 12), ids[0]}, response).ok());
  ASSERT_EQ(response.portions_size(), 3);
  EXPECT_EQ(response.portions(1).portion_id(), ids[1]);
  EXPECT_EQ(response.portions(1).position(), 1U);
  const proof::ProofVerification verification = proof::VerifyProof(response.proof(), {VerifierKey()});
  ASSERT_TRUE(verification.passed);
  ASSERT_EQ(verification.reports.size(), 1U);
  EXPECT_EQ(verification.reports[0].portions.size(), 2U) << "one was named twice";

  EXPECT_EQ(model::ReasonOf(prove({}, response)), v1::Refusal::FIELD_INVALID);
  EXPECT_EQ(model::ReasonOf(prove(std::vector<std::string>(10'001, ids[0]), response)), v1::Refusal::TOO_LARGE);
  EXPECT_EQ(model::ReasonOf(prove({ids[0], std::string(64, '0')}, response)), v1::Refusal::NOT_FOUND);
  EXPECT_EQ(model::ReasonOf(prove({crypto::ToHex(model::ReportId(report.envelope()))}, response)),
            v1::Refusal::FIELD_INVALID);
}

TEST_F(ServerTest, RefusesIdsThatNameNothing) {
  ASSERT_TRUE(StartServer().ok());
  const std::vector<std::string> nothing = {std::string(64, '0'), "000000"};
  for (const std::string& id : nothing) EXPECT_EQ(model::ReasonOf(Record(id).status()), v1::Refusal::NOT_FOUND) << id;
  const std::vector<std::string> bad = {
      "", "abc", "not hex", std::string(65, '0'), std::string(1'000'000, '0'), "\xff\xff\xff\xff\xff\xff"};
  for (const std::string& id : bad) EXPECT_FALSE(Record(id).ok()) << id.substr(0, 70);
  EXPECT_TRUE(Ledger().ok());
}

TEST_F(ServerTest, GivesReceiptsAgain) {
  ASSERT_TRUE(StartServer().ok());
  const v1::Report report = Sign(MachineTools());
  ASSERT_TRUE(Append(report).ok());
  v1::ReportHeader header;
  ASSERT_TRUE(header.ParseFromString(report.envelope().payload()));
  v1::GetReceiptRequest by_report;
  by_report.set_report_id(std::string(crypto::AsBytes(model::ReportId(report.envelope()))));
  v1::GetReceiptRequest by_request;
  by_request.set_author_key_id(header.author_key_id());
  by_request.set_request_id(header.request_id());
  for (const v1::GetReceiptRequest& request : {by_report, by_request}) {
    grpc::ClientContext context;
    v1::GetReceiptResponse response;
    const grpc::Status status = log_stub_->GetReceipt(&context, request, &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
    EXPECT_TRUE(proof::VerifyReceipt(response.receipt(), report, VerifierKey()).ok());
  }
  v1::GetReceiptRequest short_id;
  short_id.set_report_id("x");
  v1::GetReceiptRequest unknown;
  unknown.set_report_id(std::string(32, 'x'));
  const std::vector<std::pair<v1::GetReceiptRequest, model::Reason>> bad = {
      {{}, v1::Refusal::FIELD_MISSING}, {short_id, v1::Refusal::FIELD_INVALID}, {unknown, v1::Refusal::NOT_FOUND}};
  for (const auto& [request, reason] : bad) {
    grpc::ClientContext context;
    v1::GetReceiptResponse response;
    EXPECT_EQ(model::ReasonOf(FromGrpcStatus(log_stub_->GetReceipt(&context, request, &response))), reason);
  }
}

TEST_F(ServerTest, RefusesBadReportsWithAReasonAndRecordsNothing) {
  ASSERT_TRUE(StartServer().ok());
  v1::Report unsigned_report = Sign(MachineTools());
  unsigned_report.mutable_envelope()->clear_signatures();
  v1::Report wrongly_signed = Sign(MachineTools());
  (*wrongly_signed.mutable_envelope()->mutable_signatures(0)->mutable_signature())[5] ^= 1;
  v1::Report changed = Sign(MachineTools());
  changed.mutable_portions(0)->set_salt(std::string(model::kSaltBytes, 'x'));
  const std::vector<std::pair<v1::Report, model::Reason>> bad = {{unsigned_report, v1::Refusal::UNSIGNED},
                                                                 {wrongly_signed, v1::Refusal::SIGNATURE_INVALID},
                                                                 {changed, v1::Refusal::PORTIONS_MISMATCH}};
  for (const auto& [report, reason] : bad) {
    const absl::Status refused = Append(report).status();
    EXPECT_EQ(model::ReasonOf(refused), reason) << refused;
  }
  EXPECT_FALSE(Append(v1::Report()).ok());
  EXPECT_EQ(Ledger()->size(), 1U);
}

TEST_F(ServerTest, RefusesOversizedMessagesAndStaysAlive) {
  ASSERT_TRUE(StartOnLedgerSocket().ok());
  v1::Report oversized;
  oversized.add_portions()->set_content(std::string(model::kMaxMessageBytes, 'x'));
  for (const auto& channel :
       {server_->InProcessChannel(), grpc::CreateChannel("unix:" + SocketPath(), grpc::InsecureChannelCredentials())}) {
    Connect(channel);
    EXPECT_EQ(Append(oversized).status().code(), absl::StatusCode::kResourceExhausted);
    EXPECT_TRUE(Ledger().ok());
  }
}

TEST_F(ServerTest, TakesReportsOfSeveralMebibytes) {
  ASSERT_TRUE(StartOnLedgerSocket().ok());
  Connect(grpc::CreateChannel("unix:" + SocketPath(), grpc::InsecureChannelCredentials()));
  model::ReportBuilder builder = MachineTools();
  for (int i = 0; i < 60; ++i) {
    v1::Portion portion = Unclassified();
    portion.mutable_entity()->set_name(absl::StrCat("place ", i));
    portion.mutable_entity()->set_description(std::string(200'000, 'x'));
    builder.Add(portion);
  }
  const v1::Report report = Sign(builder);
  ASSERT_GT(report.ByteSizeLong(), size_t{8} << 20U);
  absl::StatusOr<v1::AppendReportResponse> appended = Append(report);
  ASSERT_TRUE(appended.ok()) << appended.status();
}

// Connects, sends the bytes, and waits for the server to close or answer.
void SendRaw(int connected, const std::string& bytes) {
  (void)send(connected, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  shutdown(connected, SHUT_WR);
  std::array<char, 4'096> answer{};
  while (recv(connected, answer.data(), answer.size(), 0) > 0) {
  }
  close(connected);
}

TEST_F(ServerTest, GarbageOnTheSocketLeavesItAlive) {
  ASSERT_TRUE(StartOnLedgerSocket().ok());
  const std::string preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  std::string noise;
  for (int i = 0; i < 100'000; ++i) noise.push_back(static_cast<char>((i * 7'919) >> 3));
  const std::vector<std::string> garbage = {"",
                                            std::string(1, '\0'),
                                            "GET / HTTP/1.1\r\n\r\n",
                                            noise,
                                            preface,
                                            preface + noise,
                                            preface + std::string(9, '\xff'),
                                            preface + std::string("\0\0\0\4\0\0\0\0\0", 9) + noise};
  for (const std::string& bytes : garbage) {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    SocketPath().copy(name.sun_path, sizeof(name.sun_path) - 1);
    const int connected = socket(AF_UNIX, SOCK_STREAM, 0);
    ASSERT_EQ(connect(connected, reinterpret_cast<const sockaddr*>(&name), sizeof(name)), 0);
    SendRaw(connected, bytes);
  }
  Connect(grpc::CreateChannel("unix:" + SocketPath(), grpc::InsecureChannelCredentials()));
  EXPECT_TRUE(Ledger().ok());
}

TEST_F(ServerTest, ViewsAnswerWhileAppendsAreStuckAndTheServersDeadlineApplies) {
  absl::Notification release;
  std::atomic<bool> stuck = false;
  ServerOptions options;
  options.default_deadline = absl::Milliseconds(300);
  options.log.now = [&] {
    if (stuck) release.WaitForNotification();
    return absl::Now();
  };
  ASSERT_TRUE(StartServer(std::move(options)).ok());
  ASSERT_TRUE(Append(Sign(MachineTools())).ok());
  ASSERT_TRUE(Support(1).ok());

  const v1::Report delayed = Sign(MachineTools("a second delivery"));
  stuck = true;
  // This call has no deadline: the server gives it one, and the outcome is unknown.
  EXPECT_EQ(Append(delayed).status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(Support(1).ok());
  EXPECT_EQ(Ledger()->size(), 2U);
  stuck = false;
  release.Notify();
  // Sending it again tells.
  absl::StatusOr<v1::AppendReportResponse> again = Append(delayed);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->receipt().position(), 2U);
}

TEST_F(ServerTest, RefusesAPositionTheLogHasNotReached) {
  ASSERT_TRUE(StartServer().ok());
  EXPECT_EQ(model::ReasonOf(Support(1'000).status()), v1::Refusal::POSITION_UNAVAILABLE);
}

TEST_F(ServerTest, ThousandsOfCallsAtOnceAreAnsweredOrRefused) {
  constexpr int kCalls = 3'000;
  ServerOptions options;
  options.worker_threads = 2;
  options.max_waiting_calls = 20;
  options.ledger_socket = ServerOptions::LedgerSocket::kListen;
  ASSERT_TRUE(StartServer(std::move(options)).ok());
  ASSERT_TRUE(Append(Sign(MachineTools())).ok());
  Connect(grpc::CreateChannel("unix:" + SocketPath(), grpc::InsecureChannelCredentials()));
  struct Call {
    grpc::ClientContext context;
    v1::ListEntriesRequest request;
    v1::ListEntriesResponse response;
  };
  std::vector<std::unique_ptr<Call>> calls;
  absl::BlockingCounter finished(kCalls);
  std::atomic<int> other = 0;
  for (int i = 0; i < kCalls; ++i) {
    calls.push_back(std::make_unique<Call>());
    Call& call = *calls.back();
    log_stub_->async()->ListEntries(&call.context, &call.request, &call.response, [&](const grpc::Status& status) {
      const bool overloaded = model::ReasonOf(FromGrpcStatus(status)) == v1::Refusal::OVERLOADED;
      if (!status.ok() && !overloaded) ++other;
      finished.DecrementCount();
    });
  }
  finished.Wait();
  EXPECT_EQ(other, 0);
  EXPECT_TRUE(Ledger().ok());
}

// Calls a method by name with bytes, as a client that has no stubs for it does.
absl::StatusOr<std::string> CallRaw(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                                    const std::string& request) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  const grpc::Slice slice(request);
  grpc::ByteBuffer sent(&slice, 1);
  grpc::ByteBuffer received;
  grpc::Status status;
  absl::Notification done;
  stub.UnaryCall(&context, method, {}, &sent, &received, [&](grpc::Status finished) {
    status = std::move(finished);
    done.Notify();
  });
  done.WaitForNotification();
  if (!status.ok()) return FromGrpcStatus(status);
  std::vector<grpc::Slice> slices;
  (void)received.Dump(&slices);
  std::string bytes;
  for (const grpc::Slice& part : slices) bytes.append(reinterpret_cast<const char*>(part.begin()), part.size());
  return bytes;
}

std::string Field(char number, const std::string& text) {
  return absl::StrCat(std::string(1, static_cast<char>((number << 3) | 2)),
                      std::string(1, static_cast<char>(text.size())), text);
}

TEST_F(ServerTest, ReportsItsHealth) {
  ASSERT_TRUE(StartServer().ok());
  for (const char* service : {"", "sworn.v1.LedgerService", "sworn.v1.ViewService", "sworn.v1.RegistryService"}) {
    // HealthCheckRequest {service = 1}; HealthCheckResponse {status = 1: SERVING = 1}.
    absl::StatusOr<std::string> answer = CallRaw(channel_, "/grpc.health.v1.Health/Check", Field(1, service));
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(*answer, "\x08\x01") << service;
  }
  EXPECT_EQ(CallRaw(channel_, "/grpc.health.v1.Health/Check", Field(1, "nothing")).status().code(),
            absl::StatusCode::kNotFound);
}

TEST_F(ServerTest, ReflectionListsItsServices) {
  ASSERT_TRUE(StartServer().ok());
  // ServerReflectionRequest {list_services = 7}.
  absl::StatusOr<std::string> answer =
      CallRaw(channel_, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", Field(7, "*"));
  ASSERT_TRUE(answer.ok()) << answer.status();
  for (const char* service :
       {"sworn.v1.LedgerService", "sworn.v1.ViewService", "sworn.v1.RegistryService", "grpc.health.v1.Health"}) {
    EXPECT_THAT(*answer, HasSubstr(service));
  }
}

TEST_F(ServerTest, TheSocketIsForItsOwnerAndGoesWithTheServer) {
  ASSERT_TRUE(StartOnLedgerSocket().ok());
  struct stat file {};
  ASSERT_EQ(stat(SocketPath().c_str(), &file), 0);
  EXPECT_TRUE(S_ISSOCK(file.st_mode));
  EXPECT_EQ(file.st_mode & 0777U, 0600U);
  server_.reset();
  EXPECT_FALSE(std::filesystem::exists(SocketPath()));
}

TEST_F(ServerTest, ReplacesASocketLeftBehind) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  SocketPath().copy(name.sun_path, sizeof(name.sun_path) - 1);
  const int bound = socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_EQ(bind(bound, reinterpret_cast<const sockaddr*>(&name), sizeof(name)), 0);
  close(bound);
  ASSERT_TRUE(StartOnLedgerSocket().ok());
  Connect(grpc::CreateChannel("unix:" + SocketPath(), grpc::InsecureChannelCredentials()));
  EXPECT_TRUE(Ledger().ok());
}

TEST_F(ServerTest, ASecondServerOfTheSameLedgerIsRefusedAndTheFirstGoesOn) {
  ASSERT_TRUE(StartOnLedgerSocket().ok());
  ServerOptions options;
  options.ledger_directory = ledger_;
  options.ledger_socket = ServerOptions::LedgerSocket::kListen;
  const absl::Status refused = Server::Start(std::move(options)).status();
  EXPECT_EQ(model::ReasonOf(refused), v1::Refusal::LEDGER_IN_USE) << refused;
  Connect(grpc::CreateChannel("unix:" + SocketPath(), grpc::InsecureChannelCredentials()));
  EXPECT_TRUE(Ledger().ok());
}

TEST_F(ServerTest, RefusesToListenBeyondThisMachineBeforeOpeningAnything) {
  ServerOptions options;
  options.listen_address = "0.0.0.0:7400";
  const absl::Status refused = StartServer(std::move(options));
  EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("TLS"));
}

TEST_F(ServerTest, RefusesAPortThatIsTaken) {
  ServerOptions options;
  options.listen_address = "127.0.0.1:0";
  ASSERT_TRUE(StartServer(std::move(options)).ok());
  const std::string other = root_ + "/other";
  ASSERT_TRUE(CreateLedger(other, "example.org/other", "alice", *key_).ok());
  ServerOptions second;
  second.ledger_directory = other;
  second.listen_address = absl::StrCat("127.0.0.1:", server_->port());
  const absl::Status refused = Server::Start(std::move(second)).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition) << refused;
  EXPECT_THAT(std::string(refused.message()), HasSubstr("in use"));
}

TEST_F(ServerTest, RefusesADirectoryThatIsNoLedger) {
  ServerOptions options;
  options.ledger_directory = root_;
  EXPECT_EQ(Server::Start(std::move(options)).status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(CreateLedger(ledger_, "example.org/test", "alice", *key_).message()),
              Not(testing::IsEmpty()));
}

TEST_F(ServerTest, WhatWasRecordedIsThereAfterARestart) {
  ASSERT_TRUE(StartServer().ok());
  ASSERT_TRUE(Append(Sign(MachineTools())).ok());
  server_.reset();
  ASSERT_TRUE(StartServer().ok());
  EXPECT_EQ(Ledger()->size(), 2U);
  absl::StatusOr<v1::GetSupportResponse> support = Support(1);
  ASSERT_TRUE(support.ok()) << support.status();
  EXPECT_EQ(support->indirect().status(), v1::Support::REPORTED);
}

TEST_F(ServerTest, DamagedViewsAreRebuilt) {
  ASSERT_TRUE(StartServer().ok());
  ASSERT_TRUE(Append(Sign(MachineTools())).ok());
  ASSERT_TRUE(Support(1).ok());
  server_.reset();
  std::ofstream(ledger_ + "/views/CURRENT", std::ios::trunc) << "MANIFEST-that-is-not-there\n";
  const absl::Status started = StartServer();
  ASSERT_TRUE(started.ok()) << started;
  absl::StatusOr<v1::GetSupportResponse> support = Support(1);
  ASSERT_TRUE(support.ok()) << support.status();
  EXPECT_EQ(support->indirect().status(), v1::Support::REPORTED);
}

TEST_F(ServerTest, ShutdownMayBeCalledTwiceAndEndsWait) {
  ASSERT_TRUE(StartOnLedgerSocket().ok());
  Connect(grpc::CreateChannel("unix:" + SocketPath(), grpc::InsecureChannelCredentials()));
  ASSERT_TRUE(Ledger().ok());
  std::thread waiting([this] { server_->Wait(); });
  server_->Shutdown();
  server_->Shutdown();
  waiting.join();
  EXPECT_EQ(Append(Sign(MachineTools())).status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace sworn::api
