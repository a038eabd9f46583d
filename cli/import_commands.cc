// import stix: a STIX 2.1 bundle into signed reports.
#include <cstdint>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/time/clock.h"
#include "cli/append.h"
#include "cli/append_queue.h"
#include "cli/commands.h"
#include "cli/connection.h"
#include "cli/table.h"
#include "ledger/interop/stix_import.h"
#include "ledger/model/marking.h"
#include "ledger/model/text.h"
#include "nlohmann/json.hpp"

namespace sworn::cli {
namespace {

constexpr absl::Duration kTerminalProgressPause = absl::Milliseconds(200);
constexpr absl::Duration kPlainProgressPause = absl::Seconds(5);
constexpr absl::Duration kViewPollPause = absl::Milliseconds(20);

struct ImportArguments {
  std::string file;
  std::string marking = "U";
};

// Says on standard error how far an import is.
class ImportProgress {
 public:
  ImportProgress() : on_terminal_(StandardErrorIsTerminal()), last_(absl::Now()) {}
  ~ImportProgress() { Clear(); }
  ImportProgress(const ImportProgress&) = delete;
  ImportProgress& operator=(const ImportProgress&) = delete;

  void Show(uint64_t bytes, uint64_t total_bytes, const interop::StixImportCounts& counts) {
    const absl::Time now = absl::Now();
    if (now - last_ < (on_terminal_ ? kTerminalProgressPause : kPlainProgressPause)) return;
    last_ = now;
    const uint64_t percent = total_bytes == 0 ? 100 : bytes * 100 / total_bytes;
    const std::string line = model::Concat("importing: ", percent, " % read, ", counts.objects, " objects, ",
                                           counts.assertions, " assertions, ", counts.entities, " entities");
    if (!on_terminal_) return Tell(line);
    std::cerr << "\r\x1b[K" << line << std::flush;
    shown_ = true;
  }

  void Clear() {
    if (shown_) std::cerr << "\r\x1b[K" << std::flush;
    shown_ = false;
  }

 private:
  bool on_terminal_;
  bool shown_ = false;
  absl::Time last_;
};

// Waits until every view shows `position`.
absl::Status WaitForViews(Connection& connection, uint64_t position, absl::Duration timeout) {
  const absl::Time give_up = absl::Now() + timeout;
  while (true) {
    const auto response =
        connection.Call(connection.views(), &v1::ViewService::Stub::ListViews, v1::ListViewsRequest());
    if (!response.ok()) return response.status();
    bool all_there = true;
    for (const v1::ViewStatus& view : response->views()) {
      if (view.state() == v1::ViewStatus::FAILED) {
        return absl::InternalError(
            model::Concat("everything is recorded, but the view ", view.name(), " failed: ", view.last_error()));
      }
      all_there = all_there && view.next_position() > position;
    }
    if (all_there) return absl::OkStatus();
    if (absl::Now() > give_up) {
      return absl::DeadlineExceededError(
          "everything is recorded, but the views have not caught up yet; "
          "see sworn views status");
    }
    absl::SleepFor(kViewPollPause);
  }
}

// Asks the ledger what it holds, after everything submitted so far is recorded.
absl::StatusOr<std::vector<v1::KnownExternalId>> LookUp(Connection& connection, AppendQueue& queue,
                                                        const std::vector<std::string>& external_ids) {
  const absl::StatusOr<AppendQueue::Recorded> recorded = queue.Drain();
  if (!recorded.ok()) return recorded.status();
  v1::LookUpExternalIdsRequest request;
  request.mutable_external_ids()->Assign(external_ids.begin(), external_ids.end());
  if (recorded->last_position.has_value()) {
    request.mutable_as_of()->set_at_least_position(*recorded->last_position);
  } else {
    absl::StatusOr<v1::AsOf> as_of = connection.UpToDate(v1::AsOf());
    if (!as_of.ok()) return as_of.status();
    *request.mutable_as_of() = *std::move(as_of);
  }
  const auto response = connection.Call(connection.views(), &v1::ViewService::Stub::LookUpExternalIds, request);
  if (!response.ok()) return response.status();
  return std::vector<v1::KnownExternalId>(response->known().begin(), response->known().end());
}

std::string FormatImport(const interop::StixImportCounts& counts, const AppendQueue::Recorded& recorded) {
  std::string text = model::Concat("objects read       ", counts.objects, "\nassertions         ", counts.assertions,
                                   "\ncitations          ", counts.citations, "\nentities           ", counts.entities,
                                   "\nsources            ", counts.sources, "\nretractions        ", counts.retractions,
                                   "\nnewer versions     ", counts.superseded, "\nalready recorded   ",
                                   counts.unchanged, "\nreports recorded   ", recorded.reports, "\n");
  if (recorded.last_position.has_value()) {
    text += model::Concat("last position      ", *recorded.last_position, "\n");
  }
  Table skipped(
      {{"skipped", Column::Align::kRight}, {"why"}, {"for example", Column::Align::kLeft, Column::Fit::kCut}});
  for (const auto& [reason, count] : counts.skipped) {
    const auto example = counts.skipped_example.find(reason);
    skipped.AddRow({model::Concat(count), reason, example == counts.skipped_example.end() ? "" : example->second});
  }
  if (skipped.empty()) return text + "nothing was skipped\n";
  return model::Concat(text, "\n", skipped.Format(StandardOutput().columns));
}

nlohmann::ordered_json ImportAsJson(const interop::StixImportCounts& counts, const AppendQueue::Recorded& recorded) {
  nlohmann::ordered_json json = {{"objects", counts.objects},
                                 {"assertions", counts.assertions},
                                 {"citations", counts.citations},
                                 {"entities", counts.entities},
                                 {"sources", counts.sources},
                                 {"retractions", counts.retractions},
                                 {"superseded", counts.superseded},
                                 {"unchanged", counts.unchanged},
                                 {"reports", recorded.reports},
                                 {"last_position", nullptr},
                                 {"skipped", nlohmann::ordered_json::array()}};
  if (recorded.last_position.has_value()) json["last_position"] = *recorded.last_position;
  for (const auto& [reason, count] : counts.skipped) {
    const auto example = counts.skipped_example.find(reason);
    json["skipped"].push_back({{"reason", reason},
                               {"count", count},
                               {"example", example == counts.skipped_example.end() ? "" : example->second}});
  }
  return json;
}

absl::Status ImportStix(const GlobalOptions& options, const ImportArguments& arguments) {
  interop::StixImportOptions import_options;
  const absl::StatusOr<v1::Marking> marking = model::ParseMarking(arguments.marking);
  if (!marking.ok()) return marking.status();
  import_options.default_marking = *marking;
  const absl::StatusOr<std::unique_ptr<Connection>> opened = Connection::Open(options);
  if (!opened.ok()) return opened.status();
  Connection& connection = **opened;
  const absl::StatusOr<Appender> appender = Appender::Open(options, connection);
  if (!appender.ok()) return appender.status();
  AppendQueue queue(*appender, "sworn import stix");
  ImportProgress progress;
  const absl::StatusOr<interop::StixImportCounts> counts = interop::ImportStix(
      arguments.file, import_options,
      [&](const std::vector<std::string>& external_ids) { return LookUp(connection, queue, external_ids); },
      [&queue](std::vector<v1::Portion> portions) { return queue.Submit(std::move(portions)); },
      [&progress](uint64_t bytes, uint64_t total, const interop::StixImportCounts& so_far) {
        progress.Show(bytes, total, so_far);
      });
  const absl::StatusOr<AppendQueue::Recorded> recorded = queue.Drain();
  progress.Clear();
  if (!counts.ok()) return counts.status();
  if (!recorded.ok()) return recorded.status();
  if (recorded->last_position.has_value()) {
    absl::Status shown = WaitForViews(connection, *recorded->last_position, options.append_timeout());
    if (!shown.ok()) return shown;
  }
  if (options.format == Format::kTable) return PrintRaw(FormatImport(*counts, *recorded));
  return PrintJson(ImportAsJson(*counts, *recorded), options.format);
}

}  // namespace

void AddImportCommands(Program& program) {
  CLI::App& group = AddGroup(program.app, "import", "Sign and record what others publish, attributed to them");
  const auto arguments = std::make_shared<ImportArguments>();
  CLI::App& command =
      AddCommand(program, group, "stix", "Import a STIX 2.1 bundle (.json or .json.gz); a repeat adds nothing",
                 "  sworn import stix enterprise-attack.json.gz",
                 [&program, arguments] { return ImportStix(program.options, *arguments); });
  command.add_option("FILE", arguments->file, "The bundle")->required()->type_name("");
  command.add_option("--marking", arguments->marking, "For objects whose own markings state no level")
      ->type_name("MARKING")
      ->capture_default_str();
}

}  // namespace sworn::cli
