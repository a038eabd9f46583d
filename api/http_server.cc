#include "api/http_server.h"

#include <httplib.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <deque>
#include <exception>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "api/http_answer.h"
#include "api/metrics.h"
#include "api/server_log.h"
#include "ledger/model/text.h"

namespace sworn::api {
namespace {

constexpr int kOk = 200;
constexpr int kMethodNotAllowed = 405;
constexpr int kInternalError = 500;
constexpr int kBacklog = 128;
constexpr std::string_view kBundlePaths = "/tile/entries/";
// How often a connection that waits looks whether it should go on.
constexpr absl::Duration kLookUp = absl::Milliseconds(50);

// Connections that wait for a thread. Where there are too many the thread that accepts them waits, and the kernel keeps
// the others.
class ConnectionQueue final : public httplib::TaskQueue {
 public:
  ConnectionQueue(size_t threads, size_t max_waiting, std::atomic<size_t>& waiting_count)
      : max_waiting_(max_waiting), waiting_count_(waiting_count) {
    for (size_t i = 0; i < std::max<size_t>(threads, 1); ++i) threads_.emplace_back([this] { Run(); });
  }

  void enqueue(std::function<void()> serve) override {
    const absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(this, &ConnectionQueue::HasRoom));
    waiting_.push_back(std::move(serve));
    waiting_count_ = waiting_.size();
  }

  // Serves those that wait, then ends.
  void shutdown() override {
    {
      const absl::MutexLock lock(&mutex_);
      stopping_ = true;
    }
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

 private:
  bool HasRoom() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return waiting_.size() < max_waiting_; }
  bool HasWorkOrStops() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return stopping_ || !waiting_.empty(); }

  void Run() {
    while (true) {
      std::function<void()> serve;
      {
        const absl::MutexLock lock(&mutex_);
        mutex_.Await(absl::Condition(this, &ConnectionQueue::HasWorkOrStops));
        if (waiting_.empty()) return;
        serve = std::move(waiting_.front());
        waiting_.pop_front();
        waiting_count_ = waiting_.size();
      }
      serve();
    }
  }

  const size_t max_waiting_;
  std::atomic<size_t>& waiting_count_;
  absl::Mutex mutex_;
  std::deque<std::function<void()>> waiting_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

// One client's connection as bytes with limits: each request has so many bytes and so much time, each answer so much
// time.
class Connection final : public httplib::Stream {
 public:
  // Owns the socket.
  Connection(int socket, const HttpServerOptions& options) : socket_(socket), options_(options) {}
  ~Connection() override {
    ::shutdown(socket_, SHUT_RDWR);
    close(socket_);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  Connection(Connection&&) = delete;
  Connection& operator=(Connection&&) = delete;

  // Waits for a request to begin; false where none does in time, or `go_on` says no.
  bool AwaitRequest(const std::function<bool()>& go_on);

  bool is_readable() const override { return socket_ >= 0; }
  bool is_writable() const override { return socket_ >= 0; }
  ssize_t read(char* bytes, size_t size) override;
  // All of the bytes, or -1.
  ssize_t write(const char* bytes, size_t size) override;
  // Nobody asks.
  void get_remote_ip_and_port(std::string& /*ip*/, int& /*port*/) const override {}
  void get_local_ip_and_port(std::string& /*ip*/, int& /*port*/) const override {}
  ::socket_t socket() const override { return socket_; }

 private:
  bool WaitFor(int16_t event, absl::Time until) const;

  const int socket_;
  const HttpServerOptions& options_;
  std::array<char, 4096> buffer_{};
  std::string_view unread_;  // of buffer_
  size_t bytes_left_ = 0;    // of this request
  absl::Time read_until_;
  absl::Time write_until_;
};

bool Connection::WaitFor(int16_t event, absl::Time until) const {
  while (true) {
    const absl::Duration left = until - absl::Now();
    if (left <= absl::ZeroDuration()) return false;
    pollfd waiting{socket_, event, 0};
    const int ready =
        poll(&waiting, 1, static_cast<int>(absl::ToInt64Milliseconds(absl::Ceil(left, absl::Milliseconds(1)))));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

bool Connection::AwaitRequest(const std::function<bool()>& go_on) {
  const absl::Time idle_until = absl::Now() + options_.idle_timeout;
  while (unread_.empty() && !WaitFor(POLLIN, std::min(idle_until, absl::Now() + kLookUp))) {
    if (absl::Now() >= idle_until || !go_on()) return false;
  }
  bytes_left_ = options_.max_request_bytes;
  read_until_ = absl::Now() + options_.request_timeout;
  write_until_ = absl::InfiniteFuture();
  return true;
}

ssize_t Connection::read(char* bytes, size_t size) {
  if (bytes_left_ == 0) return -1;
  if (unread_.empty()) {
    if (!WaitFor(POLLIN, read_until_)) return -1;
    const ssize_t received = recv(socket_, buffer_.data(), buffer_.size(), 0);
    if (received <= 0) return received;
    unread_ = {buffer_.data(), static_cast<size_t>(received)};
  }
  const size_t count = std::min({size, unread_.size(), bytes_left_});
  std::copy_n(unread_.data(), count, bytes);
  unread_.remove_prefix(count);
  bytes_left_ -= count;
  return static_cast<ssize_t>(count);
}

ssize_t Connection::write(const char* bytes, size_t size) {
  // Counted from the first byte of the answer.
  if (write_until_ == absl::InfiniteFuture()) write_until_ = absl::Now() + options_.answer_timeout;
  for (size_t written = 0; written < size;) {
    if (!WaitFor(POLLOUT, write_until_)) return -1;
    const ssize_t count = send(socket_, bytes + written, size - written, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) return -1;
    written += count < 0 ? 0 : static_cast<size_t>(count);
  }
  return static_cast<ssize_t>(size);
}

// Only whole resources are read: a body, and what else would have to be read off the connection, ends it.
bool IsPlainRead(const httplib::Request& request) {
  return (request.method == "GET" || request.method == "HEAD") && !request.has_header("Content-Length") &&
         !request.has_header("Transfer-Encoding") && !request.has_header("Expect");
}

// Before the request is answered. Answers whether another one may follow.
bool Prepare(httplib::Request& request) {
  // Parts of a tile are of no use.
  request.ranges.clear();
  // The library would compress texts and not say that they depend on this header.
  if (!request.path.starts_with(kBundlePaths)) request.headers.erase("Accept-Encoding");
  if (IsPlainRead(request)) return true;
  request.headers.erase("Expect");
  request.headers.erase("Connection");
  request.set_header("Connection", "close");
  return false;
}

void Fill(httplib::Response& response, const HttpAnswer& answer) {
  response.status = answer.status;
  response.set_content(answer.body, answer.content_type);
  response.set_header("Cache-Control", answer.cache_control);
  if (!answer.content_encoding.empty()) response.set_header("Content-Encoding", answer.content_encoding);
  if (answer.depends_on_accept_encoding) response.set_header("Vary", "Accept-Encoding");
}

// Two servers must not share a port and take turns, which the library's own options allow.
void SetSocketOptions(int socket) {
  const int yes = 1;
  setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
}

}  // namespace

// The library accepts, parses and formats; connections and limits are ours.
class HttpServer::Impl final : public httplib::Server {
 public:
  Impl(const log::Log& log, HttpServerOptions options);
  ~Impl() override { Shutdown(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  Impl(Impl&&) = delete;
  Impl& operator=(Impl&&) = delete;

  absl::Status Listen();
  int port() const { return port_; }
  void Shutdown();

 private:
  bool process_and_close_socket(::socket_t socket) override;
  void Answer(const httplib::Request& request, httplib::Response& response) const;

  const log::Log& log_;
  const HttpServerOptions options_;
  int port_ = 0;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> ended_ = false;  // listens no more
  std::atomic<size_t> waiting_connections_ = 0;
  absl::Mutex shutdown_mutex_;
  std::thread listener_ ABSL_GUARDED_BY(shutdown_mutex_);
};

HttpServer::Impl::Impl(const log::Log& log, HttpServerOptions options) : log_(log), options_(std::move(options)) {
  // NOLINTNEXTLINE(cppcoreguidelines-owning-memory): the library takes a plain pointer and owns it.
  new_task_queue = [this] {
    return new ConnectionQueue(options_.threads, std::max<size_t>(options_.max_waiting_connections, 1),
                               waiting_connections_);
  };
  set_socket_options(&SetSocketOptions);
  set_tcp_nodelay(true);
  set_payload_max_length(0);
  // Only announced by the library; kept by process_and_close_socket.
  set_keep_alive_max_count(options_.max_requests_per_connection);
  set_keep_alive_timeout(absl::ToInt64Seconds(options_.idle_timeout));
  set_default_headers({{"X-Content-Type-Options", "nosniff"}, {"Accept-Ranges", "none"}});
  set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
    Answer(request, response);
    return HandlerResponse::Handled;
  });
}

void HttpServer::Impl::Answer(const httplib::Request& request, httplib::Response& response) const {
  try {
    if (request.method != "GET" && request.method != "HEAD") {
      Fill(response, PlainAnswer(kMethodNotAllowed, "only GET and HEAD are served here"));
      response.set_header("Allow", "GET, HEAD");
      return;
    }
    if (request.path == "/metrics" && options_.metrics) {
      Fill(response, {kOk, kMetricsContentType, "no-store", "", false, options_.metrics()});
      return;
    }
    Fill(response, AnswerHttp(log_, options_.clearance, request.path,
                              ParseAcceptEncoding(request.get_header_value("Accept-Encoding"))));
  } catch (const std::exception& e) {
    ServerLog().error("http: {} could not be answered: {}", model::Shown(request.path), e.what());
    Fill(response, PlainAnswer(kInternalError, "the answer could not be made"));
  }
}

bool HttpServer::Impl::process_and_close_socket(::socket_t socket) {
  Connection connection(socket, options_);
  bool is_new = true;
  // A connection that only idles, having had its answer, makes room for one that waits.
  const auto go_on = [this, &is_new] { return !stopping_ && (is_new || waiting_connections_ == 0); };
  try {
    for (size_t left = options_.max_requests_per_connection; left > 0 && connection.AwaitRequest(go_on); --left) {
      is_new = false;
      bool closed = false;
      bool another_may_follow = false;
      const bool last = left == 1 || stopping_;
      const bool answered = process_request(connection, last, closed, [&another_may_follow](httplib::Request& request) {
        another_may_follow = Prepare(request);
      });
      if (!answered || closed || last || !another_may_follow) break;
    }
  } catch (const std::exception& e) {
    ServerLog().error("http: a connection ended early: {}", e.what());
  }
  return true;
}

absl::Status HttpServer::Impl::Listen() {
  const ListenAddress& address = options_.address;
  if (address.kind != ListenAddress::Kind::kTcp) {
    return absl::InvalidArgumentError("HTTP is served on a loopback address such as 127.0.0.1:7480, not on a socket");
  }
  if (absl::Status free = CheckCanBind(address); !free.ok()) return free;
  port_ = address.port;
  if (address.port == 0) {
    port_ = bind_to_any_port(address.host);
  } else if (!bind_to_port(address.host, address.port)) {
    port_ = -1;
  }
  // The library lets five connections wait in the kernel.
  if (port_ <= 0 || ::listen(svr_sock_, kBacklog) != 0) {
    return absl::FailedPreconditionError(absl::StrCat("cannot listen for HTTP on ", address.host));
  }
  {
    const absl::MutexLock lock(&shutdown_mutex_);
    listener_ = std::thread([this] {
      if (!listen_after_bind() && !stopping_) ServerLog().error("http: the server has stopped listening");
      ended_ = true;
    });
  }
  return absl::OkStatus();
}

void HttpServer::Impl::Shutdown() {
  stopping_ = true;
  const absl::MutexLock lock(&shutdown_mutex_);
  if (!listener_.joinable()) return;
  // It cannot be stopped before it has begun.
  while (!is_running() && !ended_) absl::SleepFor(absl::Milliseconds(1));
  stop();
  listener_.join();
}

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(const log::Log& log, const HttpServerOptions& options) {
  auto impl = std::make_unique<Impl>(log, options);
  if (const absl::Status listening = impl->Listen(); !listening.ok()) return listening;
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() = default;

int HttpServer::port() const { return impl_->port(); }
void HttpServer::Shutdown() { impl_->Shutdown(); }

}  // namespace sworn::api
