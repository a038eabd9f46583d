// Receipts under a signed checkpoint. What is answered was verified against that checkpoint first.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ledger/access/registry.h"
#include "ledger/journal/journal.h"
#include "ledger/merkle/checkpoint.h"
#include "ledger/merkle/tree.h"
#include "sworn/v1/proof.pb.h"

namespace sworn::log {

// The log as of its last signed checkpoint.
struct Head {
  uint64_t size = 0;
  merkle::Checkpoint checkpoint;
  std::string note;  // the checkpoint, signed
  std::shared_ptr<const access::Registry> registry;
  absl::Time last_recorded_at = absl::InfinitePast();
};

// DataLoss (DAMAGED) where the entry is not under the checkpoint.
absl::StatusOr<v1::Receipt> MakeReceipt(const crypto::Hash& report_id, uint64_t position, std::string entry,
                                        const Head& head, const merkle::NodeReader& read_node);
absl::StatusOr<v1::Receipt> ReadReceipt(const crypto::Hash& report_id, uint64_t position, const Head& head,
                                        const journal::Journal& journal);

}  // namespace sworn::log
