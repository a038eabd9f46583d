// Responses of time-stamping authorities (RFC 3161).
#include <string>

#include "ledger/crypto/timestamp.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/timestamp_authority.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sworn;
  using fuzz::Require;
  const std::string_view input = fuzz::AsText(data, size);
  static const std::string request = *crypto::MakeTimestampRequest(crypto::Sha256(fuzz::kStampedText));
  crypto::CheckTimestampAnswers(input, request).IgnoreError();
  crypto::CheckTimestampAnswers(input, input).IgnoreError();
  const crypto::Hash digest = crypto::Sha256(fuzz::kStampedText);
  const absl::StatusOr<crypto::Timestamp> read = crypto::ReadTimestamp(input, digest);
  const absl::StatusOr<crypto::Timestamp> verified = crypto::VerifyTimestamp(input, digest, fuzz::kTimestampAuthority);
  if (verified.ok()) Require(read.ok() && read->time == verified->time, "a stamp that verifies can be read");
  if (read.ok()) {
    Require(!crypto::ReadTimestamp(input, crypto::Sha256("something else")).ok(), "a stamp is of one digest");
    Require(input.size() <= crypto::kMaxTimestampBytes, "a stamp is within its bounds");
  }
  return 0;
}
