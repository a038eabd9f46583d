// Serves one ledger until the process is told to stop. `swornd` and `sworn serve` are this function.
//
// Thread-safety: call once per process, from the main thread, before other threads are started: it sets how the process
// takes signals.
#pragma once

#include "absl/status/status.h"
#include "api/server.h"

namespace sworn::api {

// Returns after SIGTERM or SIGINT, once running calls are finished; a second signal ends the process at once. Says on
// stderr where it listens.
absl::Status Serve(const ServerOptions& options);

}  // namespace sworn::api
