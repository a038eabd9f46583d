#include "ledger/model/strict_parse.h"

#include <limits>

#include "absl/container/flat_hash_set.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/unknown_field_set.h"
#include "ledger/model/refusal.h"
#include "ledger/model/text.h"
#include "ledger/model/utf8.h"

namespace sworn::model {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::UnknownField;
using google::protobuf::UnknownFieldSet;

absl::Status Malformed(const FieldPath& path, std::string_view text) {
  return Refuse(v1::Refusal::MALFORMED, Concat(path.ToString(), " ", text));
}

// How the field is written. The contract has no fixed-width numbers and no groups.
bool WireTypeFits(const FieldDescriptor& field, UnknownField::Type type) {
  const bool is_length_delimited =
      field.cpp_type() == FieldDescriptor::CPPTYPE_STRING || field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
  if (is_length_delimited || type == UnknownField::TYPE_LENGTH_DELIMITED) {
    return type == UnknownField::TYPE_LENGTH_DELIMITED && (is_length_delimited || field.is_packable());
  }
  return type == UnknownField::TYPE_VARINT;
}

// The fields that may occur once, by index; the fields of a oneof count as its first.
class SeenFields {
 public:
  // False where the field was seen before and may not come again.
  bool Add(const FieldDescriptor& field) {
    if (field.is_repeated()) return true;
    const auto* oneof = field.containing_oneof();
    const int index = oneof == nullptr ? field.index() : oneof->field(0)->index();
    return seen_.insert(index).second;
  }

 private:
  absl::flat_hash_set<int> seen_;
};

// Walks the wire form of a message of type `type`. The depth is that of the types, which are not recursive.
absl::Status CheckWire(std::string_view bytes, const Descriptor& type, const FieldPath& path) {
  UnknownFieldSet fields;
  if (bytes.size() > std::numeric_limits<int>::max() ||
      !fields.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Malformed(path, "does not parse, or ends early");
  }
  SeenFields seen;
  for (int i = 0; i < fields.field_count(); ++i) {
    const UnknownField& wire = fields.field(i);
    const FieldDescriptor* field = type.FindFieldByNumber(wire.number());
    if (field == nullptr || !WireTypeFits(*field, wire.type())) {
      return Malformed(path, Concat("has field number ", wire.number(), ", which ", type.full_name(),
                                    " does not have in this form"));
    }
    const FieldPath field_path = path.Field(field->name());
    if (!seen.Add(*field)) return Malformed(field_path, "occurs twice, or beside another choice of its kind");
    if (field->type() == FieldDescriptor::TYPE_STRING && !IsUtf8(wire.length_delimited())) {
      return Refuse(v1::Refusal::NOT_UTF8, Concat(field_path.ToString(), " is not UTF-8"));
    }
    if (field->type() == FieldDescriptor::TYPE_MESSAGE) {
      absl::Status status = CheckWire(wire.length_delimited(), *field->message_type(), field_path);
      if (!status.ok()) return status;
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ParseStrictly(std::string_view bytes, const FieldPath& path, google::protobuf::Message& message) {
  absl::Status wire = CheckWire(bytes, *message.GetDescriptor(), path);
  if (!wire.ok()) return wire;
  if (message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return absl::OkStatus();
  return Malformed(path, "does not parse, or ends early");
}

}  // namespace sworn::model
