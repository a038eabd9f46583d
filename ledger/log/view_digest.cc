#include "ledger/log/view_digest.h"

#include <limits>
#include <optional>

#include "ledger/merkle/text.h"
#include "ledger/model/text.h"

namespace sworn::log {
namespace {

using model::Concat;

constexpr std::string_view kFirstLine = "sworn/view-digest/v1";

absl::Status Malformed(std::string_view what) {
  return absl::InvalidArgumentError(Concat("not a view digest: ", what));
}

}  // namespace

std::string FormatViewDigest(const ViewDigest& digest) {
  return Concat(kFirstLine, "\n", digest.origin, "\n", digest.view, "\n", digest.version, "\n", digest.position, "\n",
                merkle::EncodeBase64(crypto::AsBytes(digest.digest)), "\n");
}

absl::StatusOr<ViewDigest> ParseViewDigest(std::string_view text) {
  if (merkle::TakeLine(text) != kFirstLine) return Malformed(Concat("line 1 is not ", kFirstLine));
  const std::optional<std::string_view> origin = merkle::TakeLine(text);
  if (!origin.has_value() || origin->empty()) return Malformed("line 2, the origin, is missing");
  const std::optional<std::string_view> view = merkle::TakeLine(text);
  if (!view.has_value() || view->empty()) return Malformed("line 3, the name of the view, is missing");
  const std::optional<uint64_t> version = merkle::ParseDecimal(merkle::TakeLine(text).value_or(""));
  if (!version.has_value() || *version > std::numeric_limits<uint32_t>::max()) {
    return Malformed("line 4 is not a version in decimal without leading zeroes");
  }
  const std::optional<uint64_t> position = merkle::ParseDecimal(merkle::TakeLine(text).value_or(""));
  if (!position.has_value()) return Malformed("line 5 is not a position in decimal without leading zeroes");
  const std::optional<crypto::Hash> digest = merkle::DecodeBase64Hash(merkle::TakeLine(text).value_or(""));
  if (!digest.has_value()) return Malformed("line 6 is not a digest of 32 bytes in base64");
  if (!text.empty()) return Malformed("something follows line 6");
  return ViewDigest{std::string(*origin), std::string(*view), static_cast<uint32_t>(*version), *position, *digest};
}

absl::StatusOr<std::string> SignViewDigest(const ViewDigest& digest, const merkle::VerifierKey& verifier_key,
                                           const crypto::PrivateKey& key) {
  if (digest.origin != verifier_key.name()) {
    return absl::InvalidArgumentError(Concat("the digest is of ", digest.origin, ", not of ", verifier_key.name()));
  }
  if (digest.origin == kFirstLine) {
    return absl::InvalidArgumentError(
        Concat("a ledger with the origin ", kFirstLine, " signs no digests: they could be taken for its checkpoints"));
  }
  const std::string text = FormatViewDigest(digest);
  if (const absl::StatusOr<ViewDigest> parsed = ParseViewDigest(text); !parsed.ok()) return parsed.status();
  return merkle::SignNote(text, verifier_key, key);
}

absl::StatusOr<ViewDigest> OpenViewDigest(std::string_view note, const merkle::VerifierKey& verifier_key) {
  const absl::StatusOr<merkle::Note> opened = merkle::OpenNote(note, {&verifier_key, 1});
  if (!opened.ok()) return opened.status();
  absl::StatusOr<ViewDigest> digest = ParseViewDigest(opened->text);
  if (digest.ok() && digest->origin != verifier_key.name()) {
    return absl::InvalidArgumentError(Concat("the digest is of ", digest->origin, ", not of ", verifier_key.name()));
  }
  return digest;
}

}  // namespace sworn::log
