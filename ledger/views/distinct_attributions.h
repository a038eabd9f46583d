// Assertions that have the same attribution and were derived from the same bring the same sources: what stands behind a
// claim is found from one of each kind, however many there are.
//
// Thread-safety: belongs to one thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "ledger/views/assertion_reader.h"

namespace sworn::views {

// What all assertions of a kind share.
std::string AttributionKindOf(const StoredAssertion& assertion);

// Of assertions of one polarity.
class DistinctAttributions {
 public:
  void Add(const StoredAssertion& assertion) { AddKind(AttributionKindOf(assertion), assertion); }
  void AddKind(const std::string& kind, const StoredAssertion& assertion);
  // One assertion of a kind that was added is gone.
  void RemoveKind(const std::string& kind);

  // One assertion of each kind, under an id of its own, so that it is not taken for one that counts elsewhere. Valid
  // until the next change.
  std::vector<const StoredAssertion*> representatives() const;
  bool any_derived() const;

 private:
  struct Kind {
    StoredAssertion representative;
    uint64_t count = 0;
  };
  std::map<std::string, Kind> kinds_;
};

}  // namespace sworn::views
