#include "tests/bench/scratch_ledger.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <thread>
#include <utility>

#include "absl/time/clock.h"
#include "ledger/journal/rocksdb/rocksdb_journal.h"
#include "ledger/log/genesis.h"
#include "ledger/model/report_builder.h"

namespace sworn::bench {
namespace {

constexpr size_t kClients = 64;
constexpr uint64_t kReportsBetweenProgress = 20'000;

v1::Portion MakeAssertion(uint64_t number) {
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

}  // namespace

absl::StatusOr<std::unique_ptr<ScratchLedger>> ScratchLedger::Make(const std::string& parent, log::LogOptions options) {
  std::string path = parent + "/sworn-bench-XXXXXX";
  if (mkdtemp(path.data()) == nullptr) return absl::UnavailableError("cannot make a directory in " + parent);
  return At(path, End::kDeleted, std::move(options));
}

absl::StatusOr<std::unique_ptr<ScratchLedger>> ScratchLedger::Keep(const std::string& path, log::LogOptions options) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return absl::UnavailableError("cannot make " + path + ": " + error.message());
  return At(path, End::kKept, std::move(options));
}

absl::StatusOr<std::unique_ptr<ScratchLedger>> ScratchLedger::At(const std::string& path, End end,
                                                                 log::LogOptions options) {
  absl::StatusOr<crypto::PrivateKey> author = crypto::PrivateKey::Generate(v1::Signature::ED25519);
  if (!author.ok()) return author.status();
  std::unique_ptr<ScratchLedger> ledger(new ScratchLedger(path, *std::move(author), end));
  if (absl::Status status = ledger->Open(std::move(options)); !status.ok()) return status;
  return ledger;
}

absl::StatusOr<v1::Report> ScratchLedger::Sign(uint64_t number) const {
  model::ReportBuilder builder;
  builder.Add(MakeAssertion(number));
  return builder.Sign({&author_}, absl::Now());
}

ScratchLedger::~ScratchLedger() {
  log_.reset();
  if (end_ == End::kKept) return;
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

absl::Status ScratchLedger::Open(log::LogOptions options) {
  const std::string path = path_ + "/ledger";
  const bool is_there = std::filesystem::exists(path);
  absl::StatusOr<log::LedgerDirectory> directory =
      is_there ? log::LedgerDirectory::Open(path) : log::LedgerDirectory::Create(path, "bench.example/ledger");
  if (!directory.ok()) return directory.status();
  directory_ = std::make_unique<log::LedgerDirectory>(*std::move(directory));
  const absl::StatusOr<crypto::PrivateKey> ledger_key = directory_->ReadLedgerKey();
  if (!ledger_key.ok()) return ledger_key.status();
  absl::StatusOr<std::unique_ptr<journal::Journal>> journal = journal::OpenRocksDbJournal(
      directory_->journal_path(), is_there ? journal::OpenMode::kWrite : journal::OpenMode::kCreate);
  if (!journal.ok()) return journal.status();
  absl::StatusOr<std::unique_ptr<log::Log>> log = log::Log::Open(
      *std::move(journal), directory_->verifier_key(), *ledger_key, directory_->guard_path(), std::move(options));
  if (!log.ok()) return log.status();
  log_ = *std::move(log);
  if (is_there) return absl::OkStatus();
  absl::StatusOr<v1::Report> genesis =
      log::BuildGenesis(directory_->verifier_key(), *ledger_key, "bench", author_, {}, absl::Now());
  if (!genesis.ok()) return genesis.status();
  return log_->AppendAndWait(*std::move(genesis)).status();
}

// Each client signs and records its share, one report after the other. Answers the first error, if any.
absl::Status ScratchLedger::Record(size_t count) {
  const uint64_t first = log_->size();
  std::vector<absl::Status> outcomes(kClients);
  std::vector<std::thread> threads;
  for (size_t client = 0; client < kClients; ++client) {
    threads.emplace_back([&, client] {
      for (size_t i = client; i < count && outcomes[client].ok(); i += kClients) {
        absl::StatusOr<v1::Report> report = Sign(first + i);
        outcomes[client] = report.ok() ? log_->AppendAndWait(*std::move(report)).status() : report.status();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const auto failed =
      std::find_if(outcomes.begin(), outcomes.end(), [](const absl::Status& outcome) { return !outcome.ok(); });
  return failed == outcomes.end() ? absl::OkStatus() : *failed;
}

absl::Status ScratchLedger::Grow(uint64_t entries) {
  while (log_->size() < entries) {
    absl::Status recorded = Record(static_cast<size_t>(std::min(kReportsBetweenProgress, entries - log_->size())));
    if (!recorded.ok()) return recorded;
    std::fprintf(stderr, "\r%lu of %lu entries", static_cast<unsigned long>(log_->size()),
                 static_cast<unsigned long>(entries));
  }
  std::fprintf(stderr, "\n");
  return absl::OkStatus();
}

}  // namespace sworn::bench
