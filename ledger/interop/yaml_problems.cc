#include "ledger/interop/yaml_problems.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_join.h"
#include "ledger/model/text.h"
#include "ledger/model/vocabulary.h"

namespace sworn::interop {
namespace {

using model::Concat;
using model::ToAbsl;

constexpr size_t kMaxQuotedBytes = 80;
constexpr size_t kMaxChoices = 10;

}  // namespace

YamlProblems::YamlProblems(std::string file_name, size_t max_problems)
    : file_name_(std::move(file_name)), max_problems_(max_problems) {}

void YamlProblems::Add(YamlPosition position, std::string_view path, std::string_view message, model::Reason reason) {
  std::string text =
      Concat(file_name_, ":", position.line, ":", position.column, ": ", path, path.empty() ? "" : ": ", message);
  if (seen_.insert(text).second) lines_.push_back({position, reason, std::move(text)});
}

absl::Status YamlProblems::ToStatus() const {
  if (lines_.empty()) return absl::OkStatus();
  std::vector<Line> lines = lines_;
  std::stable_sort(lines.begin(), lines.end(), [](const Line& a, const Line& b) {
    return std::pair(a.position.line, a.position.column) < std::pair(b.position.line, b.position.column);
  });
  const size_t shown = std::min(lines.size(), max_problems_);
  std::string text = absl::StrJoin(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(shown), "\n",
                                   [](std::string* out, const Line& line) { absl::StrAppend(out, line.text); });
  if (shown < lines.size()) absl::StrAppend(&text, "\nand ", lines.size() - shown, " more");
  return model::Refuse(lines.front().reason, text);
}

std::string Suggest(std::string_view word, absl::Span<const std::string_view> candidates) {
  const std::string_view nearest = model::NearestWord(word, candidates);
  if (!nearest.empty()) return Concat("; did you mean '", nearest, "'?");
  if (candidates.empty() || candidates.size() > kMaxChoices) return "";
  return Concat("; write ",
                absl::StrJoin(candidates, ", ", [](std::string* out, std::string_view word) { out->append(word); }));
}

std::string Quote(std::string_view text) {
  const bool shortened = text.size() > kMaxQuotedBytes;
  return Concat("'", absl::Utf8SafeCHexEscape(ToAbsl(text.substr(0, kMaxQuotedBytes))), shortened ? "…'" : "'");
}

}  // namespace sworn::interop
