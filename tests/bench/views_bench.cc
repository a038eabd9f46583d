// Measures the views of a large, uneven ledger: how fast they are rebuilt from the log, and in how much memory and
// disk.
//
//   views_bench [--assertions N] [--seed N] [--directory DIR | --keep DIR] [--replay-only] [--json FILE]
//
// Prints a table, and writes JSON to FILE or after the table. With --keep the ledger stays in DIR and is measured again
// by the next run; its views are always rebuilt.
#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/time/clock.h"
#include "ledger/journal/rocksdb/rocksdb_journal.h"
#include "tests/bench/child_process.h"
#include "tests/bench/figures.h"
#include "tests/bench/generated_ledger.h"
#include "tests/bench/machine.h"
#include "tests/bench/postgres_comparison.h"
#include "tests/bench/questions.h"
#include "tests/bench/rebuild.h"
#include "tests/bench/scratch_ledger.h"
#include "tests/bench/view_answers.h"

namespace sworn::bench {
namespace {

constexpr double kGoalReplay_per_second = 60'000;
constexpr double kGoalViewsToJournal = 3;
constexpr double kGoalMemory_mb = 1'000;

struct Options {
  std::string directory = std::filesystem::temp_directory_path().string();
  std::string keep;
  LedgerShape shape;
  size_t questions = 2'000;
  bool replay_only = false;
  bool answers_only = false;
  bool no_postgres = false;
  std::string postgres_binaries = "/usr/lib/postgresql/15/bin";
  std::string json;
  // What the child process is asked to rebuild.
  std::string rebuild_ledger;
  std::string rebuild_rows;
};

double AsDouble(uint64_t number) { return static_cast<double>(number); }

std::string RowsDirectory(const ScratchLedger& ledger) { return ledger.path() + "/rows"; }

// In a process of its own, into a fresh row store beside the ledger.
absl::Status MeasureReplay(const Options& options, const ScratchLedger& ledger, nlohmann::ordered_json& figures) {
  const std::string rows = RowsDirectory(ledger);
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

absl::Status MeasureAnswers(const Options& options, const ScratchLedger& ledger, nlohmann::ordered_json& figures) {
  const absl::StatusOr<std::unique_ptr<journal::Journal>> journal =
      journal::OpenRocksDbJournal(ledger.directory().journal_path(), journal::OpenMode::kReadOnly);
  if (!journal.ok()) return journal.status();
  const absl::StatusOr<Questions> questions = Questions::Draw(options.shape, **journal, options.questions);
  if (!questions.ok()) return questions.status();
  const absl::StatusOr<std::unique_ptr<ViewAnswers>> views = ViewAnswers::Open(**journal, RowsDirectory(ledger));
  if (!views.ok()) return views.status();
  if (absl::Status status = questions->Measure("views", **views, figures); !status.ok()) return status;
  if (options.no_postgres) return absl::OkStatus();
  const absl::Status compared =
      CompareWithPostgres(options.directory, options.postgres_binaries, **journal, *questions, **views, figures);
  if (!absl::IsUnimplemented(compared) && !absl::IsNotFound(compared)) return compared;
  std::fprintf(stderr, "%s\n", compared.ToString().c_str());
  return absl::OkStatus();
}

// Of the views to those of PostgreSQL.
void AddRatios(nlohmann::ordered_json& figures) {
  if (!figures.contains("postgres_load_seconds")) return;
  const auto add = [&figures](const std::string& ratio, const std::string& ours, const std::string& theirs) {
    if (figures.contains(ours) && figures.contains(theirs)) {
      figures[ratio] = figures[ours].get<double>() / figures[theirs].get<double>();
    }
  };
  figures["postgres_load_per_second"] =
      figures["assertions"].get<double>() / figures["postgres_load_seconds"].get<double>();
  add("replay_to_postgres", "replay_per_second", "postgres_load_per_second");
  add("views_mb_to_postgres", "views_mb", "postgres_mb");
  for (const Questions::Kind& kind : Questions::Kinds()) {
    for (const char* quantile : {"_p50", "_p99"}) {
      const std::string key = kind.key + quantile;
      add(key + "_to_postgres", "views_" + key + "_ms", "postgres_" + key + "_ms");
      add(key + "_to_postgres_counts", "views_" + key + "_ms", "postgres_counts_" + key + "_ms");
    }
  }
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
  if (!options.answers_only) {
    if (absl::Status status = MeasureReplay(options, **ledger, figures); !status.ok()) return status;
  }
  if (options.replay_only) return figures;
  if (absl::Status status = MeasureAnswers(options, **ledger, figures); !status.ok()) return status;
  AddRatios(figures);
  return figures;
}

// A line for each kind of question: median, 99th percentile, what that is to the goal, and how much of it the processor
// worked; the same of PostgreSQL, and what ours are to its.
void PrintAnswers(const nlohmann::ordered_json& figures) {
  const auto figure = [&](const std::string& name) {
    return figures.contains(name) ? figures[name].get<double>() : std::nan("");
  };
  std::printf("%-46s %9s %9s %7s %9s %9s\n", "milliseconds", "median", "p99", "/ goal", "processor", "p99");
  for (const Questions::Kind& kind : Questions::Kinds()) {
    const std::string views = "views_" + kind.key;
    const double p99_ms = figure(views + "_p99_ms");
    std::printf("%-46s %9.3f %9.3f %7.2f %9.3f %9.3f\n", kind.label.c_str(), figure(views + "_p50_ms"), p99_ms,
                p99_ms / kind.goal_p99_ms, figure(views + "_processor_p50_ms"), figure(views + "_processor_p99_ms"));
    for (const std::string system : {"postgres", "postgres_counts"}) {
      const std::string theirs = system + "_" + kind.key;
      if (!figures.contains(theirs + "_p99_ms")) continue;
      std::printf("  %-44s %9.3f %9.3f  ours / its: median %.2f, p99 %.2f\n",
                  system == "postgres" ? "PostgreSQL, from its tables" : "PostgreSQL, from a table of counts",
                  figure(theirs + "_p50_ms"), figure(theirs + "_p99_ms"), figure(kind.key + "_p50_to_" + system),
                  figure(kind.key + "_p99_to_" + system));
    }
  }
  std::printf("\n");
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
      {"postgres_copy_seconds", "PostgreSQL: copying the same into tables, s"},
      {"postgres_indexed_seconds", "  and indexing them, s"},
      {"postgres_load_seconds", "  and working out origins and counts, s"},
      {"postgres_load_per_second", "PostgreSQL, assertions per second"},
      {"replay_to_postgres", "replay / PostgreSQL's load"},
      {"postgres_mb", "PostgreSQL, MB"},
      {"views_mb_to_postgres", "views / PostgreSQL, bytes on disk"},
      {"compared", "support answers compared with PostgreSQL's"},
      {"compared_alike", "  of these with the same counts and statuses"},
      {"origins_compared", "latest answers compared"},
      {"origins_alike", "  of these with the same origins too"},
      {"views_trace_nodes", "nodes of a trace"},
      {"postgres_trace_nodes", "  in PostgreSQL"},
      {"views_impact_nodes", "nodes of an impact"},
      {"postgres_impact_nodes", "  in PostgreSQL"},
  };
  PrintFigures(figures, labels);
  if (figures.contains("views_trace_p50_ms")) PrintAnswers(figures);
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
  app.add_option("--questions", options.questions, "Questions of each kind to ask")
      ->check(CLI::Range(100, 1'000'000))
      ->capture_default_str();
  app.add_flag("--replay-only", options.replay_only, "Measure the replay alone");
  app.add_flag("--answers-only", options.answers_only, "Ask the views that an earlier run with --keep has rebuilt")
      ->excludes("--replay-only");
  app.add_flag("--no-postgres", options.no_postgres, "Leave the comparison with PostgreSQL out");
  app.add_option("--postgres-binaries", options.postgres_binaries, "Where initdb and pg_ctl are")
      ->capture_default_str();
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
