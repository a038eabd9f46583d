#include "ledger/merkle/proof_file.h"

#include <optional>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "ledger/merkle/text.h"

namespace sworn::merkle {
namespace {

constexpr std::string_view kFirstLine = "c2sp.org/tlog-proof@v1";
constexpr std::string_view kExtraPrefix = "extra ";
constexpr std::string_view kIndexPrefix = "index ";
constexpr size_t kMaxPathLength = 64;  // no tree is higher

// Hands out the lines of a proof file and knows where it is.
class Lines {
 public:
  explicit Lines(std::string_view text) : left_(text) {}

  // The line that comes next, without taking it; empty at the end.
  std::string_view Peek() const {
    std::string_view left = left_;
    return TakeLine(left).value_or("");
  }
  std::optional<std::string_view> Take() {
    ++number_;
    return TakeLine(left_);
  }
  std::string_view rest() const { return left_; }

  absl::Status Wrong(const std::string& what) const {
    return absl::InvalidArgumentError(absl::StrCat("not a tlog-proof file: line ", number_, " ", what));
  }

 private:
  std::string_view left_;
  size_t number_ = 0;
};

absl::Status ParseExtra(Lines& lines, ProofFile& proof) {
  if (!lines.Peek().starts_with(kExtraPrefix)) return absl::OkStatus();
  std::optional<std::string> extra = DecodeBase64(lines.Take()->substr(kExtraPrefix.size()));
  if (!extra.has_value() || extra->empty()) return lines.Wrong("has no base64 after \"extra \"");
  proof.extra = *std::move(extra);
  return absl::OkStatus();
}

absl::Status ParseIndex(Lines& lines, ProofFile& proof) {
  const std::string_view line = lines.Take().value_or("");
  if (!line.starts_with(kIndexPrefix)) return lines.Wrong("must begin with \"index \"");
  const std::optional<uint64_t> index = ParseDecimal(line.substr(kIndexPrefix.size()));
  if (!index.has_value()) return lines.Wrong("must have a decimal number without leading zeroes after \"index \"");
  proof.index = *index;
  return absl::OkStatus();
}

absl::Status ParsePath(Lines& lines, ProofFile& proof) {
  while (const std::optional<std::string_view> line = lines.Take()) {
    if (line->empty()) return absl::OkStatus();
    const std::optional<crypto::Hash> hash = DecodeBase64Hash(*line);
    if (!hash.has_value()) return lines.Wrong("is not a hash of 32 bytes in base64");
    if (proof.inclusion_path.size() == kMaxPathLength) return lines.Wrong("is one hash too many: no tree is that high");
    proof.inclusion_path.push_back(*hash);
  }
  return lines.Wrong("is missing: there must be an empty line before the checkpoint");
}

}  // namespace

std::string FormatProofFile(const ProofFile& proof) {
  std::string text = absl::StrCat(std::string(kFirstLine), "\n");
  if (!proof.extra.empty()) absl::StrAppend(&text, std::string(kExtraPrefix), EncodeBase64(proof.extra), "\n");
  absl::StrAppend(&text, std::string(kIndexPrefix), proof.index, "\n");
  for (const crypto::Hash& hash : proof.inclusion_path) {
    absl::StrAppend(&text, EncodeBase64(crypto::AsBytes(hash)), "\n");
  }
  absl::StrAppend(&text, "\n", proof.checkpoint);
  return text;
}

absl::StatusOr<ProofFile> ParseProofFile(std::string_view text) {
  if (text.size() > kMaxProofFileBytes) return absl::InvalidArgumentError("the proof file is longer than 15 MiB");
  Lines lines(text);
  if (lines.Take() != kFirstLine) return lines.Wrong(absl::StrCat("must be \"", std::string(kFirstLine), "\""));
  ProofFile proof;
  if (absl::Status status = ParseExtra(lines, proof); !status.ok()) return status;
  if (absl::Status status = ParseIndex(lines, proof); !status.ok()) return status;
  if (absl::Status status = ParsePath(lines, proof); !status.ok()) return status;
  if (lines.rest().empty()) {
    lines.Take();
    return lines.Wrong("is missing: the checkpoint");
  }
  proof.checkpoint = std::string(lines.rest());
  return proof;
}

}  // namespace sworn::merkle
