// Reads the values of a YAML document. Every problem is noted and reading goes on, so that one run shows them all.
//
// Thread-safety: belongs to one thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/types/span.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "ledger/interop/yaml_document.h"
#include "ledger/interop/yaml_problems.h"
#include "ledger/model/text.h"

namespace sworn::interop {

// A node and the path that leads to it. No node: the field is absent.
struct YamlValue {
  const YamlNode* node = nullptr;
  std::string path;

  explicit operator bool() const { return node != nullptr; }
  YamlValue operator[](std::string_view key) const {
    return {node->Find(key), path.empty() ? std::string(key) : model::Concat(path, ".", key)};
  }
  YamlValue operator[](size_t index) const { return {&node->items[index], model::Concat(path, "[", index, "]")}; }
};

// The items of a list; a single value is a list of one.
std::vector<YamlValue> YamlItems(const YamlValue& value);

class YamlReader {
 public:
  YamlReader(const std::string& file_name, size_t max_problems) : problems_(file_name, max_problems) {}

  YamlProblems& problems() { return problems_; }
  void Problem(const YamlValue& value, std::string_view message) {
    problems_.Add(value.node->position, value.path, message);
  }

  // Whether it is a map; keys that are none of `keys` are noted.
  bool IsMap(const YamlValue& value, absl::Span<const std::string_view> keys);
  // Empty where there is none, which is noted unless the field is absent.
  std::string Text(const YamlValue& value);
  // What was parsed out of the value, or a value without content and a problem.
  template <typename T>
  T Parsed(const YamlValue& value, absl::StatusOr<T> parsed) {
    if (parsed.ok()) return *std::move(parsed);
    Problem(value, model::MessageOf(parsed.status()));
    return T{};
  }
  template <typename Integer>
  Integer Count(const YamlValue& value) {
    const std::string text = Text(value);
    Integer count = 0;
    if (!text.empty() && !absl::SimpleAtoi(text, &count)) {
      Problem(value, model::Concat(Quote(text), " is not a whole number from 0 up"));
    }
    return count;
  }
  bool Truth(const YamlValue& value);
  void Texts(const YamlValue& value, google::protobuf::RepeatedPtrField<std::string>& texts);
  // Leaves the field alone where the value is absent.
  void Assign(const YamlValue& value, std::string& field);

 private:
  YamlProblems problems_;
};

}  // namespace sworn::interop
