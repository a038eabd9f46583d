#include "api/unary_call.h"

#include <gmock/gmock.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/notification.h"
#include "sworn/v1/registry_service.grpc.pb.h"

namespace sworn::api {
namespace {

using testing::HasSubstr;

// One method whose work each test chooses.
class ChosenWork : public v1::RegistryService::CallbackService {
 public:
  ChosenWork(size_t threads, size_t max_waiting) : pool_(std::make_unique<WorkerPool>(threads, max_waiting)) {
    grpc::ServerBuilder builder;
    builder.RegisterService(this);
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    server_ = builder.BuildAndStart();
    stub_ = v1::RegistryService::NewStub(server_->InProcessChannel({}));
  }
  ~ChosenWork() override {
    server_->Shutdown();
    server_.reset();
    pool_.reset();
  }
  ChosenWork(const ChosenWork&) = delete;
  ChosenWork& operator=(const ChosenWork&) = delete;
  ChosenWork(ChosenWork&&) = delete;
  ChosenWork& operator=(ChosenWork&&) = delete;

  grpc::ServerUnaryReactor* ListKeys(grpc::CallbackServerContext* context, const v1::ListKeysRequest* /*request*/,
                                     v1::ListKeysResponse* response) override {
    grpc::ServerUnaryReactor* reactor =
        RunOnPool<v1::ListKeysResponse>(*pool_, default_deadline, context, response, work);
    ++arrived;
    return reactor;
  }

  absl::Status Call() {
    grpc::ClientContext context;
    return Call(context);
  }
  absl::Status Call(grpc::ClientContext& context) {
    v1::ListKeysResponse response;
    return FromGrpcStatus(stub_->ListKeys(&context, {}, &response));
  }
  // Over HTTP/2, which bounds what a status may carry; the in-process channel does not.
  absl::Status CallOverTcp() const {
    const auto channel = grpc::CreateChannel(absl::StrCat("127.0.0.1:", port_), grpc::InsecureChannelCredentials());
    grpc::ClientContext context;
    v1::ListKeysResponse response;
    return FromGrpcStatus(v1::RegistryService::NewStub(channel)->ListKeys(&context, {}, &response));
  }
  v1::RegistryService::Stub& stub() { return *stub_; }

  Work<v1::ListKeysResponse> work;
  absl::Duration default_deadline = absl::Hours(1);
  std::atomic<int> arrived = 0;

 private:
  std::unique_ptr<WorkerPool> pool_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::RegistryService::Stub> stub_;
};

TEST(UnaryCallTest, AnswersWithWhatTheWorkSays) {
  ChosenWork service(1, 10);
  service.work = [](const UnaryCall&) { return v1::ListKeysResponse(); };
  EXPECT_TRUE(service.Call().ok());
  service.work = [](const UnaryCall&) { return model::Refuse(v1::Refusal::NOT_FOUND, "nothing has that id"); };
  EXPECT_EQ(model::ReasonOf(service.Call()), v1::Refusal::NOT_FOUND);
}

TEST(UnaryCallTest, TheLongestRefusalReachesTheClient) {
  ChosenWork service(1, 10);
  std::string candidates;
  while (candidates.size() < 1'000'000) candidates += "Кремль, ";
  service.work = [&](const UnaryCall&) { return model::Refuse(v1::Refusal::AMBIGUOUS, candidates); };
  for (const absl::Status& received : {service.Call(), service.CallOverTcp()}) {
    EXPECT_EQ(received.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(model::ReasonOf(received), v1::Refusal::AMBIGUOUS);
    EXPECT_THAT(std::string(received.message()), HasSubstr("Кремль"));
  }
}

TEST(UnaryCallTest, AnExceptionOfALibraryIsAnAnswer) {
  ChosenWork service(1, 10);
  service.work = [](const UnaryCall&) -> absl::StatusOr<v1::ListKeysResponse> {
    throw std::runtime_error("no memory");
  };
  const absl::Status received = service.Call();
  EXPECT_EQ(received.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(received.message()), HasSubstr("no memory"));
}

TEST(UnaryCallTest, RefusesAnAnswerLargerThanAMessageMayBe) {
  ChosenWork service(1, 10);
  service.work = [](const UnaryCall&) {
    v1::ListKeysResponse large;
    large.add_keys()->set_principal(std::string(model::kMaxMessageBytes, 'x'));
    return large;
  };
  EXPECT_EQ(model::ReasonOf(service.Call()), v1::Refusal::TOO_LARGE);
}

TEST(UnaryCallTest, CallsWithoutADeadlineGetOne) {
  ChosenWork service(1, 10);
  service.default_deadline = absl::Seconds(7);
  const absl::Time before = absl::Now();
  absl::Time deadline;
  bool own = true;
  service.work = [&](const UnaryCall& call) {
    deadline = call.deadline();
    own = call.has_own_deadline();
    return v1::ListKeysResponse();
  };
  ASSERT_TRUE(service.Call().ok());
  EXPECT_FALSE(own);
  EXPECT_GE(deadline, before + absl::Seconds(7));
  EXPECT_LE(deadline, absl::Now() + absl::Seconds(7));
}

TEST(UnaryCallTest, DeadlinesOfClientsAreBounded) {
  ChosenWork service(1, 10);
  absl::Time deadline;
  service.work = [&](const UnaryCall& call) {
    deadline = call.deadline();
    return v1::ListKeysResponse();
  };
  grpc::ClientContext patient;
  patient.set_deadline(absl::ToChronoTime(absl::Now() + absl::Hours(48)));
  ASSERT_TRUE(service.Call(patient).ok());
  EXPECT_LE(deadline, absl::Now() + kMaxDeadline);
  grpc::ClientContext usual;
  usual.set_deadline(absl::ToChronoTime(absl::Now() + absl::Minutes(1)));
  ASSERT_TRUE(service.Call(usual).ok());
  // gRPC carries deadlines in its own, coarser clock.
  EXPECT_LT(deadline, absl::Now() + absl::Minutes(2));
}

// Calls in the background, each finished exactly once.
class BackgroundCalls {
 public:
  explicit BackgroundCalls(ChosenWork& service, int count) : answered_(count) {
    for (int i = 0; i < count; ++i) {
      auto call = std::make_unique<Pending>();
      Pending* pending = call.get();
      calls_.push_back(std::move(call));
      service.stub().async()->ListKeys(&pending->context, &pending->request, &pending->response,
                                       [this, pending](const grpc::Status& status) {
                                         pending->status = FromGrpcStatus(status);
                                         answered_.DecrementCount();
                                       });
    }
  }
  void Cancel() {
    for (const auto& call : calls_) call->context.TryCancel();
  }
  std::vector<absl::Status> Wait() {
    answered_.Wait();
    std::vector<absl::Status> answers;
    for (const auto& call : calls_) answers.push_back(call->status);
    return answers;
  }

 private:
  struct Pending {
    grpc::ClientContext context;
    v1::ListKeysRequest request;
    v1::ListKeysResponse response;
    absl::Status status;
  };
  absl::BlockingCounter answered_;
  std::vector<std::unique_ptr<Pending>> calls_;
};

void WaitUntil(const std::atomic<int>& counter, int value) {
  while (counter < value) std::this_thread::yield();
}

TEST(UnaryCallTest, WorkNobodyWaitsForIsNotDone) {
  absl::Notification running;
  absl::Notification release;
  std::atomic<int> worked = 0;
  {
    ChosenWork service(1, 10);
    service.work = [&](const UnaryCall&) {
      if (worked++ == 0) running.Notify();
      release.WaitForNotification();
      return v1::ListKeysResponse();
    };
    BackgroundCalls first(service, 1);
    running.WaitForNotification();
    BackgroundCalls cancelled(service, 3);
    WaitUntil(service.arrived, 4);
    cancelled.Cancel();
    for (const absl::Status& status : cancelled.Wait()) EXPECT_EQ(status.code(), absl::StatusCode::kCancelled);
    grpc::ClientContext hasty;
    hasty.set_deadline(absl::ToChronoTime(absl::Now() + absl::Milliseconds(20)));
    EXPECT_EQ(service.Call(hasty).code(), absl::StatusCode::kDeadlineExceeded);
    release.Notify();
    EXPECT_TRUE(first.Wait()[0].ok());
  }
  EXPECT_EQ(worked, 1);
}

TEST(UnaryCallTest, ThousandsOfCallsAreBoundedByThePool) {
  constexpr int kCalls = 3'000;
  constexpr int kWaiting = 50;
  absl::Notification running;
  absl::Notification release;
  std::atomic<int> worked = 0;
  ChosenWork service(1, kWaiting);
  service.work = [&](const UnaryCall&) {
    if (worked++ == 0) running.Notify();
    release.WaitForNotification();
    return v1::ListKeysResponse();
  };
  BackgroundCalls first(service, 1);
  running.WaitForNotification();
  BackgroundCalls calls(service, kCalls);
  WaitUntil(service.arrived, kCalls + 1);
  release.Notify();
  int answered = 0;
  int refused = 0;
  for (const absl::Status& status : calls.Wait()) {
    answered += status.ok() ? 1 : 0;
    refused += model::ReasonOf(status) == v1::Refusal::OVERLOADED ? 1 : 0;
  }
  EXPECT_EQ(answered, kWaiting);
  EXPECT_EQ(refused, kCalls - kWaiting);
  EXPECT_TRUE(first.Wait()[0].ok());
  EXPECT_TRUE(service.Call().ok());
}

}  // namespace
}  // namespace sworn::api
