// Text helpers of the views.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ledger/crypto/hash.h"
#include "ledger/model/text.h"

namespace sworn::views {

using model::Concat;

// `text` on one line and in at most `max_bytes` bytes, with an ellipsis where it was cut; UTF-8 stays UTF-8.
std::string Shorten(std::string_view text, size_t max_bytes);

// Of a portion or report id, written out.
inline constexpr size_t kHexIdDigits = 2 * sizeof(crypto::Hash);

// The portion id that a text is; nothing where it is none.
std::optional<crypto::Hash> ToPortionId(std::string_view text);

}  // namespace sworn::views
