// A YAML document as a tree in which everything knows its line and column, built under bounds: one document, no
// anchors, aliases or tags, no duplicate keys, limited size, depth and count. The text is parsed once, as events, so
// that nothing is ever expanded.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace sworn::interop {

inline constexpr size_t kMaxYamlBytes = size_t{8} << 20U;
inline constexpr size_t kMaxYamlDepth = 32;
inline constexpr size_t kMaxYamlNodes = 1'000'000;

// Both from 1; columns count bytes.
struct YamlPosition {
  int line = 1;
  int column = 1;
};

struct YamlField;

struct YamlNode {
  enum class Kind { kNull, kScalar, kList, kMap };
  Kind kind = Kind::kNull;
  YamlPosition position;
  std::string text;               // kScalar
  std::vector<YamlNode> items;    // kList
  std::vector<YamlField> fields;  // kMap, in the order of the text

  // Nullptr where this is no map or has no such key.
  const YamlNode* Find(std::string_view key) const;
};

struct YamlField {
  std::string key;
  YamlPosition position;
  YamlNode value;
};

// InvalidArgument, with a Refusal reason, names file, line and column. A document without content is a null node.
absl::StatusOr<YamlNode> ParseYamlDocument(std::string_view yaml, const std::string& file_name);

}  // namespace sworn::interop
