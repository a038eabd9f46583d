// What the marking definitions of STIX mean here.
//
// Thread-safety: a StixMarkings that no longer changes may be read from any thread.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "sworn/v1/marking.pb.h"

namespace sworn::interop {

class StixMarkings {
 public:
  // Knows the definitions that STIX 2.1 and the TLP 2.0 extension define once for all.
  StixMarkings();

  // A marking-definition of the bundle. False where it is none that can be kept.
  bool Add(const nlohmann::json& definition);

  // Every marking definition an object refers to, for itself or for parts of it.
  using References = std::vector<std::string>;
  static References ReferencesOf(const nlohmann::json& object);

  // The marking of an object with these references: TLP and statements of what they refer to, and everything else from
  // `otherwise`. A reference to a definition that is not known, or says something else than TLP or a statement, becomes
  // a caveat, so that the portion is released to nobody who does not hold it. Granular markings count for the whole
  // object.
  v1::Marking MarkingOf(const References& references, const v1::Marking& otherwise) const;

 private:
  absl::flat_hash_map<std::string, v1::Marking> meanings_;
};

}  // namespace sworn::interop
