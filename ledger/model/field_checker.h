// The checks that many fields share. Keeps the first problem; checks made after it are without effect.
//
// Thread-safety: a FieldChecker belongs to one thread.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "google/protobuf/generated_enum_reflection.h"
#include "google/protobuf/timestamp.pb.h"
#include "ledger/model/field_path.h"
#include "ledger/model/refusal.h"
#include "ledger/model/text.h"
#include "sworn/v1/portion.pb.h"

namespace sworn::model {

// Whether a reference may name its target by an external id.
enum class ExternalIds { kAllowed, kRefused };

class FieldChecker {
 public:
  // `kinds`: the kinds of the portions of the report, for references by index; must outlive the checker.
  explicit FieldChecker(const std::vector<v1::Portion::ContentCase>& kinds) : kinds_(kinds) {}

  const absl::Status& status() const { return status_; }

  // The message is the path, a space and `text`.
  void Fail(Reason reason, const FieldPath& path, std::string_view text);
  // The status' own message stands behind a colon. `reason` is used where the status carries none.
  void FailWith(const absl::Status& status, Reason reason, const FieldPath& path);

  void AtMost(size_t count, size_t limit, const FieldPath& path);
  void Text(std::string_view text, size_t max_bytes, const FieldPath& path);
  void RequiredText(std::string_view text, size_t max_bytes, const FieldPath& path);
  void HashBytes(std::string_view bytes, const FieldPath& path);
  void Timestamp(const google::protobuf::Timestamp& time, const FieldPath& path);
  // "scheme:value": the scheme of lower-case letters, digits, '.', '-', '_' and '+'; the value without control
  // characters.
  void ExternalId(std::string_view id, const FieldPath& path);
  // A list of external ids; `name` is its field within `path`.
  void ExternalIdList(const google::protobuf::RepeatedPtrField<std::string>& ids, const FieldPath& path,
                      std::string_view name);
  // A list of non-empty texts.
  void TextList(const google::protobuf::RepeatedPtrField<std::string>& list, size_t max_bytes, const FieldPath& path,
                std::string_view name);
  // Lower-case words joined by hyphens.
  void HyphenatedWords(std::string_view text, const FieldPath& path);
  void Category(std::string_view category, const FieldPath& path);
  // Empty is allowed.
  void Date(std::string_view date, const FieldPath& path);

  // `kinds` empty: a portion of any kind.
  void Reference(const v1::Reference& reference, std::initializer_list<v1::Portion::ContentCase> kinds,
                 ExternalIds external_ids, const FieldPath& path);
  void RequiredReference(bool is_set, const v1::Reference& reference,
                         std::initializer_list<v1::Portion::ContentCase> kinds, ExternalIds external_ids,
                         const FieldPath& path);

  // A known number; the zero value means "not set" and is allowed.
  template <typename Enum>
  void KnownEnum(Enum value, const FieldPath& path) {
    if (google::protobuf::GetEnumDescriptor<Enum>()->FindValueByNumber(value) == nullptr) {
      Fail(v1::Refusal::FIELD_INVALID, path, Concat("is ", static_cast<int>(value), ", a value that is not known"));
    }
  }
  template <typename Enum>
  void RequiredEnum(Enum value, const FieldPath& path) {
    if (value == 0) Fail(v1::Refusal::FIELD_MISSING, path, "is missing");
    KnownEnum(value, path);
  }

 private:
  void ReferenceByIndex(uint32_t index, std::initializer_list<v1::Portion::ContentCase> kinds, const FieldPath& path);

  const std::vector<v1::Portion::ContentCase>& kinds_;
  absl::Status status_;
};

}  // namespace sworn::model
