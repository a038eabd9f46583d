// report: records a report written in YAML.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "cli/append.h"
#include "cli/commands.h"
#include "cli/connection.h"
#include "cli/files.h"
#include "cli/portion_text.h"
#include "cli/table.h"
#include "ledger/crypto/hash.h"
#include "ledger/interop/yaml_report.h"
#include "ledger/model/refusal.h"
#include "ledger/model/text.h"

namespace sworn::cli {
namespace {

struct ReportArguments {
  std::string file;
  bool dry_run = false;
  bool again = false;
};

absl::StatusOr<std::vector<v1::Portion>> ParseNotes(const std::string& yaml, const std::string& file) {
  absl::StatusOr<interop::YamlReport> report = interop::ParseYamlReport(yaml, file == "-" ? "standard input" : file);
  if (report.ok()) return std::move(report->portions);
  if (model::ReasonOf(report.status()) != v1::Refusal::REASON_UNSPECIFIED) return report.status();
  return model::Refuse(v1::Refusal::MALFORMED, model::FromAbsl(report.status().message()));
}

absl::Status PrintDryRun(const std::vector<v1::Portion>& portions, Format format) {
  v1::GetRecordResponse response;
  for (const v1::Portion& portion : portions) {
    v1::PortionRecord& record = *response.add_portions();
    record.set_index(static_cast<uint32_t>(response.portions_size() - 1));
    *record.mutable_portion() = portion;
  }
  Tell("this would be signed; nothing was sent");
  if (format != Format::kTable) return PrintJson(response, format);
  const PortionNames names = NamesOf(response);
  std::string text;
  for (const v1::PortionRecord& record : response.portions()) text += model::Concat(FormatPortion(record, names), "\n");
  return PrintText(text);
}

// The assertions of a recorded report with their ids, which is what the next commands ask for.
absl::Status PrintAssertions(Connection& connection, const v1::Receipt& receipt) {
  constexpr int kShown = 20;
  v1::GetRecordRequest request;
  request.set_id(crypto::ToHex(receipt.report_id()));
  const auto record = connection.Call(connection.ledger(), &v1::LedgerService::Stub::GetRecord, request);
  if (!record.ok()) return record.status();
  Table table({{"assertion"}, {"category"}, {"statement", Column::Align::kLeft, Column::Fit::kCut}});
  int assertions = 0;
  for (const v1::PortionRecord& portion : record->portions()) {
    if (!portion.portion().has_assertion() || ++assertions > kShown) continue;
    const v1::Assertion& assertion = portion.portion().assertion();
    table.AddRow({ShortId(portion.id()), assertion.category(), assertion.statement()});
  }
  if (table.empty()) return absl::OkStatus();
  if (assertions > kShown)
    Tell(model::Concat("… and ", assertions - kShown, " more: sworn show ", ShortId(request.id())));
  return PrintRaw("\n" + table.Format(StandardOutput().columns));
}

absl::Status Report(const GlobalOptions& options, const ReportArguments& arguments) {
  const absl::StatusOr<std::string> yaml = ReadFile(arguments.file, interop::kMaxYamlBytes);
  if (!yaml.ok()) return yaml.status();
  const absl::StatusOr<std::vector<v1::Portion>> portions = ParseNotes(*yaml, arguments.file);
  if (!portions.ok()) return portions.status();
  if (arguments.dry_run) return PrintDryRun(*portions, options.format);
  const absl::StatusOr<std::unique_ptr<Connection>> connection = Connection::Open(options);
  if (!connection.ok()) return connection.status();
  const absl::StatusOr<Appender> appender = Appender::Open(options, **connection);
  if (!appender.ok()) return appender.status();
  const absl::StatusOr<v1::AppendReportResponse> response =
      appender->Append(*portions, DeriveRequestId("sworn report", *yaml, appender->author()),
                       arguments.again ? Repeat::kAgain : Repeat::kOnce);
  if (!response.ok()) return response.status();
  if (absl::Status status = PrintAppended(*response, portions->size(), options.format); !status.ok()) return status;
  return options.format == Format::kTable ? PrintAssertions(**connection, response->receipt()) : absl::OkStatus();
}

}  // namespace

void AddReportCommands(Program& program) {
  const auto report = std::make_shared<ReportArguments>();
  CLI::App& report_command =
      AddCommand(program, program.app, "report", "Sign and record a report written in YAML",
                 "  sworn report notes.yaml\n  sworn report --dry-run notes.yaml\n  sworn report - < notes.yaml",
                 [&program, report] { return Report(program.options, *report); });
  report_command.add_option("FILE", report->file, "The report; - for standard input")->required()->type_name("");
  report_command.add_flag("--dry-run", report->dry_run, "Print what would be signed; sign and send nothing");
  report_command.add_flag("--again", report->again, "Record it once more, although the same file was recorded before");
}

}  // namespace sworn::cli
