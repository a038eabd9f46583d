#include "cli/options.h"

#include <cstdlib>
#include <map>

#include "CLI/CLI.hpp"

namespace sworn::cli {
namespace {

std::string FromEnvironment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

CLI::Option* AddFormatOption(CLI::App& app, Format& format) {
  static const std::map<std::string, Format> kFormats = {
      {"table", Format::kTable}, {"json", Format::kJson}, {"ndjson", Format::kNdjson}};
  return app
      .add_option_function<std::string>(
          "--format", [&format](const std::string& name) { format = kFormats.at(name); },
          "How answers are printed: table, json, or ndjson (one item a line)")
      ->check(CLI::IsMember(kFormats).description(""))
      ->type_name("table|json|ndjson");
}

void AddGlobalOptions(CLI::App& app, GlobalOptions& options) {
  constexpr const char* kGroup = "Options of every command, before or after it";
  app.add_option("--ledger", options.ledger, "Directory of an embedded ledger (or SWORN_LEDGER)")
      ->type_name("DIR")
      ->group(kGroup);
  app.add_option("--server", options.server,
                 "Address of a daemon: 127.0.0.1:7400 or unix:/path/sworn.sock (or SWORN_SERVER)")
      ->type_name("ADDR")
      ->group(kGroup);
  AddFormatOption(app, options.format)->group(kGroup);
  app.add_option("--key", options.key_file,
                 "Private key that signs: a file, or the pkcs11: URI of one in a token (or SWORN_KEY; else "
                 "DIR/keys/author.pem)")
      ->type_name("FILE|URI")
      ->group(kGroup);
  app.add_option("--passphrase-file", options.passphrase_file,
                 "File whose first line is the passphrase of the key; without it you are asked")
      ->type_name("FILE")
      ->group(kGroup);
  app.add_option("--pin-file", options.pin_file,
                 "File (0600) whose first line is the PIN of the token (or SWORN_PIN_FILE); without it you are asked")
      ->type_name("FILE")
      ->group(kGroup);
  app.add_option("--timeout", options.timeout_s, "How long to wait for each answer (30; for recording a report 60)")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.001, 86'400.0).description(""))
      ->group(kGroup);
}

absl::Status ApplyEnvironment(GlobalOptions& options) {
  if (options.key_file.empty()) options.key_file = FromEnvironment("SWORN_KEY");
  if (options.pin_file.empty()) options.pin_file = FromEnvironment("SWORN_PIN_FILE");
  if (options.ledger.empty() && options.server.empty()) {
    options.ledger = FromEnvironment("SWORN_LEDGER");
    options.server = FromEnvironment("SWORN_SERVER");
    if (!options.ledger.empty() && !options.server.empty()) {
      return absl::InvalidArgumentError(
          "both SWORN_LEDGER and SWORN_SERVER are set: say which one you mean with --ledger or --server");
    }
  }
  if (!options.ledger.empty() && !options.server.empty()) {
    return absl::InvalidArgumentError("--ledger and --server exclude each other: give one of them");
  }
  return absl::OkStatus();
}

}  // namespace sworn::cli
