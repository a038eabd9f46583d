#include "api/watchers.h"

#include <gmock/gmock.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "api/status.h"
#include "api/watch_source.h"
#include "api/watch_stream.h"
#include "ledger/journal/rocksdb/row_store.h"
#include "ledger/log/test_ledger.h"
#include "ledger/model/refusal.h"
#include "ledger/model/text.h"
#include "ledger/views/engine.h"
#include "sworn/v1/view_service.grpc.pb.h"

namespace sworn::api {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Streams as Watchers makes them; the last one may be got hold of.
class WatchOnly : public v1::ViewService::CallbackService {
 public:
  WatchOnly(const log::Log& log, const views::ViewEngine& engine, WorkerPool& workers)
      : watchers_(log, engine, workers, absl::Hours(1)) {}

  grpc::ServerWriteReactor<v1::WatchResponse>* Watch(grpc::CallbackServerContext* /*context*/,
                                                     const v1::WatchRequest* request) override {
    grpc::ServerWriteReactor<v1::WatchResponse>* const stream = watchers_.Start(*request);
    const absl::MutexLock lock(&mutex_);
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-static-cast-downcast): Start makes nothing else.
    last_ = static_cast<WatchStream*>(stream)->weak_from_this();
    return stream;
  }

  std::shared_ptr<WatchStream> last() {
    const absl::MutexLock lock(&mutex_);
    return last_.lock();
  }
  Watchers& watchers() { return watchers_; }

 private:
  Watchers watchers_;
  absl::Mutex mutex_;
  std::weak_ptr<WatchStream> last_ ABSL_GUARDED_BY(mutex_);
};

class WatchersTest : public testing::Test {
 protected:
  void SetUp() override {
    log_ = ledger_.Open();
    auto rows = journal::RowStore::OpenInMemory();
    ASSERT_TRUE(rows.ok()) << rows.status();
    auto engine = views::ViewEngine::Start(log_->journal(), *std::move(rows), views::AllViews(), log_->size());
    ASSERT_TRUE(engine.ok()) << engine.status();
    engine_ = *std::move(engine);
    service_ = std::make_unique<WatchOnly>(*log_, *engine_, workers_);
    grpc::ServerBuilder builder;
    builder.RegisterService(service_.get());
    server_ = builder.BuildAndStart();
    stub_ = v1::ViewService::NewStub(server_->InProcessChannel({}));
  }
  void TearDown() override {
    service_->watchers().Stop();
    server_->Shutdown();
  }

  void Record(const std::string& name) {
    const auto appended = log_->AppendAndWait(ledger_.Report({log::EntityPortion(name)}));
    ASSERT_TRUE(appended.ok()) << appended.status();
    engine_->OnRecorded(log_->size());
  }

  static v1::WatchRequest From(uint64_t position) {
    v1::WatchRequest request;
    request.set_from_position(position);
    return request;
  }

  // "3: 1 entity" or "caught up", with the position to go on from.
  static std::string Text(const v1::WatchResponse& response) {
    const std::string what = response.has_changes()
                                 ? model::Concat(response.changes().position(), ": ", response.changes().contents())
                             : response.has_caught_up() ? "caught up"
                                                        : "nothing";
    return model::Concat(what, ", next ", response.next_position());
  }
  static std::vector<std::string> Read(grpc::ClientReader<v1::WatchResponse>& stream, size_t count) {
    std::vector<std::string> texts;
    v1::WatchResponse response;
    while (texts.size() < count && stream.Read(&response)) texts.push_back(Text(response));
    return texts;
  }

  log::TestLedger ledger_;
  std::unique_ptr<log::Log> log_;
  std::unique_ptr<views::ViewEngine> engine_;
  WorkerPool workers_{2, 100};
  std::unique_ptr<WatchOnly> service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::ViewService::Stub> stub_;
};

TEST_F(WatchersTest, TellsWhatIsRecordedFromAPositionOnAndAsItComes) {
  Record("a");
  Record("b");
  grpc::ClientContext context;
  const auto stream = stub_->Watch(&context, From(1));
  EXPECT_THAT(Read(*stream, 3), ElementsAre("1: 1 entity, next 2", "2: 1 entity, next 3", "caught up, next 3"));
  Record("c");
  EXPECT_THAT(Read(*stream, 2), ElementsAre("3: 1 entity, next 4", "caught up, next 4"));
  context.TryCancel();
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);

  grpc::ClientContext resumed;
  const auto rest = stub_->Watch(&resumed, From(3));
  EXPECT_THAT(Read(*rest, 2), ElementsAre("3: 1 entity, next 4", "caught up, next 4"));
  resumed.TryCancel();
}

TEST_F(WatchersTest, WithoutAPositionTellsOnlyWhatComes) {
  Record("a");
  grpc::ClientContext context;
  const auto stream = stub_->Watch(&context, {});
  EXPECT_THAT(Read(*stream, 1), ElementsAre("caught up, next 2"));
  Record("b");
  EXPECT_THAT(Read(*stream, 1), ElementsAre("2: 1 entity, next 3"));
  context.TryCancel();
}

TEST_F(WatchersTest, GoesThroughAllOfALongLog) {
  constexpr int kEntries = 300;
  for (int i = 0; i < kEntries; ++i) Record(std::to_string(i));
  grpc::ClientContext context;
  const auto stream = stub_->Watch(&context, From(0));
  v1::WatchResponse response;
  uint64_t expected = 0;
  while (expected <= kEntries && stream->Read(&response)) {
    if (!response.has_changes()) continue;
    EXPECT_EQ(response.changes().position(), expected);
    ++expected;
  }
  EXPECT_EQ(expected, kEntries + 1);
  context.TryCancel();
}

TEST_F(WatchersTest, RefusesWhatItCannotTell) {
  for (const auto& [request, reason] : std::vector<std::pair<v1::WatchRequest, v1::Refusal::Reason>>{
           {From(100), v1::Refusal::POSITION_UNAVAILABLE}, {From(UINT64_MAX), v1::Refusal::POSITION_UNAVAILABLE}}) {
    grpc::ClientContext context;
    const auto stream = stub_->Watch(&context, request);
    v1::WatchResponse response;
    EXPECT_FALSE(stream->Read(&response));
    EXPECT_EQ(model::ReasonOf(FromGrpcStatus(stream->Finish())), reason);
  }
  v1::WatchRequest unknown;
  unknown.set_from("Nowhere");
  grpc::ClientContext context;
  const auto stream = stub_->Watch(&context, unknown);
  v1::WatchResponse response;
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_EQ(model::ReasonOf(FromGrpcStatus(stream->Finish())), v1::Refusal::NOT_FOUND);
}

TEST_F(WatchersTest, DropsAReaderThatTakesNothingAndSaysWhereToGoOn) {
  Record("a");
  Record("b");
  grpc::ClientContext context;
  const auto stream = stub_->Watch(&context, From(1));
  // The first message is on its way, and nobody reads.
  bool dropped = false;
  while (!dropped) {
    const std::shared_ptr<WatchStream> last = service_->last();
    dropped = last != nullptr && last->EndIfStuck(absl::InfiniteFuture(),
                                                  model::Refuse(v1::Refusal::OVERLOADED, "the reader took nothing"));
    std::this_thread::yield();
  }
  EXPECT_THAT(Read(*stream, 10), ElementsAre("1: 1 entity, next 2"));
  const absl::Status ended = FromGrpcStatus(stream->Finish());
  EXPECT_EQ(model::ReasonOf(ended), v1::Refusal::OVERLOADED);
  EXPECT_THAT(std::string(ended.message()), HasSubstr("go on from position 2"));
}

TEST_F(WatchersTest, EndsAllStreamsWhereTheLedgerCloses) {
  grpc::ClientContext context;
  const auto stream = stub_->Watch(&context, {});
  EXPECT_THAT(Read(*stream, 1), ElementsAre("caught up, next 1"));
  service_->watchers().Stop();
  v1::WatchResponse response;
  EXPECT_FALSE(stream->Read(&response));
  const grpc::Status ended = stream->Finish();
  EXPECT_EQ(ended.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(ended.error_message(), HasSubstr("go on from position 1"));

  grpc::ClientContext late;
  const auto refused = stub_->Watch(&late, {});
  EXPECT_FALSE(refused->Read(&response));
  EXPECT_EQ(refused->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

}  // namespace
}  // namespace sworn::api
