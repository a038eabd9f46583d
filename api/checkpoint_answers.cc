#include "api/checkpoint_answers.h"

#include <string>
#include <utility>

#include "api/page_token.h"
#include "ledger/crypto/hash.h"

namespace sworn::api {
namespace {

constexpr const char* kTimestampsListing = "timestamps";

// A page ends early once it holds this much.
constexpr size_t kMaxPageBytes = size_t{8} << 20U;

}  // namespace

absl::StatusOr<v1::GetConsistencyProofResponse> AnswerConsistency(const log::Log& log,
                                                                  const v1::GetConsistencyProofRequest& request) {
  absl::StatusOr<log::ConsistencyProof> proof = log.ProveConsistency(request.old_size(), request.new_size());
  if (!proof.ok()) return proof.status();
  v1::GetConsistencyProofResponse response;
  response.set_old_size(proof->old_size);
  response.set_new_size(proof->new_size);
  for (const crypto::Hash& hash : proof->path) response.add_path(std::string(crypto::AsBytes(hash)));
  response.set_checkpoint(std::move(proof->checkpoint));
  return response;
}

absl::StatusOr<v1::AddTimestampResponse> AnswerAddTimestamp(log::Log& log, const v1::AddTimestampRequest& request) {
  absl::StatusOr<uint64_t> size = log.AddTimestamp(request.timestamp());
  if (!size.ok()) return size.status();
  v1::AddTimestampResponse response;
  response.set_size(*size);
  return response;
}

absl::StatusOr<v1::ListTimestampsResponse> AnswerListTimestamps(const log::Log& log,
                                                                const v1::ListTimestampsRequest& request) {
  uint64_t index = 0;
  if (!request.page_token().empty()) {
    absl::StatusOr<uint64_t> parsed = ParsePageToken(kTimestampsListing, request.page_token());
    if (!parsed.ok()) return parsed.status();
    index = *parsed;
  }
  const size_t count = log.timestamps() == nullptr ? 0 : log.timestamps()->count();
  const auto page_size = static_cast<int>(BoundedPageSize(request.page_size()));
  v1::ListTimestampsResponse page;
  size_t bytes = 0;
  for (; index < count && page.timestamps_size() < page_size && bytes < kMaxPageBytes; ++index) {
    absl::StatusOr<v1::CheckpointTimestamp> timestamp = log.timestamps()->Read(index);
    if (!timestamp.ok()) return timestamp.status();
    bytes += timestamp->ByteSizeLong();
    *page.add_timestamps() = *std::move(timestamp);
  }
  if (index < count) page.set_next_page_token(MakePageToken(kTimestampsListing, index));
  return page;
}

}  // namespace sworn::api
