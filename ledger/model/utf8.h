// Whether bytes are UTF-8.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <string_view>

namespace sworn::model {

// Well-formed as in table 3-7 of the Unicode standard: no overlong forms, no surrogates, nothing above U+10FFFF.
bool IsUtf8(std::string_view bytes);

}  // namespace sworn::model
