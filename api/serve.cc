#include "api/serve.h"

#include <grpc/support/log.h>
#include <pthread.h>

#include <csignal>
#include <cstring>
#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "api/server_log.h"

namespace sworn::api {
namespace {

// gRPC's own messages, most of which are about what clients send, go where ours go.
void LogGrpcMessage(gpr_log_func_args* message) {
  ServerLog().log(message->severity == GPR_LOG_SEVERITY_ERROR ? spdlog::level::warn : spdlog::level::debug, "grpc: {}",
                  message->message);
}

// A TCP address with the port that was chosen in the end.
std::string WithPort(const std::string& address, int port) {
  return absl::StrCat(address.substr(0, address.rfind(':')), ":", port);
}

std::string Listening(const ServerOptions& options, const Server& server) {
  if (options.listen_address.empty()) return "the ledger's socket";
  if (absl::StartsWith(options.listen_address, "unix:")) return options.listen_address;
  return WithPort(options.listen_address, server.port());
}

}  // namespace

absl::Status Serve(const ServerOptions& options) {
  // A client that goes away must not end the process.
  (void)std::signal(SIGPIPE, SIG_IGN);  // NOLINT(cert-err33-c): it cannot fail for these arguments
  // Taken before any thread starts, so that all inherit it and the signals wait for sigwait below.
  sigset_t stop_signals;
  sigemptyset(&stop_signals);
  sigaddset(&stop_signals, SIGTERM);
  sigaddset(&stop_signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &stop_signals, nullptr);
  gpr_set_log_function(&LogGrpcMessage);

  absl::StatusOr<std::unique_ptr<Server>> server = Server::Start(options);
  if (!server.ok()) return server.status();
  ServerLog().info("serving {} on {}", options.ledger_directory, Listening(options, **server));
  if (!options.http_listen_address.empty()) {
    ServerLog().info("serving tiles for readers cleared {} on http://{}", options.http_clearance,
                     WithPort(options.http_listen_address, (*server)->http_port()));
  }

  int received = 0;
  sigwait(&stop_signals, &received);
  pthread_sigmask(SIG_UNBLOCK, &stop_signals, nullptr);
  ServerLog().info("stopping on {}: running calls are finished first", strsignal(received));
  (*server)->Shutdown();
  server->reset();
  ServerLog().info("stopped");
  return absl::OkStatus();
}

}  // namespace sworn::api
