// report: records a report written in YAML. retract: takes one back.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/match.h"
#include "cli/append.h"
#include "cli/commands.h"
#include "cli/connection.h"
#include "cli/files.h"
#include "cli/portion_text.h"
#include "cli/table.h"
#include "ledger/crypto/hash.h"
#include "ledger/interop/yaml_report.h"
#include "ledger/model/marking.h"
#include "ledger/model/refusal.h"
#include "ledger/model/text.h"

namespace sworn::cli {
namespace {

struct ReportArguments {
  std::string file;
  bool dry_run = false;
  bool again = false;
};

struct RetractArguments {
  std::string id;
  std::string reason;
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

// The portions that retracting `id` takes back: the portion itself, or all assertions of the report.
absl::StatusOr<std::vector<v1::PortionRecord>> FindTargets(Connection& connection, const std::string& id) {
  v1::GetRecordRequest request;
  request.set_id(id);
  const auto record = connection.Call(connection.ledger(), &v1::LedgerService::Stub::GetRecord, request);
  if (!record.ok()) return record.status();
  const bool is_report = absl::StartsWithIgnoreCase(record->entry().report_id(), id);
  std::vector<v1::PortionRecord> targets;
  for (const v1::PortionRecord& portion : record->portions()) {
    const bool is_assertion = portion.portion().has_assertion();
    if (is_assertion || (!is_report && portion.portion().has_judgement())) targets.push_back(portion);
  }
  if (!targets.empty()) return targets;
  return absl::InvalidArgumentError(
      is_report ? model::Concat("report ", id, " holds no assertions to retract")
                : model::Concat(id, " is neither an assertion nor a judgement: only those can be retracted"));
}

absl::StatusOr<v1::Portion> BuildRetraction(const std::vector<v1::PortionRecord>& targets, const std::string& reason) {
  v1::Portion portion;
  v1::Judgement& judgement = *portion.mutable_judgement();
  judgement.set_kind(v1::Judgement::RETRACT);
  judgement.set_reason(reason);
  std::vector<v1::Marking> markings;
  for (const v1::PortionRecord& target : targets) {
    absl::StatusOr<std::string> id = crypto::FromHex(target.id());
    if (!id.ok()) return id.status();
    judgement.add_targets()->set_portion_id(*std::move(id));
    markings.push_back(target.portion().marking());
  }
  *portion.mutable_marking() = model::RollUp(markings);
  return portion;
}

absl::Status Retract(const GlobalOptions& options, const RetractArguments& arguments) {
  const absl::StatusOr<std::unique_ptr<Connection>> connection = Connection::Open(options);
  if (!connection.ok()) return connection.status();
  const absl::StatusOr<std::vector<v1::PortionRecord>> targets = FindTargets(**connection, arguments.id);
  if (!targets.ok()) return targets.status();
  const absl::StatusOr<v1::Portion> retraction = BuildRetraction(*targets, arguments.reason);
  if (!retraction.ok()) return retraction.status();
  const absl::StatusOr<Appender> appender = Appender::Open(options, **connection);
  if (!appender.ok()) return appender.status();
  const std::string request_id = DeriveRequestId("sworn retract", retraction->SerializeAsString(), appender->author());
  const absl::StatusOr<v1::AppendReportResponse> response =
      appender->Append({*retraction}, request_id, arguments.again ? Repeat::kAgain : Repeat::kOnce);
  if (!response.ok()) return response.status();
  if (options.format == Format::kTable) {
    for (const v1::PortionRecord& target : *targets) {
      Tell(
          model::Concat("retracted ", ShortId(target.id()), "  ", Printable(target.portion().assertion().statement())));
    }
  }
  return PrintAppended(*response, 1, options.format);
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

  const auto retract = std::make_shared<RetractArguments>();
  CLI::App& retract_command =
      AddCommand(program, program.app, "retract", "No longer stand by an assertion, a judgement or a whole report",
                 "  sworn retract 3f9a1c --reason \"the officials corrected themselves\"",
                 [&program, retract] { return Retract(program.options, *retract); });
  retract_command.add_option("ID", retract->id, "Assertion, judgement or report")->required()->type_name("");
  retract_command.add_option("--reason", retract->reason, "Why; it is signed and stays in the record")
      ->required()
      ->type_name("TEXT");
  retract_command.add_flag("--again", retract->again, "Retract it anew, although the same was recorded before");
}

}  // namespace sworn::cli
