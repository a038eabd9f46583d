#include "tests/bench/postgres_server.h"

#include <pwd.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "ledger/model/text.h"
#include "tests/bench/child_process.h"

namespace sworn::bench {
namespace {

using model::Concat;

constexpr const char* kUser = "postgres";
// More than by default, as somebody would who cares: about what the views are given, and room to sort in memory.
constexpr const char* kSettings =
    "-c listen_addresses='' -c shared_buffers=512MB -c work_mem=64MB -c maintenance_work_mem=256MB -c "
    "effective_cache_size=2GB -c max_wal_size=8GB -c wal_level=minimal -c max_wal_senders=0 -c random_page_cost=1.1 "
    "-c jit=off";

}  // namespace

uint64_t PostgresRows::Number(size_t row, size_t column) const {
  const std::string_view text = Text(row, column);
  uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

absl::Status PostgresConnection::Error(std::string_view what) const {
  return absl::InternalError(Concat("PostgreSQL, ", what, ": ", PQerrorMessage(connection_.get())));
}

absl::StatusOr<std::unique_ptr<PostgresConnection>> PostgresConnection::Open(const std::string& socket_directory) {
  const std::string where = Concat("host=", socket_directory, " user=", kUser, " dbname=", kUser);
  std::unique_ptr<PostgresConnection> connection(new PostgresConnection(PQconnectdb(where.c_str())));
  if (PQstatus(connection->connection_.get()) != CONNECTION_OK) return connection->Error("connecting");
  return connection;
}

absl::Status PostgresConnection::Execute(const std::string& statements) {
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection_.get(), statements.c_str()), &PQclear);
  const ExecStatusType status = PQresultStatus(result.get());
  return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ? absl::OkStatus() : Error(statements);
}

absl::Status PostgresConnection::Prepare(const std::string& name, const std::string& statement) {
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(
      PQprepare(connection_.get(), name.c_str(), statement.c_str(), 0, nullptr), &PQclear);
  return PQresultStatus(result.get()) == PGRES_COMMAND_OK ? absl::OkStatus() : Error(statement);
}

absl::StatusOr<PostgresRows> PostgresConnection::Ask(const std::string& name,
                                                     const std::vector<std::string>& parameters) {
  std::vector<const char*> values;
  for (const std::string& parameter : parameters) values.push_back(parameter.c_str());
  PostgresRows rows(PQexecPrepared(connection_.get(), name.c_str(), static_cast<int>(values.size()), values.data(),
                                   nullptr, nullptr, 0));
  if (!rows.has_answer()) return Error(name);
  return rows;
}

absl::Status PostgresConnection::StartCopy(const std::string& table) {
  const std::string statement = Concat("COPY ", table, " FROM STDIN");
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection_.get(), statement.c_str()), &PQclear);
  return PQresultStatus(result.get()) == PGRES_COPY_IN ? absl::OkStatus() : Error(statement);
}

absl::Status PostgresConnection::Copy(std::string_view rows) {
  const int sent = PQputCopyData(connection_.get(), rows.data(), static_cast<int>(rows.size()));
  return sent == 1 ? absl::OkStatus() : Error("copying");
}

absl::Status PostgresConnection::FinishCopy() {
  if (PQputCopyEnd(connection_.get(), nullptr) != 1) return Error("copying");
  absl::Status outcome;
  while (PGresult* next = PQgetResult(connection_.get())) {
    const std::unique_ptr<PGresult, decltype(&PQclear)> result(next, &PQclear);
    if (PQresultStatus(result.get()) != PGRES_COMMAND_OK) outcome = Error("copying");
  }
  return outcome;
}

absl::StatusOr<std::unique_ptr<PostgresServer>> PostgresServer::Start(const std::string& parent,
                                                                      const std::string& binaries) {
  if (!std::filesystem::exists(binaries + "/initdb")) {
    return absl::NotFoundError(Concat("there is no initdb in ", binaries,
                                      "; install postgresql-15, or say where it is with --postgres-binaries"));
  }
  std::string path = parent + "/sworn-postgres-XXXXXX";
  if (mkdtemp(path.data()) == nullptr) return absl::UnavailableError("cannot make a directory in " + parent);
  std::unique_ptr<PostgresServer> server(new PostgresServer(path, binaries));
  if (absl::Status status = server->SetUp(); !status.ok()) return status;
  return server;
}

PostgresServer::~PostgresServer() {
  if (running_) Run("pg_ctl", {"stop", "-D", path_ + "/data", "-m", "immediate", "-s"}).IgnoreError();
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

absl::Status PostgresServer::SetUp() {
  if (geteuid() == 0) {
    const passwd* user = getpwnam(kUser);
    if (user == nullptr) return absl::NotFoundError("there is no user postgres for the server to run as");
    if (chown(path_.c_str(), user->pw_uid, user->pw_gid) != 0)
      return absl::UnavailableError("cannot give away " + path_);
  }
  const std::string data = path_ + "/data";
  absl::Status status = Run("initdb", {"-D", data, "-U", kUser, "-A", "trust", "--encoding=UTF8", "--locale=C"});
  if (!status.ok()) return status;
  status = Run("pg_ctl",
               {"start", "-D", data, "-w", "-s", "-l", path_ + "/log", "-o", Concat("-k ", path_, " ", kSettings)});
  running_ = status.ok();
  return status;
}

absl::Status PostgresServer::Run(const std::string& program, std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), Concat(binaries_, "/", program));
  if (geteuid() == 0) {
    const std::vector<std::string> as_user = {"setpriv", "--reuid", kUser, "--regid", kUser, "--init-groups", "--"};
    arguments.insert(arguments.begin(), as_user.begin(), as_user.end());
  }
  return RunProgram(arguments, path_ + "/commands");
}

}  // namespace sworn::bench
