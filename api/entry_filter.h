// Which entries a caller wants to see: the filters of ListEntriesRequest but those on time, checked once and then held
// against entry after entry.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "ledger/access/registry.h"
#include "ledger/crypto/hash.h"
#include "ledger/journal/journal.h"
#include "sworn/v1/ledger_service.pb.h"
#include "sworn/v1/portion.pb.h"

namespace sworn::api {

class EntryFilter {
 public:
  // Refused: NOT_FOUND for an author nobody is, AMBIGUOUS for a prefix of several keys, FIELD_INVALID for a kind that
  // is none, TOO_LARGE for longer text than a report may hold.
  static absl::StatusOr<EntryFilter> Make(const v1::ListEntriesRequest& request, const access::Registry& registry);

  // Whether the entry passes every filter. DataLoss (DAMAGED) where its bytes do not parse.
  absl::StatusOr<bool> Passes(const journal::StoredEntry& stored) const;

 private:
  bool HasKind(const std::vector<v1::Portion>& portions) const;
  bool NamesEntity(const journal::StoredEntry& stored, const std::vector<v1::Portion>& portions) const;
  bool HoldsText(const std::vector<v1::Portion>& portions) const;

  // Nothing: anybody's.
  std::optional<std::set<crypto::Hash>> author_keys_;
  std::optional<v1::Portion::ContentCase> kind_;
  std::string entity_;
  // In lower case.
  std::string entity_name_;
  std::string text_;
};

}  // namespace sworn::api
