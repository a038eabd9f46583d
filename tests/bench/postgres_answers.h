// Answers of PostgreSQL over the tables of postgres_load.h, by prepared statements.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/bench/answers.h"
#include "tests/bench/postgres_server.h"

namespace sworn::bench {

class PostgresAnswers : public Answers {
 public:
  // Where support comes from: the assertions themselves, as of any position; or the table of counts, the latest only.
  enum class SupportFrom { kAssertions, kCounts };
  static absl::StatusOr<std::unique_ptr<PostgresAnswers>> Open(const PostgresServer& server, SupportFrom support_from);

  absl::StatusOr<SupportAnswer> Support(const EntityPair& pair, std::optional<uint64_t> position) override;
  absl::StatusOr<uint64_t> Trace(const crypto::Hash& id) override;
  absl::StatusOr<uint64_t> Impact(const crypto::Hash& id) override;

 private:
  PostgresAnswers(std::unique_ptr<PostgresConnection> connection, SupportFrom support_from)
      : connection_(std::move(connection)), support_from_(support_from) {}
  absl::StatusOr<uint64_t> CountNodes(const std::string& statement, const crypto::Hash& id);

  std::unique_ptr<PostgresConnection> connection_;
  SupportFrom support_from_;
};

}  // namespace sworn::bench
