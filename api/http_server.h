// The HTTP server of a log, read-only: what http_answer.h says, and metrics, to GET and HEAD.
//
// Everything a client can ask for is bounded: connections, requests on each, the size of a request, the time it takes
// to come and the time its answer takes to go. It listens on loopback alone, since there is no TLS; a proxy may stand
// in front.
//
// Thread-safety: all members may be called from any thread.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "api/listen_address.h"
#include "ledger/log/log.h"
#include "sworn/v1/marking.pb.h"

namespace sworn::api {

struct HttpServerOptions {
  ListenAddress address;
  // What every reader may read.
  v1::Marking clearance;
  // Makes what /metrics answers (metrics.h). Empty: it is not served.
  std::function<std::string()> metrics;
  // Connections that are served at a time; so many more wait for one of them to end, and the others in the kernel.
  size_t threads = 8;
  size_t max_waiting_connections = 64;
  // How long a request may take to arrive, an answer to be taken, and a connection to idle between the two.
  absl::Duration request_timeout = absl::Seconds(10);
  absl::Duration answer_timeout = absl::Seconds(30);
  absl::Duration idle_timeout = absl::Seconds(5);
  size_t max_requests_per_connection = 1'000;
  // Request line and headers.
  size_t max_request_bytes = size_t{16} << 10U;
};

class HttpServer {
 public:
  // InvalidArgument for a unix socket; FailedPrecondition where the address is taken. `log` must outlive the server.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(const log::Log& log, const HttpServerOptions& options);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Port chosen where the address asked for port 0.
  int port() const;
  // Takes no more requests and finishes those that have arrived. Safe to call more than once.
  void Shutdown();

 private:
  class Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sworn::api
