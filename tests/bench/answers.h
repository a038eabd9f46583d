// The questions of an analyst, as the benches put them to the views and to what the views are compared with.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "ledger/crypto/hash.h"
#include "sworn/v1/view_service.pb.h"
#include "tests/bench/generated_ledger.h"

namespace sworn::bench {

// What is said of a pair in one category.
struct SupportCell {
  uint64_t affirms = 0;
  uint64_t denies = 0;
  uint64_t finds_no_evidence = 0;
  v1::Support::Status status = v1::Support::STATUS_UNSPECIFIED;
  // Origins of the affirming assertions, else of the denying ones, else of the others: at most.
  uint64_t origins = 0;
  bool operator==(const SupportCell&) const = default;
};
using SupportAnswer = std::map<std::string, SupportCell>;  // by category

// Belongs to one thread.
class Answers {
 public:
  virtual ~Answers() = default;
  Answers() = default;
  Answers(const Answers&) = delete;
  Answers& operator=(const Answers&) = delete;

  // The latest, or as of a position.
  virtual absl::StatusOr<SupportAnswer> Support(const EntityPair& pair, std::optional<uint64_t> position) = 0;
  // How many nodes there are.
  virtual absl::StatusOr<uint64_t> Trace(const crypto::Hash& id) = 0;
  virtual absl::StatusOr<uint64_t> Impact(const crypto::Hash& id) = 0;
};

}  // namespace sworn::bench
