// Trusted time for checkpoints (RFC 3161): stamped by an authority over HTTP or by a file carried to it, verified, and
// stored at the ledger.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "cli/connection.h"
#include "cli/output.h"

namespace sworn::cli {

// Has the authority at `url` stamp the checkpoint `note`, verifies its answer against the roots in the PEM file
// `certificates_file`, and stores it. DataLoss where the answer does not verify: then nothing is stored.
absl::Status StampAt(Connection& connection, const std::string& note, const std::string& url,
                     const std::string& certificates_file, Format format);

// Writes the request for `note` to `file`, and the note beside it to FILE.note. AlreadyExists where there is one: its
// answer may be on the way.
absl::Status WriteTimestampRequest(const std::string& note, const std::string& file, Format format);

// Takes the answer to the request in `request_file`; then as StampAt.
absl::Status TakeTimestamp(Connection& connection, const std::string& request_file, const std::string& answer_file,
                           const std::string& certificates_file, Format format);

// The time stamps that the ledger holds. Without `certificates_file` they are shown as their authorities claim; with it
// each is verified, and DataLoss says that one was not.
absl::Status ListTimestamps(Connection& connection, const std::string& certificates_file, Format format);

}  // namespace sworn::cli
