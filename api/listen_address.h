// Where a server listens: a loopback address or a unix socket. Everything else needs TLS and is refused.
//
// Thread-safety: safe to call from any thread; the file functions as the file system is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sworn::api {

// What sockaddr_un holds, less the closing zero.
inline constexpr size_t kMaxSocketPathBytes = 107;

struct ListenAddress {
  enum class Kind { kTcp, kUnixSocket };
  Kind kind = Kind::kTcp;
  std::string host;   // kTcp: a numeric loopback address, without brackets
  uint16_t port = 0;  // kTcp: 0 lets the system choose
  std::string path;   // kUnixSocket

  // In gRPC's own writing: "127.0.0.1:7400", "[::1]:7400", "unix:/run/sworn.sock".
  std::string ToGrpcTarget() const;
};

// "127.0.0.1:7400", "[::1]:7400", "localhost:0" (which is 127.0.0.1, whatever a hosts file says) or "unix:/path".
absl::StatusOr<ListenAddress> ParseListenAddress(const std::string& text);

absl::StatusOr<ListenAddress> UnixSocketAddress(std::string path);

// Makes room for a socket at `path`: removes a socket file on which nobody answers. FailedPrecondition where somebody
// does, AlreadyExists where the file is no socket.
absl::Status RemoveStaleSocket(const std::string& path);

// FailedPrecondition where a TCP address cannot be bound, with the system's reason, which gRPC does not pass on.
absl::Status CheckCanBind(const ListenAddress& address);

}  // namespace sworn::api
