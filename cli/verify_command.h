// verify: checks a proof file, offline. The same code in `sworn` and in `sworn-verify`.
//
// Thread-safety: belongs to one thread.
#pragma once

#include <string>
#include <vector>

#include "CLI/App.hpp"
#include "absl/status/status.h"
#include "cli/output.h"

namespace sworn::cli {

struct VerifyArguments {
  std::string file;
  // Verifier keys, files of them, or one policy file.
  std::vector<std::string> trusted;
  // File of certificates; empty: no time-stamping authority is trusted.
  std::string timestamp_certificates;
};

// FILE, --trust and --tsa-cert.
void AddVerifyOptions(CLI::App& command, VerifyArguments& arguments);

// Reads what the arguments name, prints every step, and answers DataLoss with the first that failed.
absl::Status Verify(Format format, const VerifyArguments& arguments);

}  // namespace sworn::cli
