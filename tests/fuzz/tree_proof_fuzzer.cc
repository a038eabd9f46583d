// Inclusion and consistency paths: with whatever hashes, in trees of whatever size; and in small trees the right path
// with bits changed, hashes left out or added, which must be told from the right one.
#include <algorithm>
#include <string>
#include <vector>

#include "ledger/merkle/big_endian.h"
#include "ledger/merkle/tree.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/small_ledger.h"

namespace sworn::fuzz {
namespace {

constexpr size_t kNumberBytes = 8;
constexpr uint64_t kMaxLeaves = 64;

std::vector<crypto::Hash> HashesIn(std::string_view bytes) {
  std::vector<crypto::Hash> hashes;
  for (; bytes.size() >= sizeof(crypto::Hash); bytes.remove_prefix(sizeof(crypto::Hash))) {
    hashes.push_back(*crypto::HashFromBytes(bytes.substr(0, sizeof(crypto::Hash))));
  }
  return hashes;
}

// As many hashes as `changes` has: those of the right path, each with the bits of one change flipped.
std::vector<crypto::Hash> Changed(const std::vector<crypto::Hash>& right, std::vector<crypto::Hash> changes) {
  for (size_t i = 0; i < std::min(right.size(), changes.size()); ++i) {
    std::transform(right[i].begin(), right[i].end(), changes[i].begin(), changes[i].begin(),
                   [](uint8_t byte, uint8_t change) { return static_cast<uint8_t>(byte ^ change); });
  }
  return changes;
}

// What a node of a log's tree is.
merkle::NodeReader NodesOf(const SmallLog& log) {
  return [&log](merkle::NodeId node) -> absl::StatusOr<crypto::Hash> {
    const uint64_t width = uint64_t{1} << node.level;
    if ((node.index + 1) * width > log.size()) return absl::NotFoundError("no such node");
    return merkle::RootOfLeaves(log.leaves().subspan(node.index * width, width));
  };
}

void CheckSmallTree(uint64_t first, uint64_t second, const std::vector<crypto::Hash>& changes) {
  SmallLog log;
  const uint64_t size = 1 + second % kMaxLeaves;
  while (log.size() < size) log.Append(std::to_string(log.size()));
  const crypto::Hash root = merkle::RootOfLeaves(log.leaves());

  const uint64_t index = first % size;
  const std::vector<crypto::Hash> inclusion = log.PathOf(index);
  const std::vector<crypto::Hash> changed = Changed(inclusion, changes);
  const bool included = merkle::VerifyInclusion(index, size, log.leaves()[index], changed, root).ok();
  Require(included == (changed == inclusion), "the right inclusion path alone leads to the root");

  const absl::StatusOr<std::vector<crypto::Hash>> consistency = merkle::ConsistencyPath(index, size, NodesOf(log));
  Require(consistency.ok(), "a small tree has its consistency paths");
  const std::vector<crypto::Hash> tried = Changed(*consistency, changes);
  const crypto::Hash old_root = merkle::RootOfLeaves(log.leaves().subspan(0, index));
  const bool consistent = merkle::VerifyConsistency(index, size, old_root, root, tried).ok();
  Require(consistent == (tried == *consistency), "the right consistency path alone leads to both roots");
}

}  // namespace
}  // namespace sworn::fuzz

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sworn;
  const std::string_view input = fuzz::AsText(data, size);
  if (input.size() < 2 * fuzz::kNumberBytes) return 0;
  const uint64_t first = merkle::DecodeBigEndian(input.substr(0, fuzz::kNumberBytes));
  const uint64_t second = merkle::DecodeBigEndian(input.substr(fuzz::kNumberBytes, fuzz::kNumberBytes));
  const std::vector<crypto::Hash> hashes = fuzz::HashesIn(input.substr(2 * fuzz::kNumberBytes));
  const crypto::Hash root = merkle::EmptyRoot();
  merkle::VerifyInclusion(first, second, root, hashes, root).IgnoreError();
  merkle::VerifyConsistency(first, second, root, root, hashes).IgnoreError();
  fuzz::CheckSmallTree(first, second, hashes);
  return 0;
}
