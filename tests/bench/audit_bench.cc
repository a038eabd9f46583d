// Measures an audit of one-assertion reports beside the cost that bounds it: the verification of their signatures.
//
//   audit_bench [--directory DIR] [--reports N] [--threads N] [--json FILE]
//
// Prints a table, and writes JSON to FILE or after the table. The audit reads every entry and portion from disk, hashes
// portions, portion roots, leaves and nodes, parses and validates every report, compares the indexes of ids and
// requests row by row, checks rights and order, and verifies every signature; the replay of the views is measured
// apart.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "ledger/journal/rocksdb/rocksdb_journal.h"
#include "ledger/log/audit.h"
#include "ledger/views/engine.h"
#include "ledger/views/replay.h"
#include "tests/bench/figures.h"
#include "tests/bench/machine.h"
#include "tests/bench/scratch_ledger.h"

namespace sworn::bench {
namespace {

constexpr double kGoalOfVerifyRate = 0.85;

struct Options {
  std::string directory = std::filesystem::temp_directory_path().string();
  size_t reports = 100'000;
  size_t threads = std::thread::hardware_concurrency();
  std::string json;
};

// Signatures verified in a second by all threads together: what the cores give where they share power and caches.
double MeasureVerifyRateOfAll(size_t threads) {
  std::vector<double> rates(threads);
  std::vector<std::thread> running;
  for (size_t i = 0; i < threads; ++i) running.emplace_back([&rate = rates[i]] { rate = MeasureVerifyRate(); });
  double sum = 0;
  for (size_t i = 0; i < threads; ++i) {
    running[i].join();
    sum += rates[i];
  }
  return sum;
}

// What all threads of the process together have used.
double ProcessorSeconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

void Print(const nlohmann::ordered_json& figures) {
  const FigureLabels labels = {
      {"reports", "reports of one assertion"},
      {"threads", "threads"},
      {"verify_per_second", "Ed25519 verify, one core, per second"},
      {"verify_all_per_second", "Ed25519 verify, all threads together, per second"},
      {"audit_seconds", "audit, seconds"},
      {"audit_per_second", "audit, entries per second"},
      {"ratio_to_verify", "audit / (threads x verify rate of one core)"},
      {"goal_ratio", "goal"},
      {"verify_processor_us", "processor time of one Ed25519 verify, us"},
      {"audit_processor_us", "processor time of the audit of one entry, us"},
      {"views_seconds", "replay of every view, one thread each, seconds"},
  };
  PrintFigures(figures, labels);
  std::printf("\nalso done for each entry: %s\n\n", figures["other_work"].get<std::string>().c_str());
}

absl::StatusOr<nlohmann::ordered_json> Measure(const Options& options) {
  const absl::StatusOr<std::unique_ptr<ScratchLedger>> ledger = ScratchLedger::Make(options.directory);
  if (!ledger.ok()) return ledger.status();
  // Entry 0 is not one of them.
  if (absl::Status grown = (*ledger)->Grow(options.reports + 1); !grown.ok()) return grown;
  const std::string checkpoint = (*ledger)->log().checkpoint();
  (*ledger)->Close();
  const log::LedgerDirectory& directory = (*ledger)->directory();
  const absl::StatusOr<std::unique_ptr<journal::Journal>> journal =
      journal::OpenRocksDbJournal(directory.journal_path(), journal::OpenMode::kReadOnly);
  if (!journal.ok()) return journal.status();
  nlohmann::ordered_json figures = FiguresOf(DescribeMachine((*ledger)->path()));
  figures["reports"] = options.reports;
  figures["threads"] = options.threads;
  // Before and after, since the speed of a machine that is shared changes.
  const double processor_before_verify = ProcessorSeconds();
  const double verify_before = MeasureVerifyRate();
  const double verify_processor_us = (ProcessorSeconds() - processor_before_verify) * 1e6 / verify_before;
  log::AuditOptions audit_options;
  audit_options.threads = options.threads;
  audit_options.checkpoints = {{"the last checkpoint", checkpoint}};
  const double processor_before_audit = ProcessorSeconds();
  const absl::Time start = absl::Now();
  const log::AuditReport audit = log::AuditJournal(**journal, directory.verifier_key(), audit_options);
  const double seconds = absl::ToDoubleSeconds(absl::Now() - start);
  const double audit_processor_us =
      (ProcessorSeconds() - processor_before_audit) * 1e6 / static_cast<double>(audit.counts.entries);
  if (!audit.findings.empty()) return absl::DataLossError(audit.findings.front().detail);
  const double verify_rate = (verify_before + MeasureVerifyRate()) / 2;
  figures["verify_per_second"] = verify_rate;
  figures["verify_all_per_second"] = MeasureVerifyRateOfAll(options.threads);
  figures["audit_seconds"] = seconds;
  figures["audit_per_second"] = static_cast<double>(audit.counts.entries) / seconds;
  figures["ratio_to_verify"] =
      static_cast<double>(audit.counts.entries) / seconds / (verify_rate * static_cast<double>(options.threads));
  figures["goal_ratio"] = kGoalOfVerifyRate;
  figures["verify_processor_us"] = verify_processor_us;
  figures["audit_processor_us"] = audit_processor_us;
  figures["signatures"] = audit.counts.signatures;
  figures["portions"] = audit.counts.portions;
  figures["nodes"] = audit.counts.nodes;
  figures["index_rows"] = audit.counts.index_rows;
  figures["other_work"] =
      "reading it from disk, strict parsing and validation of the report, hashes of the portion, its root, the leaf "
      "and "
      "the nodes it completes, three index rows, order and rights";
  const absl::Time replay_start = absl::Now();
  const views::ViewComparison replayed = views::CompareViews(**journal, nullptr, {}, views::AllViews());
  if (!replayed.findings.empty()) return absl::DataLossError(replayed.findings.front().detail);
  figures["views_seconds"] = absl::ToDoubleSeconds(absl::Now() - replay_start);
  return figures;
}

int Run(int argc, char** argv) {
  Options options;
  CLI::App app{"Measures an audit of one-assertion reports."};
  app.add_option("--directory", options.directory, "Where to measure; on the ledger's file system")
      ->capture_default_str();
  app.add_option("--reports", options.reports, "Reports to record and audit")
      ->check(CLI::Range(100, 10'000'000))
      ->capture_default_str();
  app.add_option("--threads", options.threads, "Threads that audit")
      ->check(CLI::Range(1, 1'000))
      ->capture_default_str();
  app.add_option("--json", options.json, "File for the figures; standard output where it is not given");
  CLI11_PARSE(app, argc, argv);
  return Conclude(Measure(options), &Print, options.json);
}

}  // namespace
}  // namespace sworn::bench

int main(int argc, char** argv) { return sworn::bench::Run(argc, argv); }
