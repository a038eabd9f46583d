// search: entities and sources by name, typing mistakes tolerated.
#include <memory>
#include <string>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/strings/ascii.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/table.h"
#include "cli/text.h"
#include "cli/view_reading.h"
#include "ledger/model/text.h"

namespace sworn::cli {
namespace {

constexpr uint32_t kMaxHits = 100;
// The answer counts no further.
constexpr uint64_t kCountedUpTo = 1'000;

struct SearchArguments {
  std::string text;
  std::string kind;
  std::string as_of;
  uint32_t limit = 20;
};

std::string DescribeFit(const v1::SearchHit& hit) {
  if (hit.mistakes() == 0) return "";
  return Counted(hit.mistakes(), "mistake", "mistakes");
}

std::string FormatHits(const v1::SearchResponse& response) {
  using Align = Column::Align;
  using Fit = Column::Fit;
  Table table({{"id"},
               {"kind"},
               {"name", Align::kLeft, Fit::kCut},
               {"also", Align::kLeft, Fit::kCut},
               {"typing"},
               {"assertions", Align::kRight}});
  for (const v1::SearchHit& hit : response.hits()) {
    const std::string more = hit.assertions() >= kCountedUpTo ? " or more" : "";
    table.AddRow({ShortId(hit.id()), absl::AsciiStrToLower(v1::TraceNode::Kind_Name(hit.kind())),
                  hit.name().empty() ? "(unnamed)" : hit.name(), hit.matched() == hit.name() ? "" : hit.matched(),
                  DescribeFit(hit), model::Concat(hit.assertions(), more)});
  }
  return model::Concat(table.Format(StandardOutput().columns), "\n",
                       Counted(static_cast<uint64_t>(response.hits_size()), "name", "names"), " as of position ",
                       response.as_of().position(), ", scope: ", Printable(response.scope()), "\n");
}

absl::Status RunSearch(const GlobalOptions& options, const SearchArguments& arguments) {
  v1::SearchRequest request;
  request.set_text(arguments.text);
  request.set_page_size(arguments.limit);
  if (arguments.kind == "entity") request.set_kind(v1::TraceNode::ENTITY);
  if (arguments.kind == "source") request.set_kind(v1::TraceNode::SOURCE);
  absl::StatusOr<ViewReading> reading = OpenViews(options, arguments.as_of);
  if (!reading.ok()) return reading.status();
  *request.mutable_as_of() = reading->as_of;
  const absl::StatusOr<v1::SearchResponse> response =
      reading->connection->Call(reading->connection->views(), &v1::ViewService::Stub::Search, request);
  if (!response.ok()) return response.status();
  if (options.format == Format::kTable) return PrintText(FormatHits(*response));
  if (options.format == Format::kJson) return PrintJson(*response, options.format);
  for (const v1::SearchHit& hit : response->hits()) {
    if (absl::Status status = PrintJson(hit, options.format); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace

void AddSearchCommand(Program& program) {
  const auto arguments = std::make_shared<SearchArguments>();
  CLI::App& command =
      AddCommand(program, program.app, "search", "Find entities and sources by name, typing mistakes tolerated",
                 "  sworn search \"European Pravad\"\n"
                 "  sworn search iso3166:CN --kind entity",
                 [&program, arguments] { return RunSearch(program.options, *arguments); });
  command.add_option("TEXT", arguments->text, "A name, an alias, an external id, or a part of one")
      ->required()
      ->type_name("");
  command.add_option("--kind", arguments->kind, "Only entities, or only sources")
      ->type_name("entity|source")
      ->check(CLI::IsMember({"entity", "source"}));
  command.add_option("--as-of", arguments->as_of, "As the record stood then")->type_name("P|TIME");
  command.add_option("--limit", arguments->limit, "At most so many")
      ->type_name("N")
      ->check(CLI::Range(1U, kMaxHits))
      ->capture_default_str();
}

}  // namespace sworn::cli
