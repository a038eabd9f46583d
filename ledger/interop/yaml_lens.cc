#include "ledger/interop/yaml_lens.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "ledger/model/limits.h"
#include "ledger/model/marking.h"
#include "ledger/model/validate.h"
#include "ledger/model/vocabulary.h"

namespace sworn::interop {
namespace {

using model::Concat;
using Side = v1::Lens::SupportClass;

constexpr std::array<std::string_view, 7> kLensKeys = {"version",    "description", "direct",   "indirect",
                                                       "unassigned", "rules",       "otherwise"};
constexpr std::array<std::string_view, 2> kFileKeys = {"name", "marking"};
constexpr std::array<std::string_view, 3> kRuleKeys = {"category", "class", "code"};
constexpr std::array<Side, 3> kSides = {v1::Lens::DIRECT, v1::Lens::INDIRECT, v1::Lens::UNASSIGNED};
constexpr size_t kMaxProblems = 20;

// "direct", as files have it.
std::string WordOf(Side side) { return absl::AsciiStrToLower(v1::Lens::SupportClass_Name(side)); }

// In order of category, so that it does not matter in which order they were written.
void SortRules(v1::Lens& lens) {
  std::sort(lens.mutable_rules()->begin(), lens.mutable_rules()->end(),
            [](const auto& left, const auto& right) { return left.category() < right.category(); });
}

// Reads the rules of one lens.
class RuleReader {
 public:
  RuleReader(YamlReader& reader, v1::Lens& lens) : reader_(reader), lens_(lens) {}

  void ReadPaths(const YamlValue& paths, Side side) {
    for (const YamlValue& path : YamlItems(paths)) Add(path, side, "");
  }
  void ReadRule(const YamlValue& value);

 private:
  void Add(const YamlValue& category, Side side, const std::string& code);
  bool IsCategory(const YamlValue& value, const std::string& category);

  YamlReader& reader_;
  v1::Lens& lens_;
  std::map<std::string, int> lines_;  // of the categories that have a class
};

void RuleReader::ReadRule(const YamlValue& value) {
  if (!reader_.IsMap(value, kRuleKeys)) return;
  const YamlValue category = value["category"];
  const YamlValue side = value["class"];
  if (!category) reader_.Problem(value, "'category' is missing");
  if (!side) reader_.Problem(value, "'class' is missing: direct, indirect or unassigned");
  if (!category || !side) return;
  const Side parsed = reader_.Parsed(side, model::ParseSupportClass(reader_.Text(side)));
  Add(category, parsed, reader_.Text(value["code"]));
}

bool RuleReader::IsCategory(const YamlValue& value, const std::string& category) {
  if (category.empty()) return false;
  if (category.ends_with("/*") || category.ends_with('/')) {
    reader_.Problem(value, Concat(Quote(category), " ends with more than a path; a path stands for all below it, too"));
    return false;
  }
  const absl::Status valid = model::ValidateCategory(category);
  if (!valid.ok()) reader_.Problem(value, model::MessageOf(valid));
  return valid.ok();
}

void RuleReader::Add(const YamlValue& category, Side side, const std::string& code) {
  const std::string text = reader_.Text(category);
  if (!IsCategory(category, text)) return;
  const auto [known, is_new] = lines_.emplace(text, category.node->position.line);
  if (!is_new) {
    return reader_.Problem(
        category, Concat(Quote(text), " has a class already, from line ", known->second, "; give each category one"));
  }
  v1::Lens::Rule& rule = *lens_.add_rules();
  rule.set_category(text);
  rule.set_support_class(side);
  rule.set_code(code);
}

std::vector<std::string_view> Joined(absl::Span<const std::string_view> left,
                                     absl::Span<const std::string_view> right) {
  std::vector<std::string_view> words(left.begin(), left.end());
  words.insert(words.end(), right.begin(), right.end());
  return words;
}

// What the reader does not check itself.
void Validate(const YamlValue& top, v1::Portion portion, YamlReader& reader) {
  if (portion.lens().version() == 0) portion.mutable_lens()->set_version(1);
  const absl::Status valid = model::ValidatePortion(portion, 0, {v1::Portion::kLens});
  if (valid.ok()) return;
  reader.problems().Add(top.node->position, top.path, model::MessageOf(valid), model::ReasonOf(valid));
}

void EmitPaths(const v1::Lens& lens, Side side, YAML::Emitter& out) {
  bool first = true;
  for (const v1::Lens::Rule& rule : lens.rules()) {
    if (rule.support_class() != side || !rule.code().empty()) continue;
    if (std::exchange(first, false)) out << YAML::Key << WordOf(side) << YAML::Value << YAML::BeginSeq;
    out << rule.category();
  }
  if (!first) out << YAML::EndSeq;
}

void EmitCodedRules(const v1::Lens& lens, YAML::Emitter& out) {
  bool first = true;
  for (const v1::Lens::Rule& rule : lens.rules()) {
    if (rule.code().empty()) continue;
    if (std::exchange(first, false)) out << YAML::Key << "rules" << YAML::Value << YAML::BeginSeq;
    out << YAML::Flow << YAML::BeginMap << YAML::Key << "category" << YAML::Value << rule.category() << YAML::Key
        << "class" << YAML::Value << WordOf(rule.support_class()) << YAML::Key << "code" << YAML::Value
        << YAML::DoubleQuoted << rule.code() << YAML::EndMap;
  }
  if (!first) out << YAML::EndSeq;
}

}  // namespace

v1::Lens ReadYamlLens(const YamlValue& value, absl::Span<const std::string_view> other_keys, YamlReader& reader) {
  v1::Lens lens;
  if (!reader.IsMap(value, Joined(kLensKeys, other_keys))) return lens;
  if (const YamlValue version = value["version"]) {
    lens.set_version(reader.Count<uint32_t>(version));
    if (lens.version() == 0) reader.Problem(version, "is no version; count from 1");
  }
  reader.Assign(value["description"], *lens.mutable_description());
  RuleReader rules(reader, lens);
  for (const Side side : kSides) rules.ReadPaths(value[WordOf(side)], side);
  for (const YamlValue& rule : YamlItems(value["rules"])) rules.ReadRule(rule);
  SortRules(lens);
  if (static_cast<size_t>(lens.rules_size()) > model::kMaxListItems) {
    reader.Problem(value, Concat("names ", lens.rules_size(), " categories; a lens names at most ",
                                 model::kMaxListItems, ": name what they have in common"));
  }
  if (const YamlValue otherwise = value["otherwise"]) {
    lens.set_otherwise(reader.Parsed(otherwise, model::ParseSupportClass(reader.Text(otherwise))));
  } else {
    reader.Problem(value, "'otherwise' is missing: the class of every category that is not named here");
  }
  return lens;
}

absl::StatusOr<v1::Portion> ParseYamlLens(std::string_view yaml, const std::string& file_name) {
  const absl::StatusOr<YamlNode> root = ParseYamlDocument(yaml, file_name);
  if (!root.ok()) return root.status();
  YamlReader reader(file_name, kMaxProblems);
  const YamlValue top{&*root, ""};
  v1::Portion portion;
  *portion.mutable_lens() = ReadYamlLens(top, kFileKeys, reader);
  portion.mutable_lens()->set_name(reader.Text(top["name"]));
  if (const YamlValue marking = top["marking"]) {
    *portion.mutable_marking() = reader.Parsed(marking, model::ParseMarking(reader.Text(marking)));
  } else if (root->kind == YamlNode::Kind::kMap) {
    reader.problems().Add(root->position, "", "'marking' is missing: 'marking: (U)'", v1::Refusal::UNMARKED);
  }
  if (root->kind == YamlNode::Kind::kMap && !top["name"]) reader.Problem(top, "'name' is missing");
  if (reader.problems().empty()) Validate(top, portion, reader);
  if (!reader.problems().empty()) return reader.problems().ToStatus();
  return portion;
}

std::string FormatYamlLens(const v1::Portion& portion) {
  v1::Lens lens = portion.lens();
  SortRules(lens);
  YAML::Emitter out;
  out << YAML::BeginMap << YAML::Key << "name" << YAML::Value << lens.name();
  const bool is_marked = portion.marking().level() != v1::Marking::LEVEL_UNSPECIFIED;
  if (is_marked) out << YAML::Key << "marking" << YAML::Value << model::FormatMarking(portion.marking());
  if (!lens.description().empty()) {
    out << YAML::Key << "description" << YAML::Value << YAML::DoubleQuoted << lens.description();
  }
  for (const Side side : kSides) EmitPaths(lens, side, out);
  EmitCodedRules(lens, out);
  out << YAML::Key << "otherwise" << YAML::Value << WordOf(lens.otherwise()) << YAML::EndMap;
  return Concat(out.c_str(), "\n");
}

}  // namespace sworn::interop
