// A PostgreSQL server of its own for a measurement: set up in a new directory, reached through a socket in it only, and
// stopped and deleted at the end. Where the bench runs as root, the server runs as the user `postgres`.
//
// Thread-safety: a connection belongs to one thread; a server to one thread.
#pragma once

#include <libpq-fe.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sworn::bench {

// Rows of an answer, as text.
class PostgresRows {
 public:
  explicit PostgresRows(PGresult* result) : result_(result, &PQclear) {}

  bool has_answer() const { return PQresultStatus(result_.get()) == PGRES_TUPLES_OK; }
  size_t size() const { return static_cast<size_t>(PQntuples(result_.get())); }
  std::string_view Text(size_t row, size_t column) const {
    return PQgetvalue(result_.get(), static_cast<int>(row), static_cast<int>(column));
  }
  uint64_t Number(size_t row, size_t column) const;

 private:
  std::unique_ptr<PGresult, decltype(&PQclear)> result_;
};

class PostgresConnection {
 public:
  static absl::StatusOr<std::unique_ptr<PostgresConnection>> Open(const std::string& socket_directory);

  // One statement or several.
  absl::Status Execute(const std::string& statements);
  absl::Status Prepare(const std::string& name, const std::string& statement);
  absl::StatusOr<PostgresRows> Ask(const std::string& name, const std::vector<std::string>& parameters);

  // Rows of the text format, between StartCopy and FinishCopy.
  absl::Status StartCopy(const std::string& table);
  absl::Status Copy(std::string_view rows);
  absl::Status FinishCopy();

 private:
  explicit PostgresConnection(PGconn* connection) : connection_(connection, &PQfinish) {}
  absl::Status Error(std::string_view what) const;

  std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
};

class PostgresServer {
 public:
  // `binaries`: the directory of initdb and pg_ctl. The new directory lies in `parent`.
  static absl::StatusOr<std::unique_ptr<PostgresServer>> Start(const std::string& parent, const std::string& binaries);
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;
  PostgresServer(PostgresServer&&) = delete;
  PostgresServer& operator=(PostgresServer&&) = delete;

  absl::StatusOr<std::unique_ptr<PostgresConnection>> Connect() const { return PostgresConnection::Open(path_); }

 private:
  PostgresServer(std::string path, std::string binaries) : path_(std::move(path)), binaries_(std::move(binaries)) {}
  absl::Status SetUp();
  absl::Status Run(const std::string& program, std::vector<std::string> arguments) const;

  std::string path_;
  std::string binaries_;
  bool running_ = false;
};

}  // namespace sworn::bench
