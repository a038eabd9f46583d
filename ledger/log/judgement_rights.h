// Who may retract and supersede: the author of what is retracted, or an admin who says why. Every other judgement is
// open to every reporter.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/access/registry.h"
#include "ledger/crypto/hash.h"
#include "ledger/model/validate.h"

namespace sworn::log {

// Name of the principal that authored a recorded portion; nothing where no such portion is recorded.
using PortionAuthor = std::function<absl::StatusOr<std::optional<std::string>>(const crypto::Hash& portion_id)>;

// Whether the report retracts or supersedes anything, so that what is recorded matters to it.
bool Undoes(const model::ParsedReport& report);

// Refused with NOT_PERMITTED names the portion and its target.
absl::Status AuthoriseJudgements(const model::ParsedReport& report, const access::Registry& registry,
                                 const PortionAuthor& author_of);

}  // namespace sworn::log
