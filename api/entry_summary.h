// One line of the log as it is shown: who, when, banner, and what the report holds.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "ledger/access/registry.h"
#include "ledger/journal/journal.h"
#include "sworn/v1/ledger_service.pb.h"
#include "sworn/v1/portion.pb.h"

namespace sworn::api {

// DataLoss (DAMAGED) where the stored bytes do not parse.
absl::StatusOr<v1::EntrySummary> SummariseEntry(const journal::StoredEntry& stored, const access::Registry& registry);

// One portion of a stored entry; without content where it was erased. DataLoss (DAMAGED) where it does not parse.
absl::StatusOr<v1::PortionRecord> PortionRecordOf(const journal::StoredEntry& stored, uint32_t index);

// "10 assertions, 1 entity, 2 erased", in the order of the kinds; CONTENT_NOT_SET stands for erased content.
std::string DescribeContents(const std::vector<v1::Portion::ContentCase>& kinds);

// The kind that a word names, in any case, singular or plural: "assertion", "Judgements", "erased". Refused with
// FIELD_INVALID.
absl::StatusOr<v1::Portion::ContentCase> ParseKind(std::string_view word);

}  // namespace sworn::api
