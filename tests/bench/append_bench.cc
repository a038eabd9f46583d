// Measures durable appends of one-assertion reports beside the costs that bound them, all in one run.
//
//   append_bench [--directory DIR] [--clients N] [--reports N] [--json FILE]
//
// Prints a table, and writes JSON to FILE or after the table.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "ledger/crypto/random.h"
#include "ledger/journal/rocksdb/rocksdb_journal.h"
#include "ledger/log/log.h"
#include "tests/bench/figures.h"
#include "tests/bench/machine.h"
#include "tests/bench/scratch_ledger.h"

namespace sworn::bench {
namespace {

constexpr double kGoalOfVerifyRate = 0.6;

struct Options {
  std::string directory = std::filesystem::temp_directory_path().string();
  size_t clients = 64;
  size_t reports = 20'000;
  std::string json;
};

struct Appends {
  double per_second = 0;
  double reports_per_group = 0;
  double p50_ms = 0;
  double p99_ms = 0;
};

absl::StatusOr<std::vector<v1::Report>> MakeReports(size_t count, const ScratchLedger& ledger) {
  std::vector<v1::Report> reports;
  reports.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    absl::StatusOr<v1::Report> report = ledger.Sign(i);
    if (!report.ok()) {
      return report.status();
    }
    reports.push_back(*std::move(report));
  }
  return reports;
}

// Groups of `group_entries` small entries that the journal makes durable in a second, times `group_entries`.
absl::StatusOr<double> MeasureJournalRate(const std::string& directory, size_t group_entries) {
  absl::StatusOr<std::unique_ptr<journal::Journal>> journal =
      journal::OpenRocksDbJournal(directory, journal::OpenMode::kCreate);
  if (!journal.ok()) {
    return journal.status();
  }
  const absl::Time start = absl::Now();
  absl::Duration elapsed;
  while (elapsed < absl::Seconds(1)) {
    journal::Group group;
    for (size_t i = 0; i < group_entries; ++i) {
      journal::StoredEntry& entry = group.entries.emplace_back();
      entry.position = (*journal)->Size() + i;
      entry.entry = crypto::RandomBytes(300);
      entry.request_key = crypto::RandomBytes(48);
      entry.report_id = crypto::Sha256(entry.entry);
      entry.portions.push_back({crypto::Sha256(entry.request_key), std::string(16, 's'), std::string(200, 'p')});
    }
    if (absl::Status status = (*journal)->Append((*journal)->Size(), group); !status.ok()) {
      return status;
    }
    elapsed = absl::Now() - start;
  }
  return static_cast<double>((*journal)->Size()) / absl::ToDoubleSeconds(elapsed);
}

// Each client appends its share, one report after the other. The first error, if any, ends the measurement.
absl::StatusOr<Appends> MeasureAppends(log::Log& log, std::vector<v1::Report> reports, size_t clients) {
  std::vector<double> latencies_ms(reports.size());
  std::vector<absl::Status> outcomes(clients);
  std::vector<std::thread> threads;
  const uint64_t groups_before = log.counters().groups;
  const absl::Time start = absl::Now();
  for (size_t client = 0; client < clients; ++client) {
    threads.emplace_back([&, client] {
      for (size_t i = client; i < reports.size() && outcomes[client].ok(); i += clients) {
        const absl::Time sent = absl::Now();
        outcomes[client] = log.AppendAndWait(std::move(reports[i])).status();
        latencies_ms[i] = absl::ToDoubleMilliseconds(absl::Now() - sent);
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  const double seconds = absl::ToDoubleSeconds(absl::Now() - start);
  for (const absl::Status& outcome : outcomes) {
    if (!outcome.ok()) {
      return outcome;
    }
  }
  std::sort(latencies_ms.begin(), latencies_ms.end());
  const auto count = static_cast<double>(reports.size());
  return Appends{count / seconds, count / static_cast<double>(log.counters().groups - groups_before),
                 latencies_ms[reports.size() / 2], latencies_ms[reports.size() * 99 / 100]};
}

void Print(const nlohmann::ordered_json& figures) {
  const FigureLabels labels = {
      {"verify_per_second", "Ed25519 verify, one core, per second"},
      {"sync_per_second", "fdatasync of 4 KiB appends, per second"},
      {"journal_1_per_second", "journal, entries per second, synced one by one"},
      {"journal_64_per_second", "journal, entries per second, synced by 64"},
      {"appends_per_second", "durable appends, reports per second"},
      {"reports_per_group", "reports per synced group"},
      {"append_p50_ms", "append, median, ms"},
      {"append_p99_ms", "append, 99th percentile, ms"},
      {"ratio_to_verify", "durable appends / verify rate"},
      {"goal_ratio", "goal"},
  };
  PrintFigures(figures, labels);
}

absl::StatusOr<nlohmann::ordered_json> Measure(const Options& options) {
  const absl::StatusOr<std::unique_ptr<ScratchLedger>> ledger = ScratchLedger::Make(options.directory);
  if (!ledger.ok()) {
    return ledger.status();
  }
  const std::string& path = (*ledger)->path();
  nlohmann::ordered_json figures = FiguresOf(DescribeMachine(path));
  figures["clients"] = options.clients;
  figures["reports"] = options.reports;
  figures["verify_per_second"] = MeasureVerifyRate();
  figures["sync_per_second"] = MeasureSyncRate(path);
  for (const size_t entries : {size_t{1}, size_t{64}}) {
    const std::string name = "journal_" + std::to_string(entries);
    const absl::StatusOr<double> rate = MeasureJournalRate(path + "/" + name, entries);
    if (!rate.ok()) {
      return rate.status();
    }
    figures[name + "_per_second"] = *rate;
  }
  absl::StatusOr<std::vector<v1::Report>> reports = MakeReports(options.reports, **ledger);
  if (!reports.ok()) {
    return reports.status();
  }
  const absl::StatusOr<Appends> appends = MeasureAppends((*ledger)->log(), *std::move(reports), options.clients);
  if (!appends.ok()) {
    return appends.status();
  }
  figures["appends_per_second"] = appends->per_second;
  figures["reports_per_group"] = appends->reports_per_group;
  figures["append_p50_ms"] = appends->p50_ms;
  figures["append_p99_ms"] = appends->p99_ms;
  figures["ratio_to_verify"] = appends->per_second / figures["verify_per_second"].get<double>();
  figures["goal_ratio"] = kGoalOfVerifyRate;
  return figures;
}

int Run(int argc, char** argv) {
  Options options;
  CLI::App app{"Measures durable appends of one-assertion reports."};
  app.add_option("--directory", options.directory, "Where to measure; on the ledger's file system")
      ->capture_default_str();
  app.add_option("--clients", options.clients, "Threads that append")
      ->check(CLI::Range(1, 1'000))
      ->capture_default_str();
  app.add_option("--reports", options.reports, "Reports to append")
      ->check(CLI::Range(100, 10'000'000))
      ->capture_default_str();
  app.add_option("--json", options.json, "File for the figures; standard output where it is not given");
  CLI11_PARSE(app, argc, argv);
  return Conclude(Measure(options), &Print, options.json);
}

}  // namespace
}  // namespace sworn::bench

int main(int argc, char** argv) { return sworn::bench::Run(argc, argv); }
