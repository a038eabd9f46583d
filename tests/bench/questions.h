// Questions about a generated ledger, drawn once and put to every one that answers: support between pairs, the latest
// and as of earlier positions; trace and impact of trees.
//
// Thread-safety: const members are safe to call from any thread.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/journal/journal.h"
#include "tests/bench/answers.h"

namespace sworn::bench {

struct SupportQuestion {
  EntityPair pair;
  std::optional<uint64_t> position;  // nothing: the latest
};

class Questions {
 public:
  // `count` questions of each kind.
  static absl::StatusOr<Questions> Draw(const LedgerShape& shape, const journal::Journal& journal, size_t count);

  // Median and 99th percentile of each kind, in milliseconds, as "<name>_<kind>_p50_ms" and "…_p99_ms", and the same of
  // the processor time of the thread that asks ("<name>_<kind>_processor_p50_ms"), which other work on the machine
  // hardly changes. A kind is left off after some seconds, so that slow answers are measured by fewer.
  absl::Status Measure(const std::string& name, Answers& answers, nlohmann::ordered_json& figures) const;

  // How many of a sample, the hot pair among it, both answer alike. Origins are compared in the latest answers only.
  absl::Status Compare(Answers& left, Answers& right, nlohmann::ordered_json& figures) const;

  // Every kind, with what it is called and its goal for the 99th percentile.
  struct Kind {
    std::string key;
    std::string label;
    double goal_p99_ms;
  };
  static const std::vector<Kind>& Kinds();

 private:
  std::vector<std::vector<SupportQuestion>> support_;  // of the first kinds, in their order
  std::vector<crypto::Hash> trace_;
  std::vector<crypto::Hash> impact_;
};

}  // namespace sworn::bench
