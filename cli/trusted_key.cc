#include "cli/trusted_key.h"

#include <string_view>

#include "cli/input_file.h"
#include "ledger/model/text.h"

namespace sworn::cli {
namespace {

constexpr size_t kMaxKeyFileBytes = size_t{64} << 10U;

// The first line that says something.
std::string_view FirstLine(std::string_view text) {
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const std::string_view line = model::Trim(text.substr(0, end));
    if (!line.empty() && line.front() != '#') return line;
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return text;
}

}  // namespace

absl::StatusOr<merkle::VerifierKey> ReadTrustedKey(const std::string& option, const std::string& text) {
  absl::StatusOr<merkle::VerifierKey> literal = merkle::VerifierKey::Parse(text);
  if (literal.ok()) return literal;
  const absl::StatusOr<std::string> content = ReadFile(text, kMaxKeyFileBytes);
  if (!content.ok()) {
    return absl::InvalidArgumentError(model::Concat(option, ": '", text, "' is neither a verifier key (",
                                                    literal.status().message(), ") nor a file that can be read (",
                                                    content.status().message(), ")"));
  }
  absl::StatusOr<merkle::VerifierKey> key = merkle::VerifierKey::Parse(FirstLine(*content));
  if (!key.ok()) return absl::InvalidArgumentError(model::Concat(option, " ", text, ": ", key.status().message()));
  return key;
}

}  // namespace sworn::cli
