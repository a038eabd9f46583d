// source: one source, and how what it said has fared.
#include <memory>
#include <string>

#include "CLI/CLI.hpp"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/text.h"
#include "cli/track_record_text.h"
#include "cli/view_reading.h"
#include "ledger/model/text.h"

namespace sworn::cli {
namespace {

struct SourceArguments {
  std::string name;
  std::string as_of;
};

absl::Status ShowSource(const GlobalOptions& options, const SourceArguments& arguments) {
  if (arguments.name.empty()) return absl::InvalidArgumentError("NAME is empty; give a name, an external id or an id");
  absl::StatusOr<ViewReading> reading = OpenViews(options, arguments.as_of);
  if (!reading.ok()) return reading.status();
  v1::ListSourcesRequest request;
  request.set_source(arguments.name);
  *request.mutable_as_of() = reading->as_of;
  const absl::StatusOr<v1::ListSourcesResponse> response =
      reading->connection->Call(reading->connection->views(), &v1::ViewService::Stub::ListSources, request);
  if (!response.ok()) return response.status();
  if (response->sources().empty()) return absl::InternalError("the answer holds no source");
  if (options.format != Format::kTable) return PrintJson(response->sources(0), options.format);
  return PrintText(model::Concat(FormatSource(response->sources(0)), "\nAs of position ", response->as_of().position(),
                                 ", scope: ", Printable(response->scope()), "\n"));
}

}  // namespace

void AddSourceCommand(Program& program) {
  const auto arguments = std::make_shared<SourceArguments>();
  CLI::App& command = AddCommand(program, program.app, "source", "Show one source, and how what it said has fared",
                                 "  sworn source Reuters\n"
                                 "  sworn source wikidata:Q130879 --as-of 2024-04-13",
                                 [&program, arguments] { return ShowSource(program.options, *arguments); });
  command.add_option("NAME", arguments->name, "A name, an external id or an id")->required()->type_name("");
  command.add_option("--as-of", arguments->as_of, "As the record stood then")->type_name("P|TIME");
}

}  // namespace sworn::cli
