#include "api/entry_summary.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ledger/crypto/hash.h"
#include "ledger/model/marking.h"
#include "ledger/model/refusal.h"
#include "ledger/model/text.h"
#include "sworn/v1/report.pb.h"

namespace sworn::api {
namespace {

struct KindName {
  v1::Portion::ContentCase kind;
  const char* one;
  const char* many;
};

constexpr std::array<KindName, 11> kKindNames = {{
    {v1::Portion::kAssertion, "assertion", "assertions"},
    {v1::Portion::kSource, "source", "sources"},
    {v1::Portion::kEntity, "entity", "entities"},
    {v1::Portion::kEvidence, "evidence item", "evidence items"},
    {v1::Portion::kJudgement, "judgement", "judgements"},
    {v1::Portion::kLens, "lens", "lenses"},
    {v1::Portion::kPrincipal, "principal", "principals"},
    {v1::Portion::kKey, "key", "keys"},
    {v1::Portion::kRelease, "release", "releases"},
    {v1::Portion::kErasure, "erasure", "erasures"},
    {v1::Portion::CONTENT_NOT_SET, "erased", "erased"},
}};

absl::Status Damaged(uint64_t position, const std::string& what) {
  return model::Refuse(v1::Refusal::DAMAGED, absl::StrCat("entry ", position, ": ", what, "; run `sworn audit`"));
}

absl::StatusOr<v1::Portion> ParsePortion(const journal::StoredEntry& stored, size_t index) {
  v1::Portion portion;
  if (!portion.ParseFromString(stored.portions[index].content)) {
    return Damaged(stored.position, absl::StrCat("portion ", index, " does not parse"));
  }
  return portion;
}

absl::StatusOr<std::vector<v1::Portion::ContentCase>> KindsOf(const journal::StoredEntry& stored) {
  std::vector<v1::Portion::ContentCase> kinds;
  kinds.reserve(stored.portions.size());
  for (size_t i = 0; i < stored.portions.size(); ++i) {
    absl::StatusOr<v1::Portion> portion = ParsePortion(stored, i);
    if (!portion.ok()) return portion.status();
    kinds.push_back(portion->content_case());
  }
  return kinds;
}

}  // namespace

std::string DescribeContents(const std::vector<v1::Portion::ContentCase>& kinds) {
  std::vector<std::string> parts;
  for (const KindName& name : kKindNames) {
    const auto count = std::count(kinds.begin(), kinds.end(), name.kind);
    if (count > 0) parts.push_back(absl::StrCat(count, " ", count == 1 ? name.one : name.many));
  }
  return absl::StrJoin(parts, ", ");
}

absl::StatusOr<v1::Portion::ContentCase> ParseKind(std::string_view word) {
  const std::string wanted = model::ToLower(word);
  if (wanted == "evidence") return v1::Portion::kEvidence;
  std::vector<const char*> known;
  for (const KindName& name : kKindNames) {
    if (wanted == name.one || wanted == name.many) return name.kind;
    known.push_back(name.one);
  }
  return model::Refuse(v1::Refusal::FIELD_INVALID,
                       model::Concat("\"", model::Shown(word), "\" is none of ", absl::StrJoin(known, ", ")));
}

absl::StatusOr<v1::EntrySummary> SummariseEntry(const journal::StoredEntry& stored, const access::Registry& registry) {
  v1::Entry entry;
  if (!entry.ParseFromString(stored.entry)) return Damaged(stored.position, "the entry does not parse");
  v1::ReportHeader header;
  if (!header.ParseFromString(entry.envelope().payload())) {
    return Damaged(stored.position, "the report header does not parse");
  }
  absl::StatusOr<crypto::Hash> author_key_id = crypto::HashFromBytes(header.author_key_id());
  if (!author_key_id.ok()) return Damaged(stored.position, "the author's key id is not 32 bytes long");
  absl::StatusOr<std::vector<v1::Portion::ContentCase>> kinds = KindsOf(stored);
  if (!kinds.ok()) return kinds.status();

  v1::EntrySummary summary;
  summary.set_position(stored.position);
  summary.set_report_id(crypto::ToHex(stored.report_id));
  *summary.mutable_recorded_at() = entry.recorded_at();
  *summary.mutable_created_at() = header.created_at();
  summary.set_author(registry.AuthorName(*author_key_id));
  summary.set_author_key_id(crypto::ToHex(*author_key_id));
  summary.set_banner(model::FormatMarking(header.banner()));
  summary.set_portion_count(header.portion_count());
  summary.set_contents(DescribeContents(*kinds));
  return summary;
}

absl::StatusOr<v1::PortionRecord> PortionRecordOf(const journal::StoredEntry& stored, uint32_t index) {
  if (index >= stored.portions.size()) {
    return Damaged(stored.position, absl::StrCat("there is no portion ", index));
  }
  v1::PortionRecord record;
  record.set_id(crypto::ToHex(stored.portions[index].id));
  record.set_index(index);
  if (stored.portions[index].content.empty()) return record;
  absl::StatusOr<v1::Portion> portion = ParsePortion(stored, index);
  if (!portion.ok()) return portion.status();
  *record.mutable_portion() = *std::move(portion);
  return record;
}

}  // namespace sworn::api
