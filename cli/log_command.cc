// log: the entries of the log, filtered, and as they are recorded.
#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "CLI/CLI.hpp"
#include "api/status.h"
#include "cli/commands.h"
#include "cli/connection.h"
#include "cli/interruption.h"
#include "cli/listing.h"
#include "cli/moment.h"
#include "cli/table.h"
#include "ledger/model/text.h"

namespace sworn::cli {
namespace {

struct LogArguments {
  uint64_t from_position = 0;
  uint64_t limit = kDefaultLimit;
  std::string author;
  std::string since;
  std::string until;
  std::string kind;
  std::string entity;
  std::string text;
  bool follow = false;
  // Only with `follow`; 0: until interrupted.
  uint64_t count = 0;
};

std::string FormatLog(const v1::ListEntriesResponse& response) {
  Table table({{"position", Column::Align::kRight},
               {"recorded at"},
               {"report"},
               {"author"},
               {"banner"},
               {"contents", Column::Align::kLeft, Column::Fit::kCut}});
  for (const v1::EntrySummary& entry : response.entries()) {
    table.AddRow({model::Concat(entry.position()), FormatTimestamp(entry.recorded_at()), ShortId(entry.report_id()),
                  entry.author(), entry.banner(), entry.contents()});
  }
  return table.Format(StandardOutput().columns);
}

// The columns of a table whose later lines are not known yet.
std::string FormatLine(const v1::EntrySummary& entry) {
  return model::Concat(entry.position(), "  ", FormatTimestamp(entry.recorded_at()), "  ", ShortId(entry.report_id()),
                       "  ", Printable(entry.author()), "  ", Printable(entry.banner()), "  ",
                       Printable(entry.contents()), "\n");
}

absl::StatusOr<v1::ListEntriesRequest> RequestOf(const LogArguments& arguments) {
  v1::ListEntriesRequest request;
  request.set_from_position(arguments.from_position);
  request.set_author(arguments.author);
  request.set_kind(arguments.kind);
  request.set_entity(arguments.entity);
  request.set_text(arguments.text);
  if (!arguments.since.empty()) {
    absl::StatusOr<google::protobuf::Timestamp> since = ParseTime("--since", arguments.since, DayEnd::kFirst);
    if (!since.ok()) return since.status();
    *request.mutable_recorded_from() = *std::move(since);
  }
  if (!arguments.until.empty()) {
    absl::StatusOr<google::protobuf::Timestamp> until = ParseTime("--until", arguments.until, DayEnd::kLast);
    if (!until.ok()) return until.status();
    *request.mutable_recorded_until() = *std::move(until);
  }
  return request;
}

absl::Status ListLog(const GlobalOptions& options, const LogArguments& arguments) {
  const absl::StatusOr<v1::ListEntriesRequest> filters = RequestOf(arguments);
  if (!filters.ok()) return filters.status();
  const absl::StatusOr<std::unique_ptr<Connection>> connection = Connection::Open(options);
  if (!connection.ok()) return connection.status();
  Listing<v1::ListEntriesResponse, v1::EntrySummary> listing;
  listing.limit = arguments.limit;
  listing.fetch = [&](uint32_t page_size, const std::string& page_token) {
    v1::ListEntriesRequest request = *filters;
    request.set_page_size(page_size);
    request.set_page_token(page_token);
    return (*connection)->Call((*connection)->ledger(), &v1::LedgerService::Stub::ListEntries, request);
  };
  listing.items = [](v1::ListEntriesResponse& response) { return response.mutable_entries(); };
  listing.format_table = FormatLog;
  return PrintListing(listing, options.format);
}

// Prints entries as they are recorded: the server tells when there is something, and the entries are then listed.
class LogFollower {
 public:
  LogFollower(Connection& connection, v1::ListEntriesRequest filters, uint64_t count, Format format,
              const Interruption& interruption)
      : connection_(connection),
        filters_(std::move(filters)),
        next_(filters_.from_position()),
        left_(count),
        is_counted_(count != 0),
        format_(format),
        interruption_(interruption) {}

  // `context` is cancelled by the interruption.
  absl::Status Run(grpc::ClientContext& context);

 private:
  // Prints what is recorded from next_ on.
  absl::Status CatchUp();
  absl::Status PrintPage(const v1::ListEntriesResponse& page);
  bool IsDone() const { return (is_counted_ && left_ == 0) || interruption_.happened(); }

  Connection& connection_;
  const v1::ListEntriesRequest filters_;
  uint64_t next_;
  // Of the log, before it was listed last.
  uint64_t size_ = 0;
  uint64_t left_;
  const bool is_counted_;
  const Format format_;
  const Interruption& interruption_;
};

absl::Status LogFollower::PrintPage(const v1::ListEntriesResponse& page) {
  for (const v1::EntrySummary& entry : page.entries()) {
    if (IsDone()) break;
    const absl::Status printed =
        format_ == Format::kNdjson ? PrintJson(entry, Format::kNdjson) : PrintRaw(FormatLine(entry));
    if (!printed.ok()) return printed;
    next_ = std::max(next_, entry.position() + 1);
    if (is_counted_) --left_;
  }
  return absl::OkStatus();
}

absl::Status LogFollower::CatchUp() {
  const auto ledger = connection_.Call(connection_.ledger(), &v1::LedgerService::Stub::GetLedger, {});
  if (!ledger.ok()) return ledger.status();
  v1::ListEntriesRequest request = filters_;
  request.set_from_position(next_);
  request.set_page_size(kMaxPageSize);
  do {
    const auto page = connection_.Call(connection_.ledger(), &v1::LedgerService::Stub::ListEntries, request);
    if (!page.ok()) return page.status();
    if (absl::Status printed = PrintPage(*page); !printed.ok()) return printed;
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty() && !IsDone());
  size_ = ledger->size();
  // Entries recorded meanwhile may have been listed too.
  next_ = std::max(next_, size_);
  return absl::OkStatus();
}

absl::Status LogFollower::Run(grpc::ClientContext& context) {
  if (absl::Status printed = CatchUp(); !printed.ok() || IsDone()) return printed;
  v1::WatchRequest request;
  // What is wanted may lie ahead of the log.
  request.set_from_position(std::min(next_, size_));
  const std::unique_ptr<grpc::ClientReader<v1::WatchResponse>> stream = connection_.views().Watch(&context, request);
  v1::WatchResponse response;
  absl::Status printed;
  while (printed.ok() && !IsDone() && stream->Read(&response)) {
    if (response.next_position() > next_) printed = CatchUp();
  }
  context.TryCancel();
  const grpc::Status ended = stream->Finish();
  if (!printed.ok() || IsDone()) return printed;
  return api::FromGrpcStatus(ended);
}

absl::Status FollowLog(const GlobalOptions& options, const LogArguments& arguments) {
  if (options.format == Format::kJson) {
    return absl::InvalidArgumentError("--follow never ends, so it prints no one document; take --format ndjson");
  }
  const absl::StatusOr<v1::ListEntriesRequest> filters = RequestOf(arguments);
  if (!filters.ok()) return filters.status();
  grpc::ClientContext context;
  const Interruption interruption([&context] { context.TryCancel(); });
  const absl::StatusOr<std::unique_ptr<Connection>> connection = Connection::Open(options);
  if (!connection.ok()) return connection.status();
  if ((*connection)->is_in_process()) {
    Tell("no daemon serves this ledger, so nothing will be recorded while this runs: start sworn serve first");
  }
  return LogFollower(**connection, *filters, arguments.count, options.format, interruption).Run(context);
}

}  // namespace

void AddLogCommand(Program& program) {
  const auto log = std::make_shared<LogArguments>();
  CLI::App& command = AddCommand(
      program, program.app, "log", "List the entries of the log in order",
      "  sworn log\n"
      "  sworn log --author alice --since 2024-04-01 --kind judgement\n"
      "  sworn log --entity iso3166:CN --text nitrocellulose --limit 0 --format ndjson\n"
      "  sworn log --follow",
      [&program, log] { return log->follow ? FollowLog(program.options, *log) : ListLog(program.options, *log); });
  command.add_option("--from", log->from_position, "First position wanted")->type_name("POSITION");
  command.add_option("--author", log->author, "Who authored it: a principal, or a key id or its first digits")
      ->type_name("NAME|KEY");
  command.add_option("--since", log->since, "Recorded then or later: a day or a time (UTC)")->type_name("TIME");
  CLI::Option* until =
      command.add_option("--until", log->until, "Recorded then or earlier: a day or a time (UTC)")->type_name("TIME");
  command.add_option("--kind", log->kind, "Holds a portion of this kind: assertion, source, entity, judgement …")
      ->type_name("KIND");
  command
      .add_option("--entity", log->entity,
                  "Names this external id or portion (its first 6 digits or more), or gives an entity or source this "
                  "name")
      ->type_name("ID|NAME");
  command.add_option("--text", log->text, "Holds this in a statement, name, title, description or reason, in any case")
      ->type_name("TEXT");
  CLI::Option* limit =
      command.add_option("--limit", log->limit, "At most so many; 0 for all")->type_name("N")->capture_default_str();
  CLI::Option* follow =
      command.add_flag("--follow", log->follow, "Go on with entries as they are recorded, until interrupted");
  follow->excludes(until)->excludes(limit);
  command.add_option("--count", log->count, "End after so many entries")->type_name("N")->needs(follow);
}

}  // namespace sworn::cli
