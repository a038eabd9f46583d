// Between reports as they are carried and entries as they are stored.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ledger/crypto/hash.h"
#include "ledger/journal/journal.h"
#include "ledger/model/validate.h"
#include "sworn/v1/report.pb.h"

namespace sworn::log {

// Author key id || request id: one content each.
std::string RequestKey(const v1::ReportHeader& header);

// `report` as it is stored at a position still to be assigned. Takes the portions out of `report`.
journal::StoredEntry ToStored(v1::Report& report, const model::ParsedReport& parsed);

// Leaf data: the envelope recorded at `recorded_at`.
std::string SerializeEntry(const v1::Envelope& envelope, absl::Time recorded_at);

// DataLoss (DAMAGED) where the bytes are no entry.
absl::StatusOr<v1::Entry> ParseEntry(uint64_t position, const std::string& entry);
absl::Time RecordedAt(const v1::Entry& entry);
absl::StatusOr<v1::ReportHeader> ParseHeader(uint64_t position, const v1::Envelope& envelope);

v1::CarriedPortion ToCarried(const journal::StoredPortion& portion);
absl::StatusOr<v1::Report> ToReport(const journal::StoredEntry& stored);

// Computes every hash of the entry again. DataLoss (DAMAGED) names the position and what differs.
absl::Status CheckStored(const journal::StoredEntry& stored, const crypto::Hash& leaf_hash);

}  // namespace sworn::log
