// The text of the shipped lenses, embedded at build time from ledger/views/lenses/*.textproto.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <string_view>
#include <vector>

namespace sworn::views {

// In order of file name.
const std::vector<std::string_view>& ShippedLensTexts();

}  // namespace sworn::views
