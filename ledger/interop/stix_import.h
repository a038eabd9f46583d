// STIX 2.1 bundles into portions, streamed: a bundle is never held in memory whole.
//
// Relationships become assertions, each external reference a cited source, created_by_ref the publisher, other objects
// entities with `stix:` ids. Markings are kept; revoked and deprecated are honoured.
//
// Thread-safety: an import runs on the calling thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "sworn/v1/marking.pb.h"
#include "sworn/v1/portion.pb.h"
#include "sworn/v1/view_service.pb.h"

namespace sworn::interop {

struct StixImportOptions {
  // For objects whose own markings state no level.
  v1::Marking default_marking;
  size_t max_portions_per_report = 1'000;
  size_t max_report_bytes = size_t{2} << 20U;
  // One object of the bundle, in bytes of JSON.
  size_t max_object_bytes = size_t{1} << 20U;
  size_t max_nesting = 64;
};

struct StixImportCounts {
  uint64_t objects = 0;
  uint64_t assertions = 0;
  uint64_t citations = 0;
  uint64_t entities = 0;
  uint64_t sources = 0;
  uint64_t retractions = 0;
  uint64_t unchanged = 0;  // already recorded at this version
  // Reason to how many, and an example of each.
  std::map<std::string, uint64_t> skipped;
  std::map<std::string, std::string> skipped_example;
};

// What the ledger already holds under these external ids (LookUpExternalIds).
using ExternalIdLookUp =
    std::function<absl::StatusOr<std::vector<v1::KnownExternalId>>(const std::vector<std::string>& external_ids)>;

// Takes the portions of one report. Portions of a later report refer to earlier ones by external id only.
using PortionSink = std::function<absl::Status(std::vector<v1::Portion> portions)>;

// Called now and then with the bytes read (of `total_bytes`, compressed where the file is).
using StixProgress = std::function<void(uint64_t bytes, uint64_t total_bytes, const StixImportCounts& counts)>;

// `path` is JSON, or gzip of JSON.
absl::StatusOr<StixImportCounts> ImportStix(const std::string& path, const StixImportOptions& options,
                                            const ExternalIdLookUp& look_up, const PortionSink& sink,
                                            const StixProgress& progress);

}  // namespace sworn::interop
