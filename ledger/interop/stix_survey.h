// A first look at a STIX bundle: what must be known of the whole before any object of it can be recorded, because
// objects refer to marking definitions and identities that may come later, and one id may come in several versions.
//
// Thread-safety: a finished survey may be read from any thread, but for TakeNewest.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/numeric/int128.h"
#include "absl/time/time.h"
#include "ledger/interop/stix_marking.h"
#include "ledger/interop/stix_object.h"
#include "sworn/v1/portion.pb.h"

namespace sworn::interop {

class StixSurvey {
 public:
  void Add(const nlohmann::json& object);

  const StixMarkings& markings() const { return markings_; }
  // An identity of the bundle as a source; nothing where the bundle has none of that id.
  std::optional<v1::Portion> Identity(const std::string& id, const v1::Marking& default_marking) const;

  enum class Version { kNewest, kOlder, kRepeated };
  // Whether this is the version of the object to record. Only once is the answer kNewest.
  Version TakeNewest(const StixHeader& header);

 private:
  struct Newest {
    absl::Time modified_at;
    bool taken = false;
  };
  struct KeptIdentity {
    v1::Source source;
    StixMarkings::References marking_references;
  };

  void Keep(const nlohmann::json& object, const StixHeader& header);

  StixMarkings markings_;
  absl::flat_hash_map<std::string, KeptIdentity> identities_;
  size_t kept_bytes_ = 0;
  // By a digest of the id, which takes less memory than the id.
  absl::flat_hash_map<absl::uint128, Newest> newest_;
};

}  // namespace sworn::interop
