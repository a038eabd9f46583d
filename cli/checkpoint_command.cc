// checkpoint: the last signed checkpoint, held against what was seen before, and stamped with trusted time.
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "cli/checkpoint_timestamp.h"
#include "cli/checkpoint_watch.h"
#include "cli/commands.h"
#include "cli/connection.h"
#include "cli/files.h"
#include "cli/seen_checkpoints.h"
#include "cli/state_directory.h"
#include "cli/text.h"
#include "cli/trusted_key.h"
#include "ledger/crypto/hash.h"
#include "ledger/log/ledger_directory.h"
#include "ledger/merkle/checkpoint.h"
#include "ledger/merkle/text.h"
#include "ledger/model/text.h"
#include "nlohmann/json.hpp"

namespace sworn::cli {
namespace {

struct CheckpointArguments {
  bool verifier_key_only = false;
  std::string pin;
  bool trust_on_first_use = false;
  std::string since;
  std::string trust;
  std::string consistency;
  std::string timestamp_url;
  std::string request_file;
  std::string answer_file;
  std::string certificates_file;
  bool list_timestamps = false;
};

// Pins what the options ask for, once the ledger's checkpoint shows that it holds the key.
absl::Status PinAsAsked(const CheckpointArguments& arguments, const std::string& note, CheckpointWatch& watch) {
  absl::StatusOr<merkle::VerifierKey> key = watch.verifier_key();
  if (!arguments.pin.empty()) key = ReadTrustedKey("--pin", arguments.pin);
  if (!key.ok()) return key.status();
  if (arguments.pin.empty() && (watch.is_pinned() || !arguments.trust_on_first_use)) return absl::OkStatus();
  if (!watch.is_pinned()) {
    const absl::StatusOr<merkle::Checkpoint> checkpoint = merkle::OpenCheckpoint(note, *key);
    if (!checkpoint.ok()) {
      return absl::DataLossError(model::Concat("the ledger's checkpoint does not verify with ", key->ToString(), ": ",
                                               model::FromAbsl(checkpoint.status().message()), "; nothing was pinned"));
    }
  }
  if (absl::Status pinned = watch.Pin(*key); !pinned.ok()) return pinned;
  Tell(model::Concat("pinned ", key->ToString(), ": what ", Printable(key->name()),
                     " offers is checked against it, and against what was seen before, from now on"));
  return absl::OkStatus();
}

void TellUnchecked(const CheckpointWatch& watch) {
  Tell(model::Concat("nothing was checked: no key is pinned for ", Printable(watch.verifier_key().name()),
                     ". Pin it with --pin VKEY, from a source you trust, or with --trust-on-first-use"));
}

// The ledger's last checkpoint, held against what was seen before where the origin is pinned.
absl::StatusOr<v1::GetCheckpointResponse> FetchCheckpoint(Connection& connection, const CheckpointArguments& arguments,
                                                          CheckpointWatch& watch) {
  absl::StatusOr<v1::GetCheckpointResponse> response =
      connection.Call(connection.ledger(), &v1::LedgerService::Stub::GetCheckpoint, v1::GetCheckpointRequest());
  if (!response.ok()) return response;
  if (absl::Status pinned = PinAsAsked(arguments, response->checkpoint(), watch); !pinned.ok()) return pinned;
  if (absl::Status checked = watch.Check(response->checkpoint()); !checked.ok()) return checked;
  return response;
}

// The key that the old note must be signed with: the pinned one, the one given, or that of the ledger's own directory.
absl::StatusOr<merkle::VerifierKey> KeyForOldNote(const GlobalOptions& options, const CheckpointArguments& arguments,
                                                  const CheckpointWatch& watch) {
  if (!arguments.trust.empty()) {
    absl::StatusOr<merkle::VerifierKey> key = ReadTrustedKey("--trust", arguments.trust);
    if (key.ok() && watch.is_pinned() && key->ToString() != watch.verifier_key().ToString()) {
      return absl::InvalidArgumentError(
          model::Concat("--trust names another key than the pinned one, ", watch.verifier_key().ToString()));
    }
    return key;
  }
  if (watch.is_pinned()) return watch.verifier_key();
  if (options.ledger.empty()) {
    return absl::InvalidArgumentError(
        "which key is trusted to have signed the old checkpoint? Give --trust VKEY, or pin one with --pin VKEY");
  }
  const absl::StatusOr<log::LedgerDirectory> directory = log::LedgerDirectory::Open(options.ledger);
  if (!directory.ok()) return directory.status();
  return directory->verifier_key();
}

// What --since has shown.
struct Growth {
  SeenCheckpoint earlier;
  SeenCheckpoint later;
  std::vector<crypto::Hash> path;
};

std::string DescribeSize(const merkle::Checkpoint& checkpoint) {
  return model::Concat(Counted(checkpoint.size, "entry", "entries"), ", root ", crypto::ToHex(checkpoint.root));
}

absl::Status PrintGrowth(const Growth& growth, Format format) {
  const merkle::Checkpoint& earlier = growth.earlier.checkpoint;
  const merkle::Checkpoint& later = growth.later.checkpoint;
  if (format == Format::kTable) {
    const std::string shown =
        earlier.size == later.size
            ? model::Concat("the log of ", Counted(later.size, "entry", "entries"), " is the same")
            : model::Concat("the log of ", Counted(later.size, "entry", "entries"), " continues the one of ",
                            earlier.size);
    return PrintRaw(model::Concat(shown, "\norigin  ", Printable(later.origin), "\nold     ", DescribeSize(earlier),
                                  "\nnew     ", DescribeSize(later), "\n"));
  }
  nlohmann::ordered_json json = {{"consistent", true},
                                 {"origin", later.origin},
                                 {"old_size", earlier.size},
                                 {"old_root", merkle::EncodeBase64(crypto::AsBytes(earlier.root))},
                                 {"new_size", later.size},
                                 {"new_root", merkle::EncodeBase64(crypto::AsBytes(later.root))},
                                 {"path", nlohmann::ordered_json::array()},
                                 {"old_checkpoint", growth.earlier.note},
                                 {"checkpoint", growth.later.note}};
  for (const crypto::Hash& hash : growth.path) json["path"].push_back(merkle::EncodeBase64(crypto::AsBytes(hash)));
  return PrintJson(json, format);
}

absl::Status ShowGrowth(const GlobalOptions& options, Connection& connection, const CheckpointArguments& arguments,
                        CheckpointWatch& watch) {
  absl::StatusOr<std::string> old_note = ReadFile(arguments.since, merkle::kMaxNoteBytes);
  if (!old_note.ok()) return old_note.status();
  const absl::StatusOr<merkle::VerifierKey> key = KeyForOldNote(options, arguments, watch);
  if (!key.ok()) return key.status();
  absl::StatusOr<merkle::Checkpoint> earlier = merkle::OpenCheckpoint(*old_note, *key);
  if (!earlier.ok()) {
    return absl::DataLossError(model::Concat(arguments.since, " does not verify with ", key->ToString(), ": ",
                                             model::FromAbsl(earlier.status().message())));
  }
  absl::StatusOr<v1::GetCheckpointResponse> response = FetchCheckpoint(connection, arguments, watch);
  if (!response.ok()) return response.status();
  const absl::StatusOr<std::string> state = StateDirectory();
  if (!state.ok()) return state.status();
  Growth growth{{*std::move(old_note), *std::move(earlier)}, {std::move(*response->mutable_checkpoint()), {}}, {}};
  absl::StatusOr<merkle::Checkpoint> later = SeenCheckpoints(*state).CheckContinues(
      growth.earlier, growth.later.note, *key, watch.fetch_consistency(), &growth.path);
  if (!later.ok()) return later.status();
  growth.later.checkpoint = *std::move(later);
  return PrintGrowth(growth, options.format);
}

// "80:120", or "80" for up to the last signed checkpoint.
absl::StatusOr<v1::GetConsistencyProofRequest> ParseSizes(const std::string& text) {
  const size_t colon = text.find(':');
  const std::optional<uint64_t> old_size = merkle::ParseDecimal(std::string_view(text).substr(0, colon));
  const std::optional<uint64_t> new_size = colon == std::string::npos
                                               ? std::optional<uint64_t>(0)
                                               : merkle::ParseDecimal(std::string_view(text).substr(colon + 1));
  if (!old_size.has_value() || !new_size.has_value()) {
    return absl::InvalidArgumentError(
        model::Concat("--consistency: '", text, "' is not OLD or OLD:NEW, two numbers of entries"));
  }
  v1::GetConsistencyProofRequest request;
  request.set_old_size(*old_size);
  request.set_new_size(*new_size);
  return request;
}

absl::Status PrintConsistency(const GlobalOptions& options, Connection& connection, const std::string& sizes) {
  const absl::StatusOr<v1::GetConsistencyProofRequest> request = ParseSizes(sizes);
  if (!request.ok()) return request.status();
  const auto response = connection.Call(connection.ledger(), &v1::LedgerService::Stub::GetConsistencyProof, *request);
  if (!response.ok()) return response.status();
  if (options.format != Format::kTable) return PrintJson(*response, options.format);
  std::string lines;
  for (const std::string& hash : response->path()) lines += merkle::EncodeBase64(hash) + "\n";
  return PrintRaw(lines);
}

absl::Status Checkpoint(const GlobalOptions& options, const CheckpointArguments& arguments) {
  const absl::StatusOr<std::unique_ptr<Connection>> connection = Connection::Open(options);
  if (!connection.ok()) return connection.status();
  if (!arguments.consistency.empty()) return PrintConsistency(options, **connection, arguments.consistency);
  if (arguments.list_timestamps) return ListTimestamps(**connection, arguments.certificates_file, options.format);
  if (!arguments.answer_file.empty()) {
    return TakeTimestamp(**connection, arguments.request_file, arguments.answer_file, arguments.certificates_file,
                         options.format);
  }
  absl::StatusOr<CheckpointWatch> watch = CheckpointWatch::Begin(**connection);
  if (!watch.ok()) return watch.status();
  if (!arguments.since.empty()) return ShowGrowth(options, **connection, arguments, *watch);
  const absl::StatusOr<v1::GetCheckpointResponse> response = FetchCheckpoint(**connection, arguments, *watch);
  if (!response.ok()) return response.status();
  if (!arguments.timestamp_url.empty()) {
    return StampAt(**connection, response->checkpoint(), arguments.timestamp_url, arguments.certificates_file,
                   options.format);
  }
  if (!arguments.request_file.empty()) {
    return WriteTimestampRequest(response->checkpoint(), arguments.request_file, options.format);
  }
  if (!watch->is_pinned() && !arguments.verifier_key_only) TellUnchecked(*watch);
  if (options.format != Format::kTable) return PrintJson(*response, options.format);
  return PrintRaw(arguments.verifier_key_only ? response->verifier_key() + "\n" : response->checkpoint());
}

void AddPinning(CLI::App& command, CheckpointArguments& arguments) {
  CLI::Option* pin =
      command.add_option("--pin", arguments.pin, "Hold the ledger to this key, and to what is seen of it, from now on");
  pin->type_name("VKEY");
  command
      .add_flag("--trust-on-first-use", arguments.trust_on_first_use,
                "Where no key is pinned yet, pin the one that the ledger names")
      ->excludes(pin);
}

void AddTimestamping(CLI::App& command, CheckpointArguments& arguments) {
  CLI::Option* certificates = command.add_option("--tsa-cert", arguments.certificates_file,
                                                 "Roots (PEM) that an authority's certificate must lead to");
  certificates->type_name("FILE");
  CLI::Option* url = command.add_option("--timestamp", arguments.timestamp_url,
                                        "Have the authority at this address (RFC 3161) stamp the checkpoint");
  url->needs(certificates)->type_name("URL");
  CLI::Option* request =
      command.add_option("--tsq", arguments.request_file, "Write the request to a file, to be carried to an authority");
  request->excludes(url)->type_name("FILE");
  command.add_option("--tsr", arguments.answer_file, "Take the authority's answer to the request in the --tsq file")
      ->needs(request)
      ->needs(certificates)
      ->type_name("FILE");
  command
      .add_flag("--timestamps", arguments.list_timestamps,
                "List the time stamps of this ledger; with --tsa-cert also verify them")
      ->excludes(url)
      ->excludes(request);
}

}  // namespace

void AddCheckpointCommand(Program& program) {
  const auto arguments = std::make_shared<CheckpointArguments>();
  CLI::App& command = AddCommand(program, program.app, "checkpoint",
                                 "Print the last signed checkpoint, check that the log only grew, have it time-stamped",
                                 "  sworn checkpoint > checkpoint\n"
                                 "  sworn checkpoint --vkey > ledger.vkey\n"
                                 "  sworn checkpoint --pin ledger.vkey\n"
                                 "  sworn checkpoint --since checkpoint --trust ledger.vkey\n"
                                 "  sworn checkpoint --consistency 80:120\n"
                                 "  sworn checkpoint --timestamp http://tsa.example.org/tsr --tsa-cert roots.pem\n"
                                 "  sworn checkpoint --tsq request.tsq\n"
                                 "  sworn checkpoint --tsq request.tsq --tsr answer.tsr --tsa-cert roots.pem\n"
                                 "  sworn checkpoint --timestamps",
                                 [&program, arguments] { return Checkpoint(program.options, *arguments); });
  command.add_flag("--vkey", arguments->verifier_key_only, "Print the verifier key, which others need to check proofs");
  AddPinning(command, *arguments);
  CLI::Option* since =
      command.add_option("--since", arguments->since, "Show that the log only grew since this checkpoint was taken");
  since->type_name("NOTE");
  command.add_option("--trust", arguments->trust, "Verifier key that signed the old checkpoint, or a file with it")
      ->needs(since)
      ->type_name("VKEY");
  CLI::Option* consistency = command.add_option("--consistency", arguments->consistency,
                                                "Print the consistency proof (RFC 6962) between two sizes of the log");
  consistency->type_name("OLD[:NEW]");
  AddTimestamping(command, *arguments);
  for (const char* name : {"--vkey", "--timestamp", "--tsq", "--timestamps"}) {
    since->excludes(command.get_option(name));
    consistency->excludes(command.get_option(name));
  }
  consistency->excludes(since);
  // What neither fetches a checkpoint nor prints a key.
  for (const char* name : {"--vkey", "--pin", "--trust-on-first-use"}) {
    CLI::Option* option = command.get_option(name);
    option->excludes(command.get_option("--timestamps"))->excludes(command.get_option("--tsr"))->excludes(consistency);
  }
}

}  // namespace sworn::cli
