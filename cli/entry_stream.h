// The entries of a ledger with their portions, read over gRPC in order.
//
// Thread-safety: an EntryStream belongs to one thread.
#pragma once

#include <cstdint>
#include <deque>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/connection.h"
#include "sworn/v1/report.pb.h"

namespace sworn::cli {

class EntryStream {
 public:
  // Reads up to the entry before `end`, which the log must have.
  EntryStream(Connection& connection, uint64_t end) : connection_(connection), end_(end) {}

  // DataLoss where the ledger answers with other entries than were asked for. Cheap where `position` follows the one
  // read last.
  absl::StatusOr<v1::RecordedEntry> Read(uint64_t position);

 private:
  absl::Status Fetch(uint64_t position);

  Connection& connection_;
  const uint64_t end_;
  std::deque<v1::RecordedEntry> page_;
};

}  // namespace sworn::cli
