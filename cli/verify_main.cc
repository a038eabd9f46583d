// sworn-verify: `sworn verify` as a program of its own, small and statically linked, for an auditor to carry. It reads
// the files it is given and opens no sockets.
#include <cstdlib>
#include <exception>

#include "CLI/CLI.hpp"
#include "cli/exit_code.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/verify_command.h"
#include "ledger/model/text.h"

namespace sworn::cli {
namespace {

constexpr const char* kExamples =
    "Examples:\n"
    "  sworn-verify claim.tlog-proof --trust ledger.vkey\n"
    "  sworn-verify claim.tlog-proof --trust example.org/ledger+1a2b3c4d+AQ…\n"
    "  sworn-verify claim.tlog-proof --trust policy.txt --tsa-cert authority.pem\n"
    "\n"
    "Exit codes: 0 verified, 1 failed, 2 usage, 3 no such file, 6 verification failed.";

int Finish(const absl::Status& status) {
  if (!status.ok()) Tell(model::Concat("sworn-verify: ", status.message()));
  return static_cast<int>(ExitCodeOf(status));
}

int Run(int argument_count, const char* const* arguments) {
  CLI::App app("Checks a proof file of Sworn, offline.", "sworn-verify");
  app.footer(kExamples);
  app.set_version_flag("--version", "sworn-verify " SWORN_VERSION);
  VerifyArguments verify;
  AddVerifyOptions(app, verify);
  Format format = Format::kTable;
  AddFormatOption(app, format);
  try {
    app.parse(argument_count, arguments);
  } catch (const CLI::ParseError& error) {
    return static_cast<int>(app.exit(error) == 0 ? ExitCode::kOk : ExitCode::kUsage);
  }
  return Finish(Verify(format, verify));
}

}  // namespace
}  // namespace sworn::cli

int main(int argument_count, char** arguments) {
  // OpenSSL reads its configuration from disk unless it is told that there is none.
  setenv("OPENSSL_CONF", "", 1);
  try {
    return sworn::cli::Run(argument_count, arguments);
  } catch (const std::exception& error) {
    return sworn::cli::Finish(absl::InternalError(error.what()));
  }
}
