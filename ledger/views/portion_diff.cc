#include "ledger/views/portion_diff.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "ledger/model/marking.h"
#include "ledger/model/timestamp.h"
#include "ledger/model/vocabulary.h"
#include "ledger/views/text.h"

namespace sworn::views {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

std::vector<const FieldDescriptor*> SetFields(const Message& message) {
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  return fields;
}

// Messages that print as one value.
bool IsOneValue(const google::protobuf::Descriptor* type) {
  return type == v1::Reference::descriptor() || type == v1::Grade::descriptor() || type == v1::Marking::descriptor() ||
         type == google::protobuf::Timestamp::descriptor();
}

bool IsComposite(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && !IsOneValue(field.message_type());
}

const Message& MessageIn(const Message& message, const FieldDescriptor& field, int index) {
  const Reflection& reflection = *message.GetReflection();
  return field.is_repeated() ? reflection.GetRepeatedMessage(message, &field, index)
                             : reflection.GetMessage(message, &field);
}

std::string PrintText(const Message& message, const FieldDescriptor& field, int index) {
  const Reflection& reflection = *message.GetReflection();
  const std::string text = field.is_repeated() ? reflection.GetRepeatedString(message, &field, index)
                                               : reflection.GetString(message, &field);
  return field.type() == FieldDescriptor::TYPE_BYTES ? crypto::ToHex(text) : text;
}

std::string PrintNumber(const Message& message, const FieldDescriptor& field, int index) {
  const Reflection& reflection = *message.GetReflection();
  const bool repeated = field.is_repeated();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_ENUM:
      return (repeated ? reflection.GetRepeatedEnum(message, &field, index) : reflection.GetEnum(message, &field))
          ->name();
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection.GetBool(message, &field) ? "yes" : "no";
    case FieldDescriptor::CPPTYPE_UINT32:
      return Concat(repeated ? reflection.GetRepeatedUInt32(message, &field, index)
                             : reflection.GetUInt32(message, &field));
    case FieldDescriptor::CPPTYPE_UINT64:
      return Concat(reflection.GetUInt64(message, &field));
    default:
      return "?";
  }
}

// Prints the values of one of the two portions. Messages nest only as deep as portion.proto declares them.
class ValuePrinter {
 public:
  explicit ValuePrinter(const ReferencePrinter& print_reference) : print_reference_(print_reference) {}

  // Empty where the field is not set.
  std::string Print(const Message& message, const FieldDescriptor& field) {
    return message.GetReflection()->HasField(message, &field) ? PrintItem(message, field, 0) : "";
  }
  std::string PrintItem(const Message& message, const FieldDescriptor& field, int index) {
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return PrintMessage(MessageIn(message, field, index));
      case FieldDescriptor::CPPTYPE_STRING:
        return PrintText(message, field, index);
      default:
        return PrintNumber(message, field, index);
    }
  }
  std::vector<std::string> PrintItems(const Message& message, const FieldDescriptor& field) {
    std::vector<std::string> items;
    for (int i = 0; i < message.GetReflection()->FieldSize(message, &field); ++i) {
      items.push_back(PrintItem(message, field, i));
    }
    return items;
  }

  // The first error of the printer of references.
  const absl::Status& status() const { return status_; }

 private:
  std::string PrintMessage(const Message& message) {
    if (const auto* reference = dynamic_cast<const v1::Reference*>(&message)) return PrintReference(*reference);
    if (const auto* marking = dynamic_cast<const v1::Marking*>(&message)) return model::FormatMarking(*marking);
    if (const auto* grade = dynamic_cast<const v1::Grade*>(&message)) return model::FormatGrade(*grade);
    if (const auto* time = dynamic_cast<const google::protobuf::Timestamp*>(&message)) {
      return model::FormatUtc(model::ToTime(*time));
    }
    // Only to tell items of a list apart: their fields are shown one by one.
    std::string text;
    for (const FieldDescriptor* field : SetFields(message)) {
      if (!field->is_repeated()) {
        text += Concat(field->number(), "=", PrintItem(message, *field, 0), "\n");
        continue;
      }
      for (const std::string& item : PrintItems(message, *field)) text += Concat(field->number(), "[]=", item, "\n");
    }
    return text;
  }

  std::string PrintReference(const v1::Reference& reference) {
    absl::StatusOr<std::string> text = print_reference_(reference);
    if (text.ok()) return *std::move(text);
    if (status_.ok()) status_ = text.status();
    return "";
  }

  const ReferencePrinter& print_reference_;
  absl::Status status_;
};

class Differ {
 public:
  Differ(const ComparedPortion& before, const ComparedPortion& after)
      : before_(before.print_reference), after_(after.print_reference) {}

  void Compare(const v1::Portion& before, const v1::Portion& after);
  absl::StatusOr<PortionDiff> Finish() &&;

 private:
  void CompareMessages(const std::string& path, const Message& before, const Message& after);
  void CompareField(const std::string& path, const FieldDescriptor& field, const Message& before, const Message& after);
  void CompareLists(const std::string& path, const FieldDescriptor& field, const Message& before, const Message& after);
  // `index` -1: there is no such item on that side.
  void CompareItems(const std::string& path, const FieldDescriptor& field, const Message& before, int before_index,
                    const Message& after, int after_index);
  void Add(const std::string& path, const std::string& before, const std::string& after);

  ValuePrinter before_;
  ValuePrinter after_;
  PortionDiff diff_;
};

void Differ::Add(const std::string& path, const std::string& before, const std::string& after) {
  if (before == after || ++diff_.count > kMaxFieldChanges) return;
  v1::FieldChange& change = diff_.changes.emplace_back();
  change.set_field(path);
  change.set_before(Shorten(before, kMaxChangeBytes));
  change.set_after(Shorten(after, kMaxChangeBytes));
}

void Differ::Compare(const v1::Portion& before, const v1::Portion& after) {
  const auto content_of = [](const v1::Portion& portion) {
    return v1::Portion::GetReflection()->GetOneofFieldDescriptor(portion,
                                                                 v1::Portion::descriptor()->FindOneofByName("content"));
  };
  const FieldDescriptor* before_content = content_of(before);
  const FieldDescriptor* after_content = content_of(after);
  if (before_content == nullptr || before_content != after_content) {
    Add("kind", before_content == nullptr ? "" : before_content->name(),
        after_content == nullptr ? "" : after_content->name());
    return;
  }
  Add("marking", model::FormatMarking(before.marking()), model::FormatMarking(after.marking()));
  // Terms of use do not print with a marking.
  CompareLists("marking.statements", *v1::Marking::descriptor()->FindFieldByName("statements"), before.marking(),
               after.marking());
  CompareMessages("", MessageIn(before, *before_content, 0), MessageIn(after, *after_content, 0));
}

void Differ::CompareMessages(const std::string& path, const Message& before, const Message& after) {
  const google::protobuf::Descriptor& type = *before.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    const std::string field_path = path.empty() ? field.name() : Concat(path, ".", field.name());
    CompareField(field_path, field, before, after);
  }
}

void Differ::CompareField(const std::string& path, const FieldDescriptor& field, const Message& before,
                          const Message& after) {
  if (field.is_repeated()) {
    CompareLists(path, field, before, after);
  } else if (IsComposite(field)) {
    CompareMessages(path, MessageIn(before, field, 0), MessageIn(after, field, 0));
  } else {
    Add(path, before_.Print(before, field), after_.Print(after, field));
  }
}

void Differ::CompareLists(const std::string& path, const FieldDescriptor& field, const Message& before,
                          const Message& after) {
  const std::vector<std::string> old_items = before_.PrintItems(before, field);
  const std::vector<std::string> new_items = after_.PrintItems(after, field);
  const size_t shorter = std::min(old_items.size(), new_items.size());
  size_t head = 0;
  while (head < shorter && old_items[head] == new_items[head]) ++head;
  size_t tail = 0;
  while (tail < shorter - head &&
         *(old_items.rbegin() + static_cast<ptrdiff_t>(tail)) == *(new_items.rbegin() + static_cast<ptrdiff_t>(tail))) {
    ++tail;
  }
  const size_t old_end = old_items.size() - tail;
  const size_t new_end = new_items.size() - tail;
  for (size_t i = head; i < std::max(old_end, new_end); ++i) {
    CompareItems(Concat(path, "[", i, "]"), field, before, i < old_end ? static_cast<int>(i) : -1, after,
                 i < new_end ? static_cast<int>(i) : -1);
  }
}

void Differ::CompareItems(const std::string& path, const FieldDescriptor& field, const Message& before,
                          int before_index, const Message& after, int after_index) {
  if (!IsComposite(field)) {
    Add(path, before_index < 0 ? "" : before_.PrintItem(before, field, before_index),
        after_index < 0 ? "" : after_.PrintItem(after, field, after_index));
    return;
  }
  const Message& some =
      before_index < 0 ? MessageIn(after, field, after_index) : MessageIn(before, field, before_index);
  const std::unique_ptr<Message> nothing(some.New());
  CompareMessages(path, before_index < 0 ? *nothing : MessageIn(before, field, before_index),
                  after_index < 0 ? *nothing : MessageIn(after, field, after_index));
}

absl::StatusOr<PortionDiff> Differ::Finish() && {
  if (!before_.status().ok()) return before_.status();
  if (!after_.status().ok()) return after_.status();
  return std::move(diff_);
}

}  // namespace

absl::StatusOr<PortionDiff> DiffPortions(const ComparedPortion& before, const ComparedPortion& after) {
  Differ differ(before, after);
  differ.Compare(before.portion, after.portion);
  return std::move(differ).Finish();
}

}  // namespace sworn::views
