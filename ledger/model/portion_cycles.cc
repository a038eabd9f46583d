#include "ledger/model/portion_cycles.h"

#include <cstdint>

#include "ledger/model/refusal.h"
#include "ledger/model/text.h"

namespace sworn::model {
namespace {

void AddIndex(const v1::Reference& reference, std::vector<uint32_t>& indexes) {
  if (reference.to_case() == v1::Reference::kIndex) indexes.push_back(reference.index());
}

// The portions of the same report that `portion` rests on.
std::vector<uint32_t> RestsOn(const v1::Portion& portion) {
  std::vector<uint32_t> indexes;
  for (const v1::Reference& reference : portion.assertion().derived_from()) AddIndex(reference, indexes);
  for (const v1::Reference& reference : portion.judgement().targets()) AddIndex(reference, indexes);
  AddIndex(portion.source().affiliation(), indexes);
  return indexes;
}

}  // namespace

absl::Status CheckNoCycles(const std::vector<std::optional<v1::Portion>>& portions) {
  // Takes away, again and again, portions that nothing rests on; what cannot be taken away lies on or behind a circle.
  std::vector<std::vector<uint32_t>> rests_on(portions.size());
  std::vector<size_t> dependents(portions.size());
  for (size_t i = 0; i < portions.size(); ++i) {
    if (portions[i].has_value()) rests_on[i] = RestsOn(*portions[i]);
    for (const uint32_t index : rests_on[i]) ++dependents[index];
  }
  std::vector<size_t> free;
  for (size_t i = 0; i < portions.size(); ++i) {
    if (dependents[i] == 0) free.push_back(i);
  }
  size_t taken = 0;
  while (!free.empty()) {
    const size_t portion = free.back();
    free.pop_back();
    ++taken;
    for (const uint32_t index : rests_on[portion]) {
      if (--dependents[index] == 0) free.push_back(index);
    }
  }
  if (taken == portions.size()) return absl::OkStatus();
  size_t stuck = 0;
  while (dependents[stuck] == 0) ++stuck;
  return Refuse(v1::Refusal::CYCLE, Concat("portion ", stuck,
                                           ": lies on or behind a circle of derived_from, "
                                           "affiliation or targets; let portions rest on others one way only"));
}

}  // namespace sworn::model
