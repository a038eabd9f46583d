#include "ledger/interop/stix_survey.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "ledger/crypto/hash.h"

namespace sworn::interop {
namespace {

// Identities beyond this are known by their ids only.
constexpr size_t kMaxKeptBytes = size_t{16} << 20U;

absl::uint128 DigestOf(const std::string& id) {
  const crypto::Hash hash = crypto::Sha256(id);
  absl::uint128 digest = 0;
  for (size_t i = 0; i < sizeof(digest); ++i) digest = (digest << 8) | hash[i];
  return digest;
}

}  // namespace

void StixSurvey::Add(const nlohmann::json& object) {
  const absl::StatusOr<StixHeader> header = ReadStixHeader(object);
  if (!header.ok()) return;
  if (header->type == "marking-definition") markings_.Add(object);
  if (header->type == "identity") Keep(object, *header);
  Newest& newest = newest_.try_emplace(DigestOf(header->id), Newest{header->modified_at}).first->second;
  newest.modified_at = std::max(newest.modified_at, header->modified_at);
}

void StixSurvey::Keep(const nlohmann::json& object, const StixHeader& header) {
  KeptIdentity kept{ReadStixIdentity(object, header), StixMarkings::ReferencesOf(object)};
  size_t bytes = header.id.size() + kept.source.ByteSizeLong();
  for (const std::string& reference : kept.marking_references) bytes += reference.size();
  if (kept_bytes_ + bytes > kMaxKeptBytes) return;
  kept_bytes_ += bytes;
  identities_[header.id] = std::move(kept);
}

std::optional<v1::Portion> StixSurvey::Identity(const std::string& id, const v1::Marking& default_marking) const {
  const auto found = identities_.find(id);
  if (found == identities_.end()) return std::nullopt;
  v1::Portion portion;
  *portion.mutable_marking() = markings_.MarkingOf(found->second.marking_references, default_marking);
  *portion.mutable_source() = found->second.source;
  return portion;
}

StixSurvey::Version StixSurvey::TakeNewest(const StixHeader& header) {
  const auto found = newest_.find(DigestOf(header.id));
  // A file that changed between the two looks may hold an object that the first did not see.
  if (found == newest_.end()) return Version::kNewest;
  if (header.modified_at < found->second.modified_at) return Version::kOlder;
  return std::exchange(found->second.taken, true) ? Version::kRepeated : Version::kNewest;
}

}  // namespace sworn::interop
