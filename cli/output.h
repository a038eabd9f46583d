// Where answers go: data on standard output as tables or JSON, everything else on standard error.
//
// Colours and a pager are used only where standard output is a terminal; NO_COLOR turns colours off.
//
// Thread-safety: printing belongs to one thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "nlohmann/json_fwd.hpp"

namespace sworn::cli {

enum class Format { kTable, kJson, kNdjson };

struct Terminal {
  bool is_terminal = false;
  bool colours = false;
  // 0 where it is not a terminal: nothing is cut.
  size_t columns = 0;
};

const Terminal& StandardOutput();
bool StandardErrorIsTerminal();

enum class JsonLayout { kIndented, kOneLine };

// Protobuf JSON with the field names of the .proto files, enums as names and defaults printed.
absl::StatusOr<std::string> ToJson(const google::protobuf::Message& message, JsonLayout layout);

// JSON of a whole answer: indented, or on one line for kNdjson.
absl::Status PrintJson(const google::protobuf::Message& message, Format format);

// The same for what is not a message of the contract. Text that is not UTF-8 is replaced.
std::string FormatJson(const nlohmann::ordered_json& json, Format format);
absl::Status PrintJson(const nlohmann::ordered_json& json, Format format);

// Text on standard output; through the pager where that is a terminal.
absl::Status PrintText(std::string_view text);

// As it is, never through a pager: for files and streams.
absl::Status PrintRaw(std::string_view text);

// A line on standard error.
void Tell(std::string_view line);

}  // namespace sworn::cli
