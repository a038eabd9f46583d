// lens add, lens list, lens show: what counts as direct, indirect and unassigned.
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "cli/append.h"
#include "cli/commands.h"
#include "cli/files.h"
#include "cli/lens_preview.h"
#include "cli/listing.h"
#include "cli/table.h"
#include "cli/view_reading.h"
#include "ledger/interop/yaml_lens.h"
#include "ledger/model/refusal.h"
#include "ledger/model/text.h"

namespace sworn::cli {
namespace {

struct AddArguments {
  std::string file;
  bool dry_run = false;
  std::string from;
  std::string to;
};

struct ListArguments {
  std::string name;
  std::string as_of;
  uint64_t limit = kDefaultLimit;
};

struct ShowArguments {
  std::string name;
  uint32_t version = 0;
  std::string as_of;
};

// A version of a lens that is or was in use, and the portion it is; without content where that was erased.
struct RecordedLens {
  v1::LensSummary summary;
  v1::Portion portion;
};

// Version 0: the highest. NotFound where there is none.
absl::StatusOr<RecordedLens> FindLens(Connection& connection, const v1::AsOf& as_of, const std::string& name,
                                      uint32_t version) {
  v1::ListLensesRequest request;
  *request.mutable_as_of() = as_of;
  request.set_name(name);
  request.set_page_size(version == 0 ? 1 : kMaxPageSize);
  do {
    const auto page = connection.Call(connection.views(), &v1::ViewService::Stub::ListLenses, request);
    if (!page.ok()) return page.status();
    request.set_page_token(page->next_page_token());
    const auto found = std::find_if(page->lenses().begin(), page->lenses().end(), [version](const auto& lens) {
      return lens.ignored_below() == 0 && (version == 0 || lens.lens().version() == version);
    });
    if (found == page->lenses().end()) continue;
    v1::GetRecordRequest record_request;
    record_request.set_id(found->lens().id());
    auto record = connection.Call(connection.ledger(), &v1::LedgerService::Stub::GetRecord, record_request);
    if (!record.ok()) return record.status();
    RecordedLens lens;
    lens.summary = *found;
    if (!record->portions().empty()) lens.portion = std::move(*record->mutable_portions(0)->mutable_portion());
    return lens;
  } while (!request.page_token().empty());
  return model::Refuse(v1::Refusal::NOT_FOUND,
                       model::Concat("lens ", name, " has no version ", version, "; see sworn lens list ", name));
}

// Nothing where no lens of the name was recorded.
absl::StatusOr<std::optional<RecordedLens>> FindNewest(Connection& connection, const v1::AsOf& as_of,
                                                       const std::string& name) {
  absl::StatusOr<RecordedLens> newest = FindLens(connection, as_of, name, 0);
  if (newest.ok()) return std::optional(*std::move(newest));
  if (model::ReasonOf(newest.status()) == v1::Refusal::NOT_FOUND) return std::nullopt;
  return newest.status();
}

// Whether they are the same but for the version and the order of the rules.
bool SaysTheSame(const v1::Portion& left, const v1::Portion& right) {
  return interop::FormatYamlLens(left) == interop::FormatYamlLens(right);
}

// Gives the lens the version that it will be recorded as: the next, unless its file names another above the highest.
absl::Status ChooseVersion(const std::optional<RecordedLens>& newest, v1::Lens& lens) {
  const uint32_t highest = newest.has_value() ? newest->summary.lens().version() : 0;
  if (lens.version() == 0) lens.set_version(highest + 1);
  if (lens.version() > highest) return absl::OkStatus();
  return absl::AlreadyExistsError(model::Concat("lens ", lens.name(), " is at version ", highest, ", and ",
                                                lens.version(), " is not above it; leave 'version' out to record ",
                                                highest + 1));
}

std::string DescribeOrigin(const v1::LensSummary& lens) {
  return model::Concat("recorded at position ", lens.position(), ", ", FormatTimestamp(lens.recorded_at()), ", by ",
                       Printable(lens.author()));
}

absl::Status TellUnchanged(const v1::LensSummary& newest, Format format) {
  Tell(model::Concat("unchanged: version ", newest.lens().version(), " says the same, ", DescribeOrigin(newest),
                     "; nothing was recorded"));
  if (format != Format::kTable) return PrintJson(newest, format);
  return PrintRaw(model::Concat("lens         ", newest.lens().name(), " v", newest.lens().version(), "\n"));
}

// What the lens would change between a pair: beside the version in use or, where its name is new, the lens that is used
// when none is named.
absl::Status PreviewPair(Connection& connection, const AddArguments& arguments, const v1::AsOf& as_of,
                         const std::optional<RecordedLens>& newest, const v1::Lens& proposed, Format format) {
  v1::GetSupportRequest request;
  request.set_from(arguments.from);
  request.set_to(arguments.to);
  *request.mutable_as_of() = as_of;
  if (newest.has_value()) request.set_lens(proposed.name());
  auto support = connection.Call(connection.views(), &v1::ViewService::Stub::GetSupport, request);
  if (!support.ok()) return support.status();
  const absl::StatusOr<RecordedLens> used =
      FindLens(connection, as_of, support->lens().name(), support->lens().version());
  if (!used.ok()) return used.status();
  CompareWithProposed(used->summary.content(), proposed, *support);
  return format == Format::kTable ? PrintText(FormatProposedDifferences(*support)) : PrintJson(*support, format);
}

absl::Status DryRun(Connection& connection, const AddArguments& arguments, const v1::AsOf& as_of,
                    const std::optional<RecordedLens>& newest, const v1::Portion& portion, Format format) {
  Tell(model::Concat("this would be recorded as version ", portion.lens().version(), "; nothing was sent"));
  if (!arguments.from.empty()) return PreviewPair(connection, arguments, as_of, newest, portion.lens(), format);
  return format == Format::kTable ? PrintText(interop::FormatYamlLens(portion)) : PrintJson(portion, format);
}

// Whether somebody else's version came first, between our look and our report.
absl::Status CheckInUse(Connection& connection, const v1::Receipt& receipt, const v1::Lens& lens) {
  v1::AsOf as_of;
  as_of.set_at_least_position(receipt.position());
  const absl::StatusOr<RecordedLens> found = FindLens(connection, as_of, lens.name(), lens.version());
  if (!found.ok()) return found.status();
  if (found->summary.position() == receipt.position()) return absl::OkStatus();
  return absl::AbortedError(model::Concat("version ", lens.version(), " of lens ", lens.name(), " was ",
                                          DescribeOrigin(found->summary),
                                          ", before this one, which is therefore ignored; run the command again"));
}

absl::Status RecordLens(const GlobalOptions& options, Connection& connection, const v1::Portion& portion) {
  const absl::StatusOr<Appender> appender = Appender::Open(options, connection);
  if (!appender.ok()) return appender.status();
  const v1::Lens& lens = portion.lens();
  const std::string request_id = DeriveRequestId("sworn lens add", portion.SerializeAsString(), appender->author());
  const absl::StatusOr<v1::AppendReportResponse> response = appender->Append({portion}, request_id, Repeat::kOnce);
  if (!response.ok()) return response.status();
  if (absl::Status printed = PrintAppended(*response, 1, options.format); !printed.ok()) return printed;
  if (absl::Status in_use = CheckInUse(connection, response->receipt(), lens); !in_use.ok()) return in_use;
  if (options.format != Format::kTable) return absl::OkStatus();
  return PrintRaw(model::Concat("lens         ", lens.name(), " v", lens.version(), "\n"));
}

absl::Status AddLens(const GlobalOptions& options, const AddArguments& arguments) {
  const absl::StatusOr<std::string> yaml = ReadFile(arguments.file, interop::kMaxYamlBytes);
  if (!yaml.ok()) return yaml.status();
  absl::StatusOr<v1::Portion> portion =
      interop::ParseYamlLens(*yaml, arguments.file == "-" ? "standard input" : arguments.file);
  if (!portion.ok()) return portion.status();
  const absl::StatusOr<ViewReading> reading = OpenViews(options, "");
  if (!reading.ok()) return reading.status();
  Connection& connection = *reading->connection;
  v1::Lens& lens = *portion->mutable_lens();
  const absl::StatusOr<std::optional<RecordedLens>> newest = FindNewest(connection, reading->as_of, lens.name());
  if (!newest.ok()) return newest.status();
  if (newest->has_value()) {
    const uint32_t highest = (*newest)->summary.lens().version();
    const bool is_no_other_version = lens.version() == 0 || lens.version() == highest;
    if (is_no_other_version && SaysTheSame((*newest)->portion, *portion)) {
      return TellUnchanged((*newest)->summary, options.format);
    }
  }
  if (absl::Status chosen = ChooseVersion(*newest, lens); !chosen.ok()) return chosen;
  if (arguments.dry_run) return DryRun(connection, arguments, reading->as_of, *newest, *portion, options.format);
  return RecordLens(options, connection, *portion);
}

std::string FormatLenses(const v1::ListLensesResponse& response) {
  Table table({{"lens"},
               {"version", Column::Align::kRight},
               {"state"},
               {"rules", Column::Align::kRight},
               {"position", Column::Align::kRight},
               {"recorded at"},
               {"author"},
               {"id"},
               {"description", Column::Align::kLeft, Column::Fit::kCut}});
  for (const v1::LensSummary& lens : response.lenses()) {
    table.AddRow({lens.lens().name(), model::Concat(lens.lens().version()),
                  lens.ignored_below() == 0 ? "" : model::Concat("ignored: not above v", lens.ignored_below()),
                  model::Concat(lens.rules()), model::Concat(lens.position()), FormatTimestamp(lens.recorded_at()),
                  lens.author(), ShortId(lens.lens().id()), lens.description()});
  }
  return model::Concat(table.Format(StandardOutput().columns), "\n",
                       Counted(static_cast<uint64_t>(response.lenses_size()), "lens", "lenses"), " as of position ",
                       response.as_of().position(), ", scope: ", Printable(response.scope()), "\n");
}

absl::Status ListLenses(const GlobalOptions& options, const ListArguments& arguments) {
  const absl::StatusOr<ViewReading> reading = OpenViews(options, arguments.as_of);
  if (!reading.ok()) return reading.status();
  v1::ListLensesRequest request;
  *request.mutable_as_of() = reading->as_of;
  request.set_name(arguments.name);
  Listing<v1::ListLensesResponse, v1::LensSummary> listing;
  listing.limit = arguments.limit;
  listing.fetch = PageFetcher(*reading->connection, &v1::ViewService::Stub::ListLenses, request);
  listing.items = [](v1::ListLensesResponse& response) { return response.mutable_lenses(); };
  listing.format_table = FormatLenses;
  return PrintListing(listing, options.format);
}

absl::Status ShowLens(const GlobalOptions& options, const ShowArguments& arguments) {
  const absl::StatusOr<ViewReading> reading = OpenViews(options, arguments.as_of);
  if (!reading.ok()) return reading.status();
  absl::StatusOr<RecordedLens> found =
      FindLens(*reading->connection, reading->as_of, arguments.name, arguments.version);
  if (!found.ok()) return found.status();
  if (options.format != Format::kTable) return PrintJson(found->summary, options.format);
  // The view keeps what a lens says even where its portion can no longer be read; its marking it does not.
  *found->portion.mutable_lens() = found->summary.content();
  return PrintText(model::Concat("# lens ", found->summary.lens().name(), ", version ", found->summary.lens().version(),
                                 ", ", DescribeOrigin(found->summary), "\n# id ", found->summary.lens().id(), "\n",
                                 interop::FormatYamlLens(found->portion)));
}

void AddAsOf(CLI::App& command, std::string& as_of) {
  command.add_option("--as-of", as_of, "As the record stood then: a position, a day or a time (UTC)")
      ->type_name("P|TIME");
}

void AddLensAdd(Program& program, CLI::App& group) {
  const auto add = std::make_shared<AddArguments>();
  CLI::App& command = AddCommand(program, group, "add", "Sign and record a lens written in YAML, as its next version",
                                 "  sworn lens add troops-only.yaml\n"
                                 "  sworn lens add troops-only.yaml --dry-run --from China --to Russia\n"
                                 "  sworn lens show officials | sed 's/officials/mine/' | sworn lens add -",
                                 [&program, add] { return AddLens(program.options, *add); });
  command.add_option("FILE", add->file, "The lens; - for standard input")->required()->type_name("");
  CLI::Option* dry_run = command.add_flag("--dry-run", add->dry_run, "Print what would be signed; sign nothing");
  CLI::Option* from = command.add_option("--from", add->from, "With --dry-run: show the cells that would differ")
                          ->type_name("ENTITY")
                          ->needs(dry_run);
  CLI::Option* to = command.add_option("--to", add->to, "The other end of the pair")->type_name("ENTITY")->needs(from);
  from->needs(to);
}

}  // namespace

void AddLensCommands(Program& program) {
  CLI::App& group = AddGroup(program.app, "lens", "Record, list and print lenses: what counts as direct support");
  AddLensAdd(program, group);

  const auto list = std::make_shared<ListArguments>();
  CLI::App& list_command = AddCommand(program, group, "list", "List the lenses, or all versions of one",
                                      "  sworn lens list\n  sworn lens list officials",
                                      [&program, list] { return ListLenses(program.options, *list); });
  list_command.add_option("NAME", list->name, "Only this one, with every version of it")->type_name("");
  AddAsOf(list_command, list->as_of);
  list_command.add_option("--limit", list->limit, "At most so many; 0 for all")->type_name("N")->capture_default_str();

  const auto show = std::make_shared<ShowArguments>();
  CLI::App& show_command = AddCommand(program, group, "show", "Print a lens as YAML that lens add takes",
                                      "  sworn lens show officials\n  sworn lens show mine --version 1",
                                      [&program, show] { return ShowLens(program.options, *show); });
  show_command.add_option("NAME", show->name, "Name of the lens")->required()->type_name("");
  show_command.add_option("--version", show->version, "This version; the highest if none is given")
      ->check(CLI::PositiveNumber.description(""))
      ->type_name("N");
  AddAsOf(show_command, show->as_of);
}

}  // namespace sworn::cli
