// The server of one ledger: opens the directory, runs the log and the views, and answers gRPC. The daemon and the CLI's
// `--ledger` mode run this same class, so that one code path serves both.
//
// Thread-safety: all members may be called from any thread.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ledger/crypto/token.h"
#include "ledger/log/log.h"

namespace grpc {
class Channel;
}  // namespace grpc

namespace sworn::api {

struct ServerOptions {
  std::string ledger_directory;
  // "127.0.0.1:7400", "[::1]:7400", "localhost:0" or "unix:/path". Empty: only the in-process channel.
  // Anything beyond loopback and unix sockets is refused: there is no TLS yet.
  std::string listen_address;
  // Where the tiles of the log are served over HTTP: as listen_address, but no socket. Empty: nowhere.
  std::string http_listen_address;
  // What every reader over HTTP may read, as a marking (ledger/log/tiles.h).
  std::string http_clearance = "(U//TLP:CLEAR)";
  // Also listen on DIR/sworn.sock (mode 0600), where the CLI's --ledger finds a running daemon.
  enum class LedgerSocket { kListen, kNone } ledger_socket = LedgerSocket::kNone;
  size_t worker_threads = 4;
  // Calls waiting for a worker; more are refused with OVERLOADED.
  size_t max_waiting_calls = 10'000;
  // For calls that come without one.
  absl::Duration default_deadline = absl::Seconds(30);
  // How long a watcher may take nothing before it is dropped.
  absl::Duration watch_patience = absl::Seconds(30);
  // Gives the PIN of the token that keeps the ledger's signing key; not called where a file keeps it.
  crypto::PinSource ledger_key_pin;
  log::LogOptions log;
};

class Server {
 public:
  static absl::StatusOr<std::unique_ptr<Server>> Start(ServerOptions options);
  // Finishes running calls, for at most 10 seconds, then stops.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Must not be called on once Shutdown began: gRPC 1.51 crashes on an in-process channel whose server is gone.
  std::shared_ptr<grpc::Channel> InProcessChannel();
  // Port chosen where the listen address asked for port 0; 0 for sockets.
  int port() const;
  // The same for HTTP; 0 where it is not served.
  int http_port() const;
  // Blocks until Shutdown.
  void Wait();
  // Safe to call from any thread, more than once.
  void Shutdown();

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sworn::api
