// The server's logger: spdlog to stderr, never to stdout, which belongs to the answers of the command line.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <spdlog/logger.h>

namespace sworn::api {

spdlog::logger& ServerLog();

}  // namespace sworn::api
