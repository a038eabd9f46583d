// Measures an audit of one-assertion reports beside the cost that bounds it: the verification of their signatures.
//
//   audit_bench [--directory DIR] [--reports N] [--threads N] [--json FILE]
//
// Prints a table, and writes JSON to FILE or after the table. The audit reads every entry and portion from disk, hashes
// portions, portion roots, leaves and nodes, parses and validates every report, compares the indexes of ids and
// requests row by row, checks rights and order, and verifies every signature; the replay of the views is measured
// apart.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <future>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "ledger/crypto/dsse.h"
#include "ledger/journal/rocksdb/rocksdb_journal.h"
#include "ledger/log/audit.h"
#include "ledger/log/genesis.h"
#include "ledger/log/ledger_directory.h"
#include "ledger/log/log.h"
#include "ledger/model/report_builder.h"
#include "ledger/views/engine.h"
#include "ledger/views/replay.h"
#include "tests/bench/machine.h"

namespace sworn::bench {
namespace {

constexpr double kGoalOfVerifyRate = 0.85;
constexpr size_t kReportsWaiting = 1'000;

struct Options {
  std::string directory = std::filesystem::temp_directory_path().string();
  size_t reports = 100'000;
  size_t threads = std::thread::hardware_concurrency();
  std::string json;
};

// A directory of its own, deleted at the end.
class ScratchDirectory {
 public:
  explicit ScratchDirectory(const std::string& parent) : path_(parent + "/sworn-bench-XXXXXX") {
    if (mkdtemp(path_.data()) == nullptr) path_.clear();
  }
  ~ScratchDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  ScratchDirectory(ScratchDirectory&&) = delete;
  ScratchDirectory& operator=(ScratchDirectory&&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

v1::Portion MakeAssertion(size_t number) {
  v1::Portion portion;
  portion.mutable_marking()->set_level(v1::Marking::U);
  v1::Assertion& assertion = *portion.mutable_assertion();
  assertion.mutable_subject()->mutable_entity()->set_external_id("iso3166:CN");
  assertion.set_predicate("supplies");
  assertion.mutable_object()->mutable_entity()->set_external_id("iso3166:RU");
  assertion.set_category("materiel/machine-tools");
  assertion.set_statement("Shipment " + std::to_string(number) + " of machine tools crossed the border.");
  assertion.set_polarity(v1::Assertion::AFFIRMS);
  assertion.add_attribution()->set_mode(v1::Hop::WITNESSED);
  return portion;
}

absl::StatusOr<std::unique_ptr<log::Log>> OpenLedger(const log::LedgerDirectory& directory,
                                                     const crypto::PrivateKey& author) {
  const absl::StatusOr<crypto::PrivateKey> ledger_key = directory.ReadLedgerKey();
  if (!ledger_key.ok()) return ledger_key.status();
  absl::StatusOr<std::unique_ptr<journal::Journal>> journal =
      journal::OpenRocksDbJournal(directory.journal_path(), journal::OpenMode::kCreate);
  if (!journal.ok()) return journal.status();
  absl::StatusOr<std::unique_ptr<log::Log>> log =
      log::Log::Open(*std::move(journal), directory.verifier_key(), *ledger_key, directory.guard_path(), {});
  if (!log.ok()) return log;
  absl::StatusOr<v1::Report> genesis =
      log::BuildGenesis(directory.verifier_key(), *ledger_key, "bench", author, {}, absl::Now());
  if (!genesis.ok()) return genesis.status();
  const absl::StatusOr<log::Appended> appended = (*log)->AppendAndWait(*std::move(genesis));
  return appended.ok() ? std::move(log) : absl::StatusOr<std::unique_ptr<log::Log>>(appended.status());
}

// Records the reports, many at a time.
absl::Status FillLedger(log::Log& log, size_t reports, const crypto::PrivateKey& author) {
  for (size_t done = 0; done < reports;) {
    const size_t count = std::min(kReportsWaiting, reports - done);
    std::vector<absl::Status> outcomes(count);
    std::vector<std::future<void>> answers;
    for (size_t i = 0; i < count; ++i) {
      model::ReportBuilder builder;
      builder.Add(MakeAssertion(done + i));
      absl::StatusOr<v1::Report> report = builder.Sign({&author}, absl::Now());
      if (!report.ok()) return report.status();
      const auto answered = std::make_shared<std::promise<void>>();
      answers.push_back(answered->get_future());
      log.Append(*std::move(report), [&outcome = outcomes[i], answered](const absl::StatusOr<log::Appended>& appended) {
        outcome = appended.status();
        answered->set_value();
      });
    }
    for (std::future<void>& answer : answers) answer.wait();
    for (const absl::Status& outcome : outcomes) {
      if (!outcome.ok()) return outcome;
    }
    done += count;
  }
  return absl::OkStatus();
}

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
  std::printf("machine      %s, %u cores, %s\n", figures["processor"].get<std::string>().c_str(),
              figures["cores"].get<unsigned>(), figures["kernel"].get<std::string>().c_str());
  std::printf("file system  %s\n\n", figures["file_system"].get<std::string>().c_str());
  const std::vector<std::pair<const char*, const char*>> rows = {
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
  for (const auto& [key, label] : rows) std::printf("%-52s %12.2f\n", label, figures[key].get<double>());
  std::printf("\nalso done for each entry: %s\n\n", figures["other_work"].get<std::string>().c_str());
}

absl::StatusOr<nlohmann::ordered_json> Measure(const Options& options) {
  const ScratchDirectory scratch(options.directory);
  if (scratch.path().empty()) return absl::UnavailableError("cannot make a directory in " + options.directory);
  const absl::StatusOr<crypto::PrivateKey> author = crypto::PrivateKey::Generate(v1::Signature::ED25519);
  if (!author.ok()) return author.status();
  const absl::StatusOr<log::LedgerDirectory> directory =
      log::LedgerDirectory::Create(scratch.path() + "/ledger", "bench.example/ledger");
  if (!directory.ok()) return directory.status();
  std::string checkpoint;
  {
    const absl::StatusOr<std::unique_ptr<log::Log>> log = OpenLedger(*directory, *author);
    if (!log.ok()) return log.status();
    if (absl::Status filled = FillLedger(**log, options.reports, *author); !filled.ok()) return filled;
    checkpoint = (*log)->checkpoint();
  }
  const absl::StatusOr<std::unique_ptr<journal::Journal>> journal =
      journal::OpenRocksDbJournal(directory->journal_path(), journal::OpenMode::kReadOnly);
  if (!journal.ok()) return journal.status();
  const Machine machine = DescribeMachine(scratch.path());
  nlohmann::ordered_json figures = {{"processor", machine.processor}, {"cores", machine.cores},
                                    {"kernel", machine.kernel},       {"file_system", machine.file_system},
                                    {"reports", options.reports},     {"threads", options.threads}};
  // Before and after, since the speed of a machine that is shared changes.
  const double processor_before_verify = ProcessorSeconds();
  const double verify_before = MeasureVerifyRate();
  const double verify_processor_us = (ProcessorSeconds() - processor_before_verify) * 1e6 / verify_before;
  log::AuditOptions audit_options;
  audit_options.threads = options.threads;
  audit_options.checkpoints = {{"the last checkpoint", checkpoint}};
  const double processor_before_audit = ProcessorSeconds();
  const absl::Time start = absl::Now();
  const log::AuditReport audit = log::AuditJournal(**journal, directory->verifier_key(), audit_options);
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
  const absl::StatusOr<nlohmann::ordered_json> figures = Measure(options);
  if (!figures.ok()) {
    std::cerr << figures.status() << "\n";
    return 1;
  }
  Print(*figures);
  if (options.json.empty()) {
    std::cout << figures->dump(2) << "\n";
  } else {
    std::ofstream(options.json) << figures->dump(2) << "\n";
  }
  return 0;
}

}  // namespace
}  // namespace sworn::bench

int main(int argc, char** argv) { return sworn::bench::Run(argc, argv); }
