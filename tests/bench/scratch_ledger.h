// A ledger to measure: in a directory of its own that is deleted at the end, or one that is kept to be measured again.
//
// Thread-safety: belongs to one thread.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/crypto/key.h"
#include "ledger/log/ledger_directory.h"
#include "ledger/log/log.h"

namespace sworn::bench {

class ScratchLedger {
 public:
  // New, in a new directory of `parent` that is deleted at the end.
  static absl::StatusOr<std::unique_ptr<ScratchLedger>> Make(const std::string& parent, log::LogOptions options = {});
  // In directory `path`: the ledger that was kept there, which does not grow any more, or a new one to be kept.
  static absl::StatusOr<std::unique_ptr<ScratchLedger>> Keep(const std::string& path, log::LogOptions options = {});
  ~ScratchLedger();
  ScratchLedger(const ScratchLedger&) = delete;
  ScratchLedger& operator=(const ScratchLedger&) = delete;
  ScratchLedger(ScratchLedger&&) = delete;
  ScratchLedger& operator=(ScratchLedger&&) = delete;

  // Signs and records one-assertion reports until the log has `entries`, and writes its progress to standard error.
  absl::Status Grow(uint64_t entries);

  // A report of one assertion by the ledger's author, as Grow records them.
  absl::StatusOr<v1::Report> Sign(uint64_t number) const;

  // The log must not be used any more; its files are all on disk.
  void Close() { log_.reset(); }

  log::Log& log() { return *log_; }
  // Signs what is recorded in a new ledger.
  const crypto::PrivateKey& author() const { return author_; }
  const log::LedgerDirectory& directory() const { return *directory_; }
  const std::string& path() const { return path_; }

 private:
  enum class End { kDeleted, kKept };

  ScratchLedger(std::string path, crypto::PrivateKey author, End end)
      : path_(std::move(path)), author_(std::move(author)), end_(end) {}
  static absl::StatusOr<std::unique_ptr<ScratchLedger>> At(const std::string& path, End end, log::LogOptions options);
  absl::Status Open(log::LogOptions options);
  absl::Status Record(size_t count);

  std::string path_;
  crypto::PrivateKey author_;
  End end_;
  std::unique_ptr<log::LedgerDirectory> directory_;
  std::unique_ptr<log::Log> log_;
};

}  // namespace sworn::bench
