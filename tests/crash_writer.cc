// Helper of crash_test: opens the log of an embedded ledger and appends reports from several threads until it is
// killed. Prints a line "REPORT_ID POSITION" for each receipt, unbuffered, after the receipt was given.
//
// usage: crash_writer LEDGER_DIRECTORY AUTHOR_KEY_FILE
#include <unistd.h>

#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "ledger/crypto/key_file.h"
#include "ledger/journal/rocksdb/rocksdb_journal.h"
#include "ledger/log/ledger_directory.h"
#include "ledger/log/log.h"
#include "ledger/model/report_builder.h"
#include "ledger/model/sample_report.h"

namespace sworn {
namespace {

constexpr int kThreads = 4;

int Fail(const absl::Status& status) {
  std::cerr << "crash_writer: " << status << "\n";
  return 1;
}

absl::StatusOr<std::unique_ptr<log::Log>> OpenLog(const std::string& directory_path) {
  const absl::StatusOr<log::LedgerDirectory> directory = log::LedgerDirectory::Open(directory_path);
  if (!directory.ok()) return directory.status();
  absl::StatusOr<std::unique_ptr<journal::Journal>> journal =
      journal::OpenRocksDbJournal(directory->journal_path(), journal::OpenMode::kWrite);
  if (!journal.ok()) return journal.status();
  absl::StatusOr<crypto::PrivateKey> ledger_key = directory->ReadLedgerKey();
  if (!ledger_key.ok()) return ledger_key.status();
  return log::Log::Open(*std::move(journal), directory->verifier_key(), *std::move(ledger_key), directory->guard_path(),
                        {});
}

// Appends until something fails: the parent ends this process long before that.
void AppendForever(log::Log& log, const crypto::PrivateKey& author) {
  while (true) {
    model::ReportBuilder builder;
    for (const v1::Portion& portion : model::sample::GoodPortions()) builder.Add(portion);
    absl::StatusOr<v1::Report> report = builder.Sign({&author}, absl::Now());
    if (!report.ok()) return (void)Fail(report.status());
    const absl::StatusOr<log::Appended> appended = log.AppendAndWait(*std::move(report));
    if (!appended.ok()) return (void)Fail(appended.status());
    const v1::Receipt& receipt = appended->receipt;
    const std::string line = absl::StrCat(crypto::ToHex(receipt.report_id()), " ", receipt.position(), "\n");
    // One write of less than PIPE_BUF bytes is never mixed with another's.
    if (write(STDOUT_FILENO, line.data(), line.size()) != static_cast<ssize_t>(line.size())) return;
  }
}

int Run(const std::string& directory, const std::string& key_file) {
  const absl::StatusOr<crypto::PrivateKey> author = crypto::ReadKeyFile(key_file, crypto::Secret());
  if (!author.ok()) return Fail(author.status());
  const absl::StatusOr<std::unique_ptr<log::Log>> log = OpenLog(directory);
  if (!log.ok()) return Fail(log.status());
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int i = 0; i < kThreads; ++i) threads.emplace_back([&] { AppendForever(**log, *author); });
  for (std::thread& thread : threads) thread.join();
  return 1;
}

}  // namespace
}  // namespace sworn

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: crash_writer LEDGER_DIRECTORY AUTHOR_KEY_FILE\n";
    return 2;
  }
  return sworn::Run(argv[1], argv[2]);
}
