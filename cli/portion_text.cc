#include "cli/portion_text.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "cli/text.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "ledger/crypto/hash.h"
#include "ledger/model/marking.h"
#include "ledger/model/text.h"
#include "ledger/model/vocabulary.h"

namespace sworn::cli {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr size_t kLabelColumns = 18;

std::string Words(std::string_view field_name) { return absl::StrReplaceAll(model::ToAbsl(field_name), {{"_", " "}}); }

// Writes the fields of a portion, with the names of what they refer to.
class FieldWriter {
 public:
  explicit FieldWriter(const PortionNames& names) : names_(names) {}

  std::string FormatValue(const Message& message, const FieldDescriptor& field, int index) const;

 private:
  // "#0 China", the id in short form, or the external id.
  std::string FormatReference(const v1::Reference& reference) const;
  std::string FormatHop(const v1::Hop& hop) const;
  std::string FormatTerm(const v1::Term& term) const;
  // One message on one line, where it has such a form; else its set fields, "name value, name value".
  std::string FormatMessage(const Message& message) const;

  const PortionNames& names_;
};

std::vector<const FieldDescriptor*> SetFields(const Message& message) {
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  return fields;
}

size_t CountValues(const Message& message, const FieldDescriptor& field) {
  return field.is_repeated() ? message.GetReflection()->FieldSize(message, &field) : 1;
}

std::string FieldWriter::FormatReference(const v1::Reference& reference) const {
  switch (reference.to_case()) {
    case v1::Reference::kIndex: {
      const auto name = names_.find(reference.index());
      return model::Concat("#", reference.index(), name == names_.end() ? "" : " " + name->second);
    }
    case v1::Reference::kPortionId:
      return ShortId(crypto::ToHex(reference.portion_id()));
    case v1::Reference::kExternalId:
      return Printable(reference.external_id());
    case v1::Reference::TO_NOT_SET:
      break;
  }
  return "nothing";
}

std::string FieldWriter::FormatHop(const v1::Hop& hop) const {
  std::string text = model::ToLower(v1::Hop::Mode_Name(hop.mode()));
  text += " by " + (hop.has_source() ? FormatReference(hop.source()) : "the author");
  if (!hop.said_at().empty()) text += ", " + Printable(hop.said_at());
  if (hop.cites().empty()) return text + ", origin";
  std::vector<std::string> steps;
  for (const uint32_t step : hop.cites()) steps.push_back(model::Concat(uint64_t{step} + 1));
  return text + ", citing step " + absl::StrJoin(steps, " and ");
}

std::string FieldWriter::FormatTerm(const v1::Term& term) const {
  if (term.has_entity()) return FormatReference(term.entity());
  return model::Concat(Printable(term.literal().value()), term.literal().type().empty() ? "" : " ",
                       Printable(term.literal().type()));
}

std::string FieldWriter::FormatValue(const Message& message, const FieldDescriptor& field, int index) const {
  const Reflection& reflection = *message.GetReflection();
  const bool repeated = field.is_repeated();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE: {
      const Message& value =
          repeated ? reflection.GetRepeatedMessage(message, &field, index) : reflection.GetMessage(message, &field);
      // Steps are numbered, because later ones cite earlier ones.
      const bool is_step = field.message_type() == v1::Hop::descriptor();
      return model::Concat(is_step ? model::Concat(index + 1, ". ") : "", FormatMessage(value));
    }
    case FieldDescriptor::CPPTYPE_STRING: {
      const std::string text =
          repeated ? reflection.GetRepeatedString(message, &field, index) : reflection.GetString(message, &field);
      return field.type() == FieldDescriptor::TYPE_BYTES ? crypto::ToHex(text) : Printable(text);
    }
    case FieldDescriptor::CPPTYPE_ENUM:
      return (repeated ? reflection.GetRepeatedEnum(message, &field, index) : reflection.GetEnum(message, &field))
          ->name();
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection.GetBool(message, &field) ? "yes" : "no";
    case FieldDescriptor::CPPTYPE_UINT32:
      return model::Concat(repeated ? reflection.GetRepeatedUInt32(message, &field, index)
                                    : reflection.GetUInt32(message, &field));
    case FieldDescriptor::CPPTYPE_UINT64:
      return model::Concat(reflection.GetUInt64(message, &field));
    default:
      return "?";
  }
}

std::string FieldWriter::FormatMessage(const Message& message) const {
  if (const auto* reference = dynamic_cast<const v1::Reference*>(&message)) return FormatReference(*reference);
  if (const auto* term = dynamic_cast<const v1::Term*>(&message)) return FormatTerm(*term);
  if (const auto* hop = dynamic_cast<const v1::Hop*>(&message)) return FormatHop(*hop);
  if (const auto* quantity = dynamic_cast<const v1::Quantity*>(&message)) return FormatQuantity(*quantity);
  if (const auto* period = dynamic_cast<const v1::Period*>(&message)) return FormatPeriod(*period);
  if (const auto* grade = dynamic_cast<const v1::Grade*>(&message)) return model::FormatGrade(*grade);
  if (const auto* time = dynamic_cast<const google::protobuf::Timestamp*>(&message)) return FormatTimestamp(*time);
  std::vector<std::string> parts;
  for (const FieldDescriptor* field : SetFields(message)) {
    for (size_t i = 0; i < CountValues(message, *field); ++i) {
      parts.push_back(model::Concat(Words(field->name()), " ", FormatValue(message, *field, static_cast<int>(i))));
    }
  }
  return absl::StrJoin(parts, ", ");
}

const Message* ContentOf(const v1::Portion& portion) {
  const auto* field = v1::Portion::GetReflection()->GetOneofFieldDescriptor(
      portion, v1::Portion::descriptor()->FindOneofByName("content"));
  return field == nullptr ? nullptr : &v1::Portion::GetReflection()->GetMessage(portion, field);
}

std::string NameOf(const v1::Portion& portion) {
  switch (portion.content_case()) {
    case v1::Portion::kEntity:
      return portion.entity().name();
    case v1::Portion::kSource:
      return portion.source().name();
    case v1::Portion::kEvidence:
      return portion.evidence().title();
    case v1::Portion::kPrincipal:
      return portion.principal().name();
    case v1::Portion::kAssertion:
      return portion.assertion().statement();
    default:
      return "";
  }
}

}  // namespace

std::string FormatQuantity(const v1::Quantity& quantity) {
  std::vector<std::string> parts;
  if (quantity.approximate()) parts.emplace_back("about");
  for (const std::string* part : {&quantity.value(), &quantity.unit(), &quantity.measure()}) {
    if (!part->empty()) parts.push_back(Printable(*part));
  }
  if (!quantity.base().empty()) parts.push_back(model::Concat("(of ", Printable(quantity.base()), ")"));
  return absl::StrJoin(parts, " ");
}

std::string FormatPeriod(const v1::Period& period) {
  if (period.from() == period.until()) return Printable(period.from());
  if (period.until().empty()) return model::Concat("since ", Printable(period.from()));
  if (period.from().empty()) return model::Concat("until ", Printable(period.until()));
  return model::Concat(Printable(period.from()), " – ", Printable(period.until()));
}

PortionNames NamesOf(const v1::GetRecordResponse& report) {
  constexpr size_t kNameColumns = 60;
  PortionNames names;
  for (const v1::PortionRecord& record : report.portions()) {
    const std::string name = CutToWidth(Printable(NameOf(record.portion())), kNameColumns);
    if (!name.empty()) names[record.index()] = name;
  }
  return names;
}

std::string FormatPortion(const v1::PortionRecord& record, const PortionNames& names) {
  const FieldWriter writer(names);
  const Message* content = ContentOf(record.portion());
  if (content == nullptr) {
    return model::Concat("#", record.index(), " ", record.id(), "  content withheld or erased\n");
  }
  std::string text = model::Concat(
      Styled(model::Concat("#", record.index(), " ", model::ToLower(content->GetDescriptor()->name())), Style::kBold),
      record.id().empty() ? "" : "  ", record.id(), "  ", Printable(model::FormatMarking(record.portion().marking())),
      "\n");
  for (const FieldDescriptor* field : SetFields(*content)) {
    std::string label = Words(field->name());
    label.resize(std::max(kLabelColumns, label.size() + 1), ' ');
    for (size_t i = 0; i < CountValues(*content, *field); ++i) {
      text += model::Concat("  ", label, writer.FormatValue(*content, *field, static_cast<int>(i)), "\n");
      label.assign(label.size(), ' ');
    }
  }
  return text;
}

}  // namespace sworn::cli
