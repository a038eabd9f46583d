// retract, undo, supersede, dispute, confirm, grade, same, independent: what somebody decides about what is recorded.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/match.h"
#include "cli/append.h"
#include "cli/commands.h"
#include "cli/connection.h"
#include "cli/judgement_preview.h"
#include "cli/table.h"
#include "ledger/crypto/hash.h"
#include "ledger/model/marking.h"
#include "ledger/model/text.h"
#include "ledger/model/vocabulary.h"

namespace sworn::cli {
namespace {

constexpr size_t kIdDigits = 2 * sizeof(crypto::Hash);

struct JudgementArguments {
  v1::Judgement::Kind kind = v1::Judgement::KIND_UNSPECIFIED;
  std::vector<std::string> targets;
  std::string replacement;
  std::string grade;
  std::string reason;
  std::string marking;
  std::string lens;
  bool dry_run = false;
  bool again = false;
};

// What a judgement is about, as recorded.
struct Target {
  v1::Reference reference;
  v1::Marking marking;  // without a level where the portion is not here
  std::string label;
};

absl::StatusOr<v1::GetRecordResponse> FindRecord(Connection& connection, const std::string& id) {
  v1::GetRecordRequest request;
  request.set_id(id);
  return connection.Call(connection.ledger(), &v1::LedgerService::Stub::GetRecord, request);
}

std::string LabelOf(const v1::Portion& portion) {
  if (portion.has_assertion()) return portion.assertion().statement();
  if (portion.has_source()) return portion.source().name();
  if (portion.has_entity()) return portion.entity().name();
  if (portion.has_judgement()) return v1::Judgement::Kind_Name(portion.judgement().kind());
  return "";
}

absl::StatusOr<Target> TargetOf(const v1::PortionRecord& record) {
  absl::StatusOr<std::string> id = crypto::FromHex(record.id());
  if (!id.ok()) return id.status();
  Target target;
  target.reference.set_portion_id(*std::move(id));
  target.marking = record.portion().marking();
  target.label = LabelOf(record.portion());
  return target;
}

// The portions that retracting `id` takes back: the portion itself, or all assertions of the report.
absl::StatusOr<std::vector<Target>> FindRetracted(Connection& connection, const std::string& id) {
  const absl::StatusOr<v1::GetRecordResponse> record = FindRecord(connection, id);
  if (!record.ok()) return record.status();
  const bool is_report = absl::StartsWithIgnoreCase(record->entry().report_id(), id);
  std::vector<Target> targets;
  for (const v1::PortionRecord& portion : record->portions()) {
    if (!portion.portion().has_assertion() && (is_report || !portion.portion().has_judgement())) continue;
    absl::StatusOr<Target> target = TargetOf(portion);
    if (!target.ok()) return target.status();
    targets.push_back(*std::move(target));
  }
  if (!targets.empty()) return targets;
  return absl::InvalidArgumentError(
      is_report ? model::Concat("report ", id, " holds no assertions to retract")
                : model::Concat(id, " is neither an assertion nor a judgement: only those can be retracted"));
}

// One portion by its id.
absl::StatusOr<Target> FindPortion(Connection& connection, const std::string& id) {
  const absl::StatusOr<v1::GetRecordResponse> record = FindRecord(connection, id);
  if (!record.ok()) return record.status();
  if (absl::StartsWithIgnoreCase(record->entry().report_id(), id)) {
    return absl::InvalidArgumentError(
        model::Concat(id, " is a report; name one of its portions (sworn show ", id, ")"));
  }
  return TargetOf(record->portions(0));
}

// An entity or a source: by name, external id, or id.
absl::StatusOr<Target> FindIdentity(Connection& connection, const std::string& text) {
  const absl::StatusOr<v1::AsOf> now = connection.UpToDate(v1::AsOf());
  if (!now.ok()) return now.status();
  v1::GetTraceRequest request;
  request.set_id(text);
  request.set_page_size(1);
  *request.mutable_as_of() = *now;
  const auto found = connection.Call(connection.views(), &v1::ViewService::Stub::GetTrace, request);
  if (!found.ok()) return found.status();
  if (found->nodes().empty()) return absl::InternalError(model::Concat("the ledger answered with nothing for ", text));
  const v1::TraceNode& node = found->nodes(0);
  if (node.id().size() == kIdDigits && crypto::FromHex(node.id()).ok()) return FindPortion(connection, node.id());
  Target target;
  target.reference.set_external_id(node.id());
  target.label = node.label();
  return target;
}

bool IsAboutIdentities(v1::Judgement::Kind kind) {
  return kind == v1::Judgement::SAME_ENTITY || kind == v1::Judgement::SAME_SOURCE || kind == v1::Judgement::INDEPENDENT;
}

absl::StatusOr<std::vector<Target>> FindTargets(Connection& connection, const JudgementArguments& arguments) {
  if (arguments.kind == v1::Judgement::RETRACT) return FindRetracted(connection, arguments.targets.front());
  std::vector<Target> targets;
  for (const std::string& text : arguments.targets) {
    absl::StatusOr<Target> target =
        IsAboutIdentities(arguments.kind) ? FindIdentity(connection, text) : FindPortion(connection, text);
    // A source may be graded by name, an assertion only by id.
    if (!target.ok() && arguments.kind == v1::Judgement::GRADE) target = FindIdentity(connection, text);
    if (!target.ok()) return target.status();
    targets.push_back(*std::move(target));
  }
  return targets;
}

// As restrictive as everything it is about.
absl::StatusOr<v1::Marking> MarkingOf(const JudgementArguments& arguments, const std::vector<Target>& targets) {
  if (!arguments.marking.empty()) return model::ParseMarking(arguments.marking);
  std::vector<v1::Marking> markings;
  for (const Target& target : targets) {
    if (target.marking.level() != v1::Marking::LEVEL_UNSPECIFIED) markings.push_back(target.marking);
  }
  if (!markings.empty()) return model::RollUp(markings);
  return absl::InvalidArgumentError("nothing says how this is to be marked: give --marking, as '(U)'");
}

absl::StatusOr<v1::Portion> BuildJudgement(Connection& connection, const JudgementArguments& arguments,
                                           const std::vector<Target>& targets) {
  v1::Portion portion;
  v1::Judgement& judgement = *portion.mutable_judgement();
  judgement.set_kind(arguments.kind);
  judgement.set_reason(arguments.reason);
  for (const Target& target : targets) *judgement.add_targets() = target.reference;
  if (!arguments.replacement.empty()) {
    const absl::StatusOr<Target> replacement = FindPortion(connection, arguments.replacement);
    if (!replacement.ok()) return replacement.status();
    *judgement.mutable_replacement() = replacement->reference;
  }
  if (!arguments.grade.empty()) {
    const absl::StatusOr<v1::Grade> grade = model::ParseGrade(arguments.grade);
    if (!grade.ok()) return absl::InvalidArgumentError(grade.status().message());
    *judgement.mutable_grade() = *grade;
  }
  const absl::StatusOr<v1::Marking> marking = MarkingOf(arguments, targets);
  if (!marking.ok()) return marking.status();
  *portion.mutable_marking() = *marking;
  return portion;
}

absl::Status Preview(Connection& connection, const JudgementArguments& arguments, const v1::Judgement& judgement,
                     Format format) {
  v1::PreviewJudgementRequest request;
  *request.mutable_judgement() = judgement;
  request.set_lens(arguments.lens);
  const auto preview = connection.Call(connection.views(), &v1::ViewService::Stub::PreviewJudgement, request);
  if (!preview.ok()) return preview.status();
  Tell("this is what it would change; nothing was signed or sent");
  return format == Format::kTable ? PrintText(FormatPreview(*preview)) : PrintJson(*preview, format);
}

absl::Status Judge(const GlobalOptions& options, const JudgementArguments& arguments) {
  const absl::StatusOr<std::unique_ptr<Connection>> connection = Connection::Open(options);
  if (!connection.ok()) return connection.status();
  const absl::StatusOr<std::vector<Target>> targets = FindTargets(**connection, arguments);
  if (!targets.ok()) return targets.status();
  const absl::StatusOr<v1::Portion> judgement = BuildJudgement(**connection, arguments, *targets);
  if (!judgement.ok()) return judgement.status();
  if (arguments.dry_run) return Preview(**connection, arguments, judgement->judgement(), options.format);
  const absl::StatusOr<Appender> appender = Appender::Open(options, **connection);
  if (!appender.ok()) return appender.status();
  const std::string request_id = DeriveRequestId("sworn judgement", judgement->SerializeAsString(), appender->author());
  const absl::StatusOr<v1::AppendReportResponse> response =
      appender->Append({*judgement}, request_id, arguments.again ? Repeat::kAgain : Repeat::kOnce);
  if (!response.ok()) return response.status();
  for (const Target& target : *targets) {
    Tell(model::Concat(v1::Judgement::Kind_Name(arguments.kind), "  ", Printable(target.label)));
  }
  return PrintAppended(*response, 1, options.format);
}

// One command for one kind of judgement, with the options all of them take.
CLI::App& AddJudgement(Program& program, CLI::App& parent, v1::Judgement::Kind kind, const std::string& name,
                       const std::string& purpose, const std::string& examples,
                       std::shared_ptr<JudgementArguments>& arguments) {
  arguments = std::make_shared<JudgementArguments>();
  arguments->kind = kind;
  CLI::App& command = AddCommand(program, parent, name, purpose, examples,
                                 [&program, arguments] { return Judge(program.options, *arguments); });
  command.add_option("--reason", arguments->reason, "Why; it is signed and stays in the record")
      ->required(kind == v1::Judgement::RETRACT)
      ->type_name("TEXT");
  command.add_option("--marking", arguments->marking, "Its marking; else that of all it is about")
      ->type_name("MARKING");
  command.add_flag("--dry-run", arguments->dry_run, "Show what it would change; sign and send nothing");
  command.add_option("--lens", arguments->lens, "Lens to show changes of support through")
      ->type_name("NAME")
      ->needs("--dry-run");
  command.add_flag("--again", arguments->again, "Record it anew, although the same was recorded before");
  return command;
}

void AddTargets(CLI::App& command, JudgementArguments& arguments, const std::string& name, int at_least, int at_most,
                const std::string& purpose) {
  command.add_option(name, arguments.targets, purpose)->required()->expected(at_least, at_most)->type_name("");
}

void AddTakingBack(Program& program) {
  std::shared_ptr<JudgementArguments> arguments;
  CLI::App& retract = AddJudgement(program, program.app, v1::Judgement::RETRACT, "retract",
                                   "No longer stand by an assertion, a judgement or a whole report",
                                   "  sworn retract 3f9a1c --reason \"the officials corrected themselves\"\n"
                                   "  sworn retract 3f9a1c --reason test --dry-run",
                                   arguments);
  AddTargets(retract, *arguments, "ID", 1, 1, "Assertion, judgement or report");
  CLI::App& undo =
      AddJudgement(program, program.app, v1::Judgement::RETRACT, "undo", "Take a judgement back, as if it never was",
                   "  sworn undo 77b0e2 --reason \"they are two people after all\"", arguments);
  AddTargets(undo, *arguments, "ID", 1, 1, "The judgement");
  CLI::App& supersede = AddJudgement(
      program, program.app, v1::Judgement::SUPERSEDE, "supersede", "Put another assertion in the place of one's own",
      "  sworn report corrected.yaml\n  sworn supersede 3f9a1c --by c01d5a --reason \"70 %, not 90 %\"", arguments);
  AddTargets(supersede, *arguments, "ID", 1, 1, "What no longer stands");
  supersede.add_option("--by", arguments->replacement, "What takes its place")->required()->type_name("ID");
}

void AddAssessments(Program& program) {
  std::shared_ptr<JudgementArguments> arguments;
  CLI::App& dispute = AddJudgement(program, program.app, v1::Judgement::DISPUTE, "dispute",
                                   "Say that an assertion is doubted; it goes on counting",
                                   "  sworn dispute 3f9a1c --reason \"customs data say otherwise\"", arguments);
  AddTargets(dispute, *arguments, "ID", 1, CLI::detail::expected_max_vector_size, "Assertions");
  CLI::App& confirm =
      AddJudgement(program, program.app, v1::Judgement::CONFIRM, "confirm", "Say that an assertion was found to hold",
                   "  sworn confirm 3f9a1c --reason \"seen in the customs data\"", arguments);
  AddTargets(confirm, *arguments, "ID", 1, CLI::detail::expected_max_vector_size, "Assertions");
  CLI::App& grade =
      AddJudgement(program, program.app, v1::Judgement::GRADE, "grade", "Give sources or assertions an Admiralty grade",
                   "  sworn grade Reuters B --reason \"ten years of record\"\n  sworn grade 3f9a1c B2", arguments);
  grade
      .add_option_function<std::string>(
          "TARGET", [arguments](const std::string& target) { arguments->targets = {target}; },
          "A source (name, external id, id) or an assertion (id)")
      ->required()
      ->type_name("");
  grade.add_option("GRADE", arguments->grade, "Reliability A to F, credibility 1 to 6, or both: B2")
      ->required()
      ->type_name("");
}

void AddIdentities(Program& program) {
  std::shared_ptr<JudgementArguments> arguments;
  CLI::App& same = AddGroup(program.app, "same", "Say that two entities, sources or claims are one");
  CLI::App& entity = AddJudgement(program, same, v1::Judgement::SAME_ENTITY, "entity", "These entities are one",
                                  "  sworn same entity \"PRC\" China --reason \"two names\"", arguments);
  AddTargets(entity, *arguments, "ENTITY", 2, CLI::detail::expected_max_vector_size, "Names, external ids or ids");
  CLI::App& source = AddJudgement(program, same, v1::Judgement::SAME_SOURCE, "source", "These sources are one",
                                  "  sworn same source \"Daily\" domain:daily.example", arguments);
  AddTargets(source, *arguments, "SOURCE", 2, CLI::detail::expected_max_vector_size, "Names, external ids or ids");
  CLI::App& claim = AddJudgement(program, same, v1::Judgement::SAME_CLAIM, "claim", "These assertions say the same",
                                 "  sworn same claim 3f9a1c c01d5a", arguments);
  AddTargets(claim, *arguments, "ID", 2, CLI::detail::expected_max_vector_size, "Assertions");
  CLI::App& independent = AddJudgement(program, program.app, v1::Judgement::INDEPENDENT, "independent",
                                       "Attest that two origins are distinct",
                                       "  sworn independent \"two US officials\" \"a diplomat\"", arguments);
  AddTargets(independent, *arguments, "SOURCE", 2, 2, "Names, external ids or ids");
}

}  // namespace

void AddJudgementCommands(Program& program) {
  AddTakingBack(program);
  AddAssessments(program);
  AddIdentities(program);
}

}  // namespace sworn::cli
