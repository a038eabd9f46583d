// audit: everything a ledger's files claim, computed again; no server.
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/time/clock.h"
#include "cli/commands.h"
#include "cli/files.h"
#include "cli/table.h"
#include "ledger/crypto/hash.h"
#include "ledger/journal/rocksdb/rocksdb_journal.h"
#include "ledger/journal/rocksdb/row_store.h"
#include "ledger/log/audit.h"
#include "ledger/log/ledger_directory.h"
#include "ledger/model/text.h"
#include "ledger/views/engine.h"
#include "ledger/views/replay.h"
#include "nlohmann/json.hpp"

namespace sworn::cli {
namespace {

constexpr absl::Duration kProgressPause = absl::Milliseconds(500);

enum class ViewsState { kCompared, kAbsent };

struct Audit {
  log::AuditReport report;
  ViewsState views = ViewsState::kAbsent;
};

void AddFinding(Audit& audit, std::string check, std::string detail) {
  audit.report.findings.push_back({std::move(check), std::nullopt, std::move(detail)});
}

// Progress on a terminal only.
std::function<void(uint64_t, uint64_t)> MakeProgress() {
  if (!StandardErrorIsTerminal()) return [](uint64_t, uint64_t) {};
  return [last = absl::Now()](uint64_t done, uint64_t total) mutable {
    if (absl::Now() - last < kProgressPause && done != total) return;
    last = absl::Now();
    std::cerr << "\r\x1b[K";
    if (done != total) std::cerr << "auditing: entry " << done << " of " << total;
    std::cerr << std::flush;
  };
}

absl::StatusOr<std::string> ReadGuard(const log::LedgerDirectory& directory) {
  absl::StatusOr<std::string> guard = ReadFile(directory.guard_path(), merkle::kMaxNoteBytes);
  if (absl::IsNotFound(guard.status())) return std::string();
  return guard;
}

void CompareViews(const journal::Journal& journal, journal::RowStore& rows, Audit& audit) {
  audit.views = ViewsState::kCompared;
  for (const views::ViewDifference& difference : views::CompareViews(journal, &rows, {}, views::AllViews()).findings) {
    AddFinding(audit, "view", model::Concat("view ", difference.view, ": ", difference.detail));
  }
}

// The guard and the views are opened before the journal, so that neither is ahead of it while a daemon writes.
absl::StatusOr<Audit> RunAudit(const std::string& path) {
  const absl::StatusOr<log::LedgerDirectory> directory = log::LedgerDirectory::Open(path);
  if (!directory.ok()) return directory.status();
  const absl::StatusOr<std::string> guard = ReadGuard(*directory);
  if (!guard.ok()) return guard.status();
  Audit audit;
  const absl::StatusOr<std::unique_ptr<journal::RowStore>> rows =
      journal::RowStore::OpenReadOnly(directory->views_path());
  const absl::StatusOr<std::unique_ptr<journal::Journal>> journal =
      journal::OpenRocksDbJournal(directory->journal_path(), journal::OpenMode::kReadOnly);
  if (absl::IsDataLoss(journal.status())) {
    AddFinding(audit, "storage", std::string(journal.status().message()));
    return audit;
  }
  if (!journal.ok()) return journal.status();
  log::AuditOptions audit_options;
  audit_options.checkpoints = {{"the published checkpoint", *guard}};
  audit_options.progress = MakeProgress();
  audit.report = log::AuditJournal(**journal, directory->verifier_key(), audit_options);
  if (rows.ok()) {
    CompareViews(**journal, **rows, audit);
  } else if (!absl::IsNotFound(rows.status())) {
    AddFinding(audit, "view", std::string(rows.status().message()));
  }
  return audit;
}

std::string FormatAudit(const Audit& audit) {
  const log::AuditReport& report = audit.report;
  std::string text = model::Concat(
      "entries     ", report.counts.entries, "\nportions    ", report.counts.portions, "\nsignatures  ",
      report.signatures, "\ntree nodes  ", report.counts.nodes, "\ncheckpoint  ", Printable(report.checkpoint.origin),
      ", size ", report.checkpoint.size, ", root ", crypto::ToHex(report.checkpoint.root), "\nviews       ",
      audit.views == ViewsState::kCompared ? "compared with a replay of the log"
                                           : "none stored (they are rebuilt from the log when the ledger is opened)",
      "\n\n");
  if (report.findings.empty()) return text + Styled("the record is intact", Style::kGreen) + "\n";
  Table table({{"check"}, {"position", Column::Align::kRight}, {"finding"}});
  for (const log::Finding& finding : report.findings) {
    table.AddRow({Cell(finding.check, Style::kRed),
                  finding.position.has_value() ? model::Concat(*finding.position) : "", finding.detail});
  }
  return text + table.Format(0);
}

nlohmann::ordered_json AuditAsJson(const Audit& audit) {
  const log::AuditReport& report = audit.report;
  nlohmann::ordered_json json = {{"intact", report.findings.empty()},
                                 {"entries", report.counts.entries},
                                 {"portions", report.counts.portions},
                                 {"signatures", report.counts.signatures},
                                 {"nodes", report.counts.nodes},
                                 {"checkpoint",
                                  {{"origin", report.checkpoint.origin},
                                   {"size", report.checkpoint.size},
                                   {"root", crypto::ToHex(report.checkpoint.root)}}},
                                 {"views_compared", audit.views == ViewsState::kCompared},
                                 {"findings", nlohmann::ordered_json::array()}};
  for (const log::Finding& finding : report.findings) {
    nlohmann::ordered_json item = {{"check", finding.check}, {"position", nullptr}, {"detail", finding.detail}};
    if (finding.position.has_value()) item["position"] = *finding.position;
    json["findings"].push_back(std::move(item));
  }
  return json;
}

absl::Status PrintAudit(const Audit& audit, Format format) {
  if (format == Format::kTable) return PrintText(FormatAudit(audit));
  const int indent = format == Format::kJson ? 1 : -1;
  return PrintRaw(AuditAsJson(audit).dump(indent, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

absl::Status AuditLedger(const GlobalOptions& options, const std::string& directory) {
  const std::string& path = directory.empty() ? options.ledger : directory;
  if (path.empty()) return absl::InvalidArgumentError("which ledger? Give its directory: sworn audit DIR");
  const absl::StatusOr<Audit> audit = RunAudit(path);
  if (!audit.ok()) return audit.status();
  if (absl::Status printed = PrintAudit(*audit, options.format); !printed.ok()) return printed;
  const size_t count = audit->report.findings.size();
  if (count == 0) return absl::OkStatus();
  return absl::DataLossError(
      model::Concat("verification failed: ", Counted(count, "finding", "findings"), " in ", path));
}

}  // namespace

void AddAuditCommand(Program& program) {
  const auto directory = std::make_shared<std::string>();
  AddCommand(program, program.app, "audit",
             "Check all of a ledger's files: signatures, tree, order, and the views against a replay",
             "  sworn audit ledger\n  sworn audit ledger --format json",
             [&program, directory] { return AuditLedger(program.options, *directory); })
      .add_option("DIR", *directory, "The ledger, or a copy of it (else --ledger)")
      ->type_name("");
}

}  // namespace sworn::cli
