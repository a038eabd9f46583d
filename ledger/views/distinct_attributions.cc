#include "ledger/views/distinct_attributions.h"

#include <algorithm>

namespace sworn::views {

std::string AttributionKindOf(const StoredAssertion& assertion) {
  rows::v1::AssertionRow kind;
  *kind.mutable_attribution() = assertion.row.attribution();
  *kind.mutable_bases() = assertion.row.bases();
  // The author is a source where a hop is his own.
  const bool has_author_hop = std::any_of(kind.attribution().begin(), kind.attribution().end(),
                                          [](const rows::v1::HopRow& hop) { return hop.source_root().empty(); });
  if (has_author_hop) kind.set_author(assertion.row.author());
  return kind.SerializeAsString();
}

void DistinctAttributions::AddKind(const std::string& kind, const StoredAssertion& assertion) {
  const auto [entry, is_new] = kinds_.try_emplace(kind);
  if (is_new) {
    StoredAssertion& representative = entry->second.representative;
    representative.id = crypto::Sha256(kind);
    representative.row.set_author(assertion.row.author());
    representative.row.set_polarity(assertion.row.polarity());
    *representative.row.mutable_attribution() = assertion.row.attribution();
    *representative.row.mutable_bases() = assertion.row.bases();
  }
  ++entry->second.count;
}

void DistinctAttributions::RemoveKind(const std::string& kind) {
  const auto entry = kinds_.find(kind);
  if (entry != kinds_.end() && --entry->second.count == 0) kinds_.erase(entry);
}

std::vector<const StoredAssertion*> DistinctAttributions::representatives() const {
  std::vector<const StoredAssertion*> representatives;
  representatives.reserve(kinds_.size());
  for (const auto& [key, kind] : kinds_) representatives.push_back(&kind.representative);
  return representatives;
}

bool DistinctAttributions::any_derived() const {
  return std::any_of(kinds_.begin(), kinds_.end(),
                     [](const auto& kind) { return !kind.second.representative.row.bases().empty(); });
}

}  // namespace sworn::views
