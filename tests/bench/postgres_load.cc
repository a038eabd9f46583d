#include "tests/bench/postgres_load.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/clock.h"
#include "ledger/model/text.h"
#include "tests/bench/ledger_survey.h"

namespace sworn::bench {
namespace {

using crypto::Hash;
using model::Concat;

constexpr size_t kCopiedAtOnce = size_t{1} << 20U;

const std::map<std::string, std::string>& Tables() {
  static const std::map<std::string, std::string> tables = {
      {"entity", "id int, external_id text, name text, kind text"},
      {"source",
       "id int, portion bytea, name text, kind smallint, anonymous boolean, head_count int, root int, affiliation int"},
      {"assertion",
       "id int, portion bytea, position int, portion_index int, subject int, object int, predicate text, "
       "category text, polarity smallint, statement text, valid_from text, valid_until text, reliability smallint, "
       "credibility smallint, counts_until int"},
      {"hop", "assertion int, step smallint, source int, mode smallint, said_at text, origin int"},
      {"cite", "assertion int, step smallint, cited smallint"},
      {"quantity", "assertion int, measure text, value numeric, unit text, approximate boolean"},
      {"derived", "assertion int, base int"},
      {"evidence", "portion bytea, title text, media_type text, size bigint, sha256 bytea"},
      {"evidenced", "assertion int, evidence bytea"},
      {"judgement",
       "portion bytea, position int, kind smallint, reason text, reliability smallint, credibility smallint"},
      {"judged", "judgement bytea, target bytea"},
  };
  return tables;
}

constexpr const char* kIndexes = R"sql(
  ALTER TABLE entity ADD PRIMARY KEY (id);
  CREATE UNIQUE INDEX ON entity (external_id);
  ALTER TABLE source ADD PRIMARY KEY (id);
  ALTER TABLE assertion ADD PRIMARY KEY (id);
  CREATE UNIQUE INDEX ON assertion (portion);
  CREATE INDEX ON assertion (subject, object) INCLUDE (id, position, category, polarity, counts_until);
  CREATE INDEX ON assertion (object);
  CREATE INDEX ON hop (assertion) INCLUDE (source, origin);
  CREATE INDEX ON hop (source);
  CREATE INDEX ON cite (assertion);
  CREATE INDEX ON quantity (assertion);
  CREATE INDEX ON derived (assertion) INCLUDE (base);
  CREATE INDEX ON derived (base) INCLUDE (assertion);
  CREATE UNIQUE INDEX ON evidence (portion);
  CREATE INDEX ON evidenced (assertion);
  CREATE UNIQUE INDEX ON judgement (portion);
  CREATE INDEX ON judged (target) INCLUDE (judgement);
)sql";

constexpr const char* kWorkedOut = R"sql(
  CREATE TABLE assertion_origin AS
    WITH RECURSIVE rests (assertion, base) AS (
      SELECT d.assertion, d.base FROM derived d JOIN assertion a ON a.id = d.base WHERE a.counts_until IS NULL
      UNION
      SELECT r.assertion, d.base FROM rests r JOIN derived d ON d.assertion = r.base
        JOIN assertion a ON a.id = d.base WHERE a.counts_until IS NULL)
    SELECT DISTINCT assertion, origin FROM (
      SELECT assertion, origin FROM hop WHERE origin IS NOT NULL
      UNION ALL
      SELECT r.assertion, h.origin FROM rests r JOIN hop h ON h.assertion = r.base WHERE h.origin IS NOT NULL) o;
  CREATE INDEX ON assertion_origin (assertion) INCLUDE (origin);
  CREATE TABLE cell AS
    SELECT a.subject, a.object, a.category, a.polarity, count(DISTINCT a.id)::int AS assertions,
           count(DISTINCT o.origin)::int AS origins
    FROM assertion a LEFT JOIN assertion_origin o ON o.assertion = a.id
    WHERE a.counts_until IS NULL GROUP BY 1, 2, 3, 4;
  ALTER TABLE cell ADD PRIMARY KEY (subject, object, category, polarity);
)sql";

constexpr std::string_view kNull = "\\N";

// A field of the text format.
std::string Text(std::string_view text) {
  std::string escaped;
  for (const char byte : text) {
    if (byte == '\\' || byte == '\t' || byte == '\n') escaped.push_back('\\');
    escaped.push_back(byte == '\t' ? 't' : byte == '\n' ? 'n' : byte);
  }
  return escaped;
}
std::string Bytes(const Hash& hash) { return Concat("\\\\x", crypto::ToHex(hash)); }
std::string NumberOrNull(uint32_t number) {
  return number == LedgerSurvey::kNone ? std::string(kNull) : Concat(number);
}

// One table, through a connection of its own, so that all are filled at once.
class TableLoad {
 public:
  static absl::StatusOr<std::unique_ptr<TableLoad>> Start(const PostgresServer& server, const std::string& table) {
    absl::StatusOr<std::unique_ptr<PostgresConnection>> connection = server.Connect();
    if (!connection.ok()) return connection.status();
    // A table emptied in the same transaction is written without a log.
    absl::Status status = (*connection)->Execute(Concat("BEGIN; TRUNCATE ", table));
    if (status.ok()) status = (*connection)->StartCopy(table);
    if (!status.ok()) return status;
    return std::unique_ptr<TableLoad>(new TableLoad(*std::move(connection)));
  }

  template <typename... Fields>
  void Add(const std::string& first, const Fields&... fields) {
    rows_ += first;
    (..., (rows_ += '\t', rows_ += Concat(fields)));
    rows_ += '\n';
    if (rows_.size() >= kCopiedAtOnce) Send();
  }

  absl::Status Finish() {
    Send();
    if (status_.ok()) status_ = connection_->FinishCopy();
    if (status_.ok()) status_ = connection_->Execute("COMMIT");
    return status_;
  }

 private:
  explicit TableLoad(std::unique_ptr<PostgresConnection> connection) : connection_(std::move(connection)) {}

  void Send() {
    if (status_.ok()) status_ = connection_->Copy(rows_);
    rows_.clear();
  }

  std::unique_ptr<PostgresConnection> connection_;
  std::string rows_;
  absl::Status status_;
};

class Loader {
 public:
  Loader(const LedgerSurvey& survey, const PostgresServer& server) : survey_(survey), server_(server) {}

  absl::Status Load(const journal::Journal& journal) {
    for (const auto& [name, columns] : Tables()) {
      absl::StatusOr<std::unique_ptr<TableLoad>> table = TableLoad::Start(server_, name);
      if (!table.ok()) return table.status();
      tables_[name] = *std::move(table);
    }
    absl::Status status = ForEachPortion(journal, [this](const RecordedPortion& recorded) { return Add(recorded); });
    for (const auto& [name, table] : tables_) {
      absl::Status finished = table->Finish();
      if (status.ok()) status = finished;
    }
    return status;
  }

 private:
  absl::Status Add(const RecordedPortion& recorded);
  void AddEntity(const v1::Entity& entity);
  void AddSource(const RecordedPortion& recorded);
  void AddAssertion(const RecordedPortion& recorded);
  void AddAttribution(const std::string& number, const RecordedPortion& recorded);
  void AddJudgement(const RecordedPortion& recorded);
  TableLoad& Table(const std::string& name) { return *tables_.at(name); }

  const LedgerSurvey& survey_;
  const PostgresServer& server_;
  std::map<std::string, std::unique_ptr<TableLoad>> tables_;
};

absl::Status Loader::Add(const RecordedPortion& recorded) {
  const v1::Portion& portion = recorded.portion;
  if (portion.has_entity()) AddEntity(portion.entity());
  if (portion.has_source()) AddSource(recorded);
  if (portion.has_assertion()) AddAssertion(recorded);
  if (portion.has_judgement()) AddJudgement(recorded);
  if (portion.has_evidence()) {
    const v1::Evidence& evidence = portion.evidence();
    Table("evidence")
        .Add(Bytes(recorded.id()), Text(evidence.title()), Text(evidence.media_type()), evidence.size(),
             Concat("\\\\x", crypto::ToHex(evidence.sha256())));
  }
  return absl::OkStatus();
}

void Loader::AddEntity(const v1::Entity& entity) {
  const std::string& external_id = entity.external_ids(0);
  Table("entity").Add(Concat(survey_.EntityOf(external_id)), Text(external_id), Text(entity.name()),
                      Text(entity.kind()));
}

void Loader::AddSource(const RecordedPortion& recorded) {
  const v1::Source& source = recorded.portion.source();
  const uint32_t number = survey_.SourceOf(recorded.id());
  Table("source").Add(Concat(number), Bytes(recorded.id()), Text(source.name()), static_cast<int>(source.kind()),
                      source.anonymous() ? "t" : "f", source.head_count(), survey_.RootOf(number),
                      NumberOrNull(survey_.AffiliationOf(number)));
}

void Loader::AddAssertion(const RecordedPortion& recorded) {
  const v1::Assertion& assertion = recorded.portion.assertion();
  const uint32_t ordinal = survey_.AssertionOf(recorded.id());
  const std::string number = Concat(ordinal);
  const uint64_t counts_until = survey_.CountsUntil(ordinal);
  Table("assertion")
      .Add(number, Bytes(recorded.id()), recorded.position, recorded.index,
           survey_.EntityOf(assertion.subject().entity().external_id()),
           survey_.EntityOf(assertion.object().entity().external_id()), Text(assertion.predicate()),
           Text(assertion.category()), static_cast<int>(assertion.polarity()), Text(assertion.statement()),
           Text(assertion.valid().from()), Text(assertion.valid().until()),
           static_cast<int>(assertion.grade().reliability()), static_cast<int>(assertion.grade().credibility()),
           counts_until == LedgerSurvey::kAlways ? std::string(kNull) : Concat(counts_until));
  AddAttribution(number, recorded);
  for (const v1::Quantity& quantity : assertion.quantities()) {
    Table("quantity")
        .Add(number, Text(quantity.measure()), quantity.value(), Text(quantity.unit()),
             quantity.approximate() ? "t" : "f");
  }
  for (const v1::Reference& base : assertion.derived_from()) {
    Table("derived").Add(number, survey_.AssertionOf(recorded.IdOf(base)));
  }
  for (const v1::Reference& evidence : assertion.evidence()) {
    Table("evidenced").Add(number, Bytes(recorded.IdOf(evidence)));
  }
}

void Loader::AddAttribution(const std::string& number, const RecordedPortion& recorded) {
  // Stands for the author, who is an origin of what was witnessed.
  constexpr int64_t kAuthor = -1;
  const v1::Assertion& assertion = recorded.portion.assertion();
  for (int step = 0; step < assertion.attribution_size(); ++step) {
    const v1::Hop& hop = assertion.attribution(step);
    const uint32_t source = hop.has_source() ? survey_.SourceOf(recorded.IdOf(hop.source())) : LedgerSurvey::kNone;
    const bool is_origin = hop.cites().empty() && assertion.derived_from().empty();
    const int64_t origin = hop.has_source() ? survey_.OriginOf(source) : kAuthor;
    Table("hop").Add(number, step, hop.has_source() ? Concat(survey_.RootOf(source)) : std::string(kNull),
                     static_cast<int>(hop.mode()), Text(hop.said_at()),
                     is_origin ? Concat(origin) : std::string(kNull));
    for (const uint32_t cited : hop.cites()) Table("cite").Add(number, step, cited);
  }
}

void Loader::AddJudgement(const RecordedPortion& recorded) {
  const v1::Judgement& judgement = recorded.portion.judgement();
  Table("judgement")
      .Add(Bytes(recorded.id()), recorded.position, static_cast<int>(judgement.kind()), Text(judgement.reason()),
           static_cast<int>(judgement.grade().reliability()), static_cast<int>(judgement.grade().credibility()));
  for (const v1::Reference& target : judgement.targets()) {
    Table("judged").Add(Bytes(recorded.id()), Bytes(recorded.IdOf(target)));
  }
}

double SecondsSince(absl::Time start) { return absl::ToDoubleSeconds(absl::Now() - start); }

}  // namespace

absl::Status LoadIntoPostgres(const journal::Journal& journal, const PostgresServer& server,
                              nlohmann::ordered_json& figures) {
  const absl::StatusOr<LedgerSurvey> survey = LedgerSurvey::Of(journal);
  if (!survey.ok()) return survey.status();
  const absl::StatusOr<std::unique_ptr<PostgresConnection>> connection = server.Connect();
  if (!connection.ok()) return connection.status();
  std::string create;
  for (const auto& [name, columns] : Tables()) create += Concat("CREATE TABLE ", name, " (", columns, ");");
  if (absl::Status status = (*connection)->Execute(create); !status.ok()) return status;

  const absl::Time start = absl::Now();
  absl::Status status = Loader(*survey, server).Load(journal);
  figures["postgres_copy_seconds"] = SecondsSince(start);
  if (status.ok()) status = (*connection)->Execute(kIndexes);
  figures["postgres_indexed_seconds"] = SecondsSince(start);
  if (status.ok()) status = (*connection)->Execute(kWorkedOut);
  if (status.ok()) status = (*connection)->Execute("VACUUM ANALYZE");
  if (!status.ok()) return status;
  figures["postgres_load_seconds"] = SecondsSince(start);
  status = (*connection)->Prepare("size", "SELECT pg_database_size(current_database())");
  if (!status.ok()) return status;
  const absl::StatusOr<PostgresRows> size = (*connection)->Ask("size", {});
  if (!size.ok()) return size.status();
  figures["postgres_mb"] = static_cast<double>(size->Number(0, 0)) / 1e6;
  return absl::OkStatus();
}

}  // namespace sworn::bench
