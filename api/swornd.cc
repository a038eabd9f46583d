// The daemon: serves one ledger over gRPC, and its tiles over HTTP, until SIGTERM or SIGINT.
#include <CLI/CLI.hpp>
#include <iostream>
#include <string>

#include "absl/status/status.h"
#include "api/serve.h"
#include "ledger/crypto/token.h"

namespace {

constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;

}  // namespace

int main(int argc, char** argv) {
  sworn::api::ServerOptions options;
  options.ledger_socket = sworn::api::ServerOptions::LedgerSocket::kListen;
  CLI::App app{"Serves a Sworn ledger over gRPC.", "swornd"};
  app.add_option("--ledger", options.ledger_directory, "Directory of the ledger")->required()->type_name("DIR");
  app.add_option(
         "--listen", options.listen_address,
         "Where to listen beside the ledger's own socket: 127.0.0.1:PORT, [::1]:PORT, localhost:PORT or unix:/PATH")
      ->type_name("ADDR");
  CLI::Option* http = app.add_option("--http", options.http_listen_address,
                                     "Where to serve the log's tiles over HTTP: 127.0.0.1:PORT or [::1]:PORT")
                          ->type_name("ADDR");
  app.add_option("--http-clearance", options.http_clearance, "What all readers over HTTP may read")
      ->type_name("MARKING")
      ->capture_default_str()
      ->needs(http);
  std::string pin_file;
  app.add_option("--pin-file", pin_file,
                 "File (0600) whose first line is the PIN of the token that keeps the ledger's signing key")
      ->type_name("FILE")
      ->envname("SWORN_PIN_FILE");
  app.set_version_flag("--version", "swornd " SWORN_VERSION);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : kExitUsage;
  }
  if (!pin_file.empty()) options.ledger_key_pin = sworn::crypto::PinFromFile(pin_file);
  if (const absl::Status served = sworn::api::Serve(options); !served.ok()) {
    std::cerr << "swornd: " << served.message() << '\n';
    return absl::IsInvalidArgument(served) ? kExitUsage : kExitFailed;
  }
  return 0;
}
