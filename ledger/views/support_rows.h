// The rows of the support view: their keys, and how they are read and written (proto/sworn/rows/v1/support_rows.proto).
//
//   assertion/<id>                    AssertionRow
//   newest/<order>                    id    every assertion; <order> sorts the newest first
//   pair/<subject><object><order>     id    assertions whose ends are both entities
//   subject/<root><order>             id
//   object/<root><order>              id
//   source/<root><order>              id    assertions in whose attribution the source appears
//   affiliation/<root>                AffiliationRow
//   lens/<name><version>              LensRow, the highest version first
//   lens-name/…, ignored-lens/…       ledger/views/lens_fold.h
//   external/<external id>            ExternalIdRow
//   label/<folded label><root>        empty: entities that bear or bore the label
//   independent/<root><judgement id>  root  two sources attested distinct, under both; whether it stands is read apart
//   judgement/…, judged/…, opinion/…  ledger/views/judgements.h
//   standing/…                        ledger/views/standing.h
//   identity.…                        ledger/views/identity.h
//
// Ids are 32 raw bytes. Roots and names are preceded by their length, so that no key is the beginning of another's.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/crypto/hash.h"
#include "ledger/model/refusal.h"
#include "ledger/views/identity.h"
#include "ledger/views/identity_joins.h"
#include "ledger/views/standing.h"
#include "ledger/views/view.h"

namespace sworn::views::support_rows {

inline constexpr std::string_view kNewestPrefix = "newest/";
inline constexpr std::string_view kLensPrefix = "lens/";
inline constexpr std::string_view kIndependentPrefix = "independent/";

std::string AssertionKey(const crypto::Hash& id);
std::string PairPrefix(std::string_view subject_root, std::string_view object_root);
std::string SubjectPrefix(std::string_view root);
std::string ObjectPrefix(std::string_view root);
std::string SourcePrefix(std::string_view root);
std::string AffiliationKey(std::string_view root);
std::string LensPrefix(std::string_view name);
std::string LensKey(std::string_view name, uint32_t version);
std::string LabelPrefix(std::string_view label);
std::string ExternalIdKey(std::string_view external_id);
std::string IndependentPrefix(std::string_view root);

// Bytes that sort later portions of the log before earlier ones.
std::string NewestFirst(uint64_t position, uint32_t portion_index);
inline constexpr size_t kOrderBytes = 12;

// The identities and the standing that the support view keeps.
const Identities& Entities();
const Identities& Sources();
const Standings& StandingOfPortions();
Joinable JoinableIdentities();

// A row that is a message; nothing where there is none.
template <typename Message>
absl::StatusOr<std::optional<Message>> Get(const RowReader& rows, const std::string& key) {
  const absl::StatusOr<std::optional<std::string>> bytes = rows.Get(key);
  if (!bytes.ok()) {
    return bytes.status();
  }
  if (!bytes->has_value()) {
    return std::nullopt;
  }
  Message message;
  if (!message.ParseFromString(**bytes)) {
    return model::Refuse(v1::Refusal::DAMAGED, "row " + crypto::ToHex(key) +
                                                   " of the support view is damaged; delete the views to rebuild them");
  }
  return message;
}

}  // namespace sworn::views::support_rows
