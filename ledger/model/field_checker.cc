#include "ledger/model/field_checker.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "ledger/crypto/hash.h"
#include "ledger/model/limits.h"
#include "ledger/model/period.h"
#include "ledger/model/text.h"
#include "ledger/model/vocabulary.h"

namespace sworn::model {
namespace {

// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z (google/protobuf/timestamp.proto).
constexpr int64_t kFirstSecond = -62'135'596'800;
constexpr int64_t kLastSecond = 253'402'300'799;
constexpr int32_t kLastNano = 999'999'999;

bool IsScheme(std::string_view scheme) {
  return !scheme.empty() && std::all_of(scheme.begin(), scheme.end(), [](char c) {
    return absl::ascii_islower(c) || absl::ascii_isdigit(c) || Contains(".-_+", {&c, 1});
  });
}

std::string KindName(v1::Portion::ContentCase kind) {
  const auto* field = v1::Portion::descriptor()->FindFieldByNumber(kind);
  return field == nullptr ? "portion" : std::string(field->name());
}

}  // namespace

void FieldChecker::Fail(Reason reason, const FieldPath& path, std::string_view text) {
  if (status_.ok()) status_ = Refuse(reason, Concat(path.ToString(), " ", text));
}

void FieldChecker::FailWith(const absl::Status& status, Reason reason, const FieldPath& path) {
  if (!status_.ok() || status.ok()) return;
  const bool has_reason = ReasonOf(status) != v1::Refusal::REASON_UNSPECIFIED;
  status_ = WithContext(has_reason ? status : Refuse(reason, FromAbsl(status.message())), path.ToString());
}

void FieldChecker::AtMost(size_t count, size_t limit, const FieldPath& path) {
  if (count > limit) Fail(v1::Refusal::TOO_LARGE, path, Concat("holds ", count, " items; it takes ", limit));
}

void FieldChecker::Text(std::string_view text, size_t max_bytes, const FieldPath& path) {
  if (text.size() > max_bytes) {
    Fail(v1::Refusal::TOO_LARGE, path, Concat("has ", text.size(), " bytes; it takes ", max_bytes));
  }
}

void FieldChecker::RequiredText(std::string_view text, size_t max_bytes, const FieldPath& path) {
  if (text.empty()) Fail(v1::Refusal::FIELD_MISSING, path, "is missing");
  Text(text, max_bytes, path);
}

void FieldChecker::HashBytes(std::string_view bytes, const FieldPath& path) {
  if (bytes.empty()) Fail(v1::Refusal::FIELD_MISSING, path, "is missing");
  if (bytes.size() != crypto::Hash{}.size()) {
    Fail(v1::Refusal::FIELD_INVALID, path, Concat("has ", bytes.size(), " bytes; it takes 32"));
  }
}

void FieldChecker::Timestamp(const google::protobuf::Timestamp& time, const FieldPath& path) {
  if (time.seconds() < kFirstSecond || time.seconds() > kLastSecond || time.nanos() < 0 || time.nanos() > kLastNano) {
    Fail(v1::Refusal::FIELD_INVALID, path, "is no time of the years 1 to 9999");
  }
}

void FieldChecker::ExternalId(std::string_view id, const FieldPath& path) {
  Text(id, kMaxExternalIdBytes, path);
  const size_t colon = id.find(':');
  const std::string_view value = colon == std::string_view::npos ? "" : id.substr(colon + 1);
  const bool value_is_clean = !value.empty() && Trim(value) == value &&
                              std::none_of(value.begin(), value.end(), [](char c) { return absl::ascii_iscntrl(c); });
  if (!value_is_clean || !IsScheme(id.substr(0, colon))) {
    Fail(v1::Refusal::FIELD_INVALID, path,
         Concat("is \"", Shown(id), "\"; write scheme:value, for example iso3166:CN"));
  }
}

void FieldChecker::ExternalIdList(const google::protobuf::RepeatedPtrField<std::string>& ids, const FieldPath& path,
                                  std::string_view name) {
  AtMost(static_cast<size_t>(ids.size()), kMaxListItems, path.Field(name));
  for (int i = 0; i < ids.size(); ++i) ExternalId(ids[i], path.Item(name, static_cast<size_t>(i)));
}

void FieldChecker::TextList(const google::protobuf::RepeatedPtrField<std::string>& list, size_t max_bytes,
                            const FieldPath& path, std::string_view name) {
  AtMost(static_cast<size_t>(list.size()), kMaxListItems, path.Field(name));
  for (int i = 0; i < list.size(); ++i) RequiredText(list[i], max_bytes, path.Item(name, static_cast<size_t>(i)));
}

void FieldChecker::HyphenatedWords(std::string_view text, const FieldPath& path) {
  RequiredText(text, kMaxNameBytes, path);
  const bool is_category = ValidateCategory(text).ok();
  if (!is_category || Contains(text, "/") || Contains(text, ":")) {
    Fail(v1::Refusal::FIELD_INVALID, path,
         Concat("is \"", Shown(text), "\"; write lower-case words joined by hyphens"));
  }
}

void FieldChecker::Category(std::string_view category, const FieldPath& path) {
  RequiredText(category, kMaxCategoryBytes, path);
  FailWith(ValidateCategory(category), v1::Refusal::FIELD_INVALID, path);
}

void FieldChecker::Date(std::string_view date, const FieldPath& path) {
  Text(date, kMaxDatesDigits, path);
  if (!date.empty()) FailWith(ParseDate(date).status(), v1::Refusal::FIELD_INVALID, path);
}

void FieldChecker::ReferenceByIndex(uint32_t index, std::initializer_list<v1::Portion::ContentCase> kinds,
                                    const FieldPath& path) {
  if (index >= kinds_.size()) {
    Fail(v1::Refusal::REFERENCE_INVALID, path, Concat("points at portion ", index, " of a report of ", kinds_.size()));
    return;
  }
  const v1::Portion::ContentCase kind = kinds_[index];
  const bool kind_is_right = kinds.size() == 0 || kind == v1::Portion::CONTENT_NOT_SET ||
                             std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
  if (!kind_is_right) {
    Fail(v1::Refusal::REFERENCE_INVALID, path,
         Concat("points at portion ", index, ", a portion of kind ", KindName(kind), ", which it may not"));
  }
}

void FieldChecker::Reference(const v1::Reference& reference, std::initializer_list<v1::Portion::ContentCase> kinds,
                             ExternalIds external_ids, const FieldPath& path) {
  switch (reference.to_case()) {
    case v1::Reference::kIndex:
      ReferenceByIndex(reference.index(), kinds, path);
      return;
    case v1::Reference::kPortionId:
      HashBytes(reference.portion_id(), path.Field("portion_id"));
      return;
    case v1::Reference::kExternalId:
      if (external_ids == ExternalIds::kRefused) {
        Fail(v1::Refusal::REFERENCE_INVALID, path, "names an external id; write the index or the id of a portion");
      }
      ExternalId(reference.external_id(), path.Field("external_id"));
      return;
    case v1::Reference::TO_NOT_SET:
      Fail(v1::Refusal::FIELD_MISSING, path, "points at nothing");
      return;
  }
}

void FieldChecker::RequiredReference(bool is_set, const v1::Reference& reference,
                                     std::initializer_list<v1::Portion::ContentCase> kinds, ExternalIds external_ids,
                                     const FieldPath& path) {
  if (!is_set) {
    Fail(v1::Refusal::FIELD_MISSING, path, "is missing");
    return;
  }
  Reference(reference, kinds, external_ids, path);
}

}  // namespace sworn::model
