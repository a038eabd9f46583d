// init, serve, version: the ledger as a whole.
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "CLI/CLI.hpp"
#include "api/create_ledger.h"
#include "api/serve.h"
#include "cli/commands.h"
#include "cli/connection.h"
#include "cli/signing.h"
#include "ledger/crypto/key_file.h"
#include "ledger/crypto/ml_dsa.h"
#include "ledger/log/ledger_directory.h"
#include "ledger/model/refusal.h"
#include "ledger/model/text.h"

namespace sworn::cli {
namespace {

struct InitArguments {
  std::string directory;
  std::string origin;
  std::string author;
  std::string ledger_key;
  bool encrypt = false;
};

struct ServeArguments {
  std::string listen_address;
  std::string http_listen_address;
  std::string http_clearance = api::ServerOptions().http_clearance;
};

std::string DefaultAuthorName() {
  const char* user = std::getenv("USER");
  return user == nullptr || *user == '\0' ? "author" : user;
}

absl::Status DescribeNewLedger(const InitArguments& arguments, const std::string& key_path,
                               const crypto::PublicKey& author, Format format) {
  const absl::StatusOr<log::LedgerDirectory> ledger = log::LedgerDirectory::Open(arguments.directory);
  if (!ledger.ok()) return ledger.status();
  if (format != Format::kTable) {
    v1::GetLedgerResponse response;
    response.set_origin(ledger->origin());
    response.set_verifier_key(ledger->verifier_key().ToString());
    response.set_size(1);
    response.set_software_version(SWORN_VERSION);
    return PrintJson(response, format);
  }
  Tell(model::Concat("next: export SWORN_LEDGER=", arguments.directory, "; sworn report FILE.yaml"));
  return PrintRaw(model::Concat("ledger        ", arguments.directory, "\norigin        ", ledger->origin(),
                                "\nverifier key  ", ledger->verifier_key().ToString(), "\nauthor        ",
                                arguments.author, "\nauthor key    ", crypto::ToHex(author.key_id()), " (", key_path,
                                ")\n"));
}

// The author's key: the one given with --key, else a new one.
absl::StatusOr<crypto::PrivateKey> AuthorKey(const GlobalOptions& options) {
  if (!options.key_file.empty()) return ReadKey(options.key_file, options);
  return crypto::PrivateKey::Generate(v1::Signature::ED25519);
}

absl::Status Init(const GlobalOptions& options, const InitArguments& arguments) {
  if (!arguments.ledger_key.empty() && !crypto::IsTokenUri(arguments.ledger_key)) {
    return absl::InvalidArgumentError("--ledger-key takes a pkcs11: URI; without it a key file is made");
  }
  const bool makes_key = options.key_file.empty();
  absl::StatusOr<crypto::Secret> passphrase = crypto::Secret();
  if (makes_key) {
    passphrase = NewPassphrase(options, arguments.encrypt ? Encrypt::kAlways : Encrypt::kOnlyWithPassphraseFile);
  }
  if (!passphrase.ok()) return passphrase.status();
  const absl::StatusOr<crypto::PrivateKey> key = AuthorKey(options);
  if (!key.ok()) return key.status();
  absl::Status status = api::CreateLedger(arguments.directory, arguments.origin, arguments.author, *key,
                                          {.token_uri = arguments.ledger_key, .pin = PinOf(options)});
  if (absl::IsInvalidArgument(status)) return model::WithContext(status, "--origin, --author or --ledger-key");
  if (!status.ok()) return status;
  const std::string key_path = makes_key ? arguments.directory + "/keys/author.pem" : options.key_file;
  if (makes_key) status = crypto::WriteKeyFile(*key, key_path, *passphrase);
  if (!status.ok()) {
    return {status.code(),
            model::Concat("the author's key was not written (", status.message(), "), so nobody can sign here: remove ",
                          arguments.directory, " and run init again")};
  }
  return DescribeNewLedger(arguments, key_path, key->public_key(), options.format);
}

absl::Status Serve(const GlobalOptions& options, const ServeArguments& arguments) {
  if (options.ledger.empty()) return absl::InvalidArgumentError("which ledger? Give --ledger DIR or set SWORN_LEDGER");
  api::ServerOptions server_options;
  server_options.ledger_directory = options.ledger;
  server_options.listen_address = arguments.listen_address;
  server_options.http_listen_address = arguments.http_listen_address;
  server_options.http_clearance = arguments.http_clearance;
  server_options.ledger_socket = api::ServerOptions::LedgerSocket::kListen;
  server_options.ledger_key_pin = PinOf(options);
  return api::Serve(server_options);
}

// With what decides which signatures can be checked here.
absl::Status PrintVersion() {
  return PrintRaw(model::Concat("sworn " SWORN_VERSION "\n", crypto::OpensslVersion(), ", ",
                                crypto::HasMlDsa44() ? "with" : "without", " ML-DSA-44\n"));
}

void AddInit(Program& program) {
  const auto init = std::make_shared<InitArguments>();
  init->author = DefaultAuthorName();
  CLI::App& command =
      AddCommand(program, program.app, "init", "Make a new ledger with its signing key and its first author",
                 "  sworn init ledger --origin example.org/ledger\n"
                 "  sworn init ledger --origin example.org/ledger --author alice --key alice.pem\n"
                 "  sworn init ledger --origin example.org/ledger --ledger-key 'pkcs11:token=ledger;object=log'",
                 [&program, init] { return Init(program.options, *init); });
  command.add_option("DIR", init->directory, "Where to make it; must not exist, or be empty")
      ->required()
      ->type_name("");
  command.add_option("--origin", init->origin, "The ledger's name in its checkpoints: a host and path you own")
      ->required()
      ->type_name("NAME");
  command.add_option("--author", init->author, "Name of the first author")->type_name("NAME")->capture_default_str();
  command
      .add_option("--ledger-key", init->ledger_key,
                  "pkcs11: URI of an Ed25519 key in a token, which signs the checkpoints instead of a key file")
      ->type_name("URI");
  command.add_flag("--encrypt", init->encrypt, "Ask for a passphrase for the author's new key");
}

void AddServe(Program& program) {
  const auto serve = std::make_shared<ServeArguments>();
  CLI::App& command = AddCommand(program, program.app, "serve", "Serve a ledger until stopped",
                                 "  sworn serve --ledger ledger --listen 127.0.0.1:7400\n"
                                 "  sworn serve --ledger ledger --listen unix:/run/sworn.sock\n"
                                 "  sworn serve --ledger ledger --http 127.0.0.1:7480",
                                 [&program, serve] { return Serve(program.options, *serve); });
  command
      .add_option("--listen", serve->listen_address, "Loopback address or unix socket; DIR/sworn.sock is always served")
      ->type_name("ADDR");
  CLI::Option* http = command
                          .add_option("--http", serve->http_listen_address,
                                      "Loopback address to serve the log's checkpoint, tiles and entry bundles on")
                          ->type_name("ADDR");
  command.add_option("--http-clearance", serve->http_clearance, "What all readers over HTTP may read")
      ->type_name("MARKING")
      ->capture_default_str()
      ->needs(http);
}

}  // namespace

void AddLedgerCommands(Program& program) {
  AddInit(program);

  AddServe(program);

  AddCommand(program, program.app, "version", "Print the version of this program and of its OpenSSL", "",
             [] { return PrintVersion(); });
}

}  // namespace sworn::cli
