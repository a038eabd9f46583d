// Single STIX objects into what the ledger records of them.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "sworn/v1/portion.pb.h"

namespace sworn::interop {

// Whether `id` is `type--UUID`.
bool IsStixId(std::string_view id);

// `stix:` and the id: how the ledger knows a STIX object.
std::string StixExternalId(std::string_view id);

// What every object has.
struct StixHeader {
  std::string id;
  std::string type;
  std::string modified;  // empty where the type has none
  absl::Time modified_at = absl::InfinitePast();
  std::string created_by;  // id of an identity; may be empty
  bool revoked = false;
  bool deprecated = false;
};

// A relationship, with the sources that its attribution names by external id.
struct StixRelationship {
  v1::Assertion assertion;
  std::vector<v1::Source> citations;  // distinct
  uint64_t references = 0;            // external references, repeated ones too
  uint64_t unreadable_references = 0;
};

// Of all of these, an error is why the object is skipped, in words that fit many objects.
absl::StatusOr<StixHeader> ReadStixHeader(const nlohmann::json& object);
absl::StatusOr<v1::Entity> ReadStixEntity(const nlohmann::json& object, const StixHeader& header);
// The last hop is `publisher`, by `publisher_mode`; it cites a hop for each citation.
absl::StatusOr<StixRelationship> ReadStixRelationship(const nlohmann::json& object, const StixHeader& header,
                                                      const std::string& publisher_external_id,
                                                      v1::Hop::Mode publisher_mode);
// An identity as a source, which it is when it publishes.
v1::Source ReadStixIdentity(const nlohmann::json& object, const StixHeader& header);

}  // namespace sworn::interop
