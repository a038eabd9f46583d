#include "ledger/journal/rocksdb/rocksdb_status.h"

#include <array>
#include <cstdio>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ledger/model/refusal.h"

namespace sworn::journal {

absl::Status FromRocksDb(const rocksdb::Status& status, const std::string& context) {
  if (status.ok()) {
    return absl::OkStatus();
  }
  const std::string detail = status.ToString();
  const std::string message = absl::StrCat(context, ": ", detail);
  if (status.IsNotFound()) {
    return absl::NotFoundError(message);
  }
  if (status.IsIOError() && absl::StrContains(detail, "LOCK")) {
    return model::Refuse(v1::Refusal::LEDGER_IN_USE,
                         absl::StrCat(context, ": another process holds it; stop that process, or talk to it instead"));
  }
  if (status.IsNoSpace()) {
    return absl::ResourceExhaustedError(absl::StrCat(message, "; free some disk space"));
  }
  if (status.IsCorruption() || status.IsIOError()) {
    return model::Refuse(v1::Refusal::DAMAGED, message);
  }
  return absl::InternalError(message);
}

void WarningCollector::Logv(const char* format, va_list arguments) {
  std::array<char, 512> text{};
  if (std::vsnprintf(text.data(), text.size(), format, arguments) < 0) {
    return;
  }
  const std::lock_guard lock(mutex_);
  warnings_.emplace_back(text.data());
  if (warnings_.size() > kMaxWarnings) {
    warnings_.pop_front();
  }
}

std::string WarningCollector::Warnings() const {
  const std::lock_guard lock(mutex_);
  return absl::StrJoin(warnings_, "; ");
}

absl::Status OpenError(const rocksdb::Status& status, const std::string& what, const std::string& directory,
                       const WarningCollector& warnings, const std::string& advice) {
  absl::Status error = FromRocksDb(status, absl::StrCat("opening ", what, " in ", directory));
  if (error.code() != absl::StatusCode::kDataLoss) {
    return error;
  }
  const bool names_file = absl::StrContains(status.ToString(), directory);
  return model::Refuse(
      v1::Refusal::DAMAGED,
      absl::StrCat(error.message(), names_file ? "" : absl::StrCat(" (", warnings.Warnings(), ")"), "; ", advice));
}

}  // namespace sworn::journal
