// views status: how far the views are. views rebuild: their rows folded anew. views digest: the ledger's signed word on
// their rows.
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/ascii.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "cli/commands.h"
#include "cli/connection.h"
#include "cli/files.h"
#include "cli/table.h"
#include "ledger/model/text.h"

namespace sworn::cli {
namespace {

// Entries that rows beside those that answer have folded: "120 of 400 (30 %)".
std::string FormatRebuilt(const v1::ViewStatus& view, uint64_t log_size) {
  if (!view.has_rebuilt_entries()) return "";
  const uint64_t percent = log_size == 0 ? 100 : 100 * std::min(view.rebuilt_entries(), log_size) / log_size;
  return model::Concat(view.rebuilt_entries(), " of ", log_size, " (", percent, " %)");
}

std::string FormatViews(const v1::ListViewsResponse& response) {
  using Align = Column::Align;
  Table table({{"view"},
               {"version", Align::kRight},
               {"answers", Align::kRight},
               {"state"},
               {"next position", Align::kRight},
               {"behind", Align::kRight},
               {"rebuilt", Align::kRight},
               {"failed at"},
               {"error"}});
  for (const v1::ViewStatus& view : response.views()) {
    const bool failed = view.state() == v1::ViewStatus::FAILED;
    const std::string state =
        absl::AsciiStrToLower(absl::StrReplaceAll(v1::ViewStatus::State_Name(view.state()), {{"_", " "}}));
    table.AddRow({view.name(), model::Concat(view.version()), model::Concat(view.serving_version()),
                  Cell(state, failed ? Style::kRed : Style::kPlain), model::Concat(view.next_position()),
                  model::Concat(view.lag_entries()), FormatRebuilt(view, response.log_size()),
                  view.has_last_error_at() ? FormatTimestamp(view.last_error_at()) : "", view.last_error()});
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

struct RebuildArguments {
  std::string view;
  bool no_wait = false;
};

constexpr absl::Duration kProgressPause = absl::Milliseconds(100);

absl::StatusOr<v1::ListViewsResponse> ReadState(Connection& connection, const std::string& view) {
  auto response = connection.Call(connection.views(), &v1::ViewService::Stub::ListViews, v1::ListViewsRequest());
  if (!response.ok()) return response.status();
  v1::ListViewsResponse only;
  only.set_log_size(response->log_size());
  for (v1::ViewStatus& state : *response->mutable_views()) {
    if (state.name() == view) *only.add_views() = std::move(state);
  }
  if (only.views_size() == 1) return only;
  return absl::NotFoundError(model::ToAbsl(model::Concat("there is no view \"", view, "\" any more")));
}

// The rows that were rebuilt answer, or why they do not.
absl::Status WaitForRebuild(Connection& connection, const std::string& view, Format format) {
  std::string told;
  while (true) {
    const absl::StatusOr<v1::ListViewsResponse> response = ReadState(connection, view);
    if (!response.ok()) return response.status();
    const v1::ViewStatus& state = response->views(0);
    if (state.state() != v1::ViewStatus::REBUILDING) {
      absl::Status printed =
          format == Format::kTable ? PrintText(FormatViews(*response)) : PrintJson(*response, format);
      if (!printed.ok() || !state.has_rebuilt_entries()) return printed;
      return absl::InternalError(
          model::ToAbsl(model::Concat("the rebuild of view ", view, " stopped at entry ", state.rebuilt_entries(), ": ",
                                      state.last_error(), "; what answered before still does")));
    }
    std::string progress = model::Concat("view ", view, ": ", FormatRebuilt(state, response->log_size()));
    if (state.has_rebuilt_entries() && progress != told) Tell(progress);
    told = std::move(progress);
    absl::SleepFor(kProgressPause);
  }
}

absl::Status RebuildView(const GlobalOptions& options, const RebuildArguments& arguments) {
  const absl::StatusOr<std::unique_ptr<Connection>> connection = Connection::Open(options);
  if (!connection.ok()) return connection.status();
  v1::RebuildViewRequest request;
  request.set_view(arguments.view);
  const auto response = (*connection)->Call((*connection)->views(), &v1::ViewService::Stub::RebuildView, request);
  if (!response.ok()) return response.status();
  if (!arguments.no_wait) return WaitForRebuild(**connection, arguments.view, options.format);
  if (options.format != Format::kTable) return PrintJson(*response, options.format);
  Tell("it goes on in the daemon: sworn views status");
  return absl::OkStatus();
}

void AddRebuild(Program& program, CLI::App& group) {
  const auto rebuild = std::make_shared<RebuildArguments>();
  CLI::App& command = AddCommand(program, group, "rebuild",
                                 "Fold a view anew from the log, beside the rows that answer until it is done",
                                 "  sworn views rebuild support\n"
                                 "  sworn views rebuild support --no-wait",
                                 [&program, rebuild] { return RebuildView(program.options, *rebuild); });
  command.add_option("VIEW", rebuild->view, "Name of the view: sworn views status lists them")
      ->required()
      ->type_name("");
  command.add_flag("--no-wait", rebuild->no_wait, "Do not wait until it is done");
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
  AddRebuild(program, group);
  AddDigest(program, group);
}

}  // namespace sworn::cli
