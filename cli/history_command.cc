// history: everything that happened to an id, and a proof file of it.
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_replace.h"
#include "cli/commands.h"
#include "cli/dossier.h"
#include "cli/files.h"
#include "cli/listing.h"
#include "cli/table.h"
#include "cli/view_reading.h"
#include "ledger/model/limits.h"
#include "ledger/model/text.h"

namespace sworn::cli {
namespace {

struct HistoryArguments {
  std::string id;
  std::string as_of;
  std::string proof_file;
  uint64_t limit = 0;
};

std::string InWords(v1::HistoryEvent::Kind kind) {
  return model::ToLower(absl::StrReplaceAll(v1::HistoryEvent::Kind_Name(kind), {{"_", " "}}));
}

// "quantities[0].value: 70 → 75".
std::string FormatChange(const v1::FieldChange& change) {
  const auto shown = [](const std::string& value) { return value.empty() ? std::string("(not set)") : value; };
  return model::Concat("  ", change.field(), ": ", shown(change.before()), " → ", shown(change.after()));
}

// Changes follow the event they belong to.
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
                  FormatTimestamp(event.created_at()), event.author(), InWords(event.kind()),
                  ShortId(event.portion_id()), event.summary()});
    for (const v1::FieldChange& change : event.changes()) {
      table.AddRow({"", "", "", "", "", "", FormatChange(change)});
    }
  }
  return model::Concat(Printable(response.label()), "  ", Printable(response.id()), "\n",
                       table.Format(StandardOutput().columns), "\nas of position ", response.as_of().position(),
                       ", scope: ", Printable(response.scope()), "\n");
}

// The portions through which everything listed happened, and those they were compared with; each once.
class ProvedPortions {
 public:
  void Add(const v1::GetHistoryResponse& page) {
    for (const v1::HistoryEvent& event : page.events()) {
      Add(event.portion_id());
      Add(event.compared_id());
    }
  }
  const std::vector<std::string>& ids() const { return ids_; }

 private:
  void Add(const std::string& id) {
    if (!id.empty() && known_.insert(id).second) ids_.push_back(id);
  }

  std::set<std::string> known_;
  std::vector<std::string> ids_;
};

absl::Status WriteDossier(Connection& connection, const CheckpointWatch& watch, const std::vector<std::string>& ids,
                          const std::string& path) {
  if (ids.empty()) {
    return absl::InvalidArgumentError(
        "--proof: nothing of this history happened through a portion, so nothing can be proved; "
        "name a portion of the report");
  }
  if (ids.size() > model::kMaxProvedPortions) {
    return absl::InvalidArgumentError(model::Concat("--proof: this history is of ", ids.size(),
                                                    " portions and a proof file takes ", model::kMaxProvedPortions,
                                                    "; ask for the first events with --limit"));
  }
  const absl::StatusOr<v1::ProveDossierResponse> dossier = FetchDossier(connection, watch, ids);
  if (!dossier.ok()) return dossier.status();
  if (absl::Status written = WriteFile(path, dossier->proof(), Access::kEveryone); !written.ok()) return written;
  Tell(model::Concat("a proof of ", Counted(ids.size(), "portion", "portions"), " is in ", path,
                     "; check it anywhere: sworn verify ", path, " --trust VKEY (from sworn checkpoint --vkey)"));
  return absl::OkStatus();
}

absl::Status History(const GlobalOptions& options, const HistoryArguments& arguments) {
  absl::StatusOr<ViewReading> reading = OpenViews(options, arguments.as_of);
  if (!reading.ok()) return reading.status();
  Connection& connection = *reading->connection;
  const absl::StatusOr<CheckpointWatch> watch = CheckpointWatch::Begin(connection);
  if (!watch.ok()) return watch.status();
  v1::GetHistoryRequest request;
  request.set_id(arguments.id);
  *request.mutable_as_of() = reading->as_of;
  ProvedPortions proved;
  const auto fetch = PageFetcher(connection, &v1::ViewService::Stub::GetHistory, request);
  Listing<v1::GetHistoryResponse, v1::HistoryEvent> listing;
  listing.limit = arguments.limit;
  listing.fetch = [&](uint32_t page_size, const std::string& page_token) {
    absl::StatusOr<v1::GetHistoryResponse> page = fetch(page_size, page_token);
    if (page.ok() && !arguments.proof_file.empty()) proved.Add(*page);
    return page;
  };
  listing.items = [](v1::GetHistoryResponse& response) { return response.mutable_events(); };
  listing.format_table = FormatHistory;
  if (absl::Status printed = PrintListing(listing, options.format); !printed.ok()) return printed;
  if (arguments.proof_file.empty()) return absl::OkStatus();
  return WriteDossier(connection, *watch, proved.ids(), arguments.proof_file);
}

}  // namespace

void AddHistoryCommand(Program& program) {
  const auto history = std::make_shared<HistoryArguments>();
  CLI::App& command = AddCommand(
      program, program.app, "history",
      "Everything that ever happened to an id, an entity, a source, a principal or a key, and what it changed",
      "  sworn history 3f9a1c\n"
      "  sworn history \"European Pravda\"\n"
      "  sworn history principal:alice\n"
      "  sworn history 3f9a1c --proof history.tlog-proof",
      [&program, history] { return History(program.options, *history); });
  command
      .add_option("ID", history->id,
                  "Any id; an entity, source or principal also by name; principal:NAME or key:ID where that is "
                  "ambiguous")
      ->required()
      ->type_name("");
  command.add_option("--as-of", history->as_of, "As the record stood then: a position, a day or a time (UTC)")
      ->type_name("P|TIME");
  command.add_option("--limit", history->limit, "At most so many; 0 for all")->type_name("N")->capture_default_str();
  command
      .add_option("--proof", history->proof_file,
                  "Also write a proof file of every portion of what is listed, to be checked without a server")
      ->type_name("FILE");
}

}  // namespace sworn::cli
