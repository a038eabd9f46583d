// show: a report or a portion as it was recorded.
#include <memory>
#include <string>
#include <utility>

#include "CLI/CLI.hpp"
#include "cli/commands.h"
#include "cli/connection.h"
#include "cli/portion_text.h"
#include "cli/text.h"
#include "ledger/model/text.h"

namespace sworn::cli {
namespace {

struct ShowArguments {
  std::string id;
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

absl::Status Show(const GlobalOptions& options, const ShowArguments& arguments) {
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

}  // namespace

void AddShowCommand(Program& program) {
  const auto show = std::make_shared<ShowArguments>();
  AddCommand(program, program.app, "show", "Print a report or a portion as it was recorded", "  sworn show 3f9a1c",
             [&program, show] { return Show(program.options, *show); })
      .add_option("ID", show->id, "A report or a portion")
      ->required()
      ->type_name("");
}

}  // namespace sworn::cli
