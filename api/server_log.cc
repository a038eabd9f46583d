#include "api/server_log.h"

#include <spdlog/sinks/stdout_sinks.h>

#include <memory>

namespace sworn::api {

spdlog::logger& ServerLog() {
  // Never destroyed: threads may log until the process ends.
  static auto& logger = *new spdlog::logger("sworn", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  return logger;
}

}  // namespace sworn::api
