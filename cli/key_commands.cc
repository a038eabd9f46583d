// keygen, key add, key show, key list: keys and whose they are.
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/ascii.h"
#include "absl/strings/str_join.h"
#include "cli/append.h"
#include "cli/commands.h"
#include "cli/connection.h"
#include "cli/signing.h"
#include "cli/table.h"
#include "ledger/crypto/key_file.h"
#include "ledger/model/marking.h"
#include "ledger/model/refusal.h"
#include "ledger/model/text.h"

namespace sworn::cli {
namespace {

struct KeygenArguments {
  std::string file;  // or a pkcs11: URI
  std::string algorithm;
  bool encrypt = false;
};

struct KeyAddArguments {
  std::string file;
  std::string principal;
  std::vector<std::string> roles;
  std::string marking = "U";
};

const std::map<std::string, v1::Signature::Algorithm>& Algorithms() {
  static const std::map<std::string, v1::Signature::Algorithm> kAlgorithms = {
      {"ed25519", v1::Signature::ED25519}, {"p256", v1::Signature::ECDSA_P256_SHA256}};
  return kAlgorithms;
}

const std::map<std::string, v1::Principal::Role>& Roles() {
  static const std::map<std::string, v1::Principal::Role> kRoles = {{"reporter", v1::Principal::REPORTER},
                                                                    {"analyst", v1::Principal::ANALYST},
                                                                    {"auditor", v1::Principal::AUDITOR},
                                                                    {"partner", v1::Principal::PARTNER},
                                                                    {"admin", v1::Principal::ADMIN}};
  return kRoles;
}

absl::Status PrintKeyAsJson(const crypto::PublicKey& key, Format format) {
  v1::RegisteredKey described;
  described.set_key_id(crypto::ToHex(key.key_id()));
  described.set_algorithm(key.algorithm());
  return PrintJson(described, format);
}

absl::Status KeygenInToken(const GlobalOptions& options, const KeygenArguments& arguments) {
  if (arguments.encrypt) {
    return absl::InvalidArgumentError("--encrypt is for key files: a key in a token is protected by the token's PIN");
  }
  const std::string algorithm = arguments.algorithm.empty() ? "p256" : arguments.algorithm;
  const absl::StatusOr<crypto::PrivateKey> key =
      crypto::GenerateTokenKey(arguments.file, Algorithms().at(algorithm), PinOf(options));
  if (!key.ok()) return key.status();
  if (options.format != Format::kTable) return PrintKeyAsJson(key->public_key(), options.format);
  Tell(model::Concat("next: sworn key add '", arguments.file, "' --principal NAME"));
  return PrintRaw(model::Concat("key id       ", crypto::ToHex(key->public_key().key_id()), "\nprivate key  ",
                                arguments.file, " (stays in the token)\n"));
}

absl::Status Keygen(const GlobalOptions& options, const KeygenArguments& arguments) {
  if (crypto::IsTokenUri(arguments.file)) return KeygenInToken(options, arguments);
  const std::string algorithm = arguments.algorithm.empty() ? "ed25519" : arguments.algorithm;
  const absl::StatusOr<crypto::PrivateKey> key = crypto::PrivateKey::Generate(Algorithms().at(algorithm));
  if (!key.ok()) return key.status();
  const absl::StatusOr<crypto::Secret> passphrase =
      NewPassphrase(options, arguments.encrypt ? Encrypt::kAlways : Encrypt::kOnlyWithPassphraseFile);
  if (!passphrase.ok()) return passphrase.status();
  absl::Status written = crypto::WriteKeyFile(*key, arguments.file, *passphrase);
  if (!written.ok()) return written;
  if (options.format != Format::kTable) return PrintKeyAsJson(key->public_key(), options.format);
  Tell(model::Concat("next: sworn key add ", arguments.file, ".pub --principal NAME"));
  return PrintRaw(model::Concat("key id       ", crypto::ToHex(key->public_key().key_id()), "\nprivate key  ",
                                arguments.file, passphrase->empty() ? " (not encrypted)" : " (encrypted)",
                                "\npublic key   ", arguments.file, ".pub\n"));
}

// Where the principal was recorded: found through the entry that added one of its keys.
absl::StatusOr<v1::Reference> FindPrincipal(Connection& connection, const v1::RegisteredKey& key) {
  v1::ListEntriesRequest entries_request;
  entries_request.set_from_position(key.added_at_position());
  entries_request.set_page_size(1);
  const auto entries = connection.Call(connection.ledger(), &v1::LedgerService::Stub::ListEntries, entries_request);
  if (!entries.ok()) return entries.status();
  v1::GetRecordRequest request;
  if (!entries->entries().empty()) request.set_id(entries->entries(0).report_id());
  const auto record = connection.Call(connection.ledger(), &v1::LedgerService::Stub::GetRecord, request);
  if (!record.ok()) return record.status();
  for (const v1::PortionRecord& portion : record->portions()) {
    if (!portion.portion().has_key() || crypto::ToHex(portion.portion().key().key_id()) != key.key_id()) continue;
    v1::Reference principal = portion.portion().key().principal();
    if (principal.to_case() != v1::Reference::kIndex) return principal;
    for (const v1::PortionRecord& other : record->portions()) {
      if (other.index() != principal.index()) continue;
      absl::StatusOr<std::string> id = crypto::FromHex(other.id());
      if (!id.ok()) return id.status();
      principal.set_portion_id(*std::move(id));
      return principal;
    }
  }
  return model::Refuse(v1::Refusal::NOT_FOUND,
                       model::Concat("entry ", key.added_at_position(), " does not show who ", key.principal(), " is"));
}

v1::Portion BuildKey(const crypto::PublicKey& key, const v1::Reference& principal, const v1::Marking& marking) {
  v1::Portion portion;
  *portion.mutable_marking() = marking;
  portion.mutable_key()->set_key_id(std::string(crypto::AsBytes(key.key_id())));
  portion.mutable_key()->set_public_key(key.der());
  *portion.mutable_key()->mutable_principal() = principal;
  portion.mutable_key()->set_purpose(v1::Key::AUTHOR);
  portion.mutable_key()->set_action(v1::Key::ADD);
  return portion;
}

v1::Portion BuildPrincipal(const KeyAddArguments& arguments, const v1::Marking& marking) {
  v1::Portion portion;
  *portion.mutable_marking() = marking;
  portion.mutable_principal()->set_name(arguments.principal);
  for (const std::string& role : arguments.roles) portion.mutable_principal()->add_roles(Roles().at(role));
  if (arguments.roles.empty()) portion.mutable_principal()->add_roles(v1::Principal::REPORTER);
  return portion;
}

// The portions that register the key, with its principal where that is new.
absl::StatusOr<std::vector<v1::Portion>> BuildRegistration(Connection& connection, const KeyAddArguments& arguments,
                                                           const crypto::PublicKey& key) {
  const absl::StatusOr<v1::Marking> marking = model::ParseMarking(arguments.marking);
  if (!marking.ok()) return marking.status();
  const auto keys = connection.Call(connection.registry(), &v1::RegistryService::Stub::ListKeys, v1::ListKeysRequest());
  if (!keys.ok()) return keys.status();
  for (const v1::RegisteredKey& registered : keys->keys()) {
    if (registered.principal() != arguments.principal || registered.purpose() != v1::Key::AUTHOR) continue;
    if (!arguments.roles.empty()) {
      return absl::InvalidArgumentError(
          model::Concat(arguments.principal, " is registered already: leave --role out to give them one more key"));
    }
    const absl::StatusOr<v1::Reference> principal = FindPrincipal(connection, registered);
    if (!principal.ok()) return principal.status();
    return std::vector<v1::Portion>{BuildKey(key, *principal, *marking)};
  }
  v1::Reference principal;
  principal.set_index(0);
  return std::vector<v1::Portion>{BuildPrincipal(arguments, *marking), BuildKey(key, principal, *marking)};
}

absl::Status AddKey(const GlobalOptions& options, const KeyAddArguments& arguments) {
  const absl::StatusOr<crypto::PublicKey> key = ReadPublicKey(arguments.file);
  if (!key.ok()) return key.status();
  const absl::StatusOr<std::unique_ptr<Connection>> connection = Connection::Open(options);
  if (!connection.ok()) return connection.status();
  const absl::StatusOr<Appender> appender = Appender::Open(options, **connection);
  if (!appender.ok()) return appender.status();
  const absl::StatusOr<std::vector<v1::Portion>> portions = BuildRegistration(**connection, arguments, *key);
  if (!portions.ok()) return portions.status();
  const std::string content = model::Concat(key->der(), arguments.principal, "\n", absl::StrJoin(arguments.roles, ","));
  const absl::StatusOr<v1::AppendReportResponse> response =
      appender->Append(*portions, DeriveRequestId("sworn key add", content, appender->author()), Repeat::kOnce);
  if (!response.ok()) return response.status();
  return PrintAppended(*response, portions->size(), options.format);
}

// Of a private key file the public part.
absl::StatusOr<crypto::PublicKey> PublicPart(const GlobalOptions& options, const std::string& name) {
  if (crypto::IsTokenUri(name) || !crypto::KeyFileIsEncrypted(name).ok()) return ReadPublicKey(name);
  const absl::StatusOr<crypto::PrivateKey> key = ReadKey(name, options);
  if (!key.ok()) return key.status();
  return key->public_key();
}

absl::Status ShowKey(const GlobalOptions& options, const std::string& name) {
  const absl::StatusOr<crypto::PublicKey> key = PublicPart(options, name);
  if (!key.ok()) return key.status();
  if (options.format != Format::kTable) return PrintKeyAsJson(*key, options.format);
  Tell(model::Concat("key id ", crypto::ToHex(key->key_id()), ", ", v1::Signature::Algorithm_Name(key->algorithm())));
  return PrintRaw(key->ToPem());
}

std::string FormatKeys(const v1::ListKeysResponse& response) {
  Table table({{"key"},
               {"principal"},
               {"purpose"},
               {"algorithm"},
               {"roles"},
               {"added at", Column::Align::kRight},
               {"revoked"}});
  for (const v1::RegisteredKey& key : response.keys()) {
    std::vector<std::string> roles;
    for (const int role : key.roles()) {
      roles.push_back(absl::AsciiStrToLower(v1::Principal::Role_Name(static_cast<v1::Principal::Role>(role))));
    }
    const bool revoked = key.revocation() != v1::Key::ACTION_UNSPECIFIED && key.revocation() != v1::Key::ADD;
    table.AddRow({ShortId(key.key_id()), key.principal(), absl::AsciiStrToLower(v1::Key::Purpose_Name(key.purpose())),
                  v1::Signature::Algorithm_Name(key.algorithm()), absl::StrJoin(roles, ", "),
                  model::Concat(key.added_at_position()), revoked ? v1::Key::Action_Name(key.revocation()) : ""});
  }
  return table.Format(StandardOutput().columns);
}

absl::Status ListKeys(const GlobalOptions& options) {
  const absl::StatusOr<std::unique_ptr<Connection>> connection = Connection::Open(options);
  if (!connection.ok()) return connection.status();
  const auto response =
      (*connection)->Call((*connection)->registry(), &v1::RegistryService::Stub::ListKeys, v1::ListKeysRequest());
  if (!response.ok()) return response.status();
  if (options.format == Format::kTable) return PrintText(FormatKeys(*response));
  if (options.format == Format::kJson) return PrintJson(*response, options.format);
  for (const v1::RegisteredKey& key : response->keys()) {
    if (absl::Status status = PrintJson(key, options.format); !status.ok()) return status;
  }
  return absl::OkStatus();
}

void AddKeyAdd(Program& program, CLI::App& group) {
  const auto add = std::make_shared<KeyAddArguments>();
  CLI::App& command = AddCommand(program, group, "add", "Register a public key (needs the admin role)",
                                 "  sworn key add bob.pem.pub --principal bob --role reporter --role analyst\n"
                                 "  sworn key add 'pkcs11:token=card;object=bob' --principal bob",
                                 [&program, add] { return AddKey(program.options, *add); });
  command.add_option("FILE", add->file, "Public key in PEM, as sworn keygen writes it, or a pkcs11: URI")
      ->required()
      ->type_name("");
  command.add_option("--principal", add->principal, "Whose key it is; registered too where new")
      ->required()
      ->type_name("NAME");
  command.add_option("--role", add->roles, "reporter (used if none is given), analyst, auditor, partner, admin")
      ->expected(1)
      ->take_all()
      ->check(CLI::IsMember(Roles()).description(""))
      ->type_name("ROLE");
  command.add_option("--marking", add->marking, "Marking of the registration")
      ->type_name("MARKING")
      ->capture_default_str();
}

}  // namespace

void AddKeyCommands(Program& program) {
  const auto keygen = std::make_shared<KeygenArguments>();
  CLI::App& command = AddCommand(program, program.app, "keygen", "Make a signing key",
                                 "  sworn keygen alice.pem --encrypt\n  sworn keygen card.pem --algorithm p256\n"
                                 "  sworn keygen 'pkcs11:token=card;object=alice' --pin-file pin",
                                 [&program, keygen] { return Keygen(program.options, *keygen); });
  command
      .add_option(
          "FILE", keygen->file,
          "Private key to write (the public one goes to FILE.pub), or the pkcs11: URI of one to make in a token")
      ->required()
      ->type_name("");
  command
      .add_option("--algorithm", keygen->algorithm,
                  "ed25519 (used for a file if none is given) or p256 (used in a token; for smart cards)")
      ->check(CLI::IsMember(Algorithms()).description(""))
      ->type_name("NAME");
  command.add_flag("--encrypt", keygen->encrypt, "Ask for a passphrase to encrypt the private key with");

  CLI::App& group = AddGroup(program.app, "key", "Register and list the keys of the ledger");
  AddKeyAdd(program, group);
  const auto shown = std::make_shared<std::string>();
  AddCommand(program, group, "show", "Print the public key of a key file or of a token, and its id",
             "  sworn key show alice.pem\n  sworn key show 'pkcs11:token=card;object=alice' > alice.pub",
             [&program, shown] { return ShowKey(program.options, *shown); })
      .add_option("KEY", *shown, "Private or public key file, or pkcs11: URI")
      ->required()
      ->type_name("");
  AddCommand(program, group, "list", "List the registered keys and whose they are", "  sworn key list",
             [&program] { return ListKeys(program.options); });
}

}  // namespace sworn::cli
