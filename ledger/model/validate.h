// Checks everything about a report that can be known from the report alone: sizes, counts, encodings, required fields,
// enums, references, cycles, markings, portions root. Signatures and rights are checked in ledger/log.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/crypto/hash.h"
#include "sworn/v1/portion.pb.h"
#include "sworn/v1/report.pb.h"

namespace sworn::model {

// A report, parsed and checked.
struct ParsedReport {
  crypto::Hash report_id{};
  v1::ReportHeader header;
  std::vector<crypto::Hash> portion_ids;
  // Nothing where the content was withheld or erased.
  std::vector<std::optional<v1::Portion>> portions;
};

// Refused with a reason of Refusal.Reason; the message names the portion by index and the field by its path.
absl::StatusOr<ParsedReport> ParseAndValidate(const v1::Report& report);

// One portion, within a report of `portion_count` portions. `kinds[i]` is the kind of portion i, CONTENT_NOT_SET where
// it was withheld.
absl::Status ValidatePortion(const v1::Portion& portion, uint32_t index,
                             const std::vector<v1::Portion::ContentCase>& kinds);

}  // namespace sworn::model
