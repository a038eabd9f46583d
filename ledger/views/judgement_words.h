// Judgements in words.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <string>
#include <string_view>

#include "sworn/v1/portion.pb.h"

namespace sworn::views {

// "retracted: the officials corrected themselves"; without the colon where there is no reason.
std::string JudgementInWords(v1::Judgement::Kind kind, std::string_view reason);

}  // namespace sworn::views
