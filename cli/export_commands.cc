// export tiles, export entries: the log as files that others read and check without the ledger.
#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "cli/checkpoint_watch.h"
#include "cli/commands.h"
#include "cli/connection.h"
#include "cli/entry_stream.h"
#include "cli/progress.h"
#include "ledger/crypto/hash.h"
#include "ledger/log/entries_file.h"
#include "ledger/log/tile_tree.h"
#include "ledger/log/tiles.h"
#include "ledger/merkle/checkpoint.h"
#include "ledger/merkle/tree_hash.h"
#include "ledger/model/marking.h"
#include "ledger/model/refusal.h"
#include "ledger/model/text.h"
#include "nlohmann/json.hpp"

namespace sworn::cli {
namespace {

struct ExportArguments {
  std::string path;
  std::string clearance = model::FormatMarking(log::PublicClearance());
};

// What is exported: the log as of its last signed checkpoint.
struct SignedLog {
  merkle::VerifierKey key;
  std::string note;
  merkle::Checkpoint checkpoint;
};

// Held to what was seen of the ledger before.
absl::StatusOr<SignedLog> ReadSignedLog(Connection& connection) {
  const absl::StatusOr<CheckpointWatch> watch = CheckpointWatch::Begin(connection);
  if (!watch.ok()) return watch.status();
  const auto answer =
      connection.Call(connection.ledger(), &v1::LedgerService::Stub::GetCheckpoint, v1::GetCheckpointRequest());
  if (!answer.ok()) return answer.status();
  if (absl::Status seen = watch->Check(answer->checkpoint()); !seen.ok()) return seen;
  absl::StatusOr<merkle::Checkpoint> checkpoint = merkle::OpenCheckpoint(answer->checkpoint(), watch->verifier_key());
  if (!checkpoint.ok()) {
    return absl::DataLossError(model::Concat("the ledger's checkpoint: ", checkpoint.status().message()));
  }
  return SignedLog{watch->verifier_key(), answer->checkpoint(), *std::move(checkpoint)};
}

nlohmann::ordered_json Describe(const SignedLog& log, const std::string& path) {
  return {{"path", path},
          {"origin", log.checkpoint.origin},
          {"entries", log.checkpoint.size},
          {"root", crypto::ToHex(log.checkpoint.root)}};
}

absl::Status Print(const nlohmann::ordered_json& description, Format format) {
  if (format != Format::kTable) return PrintJson(description, format);
  std::string text;
  for (const auto& [name, value] : description.items()) {
    std::string label = name;
    std::replace(label.begin(), label.end(), '_', ' ');
    label.resize(std::max<size_t>(label.size() + 2, 18), ' ');
    text += label + (value.is_string() ? value.get<std::string>() : value.dump()) + "\n";
  }
  return PrintRaw(text);
}

absl::Status AddBundles(Connection& connection, const merkle::Checkpoint& checkpoint, log::TileTree& tree) {
  EntryStream stream(connection, checkpoint.size);
  const auto progress = ProgressOn("exporting entry");
  for (uint64_t first = 0; first < checkpoint.size; first += merkle::kTileWidth) {
    const uint64_t index = first / merkle::kTileWidth;
    if (tree.HasFullBundle(index)) continue;
    std::vector<std::string> entries;
    const uint64_t end = std::min(checkpoint.size, first + merkle::kTileWidth);
    for (uint64_t position = first; position < end; ++position) {
      absl::StatusOr<v1::RecordedEntry> entry = stream.Read(position);
      if (!entry.ok()) return entry.status();
      entries.push_back(std::move(*entry->mutable_entry()));
      progress(position + 1, checkpoint.size);
    }
    if (absl::Status added = tree.AddBundle(index, entries); !added.ok()) return added;
  }
  return absl::OkStatus();
}

absl::Status ExportTiles(const GlobalOptions& options, const ExportArguments& arguments) {
  absl::StatusOr<v1::Marking> clearance = model::ParseMarking(arguments.clearance);
  if (!clearance.ok()) return model::WithContext(clearance.status(), "--clearance");
  const absl::StatusOr<std::unique_ptr<Connection>> connection = Connection::Open(options);
  if (!connection.ok()) return connection.status();
  const absl::StatusOr<SignedLog> log = ReadSignedLog(**connection);
  if (!log.ok()) return log.status();
  absl::StatusOr<log::TileTree> tree = log::TileTree::Open(arguments.path, log->key, *std::move(clearance));
  if (!tree.ok()) return tree.status();
  const uint64_t size_before = tree->size();
  if (size_before > log->checkpoint.size) {
    return absl::DataLossError(model::Concat(arguments.path, " holds a signed checkpoint of ", size_before,
                                             " entries, and the ledger has only ", log->checkpoint.size,
                                             ": it was rolled back; keep that directory as evidence"));
  }
  absl::Status done = AddBundles(**connection, log->checkpoint, *tree);
  if (done.ok()) done = tree->Publish(log->note);
  if (!done.ok()) return done;
  if (tree->bundles_withheld() > 0) {
    Tell(model::Concat(tree->bundles_withheld(), " entry bundles were withheld: ", tree->first_withheld().message(),
                       "; name what readers may read with --clearance"));
  }
  nlohmann::ordered_json description = Describe(*log, arguments.path);
  description["new_entries"] = log->checkpoint.size - size_before;
  description["bundles_written"] = tree->bundles_written();
  description["bundles_withheld"] = tree->bundles_withheld();
  return Print(description, options.format);
}

absl::Status ExportEntries(const GlobalOptions& options, const ExportArguments& arguments) {
  const absl::StatusOr<std::unique_ptr<Connection>> connection = Connection::Open(options);
  if (!connection.ok()) return connection.status();
  const absl::StatusOr<SignedLog> log = ReadSignedLog(**connection);
  if (!log.ok()) return log.status();
  const uint64_t size = log->checkpoint.size;
  absl::StatusOr<log::EntriesFileWriter> file =
      log::EntriesFileWriter::Create(arguments.path, log->checkpoint.origin, size);
  if (!file.ok()) return file.status();
  EntryStream stream(**connection, size);
  const auto progress = ProgressOn("exporting entry");
  merkle::Tree tree;
  for (uint64_t position = 0; position < size; ++position) {
    const absl::StatusOr<v1::RecordedEntry> entry = stream.Read(position);
    if (!entry.ok()) return entry.status();
    std::vector<merkle::Node> completed;
    tree.Append(merkle::LeafHash(entry->entry()), completed);
    if (absl::Status written = file->Write(*entry); !written.ok()) return written;
    progress(position + 1, size);
  }
  if (tree.Root() != log->checkpoint.root) {
    return absl::DataLossError(model::Concat("the ledger's entries lead to root ", crypto::ToHex(tree.Root()),
                                             ", but its checkpoint states ", crypto::ToHex(log->checkpoint.root),
                                             ": the log is damaged or was forked; nothing was written"));
  }
  if (absl::Status finished = file->Finish(); !finished.ok()) return finished;
  return Print(Describe(*log, arguments.path), options.format);
}

}  // namespace

void AddExportCommands(Program& program) {
  CLI::App& group = AddGroup(program.app, "export", "Write the log as files that others check without the ledger");
  const auto tiles = std::make_shared<ExportArguments>();
  CLI::App& tiles_command =
      AddCommand(program, group, "tiles", "Write checkpoint, tiles and entry bundles for a host of static files",
                 "  sworn export tiles www\n"
                 "  sworn export tiles www --clearance '(R//REL TO GBR, USA//TLP:AMBER)'\n"
                 "Run it again to add what is new; the checkpoint is replaced last.",
                 [&program, tiles] { return ExportTiles(program.options, *tiles); });
  tiles_command.add_option("DIR", tiles->path, "A new directory, or one of an earlier export")
      ->required()
      ->type_name("");
  tiles_command
      .add_option("--clearance", tiles->clearance,
                  "What all readers may read; a bundle with an entry beyond it is left out")
      ->type_name("MARKING")
      ->capture_default_str();

  const auto entries = std::make_shared<ExportArguments>();
  AddCommand(program, group, "entries", "Write all entries with their portions, whatever their marking, for an audit",
             "  sworn export entries entries.gz",
             [&program, entries] { return ExportEntries(program.options, *entries); })
      .add_option("FILE", entries->path, "Where to write; compressed where the name ends in .gz")
      ->required()
      ->type_name("");
}

}  // namespace sworn::cli
