// What the C2SP text formats are made of: lines, base64 and decimal numbers, each in its one permitted form.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ledger/crypto/hash.h"

namespace sworn::merkle {

// Standard base64 with padding (RFC 4648, section 4).
std::string EncodeBase64(std::string_view bytes);
// Nothing unless `text` is exactly what EncodeBase64 would have written.
std::optional<std::string> DecodeBase64(std::string_view text);
std::optional<crypto::Hash> DecodeBase64Hash(std::string_view text);

// Nothing unless ASCII digits only, no leading zero, below 2^64.
std::optional<uint64_t> ParseDecimal(std::string_view text);

// Removes the first line from `text` and answers it without its newline. Nothing where no newline is left.
std::optional<std::string_view> TakeLine(std::string_view& text);

// Removes one character from `text`, which must not be empty, and answers its code point. Nothing where the bytes are
// not UTF-8 (Unicode, table 3-7).
std::optional<char32_t> TakeCodePoint(std::string_view& text);

// UTF-8 without control characters other than newline.
bool IsNoteText(std::string_view text);

// Whether `text` may be a key name: not empty, UTF-8, no Unicode space, control character or "+".
bool IsKeyName(std::string_view text);

}  // namespace sworn::merkle
