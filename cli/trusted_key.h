// A ledger's verifier key as a reader states it on the command line.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "ledger/merkle/note.h"

namespace sworn::cli {

// A verifier key, or a file that holds one (comment lines begin with #). `option` is named in errors.
absl::StatusOr<merkle::VerifierKey> ReadTrustedKey(const std::string& option, const std::string& text);

}  // namespace sworn::cli
