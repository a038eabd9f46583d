// views status: how far the views are. views digest: the ledger's signed word on their rows.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/ascii.h"
#include "absl/strings/str_replace.h"
#include "cli/commands.h"
#include "cli/connection.h"
#include "cli/files.h"
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

struct DigestArguments {
  std::vector<std::string> views;
  std::optional<uint64_t> position;
  std::string output;
};

absl::StatusOr<std::vector<std::string>> NamesOfViews(Connection& connection) {
  const auto response = connection.Call(connection.views(), &v1::ViewService::Stub::ListViews, v1::ListViewsRequest());
  if (!response.ok()) return response.status();
  std::vector<std::string> names;
  for (const v1::ViewStatus& view : response->views()) names.push_back(view.name());
  return names;
}

// One file holds the note of one view: several views go to files named after them.
absl::Status PutNote(const DigestArguments& arguments, size_t views, const std::string& view, const std::string& note) {
  if (arguments.output.empty() || arguments.output == "-") return PrintRaw(note);
  const std::string path = views == 1 ? arguments.output : model::Concat(arguments.output, ".", view);
  if (absl::Status written = WriteFile(path, note, Access::kEveryone); !written.ok()) return written;
  Tell(model::Concat("digest of view ", view, " written to ", path));
  return absl::OkStatus();
}

absl::Status SignDigests(const GlobalOptions& options, const DigestArguments& arguments) {
  const absl::StatusOr<std::unique_ptr<Connection>> connection = Connection::Open(options);
  if (!connection.ok()) return connection.status();
  absl::StatusOr<std::vector<std::string>> views = arguments.views;
  if (views->empty()) views = NamesOfViews(**connection);
  if (!views.ok()) return views.status();
  for (const std::string& view : *views) {
    v1::SignViewDigestRequest request;
    request.set_view(view);
    if (arguments.position.has_value()) request.set_position(*arguments.position);
    const auto response = (*connection)->Call((*connection)->views(), &v1::ViewService::Stub::SignViewDigest, request);
    if (!response.ok()) return response.status();
    absl::Status put = arguments.output.empty() && options.format != Format::kTable
                           ? PrintJson(*response, options.format)
                           : PutNote(arguments, views->size(), view, response->note());
    if (!put.ok()) return put;
  }
  return absl::OkStatus();
}

void AddDigest(Program& program, CLI::App& group) {
  const auto digest = std::make_shared<DigestArguments>();
  CLI::App& command = AddCommand(program, group, "digest",
                                 "Have the ledger sign what the rows of its views are, for an audit to replay",
                                 "  sworn views digest support -o support.digest\n"
                                 "  sworn views digest --position 1000 -o digests     (digests.support, …)\n"
                                 "  sworn audit ledger --view-digest support.digest",
                                 [&program, digest] { return SignDigests(program.options, *digest); });
  command.add_option("VIEW", digest->views, "Views; all where none is named")->type_name("");
  command.add_option("--position", digest->position, "As of this position; else the last one a view has reached")
      ->type_name("POSITION");
  command.add_option("-o,--output", digest->output, "File for the signed note; - for standard output")
      ->type_name("FILE");
}

}  // namespace

void AddViewsCommands(Program& program) {
  CLI::App& group = AddGroup(program.app, "views", "Look after the views that answers are read from");
  AddCommand(program, group, "status", "State and lag of each view", "  sworn views status",
             [&program] { return ShowViews(program.options); });
  AddDigest(program, group);
}

}  // namespace sworn::cli
