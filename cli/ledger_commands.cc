// init, serve, log, version: the ledger as a whole.
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
#include "cli/listing.h"
#include "cli/signing.h"
#include "cli/table.h"
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

struct LogArguments {
  uint64_t from_position = 0;
  uint64_t limit = kDefaultLimit;
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

std::string FormatLog(const v1::ListEntriesResponse& response) {
  Table table({{"position", Column::Align::kRight},
               {"recorded at"},
               {"report"},
               {"author"},
               {"banner"},
               {"contents", Column::Align::kLeft, Column::Fit::kCut}});
  for (const v1::EntrySummary& entry : response.entries()) {
    table.AddRow({model::Concat(entry.position()), FormatTimestamp(entry.recorded_at()), ShortId(entry.report_id()),
                  entry.author(), entry.banner(), entry.contents()});
  }
  return table.Format(StandardOutput().columns);
}

absl::Status ListLog(const GlobalOptions& options, const LogArguments& arguments) {
  const absl::StatusOr<std::unique_ptr<Connection>> connection = Connection::Open(options);
  if (!connection.ok()) return connection.status();
  Listing<v1::ListEntriesResponse, v1::EntrySummary> listing;
  listing.limit = arguments.limit;
  listing.fetch = [&](uint32_t page_size, const std::string& page_token) {
    v1::ListEntriesRequest request;
    request.set_page_size(page_size);
    request.set_page_token(page_token);
    request.set_from_position(arguments.from_position);
    return (*connection)->Call((*connection)->ledger(), &v1::LedgerService::Stub::ListEntries, request);
  };
  listing.items = [](v1::ListEntriesResponse& response) { return response.mutable_entries(); };
  listing.format_table = FormatLog;
  return PrintListing(listing, options.format);
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

  const auto log = std::make_shared<LogArguments>();
  CLI::App& log_command = AddCommand(program, program.app, "log", "List the entries of the log in order",
                                     "  sworn log\n  sworn log --from 100 --limit 0 --format ndjson",
                                     [&program, log] { return ListLog(program.options, *log); });
  log_command.add_option("--from", log->from_position, "First position wanted")->type_name("POSITION");
  log_command.add_option("--limit", log->limit, "At most so many; 0 for all")->type_name("N")->capture_default_str();

  AddCommand(program, program.app, "version", "Print the version of this program and of its OpenSSL", "",
             [] { return PrintVersion(); });
}

}  // namespace sworn::cli
