// Text helpers of the views.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <string>
#include <string_view>

#include "ledger/model/text.h"

namespace sworn::views {

using model::Concat;

// `text` on one line and in at most `max_bytes` bytes, with an ellipsis where it was cut; UTF-8 stays UTF-8.
std::string Shorten(std::string_view text, size_t max_bytes);

}  // namespace sworn::views
