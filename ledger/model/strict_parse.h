// Parses protobuf bytes from outside, and refuses what protobuf lets pass (unknown fields, single fields that occur
// twice) or reports only in a line on stderr (text that is not UTF-8).
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "google/protobuf/message.h"
#include "ledger/model/field_path.h"

namespace sworn::model {

// MALFORMED or NOT_UTF8, naming the field below `path`. `message` must be empty.
absl::Status ParseStrictly(std::string_view bytes, const FieldPath& path, google::protobuf::Message& message);

}  // namespace sworn::model
