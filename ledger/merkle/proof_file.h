// The text form of a proof (c2sp.org/tlog-proof).
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "ledger/crypto/hash.h"

namespace sworn::merkle {

// 15 MiB: what a gRPC message holds beside the list of what is proved.
inline constexpr size_t kMaxProofFileBytes = size_t{15} << 20U;

struct ProofFile {
  std::string extra;  // opaque and unauthenticated
  uint64_t index = 0;
  std::vector<crypto::Hash> inclusion_path;
  std::string checkpoint;  // signed note, verbatim
};

std::string FormatProofFile(const ProofFile& proof);

// InvalidArgument says which line is wrong.
absl::StatusOr<ProofFile> ParseProofFile(std::string_view text);

}  // namespace sworn::merkle
