// prove, verify: a proof file for one portion or several, and its check without any server.
#include <memory>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "cli/checkpoint_watch.h"
#include "cli/commands.h"
#include "cli/connection.h"
#include "cli/dossier.h"
#include "cli/files.h"
#include "cli/text.h"
#include "cli/verify_command.h"
#include "ledger/model/limits.h"
#include "ledger/model/text.h"

namespace sworn::cli {
namespace {

struct ProveArguments {
  std::vector<std::string> ids;
  std::string output = "-";
};

// Writes the proof file of the answer, or prints it where no file was named; `summary` says what it proves.
template <typename Response>
absl::Status WriteProof(const Response& response, const std::string& summary, const std::string& output,
                        Format format) {
  if (output == "-") return format == Format::kTable ? PrintRaw(response.proof()) : PrintJson(response, format);
  absl::Status written = WriteFile(output, response.proof(), Access::kEveryone);
  if (!written.ok()) return written;
  if (format != Format::kTable) return PrintJson(response, format);
  Tell(model::Concat("check it anywhere: sworn verify ", output, " --trust VKEY (from sworn checkpoint --vkey)"));
  return PrintRaw(model::Concat(summary, "proof file  ", output, "\n"));
}

absl::Status ProvePortion(const GlobalOptions& options, const ProveArguments& arguments, Connection& connection,
                          const CheckpointWatch& watch) {
  v1::ProvePortionRequest request;
  request.set_id(arguments.ids.front());
  const auto response = connection.Call(connection.ledger(), &v1::LedgerService::Stub::ProvePortion, request);
  if (!response.ok()) return response.status();
  if (absl::Status checked = CheckProofFile(watch, response->proof()); !checked.ok()) return checked;
  const std::string summary =
      model::Concat("portion     ", response->portion_id(), "\nposition    ", response->position(), "\n");
  return WriteProof(*response, summary, arguments.output, options.format);
}

absl::Status ProveDossier(const GlobalOptions& options, const ProveArguments& arguments, Connection& connection,
                          const CheckpointWatch& watch) {
  const absl::StatusOr<v1::ProveDossierResponse> response = FetchDossier(connection, watch, arguments.ids);
  if (!response.ok()) return response.status();
  const auto count = static_cast<uint64_t>(response->portions_size());
  const std::string summary = model::Concat("dossier     ", Counted(count, "portion", "portions"), "\n");
  return WriteProof(*response, summary, arguments.output, options.format);
}

absl::Status Prove(const GlobalOptions& options, const ProveArguments& arguments) {
  const absl::StatusOr<std::unique_ptr<Connection>> connection = Connection::Open(options);
  if (!connection.ok()) return connection.status();
  const absl::StatusOr<CheckpointWatch> watch = CheckpointWatch::Begin(**connection);
  if (!watch.ok()) return watch.status();
  return arguments.ids.size() == 1 ? ProvePortion(options, arguments, **connection, *watch)
                                   : ProveDossier(options, arguments, **connection, *watch);
}

}  // namespace

void AddProofCommands(Program& program) {
  const auto prove = std::make_shared<ProveArguments>();
  CLI::App& prove_command = AddCommand(program, program.app, "prove",
                                       "Write a proof file for one portion or more, to be checked without a server",
                                       "  sworn prove 3f9a1c -o claim.tlog-proof\n"
                                       "  sworn prove 3f9a1c 77b0e2 c01d5a -o dossier.tlog-proof",
                                       [&program, prove] { return Prove(program.options, *prove); });
  prove_command.add_option("ID", prove->ids, "Portions: an assertion, a source …; up to 10,000 go into one file")
      ->required()
      ->expected(1, static_cast<int>(model::kMaxProvedPortions))
      ->type_name("");
  prove_command.add_option("-o,--output", prove->output, "Where to write it; - for standard output")
      ->type_name("FILE")
      ->capture_default_str();

  const auto verify = std::make_shared<VerifyArguments>();
  CLI::App& verify_command =
      AddCommand(program, program.app, "verify", "Check a proof file, offline: needs no server and opens no sockets",
                 "  sworn verify claim.tlog-proof --trust ledger.vkey\n"
                 "  sworn verify claim.tlog-proof --trust example.org/ledger+1a2b3c4d+AQ…\n"
                 "  sworn verify claim.tlog-proof --trust policy.txt --tsa-cert authority.pem",
                 [&program, verify] { return Verify(program.options.format, *verify); });
  AddVerifyOptions(verify_command, *verify);
}

}  // namespace sworn::cli
