// fsck: damage in a ledger's files, and its repair; no server.
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/time/time.h"
#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/table.h"
#include "ledger/crypto/hash.h"
#include "ledger/journal/rocksdb/rocksdb_journal.h"
#include "ledger/journal/rocksdb/row_store.h"
#include "ledger/log/fsck.h"
#include "ledger/model/text.h"
#include "ledger/views/engine.h"
#include "ledger/views/replay.h"
#include "nlohmann/json.hpp"

namespace sworn::cli {
namespace {

using log::Damage;

struct FsckArguments {
  std::string directory;
  bool repair = false;
};

enum class ViewsState { kNotCompared, kAbsent, kIntact, kDamaged, kRebuilt };

struct ListedDamage {
  Damage damage;
  bool repaired = false;
};

struct Outcome {
  log::FsckReport report;  // as the files are now
  ViewsState views = ViewsState::kNotCompared;
  std::vector<ListedDamage> damages;
  uint64_t remaining = 0;

  void List(const Damage& damage, bool repaired) {
    damages.push_back({damage, repaired});
    remaining += repaired ? 0 : 1;
  }
};

std::string_view Describe(ViewsState state) {
  switch (state) {
    case ViewsState::kNotCompared:
      return "not compared, because the log is damaged";
    case ViewsState::kAbsent:
      return "none stored (they are folded from the log when the ledger is opened)";
    case ViewsState::kIntact:
      return "compared with a replay of the log";
    case ViewsState::kDamaged:
      return "damaged";
    case ViewsState::kRebuilt:
      return "folded anew from the log";
  }
  return "";
}

// What of the log is signed, and may be folded.
uint64_t SignedSize(const log::FsckReport& report, const merkle::VerifierKey& verifier_key) {
  const absl::StatusOr<merkle::Checkpoint> checkpoint =
      merkle::OpenCheckpoint(report.journal.signed_note, verifier_key);
  return checkpoint.ok() ? checkpoint->size : 0;
}

// What is wrong with the stored rows of the views.
std::vector<Damage> CheckViews(const log::LedgerDirectory& directory, const journal::Journal& journal,
                               ViewsState& state) {
  std::error_code error;
  state = ViewsState::kAbsent;
  if (!std::filesystem::exists(directory.views_path(), error)) return {};
  state = ViewsState::kDamaged;
  const absl::StatusOr<std::unique_ptr<journal::RowStore>> rows =
      journal::RowStore::OpenReadOnly(directory.views_path());
  if (!rows.ok()) {
    return {{Damage::Of::kDerived, "view", std::nullopt, std::string(rows.status().message())}};
  }
  std::vector<Damage> damages;
  for (const views::ViewDifference& difference :
       views::CompareViews(journal, rows->get(), {}, views::AllViews()).findings) {
    damages.push_back({Damage::Of::kDerived, "view", difference.position,
                       model::Concat("view ", difference.view, ": ", difference.detail)});
  }
  if (damages.empty()) state = ViewsState::kIntact;
  return damages;
}

absl::Status RebuildViews(const log::LedgerDirectory& directory, const journal::Journal& journal, uint64_t size) {
  std::error_code error;
  std::filesystem::remove_all(directory.views_path(), error);
  if (error) {
    return absl::ErrnoToStatus(error.value(), model::Concat("cannot remove ", directory.views_path()));
  }
  absl::StatusOr<std::unique_ptr<journal::RowStore>> rows = journal::RowStore::Open(directory.views_path());
  if (!rows.ok()) return rows.status();
  const absl::StatusOr<std::unique_ptr<views::ViewEngine>> engine =
      views::ViewEngine::Start(journal, *std::move(rows), views::AllViews(), size);
  if (!engine.ok()) return engine.status();
  return (*engine)->WaitForSize(size, absl::InfiniteFuture());
}

// The views, once the log they are folded from is whole.
absl::Status TreatViews(const log::LedgerDirectory& directory, bool repair, Outcome& outcome) {
  if (!outcome.report.record_intact || outcome.report.must_rebuild_journal) return absl::OkStatus();
  const absl::StatusOr<std::unique_ptr<journal::Journal>> journal =
      journal::OpenRocksDbJournal(directory.journal_path(), journal::OpenMode::kReadOnly);
  if (!journal.ok()) return journal.status();
  const std::vector<Damage> damages = CheckViews(directory, **journal, outcome.views);
  if (damages.empty()) return absl::OkStatus();
  if (repair) {
    absl::Status rebuilt = RebuildViews(directory, **journal, SignedSize(outcome.report, directory.verifier_key()));
    if (!rebuilt.ok()) return rebuilt;
    const std::vector<Damage> left = CheckViews(directory, **journal, outcome.views);
    for (const Damage& damage : left) outcome.List(damage, /*repaired=*/false);
    if (!left.empty()) return absl::OkStatus();
    outcome.views = ViewsState::kRebuilt;
  }
  for (const Damage& damage : damages) outcome.List(damage, repair);
  return absl::OkStatus();
}

absl::StatusOr<Outcome> RunFsck(const std::string& path, bool repair) {
  const absl::StatusOr<log::LedgerDirectory> directory = log::LedgerDirectory::Open(path);
  if (!directory.ok()) return directory.status();
  const absl::StatusOr<std::unique_ptr<log::Fsck>> fsck = log::Fsck::Begin(
      *directory, repair ? log::FsckMode::kRepair : log::FsckMode::kCheck, ProgressOn("checking: entry"));
  if (!fsck.ok()) return fsck.status();
  absl::StatusOr<log::FsckReport> report = (*fsck)->Check();
  if (!report.ok()) return report.status();
  Outcome outcome;
  if (repair && report->record_intact && report->damages.derived_count() > 0) {
    if (absl::Status repaired = (*fsck)->Repair(*report); !repaired.ok()) return repaired;
    absl::StatusOr<log::FsckReport> again = (*fsck)->Check();
    if (!again.ok()) return again.status();
    for (const Damage& damage : report->damages.list()) {
      if (damage.of == Damage::Of::kDerived) outcome.List(damage, /*repaired=*/true);
    }
    report = std::move(again);
  }
  for (const Damage& damage : report->damages.list()) outcome.List(damage, /*repaired=*/false);
  outcome.report = *std::move(report);
  if (absl::Status treated = TreatViews(*directory, repair, outcome); !treated.ok()) return treated;
  return outcome;
}

std::string FormatOutcome(const Outcome& outcome) {
  const log::JournalCheck& journal = outcome.report.journal;
  std::string text = model::Concat(
      "entries     ", journal.entries, "\nportions    ", journal.portions, "\ntree nodes  ", journal.nodes,
      "\nindex rows  ", journal.index_rows, "\ncheckpoint  size ", journal.checkpoint.size, ", root ",
      crypto::ToHex(journal.checkpoint.root), "\nviews       ", Describe(outcome.views), "\n\n");
  if (outcome.damages.empty()) return text + Styled("no damage", Style::kGreen) + "\n";
  Table table({{"what"}, {"part"}, {"position", Column::Align::kRight}, {"state"}, {"damage"}});
  for (const ListedDamage& listed : outcome.damages) {
    const bool is_signed = listed.damage.of == Damage::Of::kSigned;
    const Cell state =
        listed.repaired ? Cell("repaired", Style::kGreen) : Cell(is_signed ? "lost" : "can be repaired", Style::kRed);
    table.AddRow({is_signed ? "signed" : "derived", listed.damage.part,
                  listed.damage.position.has_value() ? model::Concat(*listed.damage.position) : "", state,
                  listed.damage.detail});
  }
  return text + table.Format(0);
}

nlohmann::ordered_json OutcomeAsJson(const Outcome& outcome) {
  const log::JournalCheck& journal = outcome.report.journal;
  nlohmann::ordered_json json = {
      {"intact", outcome.remaining == 0},
      {"record_intact", outcome.report.record_intact},
      {"entries", journal.entries},
      {"portions", journal.portions},
      {"nodes", journal.nodes},
      {"index_rows", journal.index_rows},
      {"checkpoint", {{"size", journal.checkpoint.size}, {"root", crypto::ToHex(journal.checkpoint.root)}}},
      {"views", std::string(Describe(outcome.views))},
      {"damages", nlohmann::ordered_json::array()}};
  for (const ListedDamage& listed : outcome.damages) {
    nlohmann::ordered_json item = {{"of", listed.damage.of == Damage::Of::kSigned ? "signed" : "derived"},
                                   {"part", listed.damage.part},
                                   {"position", nullptr},
                                   {"repaired", listed.repaired},
                                   {"detail", listed.damage.detail}};
    if (listed.damage.position.has_value()) item["position"] = *listed.damage.position;
    json["damages"].push_back(std::move(item));
  }
  return json;
}

absl::Status PrintOutcome(const Outcome& outcome, Format format) {
  if (format == Format::kTable) return PrintText(FormatOutcome(outcome));
  return PrintJson(OutcomeAsJson(outcome), format);
}

absl::Status CheckFiles(const GlobalOptions& options, const FsckArguments& arguments) {
  const std::string& path = arguments.directory.empty() ? options.ledger : arguments.directory;
  if (path.empty()) return absl::InvalidArgumentError("which ledger? Give its directory: sworn fsck DIR");
  const absl::StatusOr<Outcome> outcome = RunFsck(path, arguments.repair);
  if (!outcome.ok()) return outcome.status();
  if (absl::Status printed = PrintOutcome(*outcome, options.format); !printed.ok()) return printed;
  if (outcome->remaining == 0) return absl::OkStatus();
  const bool is_signed = outcome->report.damages.signed_count() > 0;
  return absl::DataLossError(model::Concat(
      "verification failed: ", Counted(outcome->remaining, "damage", "damages"), " in ", path,
      is_signed ? "; what is signed cannot be made again: restore the ledger from a backup (sworn restore)"
                : "; all of it can be made again from what is signed: sworn fsck --repair"));
}

}  // namespace

void AddFsckCommand(Program& program) {
  const auto arguments = std::make_shared<FsckArguments>();
  CLI::App& command =
      AddCommand(program, program.app, "fsck",
                 "Find damage in a ledger's files, and make again what is derived from what is signed",
                 "  sworn fsck ledger\n  sworn fsck ledger --repair\n"
                 "\n"
                 "What is signed (entries, portions, checkpoints) is named and never changed; tree nodes, indexes and\n"
                 "views can be made again. Whether the record was rightly made is for sworn audit to say.",
                 [&program, arguments] { return CheckFiles(program.options, *arguments); });
  command.add_option("DIR", arguments->directory, "The ledger (else --ledger)")->type_name("");
  command.add_flag("--repair", arguments->repair,
                   "Make again what is derived; needs room for a second journal, and no process that holds the ledger");
}

}  // namespace sworn::cli
