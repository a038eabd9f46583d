// Text for a terminal: widths in columns, and nothing in it that could steer the terminal.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "google/protobuf/timestamp.pb.h"

namespace sworn::cli {

enum class Style { kPlain, kBold, kFaint, kGreen, kYellow, kRed };

// `text` on one line, with control characters and invalid UTF-8 shown as "�": reports are written by others.
std::string Printable(std::string_view text);

// Columns that printable text takes: wide characters count 2, combining ones 0.
size_t DisplayWidth(std::string_view text);

// `text`, cut to `columns` columns with "…" at the end where it is longer.
std::string CutToWidth(std::string_view text, size_t columns);

// `text` in the style where standard output shows colours (output.h), else as it is.
std::string Styled(std::string_view text, Style style);

// The first 12 digits of a hash; other ids whole.
std::string ShortId(std::string_view id);

// "2024-04-13T12:00:00Z".
std::string FormatTimestamp(const google::protobuf::Timestamp& timestamp);

// "1 entry", "2 entries".
std::string Counted(uint64_t count, std::string_view singular, std::string_view plural);

}  // namespace sworn::cli
