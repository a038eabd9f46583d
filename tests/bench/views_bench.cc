// Measures the views of a large, uneven ledger: how fast they are rebuilt from the log, and in how much memory and
// disk.
//
//   views_bench [--assertions N] [--seed N] [--directory DIR | --keep DIR] [--replay-only] [--json FILE]
//
// Prints a table, and writes JSON to FILE or after the table. With --keep the ledger stays in DIR and is measured again
// by the next run; its views are always rebuilt.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/time/clock.h"
#include "tests/bench/child_process.h"
#include "tests/bench/figures.h"
#include "tests/bench/generated_ledger.h"
#include "tests/bench/machine.h"
#include "tests/bench/rebuild.h"
#include "tests/bench/scratch_ledger.h"

namespace sworn::bench {
namespace {

constexpr double kGoalReplay_per_second = 60'000;
constexpr double kGoalViewsToJournal = 3;
constexpr double kGoalMemory_mb = 1'000;

struct Options {
  std::string directory = std::filesystem::temp_directory_path().string();
  std::string keep;
  LedgerShape shape;
  bool replay_only = false;
  std::string json;
  // What the child process is asked to rebuild.
  std::string rebuild_ledger;
  std::string rebuild_rows;
};

double AsDouble(uint64_t number) { return static_cast<double>(number); }

// In a process of its own, into a fresh row store beside the ledger.
absl::Status MeasureReplay(const Options& options, const ScratchLedger& ledger, nlohmann::ordered_json& figures) {
  const std::string rows = ledger.path() + "/rows";
  const std::string json = ledger.path() + "/rebuild.json";
  std::filesystem::remove_all(rows);
  absl::Status rebuilt =
      RunThisProgram({"--rebuild-ledger", ledger.directory().path(), "--rebuild-rows", rows, "--json", json});
  if (!rebuilt.ok()) return rebuilt;
  const nlohmann::ordered_json rebuild = nlohmann::ordered_json::parse(std::ifstream(json));
  for (const auto& [key, value] : rebuild.items()) figures["replay_" + key] = value;
  const double assertions = AsDouble(options.shape.assertions);
  const double rate = assertions / rebuild["seconds"].get<double>();
  figures["replay_per_second"] = rate;
  figures["replay_processor_us"] =
      (rebuild["user_seconds"].get<double>() + rebuild["system_seconds"].get<double>()) * 1e6 / assertions;
  figures["goal_replay_per_second"] = kGoalReplay_per_second;
  figures["replay_to_goal"] = rate / kGoalReplay_per_second;
  figures["goal_memory_mb"] = kGoalMemory_mb;
  const double journal_bytes = BytesOf(ledger.directory().journal_path());
  const double views_bytes = BytesOf(rows);
  figures["journal_mb"] = journal_bytes / 1e6;
  figures["views_mb"] = views_bytes / 1e6;
  figures["views_bytes_each"] = views_bytes / assertions;
  figures["views_to_journal"] = views_bytes / journal_bytes;
  figures["goal_views_to_journal"] = kGoalViewsToJournal;
  return absl::OkStatus();
}

absl::StatusOr<nlohmann::ordered_json> Measure(const Options& options) {
  const absl::StatusOr<std::unique_ptr<ScratchLedger>> ledger =
      options.keep.empty() ? ScratchLedger::Make(options.directory, GeneratingOptions())
                           : ScratchLedger::Keep(options.keep, GeneratingOptions());
  if (!ledger.ok()) return ledger.status();
  nlohmann::ordered_json figures = FiguresOf(DescribeMachine((*ledger)->path()));
  const absl::Time start = absl::Now();
  if (absl::Status status = Generate(options.shape, **ledger); !status.ok()) return status;
  figures["assertions"] = options.shape.assertions;
  figures["entries"] = (*ledger)->log().size();
  figures["generate_seconds"] = absl::ToDoubleSeconds(absl::Now() - start);
  (*ledger)->Close();
  if (absl::Status status = MeasureReplay(options, **ledger, figures); !status.ok()) return status;
  return figures;
}

void Print(const nlohmann::ordered_json& figures) {
  const FigureLabels labels = {
      {"assertions", "assertions"},
      {"entries", "entries of the log"},
      {"generate_seconds", "generating, signing and recording them, s"},
      {"replay_seconds", "replay of every view at once, s"},
      {"replay_support_seconds", "  of the support view, s"},
      {"replay_provenance_seconds", "  of the provenance view, s"},
      {"replay_user_seconds", "  processor time of all threads, user, s"},
      {"replay_system_seconds", "  processor time of all threads, system, s"},
      {"replay_processor_us", "  processor time of one assertion, us"},
      {"replay_per_second", "replay, assertions per second"},
      {"goal_replay_per_second", "goal"},
      {"replay_to_goal", "ratio"},
      {"replay_peak_memory_mb", "resident memory at its peak during replay, MB"},
      {"goal_memory_mb", "goal"},
      {"journal_mb", "journal, MB"},
      {"views_mb", "views, MB"},
      {"views_bytes_each", "views, bytes for each assertion"},
      {"views_to_journal", "views / journal"},
      {"goal_views_to_journal", "goal"},
  };
  PrintFigures(figures, labels);
}

int Run(int argc, char** argv) {
  Options options;
  CLI::App app{"Measures the views of a large, uneven ledger."};
  app.add_option("--directory", options.directory, "Where to measure")->capture_default_str();
  app.add_option("--keep", options.keep, "Directory to keep the ledger in; one that is there is measured as it is");
  app.add_option("--assertions", options.shape.assertions, "Assertions of the ledger")
      ->check(CLI::Range(kMinGeneratedAssertions, uint64_t{100'000'000}))
      ->capture_default_str();
  app.add_option("--seed", options.shape.seed, "Of the ledger")->capture_default_str();
  app.add_flag("--replay-only", options.replay_only, "Measure the replay alone");
  app.add_option("--json", options.json, "File for the figures; standard output where it is not given");
  app.add_option("--rebuild-ledger", options.rebuild_ledger)->group("");
  app.add_option("--rebuild-rows", options.rebuild_rows)->group("");
  CLI11_PARSE(app, argc, argv);
  if (!options.rebuild_ledger.empty()) {
    const auto print_nothing = [](const nlohmann::ordered_json&) {};
    return Conclude(MeasureRebuild(options.rebuild_ledger, options.rebuild_rows), print_nothing, options.json);
  }
  return Conclude(Measure(options), &Print, options.json);
}

}  // namespace
}  // namespace sworn::bench

int main(int argc, char** argv) { return sworn::bench::Run(argc, argv); }
