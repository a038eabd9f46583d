// RocksDB's errors in the ledger's own words. Included only within this folder.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <rocksdb/env.h>
#include <rocksdb/status.h>

#include <cstdarg>
#include <deque>
#include <mutex>
#include <string>

#include "absl/status/status.h"

namespace sworn::journal {

// OK for OK. `context` says what was being done to which file or position. Damage and failed reads are DataLoss
// (DAMAGED), a lock held elsewhere is FailedPrecondition (LEDGER_IN_USE), a full disk ResourceExhausted.
absl::Status FromRocksDb(const rocksdb::Status& status, const std::string& context);

// Takes RocksDB's log. Keeps the last warnings, which name the damaged file where the status does not, and drops the
// rest.
class WarningCollector : public rocksdb::Logger {
 public:
  WarningCollector() : rocksdb::Logger(rocksdb::InfoLogLevel::WARN_LEVEL) {}
  using rocksdb::Logger::Logv;
  void Logv(const char* format, va_list arguments) override;
  // The warnings, oldest first, separated by "; ".
  std::string Warnings() const;

 private:
  static constexpr size_t kMaxWarnings = 8;
  mutable std::mutex mutex_;
  std::deque<std::string> warnings_;  // under mutex_
};

// Why the database in `directory` could not be opened: as FromRocksDb, and for damage the file concerned and `advice`.
absl::Status OpenError(const rocksdb::Status& status, const std::string& what, const std::string& directory,
                       const WarningCollector& warnings, const std::string& advice);

}  // namespace sworn::journal
