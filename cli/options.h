// The options every command takes, before or after its name.
//
// Thread-safety: GlobalOptions is plain data.
#pragma once

#include <optional>
#include <string>

#include "CLI/App.hpp"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "cli/output.h"

namespace sworn::cli {

struct GlobalOptions {
  // Directory of an embedded ledger, or address of a daemon; at most one of the two.
  std::string ledger;
  std::string server;
  Format format = Format::kTable;
  std::string key_file;  // or a pkcs11: URI
  std::string passphrase_file;
  std::string pin_file;
  std::optional<double> timeout_s;

  absl::Duration read_timeout() const { return absl::Seconds(timeout_s.value_or(30)); }
  absl::Duration append_timeout() const { return absl::Seconds(timeout_s.value_or(60)); }
};

// --format.
CLI::Option* AddFormatOption(CLI::App& app, Format& format);

void AddGlobalOptions(CLI::App& app, GlobalOptions& options);

// Takes SWORN_LEDGER or SWORN_SERVER where neither option was given, SWORN_KEY where no key was, SWORN_PIN_FILE where
// no PIN file was. InvalidArgument where both a ledger and a server were given.
absl::Status ApplyEnvironment(GlobalOptions& options);

}  // namespace sworn::cli
