// Reads a STIX bundle object by object; never more than one is held in memory.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sworn::interop {

struct StixBundleLimits {
  size_t max_object_bytes;  // of JSON
  size_t max_nesting;       // within an object
  uint64_t max_objects;
};

struct StixBundleListener {
  // One object of the bundle, and how far into the file it was found. An error ends the reading.
  std::function<absl::Status(nlohmann::json object, uint64_t file_offset)> on_object;
  // Something in the list of objects that cannot be handed on.
  std::function<void(std::string_view reason, std::string_view example)> on_skip;
};

struct StixBundle {
  std::string id;  // empty where the bundle has none
  uint64_t objects = 0;
  uint64_t file_size = 0;
};

// `path` is JSON, or gzip of JSON. InvalidArgument, with line and byte, where it is no JSON or no bundle.
absl::StatusOr<StixBundle> ReadStixBundle(const std::string& path, const StixBundleLimits& limits,
                                          const StixBundleListener& listener);

}  // namespace sworn::interop
