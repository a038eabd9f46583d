#include "tests/bench/postgres_comparison.h"

#include <memory>

#include "tests/bench/postgres_answers.h"
#include "tests/bench/postgres_load.h"
#include "tests/bench/postgres_server.h"

namespace sworn::bench {

absl::Status CompareWithPostgres(const std::string& parent, const std::string& binaries,
                                 const journal::Journal& journal, const Questions& questions, Answers& views,
                                 nlohmann::ordered_json& figures) {
  const absl::StatusOr<std::unique_ptr<PostgresServer>> server = PostgresServer::Start(parent, binaries);
  if (!server.ok()) return server.status();
  if (absl::Status status = LoadIntoPostgres(journal, **server, figures); !status.ok()) return status;
  const absl::StatusOr<std::unique_ptr<PostgresAnswers>> assertions =
      PostgresAnswers::Open(**server, PostgresAnswers::SupportFrom::kAssertions);
  if (!assertions.ok()) return assertions.status();
  if (absl::Status status = questions.Measure("postgres", **assertions, figures); !status.ok()) return status;
  const absl::StatusOr<std::unique_ptr<PostgresAnswers>> counts =
      PostgresAnswers::Open(**server, PostgresAnswers::SupportFrom::kCounts);
  if (!counts.ok()) return counts.status();
  if (absl::Status status = questions.Measure("postgres_counts", **counts, figures); !status.ok()) return status;
  return questions.Compare(views, **assertions, figures);
}

}  // namespace sworn::bench
