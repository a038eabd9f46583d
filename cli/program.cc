#include "cli/program.h"

#include <algorithm>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/text.h"
#include "ledger/model/text.h"
#include "ledger/model/vocabulary.h"

namespace sworn::cli {
namespace {

constexpr const char* kExamples =
    "Start here:\n"
    "  sworn init ledger --origin example.org/ledger\n"
    "  export SWORN_LEDGER=ledger\n"
    "  sworn report notes.yaml\n"
    "  sworn support --from China --to Russia\n"
    "  sworn trace 3f9a1c\n"
    "  sworn COMMAND --help\n"
    "\n"
    "Ids are hex; any unique prefix of 6 digits or more will do.\n"
    "Exit codes: 0 ok, 1 failed, 2 usage, 3 not found, 4 refused, 5 conflict,\n"
    "  6 verification failed, 7 unreachable, 8 outcome unknown (run the same command again).";

void AddCommands(Program& program) {
  AddLedgerCommands(program);
  AddLogCommand(program);
  AddCheckpointCommand(program);
  AddKeyCommands(program);
  AddReportCommands(program);
  AddJudgementCommands(program);
  AddImportCommands(program);
  AddSupportCommand(program);
  AddLensCommands(program);
  AddListingCommands(program);
  AddSourceCommand(program);
  AddSearchCommand(program);
  AddShowCommand(program);
  AddHistoryCommand(program);
  AddProvenanceCommands(program);
  AddProofCommands(program);
  AddExportCommands(program);
  AddAuditCommand(program);
  AddMaintenanceCommands(program);
  AddFsckCommand(program);
  AddViewsCommands(program);
  AddWatchCommand(program);
  AddCompletionsCommand(program);
}

int Finish(const absl::Status& status) {
  if (!status.ok()) Tell(model::Concat("sworn: ", status.message()));
  return static_cast<int>(ExitCodeOf(status));
}

// "sworn key" for the command "key", and so on.
std::string FullName(const CLI::App& command) {
  if (command.get_parent() == nullptr) return command.get_name();
  return model::Concat(FullName(*command.get_parent()), " ", command.get_name());
}

// The command that `typed` begins or resembles; empty where there is none, or several that it begins.
std::string NearestCommand(const std::string& typed, const std::vector<const CLI::App*>& commands) {
  std::vector<std::string> names;
  std::vector<std::string> begun;
  for (const CLI::App* command : commands) {
    names.push_back(command->get_name());
    if (names.back().starts_with(typed)) begun.push_back(names.back());
  }
  if (begun.size() == 1) return begun.front();
  const std::vector<std::string_view> candidates(names.begin(), names.end());
  return std::string(model::NearestWord(typed, candidates));
}

// Words that no command took end up with the program itself.
std::string DescribeMissingCommand(const CLI::App& group, const std::vector<std::string>& typed) {
  if (typed.empty()) return "a command is required";
  const std::string nearest =
      NearestCommand(typed.front(), group.get_subcommands([](const CLI::App*) { return true; }));
  return model::Concat("there is no command '", FullName(group), " ", Printable(typed.front()), "'",
                       nearest.empty() ? "" : model::Concat("; did you mean '", nearest, "'?"));
}

// What is wrong with the command line.
std::string DescribeFault(const CLI::App* program, const CLI::Error& error) {
  const CLI::App* command = program;
  while (!command->get_subcommands().empty()) command = command->get_subcommands().front();
  const bool is_group = !command->get_subcommands([](const CLI::App*) { return true; }).empty();
  const bool lacks_command = is_group && error.get_exit_code() == static_cast<int>(CLI::ExitCodes::RequiredError);
  return model::Concat(
      "sworn: ", lacks_command ? DescribeMissingCommand(*command, program->remaining(true)) : error.what(), "\nSee ",
      FullName(*command), " --help.\n");
}

// What was parsed. Third-party exceptions end here.
int ParseAndRun(Program& program, int argument_count, const char* const* arguments) {
  try {
    program.app.parse(argument_count, arguments);
  } catch (const CLI::ParseError& error) {
    const bool asked_for_help = program.app.exit(error) == 0;
    return static_cast<int>(asked_for_help ? ExitCode::kOk : ExitCode::kUsage);
  }
  if (absl::Status status = ApplyEnvironment(program.options); !status.ok()) return Finish(status);
  return Finish(program.run());
}

}  // namespace

Program::Program()
    : app("Sworn: a signed, append-only ledger of who reported what, when, and on what evidence.", "sworn"),
      run([] { return absl::InvalidArgumentError("no command given; see sworn --help"); }) {
  app.fallthrough();
  app.require_subcommand(1);
  app.footer(kExamples);
  app.set_version_flag("--version", "sworn " SWORN_VERSION);
  app.get_formatter()->column_width(26);
  app.get_formatter()->label("SUBCOMMAND", "COMMAND");
  app.get_formatter()->label("Subcommands", "Commands");
  app.get_formatter()->label("REQUIRED", "(required)");
  app.failure_message(DescribeFault);
  AddGlobalOptions(app, options);
}

CLI::App& AddCommand(Program& program, CLI::App& parent, const std::string& name, const std::string& purpose,
                     const std::string& examples, std::function<absl::Status()> run) {
  CLI::App& command = *parent.add_subcommand(name, purpose);
  const std::string below = examples.empty() ? "" : model::Concat("Examples:\n", examples, "\n\n");
  command.footer(below + "Options of every command (--ledger, --server, --format, --key …): sworn --help");
  command.callback([&program, run = std::move(run)] { program.run = run; });
  return command;
}

CLI::App& AddGroup(CLI::App& parent, const std::string& name, const std::string& purpose) {
  CLI::App& group = *parent.add_subcommand(name, purpose);
  group.require_subcommand(1);
  return group;
}

int RunProgram(int argument_count, const char* const* arguments) {
  try {
    Program program;
    AddCommands(program);
    return ParseAndRun(program, argument_count, arguments);
  } catch (const std::exception& error) {
    return Finish(absl::InternalError(error.what()));
  }
}

}  // namespace sworn::cli
