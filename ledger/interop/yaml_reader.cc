#include "ledger/interop/yaml_reader.h"

#include <algorithm>

namespace sworn::interop {

using model::Concat;

std::vector<YamlValue> YamlItems(const YamlValue& value) {
  if (!value) return {};
  if (value.node->kind != YamlNode::Kind::kList) return {value};
  std::vector<YamlValue> items;
  for (size_t i = 0; i < value.node->items.size(); ++i) items.push_back(value[i]);
  return items;
}

bool YamlReader::IsMap(const YamlValue& value, absl::Span<const std::string_view> keys) {
  if (value.node->kind != YamlNode::Kind::kMap) {
    Problem(value, Concat("expected 'key: value' lines", Suggest("", keys)));
    return false;
  }
  for (const YamlField& field : value.node->fields) {
    if (std::find(keys.begin(), keys.end(), field.key) != keys.end()) continue;
    problems_.Add(field.position, value.path, Concat(Quote(field.key), " is not a key here", Suggest(field.key, keys)));
  }
  return true;
}

std::string YamlReader::Text(const YamlValue& value) {
  if (!value) return "";
  if (value.node->kind == YamlNode::Kind::kScalar && !value.node->text.empty()) return value.node->text;
  Problem(value, value.node->kind == YamlNode::Kind::kScalar || value.node->kind == YamlNode::Kind::kNull
                     ? "is empty; write a text or leave the key out"
                     : "expected a text");
  return "";
}

bool YamlReader::Truth(const YamlValue& value) {
  const std::string text = Text(value);
  if (text.empty() || text == "true" || text == "yes") return !text.empty();
  if (text != "false" && text != "no") Problem(value, Concat(Quote(text), " is neither true nor false"));
  return false;
}

void YamlReader::Texts(const YamlValue& value, google::protobuf::RepeatedPtrField<std::string>& texts) {
  for (const YamlValue& item : YamlItems(value)) texts.Add(Text(item));
}

void YamlReader::Assign(const YamlValue& value, std::string& field) {
  if (value) field = Text(value);
}

}  // namespace sworn::interop
