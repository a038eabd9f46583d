// STIX 2.1 bundles into portions, streamed: a bundle is never held in memory whole. The file is read twice, because
// what marks and who publishes an object may stand after it.
//
// A relationship becomes an assertion: source_ref, relationship_type, target_ref, category `stix/<relationship_type>`.
// Each external reference of it is a source that is cited (`stix-citation:<source_name>`); created_by_ref is the source
// that published it, last in the attribution. Where nobody is named as its creator, the bundle itself is the source
// that documents it. Every other object becomes an entity `stix:<id>`; an identity becomes a source too. What STIX says
// of confidence is not taken over.
//
// A relationship that was revoked or deprecated is not recorded, and retracted where it was; such an entity is
// labelled. A newer version of a relationship supersedes the recorded one. What is recorded at the same version is left
// alone, so that a second import adds nothing. Markings: stix_marking.h.
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
  uint64_t max_objects = 5'000'000;
};

struct StixImportCounts {
  uint64_t objects = 0;
  uint64_t assertions = 0;
  uint64_t citations = 0;
  uint64_t entities = 0;
  uint64_t sources = 0;
  uint64_t retractions = 0;
  uint64_t superseded = 0;  // assertions that took the place of an older version
  uint64_t unchanged = 0;   // already recorded at this version
  // Reason to how many, and an example of each. Reasons in parentheses concern a part of an object that was recorded.
  std::map<std::string, uint64_t> skipped;
  std::map<std::string, std::string> skipped_example;
};

// What the ledger already holds under these external ids (LookUpExternalIds).
using ExternalIdLookUp =
    std::function<absl::StatusOr<std::vector<v1::KnownExternalId>>(const std::vector<std::string>& external_ids)>;

// Takes the portions of one report. Portions of a later report refer to earlier ones by external id only.
using PortionSink = std::function<absl::Status(std::vector<v1::Portion> portions)>;

// Called now and then with the bytes read, of `total_bytes`: compressed where the file is, and both times it is read.
using StixProgress = std::function<void(uint64_t bytes, uint64_t total_bytes, const StixImportCounts& counts)>;

// `path` is JSON, or gzip of JSON. One bad object never ends the import; it is skipped and counted. InvalidArgument,
// naming line and byte, where the file is no JSON or no bundle: then nothing was recorded. An error of `look_up` or
// `sink` ends the import and is returned; what was given to the sink before stays.
absl::StatusOr<StixImportCounts> ImportStix(const std::string& path, const StixImportOptions& options,
                                            const ExternalIdLookUp& look_up, const PortionSink& sink,
                                            const StixProgress& progress);

}  // namespace sworn::interop
