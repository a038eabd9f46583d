// For whom answers are computed.
//
// Thread-safety: safe to use from any thread.
#pragma once

#include <string_view>

namespace sworn::views {

// There is no audience other than the ledger's own operator yet, who reads everything.
inline constexpr std::string_view kWholeLedger = "everything: the ledger's own operator, no audience restriction";

}  // namespace sworn::views
