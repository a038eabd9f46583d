#include "ledger/model/strict_parse.h"

#include <bitset>
#include <cstdint>
#include <limits>
#include <optional>
#include <set>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/io/coded_stream.h"
#include "ledger/model/refusal.h"
#include "ledger/model/text.h"
#include "ledger/model/utf8.h"

namespace sworn::model {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::io::CodedInputStream;

absl::Status Malformed(const FieldPath& path, std::string_view text) {
  return Refuse(v1::Refusal::MALFORMED, Concat(path.ToString(), " ", text));
}

// How a field is written (protobuf.dev/programming-guides/encoding).
enum WireType : uint32_t { kVarint = 0, kLengthDelimited = 2 };
constexpr uint32_t kWireTypeBits = 3;

// The contract has no fixed-width numbers and no groups.
bool WireTypeFits(const FieldDescriptor& field, uint32_t type) {
  const bool is_length_delimited =
      field.cpp_type() == FieldDescriptor::CPPTYPE_STRING || field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
  if (is_length_delimited || type == kLengthDelimited) {
    return type == kLengthDelimited && (is_length_delimited || field.is_packable());
  }
  return type == kVarint;
}

// The fields that may occur once, by index; the fields of a oneof count as its first.
class SeenFields {
 public:
  // False where the field was seen before and may not come again.
  bool Add(const FieldDescriptor& field) {
    if (field.is_repeated()) return true;
    const auto* oneof = field.containing_oneof();
    const auto index = static_cast<size_t>(oneof == nullptr ? field.index() : oneof->field(0)->index());
    if (index >= seen_.size()) return more_.insert(index).second;
    const bool is_new = !seen_[index];
    seen_.set(index);
    return is_new;
  }

 private:
  std::bitset<64> seen_;  // no message of the contract has more fields
  std::set<size_t> more_;
};

// The value of a field that stands next; nothing where it ends early. Empty for a number.
std::optional<std::string_view> TakeValue(uint32_t type, std::string_view bytes, CodedInputStream& input) {
  if (type == kVarint) {
    uint64_t number = 0;
    return input.ReadVarint64(&number) ? std::optional<std::string_view>("") : std::nullopt;
  }
  int size = 0;
  if (!input.ReadVarintSizeAsInt(&size)) return std::nullopt;
  const std::string_view rest = bytes.substr(static_cast<size_t>(input.CurrentPosition()));
  if (static_cast<size_t>(size) > rest.size() || !input.Skip(size)) return std::nullopt;
  return rest.substr(0, static_cast<size_t>(size));
}

// Walks the wire form of a message of type `type`. The depth is that of the types, which are not recursive.
absl::Status CheckWire(std::string_view bytes, const Descriptor& type, const FieldPath& path) {
  constexpr std::string_view kEndsEarly = "does not parse, or ends early";
  if (bytes.size() > std::numeric_limits<int>::max()) return Malformed(path, kEndsEarly);
  CodedInputStream input(reinterpret_cast<const uint8_t*>(bytes.data()), static_cast<int>(bytes.size()));
  SeenFields seen;
  while (static_cast<size_t>(input.CurrentPosition()) < bytes.size()) {
    const uint32_t tag = input.ReadTag();
    const uint32_t number = tag >> kWireTypeBits;
    const uint32_t wire_type = tag & ((1U << kWireTypeBits) - 1);
    if (number == 0) return Malformed(path, kEndsEarly);
    const FieldDescriptor* field = type.FindFieldByNumber(static_cast<int>(number));
    if (field == nullptr || !WireTypeFits(*field, wire_type)) {
      return Malformed(
          path, Concat("has field number ", number, ", which ", type.full_name(), " does not have in this form"));
    }
    const std::optional<std::string_view> value = TakeValue(wire_type, bytes, input);
    if (!value.has_value()) return Malformed(path, kEndsEarly);
    const FieldPath field_path = path.Field(field->name());
    if (!seen.Add(*field)) return Malformed(field_path, "occurs twice, or beside another choice of its kind");
    if (field->type() == FieldDescriptor::TYPE_STRING && !IsUtf8(*value)) {
      return Refuse(v1::Refusal::NOT_UTF8, Concat(field_path.ToString(), " is not UTF-8"));
    }
    if (field->type() == FieldDescriptor::TYPE_MESSAGE) {
      absl::Status status = CheckWire(*value, *field->message_type(), field_path);
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
