#include "tests/bench/rebuild.h"

#include <sys/resource.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "ledger/journal/rocksdb/rocksdb_journal.h"
#include "ledger/journal/rocksdb/row_store.h"
#include "ledger/log/ledger_directory.h"
#include "ledger/views/engine.h"

namespace sworn::bench {
namespace {

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

double SecondsSince(absl::Time start) { return absl::ToDoubleSeconds(absl::Now() - start); }

double PeakMemoryMegabytes() {
  std::ifstream status("/proc/self/status");
  const std::string name = "VmHWM:";
  for (std::string line; std::getline(status, line);) {
    if (line.rfind(name, 0) == 0) return std::stod(line.substr(name.size())) * 1'024 / 1e6;
  }
  return 0;
}

// Until every view has folded the whole log. Says when each had.
absl::Status WaitForViews(const views::ViewEngine& engine, absl::Time start, nlohmann::ordered_json& figures) {
  for (bool all_current = false; !all_current; absl::SleepFor(absl::Milliseconds(5))) {
    all_current = true;
    for (const v1::ViewStatus& view : engine.Status()) {
      if (view.state() == v1::ViewStatus::FAILED) return absl::InternalError(view.name() + ": " + view.last_error());
      const std::string key = view.name() + "_seconds";
      if (view.lag_entries() > 0) {
        all_current = false;
      } else if (!figures.contains(key)) {
        figures[key] = SecondsSince(start);
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<nlohmann::ordered_json> MeasureRebuild(const std::string& ledger_directory,
                                                      const std::string& rows_directory) {
  const absl::StatusOr<log::LedgerDirectory> directory = log::LedgerDirectory::Open(ledger_directory);
  if (!directory.ok()) return directory.status();
  const absl::StatusOr<std::unique_ptr<journal::Journal>> journal =
      journal::OpenRocksDbJournal(directory->journal_path(), journal::OpenMode::kReadOnly);
  if (!journal.ok()) return journal.status();
  if (std::filesystem::exists(rows_directory)) {
    return absl::FailedPreconditionError(rows_directory + " is there already; delete it");
  }
  absl::StatusOr<std::unique_ptr<journal::RowStore>> rows = journal::RowStore::Open(rows_directory);
  if (!rows.ok()) return rows.status();

  nlohmann::ordered_json figures;
  const absl::Time start = absl::Now();
  absl::StatusOr<std::unique_ptr<views::ViewEngine>> engine =
      views::ViewEngine::Start(**journal, *std::move(rows), views::AllViews(), (*journal)->Size());
  if (!engine.ok()) return engine.status();
  if (absl::Status status = WaitForViews(**engine, start, figures); !status.ok()) return status;
  figures["seconds"] = SecondsSince(start);
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  figures["user_seconds"] = Seconds(usage.ru_utime);
  figures["system_seconds"] = Seconds(usage.ru_stime);
  figures["peak_memory_mb"] = PeakMemoryMegabytes();
  engine->reset();
  figures["seconds_with_close"] = SecondsSince(start);
  return figures;
}

double BytesOf(const std::string& directory) {
  double bytes = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(directory)) {
    if (file.is_regular_file()) bytes += static_cast<double>(file.file_size());
  }
  return bytes;
}

}  // namespace sworn::bench
