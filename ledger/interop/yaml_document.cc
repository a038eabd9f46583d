#include "ledger/interop/yaml_document.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <optional>
#include <sstream>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "ledger/model/refusal.h"
#include "ledger/model/text.h"
#include "ledger/model/utf8.h"

namespace sworn::interop {
namespace {

using model::Concat;
using model::Reason;
using model::ToAbsl;
using v1::Refusal;

YamlPosition PositionOf(const YAML::Mark& mark) { return {.line = mark.line + 1, .column = mark.column + 1}; }

YamlNode NodeAt(const YAML::Mark& mark, YamlNode::Kind kind) {
  YamlNode node;
  node.kind = kind;
  node.position = PositionOf(mark);
  return node;
}

// Builds the tree out of events and stops listening at the first thing that is refused.
class TreeBuilder : public YAML::EventHandler {
 public:
  struct Problem {
    YamlPosition position;
    Reason reason;
    std::string message;
  };

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) Stop(mark, Refusal::MALFORMED, "a second document begins here; write one report per file");
  }
  void OnDocumentEnd() override {}

  void OnAnchor(const YAML::Mark& mark, const std::string& name) override {
    Stop(mark, Refusal::MALFORMED, Concat("anchors ('&", Shorten(name), "') are refused; repeat the text"));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    Stop(mark, Refusal::MALFORMED, "aliases ('*name') are refused; repeat the text");
  }

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (!Begin(mark, "", anchor)) return;
    YamlNode node = NodeAt(mark, YamlNode::Kind::kNull);
    // What is missing behind a key is noticed further down only, at the next thing that there is.
    if (!open_.empty() && open_.back().key) node.position = open_.back().key->position;
    Place(std::move(node));
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    if (!Begin(mark, tag, anchor)) return;
    YamlNode node = NodeAt(mark, YamlNode::Kind::kScalar);
    node.text = value;
    Place(std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    if (Begin(mark, tag, anchor)) Open(mark, YamlNode::Kind::kList);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    if (Begin(mark, tag, anchor)) Open(mark, YamlNode::Kind::kMap);
  }
  void OnMapEnd() override { Close(); }

  const std::optional<Problem>& problem() const { return problem_; }
  YamlNode TakeRoot() { return std::move(root_); }

 private:
  struct Level {
    YamlNode node;
    std::optional<YamlField> key;  // of a map: read, its value not yet
    absl::flat_hash_set<std::string> keys;
  };

  static std::string Shorten(std::string_view text) { return absl::CHexEscape(ToAbsl(text.substr(0, 40))); }

  void Stop(const YAML::Mark& mark, Reason reason, std::string message) {
    if (!problem_) problem_ = {.position = PositionOf(mark), .reason = reason, .message = std::move(message)};
  }

  // What holds for every node. False: it must not be taken in.
  bool Begin(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    if (problem_) return false;
    if (anchor != YAML::NullAnchor) Stop(mark, Refusal::MALFORMED, "anchors are refused; repeat the text");
    if (!tag.empty() && tag != "?" && tag != "!") {
      Stop(mark, Refusal::MALFORMED, Concat("tags ('", Shorten(tag), "') are refused"));
    }
    if (++nodes_ > kMaxYamlNodes) {
      Stop(mark, Refusal::TOO_LARGE, Concat("the document holds more than ", kMaxYamlNodes, " values"));
    }
    return !problem_;
  }

  void Open(const YAML::Mark& mark, YamlNode::Kind kind) {
    const bool as_key = !open_.empty() && open_.back().node.kind == YamlNode::Kind::kMap && !open_.back().key;
    if (as_key) return Stop(mark, Refusal::MALFORMED, "a key is plain text, not a list or a map");
    if (open_.size() >= kMaxYamlDepth) {
      return Stop(mark, Refusal::TOO_LARGE, Concat("nested deeper than ", kMaxYamlDepth, " levels"));
    }
    open_.push_back({.node = NodeAt(mark, kind), .key = std::nullopt, .keys = {}});
  }

  void Close() {
    if (problem_ || open_.empty()) return;
    YamlNode node = std::move(open_.back().node);
    open_.pop_back();
    Place(std::move(node));
  }

  // Puts a finished node where it belongs.
  void Place(YamlNode node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Level& level = open_.back();
    if (level.node.kind == YamlNode::Kind::kList) {
      level.node.items.push_back(std::move(node));
    } else if (level.key) {
      level.key->value = std::move(node);
      level.node.fields.push_back(*std::exchange(level.key, std::nullopt));
    } else {
      PlaceKey(level, std::move(node));
    }
  }

  void PlaceKey(Level& level, YamlNode key) {
    const bool is_new = level.keys.insert(key.text).second;
    if (key.kind != YamlNode::Kind::kScalar || key.text.empty()) {
      problem_ = {.position = key.position, .reason = Refusal::MALFORMED, .message = "a key is missing before ':'"};
    } else if (!is_new) {
      problem_ = {.position = key.position,
                  .reason = Refusal::FIELD_INVALID,
                  .message = Concat("the key '", Shorten(key.text), "' is given twice")};
    }
    level.key = YamlField{.key = std::move(key.text), .position = key.position, .value = {}};
  }

  YamlNode root_;
  std::vector<Level> open_;
  std::optional<Problem> problem_;
  size_t nodes_ = 0;
  size_t documents_ = 0;
};

absl::Status Refused(const std::string& file_name, const TreeBuilder::Problem& problem) {
  return model::Refuse(problem.reason, Concat(file_name, ":", problem.position.line, ":", problem.position.column, ": ",
                                              problem.message));
}

// What must hold of the bytes before a parser sees them.
std::optional<TreeBuilder::Problem> CheckBytes(std::string_view yaml) {
  if (yaml.size() > kMaxYamlBytes) {
    return TreeBuilder::Problem{
        {}, Refusal::TOO_LARGE, Concat("is ", yaml.size(), " bytes long; at most ", kMaxYamlBytes, " are read")};
  }
  // A line break is never part of a longer character, so that each line can be checked alone.
  int line = 1;
  for (const std::string_view text : model::Split(yaml, "\n")) {
    if (!model::IsUtf8(text)) return TreeBuilder::Problem{{line, 1}, Refusal::NOT_UTF8, "this line is not UTF-8"};
    const size_t zero = text.find('\0');
    if (zero != std::string_view::npos) {
      return TreeBuilder::Problem{
          {line, static_cast<int>(zero) + 1}, Refusal::MALFORMED, "holds a zero byte; is the file UTF-16?"};
    }
    ++line;
  }
  return std::nullopt;
}

}  // namespace

const YamlNode* YamlNode::Find(std::string_view key) const {
  for (const YamlField& field : fields) {
    if (field.key == key) return &field.value;
  }
  return nullptr;
}

absl::StatusOr<YamlNode> ParseYamlDocument(std::string_view yaml, const std::string& file_name) {
  if (const auto problem = CheckBytes(yaml)) return Refused(file_name, *problem);
  TreeBuilder builder;
  try {
    std::istringstream stream{std::string(yaml)};
    YAML::Parser parser(stream);
    while (!builder.problem() && parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& error) {
    // What was refused first explains more than what the parser stumbles over later.
    if (!builder.problem()) {
      return Refused(file_name, {PositionOf(error.mark), Refusal::MALFORMED, Concat("is not YAML: ", error.msg)});
    }
  }
  if (builder.problem()) return Refused(file_name, *builder.problem());
  return builder.TakeRoot();
}

}  // namespace sworn::interop
