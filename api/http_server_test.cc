#include "api/http_server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "api/http_answer.h"
#include "ledger/journal/rocksdb/rocksdb_journal.h"
#include "ledger/log/gzip.h"
#include "ledger/log/test_ledger.h"
#include "ledger/log/tile_testing.h"
#include "ledger/log/tiles.h"
#include "ledger/merkle/checkpoint.h"

namespace sworn::api {
namespace {

using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

struct Reply {
  int status = 0;  // 0: the connection ended without an answer
  std::map<std::string, std::string> headers;
  std::string body;

  std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
  }
};

// An HTTP client that sends whatever it is told to.
class Client {
 public:
  explicit Client(int port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  }
  ~Client() { close(socket_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  Client(Client&&) = delete;
  Client& operator=(Client&&) = delete;

  bool connected() const { return connected_; }

  void Send(const std::string& bytes) {
    for (size_t sent = 0; sent < bytes.size();) {
      const ssize_t count = send(socket_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      if (count <= 0) return;  // the server has had enough
      sent += static_cast<size_t>(count);
    }
  }

  Reply Receive(const std::string& method) {
    size_t end = 0;
    while ((end = unread_.find("\r\n\r\n")) == std::string::npos) {
      if (!ReadMore()) return {};
    }
    Reply reply = ParseHead(unread_.substr(0, end + 2));
    unread_.erase(0, end + 4);
    const std::string length = reply.header("content-length");
    const size_t body_bytes = method == "HEAD" || length.empty() ? 0 : std::stoul(length);
    while (unread_.size() < body_bytes && ReadMore()) {
    }
    reply.body = unread_.substr(0, body_bytes);
    unread_.erase(0, body_bytes);
    return reply;
  }

  Reply Ask(const std::string& path, const std::string& more_headers = "", const std::string& method = "GET") {
    Send(absl::StrCat(method, " ", path, " HTTP/1.1\r\nHost: localhost\r\n", more_headers, "\r\n"));
    return Receive(method);
  }

  // Whether the server closes the connection and sends nothing before it does.
  bool IsClosed() { return unread_.empty() && !ReadMore(); }

 private:
  static Reply ParseHead(const std::string& head) {
    Reply reply;
    reply.status = std::stoi(head.substr(head.find(' ') + 1));
    for (size_t at = head.find("\r\n") + 2; at < head.size();) {
      const size_t end = head.find("\r\n", at);
      const size_t colon = head.find(": ", at);
      reply.headers[absl::AsciiStrToLower(head.substr(at, colon - at))] = head.substr(colon + 2, end - colon - 2);
      at = end + 2;
    }
    return reply;
  }

  bool ReadMore() {
    std::string piece(65'536, '\0');
    const ssize_t count = recv(socket_, piece.data(), piece.size(), 0);
    if (count <= 0) return false;
    unread_.append(piece, 0, static_cast<size_t>(count));
    return true;
  }

  int socket_;
  bool connected_ = false;
  std::string unread_;
};

HttpServerOptions LoopbackOptions() {
  HttpServerOptions options;
  options.address.host = "127.0.0.1";
  options.clearance = log::PublicClearance();
  return options;
}

// A server over a log of 70,000 entries that nobody signed, of which only number 300 is marked.
class HttpServerTest : public testing::Test {
 protected:
  static constexpr uint64_t kSize = 70'000;

  static void SetUpTestSuite() {
    ledger_ = new log::TestLedger();  // NOLINT(cppcoreguidelines-owning-memory): as GoogleTest has it
    std::vector<std::string> entries;
    for (uint64_t i = 0; i < kSize; ++i) entries.push_back(log::EntryMarked(i == 300 ? "(S//BIGOT)" : "(U)", i));
    log::FillJournal(**journal::OpenRocksDbJournal(ledger_->directory().journal_path(), journal::OpenMode::kCreate),
                     entries);
    absl::StatusOr<std::unique_ptr<log::Log>> log = ledger_->TryOpen();
    ASSERT_TRUE(log.ok()) << log.status();
    log_ = *std::move(log);
  }
  static void TearDownTestSuite() {
    log_.reset();
    delete ledger_;  // NOLINT(cppcoreguidelines-owning-memory)
  }
  void SetUp() override { StartServer(LoopbackOptions()); }
  void TearDown() override { ledger_->faults().on_read_entry = nullptr; }

  void StartServer(const HttpServerOptions& options) {
    server_.reset();
    absl::StatusOr<std::unique_ptr<HttpServer>> server = HttpServer::Start(*log_, options);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  Reply Get(const std::string& path, const std::string& more_headers = "") const {
    return Client(server_->port()).Ask(path, more_headers);
  }

  static log::TestLedger* ledger_;
  static std::unique_ptr<log::Log> log_;
  std::unique_ptr<HttpServer> server_;
};

log::TestLedger* HttpServerTest::ledger_ = nullptr;
std::unique_ptr<log::Log> HttpServerTest::log_;

TEST_F(HttpServerTest, TheCheckpointIsTextThatIsNotKeptLong) {
  const Reply reply = Get("/checkpoint");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.header("content-type"), "text/plain; charset=utf-8");
  EXPECT_EQ(reply.header("cache-control"), "public, max-age=2");
  EXPECT_EQ(reply.body, log_->checkpoint());
  EXPECT_EQ(Get("/checkpoint", "Accept-Encoding: gzip, br\r\n").header("content-encoding"), "");
  EXPECT_EQ(Get("/healthz").body, "ok\n");
}

TEST_F(HttpServerTest, TilesAreBytesThatAreKeptForEver) {
  struct Case {
    std::string path;
    size_t bytes;
  };
  // Of this size, of earlier ones, and full.
  const std::vector<Case> cases = {{"/tile/0/000", 8'192},        {"/tile/0/000.p/1", 32},
                                   {"/tile/0/000.p/255", 8'160},  {"/tile/0/273.p/112", 112 * 32},
                                   {"/tile/0/273.p/5", 5 * 32},   {"/tile/1/000", 8'192},
                                   {"/tile/1/001.p/17", 17 * 32}, {"/tile/2/000.p/1", 32}};
  for (const Case& c : cases) {
    const Reply reply = Get(c.path, "Accept-Encoding: gzip\r\n");
    EXPECT_EQ(reply.status, 200) << c.path;
    EXPECT_EQ(reply.header("content-type"), "application/octet-stream");
    EXPECT_EQ(reply.header("cache-control"), "public, max-age=31536000, immutable");
    EXPECT_EQ(reply.header("content-encoding"), "");
    EXPECT_EQ(reply.body.size(), c.bytes) << c.path;
  }
}

TEST_F(HttpServerTest, BundlesAreCompressedForThoseWhoTakeIt) {
  for (const char* path :
       {"/tile/entries/000", "/tile/entries/272", "/tile/entries/273.p/112", "/tile/entries/000.p/9"}) {
    const Reply plain = Get(path);
    EXPECT_EQ(plain.status, 200) << path;
    EXPECT_EQ(plain.header("content-type"), "application/octet-stream");
    EXPECT_EQ(plain.header("cache-control"), "public, max-age=31536000, immutable");
    EXPECT_EQ(plain.header("content-encoding"), "");
    EXPECT_EQ(plain.header("vary"), "Accept-Encoding");
    const Reply compressed = Get(path, "Accept-Encoding: gzip, identity\r\n");
    EXPECT_EQ(compressed.status, 200) << path;
    EXPECT_EQ(compressed.header("content-type"), "application/octet-stream");
    EXPECT_EQ(compressed.header("content-encoding"), "gzip");
    EXPECT_EQ(compressed.header("vary"), "Accept-Encoding");
    EXPECT_EQ(compressed.body, *log::Gzip(plain.body));
    EXPECT_LT(compressed.body.size(), plain.body.size());
  }
}

TEST_F(HttpServerTest, AClientRebuildsTheTreeThatWasSigned) {
  Client client(server_->port());
  size_t requests = 0;
  const log::FetchPath fetch = [&](const std::string& path) -> std::optional<std::string> {
    // The server ends a connection now and then.
    if (++requests % 1'000 == 0) return Get("/" + path).body;
    const Reply reply = client.Ask("/" + path);
    return reply.status == 200 ? std::optional(reply.body) : std::nullopt;
  };
  const absl::StatusOr<merkle::Checkpoint> checkpoint =
      merkle::OpenCheckpoint(client.Ask("/checkpoint").body, log_->verifier_key());
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_EQ(checkpoint->size, kSize);
  EXPECT_EQ(log::RootOfTiles(kSize, fetch, log::Bundles::kIgnore), checkpoint->root);
  for (const uint64_t size : {1U, 255U, 256U, 257U, 300U}) {
    EXPECT_TRUE(log::RootOfTiles(size, fetch, log::Bundles::kRead).has_value()) << "as it was with " << size;
  }
}

TEST_F(HttpServerTest, WhatIsMarkedIsForbiddenInEverySize) {
  EXPECT_EQ(Get("/tile/entries/001.p/44").status, 200) << "before the marked entry";
  for (const char* path : {"/tile/entries/001.p/45", "/tile/entries/001"}) {
    const Reply reply = Get(path);
    EXPECT_EQ(reply.status, 403) << path;
    EXPECT_EQ(reply.header("cache-control"), "no-store");
    EXPECT_THAT(reply.body, HasSubstr("not marked for everybody"));
    EXPECT_THAT(reply.body, Not(AnyOf(HasSubstr("BIGOT"), HasSubstr("300")))) << "a marking may be a secret too";
  }
  EXPECT_EQ(Get("/tile/0/001").status, 200) << "hashes are public";
  HttpServerOptions cleared = LoopbackOptions();
  cleared.clearance = *model::ParseMarking("(S//BIGOT)");
  StartServer(cleared);
  EXPECT_EQ(Get("/tile/entries/001").status, 200);
  EXPECT_EQ(Get("/tile/entries/001").header("cache-control"), "private, max-age=31536000, immutable");
  EXPECT_EQ(Get("/tile/0/001").header("cache-control"), "public, max-age=31536000, immutable");
}

TEST_F(HttpServerTest, WhatIsNotThereIsNotFound) {
  for (const char* path : {"/",
                           "/tile",
                           "/tile/",
                           "/tile/0",
                           "/tile/0/",
                           "/tile/0/0",
                           "/tile/0/00",
                           "/tile/0/000/",
                           "/tile/0/x000/000",
                           "/tile/0/000.p/0",
                           "/tile/0/000.p/256",
                           "/tile/0/000.p/01",
                           "/tile/0/000.p/",
                           "/tile/00/000",
                           "/tile/64/000",
                           "/tile/-1/000",
                           "/tile/0/273",
                           "/tile/0/273.p/113",
                           "/tile/0/274.p/1",
                           "/tile/2/000.p/2",
                           "/tile/3/000.p/1",
                           "/tile/entries/273",
                           "/tile/entries/273.p/113",
                           "/tile/entries/x999/999",
                           "/tile/entries/",
                           "/tile/data/000",
                           "/tile/0/x018/x446/x744/x073/x709/x551/615",
                           "/tile/0/x999/x999/x999/x999/x999/x999/x999/999",
                           "/Checkpoint",
                           "/checkpoint/",
                           "//checkpoint",
                           "/tile/../checkpoint",
                           "/../etc/passwd",
                           "/%2e%2e/etc/passwd",
                           "/healthz/x",
                           "/tile/0/000%00",
                           "/checkpoint%0d%0aX-Evil:%201"}) {
    const Reply reply = Get(path);
    EXPECT_EQ(reply.status, 404) << path;
    EXPECT_EQ(reply.body, "not found\n");
    EXPECT_EQ(reply.header("cache-control"), "no-store");
    EXPECT_EQ(reply.header("x-evil"), "");
  }
  EXPECT_EQ(Get("/checkpoint?once=more").status, 200);
}

TEST_F(HttpServerTest, NothingCanBeWritten) {
  for (const char* method : {"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT"}) {
    Client client(server_->port());
    const Reply reply = client.Ask("/checkpoint", "Content-Length: 5\r\n", method);
    EXPECT_EQ(reply.status, 405) << method;
    EXPECT_EQ(reply.header("allow"), "GET, HEAD");
    EXPECT_EQ(reply.header("connection"), "close");
    EXPECT_TRUE(client.IsClosed()) << method;
  }
  EXPECT_THAT(Client(server_->port()).Ask("/checkpoint", "", "BREW").status, AnyOf(0, 400, 405));
}

TEST_F(HttpServerTest, HeadTellsTheSameWithoutTheBody) {
  for (const char* path : {"/checkpoint", "/tile/0/000", "/tile/entries/000", "/tile/entries/001", "/nowhere"}) {
    Client client(server_->port());
    Reply get = client.Ask(path);
    Reply head = client.Ask(path, "", "HEAD");
    EXPECT_EQ(head.status, get.status) << path;
    EXPECT_EQ(head.headers, get.headers) << path;
    EXPECT_FALSE(get.body.empty());
    EXPECT_EQ(client.Ask("/healthz").body, "ok\n") << "nothing was left of " << path;
  }
}

TEST_F(HttpServerTest, AConnectionServesSoManyRequestsAndNoMore) {
  HttpServerOptions options = LoopbackOptions();
  options.max_requests_per_connection = 3;
  StartServer(options);
  Client client(server_->port());
  EXPECT_NE(client.Ask("/healthz").header("connection"), "close");
  EXPECT_NE(client.Ask("/healthz").header("connection"), "close");
  EXPECT_EQ(client.Ask("/healthz").header("connection"), "close");
  EXPECT_TRUE(client.IsClosed());
  Client polite(server_->port());
  EXPECT_EQ(polite.Ask("/healthz", "Connection: close\r\n").status, 200);
  EXPECT_TRUE(polite.IsClosed());
}

TEST_F(HttpServerTest, ABodyIsNotTakenForTheNextRequest) {
  const std::string inner = "GET /tile/0/000 HTTP/1.1\r\nHost: x\r\n\r\n";
  for (const std::string& header :
       {absl::StrCat("Content-Length: ", inner.size(), "\r\n"), std::string("Transfer-Encoding: chunked\r\n"),
        std::string("Expect: 100-continue\r\n")}) {
    Client client(server_->port());
    client.Send("GET /healthz HTTP/1.1\r\nHost: x\r\n" + header + "\r\n" + inner);
    EXPECT_EQ(client.Receive("GET").body, "ok\n") << header;
    EXPECT_TRUE(client.IsClosed()) << header;
  }
}

TEST_F(HttpServerTest, PartsOfATileAreNotServed) {
  const Reply whole = Get("/tile/0/000", "Range: bytes=0-31\r\n");
  EXPECT_EQ(whole.status, 200);
  EXPECT_EQ(whole.body.size(), 8'192U);
}

TEST_F(HttpServerTest, WhatIsTooLargeIsCutOff) {
  EXPECT_THAT(Get("/" + std::string(9'000, 'a')).status, AnyOf(0, 414));
  EXPECT_THAT(Get("/healthz", "X: " + std::string(9'000, 'a') + "\r\n").status, AnyOf(0, 400));
  // A great many small headers, which have no end.
  std::string flood;
  for (int i = 0; i < 100'000; ++i) absl::StrAppend(&flood, "A", i, ": b\r\n");
  Client client(server_->port());
  client.Send("GET /healthz HTTP/1.1\r\n" + flood);
  EXPECT_THAT(client.Receive("GET").status, AnyOf(0, 400));
  EXPECT_EQ(Get("/healthz").status, 200) << "others are served";
}

TEST_F(HttpServerTest, NonsenseIsCutOff) {
  for (const std::string& nonsense :
       {std::string("\r\n\r\n"), std::string("GET\r\n\r\n"), std::string(1'000, '\0') + "\r\n\r\n",
        std::string("GET /healthz HTTP/9.9\r\n\r\n"), std::string("\x16\x03\x01\x02\x00\x01\xfc\r\n\r\n", 11)}) {
    Client client(server_->port());
    client.Send(nonsense);
    EXPECT_THAT(client.Receive("GET").status, AnyOf(0, 400));
    EXPECT_TRUE(client.IsClosed());
  }
}

TEST_F(HttpServerTest, WhoTakesTooLongIsCutOff) {
  HttpServerOptions impatient = LoopbackOptions();
  impatient.idle_timeout = absl::Milliseconds(20);
  StartServer(impatient);
  Client idle(server_->port());
  EXPECT_TRUE(idle.IsClosed());
  HttpServerOptions hasty = LoopbackOptions();
  hasty.request_timeout = absl::Milliseconds(20);
  StartServer(hasty);
  Client slow(server_->port());
  slow.Send("GET /healthz HTT");
  EXPECT_THAT(slow.Receive("GET").status, AnyOf(0, 400));
}

TEST_F(HttpServerTest, IdleConnectionsMakeRoomForThoseThatWait) {
  HttpServerOptions options = LoopbackOptions();
  options.threads = 1;
  options.idle_timeout = absl::Hours(1);
  StartServer(options);
  Client idle(server_->port());
  EXPECT_EQ(idle.Ask("/healthz").status, 200);
  EXPECT_EQ(Get("/healthz").status, 200);
  EXPECT_TRUE(idle.IsClosed());
}

TEST_F(HttpServerTest, MoreClientsThanThreadsAreServedInTurn) {
  HttpServerOptions options = LoopbackOptions();
  options.threads = 2;
  options.max_waiting_connections = 2;
  StartServer(options);
  std::atomic<int> served = 0;
  std::vector<std::thread> clients;
  for (int i = 0; i < 50; ++i) {
    clients.emplace_back([&] { served += Get("/tile/entries/000").status == 200 ? 1 : 0; });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(served, 50);
}

TEST_F(HttpServerTest, DamageIsNotServedAndNotExplained) {
  ledger_->faults().on_read_entry = [](uint64_t position, std::string& entry) {
    if (position == 700) entry.back() = static_cast<char>(entry.back() ^ 1);
  };
  const Reply reply = Get("/tile/entries/002");
  EXPECT_EQ(reply.status, 500);
  EXPECT_EQ(reply.header("cache-control"), "no-store");
  EXPECT_EQ(reply.body, "this part of the log cannot be served; its operator was told why\n");
  EXPECT_EQ(Get("/tile/entries/003").status, 200);
}

TEST_F(HttpServerTest, ShutdownEndsIdleConnectionsAndTakesNoMore) {
  HttpServerOptions options = LoopbackOptions();
  options.idle_timeout = absl::Hours(1);
  StartServer(options);
  Client idle(server_->port());
  EXPECT_EQ(idle.Ask("/healthz").status, 200);
  const int port = server_->port();
  server_->Shutdown();
  EXPECT_TRUE(idle.IsClosed());
  EXPECT_FALSE(Client(port).connected());
  server_->Shutdown();
}

TEST_F(HttpServerTest, OnlyAFreeLoopbackAddressWillDo) {
  HttpServerOptions taken = LoopbackOptions();
  taken.address.port = static_cast<uint16_t>(server_->port());
  EXPECT_TRUE(absl::IsFailedPrecondition(HttpServer::Start(*log_, taken).status()));
  HttpServerOptions socket = LoopbackOptions();
  socket.address = *UnixSocketAddress("/tmp/http.sock");
  EXPECT_TRUE(absl::IsInvalidArgument(HttpServer::Start(*log_, socket).status()));
}

TEST(HttpOfANewLogTest, WhatIsRecordedIsServedAtOnce) {
  log::TestLedger ledger;
  const std::unique_ptr<log::Log> log = ledger.Open();
  ASSERT_NE(log, nullptr);
  const absl::StatusOr<std::unique_ptr<HttpServer>> server = HttpServer::Start(*log, LoopbackOptions());
  ASSERT_TRUE(server.ok()) << server.status();
  Client client((*server)->port());
  EXPECT_EQ(client.Ask("/tile/entries/000.p/2").status, 404);
  ASSERT_TRUE(log->AppendAndWait(ledger.Report({log::EntityPortion("China")})).ok());
  EXPECT_EQ(client.Ask("/tile/entries/000.p/2").status, 200);
  const absl::StatusOr<merkle::Checkpoint> checkpoint =
      merkle::OpenCheckpoint(client.Ask("/checkpoint").body, log->verifier_key());
  ASSERT_TRUE(checkpoint.ok());
  const log::FetchPath fetch = [&client](const std::string& path) { return client.Ask("/" + path).body; };
  EXPECT_EQ(log::RootOfTiles(2, fetch, log::Bundles::kRead), checkpoint->root);
}

TEST(HttpOfAnEmptyLogTest, AnEmptyLogHasACheckpointAndNoTiles) {
  log::TestLedger ledger;
  const absl::StatusOr<std::unique_ptr<log::Log>> log = ledger.TryOpen();
  ASSERT_TRUE(log.ok()) << log.status();
  const HttpAnswer checkpoint = AnswerHttp(**log, log::PublicClearance(), "/checkpoint", AcceptsGzip::kNo);
  EXPECT_EQ(checkpoint.status, (*log)->checkpoint().empty() ? 404 : 200);
  for (const char* path : {"/tile/0/000", "/tile/0/000.p/1", "/tile/entries/000.p/1"}) {
    EXPECT_EQ(AnswerHttp(**log, log::PublicClearance(), path, AcceptsGzip::kNo).status, 404) << path;
  }
}

TEST(AcceptEncodingTest, GzipIsUsedWhereItIsWanted) {
  struct Case {
    std::string header;
    AcceptsGzip accepts;
  };
  const std::vector<Case> cases = {
      {"", AcceptsGzip::kNo},
      {"gzip", AcceptsGzip::kYes},
      {"GZIP", AcceptsGzip::kYes},
      {"identity", AcceptsGzip::kNo},
      {"br, gzip;q=0.5", AcceptsGzip::kYes},
      {"gzip;q=0", AcceptsGzip::kNo},
      {"gzip; q=0.000, *", AcceptsGzip::kNo},
      {"*", AcceptsGzip::kYes},
      {"*;q=0", AcceptsGzip::kNo},
      {"*;q=0, gzip", AcceptsGzip::kYes},
      {"gzipped", AcceptsGzip::kNo},
      {",,;", AcceptsGzip::kNo},
      {"deflate, br", AcceptsGzip::kNo},
  };
  for (const Case& c : cases) EXPECT_EQ(ParseAcceptEncoding(c.header), c.accepts) << c.header;
}

}  // namespace
}  // namespace sworn::api
