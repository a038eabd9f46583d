// What a server tells of itself to Prometheus: how large the log is and how far its views are. Numbers only, and the
// names of views: readers over HTTP are anonymous.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sworn/v1/view_service.pb.h"

namespace sworn::api {

// The text format of Prometheus, version 0.0.4.
inline constexpr const char* kMetricsContentType = "text/plain; version=0.0.4; charset=utf-8";
std::string FormatMetrics(uint64_t log_size, const std::vector<v1::ViewStatus>& views);

}  // namespace sworn::api
