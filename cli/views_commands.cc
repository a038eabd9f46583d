// views status: how far the views are.
#include <memory>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/strings/ascii.h"
#include "absl/strings/str_replace.h"
#include "cli/commands.h"
#include "cli/connection.h"
#include "cli/table.h"
#include "ledger/model/text.h"

namespace sworn::cli {
namespace {

std::string FormatViews(const v1::ListViewsResponse& response) {
  using Align = Column::Align;
  Table table({{"view"},
               {"version", Align::kRight},
               {"state"},
               {"next position", Align::kRight},
               {"behind", Align::kRight},
               {"error"}});
  for (const v1::ViewStatus& view : response.views()) {
    const bool failed = view.state() == v1::ViewStatus::FAILED;
    const std::string state =
        absl::AsciiStrToLower(absl::StrReplaceAll(v1::ViewStatus::State_Name(view.state()), {{"_", " "}}));
    table.AddRow({view.name(), model::Concat(view.version()), Cell(state, failed ? Style::kRed : Style::kPlain),
                  model::Concat(view.next_position()), model::Concat(view.lag_entries()), view.last_error()});
  }
  return model::Concat(table.Format(0), "\n", Counted(response.log_size(), "entry", "entries"), " in the log\n");
}

absl::Status ShowViews(const GlobalOptions& options) {
  const absl::StatusOr<std::unique_ptr<Connection>> connection = Connection::Open(options);
  if (!connection.ok()) return connection.status();
  const auto response =
      (*connection)->Call((*connection)->views(), &v1::ViewService::Stub::ListViews, v1::ListViewsRequest());
  if (!response.ok()) return response.status();
  return options.format == Format::kTable ? PrintText(FormatViews(*response)) : PrintJson(*response, options.format);
}

}  // namespace

void AddViewsCommands(Program& program) {
  CLI::App& group = AddGroup(program.app, "views", "Look after the views that answers are read from");
  AddCommand(program, group, "status", "State and lag of each view", "  sworn views status",
             [&program] { return ShowViews(program.options); });
}

}  // namespace sworn::cli
