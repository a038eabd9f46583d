#include "api/server.h"

#include <grpc/grpc.h>
#include <grpcpp/channel.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <grpcpp/support/channel_arguments.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/base/call_once.h"
#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "api/http_server.h"
#include "api/ledger_service.h"
#include "api/listen_address.h"
#include "api/metrics.h"
#include "api/registry_service.h"
#include "api/server_log.h"
#include "api/view_service.h"
#include "api/worker_pool.h"
#include "ledger/journal/rocksdb/rocksdb_journal.h"
#include "ledger/journal/rocksdb/row_store.h"
#include "ledger/log/ledger_directory.h"
#include "ledger/model/limits.h"
#include "ledger/model/marking.h"
#include "ledger/model/refusal.h"
#include "ledger/views/engine.h"

namespace sworn::api {
namespace {

constexpr absl::Duration kShutdownPatience = absl::Seconds(10);
constexpr int kMaxConcurrentStreams = 1'024;  // per connection
constexpr int kMaxMetadataBytes = 16 << 10;
// What gRPC may hold in messages that arrive, over all connections; beyond it connections wait.
constexpr size_t kMaxTransportBytes = size_t{256} << 20U;
constexpr int kKeepaliveTime_ms = 60'000;
constexpr int kKeepaliveTimeout_ms = 20'000;
constexpr int kMinPingInterval_ms = 10'000;

// Hands the growth of the log to the views, which come later and go sooner than the log.
class RecordedRelay {
 public:
  void Attach(views::ViewEngine* engine) {
    const absl::MutexLock lock(&mutex_);
    engine_ = engine;
  }
  void OnRecorded(uint64_t size) {
    const absl::MutexLock lock(&mutex_);
    if (engine_ != nullptr) engine_->OnRecorded(size);
  }

 private:
  absl::Mutex mutex_;
  views::ViewEngine* engine_ ABSL_GUARDED_BY(mutex_) = nullptr;
};

// While it lives, files are made for their owner alone: nobody can connect between a socket's making and its chmod.
class OwnerOnlyFiles {
 public:
  OwnerOnlyFiles() : previous_(umask(S_IRWXG | S_IRWXO)) {}
  ~OwnerOnlyFiles() { umask(previous_); }
  OwnerOnlyFiles(const OwnerOnlyFiles&) = delete;
  OwnerOnlyFiles& operator=(const OwnerOnlyFiles&) = delete;
  OwnerOnlyFiles(OwnerOnlyFiles&&) = delete;
  OwnerOnlyFiles& operator=(OwnerOnlyFiles&&) = delete;

 private:
  mode_t previous_;
};

absl::StatusOr<std::unique_ptr<log::Log>> OpenLog(const log::LedgerDirectory& directory, const crypto::PinSource& pin,
                                                  log::LogOptions options, RecordedRelay& relay) {
  // Before the key, so that nobody is asked for a PIN while another process holds the ledger.
  absl::StatusOr<std::unique_ptr<journal::Journal>> journal =
      journal::OpenRocksDbJournal(directory.journal_path(), journal::OpenMode::kWrite);
  if (!journal.ok()) return journal.status();
  absl::StatusOr<crypto::PrivateKey> ledger_key = directory.ReadLedgerKey(pin);
  if (!ledger_key.ok()) return ledger_key.status();
  options.timestamps_path = directory.timestamps_path();
  options.on_recorded = [&relay, also = std::move(options.on_recorded)](uint64_t size) {
    relay.OnRecorded(size);
    if (also) also(size);
  };
  return log::Log::Open(*std::move(journal), directory.verifier_key(), *std::move(ledger_key), directory.guard_path(),
                        std::move(options));
}

absl::StatusOr<std::unique_ptr<views::ViewEngine>> StartViews(const std::string& views_path, const log::Log& log) {
  absl::StatusOr<std::unique_ptr<journal::RowStore>> rows = journal::RowStore::Open(views_path);
  if (!rows.ok()) return rows.status();
  return views::ViewEngine::Start(log.journal(), *std::move(rows), views::AllViews(), log.size());
}

// Rows are only ever copies of what the log says, so damaged ones are thrown away and folded anew.
absl::StatusOr<std::unique_ptr<views::ViewEngine>> StartViewsOrRebuild(const std::string& views_path,
                                                                       const log::Log& log) {
  absl::StatusOr<std::unique_ptr<views::ViewEngine>> engine = StartViews(views_path, log);
  if (!absl::IsDataLoss(engine.status())) return engine;
  ServerLog().warn("the views are damaged and are rebuilt from the log: {}", std::string(engine.status().message()));
  std::error_code error;
  std::filesystem::remove_all(views_path, error);
  if (error) {
    return model::WithContext(
        engine.status(), absl::StrCat("cannot remove the damaged views (", error.message(), "); delete ", views_path));
  }
  return StartViews(views_path, log);
}

absl::StatusOr<std::vector<ListenAddress>> AddressesOf(const ServerOptions& options,
                                                       const log::LedgerDirectory& directory) {
  std::vector<ListenAddress> addresses;
  if (!options.listen_address.empty()) {
    absl::StatusOr<ListenAddress> address = ParseListenAddress(options.listen_address);
    if (!address.ok()) return address.status();
    addresses.push_back(*std::move(address));
  }
  if (options.ledger_socket == ServerOptions::LedgerSocket::kNone) return addresses;
  absl::StatusOr<ListenAddress> ledger_socket = UnixSocketAddress(directory.socket_path());
  if (!ledger_socket.ok()) {
    // The ledger's path may be too long for a socket; with another address the ledger can still be reached.
    if (addresses.empty()) return ledger_socket.status();
    ServerLog().warn("no socket in the ledger's directory: {}", std::string(ledger_socket.status().message()));
    return addresses;
  }
  if (addresses.empty() || addresses[0].path != ledger_socket->path) addresses.push_back(*std::move(ledger_socket));
  return addresses;
}

void SetLimits(grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(model::kMaxMessageBytes);
  builder.SetMaxSendMessageSize(model::kMaxMessageBytes);
  builder.SetResourceQuota(grpc::ResourceQuota("sworn").Resize(kMaxTransportBytes));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMaxConcurrentStreams);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveTime_ms);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeout_ms);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, kMinPingInterval_ms);
  // Two daemons must not share a port and take turns.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  // Only reflection is served by gRPC's own threads.
  builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MIN_POLLERS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 2);
}

}  // namespace

class Server::Impl {
 public:
  explicit Impl(log::LedgerDirectory directory) : directory_(std::move(directory)) {}
  ~Impl();
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  Impl(Impl&&) = delete;
  Impl& operator=(Impl&&) = delete;

  absl::Status OpenLedger(const crypto::PinSource& pin, log::LogOptions options);
  absl::Status Listen(const ServerOptions& options);
  absl::Status ListenForHttp(const ServerOptions& options);
  std::shared_ptr<grpc::Channel> InProcessChannel();
  int port() const { return port_; }
  int http_port() const { return http_ == nullptr ? 0 : http_->port(); }
  void Wait() { server_->Wait(); }
  void Shutdown();

 private:
  absl::Status Bind(grpc::ServerBuilder& builder, const std::vector<ListenAddress>& addresses);

  const log::LedgerDirectory directory_;
  RecordedRelay relay_;
  std::unique_ptr<log::Log> log_;
  std::unique_ptr<views::ViewEngine> engine_;  // reads the log's journal
  std::unique_ptr<WorkerPool> workers_;
  std::unique_ptr<WorkerPool> waiting_workers_;
  std::unique_ptr<LedgerService> ledger_service_;
  std::unique_ptr<ViewService> view_service_;
  std::unique_ptr<RegistryService> registry_service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<HttpServer> http_;
  // gRPC keeps -1 or 0 there until it listens.
  int tcp_port_ = 0;
  int port_ = 0;
  absl::once_flag shutdown_once_;
};

Server::Impl::~Impl() {
  Shutdown();
  http_.reset();
  server_.reset();
  workers_.reset();
  waiting_workers_.reset();
  // The engine reads the log's journal, so it goes first; appends that outlived their calls are still finished.
  relay_.Attach(nullptr);
  engine_.reset();
  log_.reset();
}

absl::Status Server::Impl::OpenLedger(const crypto::PinSource& pin, log::LogOptions options) {
  absl::StatusOr<std::unique_ptr<log::Log>> log = OpenLog(directory_, pin, std::move(options), relay_);
  if (!log.ok()) return log.status();
  log_ = *std::move(log);
  absl::StatusOr<std::unique_ptr<views::ViewEngine>> engine = StartViewsOrRebuild(directory_.views_path(), *log_);
  if (!engine.ok()) return engine.status();
  engine_ = *std::move(engine);
  relay_.Attach(engine_.get());
  return absl::OkStatus();
}

absl::Status Server::Impl::Bind(grpc::ServerBuilder& builder, const std::vector<ListenAddress>& addresses) {
  for (const ListenAddress& address : addresses) {
    const bool is_tcp = address.kind == ListenAddress::Kind::kTcp;
    absl::Status free = is_tcp ? CheckCanBind(address) : RemoveStaleSocket(address.path);
    if (!free.ok()) return free;
    builder.AddListeningPort(address.ToGrpcTarget(), grpc::InsecureServerCredentials(), is_tcp ? &tcp_port_ : nullptr);
  }
  return absl::OkStatus();
}

absl::Status Server::Impl::Listen(const ServerOptions& options) {
  absl::StatusOr<std::vector<ListenAddress>> addresses = AddressesOf(options, directory_);
  if (!addresses.ok()) return addresses.status();
  workers_ = std::make_unique<WorkerPool>(options.worker_threads, options.max_waiting_calls);
  waiting_workers_ = std::make_unique<WorkerPool>(options.worker_threads, options.max_waiting_calls);
  ledger_service_ = std::make_unique<LedgerService>(*log_, directory_, *workers_, options.default_deadline);
  view_service_ = std::make_unique<ViewService>(*log_, *engine_, *workers_, *waiting_workers_, options.default_deadline,
                                                options.watch_patience);
  registry_service_ = std::make_unique<RegistryService>(*log_, *workers_, options.default_deadline);

  grpc::EnableDefaultHealthCheckService(true);
  // Names the plugin, so that a linker that drops unused libraries keeps it; calling it twice is harmless.
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  SetLimits(builder);
  builder.RegisterService(ledger_service_.get());
  builder.RegisterService(view_service_.get());
  builder.RegisterService(registry_service_.get());
  if (absl::Status bound = Bind(builder, *addresses); !bound.ok()) return bound;
  {
    const OwnerOnlyFiles owner_only;
    server_ = builder.BuildAndStart();
  }
  if (server_ == nullptr) {
    return absl::FailedPreconditionError(absl::StrCat(
        "cannot listen on ", options.listen_address.empty() ? directory_.socket_path() : options.listen_address,
        ": is its directory there and writable, and is it free?"));
  }
  port_ = std::max(tcp_port_, 0);
  for (const ListenAddress& address : *addresses) {
    if (address.kind == ListenAddress::Kind::kUnixSocket && chmod(address.path.c_str(), S_IRUSR | S_IWUSR) != 0) {
      return absl::InternalError(absl::StrCat("cannot restrict the socket ", address.path, " to its owner"));
    }
  }
  for (const char* service : {v1::LedgerService::service_full_name(), v1::ViewService::service_full_name(),
                              v1::RegistryService::service_full_name()}) {
    server_->GetHealthCheckService()->SetServingStatus(service, true);
  }
  return absl::OkStatus();
}

absl::Status Server::Impl::ListenForHttp(const ServerOptions& options) {
  if (options.http_listen_address.empty()) return absl::OkStatus();
  absl::StatusOr<ListenAddress> address = ParseListenAddress(options.http_listen_address);
  if (!address.ok()) return address.status();
  absl::StatusOr<v1::Marking> clearance = model::ParseMarking(options.http_clearance);
  if (!clearance.ok()) return clearance.status();
  HttpServerOptions http;
  http.address = *std::move(address);
  http.clearance = *std::move(clearance);
  http.metrics = [this] { return FormatMetrics(log_->size(), engine_->Status()); };
  absl::StatusOr<std::unique_ptr<HttpServer>> started = HttpServer::Start(*log_, http);
  if (!started.ok()) return started.status();
  http_ = *std::move(started);
  return absl::OkStatus();
}

std::shared_ptr<grpc::Channel> Server::Impl::InProcessChannel() {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(model::kMaxMessageBytes);
  arguments.SetMaxSendMessageSize(model::kMaxMessageBytes);
  return server_->InProcessChannel(arguments);
}

void Server::Impl::Shutdown() {
  absl::call_once(shutdown_once_, [this] {
    if (http_ != nullptr) http_->Shutdown();
    if (view_service_ != nullptr) view_service_->StopWatching();
    if (server_ != nullptr) server_->Shutdown(absl::ToChronoTime(absl::Now() + kShutdownPatience));
  });
}

absl::StatusOr<std::unique_ptr<Server>> Server::Start(ServerOptions options) {
  // Refused before anything is opened: an address is the mistake most easily made.
  for (const std::string& text : {options.listen_address, options.http_listen_address}) {
    if (text.empty()) continue;
    if (absl::StatusOr<ListenAddress> address = ParseListenAddress(text); !address.ok()) return address.status();
  }
  if (absl::StatusOr<v1::Marking> clearance = model::ParseMarking(options.http_clearance); !clearance.ok()) {
    return model::WithContext(clearance.status(), "the clearance of readers over HTTP");
  }
  absl::StatusOr<log::LedgerDirectory> directory = log::LedgerDirectory::Open(options.ledger_directory);
  if (!directory.ok()) return directory.status();
  auto impl = std::make_unique<Impl>(*std::move(directory));
  const absl::Status opened = impl->OpenLedger(options.ledger_key_pin, std::move(options.log));
  if (!opened.ok()) return opened;
  if (const absl::Status listening = impl->Listen(options); !listening.ok()) return listening;
  if (const absl::Status listening = impl->ListenForHttp(options); !listening.ok()) return listening;
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;

std::shared_ptr<grpc::Channel> Server::InProcessChannel() { return impl_->InProcessChannel(); }
int Server::port() const { return impl_->port(); }
int Server::http_port() const { return impl_->http_port(); }
void Server::Wait() { impl_->Wait(); }
void Server::Shutdown() { impl_->Shutdown(); }

}  // namespace sworn::api
