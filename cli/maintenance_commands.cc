// backup, restore: copies of a ledger that can take its place.
#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "cli/commands.h"
#include "cli/connection.h"
#include "cli/input_file.h"
#include "cli/progress.h"
#include "cli/seen_checkpoints.h"
#include "cli/signing.h"
#include "cli/state_directory.h"
#include "cli/text.h"
#include "ledger/log/ledger_directory.h"
#include "ledger/log/restore.h"
#include "ledger/merkle/checkpoint.h"
#include "ledger/model/text.h"
#include "nlohmann/json.hpp"

namespace sworn::cli {
namespace {

// Every byte is read again for its hash.
constexpr absl::Duration kBackupTimeout = absl::Minutes(10);

struct RestoreArguments {
  std::string backup;
  std::string directory;
  std::string key_file;
  std::vector<std::string> published;
  bool accept_rollback = false;
};

// Absolute, without "." and "..", and without "/" at its end.
std::string Normal(const std::string& path) {
  std::filesystem::path normal = std::filesystem::absolute(path).lexically_normal();
  if (!normal.has_filename()) normal = normal.parent_path();
  return normal.string();
}

absl::Status BackUp(const GlobalOptions& options, const std::string& target) {
  if (!options.server.empty() && !std::filesystem::path(target).is_absolute()) {
    return absl::InvalidArgumentError("TARGET is a path on the machine of the daemon: give it from the root");
  }
  const absl::StatusOr<std::unique_ptr<Connection>> connection = Connection::Open(options);
  if (!connection.ok()) return connection.status();
  v1::BackUpLedgerRequest request;
  request.set_directory(Normal(target));
  const absl::Duration timeout = options.timeout_s.has_value() ? options.read_timeout() : kBackupTimeout;
  const auto response =
      (*connection)->CallWithin(timeout, (*connection)->ledger(), &v1::LedgerService::Stub::BackUpLedger, request);
  if (!response.ok()) return response.status();
  Tell("the backup holds no private key: keep a copy of the ledger's keys/ledger.pem in a safe place of its own");
  if (options.format != Format::kTable) return PrintJson(*response, options.format);
  const absl::StatusOr<merkle::Note> note = merkle::ParseNote(response->checkpoint());
  if (!note.ok()) return note.status();
  const absl::StatusOr<merkle::Checkpoint> checkpoint = merkle::ParseCheckpoint(note->text);
  if (!checkpoint.ok()) return checkpoint.status();
  return PrintRaw(model::Concat("backup      ", request.directory(), "\nledger      ", Printable(checkpoint->origin),
                                "\nentries     ", checkpoint->size, "\nroot        ", crypto::ToHex(checkpoint->root),
                                "\nbytes       ", response->bytes(), "\n"));
}

// What was published, as far as it is known here: the files given, and what this user has seen of the ledger.
absl::StatusOr<std::vector<log::PublishedCheckpoint>> FindPublished(const RestoreArguments& arguments) {
  std::vector<log::PublishedCheckpoint> published;
  for (const std::string& path : arguments.published) {
    absl::StatusOr<std::string> note = ReadFile(path, merkle::kMaxNoteBytes);
    if (!note.ok()) return note.status();
    published.push_back({path, *std::move(note)});
  }
  const absl::StatusOr<std::string> state = StateDirectory();
  const absl::StatusOr<log::LedgerDirectory> ledger = log::LedgerDirectory::Open(arguments.backup);
  // Where these cannot be read nothing was seen, and what is wrong with the backup is told by restoring it.
  if (!state.ok() || !ledger.ok()) return published;
  absl::StatusOr<std::optional<PinnedOrigin>> pinned = SeenCheckpoints(*state).Recall(ledger->origin());
  if (!pinned.ok()) return pinned.status();
  if (pinned->has_value() && (*pinned)->last.has_value()) {
    published.push_back({"the last checkpoint seen by this user", (*pinned)->last->note});
  }
  return published;
}

void TellWhatFollows(const RestoreArguments& arguments, const log::Restored& restored, bool any_published,
                     bool has_key) {
  if (restored.missing_entries > 0) {
    const uint64_t size = restored.checkpoint.size;
    Tell(model::Concat("rolled back: positions ", size, " to ", size + restored.missing_entries - 1,
                       " were published and are lost; whoever saw their checkpoint will refuse this log as forked, ",
                       "and must be told"));
  }
  if (!any_published) {
    Tell("no published checkpoint was held against the backup: name the last one known with --published");
  }
  if (!has_key) {
    Tell(model::Concat("without its signing key the ledger can be audited, not served: put the key at ",
                       arguments.directory, "/keys/ledger.pem (mode 0600)"));
  }
}

absl::Status PrintRestored(const RestoreArguments& arguments, const log::Restored& restored, Format format) {
  const merkle::Checkpoint& checkpoint = restored.checkpoint;
  if (format == Format::kTable) {
    return PrintRaw(model::Concat("ledger      ", arguments.directory, "\norigin      ", Printable(checkpoint.origin),
                                  "\nentries     ", checkpoint.size, "\nroot        ", crypto::ToHex(checkpoint.root),
                                  "\n"));
  }
  const nlohmann::ordered_json json = {
      {"directory", arguments.directory},
      {"checkpoint",
       {{"origin", checkpoint.origin}, {"size", checkpoint.size}, {"root", crypto::ToHex(checkpoint.root)}}},
      {"missing_entries", restored.missing_entries}};
  return PrintJson(json, format);
}

absl::Status Restore(const GlobalOptions& global, const RestoreArguments& arguments) {
  log::RestoreOptions options;
  options.backup = Normal(arguments.backup);
  options.directory = Normal(arguments.directory);
  if (!arguments.key_file.empty()) {
    absl::StatusOr<crypto::PrivateKey> key = ReadKey(arguments.key_file, global);
    if (!key.ok()) return key.status();
    options.ledger_key = *std::move(key);
  }
  absl::StatusOr<std::vector<log::PublishedCheckpoint>> published = FindPublished(arguments);
  if (!published.ok()) return published.status();
  options.published = *std::move(published);
  if (arguments.accept_rollback) options.rollback = log::RestoreOptions::Rollback::kAccept;
  options.progress = ProgressOn("verifying: entry");
  const absl::StatusOr<log::Restored> restored = log::Restore(options);
  if (!restored.ok()) return restored.status();
  const absl::StatusOr<log::LedgerDirectory> ledger = log::LedgerDirectory::Open(options.directory);
  const bool has_key = options.ledger_key.has_value() || (ledger.ok() && !ledger->key_uri().empty());
  TellWhatFollows(arguments, *restored, !options.published.empty(), has_key);
  return PrintRestored(arguments, *restored, global.format);
}

void AddBackup(Program& program) {
  const auto target = std::make_shared<std::string>();
  AddCommand(program, program.app, "backup", "Copy a ledger to a new directory while it is in use",
             "  sworn backup /backups/2024-04-13 --ledger ledger\n"
             "  cp -a ledger/keys /safe/ledger-keys\n"
             "\n"
             "The copy holds the log, a signed checkpoint of exactly what was copied, and time stamps.\n"
             "It holds no private key: keep keys/ledger.pem in a safe place of its own, once.\n"
             "On the same file system it shares unchanging files with the ledger: carry it to another disk.",
             [&program, target] { return BackUp(program.options, *target); })
      .add_option("TARGET", *target, "Directory to make; must not exist. With --server, a path on the daemon's machine")
      ->required()
      ->type_name("");
}

void AddRestore(Program& program) {
  const auto arguments = std::make_shared<RestoreArguments>();
  CLI::App& command = AddCommand(
      program, program.app, "restore", "Make a ledger from a backup, once every hash and signature in it was verified",
      "  sworn restore /backups/2024-04-13 ledger --key-file /safe/ledger-keys/ledger.pem\n"
      "  mv ledger ledger.before\n"
      "  sworn restore /backups/2024-04-13 ledger --published ledger.before/checkpoint\n"
      "\n"
      "A backup that does not verify ends with exit code 6. Where the ledger has published more than\n"
      "the backup holds, restoring is refused with exit code 5.",
      [&program, arguments] { return Restore(program.options, *arguments); });
  command.add_option("BACKUP", arguments->backup, "What sworn backup made")->required()->type_name("");
  command.add_option("DIR", arguments->directory, "Where to make the ledger; must not exist: nothing is overwritten")
      ->required()
      ->type_name("");
  command.add_option("--key-file", arguments->key_file, "The ledger's private key, copied to DIR/keys/ledger.pem")
      ->type_name("FILE");
  command
      .add_option("--published", arguments->published,
                  "A checkpoint known to be published: from a site, a witness, or the ledger's own file 'checkpoint'; "
                  "may be given again. What this user has seen with sworn checkpoint is held against the backup anyway")
      ->type_name("NOTE")
      ->expected(1);
  command.add_flag("--accept-rollback", arguments->accept_rollback,
                   "Restore although published entries are lost: their positions will be given to other entries, and "
                   "everyone who saw the newer checkpoint will refuse this log as forked");
}

}  // namespace

void AddMaintenanceCommands(Program& program) {
  AddBackup(program);
  AddRestore(program);
}

}  // namespace sworn::cli
