// Whether a log still holds what it promised in a receipt.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "ledger/journal/journal.h"
#include "ledger/log/audit.h"
#include "ledger/merkle/note.h"

namespace sworn::log {

// Checks the receipt by itself (checkpoint, path, report id, time), then the entry of the journal at its position.
// Whether its checkpoint is that of the journal is for AuditJournal, which knows the tree at every size.
std::vector<Finding> AuditReceipt(const SavedReceipt& saved, const journal::Journal& journal,
                                  const merkle::VerifierKey& verifier_key);

inline constexpr size_t kMaxReceiptFileBytes = size_t{4} << 20U;

// A receipt as `sworn report --format json` prints it (protobuf JSON of AppendReportResponse, GetReceiptResponse or
// Receipt), or what a proof file (.tlog-proof) holds of one: its checkpoint, and the entry and path of the portion
// proved first. InvalidArgument where it is none of these.
absl::StatusOr<v1::Receipt> ParseReceiptFile(std::string_view text);

}  // namespace sworn::log
