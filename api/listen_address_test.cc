#include "api/listen_address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace sworn::api {
namespace {

using testing::HasSubstr;

std::string Message(const absl::Status& status) { return std::string(status.message()); }

TEST(ListenAddressTest, AcceptsLoopbackAndUnixSockets) {
  struct Case {
    std::string text;
    std::string target;
  };
  const std::vector<Case> cases = {
      {"127.0.0.1:7400", "127.0.0.1:7400"},
      {"127.0.0.1:0", "127.0.0.1:0"},
      {"127.8.9.10:65535", "127.8.9.10:65535"},
      {"[::1]:7400", "[::1]:7400"},
      {"localhost:7400", "127.0.0.1:7400"},
      {"unix:/run/sworn.sock", "unix:/run/sworn.sock"},
      {"unix:///run/sworn.sock", "unix:/run/sworn.sock"},
      {"unix:sworn.sock", "unix:sworn.sock"},
      {"unix:/" + std::string(kMaxSocketPathBytes - 1, 'x'), "unix:/" + std::string(kMaxSocketPathBytes - 1, 'x')},
  };
  for (const auto& c : cases) {
    absl::StatusOr<ListenAddress> address = ParseListenAddress(c.text);
    ASSERT_TRUE(address.ok()) << c.text << ": " << address.status();
    EXPECT_EQ(address->ToGrpcTarget(), c.target);
  }
}

TEST(ListenAddressTest, RefusesWhatReachesBeyondThisMachineAndSaysThatTlsIsNeeded) {
  const std::vector<std::string> beyond = {
      "0.0.0.0:7400",     "10.0.0.1:7400",
      "192.168.1.4:7400", "[::]:7400",
      "[fe80::1]:7400",   ":7400",
      "*:7400",           "example.org:7400",
      "localhost.:7400",  "localhost.example.org:7400",
      "128.0.0.1:7400",   "[::ffff:10.0.0.1]:1",
      "127.1:7400",       "2130706433:7400",
      "[localhost]:7400",
  };
  for (const std::string& text : beyond) {
    const absl::Status refused = ParseListenAddress(text).status();
    EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(Message(refused), HasSubstr("TLS")) << text;
  }
}

TEST(ListenAddressTest, RefusesWhatIsNoAddress) {
  const std::vector<std::string> bad = {
      "",
      "127.0.0.1",
      "127.0.0.1:",
      "127.0.0.1:65536",
      "127.0.0.1:-1",
      "127.0.0.1:+1",
      "127.0.0.1: 7400",
      "127.0.0.1:http",
      "::1:7400",
      "localhost",
      "unix:",
      "unix:/a" + std::string(kMaxSocketPathBytes, 'x'),
      "[::1]",
      std::string("unix:/a\0b", 9),
      "127.0.0.1:99999999999999999999",
  };
  for (const std::string& text : bad) {
    EXPECT_EQ(ParseListenAddress(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

class SocketFileTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "/socketXXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    directory_ = name;
    path_ = directory_ + "/s";
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  // A bound socket at path_; listening where asked. The file stays behind when it is closed.
  int Bind(int backlog) const {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    path_.copy(name.sun_path, sizeof(name.sun_path) - 1);
    const int bound = socket(AF_UNIX, SOCK_STREAM, 0);
    EXPECT_EQ(bind(bound, reinterpret_cast<const sockaddr*>(&name), sizeof(name)), 0);
    if (backlog > 0) {
      EXPECT_EQ(listen(bound, backlog), 0);
    }
    return bound;
  }

  std::string directory_;
  std::string path_;
};

TEST_F(SocketFileTest, NothingThereIsFine) { EXPECT_TRUE(RemoveStaleSocket(path_).ok()); }

TEST_F(SocketFileTest, RemovesASocketOnWhichNobodyAnswers) {
  close(Bind(1));
  ASSERT_TRUE(std::filesystem::exists(path_));
  EXPECT_TRUE(RemoveStaleSocket(path_).ok());
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(SocketFileTest, KeepsASocketOnWhichSomebodyAnswers) {
  const int listening = Bind(1);
  EXPECT_EQ(RemoveStaleSocket(path_).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(std::filesystem::exists(path_));
  close(listening);
}

TEST_F(SocketFileTest, KeepsASocketWhoseOwnerIsTooBusyToAnswer) {
  const int listening = Bind(1);
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  path_.copy(name.sun_path, sizeof(name.sun_path) - 1);
  std::vector<int> clients;
  do {
    clients.push_back(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0));
  } while (connect(clients.back(), reinterpret_cast<const sockaddr*>(&name), sizeof(name)) == 0);
  EXPECT_EQ(RemoveStaleSocket(path_).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(std::filesystem::exists(path_));
  for (const int client : clients) close(client);
  close(listening);
}

TEST_F(SocketFileTest, KeepsFilesThatAreNoSockets) {
  std::ofstream(path_) << "the only copy";
  EXPECT_EQ(RemoveStaleSocket(path_).code(), absl::StatusCode::kAlreadyExists);
  EXPECT_TRUE(std::filesystem::exists(path_));
  std::filesystem::remove(path_);
  std::filesystem::create_symlink("/nowhere", path_);
  EXPECT_EQ(RemoveStaleSocket(path_).code(), absl::StatusCode::kAlreadyExists);
}

TEST(CanBindTest, SaysWhyAPortIsNotFree) {
  const int taken = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(bind(taken, reinterpret_cast<const sockaddr*>(&name), sizeof(name)), 0);
  ASSERT_EQ(listen(taken, 1), 0);
  socklen_t length = sizeof(name);
  ASSERT_EQ(getsockname(taken, reinterpret_cast<sockaddr*>(&name), &length), 0);
  ListenAddress address{
      .kind = ListenAddress::Kind::kTcp, .host = "127.0.0.1", .port = ntohs(name.sin_port), .path = ""};
  const absl::Status refused = CheckCanBind(address);
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(Message(refused), HasSubstr("in use"));
  address.port = 0;
  EXPECT_TRUE(CheckCanBind(address).ok());
  close(taken);
}

}  // namespace
}  // namespace sworn::api
