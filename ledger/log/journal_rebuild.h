// Writes a journal anew from what is signed in another: its entries and portions, and everything derived from them
// computed again.
//
// Thread-safety: runs on the calling thread.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "ledger/journal/journal.h"
#include "ledger/log/journal_check.h"

namespace sworn::log {

// `directory` must not hold a journal. `signed_note` becomes its checkpoint. The entries must have been checked.
absl::Status RebuildJournal(const journal::Journal& source, std::string_view signed_note, const std::string& directory,
                            const CheckProgress& progress);

}  // namespace sworn::log
