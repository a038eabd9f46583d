#include "tests/bench/postgres_answers.h"

#include <map>
#include <utility>

#include "ledger/model/text.h"

namespace sworn::bench {
namespace {

using model::Concat;

// Counts and origins of each category out of those of each category and polarity, "cell".
constexpr std::string_view kRows = R"sql(
  SELECT category, affirms, denies, finds_no_evidence,
    CASE WHEN affirms > 0 THEN CASE WHEN denies + finds_no_evidence > 0 THEN 3 ELSE 2 END
         WHEN denies > 0 THEN 4 ELSE 5 END AS status,
    CASE WHEN affirms > 0 THEN affirming WHEN denies > 0 THEN denying ELSE looking END AS origins
  FROM (
    SELECT category,
      coalesce(sum(assertions) FILTER (WHERE polarity = 1), 0) AS affirms,
      coalesce(sum(assertions) FILTER (WHERE polarity = 2), 0) AS denies,
      coalesce(sum(assertions) FILTER (WHERE polarity = 3), 0) AS finds_no_evidence,
      sum(origins) FILTER (WHERE polarity = 1) AS affirming,
      sum(origins) FILTER (WHERE polarity = 2) AS denying,
      sum(origins) FILTER (WHERE polarity = 3) AS looking
    FROM cells GROUP BY category) rows ORDER BY category
)sql";

constexpr std::string_view kPair =
    "subject = (SELECT id FROM entity WHERE external_id = $1) AND object = (SELECT id FROM entity WHERE external_id = "
    "$2)";

std::string FromAssertions(std::string_view counts) {
  return Concat("WITH counted AS (SELECT id, category, polarity FROM assertion WHERE ", kPair, " AND ", counts, R"sql(),
    counts AS (SELECT category, polarity, count(*) AS assertions FROM counted GROUP BY 1, 2),
    origins AS (SELECT category, polarity, count(DISTINCT origin) AS origins
                FROM counted JOIN assertion_origin ON assertion = id GROUP BY 1, 2),
    cells AS (SELECT category, polarity, assertions, coalesce(origins, 0) AS origins
              FROM counts LEFT JOIN origins USING (category, polarity)))sql",
                kRows);
}

// An assertion, all it was concluded from, the sources of their attributions with what these belong to, evidence,
// entities and the author.
constexpr const char* kTrace = R"sql(
  WITH RECURSIVE traced (id) AS (
    SELECT id FROM assertion WHERE portion = $1::bytea
    UNION SELECT d.base FROM derived d JOIN traced t ON d.assertion = t.id),
  cited (id) AS (
    SELECT h.source FROM hop h JOIN traced t ON h.assertion = t.id WHERE h.source IS NOT NULL
    UNION SELECT s.affiliation FROM source s JOIN cited c ON s.id = c.id WHERE s.affiliation IS NOT NULL)
  SELECT 'assertion', encode(a.portion, 'hex'), a.statement, a.position, a.counts_until
    FROM assertion a JOIN traced USING (id)
  UNION ALL SELECT 'source', encode(s.portion, 'hex'), s.name, NULL, NULL FROM source s JOIN cited USING (id)
  UNION ALL SELECT DISTINCT 'evidence', encode(e.portion, 'hex'), e.title, NULL::int, NULL::int
    FROM evidenced v JOIN traced t ON v.assertion = t.id JOIN evidence e ON e.portion = v.evidence
  UNION ALL SELECT 'entity', external_id, name, NULL, NULL FROM entity WHERE id IN (
    SELECT subject FROM assertion JOIN traced USING (id) UNION SELECT object FROM assertion JOIN traced USING (id))
  UNION ALL SELECT DISTINCT 'author', NULL, NULL, NULL::int, NULL::int
    FROM hop h JOIN traced t ON h.assertion = t.id WHERE h.source IS NULL
)sql";

// An assertion, all that was concluded from it, judgements on any of them, and the report that holds it.
constexpr const char* kImpact = R"sql(
  WITH RECURSIVE resting (id) AS (
    SELECT id FROM assertion WHERE portion = $1::bytea
    UNION SELECT d.assertion FROM derived d JOIN resting r ON d.base = r.id),
  held AS (SELECT a.* FROM assertion a JOIN resting USING (id))
  SELECT 'assertion', encode(portion, 'hex'), statement, position, counts_until FROM held
  UNION ALL SELECT DISTINCT 'judgement', encode(j.portion, 'hex'), j.reason, j.position, NULL::int
    FROM held JOIN judged d ON d.target = held.portion JOIN judgement j ON j.portion = d.judgement
  UNION ALL SELECT 'report', NULL, NULL, position, NULL FROM assertion WHERE portion = $1::bytea
)sql";

const std::map<std::string, std::string>& Statements() {
  static const std::map<std::string, std::string> statements = {
      {"latest", FromAssertions("counts_until IS NULL")},
      {"as_of", FromAssertions("position <= $3::int AND (counts_until IS NULL OR counts_until > $3::int)")},
      {"counts", Concat("WITH cells AS (SELECT * FROM cell WHERE ", kPair, ")", kRows)},
      {"trace", kTrace},
      {"impact", kImpact},
  };
  return statements;
}

}  // namespace

absl::StatusOr<std::unique_ptr<PostgresAnswers>> PostgresAnswers::Open(const PostgresServer& server,
                                                                       SupportFrom support_from) {
  absl::StatusOr<std::unique_ptr<PostgresConnection>> connection = server.Connect();
  if (!connection.ok()) return connection.status();
  for (const auto& [name, statement] : Statements()) {
    if (absl::Status status = (*connection)->Prepare(name, statement); !status.ok()) return status;
  }
  return std::unique_ptr<PostgresAnswers>(new PostgresAnswers(*std::move(connection), support_from));
}

absl::StatusOr<SupportAnswer> PostgresAnswers::Support(const EntityPair& pair, std::optional<uint64_t> position) {
  std::vector<std::string> parameters = {pair.first, pair.second};
  std::string statement = support_from_ == SupportFrom::kCounts ? "counts" : "latest";
  if (position.has_value()) {
    if (support_from_ == SupportFrom::kCounts) return absl::UnimplementedError("counts are of the latest state");
    statement = "as_of";
    parameters.push_back(Concat(*position));
  }
  const absl::StatusOr<PostgresRows> rows = connection_->Ask(statement, parameters);
  if (!rows.ok()) return rows.status();
  SupportAnswer answer;
  for (size_t row = 0; row < rows->size(); ++row) {
    answer[std::string(rows->Text(row, 0))] = {rows->Number(row, 1), rows->Number(row, 2), rows->Number(row, 3),
                                               static_cast<v1::Support::Status>(rows->Number(row, 4)),
                                               rows->Number(row, 5)};
  }
  return answer;
}

absl::StatusOr<uint64_t> PostgresAnswers::CountNodes(const std::string& statement, const crypto::Hash& id) {
  if (support_from_ == SupportFrom::kCounts) return absl::UnimplementedError("counts are of pairs");
  const absl::StatusOr<PostgresRows> rows = connection_->Ask(statement, {Concat("\\x", crypto::ToHex(id))});
  if (!rows.ok()) return rows.status();
  return rows->size();
}

absl::StatusOr<uint64_t> PostgresAnswers::Trace(const crypto::Hash& id) { return CountNodes("trace", id); }

absl::StatusOr<uint64_t> PostgresAnswers::Impact(const crypto::Hash& id) { return CountNodes("impact", id); }

}  // namespace sworn::bench
