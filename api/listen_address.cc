#include "api/listen_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace sworn::api {
namespace {

constexpr const char* kForms = "127.0.0.1:PORT, [::1]:PORT, localhost:PORT or unix:/PATH";

absl::Status NotAnAddress(const std::string& text, const std::string& why) {
  return absl::InvalidArgumentError(absl::StrCat("listen address \"", text, "\": ", why, "; write ", kForms));
}

absl::Status BeyondThisMachine(const std::string& text) {
  return absl::InvalidArgumentError(
      absl::StrCat("listen address \"", text,
                   "\" can be reached from beyond this machine, and without TLS everyone on the "
                   "way could read and alter what is sent. TLS is not available yet; listen on ",
                   kForms));
}

std::string SystemError(int error) { return std::system_category().message(error); }

bool IsLoopback4(const std::string& host) {
  in_addr address{};
  return inet_pton(AF_INET, host.c_str(), &address) == 1 && (ntohl(address.s_addr) >> 24U) == 127;
}

bool IsLoopback6(const std::string& host) {
  in6_addr address{};
  return inet_pton(AF_INET6, host.c_str(), &address) == 1 && IN6_IS_ADDR_LOOPBACK(&address) != 0;
}

absl::StatusOr<uint16_t> ParsePort(const std::string& text, const std::string& port) {
  uint32_t number = 0;
  const bool digits = !port.empty() && std::all_of(port.begin(), port.end(), absl::ascii_isdigit);
  if (!digits || !absl::SimpleAtoi(port, &number) || number > 65'535) {
    return NotAnAddress(text, absl::StrCat("\"", port, "\" is not a port from 0 to 65535"));
  }
  return static_cast<uint16_t>(number);
}

absl::StatusOr<sockaddr_un> SocketName(const std::string& path) {
  if (path.size() > kMaxSocketPathBytes) {
    return absl::InvalidArgumentError(absl::StrCat("socket path ", path, " is ", path.size(),
                                                   " bytes long, the system allows ", kMaxSocketPathBytes));
  }
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  std::copy(path.begin(), path.end(), std::begin(name.sun_path));
  return name;
}

}  // namespace

std::string ListenAddress::ToGrpcTarget() const {
  if (kind == Kind::kUnixSocket) return absl::StrCat("unix:", path);
  return absl::StrContains(host, ':') ? absl::StrCat("[", host, "]:", port) : absl::StrCat(host, ":", port);
}

absl::StatusOr<ListenAddress> UnixSocketAddress(std::string path) {
  if (path.empty()) return NotAnAddress("unix:", "the path is empty");
  if (absl::StrContains(path, '\0')) return NotAnAddress("unix:", "the path holds a zero byte");
  if (absl::StatusOr<sockaddr_un> name = SocketName(path); !name.ok()) return name.status();
  return ListenAddress{.kind = ListenAddress::Kind::kUnixSocket, .host = "", .port = 0, .path = std::move(path)};
}

absl::StatusOr<ListenAddress> ParseListenAddress(const std::string& text) {
  absl::string_view rest = text;
  if (absl::ConsumePrefix(&rest, "unix:")) {
    // "unix:///path" is the same with an empty authority.
    if (absl::StartsWith(rest, "///")) rest.remove_prefix(2);
    return UnixSocketAddress(std::string(rest));
  }
  const size_t colon = text.rfind(':');
  if (colon == std::string::npos) return NotAnAddress(text, "there is no port");
  std::string host(text.substr(0, colon));
  absl::StatusOr<uint16_t> port = ParsePort(text, text.substr(colon + 1));
  if (!port.ok()) return port.status();
  const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (!bracketed && absl::StrContains(host, ':')) return NotAnAddress(text, "an IPv6 address is written in brackets");
  if (host.empty() || host == "*" || absl::StrContains(host, '\0')) return BeyondThisMachine(text);
  if (!bracketed && host == "localhost") host = "127.0.0.1";
  if (bracketed ? !IsLoopback6(host) : !IsLoopback4(host)) return BeyondThisMachine(text);
  return ListenAddress{.kind = ListenAddress::Kind::kTcp, .host = std::move(host), .port = *port, .path = ""};
}

absl::Status RemoveStaleSocket(const std::string& path) {
  absl::StatusOr<sockaddr_un> name = SocketName(path);
  if (!name.ok()) return name.status();
  struct stat file {};
  if (lstat(path.c_str(), &file) != 0) {
    if (errno == ENOENT) return absl::OkStatus();
    return absl::FailedPreconditionError(absl::StrCat("cannot listen on ", path, ": ", SystemError(errno)));
  }
  if (!S_ISSOCK(file.st_mode)) {
    return absl::AlreadyExistsError(absl::StrCat(
        "cannot listen on ", path, ": a file that is no socket is there; move it away or choose another path"));
  }
  const int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (probe < 0) return absl::InternalError(absl::StrCat("cannot make a socket: ", SystemError(errno)));
  const absl::Cleanup close_probe = [probe] { close(probe); };
  // A full backlog (EAGAIN) is somebody, too; only a refused connection means that nobody listens.
  if (connect(probe, reinterpret_cast<const sockaddr*>(&*name), sizeof(*name)) == 0 || errno != ECONNREFUSED) {
    return absl::FailedPreconditionError(
        absl::StrCat("another process listens on ", path, "; stop it or choose another path"));
  }
  if (unlink(path.c_str()) != 0 && errno != ENOENT) {
    return absl::FailedPreconditionError(
        absl::StrCat("cannot remove the socket left behind at ", path, ": ", SystemError(errno)));
  }
  return absl::OkStatus();
}

absl::Status CheckCanBind(const ListenAddress& address) {
  const bool is_v6 = absl::StrContains(address.host, ':');
  const int probe = socket(is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (probe < 0) return absl::FailedPreconditionError(absl::StrCat("cannot make a socket: ", SystemError(errno)));
  const absl::Cleanup close_probe = [probe] { close(probe); };
  // As gRPC does, so that connections of an earlier server that linger do not count.
  const int enabled = 1;
  setsockopt(probe, SOL_SOCKET, SO_REUSEADDR, &enabled, sizeof(enabled));
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(address.port);
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(address.port);
  const int parsed = is_v6 ? inet_pton(AF_INET6, address.host.c_str(), &v6.sin6_addr)
                           : inet_pton(AF_INET, address.host.c_str(), &v4.sin_addr);
  if (parsed != 1) return NotAnAddress(address.host, "not a numeric address");
  const auto* name = is_v6 ? reinterpret_cast<const sockaddr*>(&v6) : reinterpret_cast<const sockaddr*>(&v4);
  if (bind(probe, name, is_v6 ? sizeof(v6) : sizeof(v4)) != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("cannot listen on ", address.ToGrpcTarget(), ": ", SystemError(errno)));
  }
  return absl::OkStatus();
}

}  // namespace sworn::api
