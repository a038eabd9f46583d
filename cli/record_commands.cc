// show, history: one id, looked at closely.
#include <memory>
#include <string>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/strings/ascii.h"
#include "absl/strings/str_replace.h"
#include "cli/commands.h"
#include "cli/connection.h"
#include "cli/listing.h"
#include "cli/portion_text.h"
#include "cli/table.h"
#include "cli/view_reading.h"
#include "ledger/model/text.h"

namespace sworn::cli {
namespace {

struct RecordArguments {
  std::string id;
  std::string as_of;
  uint64_t limit = 0;
};

std::string FormatRecord(const v1::GetRecordResponse& response, const PortionNames& names) {
  const v1::EntrySummary& entry = response.entry();
  std::string text = model::Concat("report       ", entry.report_id(), "\nposition     ", entry.position(),
                                   "\nrecorded at  ", FormatTimestamp(entry.recorded_at()), "\ncreated at   ",
                                   FormatTimestamp(entry.created_at()), "\nauthor       ", Printable(entry.author()),
                                   " (key ", ShortId(entry.author_key_id()), ")\nbanner       ",
                                   Printable(entry.banner()), "\ncontents     ", Printable(entry.contents()), "\n");
  for (const v1::PortionRecord& portion : response.portions())
    text += model::Concat("\n", FormatPortion(portion, names));
  return text;
}

absl::Status Show(const GlobalOptions& options, const RecordArguments& arguments) {
  const absl::StatusOr<std::unique_ptr<Connection>> connection = Connection::Open(options);
  if (!connection.ok()) return connection.status();
  v1::GetRecordRequest request;
  request.set_id(arguments.id);
  const auto response = (*connection)->Call((*connection)->ledger(), &v1::LedgerService::Stub::GetRecord, request);
  if (!response.ok()) return response.status();
  if (options.format != Format::kTable) return PrintJson(*response, options.format);
  // One portion refers to others of its report by index: their names are there.
  request.set_id(response->entry().report_id());
  const auto report = (*connection)->Call((*connection)->ledger(), &v1::LedgerService::Stub::GetRecord, request);
  if (!report.ok()) return report.status();
  return PrintText(FormatRecord(*response, NamesOf(*report)));
}

std::string FormatHistory(const v1::GetHistoryResponse& response) {
  Table table({{"position", Column::Align::kRight},
               {"recorded at"},
               {"created at"},
               {"author"},
               {"what"},
               {"through"},
               {"in words", Column::Align::kLeft, Column::Fit::kCut}});
  for (const v1::HistoryEvent& event : response.events()) {
    table.AddRow({model::Concat(event.position()), FormatTimestamp(event.recorded_at()),
                  FormatTimestamp(event.created_at()), event.author(),
                  absl::AsciiStrToLower(absl::StrReplaceAll(v1::HistoryEvent::Kind_Name(event.kind()), {{"_", " "}})),
                  ShortId(event.portion_id()), event.summary()});
  }
  return model::Concat(Printable(response.label()), "  ", Printable(response.id()), "\n",
                       table.Format(StandardOutput().columns), "\nas of position ", response.as_of().position(),
                       ", scope: ", Printable(response.scope()), "\n");
}

absl::Status History(const GlobalOptions& options, const RecordArguments& arguments) {
  absl::StatusOr<ViewReading> reading = OpenViews(options, arguments.as_of);
  if (!reading.ok()) return reading.status();
  v1::GetHistoryRequest request;
  request.set_id(arguments.id);
  *request.mutable_as_of() = reading->as_of;
  Listing<v1::GetHistoryResponse, v1::HistoryEvent> listing;
  listing.limit = arguments.limit;
  listing.fetch = PageFetcher(*reading->connection, &v1::ViewService::Stub::GetHistory, request);
  listing.items = [](v1::GetHistoryResponse& response) { return response.mutable_events(); };
  listing.format_table = FormatHistory;
  return PrintListing(listing, options.format);
}

void AddAsOf(CLI::App& command, RecordArguments& arguments) {
  command.add_option("--as-of", arguments.as_of, "As the record stood then: a position, a day or a time (UTC)")
      ->type_name("P|TIME");
}

}  // namespace

void AddRecordCommands(Program& program) {
  const auto show = std::make_shared<RecordArguments>();
  AddCommand(program, program.app, "show", "Print a report or a portion as it was recorded", "  sworn show 3f9a1c",
             [&program, show] { return Show(program.options, *show); })
      .add_option("ID", show->id, "A report or a portion")
      ->required()
      ->type_name("");

  const auto history = std::make_shared<RecordArguments>();
  CLI::App& history_command =
      AddCommand(program, program.app, "history", "Everything that ever happened to an id, an entity or a source",
                 "  sworn history 3f9a1c\n  sworn history \"European Pravda\"",
                 [&program, history] { return History(program.options, *history); });
  history_command.add_option("ID", history->id, "Any id; an entity or source also by name")->required()->type_name("");
  AddAsOf(history_command, *history);
  history_command.add_option("--limit", history->limit, "At most so many; 0 for all")
      ->type_name("N")
      ->capture_default_str();
}

}  // namespace sworn::cli
